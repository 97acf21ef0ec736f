#!/bin/sh
# One expects: "lowercase" of a BERT normalizer folds case and European accents, and leaves other scripts alone.
# What happens: it strips every nonspacing mark after decomposition. In Japanese that is the voicing mark:
#   ガラス (glass) becomes カラス (crow). In Hindi it is half of the vowel signs: कुल (total) becomes कल (tomorrow).
# Version and source: tokenizers 0.23.3, normalizers.BertNormalizer, parameter "strip_accents" (by default
#   it follows "lowercase").
# Why it matters: an uncased multilingual encoder sees two unlike facts as the same words, and ranks the
#   sentence about one as an answer about the other.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check --no-deps tokenizers==0.23.3
"$tmp/venv/bin/python" -W ignore - <<'E'
import sys
from importlib.metadata import version
from tokenizers.normalizers import BertNormalizer

fold = BertNormalizer(lowercase=True).normalize_str
keep = BertNormalizer(lowercase=True, strip_accents=False).normalize_str
pairs = [("ガラス", "カラス"), ("कुल", "कल")]
print("tokenizers", version("tokenizers"))
for one, other in pairs:
    print(f"{one} -> {fold(one)}, {other} -> {fold(other)}; with strip_accents=False {keep(one)}, {keep(other)}")
sys.exit(not all(fold(a) == fold(b) == b and keep(a) != keep(b) for a, b in pairs))
E
