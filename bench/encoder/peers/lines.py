"""The line protocol of a peer: it says its version, then answers each request, one JSON object a line.

Request: {"kind": "query"|"passage", "texts": [...], "ids": [[...], ...]}; the ids are those of the prefixed texts.
Answer: {"vectors": [[...], ...], "seconds": time of the embedding call alone}.
"""

import json
import sys


def serve(version, embed):
    print(json.dumps({"version": version}), flush=True)
    for line in sys.stdin:
        vectors, seconds = embed(json.loads(line))
        print(json.dumps({"vectors": vectors.tolist(), "seconds": seconds}), flush=True)
