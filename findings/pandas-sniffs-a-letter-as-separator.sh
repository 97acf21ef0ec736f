#!/bin/sh
# One expects: read_csv(sep=None) looks at the file and finds the separator, or finds that there is none.
# What happens: it looks at the first line only and takes any character: a column "answer" becomes "ans" and "er",
#   split at the w, and "total|net" is split at each t, although the rows below have no t and one bar each.
#   The rows do not fit, and are filled up with NaN instead of an error.
# Version and source: pandas 3.1.1, read_csv, parameter "sep": None uses csv.Sniffer of Python (seen with 3.11), on the first line.
# Why it matters: sep=None is how loaders read files of unknown origin. The column that is asked for is under no
#   name that is in the file.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check pandas==3.1.1
"$tmp/venv/bin/python" -W ignore - <<'E'
import io
import platform
import sys
import pandas

def read(text):
    frame = pandas.read_csv(io.StringIO(text), sep=None, engine="python")
    print(repr(text), "->", frame.to_dict("list"))
    return list(frame.columns)

print("pandas", pandas.__version__, "Python", platform.python_version())
single = read("answer\nyes\nno\n")
bars = read("total|net\n10|9\n20|18\n")
sys.exit(not (single == ["ans", "er"] and "al|ne" in bars and "total" not in bars))
E
