#!/bin/sh
# One expects: of two sections that differ in one word, reader mode keeps both or none.
# What happens: a section whose class contains "community" is taken for comments and removed, that of the other
#   edition stays. The pattern is matched inside of names: "community-edition" is hit like "community".
# Version and source: @mozilla/readability 0.6.0 on linkedom 0.18.15, Readability.js, REGEXPS.unlikelyCandidates
#   (others there: "related", "legends", "menu", "extra", "remark", "replies", "supplemental").
# Why it matters: if somebody asks for the limit of the community edition, the rest of the page says 100 nodes, those of the
#   enterprise edition.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --silent --no-audit --no-fund --prefix "$tmp" @mozilla/readability@0.6.0 linkedom@0.18.15
cd "$tmp"
node - <<'E'
const { Readability } = require('@mozilla/readability');
const { parseHTML } = require('linkedom');
const about = '<p>The product runs on Linux, macOS and Windows, and it keeps what it was told for as long as the ' +
  'licence lasts, in every region, so that nothing has to be told twice.</p>';
const limit = (name, nodes) =>
  `<div class="${name}-edition"><p>This edition is for up to ${nodes} nodes, and for no more than that, in any region.</p></div>`;
const read = (first) => {
  const page = '<html><head><title>Limits</title></head><body><main><h1>Limits</h1>' + about + about +
    limit(first, 3) + limit('enterprise', 100) + about + '</main></body></html>';
  const text = new Readability(parseHTML(page).document).parse().textContent;
  return [3, 100].filter((nodes) => text.includes(`up to ${nodes} nodes`)).join(' and ');
};
const seen = [read('community'), read('starter')];
console.log('@mozilla/readability', require('@mozilla/readability/package.json').version);
console.log('class="community-edition" and class="enterprise-edition": limits kept:', seen[0]);
console.log('class="starter-edition" and class="enterprise-edition": limits kept:', seen[1]);
process.exit(seen.join() === '100,3 and 100' ? 0 : 1);
E
