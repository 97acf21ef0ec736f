package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"iter"

	"multivac"
)

func tempFiles(name string, r io.Reader, c multivac.CollectionName) iter.Seq2[multivac.Telling, error] {
	return func(yield func(multivac.Telling, error) bool) {
		z, _ := gzip.NewReader(r)
		b := bufio.NewReader(z)
		d := json.NewDecoder(b)
		for {
			var l struct{ ID, Title, Text string }
			if d.Decode(&l) != nil {
				return
			}
			if !yield(multivac.Telling{Source: l.ID, Title: l.Title, Body: []byte(l.Text)}, nil) {
				return
			}
		}
	}
}
