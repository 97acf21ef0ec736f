#!/bin/sh
# One expects: a splitter that is not asked to clean returns all of the text, cut into pieces.
# What happens: a sentence that holds U+266D (the flat of "B♭ major") is missing from the result.
#   pysbd uses that sign inside as a stand-in for a colon. The sentence comes back changed, is not found
#   in the original text, and is dropped without an error.
# Version and source: pysbd 0.3.4, package page, section "Usage"; the source of segment() calls this mode nondestructive.
# Why it matters: the dropped sentence is in no passage, so the question is refused although the document has the answer.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check pysbd==0.3.4
"$tmp/venv/bin/python" -W ignore - <<'E'
import sys
from importlib.metadata import version
import pysbd

def cut(text):
    return pysbd.Segmenter(language="en", clean=False).segment(text)

flat = "The sonata in B♭ major comes first. The break is at nine."
plain = flat.replace("♭", " flat")
print("pysbd", version("pysbd"))
print("told:", flat)
print("with the sign:", cut(flat))
print("with the word:", cut(plain))
sys.exit(not (cut(flat) == ["The break is at nine."] and "".join(cut(plain)) == plain))
E
