package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
)

// A file holds documents. It is opened when its turn comes.
type file struct {
	path      string // "-" for standard input
	source    string // source of the document in the file, which begins those of files in it; if empty, the content is the identity
	title     string // title of the document, if the flags give one
	extension string // extension that says the type instead of the file's own; may be empty
	size      int64  // in bytes, 0 if unknown
	found     bool   // found in a folder, not named by the user
	limits    limits
}

// stdin is the path that means standard input.
const stdin = "-"

// open opens the file; in is standard input.
func (f file) open(in io.Reader) (io.ReadCloser, error) {
	if f.path == stdin {
		return io.NopCloser(in), nil
	}
	r, err := os.Open(f.path)
	return r, unreadable(err)
}

// unreadable returns an error of the system in the form "FILE: reason".
func unreadable(err error) error {
	var of *fs.PathError
	if !errors.As(err, &of) {
		return err
	}
	return multivac.Errorf(multivac.ErrInvalid, "", "%s: %v", of.Path, of.Err)
}

// name returns a name from which package extract finds the type. Standard input
// has that of its source. A file of an unknown type was named by the user. It is
// read as plain text if it begins like text.
func (f file) name(head []byte) string {
	switch {
	case f.extension != "":
		return f.path + f.extension
	case f.path == stdin && formats.All.Known(f.source):
		return f.source
	case f.path != stdin && filepath.Ext(f.path) != "" && !formats.All.Known(f.path):
		if _, err := formats.All.MediaType("", head); err == nil {
			return f.path + ".txt"
		}
	}
	return f.path
}

// tellings yields the documents in the opened file r. An error is about one
// document and names the file.
func (f file) tellings(ctx context.Context, r io.Reader, c multivac.CollectionName) iter.Seq2[multivac.Telling, error] {
	return func(yield func(multivac.Telling, error) bool) {
		in := bufio.NewReader(r)
		head, _ := in.Peek(extract.SniffLen) // the reader returns the same error later
		for t, err := range formats.All.Tellings(ctx, extract.Input{Source: f.source, Name: f.name(head), Collection: c, Reader: in, Limits: f.limits.Limits}) {
			if err != nil && f.source == "" {
				err = fmt.Errorf("%s: %w", f.path, err)
			}
			if t.Source == f.source && t.Title == "" {
				t.Title = f.title
			}
			if !yield(t, err) {
				return
			}
		}
	}
}

// allTellings reads the files one after another and counts each in the tally.
// In folders it passes over files without text, and reports them.
func allTellings(ctx context.Context, files []file, in io.Reader, c multivac.CollectionName, count *tally, passedOver func(path string)) iter.Seq2[multivac.Telling, error] {
	return func(yield func(multivac.Telling, error) bool) {
		for _, f := range files {
			r, err := f.open(in)
			if err != nil {
				if !yield(multivac.Telling{Source: f.source}, err) {
					return
				}
				continue
			}
			for t, err := range f.tellings(ctx, count.reading(r), c) {
				if f.found && errors.Is(err, extract.ErrNoText) {
					passedOver(f.path)
					continue
				}
				if !yield(t, err) {
					r.Close()
					return
				}
			}
			r.Close()
		}
	}
}

// extensionOf returns the extension for a type. The type is an extension, a
// media type, or a common name.
func extensionOf(name string) (string, error) {
	if extension, ok := formats.All.Extension(name); ok {
		return extension, nil
	}
	var short []string
	for _, f := range formats.All {
		short = append(short, strings.TrimPrefix(f.Extensions[0], "."))
	}
	return "", multivac.Errorf(multivac.ErrInvalid, "use "+extract.List(short, "or"), "unknown type %q", multivac.Clip(name, 40))
}
