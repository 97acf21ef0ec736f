"""Writes the trained finder and reader in 8 bits, as load in load.go reads them:
python export.py VOCABULARY FINDER READER WEIGHTS."""

import argparse
import json
import pathlib
import struct
import zlib

import numpy as np
import torch

from reader import PLACES, minilm, read_lines

LARGEST = 127
LARGEST_WORD = 63  # for the vectors of pieces: they are half of the file, and 7 bits are enough for them
# The names of the parts of a layer in the file.
MATRICES = {"attend": "qkv", "join": "o", "up": "up", "down": "down"}
NORMS = {"attended": "n1", "out": "n2"}


class Tensors(dict):
    def keep(self, name, x):
        self[name] = np.ascontiguousarray(x, np.float32)

    def round(self, name, x, largest=LARGEST):
        """Keeps rows as whole numbers, and for each row what 1 stands for."""
        scale = np.abs(x).max(1) / largest
        scale[scale == 0] = 1
        self[name] = np.clip(np.rint(x / scale[:, None]), -largest, largest).astype(np.int8)
        self.keep(name + ".scale", scale)

    def network(self, name, layers, places, kinds, norm, get):
        """A network, whose layers' parts get has by number, name and weight or
        bias."""
        self.round(name + ".places", places[:PLACES])
        self.keep(name + ".kinds", kinds)
        self.keep(name + ".in.gain", norm[0])
        self.keep(name + ".in.bias", norm[1])
        for i in range(layers):
            for ours, theirs in MATRICES.items():
                self.round(f"{name}.{i}.{ours}", get(i, theirs, "weight"))
                self.keep(f"{name}.{i}.{ours}.bias", get(i, theirs, "bias"))
            for ours, theirs in NORMS.items():
                self.keep(f"{name}.{i}.{ours}.gain", get(i, theirs, "weight"))
                self.keep(f"{name}.{i}.{ours}.bias", get(i, theirs, "bias"))


def write(file, vocabulary, tensors):
    """Deflates the length of the head, the head and the numbers. Numbers have no
    repetitions, so that zlib need not look for any. It also reads faster."""
    head, numbers = {"vocabulary": vocabulary, "tensors": {}}, b""
    for name, x in tensors.items():
        kind = {np.dtype(np.int8): "i8", np.dtype(np.float32): "f32"}[x.dtype]
        head["tensors"][name] = {"type": kind, "shape": list(x.shape), "at": len(numbers)}
        numbers += x.tobytes()
    head = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_HUFFMAN_ONLY)
    data = deflate.compress(struct.pack("<I", len(head)) + head + numbers) + deflate.flush()
    file.write_bytes(data)
    print(f"{file}: {len(data):,} bytes, {len(head) + len(numbers):,} unpacked")


def main():
    a = argparse.ArgumentParser(description=__doc__)
    for name in ("vocabulary", "finder", "reader", "weights"):
        a.add_argument(name, type=pathlib.Path)
    a = a.parse_args()

    vocabulary = read_lines(a.vocabulary)
    rows = {piece: i for i, piece in enumerate(read_lines(minilm() / "vocab.txt"))}
    finder, reader = ({name: x.numpy() for name, x in torch.load(file, map_location="cpu")["model"].items()} for file in (a.finder, a.reader))
    tensors = Tensors()
    tensors.round("words", finder["words.weight"][[rows[piece] for piece in vocabulary]], LARGEST_WORD)
    for name, w, kinds in (("finder", finder, finder["kind.weight"]), ("reader", reader, np.concatenate([reader["kind.weight"], reader["flag.weight"]]))):
        tensors.network(
            name, 1 + max(int(part.split(".")[1]) for part in w if part.startswith("layers.")),
            w["pos.weight"], kinds, (w["norm.weight"], w["norm.bias"]), lambda i, part, what, w=w: w[f"layers.{i}.{part}.{what}"])
    tensors.keep("reader.logit", np.append(reader["out.weight"][0], reader["out.bias"]))
    write(a.weights, vocabulary, tensors)


if __name__ == "__main__":
    main()
