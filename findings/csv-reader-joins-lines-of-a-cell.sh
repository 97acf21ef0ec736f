#!/bin/sh
# One expects: csv.reader takes any iterable of lines, so text.splitlines() reads like the file.
# What happens: the line break inside of a quoted cell is neither kept nor replaced by a space: the last word of one line
#   and the first of the next become one word: "first\nsecond" becomes "firstsecond". In the same way "10\n20" is 1020.
# Version and source: Python's standard library (seen with 3.11), csv.reader: its examples read from files, where
#   lines keep their ends.
# Why it matters: cells with several lines hold addresses, lists and steps. Two numbers become a third,
#   and neither word is found.
set -eu
python3 - <<'E'
import csv
import io
import platform
import sys

text = 'plan,limits\nbasic,"10\n20"\npro,"red\nblue"\n'
of_lines = list(csv.reader(text.splitlines()))
of_file = list(csv.reader(io.StringIO(text, newline="")))
print("Python", platform.python_version())
print("of splitlines():", of_lines)
print("of a file:      ", of_file)
sys.exit(not (of_lines[1:] == [["basic", "1020"], ["pro", "redblue"]]
              and of_file[1:] == [["basic", "10\n20"], ["pro", "red\nblue"]]))
E
