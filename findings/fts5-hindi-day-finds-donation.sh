#!/bin/sh
# One expects: FTS5's Unicode tokenizer, asked for a Hindi word as it is spelled, finds the rows that hold it.
# What happens: vowel signs are neither letters nor numbers to it, so they split words: दिन (day) and दान (donation)
#   are both the tokens द and न, and each is found in place of the other.
# Version and source: SQLite 3.54.1 in apsw 3.54.1.0, "SQLite FTS5 Extension", section "Unicode61 Tokenizer":
#   the default categories are L*, N* and Co. With Mn and Mc added, the words differ.
# Why it matters: Hindi, Tamil, Bengali and Thai write vowels this way. A question about the day is answered
#   with the sentence about the donation, as a full match.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check apsw==3.54.1.0
"$tmp/venv/bin/python" -W ignore - <<'E'
import sys
import apsw

day, donation = "यह दिन अच्छा है", "यह दान अच्छा है"
base = apsw.Connection(":memory:")
base.execute("create virtual table plain using fts5(text)")
base.execute("""create virtual table marks using fts5(text, tokenize="unicode61 categories 'L* N* Co Mn Mc'")""")

def found(table, word):
    return [text for (text,) in base.execute(f"select text from {table} where {table} match ? order by rowid", (word,))]

for table in ("plain", "marks"):
    base.execute(f"insert into {table} values (?), (?)", (day, donation))
print("SQLite", apsw.sqlite_lib_version())
for table in ("plain", "marks"):
    print(table, "दिन ->", found(table, "दिन"), "दान ->", found(table, "दान"))
holds = found("plain", "दिन") == found("plain", "दान") == [day, donation]
sys.exit(not (holds and found("marks", "दिन") == [day] and found("marks", "दान") == [donation]))
E
