#!/bin/sh
# One expects: the word boundaries of Unicode split "level:error" at the colon, as they split "12:30" and "max-lag".
# What happens: a colon between letters is inside of a word, as a full stop is: "level:error" is one word, and so is
#   "failed.Restart", where a space was forgotten. Between digits it is the other way round: 12:30 is split.
# Version and source: github.com/clipperhouse/uax29/v2 2.7.0 and github.com/blevesearch/segment 0.9.1 (the tokenizer of Bleve)
#   agree; Unicode Standard Annex 29, table of Word_Break values, MidLetter and MidNumLet.
# Why it matters: labels, logs and settings are written so ("status:degraded", "env:prod"). Asked for "degraded", an
#   index of such words has nothing.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
cat > main.go <<'E'
package main

import (
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/blevesearch/segment"
	"github.com/clipperhouse/uax29/v2/words"
)

func hasLetterOrDigit(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

func byUAX29(text string) (found []string) {
	for tokens := words.FromString(text); tokens.Next(); {
		if hasLetterOrDigit(tokens.Value()) {
			found = append(found, tokens.Value())
		}
	}
	return found
}

func bySegment(text string) (found []string) {
	for segments := segment.NewWordSegmenterDirect([]byte(text)); segments.Segment(); {
		if segments.Type() != segment.None {
			found = append(found, segments.Text())
		}
	}
	return found
}

func main() {
	text := "level:error failed.Restart 12:30 max-lag"
	want := "level:error|failed.Restart|12|30|max|lag"
	one, other := strings.Join(byUAX29(text), "|"), strings.Join(bySegment(text), "|")
	fmt.Println("text:   ", text)
	fmt.Println("uax29:  ", one)
	fmt.Println("segment:", other)
	if one != want || other != want {
		os.Exit(1)
	}
}
E
go mod init finding 2> log && go get github.com/clipperhouse/uax29/v2@v2.7.0 github.com/blevesearch/segment@v0.9.1 2>> log && go mod tidy 2>> log || { cat log; exit 1; }
go list -m -f '{{.Path}} {{.Version}}' github.com/clipperhouse/uax29/v2 github.com/blevesearch/segment
go run .
