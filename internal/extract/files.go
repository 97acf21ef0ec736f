package extract

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"multivac"
)

// sniffed is how many bytes of a file say what it is, where its name does not.
const sniffed = 512

// Files returns the tellings that the file r holds: those of a format with
// Many, and else one, whose source is name. Gzipped files are unpacked. A telling
// that cannot be made is an error that names the file, and the line if it has
// lines; the others follow.
//
// spend, where it is not nil, is told of all bytes and lines as they are read,
// unpacked, whether they tell something or not; its error ends the reading.
func (all Formats) Files(ctx context.Context, name string, r io.Reader, collection multivac.CollectionName, spend func(bytes, lines int) error) iter.Seq2[multivac.Telling, error] {
	if spend == nil {
		spend = func(int, int) error { return nil }
	}
	return func(yield func(multivac.Telling, error) bool) {
		fail := func(err error) {
			yield(multivac.Telling{Collection: collection, Source: name}, fmt.Errorf("%s: %w", name, err))
		}
		in, f, err := all.open(name, r, spend)
		if err != nil {
			fail(err)
			return
		}
		if f.Many == nil {
			t, err := all.one(name, f, in)
			if err != nil {
				fail(err)
				return
			}
			t.Collection = collection
			yield(t, nil)
			return
		}
		file := File{Name: name, Reader: in, Lines: func(n int) error { return spend(0, n) }, Check: all.check}
		for t, err := range f.Many(ctx, file, Default) {
			t.Collection = collection
			if !yield(t, err) {
				return
			}
		}
	}
}

// open unpacks r, and finds out what it is.
func (all Formats) open(name string, r io.Reader, spend func(bytes, lines int) error) (*bufio.Reader, Format, error) {
	in, err := gunzip(r, spend)
	if err != nil {
		return nil, Format{}, err
	}
	head, err := in.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, Format{}, err
	}
	f, err := all.of(name, head)
	return in, f, err
}

// one reads a file that is one document.
func (all Formats) one(name string, f Format, in io.Reader) (multivac.Telling, error) {
	body, err := io.ReadAll(io.LimitReader(in, multivac.MaxBody+1))
	if err != nil {
		return multivac.Telling{}, err
	}
	t := multivac.Telling{Source: name, MediaType: f.Types[0], Body: body}
	return t, all.check(t)
}

// check returns why t cannot be told, if so.
func (all Formats) check(t multivac.Telling) error {
	if err := t.Validate(); err != nil {
		return err
	}
	return all.Check(t)
}

func gunzip(r io.Reader, spend func(bytes, lines int) error) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	var unpacked io.Reader = in
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, broken(err)
		}
		unpacked = z
	}
	return bufio.NewReaderSize(spending{unpacked, spend}, 64<<10), nil
}

// spending is a reader that says how much is read of it.
type spending struct {
	io.Reader
	spend func(bytes, lines int) error
}

// Read implements io.Reader.
func (s spending) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if over := s.spend(n, 0); over != nil {
		return 0, over
	}
	return n, broken(err)
}

// broken returns the error, which says what to do about it if it is one of gzip.
func broken(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || strings.HasPrefix(err.Error(), "flate: ") {
		return multivac.Errorf(multivac.ErrInvalid, "make or fetch it again", "the gzip file is broken: %v", err)
	}
	return err
}
