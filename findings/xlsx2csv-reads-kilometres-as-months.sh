#!/bin/sh
# One expects: a cell that shows "42.2 km" becomes "42.2 km" or 42.2, and 36 hours become "36:00:00" or 1.5.
# What happens: the m of the unit, quoted as it is in the format, is read as the month of a date: the number is
#   gone, and "0.0" k02" is in its place. The elapsed time of 36 hours becomes "12:00", the time of day. "42.2 l",
#   of a unit without such a letter, keeps its number.
# Version and source: xlsx2csv 0.8.6 on a file of openpyxl 3.1.5; ECMA-376 part 1, 18.8.31 numFmts: text in
#   quotes is literal, and [h] is elapsed hours.
# Why it matters: distances, speeds and working hours are answered with a text that no cell shows.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check xlsx2csv==0.8.6 openpyxl==3.1.5
"$tmp/venv/bin/python" -W ignore - "$tmp/sheet.xlsx" <<'E'
import csv
import io
import sys
from importlib.metadata import version
import openpyxl
from xlsx2csv import Xlsx2csv

book = openpyxl.Workbook()
for column, (value, form) in enumerate([(42.2, '0.0" km"'), (42.2, '0.0" l"'), (1.5, "[h]:mm:ss")], start=1):
    book.active.cell(1, column, value).number_format = form
book.save(sys.argv[1])
out = io.StringIO()
Xlsx2csv(sys.argv[1]).convert(out)
(row,) = csv.reader(io.StringIO(out.getvalue()))
print("xlsx2csv", version("xlsx2csv"))
print("shown: 42.2 km, 42.2 l, 36:00:00")
print("read: ", row)
sys.exit(not ("42" not in row[0] and row[0].startswith('0.0" k') and row[1].startswith("42.2") and row[2] == "12:00"))
E
