#!/bin/sh
# One expects: text of a PDF page is extracted alike, whether it is drawn by the page or by a form XObject on it.
# What happens: pdfminer.six prints the pieces of a form without lines or gaps ("Limit" "three" "Term" "a year" on
#   two lines are "LimitthreeTerma year"), and the layout mode of pypdf leaves the form out. The plain mode of
#   pypdf has it. Drawn by the page, the same text is whole in all three.
# Version and source: pdfminer.six 20260107, LAParams, "all_texts" (text in figures is laid out only if set);
#   pypdf 7.1.1, PageObject.extract_text, extraction_mode="layout"; ISO 32000, "Form XObjects".
# Why it matters: programs that impose, stamp or embed pages draw them as forms. Whole pages then have no words
#   that a search finds, or no words at all, with no warning.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check pdfminer.six==20260107 pypdf==7.1.1
"$tmp/venv/bin/python" -W ignore - <<'E'
import io
import sys
from importlib.metadata import version
import pypdf
from pdfminer.high_level import extract_text

def stream(entries, body):
    return f"<<{entries}/Length {len(body)}>>\nstream\n{body}\nendstream"

def pdf(objects):
    out, starts = "%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        starts.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(f"{start:010} 00000 n \n" for start in starts)
    return (out + table + f"trailer\n<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n").encode()

TEXT = "BT /F 12 Tf 72 700 Td (Limit) Tj 90 0 Td (three) Tj -90 -20 Td (Term) Tj 90 0 Td (a year) Tj ET"
FONT = "/Font<</F 5 0 R>>"

def page(form):
    drawn = "BT /F 12 Tf 72 740 Td (Contract) Tj ET " + ("/X Do" if form else TEXT)
    return pdf(["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
                f"/Resources<<{FONT}/XObject<</X 6 0 R>>>>>>",
                stream("", drawn), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
                stream(f"/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Resources<<{FONT}>>", TEXT)])

def read(form):
    data = page(form)
    first = pypdf.PdfReader(io.BytesIO(data)).pages[0]
    return {"pdfminer.six": extract_text(io.BytesIO(data)).split(),
            "pypdf layout": first.extract_text(extraction_mode="layout").split(),
            "pypdf plain": first.extract_text().split()}

direct, form = read(False), read(True)
print("pdfminer.six", version("pdfminer.six"), "pypdf", version("pypdf"))
for name in direct:
    print(f"{name}: by the page {direct[name]}, by a form {form[name]}")
words = sorted(["Contract", "Limit", "three", "Term", "a", "year"])
holds = all(sorted(direct[name]) == words for name in direct) and sorted(form["pypdf plain"]) == words \
    and form["pdfminer.six"] == ["Contract", "LimitthreeTerma", "year"] and form["pypdf layout"] == ["Contract"]
sys.exit(not holds)
E
