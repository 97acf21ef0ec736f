#!/bin/sh
# One expects: a string that is indexed can be found by the words in it.
# What happens: with the default mapping a string that can be read as a date becomes a date and no text: it is found
#   by no words, not even by itself. "released 2024-01-05" is found by 2024. The kind is chosen by each
#   value: of one field, some documents are text and others are not.
# Version and source: Bleve 2.6.3, mapping.DocumentMapping ("dynamic" fields), and the date time parser "dateTimeOptional".
# Why it matters: front matter and JSON Lines hold dates, versions and titles of notes as strings. "What was released on
#   2024-01-05?" misses exactly those that are named by the day.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
cat > main.go <<'E'
package main

import (
	"fmt"
	"os"
	"reflect"

	"github.com/blevesearch/bleve/v2"
)

func main() {
	index, err := bleve.NewMemOnly(bleve.NewIndexMapping())
	if err != nil {
		panic(err)
	}
	for id, text := range map[string]string{
		"day": "2024-01-05", "sentence": "released 2024-01-05",
	} {
		if err := index.Index(id, map[string]any{"text": text}); err != nil {
			panic(err)
		}
	}
	want := map[string][]string{"2024-01-05": {"sentence"}, "2024": {"sentence"}}
	holds := true
	for _, query := range []string{"2024-01-05", "2024"} {
		result, err := index.Search(bleve.NewSearchRequest(bleve.NewMatchQuery(query)))
		if err != nil {
			panic(err)
		}
		var found []string
		for _, hit := range result.Hits {
			found = append(found, hit.ID)
		}
		fmt.Printf("%s -> %v\n", query, found)
		holds = holds && reflect.DeepEqual(found, want[query])
	}
	if !holds {
		os.Exit(1)
	}
}
E
go mod init finding 2> log && go get github.com/blevesearch/bleve/v2@v2.6.3 2>> log && go mod tidy 2>> log || { cat log; exit 1; }
echo "Bleve $(go list -m -f '{{.Version}}' github.com/blevesearch/bleve/v2)"
go run .
