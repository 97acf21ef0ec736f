#!/bin/sh
# One expects: get_content() of a chapter that was read from a file is the chapter, or at least all of its text.
# What happens: it is rebuilt from the parsed page, and text in the body before its first element is
#   left out. Text after an element stays. The bytes that were read are whole, in the field "content", and
#   get_body_content() has the text.
# Version and source: EbookLib 0.20, epub.EpubHtml.get_content; EPUB 3.3, "XHTML content documents": the XML syntax of HTML,
#   whose body may begin with text.
# Why it matters: get_content() is what loaders hand to a text extractor. The opening words of a chapter, which often apply
#   to all of it, cannot be found.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check EbookLib==0.20
"$tmp/venv/bin/python" -W ignore - "$tmp/book.epub" <<'E'
import sys
import zipfile
from importlib.metadata import version
from ebooklib import epub

CHAPTER = """<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Limits</title></head>
<body>For the Basic plan only. <p>Up to three nodes.</p> As of May.</body></html>"""
NAV = """<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head><title>Contents</title></head>
<body><nav epub:type="toc"><ol><li><a href="limits.xhtml">Limits</a></li></ol></nav></body></html>"""
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">urn:example:plans</dc:identifier>
<dc:title>Plans</dc:title><dc:language>en</dc:language><meta property="dcterms:modified">2024-01-05T00:00:00Z</meta></metadata>
<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="limits" href="limits.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="limits"/></spine></package>"""
CONTAINER = """<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
with zipfile.ZipFile(sys.argv[1], "w") as book:
    for name, text in (("mimetype", "application/epub+zip"), ("META-INF/container.xml", CONTAINER),
                       ("book.opf", PACKAGE), ("nav.xhtml", NAV), ("limits.xhtml", CHAPTER)):
        book.writestr(name, text)

chapter = epub.read_epub(sys.argv[1]).get_item_with_id("limits")
content, body = chapter.get_content().decode(), chapter.get_body_content().decode()
print("EbookLib", version("EbookLib"))
print("told:", CHAPTER)
print("get_content():", content)
print("get_body_content():", body)
holds = "Basic plan" not in content and "three nodes" in content and "As of May" in content and "Basic plan" in body
sys.exit(not holds)
E
