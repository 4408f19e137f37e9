"""Writes the weights of a BERT GGUF as two ONNX models: fp32 with the fused operators that ONNX Runtime's own
BERT optimiser makes, and its dynamically quantised int8.

    python export_onnx.py model.gguf FOLDER
"""

import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

import gguf

HEADS, EPSILON, FUSED = 12, 1e-12, "com.microsoft"


class Graph:
    """Collects the nodes and weights of the model."""

    def __init__(self, weights):
        self.weights, self.nodes, self.initializers = weights, [], []

    def constant(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))
        return name

    def own(self, name):
        return self.constant(name, self.weights[name])

    def matrix(self, name):
        return self.constant(name, self.weights[name].T)  # [n][k] in the file, [k][n] for MatMul

    def node(self, op, inputs, output, domain=FUSED, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def normed(self, x, skip, norm, bias, output):
        inputs = [x, skip, self.own(norm + ".weight"), self.own(norm + ".bias"), self.own(bias)]
        return self.node("SkipLayerNormalization", inputs, output, epsilon=EPSILON)

    def embeddings(self):
        # Row 0 of the token types belongs to every token: it is added to the positions once and for all.
        types = self.weights["token_types.weight"].reshape(-1, self.weights["token_embd.weight"].shape[1])
        positions = self.constant("position_embd.weight", self.weights["position_embd.weight"] + types[0])
        inputs = ["input_ids", "", self.own("token_embd.weight"), positions, "",
                  self.own("token_embd_norm.weight"), self.own("token_embd_norm.bias")]
        self.nodes.append(helper.make_node("EmbedLayerNormalization", inputs, ["embedded", "unused_mask"],
                                           name="embedded", domain=FUSED, epsilon=EPSILON))
        return "embedded"

    def layer(self, x, i):
        b = f"blk.{i}."
        parts = ("attn_q", "attn_k", "attn_v")
        w = self.constant(b + "qkv.weight", np.concatenate([self.weights[b + p + ".weight"].T for p in parts], axis=1))
        bias = self.constant(b + "qkv.bias", np.concatenate([self.weights[b + p + ".bias"] for p in parts]))
        a = self.node("Attention", [x, w, bias, "mask"], b + "attention", num_heads=HEADS)
        a = self.node("MatMul", [a, self.matrix(b + "attn_output.weight")], b + "attn_output", domain="")
        x = self.normed(a, x, b + "attn_output_norm", b + "attn_output.bias", b + "attended")
        h = self.node("MatMul", [x, self.matrix(b + "ffn_up.weight")], b + "up", domain="")
        h = self.node("BiasGelu", [h, self.own(b + "ffn_up.bias")], b + "gelu")
        h = self.node("MatMul", [h, self.matrix(b + "ffn_down.weight")], b + "down", domain="")
        return self.normed(h, x, b + "layer_output_norm", b + "ffn_down.bias", b + "output")

    def model(self, layers):
        x = self.embeddings()
        for i in range(layers):
            x = self.layer(x, i)
        ids = [helper.make_tensor_value_info(n, TensorProto.INT32, ["batch", "tokens"]) for n in ("input_ids", "mask")]
        out = helper.make_tensor_value_info(x, TensorProto.FLOAT, ["batch", "tokens", 384])
        graph = helper.make_graph(self.nodes, "bert", ids, [out], self.initializers)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def main(path, folder):
    os.makedirs(folder, exist_ok=True)
    weights = gguf.tensors(path)
    layers = sum(name.endswith(".ffn_up.weight") for name in weights)
    fp32, int8 = os.path.join(folder, "fp32.onnx"), os.path.join(folder, "int8.onnx")
    onnx.save(Graph(weights).model(layers), fp32)
    quantize_dynamic(fp32, int8, weight_type=QuantType.QInt8, extra_options={"DefaultTensorType": TensorProto.FLOAT})


if __name__ == "__main__":
    main(*sys.argv[1:])
