#!/bin/sh
# One expects: striking out takes two tildes, and "9~17" is a range, as it is written in Japanese, Korean and Chinese.
# What happens: two such ranges in one paragraph are a pair of marks: the text between the tildes is struck
#   out and the tildes are gone. marked and remark-gfm do so, as the GFM text allows one tilde; markdown-it,
#   where only two tildes count, does not. One range alone stays a range everywhere.
# Version and source: marked 18.2.1, remark-gfm 4.0.1 with remark 15.0.1 and remark-html 16.0.1, markdown-it 15.0.3;
#   GitHub Flavored Markdown Spec, "Strikethrough (extension)".
# Why it matters: a reader that leaves struck-out text away makes "9~17, on Saturday 10~15" to "915"; one that
#   keeps it gives "917, on Saturday 1015". Both are numbers that nobody wrote.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --silent --no-audit --no-fund --prefix "$tmp" marked@18.2.1 markdown-it@15.0.3 remark@15.0.1 remark-gfm@4.0.1 remark-html@16.0.1
cd "$tmp"
cat > try.mjs <<'E'
import { createRequire } from 'node:module';
import { marked } from 'marked';
import { remark } from 'remark';
import gfm from 'remark-gfm';
import html from 'remark-html';
const MarkdownIt = createRequire(import.meta.url)('markdown-it');
const two = 'Open 9~17, on Saturday 10~15.';
const one = 'Open 9~17.';
const plain = (page) => page.replace(/<[^>]*>/g, '').trim();
const unstruck = (page) => plain(page.replace(/<del>.*?<\/del>/g, ''));
const by = {
  marked: (text) => marked(text),
  'remark-gfm': (text) => String(remark().use(gfm).use(html).processSync(text)),
  'markdown-it': (text) => new MarkdownIt().render(text),
};
let seen = '';
for (const [name, render] of Object.entries(by)) {
  console.log(name, '|', render(two).trim(), '| struck text left away:', unstruck(render(two)));
  seen += [plain(render(two)), unstruck(render(two)), plain(render(one))].join('|') + '\n';
}
const struck = 'Open 917, on Saturday 1015.|Open 915.|Open 9~17.\n';
process.exit(seen === struck + struck + [two, two, one].join('|') + '\n' ? 0 : 1);
E
node try.mjs
