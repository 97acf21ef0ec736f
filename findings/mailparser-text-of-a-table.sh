#!/bin/sh
# One expects: the text of an HTML mail has the cells of a table apart, and headings as they were written.
# What happens: mail.text runs the cells of the whole table into one word, rows too, and writes headings in capitals:
#   "Mon | 9-17" over "Tue | 10-12" is "Mon9-17Tue10-12", and "Output in mW" is "OUTPUT IN MW".
# Version and source: mailparser 3.14.2, "text" of the parsed mail, made by html-to-text 10, whose README says in its tables
#   of formats and of their options that tables are blocks unless asked for, and headings are in upper case.
# Why it matters: mails with tables often have no other text. Milliwatts become megawatts, and of "9-17Tue10-12" no
#   cell can be found or quoted.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --silent --no-audit --no-fund --prefix "$tmp" mailparser@3.14.2
cd "$tmp"
node - <<'E'
const { simpleParser } = require('mailparser');
const page = '<h2>Output in mW</h2><table><tr><td>Mon</td><td>9-17</td></tr><tr><td>Tue</td><td>10-12</td></tr></table>';
const mail = ['From: ada@example.org', 'Subject: plan', 'MIME-Version: 1.0', 'Content-Type: text/html; charset=utf-8', '', page, ''];
simpleParser(mail.join('\r\n')).then(({ text }) => {
  console.log('mailparser', require('mailparser/package.json').version);
  console.log('told:', page);
  console.log('text:', JSON.stringify(text));
  process.exit(text.includes('Mon9-17Tue10-12') && text.includes('OUTPUT IN MW') ? 0 : 1);
});
E
