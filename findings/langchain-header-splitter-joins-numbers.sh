#!/bin/sh
# One expects: MarkdownHeaderTextSplitter cuts at headings and leaves the text between them as it is.
# What happens: every character that Python calls not printable is deleted from every line outside fences:
#   no-break spaces, narrow ones, ideographic ones and tabs. They are not replaced by a space. In fences
#   the indentation goes, and with it the nesting of YAML.
# Version and source: langchain-text-splitters 1.1.3, MarkdownHeaderTextSplitter.split_text.
# Why it matters: French and SI typography put these spaces into numbers and before units: "20 000 €"
#   becomes "20000€", "Article 5" becomes "Article5", and two cells separated by a tab become one word.
#   None of these is in the document any more, so nothing can be quoted from it.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check langchain-text-splitters==1.1.3
"$tmp/venv/bin/python" -W ignore - <<'E'
import sys
from importlib.metadata import version
from langchain_text_splitters import MarkdownHeaderTextSplitter

text = """# Prices

Article\u00a05: the limit is 20\u202f000\u00a0€ for 10\u00a0km.

north\tsouth

```yaml
limits:
  nodes: 3
```
"""
(found,) = MarkdownHeaderTextSplitter([("#", "title")]).split_text(text)
print("langchain-text-splitters", version("langchain-text-splitters"))
print("told: ", repr(text))
print("found:", repr(found.page_content))
holds = all(part in found.page_content for part in
            ("Article5: the limit is 20000€ for 10km.", "northsouth", "limits:\nnodes: 3"))
sys.exit(not holds)
E
