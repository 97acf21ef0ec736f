#!/bin/sh
# One expects: a search without a language pack may not fold accents, but finds a word spelled the same way.
# What happens: words that begin or end with a letter outside ASCII lose it as they are indexed, and keep it
#   as they are searched: "café" is indexed as "caf" and "Übung" as "bung". Neither is ever found.
#   "naïve", with such a letter inside, is.
# Version and source: lunr 2.3.9, API reference, lunr.trimmer. It is in the pipeline of documents and not in that of
#   queries. The reference warns of scripts that are not Latin; é and Ü are.
# Why it matters: this is the search built into documentation sites. A page that holds the word is said
#   not to exist.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --silent --no-audit --no-fund --prefix "$tmp" lunr@2.3.9
cd "$tmp"
node - <<'E'
const lunr = require('lunr');
const words = ['café', 'Übung', 'naïve', 'cafe'];
const index = lunr(function () {
  this.ref('id');
  this.field('text');
  for (const word of words) this.add({ id: word, text: 'See the ' + word + ' today' });
});
const found = words.map((word) => index.search(word).map((hit) => hit.ref).join(' '));
console.log('lunr', lunr.version);
console.log('indexed:', Object.keys(index.invertedIndex).join(' '));
words.forEach((word, i) => console.log(word, '->', found[i] || 'nothing'));
process.exit(JSON.stringify(found) === JSON.stringify(['', '', 'naïve', 'cafe']) ? 0 : 1);
E
