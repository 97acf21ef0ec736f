package cli

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"iter"
	"mime"
	"os"
	"path/filepath"
	"strings"

	"multivac"
	"multivac/internal/extract"
)

// A file holds documents. It is opened when its turn comes.
type file struct {
	path      string // "-" for standard input
	source    string // source of the document in the file; if empty, its content is its identity
	title     string // title of the document, if the flags give one
	extension string // extension that says the type instead of the file's own; may be empty
	size      int64  // in bytes, 0 if unknown
	found     bool   // found in a folder, not named by the user
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

// name returns a name from which package extract finds the type. A file of an
// unknown type was named by the user. It is read as plain text if it begins
// like text.
func (f file) name(head []byte) string {
	switch {
	case f.extension != "":
		return f.path + f.extension
	case f.path != stdin && filepath.Ext(f.path) != "" && !extract.Known(f.path):
		if _, err := extract.MediaType("", head); err == nil {
			return f.path + ".txt"
		}
	}
	return f.path
}

// tellings yields the documents that r, the opened file, holds. An error names
// the file and is about one document.
func (f file) tellings(r io.Reader, c multivac.CollectionName) iter.Seq2[multivac.Telling, error] {
	return func(yield func(multivac.Telling, error) bool) {
		in := bufio.NewReader(r)
		head, _ := in.Peek(512) // the reader returns the same error later
		name := f.name(head)
		for t, err := range extract.Files(name, in, c, nil) {
			if err != nil {
				err = renamed{err, name, f.path}
			}
			switch line, ofName := strings.CutPrefix(t.Source, name); {
			case ofName && line == "":
				t.Source = f.source
				if f.title != "" {
					t.Title = f.title
				}
			case ofName && f.source == "": // a line of JSON without an id
				t.Source = ""
			case ofName:
				t.Source = f.source + line
			}
			if !yield(t, err) {
				return
			}
		}
	}
}

// allTellings reads the files one after another. Each is counted in the tally
// as it is read. Of files found in folders those that have no text are passed
// over, and reported.
func allTellings(files []file, in io.Reader, c multivac.CollectionName, count *tally, passedOver func(path string)) iter.Seq2[multivac.Telling, error] {
	return func(yield func(multivac.Telling, error) bool) {
		for _, f := range files {
			r, err := f.open(in)
			if err != nil {
				if !yield(multivac.Telling{Source: f.source}, err) {
					return
				}
				continue
			}
			for t, err := range f.tellings(count.reading(r), c) {
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

// renamed is an error about a file, under the name that the user gave it.
type renamed struct {
	error
	from, to string
}

func (r renamed) Error() string { return strings.Replace(r.error.Error(), r.from, r.to, 1) }
func (r renamed) Unwrap() error { return r.error }

// extensionOf returns the extension for a type. The type is an extension, a
// media type, or a common name.
func extensionOf(name string) (string, error) {
	short := strings.TrimPrefix(strings.ToLower(name), ".")
	switch short {
	case "text", "plain":
		return ".txt", nil
	case "markdown":
		return ".md", nil
	case "application/jsonl", "application/x-ndjson":
		return ".jsonl", nil
	}
	if extract.Known("." + short) {
		return "." + short, nil
	}
	if mediaType, _, err := mime.ParseMediaType(short); err == nil {
		for _, f := range extract.Formats() {
			for _, known := range f.MediaTypes() {
				if known == mediaType {
					return f.Extensions()[0], nil
				}
			}
		}
	}
	return "", multivac.Errorf(multivac.ErrInvalid, "use md, txt, html, csv or jsonl", "unknown type %q", multivac.Clip(name, 40))
}
