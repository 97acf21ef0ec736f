#!/bin/sh
# One expects: a paragraph "[WARN]: disk-full" is text, since it is no link and nothing refers to it.
# What happens: a word in brackets, a colon and one more word are the definition of a link, and are printed nowhere.
#   With two words after the colon the same line is printed. Three parsers agree.
# Version and source: markdown-it-py 4.3.0, mistune 3.4.0, Markdown 3.11.3; CommonMark Spec, "Link reference definitions".
# Why it matters: changelogs ("[1.4.2]: yanked"), notes on a state ("[Backup]: disabled") and lines of a log are lost
#   from what is read as Markdown, and only those short enough to be the answer.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check markdown-it-py==4.3.0 mistune==3.4.0 Markdown==3.11.3
"$tmp/venv/bin/python" -W ignore - <<'E'
import sys
from importlib.metadata import version
import markdown
import markdown_it
import mistune

by = {"markdown-it-py": markdown_it.MarkdownIt().render, "mistune": mistune.html, "Markdown": markdown.markdown}
lost = ["[WARN]: disk-full", "[1.4.2]: yanked"]
kept = "[WARN]: disk full"
holds = True
for name, render in by.items():
    pages = [render(line + "\n\nThe end.\n").strip() for line in lost + [kept]]
    print(name, version(name), dict(zip(lost + [kept], pages)))
    holds = holds and pages[:2] == ["<p>The end.</p>"] * 2 and kept in pages[2]
sys.exit(not holds)
E
