#!/bin/sh
# One expects: the text of a paragraph with tracked changes is what Word shows as final, or both versions.
# What happens: python-docx gives neither: what was inserted is left out like what was deleted, so "The fee is 10
#   (deleted) 20 (inserted) euros" is "The fee is  euros". A choice made in a form (a content control) is left out
#   too, and a paragraph inside of a control is not in the list of paragraphs. mammoth has all three.
# Version and source: python-docx 1.2.0, API "Paragraph.text" and "Document.paragraphs"; mammoth 1.13.0.
# Why it matters: contracts are sent with changes tracked and filled in by forms. The latest agreement is
#   lost, and the sentence around it still reads well.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check python-docx==1.2.0 mammoth==1.13.0
"$tmp/venv/bin/python" -W ignore - "$tmp/contract.docx" <<'E'
import sys
from importlib.metadata import version
import docx
import mammoth
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

def run(text, tag="t"):
    return f'<w:r><w:{tag} xml:space="preserve">{text}</w:{tag}></w:r>'

mark = 'w:author="Ada" w:date="2024-01-05T00:00:00Z"'
fee = f'<w:p {nsdecls("w")}>' + run("The fee is ") + f'<w:del w:id="1" {mark}>{run("10", "delText")}</w:del>' \
    + f'<w:ins w:id="2" {mark}>{run("20")}</w:ins>' + run(" euros.") + "</w:p>"
plan = f'<w:p {nsdecls("w")}>' + run("Plan: ") + f'<w:sdt><w:sdtContent>{run("Basic")}</w:sdtContent></w:sdt>' \
    + run(".") + "</w:p>"
term = f'<w:sdt {nsdecls("w")}><w:sdtContent><w:p>{run("Term: a year.")}</w:p></w:sdtContent></w:sdt>'
contract = docx.Document()
for part in (fee, plan, term):
    contract.element.body.insert(len(contract.element.body) - 1, parse_xml(part))
contract.save(sys.argv[1])

one = [paragraph.text for paragraph in docx.Document(sys.argv[1]).paragraphs]
with open(sys.argv[1], "rb") as file:
    other = mammoth.extract_raw_text(file).value.split("\n\n")[:-1]
print("python-docx", version("python-docx"), one)
print("mammoth", version("mammoth"), other)
sys.exit(not (one == ["The fee is  euros.", "Plan: ."]
              and other == ["The fee is 20 euros.", "Plan: Basic.", "Term: a year."]))
E
