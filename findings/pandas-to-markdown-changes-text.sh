#!/bin/sh
# One expects: a frame read with dtype=str holds text, so its Markdown table shows that text.
# What happens: to_markdown hands the cells to tabulate, which parses text that looks like a number and
#   prints the number: 1.10 becomes 1.1 and the part number 12E3 becomes 12000. print(frame) shows the text.
# Version and source: pandas 3.1.1 with tabulate 0.10.0, package page of tabulate, where disable_numparse is described
#   (disable_numparse=True turns it off, and to_markdown passes it on).
# Why it matters: Markdown is how tables are given to readers and language models. Version 1.10 becomes
#   version 1.1, an older one, and a part is found under no name that is in the file.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check pandas==3.1.1 tabulate==0.10.0
"$tmp/venv/bin/python" -W ignore - <<'E'
import io
import sys
from importlib.metadata import version
import pandas

frame = pandas.read_csv(io.StringIO("name,version,part\nnew,1.10,12E3\nold,1.9,45E1\n"), dtype=str)

def cells(table):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]

got = frame.to_markdown(index=False)
kept = frame.to_markdown(index=False, disable_numparse=True)
print("pandas", pandas.__version__, "tabulate", version("tabulate"))
print("the frame:", frame.values.tolist())
print(got)
print("with disable_numparse:")
print(kept)
sys.exit(not (cells(got) == [["new", "1.1", "12000"], ["old", "1.9", "450"]] and cells(kept) == frame.values.tolist()))
E
