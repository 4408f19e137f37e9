"""ONNX Runtime as a peer: token ids in, vectors out, one JSON line each way.

    python onnx_peer.py model.onnx THREADS
"""

import sys
import time

import numpy as np
import onnxruntime

import lines


def main(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def embed(request):
        rows = request["ids"]
        ids = np.ones((len(rows), max(map(len, rows))), np.int32)
        mask = np.zeros_like(ids)
        for i, row in enumerate(rows):
            ids[i, : len(row)], mask[i, : len(row)] = row, 1
        start = time.perf_counter()
        (states,) = session.run(None, {"input_ids": ids, "mask": mask})
        weights = mask[:, :, None] / mask.sum(axis=1)[:, None, None].astype(np.float32)
        vectors = (states * weights.astype(np.float32)).sum(axis=1)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors, time.perf_counter() - start

    lines.serve("ONNX Runtime " + onnxruntime.__version__, embed)


if __name__ == "__main__":
    main(*sys.argv[1:])
