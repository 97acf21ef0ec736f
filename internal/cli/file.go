package cli

import (
	"bufio"
	"context"
	"errors"
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

// A file holds documents, and is read when its turn comes.
type file struct {
	path      string // stdin for standard input
	source    string // of the document that the file is; empty where its content is its identity
	title     string // the same, where it has one
	extension string // that says its type in place of its own; may be empty
	size      int64  // bytes, 0 where unknown
	found     bool   // in a folder; nobody named it
}

// stdin is the path of standard input.
const stdin = "-"

// open opens the file; in is standard input.
func (f file) open(in io.Reader) (io.ReadCloser, error) {
	if f.path == stdin {
		return io.NopCloser(in), nil
	}
	r, err := os.Open(f.path)
	return r, unreadable(err)
}

// unreadable says of what the system says which file it is about.
func unreadable(err error) error {
	var of *fs.PathError
	if !errors.As(err, &of) {
		return err
	}
	return multivac.Errorf(multivac.ErrInvalid, "", "%s: %v", of.Path, of.Err)
}

// name returns a name for extract, which knows the type by it. A file of an
// unknown kind is here because it was named: it is taken for text if it
// begins like one.
func (f file) name(head []byte) string {
	switch {
	case f.extension != "":
		return f.path + f.extension
	case f.path != stdin && filepath.Ext(f.path) != "" && !formats.All.Known(f.path):
		if _, err := formats.All.MediaType("", head); err == nil {
			return f.path + ".txt"
		}
	}
	return f.path
}

// tellings yields the documents that r, the opened file, holds. An error names
// the file and is about one document.
func (f file) tellings(ctx context.Context, r io.Reader, c multivac.CollectionName) iter.Seq2[multivac.Telling, error] {
	return func(yield func(multivac.Telling, error) bool) {
		in := bufio.NewReader(r)
		head, _ := in.Peek(512) // an error comes again when it is read
		name := f.name(head)
		for t, err := range formats.All.Files(ctx, name, in, c, nil) {
			if err != nil {
				err = renamed{err, name, f.path}
			}
			switch line, ofName := strings.CutPrefix(t.Source, name); {
			case ofName && line == "":
				t.Source = f.source
				if f.title != "" {
					t.Title = f.title
				}
			case ofName && f.source == "": // a line without an identifier of its own
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

// renamed is an error about a file that was called by another name.
type renamed struct {
	error
	from, to string
}

func (r renamed) Error() string { return strings.Replace(r.error.Error(), r.from, r.to, 1) }
func (r renamed) Unwrap() error { return r.error }

// extensionOf returns the extension for a type that is given as an extension,
// as a media type, or by the name people use.
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
