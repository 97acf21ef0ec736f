#!/bin/sh
# One expects: read_html keeps the cell "1,5" as text, since it is no English number.
# What happens: a comma between digits is deleted wherever it stands, and the rest is read as a number:
#   1,5 becomes 15 and 2,25 becomes 225. read_csv does not do this to the same cells.
# Version and source: pandas 3.1.1 with lxml 6.1.3, read_html, parameter "thousands" (its default is ",";
#   that of read_csv is none).
# Why it matters: decimal commas are the rule in most of Europe. A dose of 1,5 ml is answered as 15.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check pandas==3.1.1 lxml==6.1.3
"$tmp/venv/bin/python" -W ignore - <<'E'
import io
import sys
import pandas

page = """<table><tr><th>drug</th><th>ml</th></tr>
<tr><td>A</td><td>1,5</td></tr><tr><td>B</td><td>2,25</td></tr></table>"""
sheet = "drug;ml\nA;1,5\nB;2,25\n"
of_page = pandas.read_html(io.StringIO(page))[0]["ml"].tolist()
of_sheet = pandas.read_csv(io.StringIO(sheet), sep=";")["ml"].tolist()
print("pandas", pandas.__version__)
print("read_html:", of_page)
print("read_csv: ", of_sheet)
sys.exit(not (of_page == [15, 225] and of_sheet == ["1,5", "2,25"]))
E
