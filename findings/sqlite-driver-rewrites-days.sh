#!/bin/sh
# One expects: text that is stored in SQLite comes back as it was stored, whatever the column is called.
# What happens: in a column declared DATE the Go driver reads text that looks like a day as a time, and gives
#   "2024-01-05T00:00:00Z" to a caller that asks for a string. "January 2024" in the row below comes back as it is, and so does
#   the same day through max(), which has no declared type. In a column declared STRING, "00123" becomes "123".
# Version and source: modernc.org/sqlite 1.62.0, package documentation; SQLite, "Datatypes", section "Determination Of
#   Column Affinity" (STRING is none of the known words, so it is NUMERIC).
# Why it matters: the quotation differs from the document, and it changes with the wording of the query.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
cat > main.go <<'E'
package main

import (
	"database/sql"
	"fmt"
	"os"

	_ "modernc.org/sqlite"
)

func main() {
	base, err := sql.Open("sqlite", "file:notes.db")
	if err != nil {
		panic(err)
	}
	defer base.Close()
	if _, err := base.Exec(`create table notes (number string, day date);
		insert into notes values ('00123', '2024-01-05'), ('A-7', 'January 2024')`); err != nil {
		panic(err)
	}
	holds := true
	for _, try := range []struct{ query, want string }{
		{"select day from notes where rowid = 1", "2024-01-05T00:00:00Z"},
		{"select max(day) from notes where rowid = 1", "2024-01-05"},
		{"select day from notes where rowid = 2", "January 2024"},
		{"select number from notes where rowid = 1", "123"},
		{"select number from notes where rowid = 2", "A-7"},
	} {
		var text string
		if err := base.QueryRow(try.query).Scan(&text); err != nil {
			panic(err)
		}
		fmt.Printf("%s -> %q\n", try.query, text)
		holds = holds && text == try.want
	}
	if !holds {
		os.Exit(1)
	}
}
E
go mod init finding 2> log && go get modernc.org/sqlite@v1.62.0 2>> log && go mod tidy 2>> log || { cat log; exit 1; }
echo "modernc.org/sqlite $(go list -m -f '{{.Version}}' modernc.org/sqlite)"
go run .
