#!/bin/sh
# One expects: without a Chinese tokenizer a sentence is at least found by its own text.
# What happens: a run of Chinese without punctuation is one token, and tokens of 40 bytes and more are removed
#   from the index. That is any run of 14 characters or more; it is found by no query, while one of 13 is.
#   The same limit removes every SHA-256 in hexadecimal and longer identifiers.
# Version and source: tantivy 0.27.0 (Python), tokenizer "default" (SimpleTokenizer, RemoveLongFilter(40),
#   LowerCaser; documentation of TokenizerManager in the Rust crate).
# Why it matters: whether a fact can be found depends on the distance to the next comma. Nothing is logged.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check tantivy==0.27.0
"$tmp/venv/bin/python" -W ignore - <<'E'
import sys
from importlib.metadata import version
import tantivy

texts = [
    "服务器在每个星期一重新启动",
    "服务器在每个星期一早重新启动",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "KubernetesClusterUnschedulablePods",
    "KubernetesClusterAutoscalerUnschedulablePods",
]
builder = tantivy.SchemaBuilder()
builder.add_text_field("text", stored=True)
index = tantivy.Index(builder.build())
writer = index.writer(heap_size=15_000_000, num_threads=1)
for text in texts:
    document = tantivy.Document()
    document.add_text("text", text)
    writer.add_document(document)
writer.commit()
index.reload()
searcher = index.searcher()
print("tantivy", version("tantivy"))
found = []
for text in texts:
    hits = searcher.search(index.parse_query(text, ["text"]), 5).hits
    found.append(len(hits))
    print(f"{len(text)} characters, {len(text.encode())} bytes, found {len(hits)} times: {text}")
sys.exit(found != [1, 0, 0, 1, 0])
E
