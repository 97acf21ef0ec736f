#!/bin/sh
# One expects: of a few documents, one that holds the word ranks above one that does not.
# What happens: a word in exactly half of the documents weighs nothing, and a tie goes to the last document;
#   a word in more than half can weigh less than nothing, so that its documents rank below the others.
#   The floor that is meant to prevent it is a quarter of the average weight, which is negative itself here.
# Version and source: rank-bm25 0.2.2, BM25Okapi._calc_idf and get_top_n.
# Why it matters: a small collection, or a test with two documents, gives the wrong document first, with
#   no sign of doubt: the quotation does not have the word of the question.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check rank-bm25==0.2.2
"$tmp/venv/bin/python" -W ignore - <<'E'
import sys
from importlib.metadata import version
from rank_bm25 import BM25Okapi

def ask(word, documents):
    index = BM25Okapi([document.split() for document in documents])
    first = index.get_top_n([word], documents, n=1)[0]
    print(f"{word!r} in {documents}: scores {[round(float(s), 3) for s in index.get_scores([word])]}, first {first!r}")
    return first

print("rank-bm25", version("rank-bm25"))
half = ask("valve", ["open the valve at noon", "stop the pump by hand"])
most = ask("valve", ["the valve opens", "the valve shuts", "the pump"])
sys.exit(not (half == "stop the pump by hand" and most == "the pump"))
E
