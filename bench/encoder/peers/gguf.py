"""Reads a GGUF v3 file of F32 and Q4_0 tensors into numpy arrays, for the peers that cannot read it."""

import struct

import numpy as np

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
F32, Q4_0 = 0, 2


class Reader:
    """Steps through the head of the file."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def scalar(self, code):
        (value,) = struct.unpack_from("<" + code, self.data, self.at)
        self.at += struct.calcsize("<" + code)
        return value

    def bytes(self):
        n = self.scalar("Q")
        self.at += n
        return bytes(self.data[self.at - n : self.at])

    def value(self, kind):
        if kind == STRING:
            return self.bytes()
        if kind == ARRAY:
            inner, n = self.scalar("I"), self.scalar("Q")
            return [self.value(inner) for _ in range(n)]
        return self.scalar(SCALARS[kind])


def dequantise(raw, kind, shape):
    """The figures of a tensor as float32; a Q4_0 block is an f16 scale and 32 four-bit codes, low halves first."""
    if kind == F32:
        return np.frombuffer(raw, np.float32).reshape(shape)
    blocks = np.frombuffer(raw, np.dtype([("scale", "<f2"), ("codes", "u1", 16)]))
    codes = np.concatenate([blocks["codes"] & 15, blocks["codes"] >> 4], axis=1).astype(np.float32) - 8
    return (codes * blocks["scale"].astype(np.float32)[:, None]).reshape(shape)


def tensors(path):
    """All tensors of the file by name, de-quantised, as [rows, columns] or [columns]."""
    data = np.memmap(path, np.uint8, "r")
    r = Reader(data)
    magic, version, count, keys = r.scalar("I"), r.scalar("I"), r.scalar("Q"), r.scalar("Q")
    if magic != 0x46554747 or version != 3:
        raise ValueError(f"{path} is no GGUF version 3")
    alignment = 32
    for _ in range(keys):
        key = r.bytes()
        value = r.value(r.scalar("I"))
        if key == b"general.alignment":
            alignment = value
    heads = []
    for _ in range(count):
        name = r.bytes().decode()
        shape = [r.scalar("Q") for _ in range(r.scalar("I"))]
        heads.append((name, shape[::-1], r.scalar("I"), r.scalar("Q")))
    start = -(-r.at // alignment) * alignment
    out = {}
    for name, shape, kind, offset in heads:
        if kind not in (F32, Q4_0):
            raise ValueError(f"tensor {name} has type {kind}, neither F32 nor Q4_0")
        figures = int(np.prod(shape))
        size = figures * 4 if kind == F32 else figures // 32 * 18
        out[name] = dequantise(data[start + offset : start + offset + size].tobytes(), kind, shape)
    return out
