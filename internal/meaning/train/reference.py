"""Writes the results of PyTorch with the weights as 32-bit numbers, for the Go
tests: python reference.py WEIGHTS REFERENCE."""

import argparse
import base64
import json
import pathlib
import struct
import zlib

import numpy as np
import torch

from export import MATRICES, NORMS
from reader import LONGEST_TEXT, Batch, Cutter, Input, Reader, put

AWKWARD = [
    "", " ", ".", "?!", "[CLS] [SEP] ##ing", "a", "A\tB\nC\r\nD", "don't; won't (can't) — it's \"so\"…",
    "The café's Straße costs $5.99 — naïvely!", "cafe\u0301 A\u030angstro\u0308m", "ÅNGSTRÖM İSTANBUL ΣΊΣΥΦΟΣ",
    "kubernetes ingress-nginx v1.2.3-rc4+build.5 /etc/hosts C:\\temp a_b_c foo@bar.org 10.0.0.1:8080",
    "unbelievable antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis", "x" * 100, "y" * 101 + " z",
    "本日は東京です。 中文字符", "Привет, мир! مرحبا بالعالم שָׁלוֹם हिन्दी ไทย 한국어", "𠀀𠀁 emoji 😀👍🏽 ☃ ½ ² №5 ™ €20 £3 ¥",
    "soft\u00adhyphen zero\u200bwidth no\u00a0break join\u200der \ufeffmark", "bell\u0007 nul\u0000 bad\ufffd form\u000cfeed next\u0085line",
    "a\u2028b\u2029c\u3000d", "ﬁne ﬂow ＡＢＣ １２３ Ⅷ", "`code` | table | **bold** ~~gone~~ <b>x</b> ^2 = 4 {}", "''''----,,,,", "\u0301lost accent",
]

TEXTS = [
    "How do I get my money back?",
    "Backups and restores: The billing database: Backups are kept for thirty days in the second data centre, and for a year on tape.",
    "The café's owner paid $5.99 for it — naïvely!",
    "Who wrote it?",
    "Run `kubectl rollout restart deploy/ingress` when the certificate has expired, then look whether all replicas are ready.",
    " ".join(["The council met again and again, and nothing was decided."] * 15),
]

READINGS = [
    ("When did the war end?", "War", ["The war began in 1914.", "It ended in November 1918.", "Many died."]),
    ("Who invented the transistor?", "", ["The transistor was invented at Bell Labs by Bardeen, Brattain and Shockley.", "It replaced the vacuum tube."]),
    ("How long are backups kept?", "Backups and restores", [
        "Backups of the billing database are made every night.", "They are kept for thirty days in the second data centre.",
        "A restore takes about two hours.", "Ask the storage team before you start one.",
        "After a restore the checksums of all tables are compared with those of the backup.",
        "If they differ, the restore is made again from the backup of the night before, and the storage team is told.",
        "A yearly backup goes onto tape, which a courier brings into the vault of the bank on the first Monday of the new year."]),
    ("What is the capital of Peru?", "War", ["The war began in 1914.", "It ended in November 1918."]),
]


def read_weights(file):
    """The vocabulary, and all tensors in 32-bit numbers."""
    data = zlib.decompress(file.read_bytes(), -15)
    size, = struct.unpack("<I", data[:4])
    head, numbers = json.loads(data[4:4 + size]), data[4 + size:]
    raw = {name: np.frombuffer(numbers, {"i8": np.int8, "f32": np.float32}[t["type"]], int(np.prod(t["shape"])), t["at"]).reshape(t["shape"])
           for name, t in head["tensors"].items()}
    return head["vocabulary"], {name: x.astype(np.float32) * raw[name + ".scale"][:, None] if x.dtype == np.int8 else x for name, x in raw.items()}


@torch.no_grad()
def network(tensors, name):
    """One of the networks, as a Reader."""
    layers = len({n.split(".")[1] for n in tensors if n.startswith(name + ".") and n.endswith(".attend")})
    model = Reader(len(tensors["words"]), layers).eval()
    put(model.words.weight, tensors["words"])
    put(model.pos.weight, tensors[name + ".places"])
    put(model.kind.weight, tensors[name + ".kinds"][:2])
    if name == "reader":
        put(model.flag.weight, tensors["reader.kinds"][2:])
        put(model.out.weight, tensors["reader.logit"][None, :-1])
        put(model.out.bias, tensors["reader.logit"][-1:])
    put(model.norm.weight, tensors[name + ".in.gain"])
    put(model.norm.bias, tensors[name + ".in.bias"])
    for i, layer in enumerate(model.layers):
        for ours, theirs in MATRICES.items():
            put(getattr(layer, theirs).weight, tensors[f"{name}.{i}.{ours}"])
            put(getattr(layer, theirs).bias, tensors[f"{name}.{i}.{ours}.bias"])
        for ours, theirs in NORMS.items():
            put(getattr(layer, theirs).weight, tensors[f"{name}.{i}.{ours}.gain"])
            put(getattr(layer, theirs).bias, tensors[f"{name}.{i}.{ours}.bias"])
    return model


@torch.no_grad()
def vector(model, cutter, text):
    """The mean of the vectors that a model gives the pieces of a text, scaled to length 1."""
    x = Input(cutter, cutter(text), None, LONGEST_TEXT - 2)
    mean = model.sense(Batch([x.end(alone=True)]))[0].mean(0)
    return base64.b64encode((mean / mean.norm()).numpy().tobytes()).decode()


@torch.no_grad()
def scores(model, cutter, question, title, sentences):
    x = Input(cutter, cutter(question), cutter(title) if title else None)
    for i, sentence in enumerate(sentences):
        x.add_sentence(i, cutter(sentence))
    x.end()
    logits = model(Batch([x]))[0]
    own = torch.tensor(x.sentences)
    return [torch.logsumexp(logits[own == i], 0).item() for i in range(len(sentences))]


def pieces(cutter, text):
    """The ids of a text's pieces, and the bytes where each stands."""
    ids, _, offsets = cutter(text)
    at = [len(text[:i].encode()) for i in range(len(text) + 1)]
    return {"text": text, "ids": ids, "spans": [[at[start], at[end]] for start, end in offsets]}


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("weights", type=pathlib.Path)
    a.add_argument("reference", type=pathlib.Path)
    a = a.parse_args()

    vocabulary, tensors = read_weights(a.weights)
    cutter, finder, reader = Cutter(vocabulary), network(tensors, "finder"), network(tensors, "reader")
    a.reference.parent.mkdir(exist_ok=True)
    made = {
        "texts": [pieces(cutter, text) for text in AWKWARD],
        "vectors": [{"text": t, "vector": vector(finder, cutter, t)} for t in TEXTS],
        "readings": [{"question": q, "title": t, "sentences": s, "scores": scores(reader, cutter, q, t, s)} for q, t, s in READINGS],
    }
    lists = ("%s: [\n%s\n]" % (json.dumps(name), ",\n".join(json.dumps(x, ensure_ascii=False) for x in of)) for name, of in made.items())
    a.reference.write_text("{\n" + ",\n".join(lists) + "\n}\n")


if __name__ == "__main__":
    main()
