package extract

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"multivac"
)

// SniffLen is how many bytes of a file say what it is, where its name does not.
const SniffLen = 512

// packings are the media types of packed files, which may be of any format.
var packings = []string{"application/gzip", "application/x-gzip", "application/zstd", "application/x-zstd", "application/x-xz"}

// An Input is a file that is told.
type Input struct {
	// Source names the documents: it is the source of the document that the file
	// is, and begins those of the files in it. Where it is empty, a document is
	// known by its content, and a file that holds others by the hash of its own.
	Source string
	// Name is that of the file, whose extension says how it is read. It may
	// differ from Source.
	Name string
	// MediaType says it instead, if it is not empty; but that of a packed file says
	// no more than how it is packed.
	MediaType  string
	Collection multivac.CollectionName
	Reader     io.Reader
	Limits     Limits
	// Spend, where it is not nil, is told of all bytes and lines as they are read,
	// unpacked, whether they tell something or not, and of the bytes that will unpack
	// of documents that are archives; its error ends the reading.
	Spend Spend
}

// A Spend is told of bytes and lines that are read. Its error ends the reading.
type Spend func(bytes, lines int) error

// fail returns an error that names the file.
func (in Input) fail(err error) error {
	if in.Source == "" {
		return err
	}
	return fmt.Errorf("%s: %w", in.Source, err)
}

// Tellings returns the tellings that a file holds: those of a format with Many,
// and else one. Files packed by gzip, xz or zstd are unpacked. A telling that
// cannot be made is an error that names the file, and the line if it has lines;
// the others follow.
func (all Formats) Tellings(ctx context.Context, in Input) iter.Seq2[multivac.Telling, error] {
	if in.Spend == nil {
		in.Spend = func(int, int) error { return nil }
	}
	return all.tellings(ctx, in, 0)
}

// tellings does what Tellings does, with a file that is so many deep within others.
func (all Formats) tellings(ctx context.Context, in Input, deep int) iter.Seq2[multivac.Telling, error] {
	return func(yield func(multivac.Telling, error) bool) {
		fail := func(err error) { yield(multivac.Telling{Collection: in.Collection, Source: in.Source}, in.fail(err)) }
		r, f, err := all.open(in)
		if err == nil && deep > in.Limits.Within {
			err = MaxDepth.Exceeded("save it as a file", "it is within more than %d files", in.Limits.Within)
		}
		if err != nil {
			fail(err)
			return
		}
		if f.Many == nil {
			t, err := all.one(in.Source, f, r)
			if err == nil {
				err = in.Spend(UnpackedSize(t.Body, in.Limits.Unpacked), 0)
			}
			if err != nil {
				fail(err)
				return
			}
			t.Collection = in.Collection
			yield(t, nil)
			return
		}
		all.many(ctx, in, f, r, deep)(yield)
	}
}

// many returns the tellings of a file of a format with Many.
func (all Formats) many(ctx context.Context, in Input, f Format, r io.Reader, deep int) iter.Seq2[multivac.Telling, error] {
	return func(yield func(multivac.Telling, error) bool) {
		name, err := in.Source, error(nil)
		if name == "" && f.Holds {
			name, r, err = nameless(r, in.Limits.Unpacked)
		}
		if err != nil {
			yield(multivac.Telling{Collection: in.Collection}, err)
			return
		}
		file := File{Name: name, Reader: r, Lines: func(n int) error { return in.Spend(0, n) }, Check: all.check,
			Within: func(name string, r io.Reader, own func(int) error) iter.Seq2[multivac.Telling, error] {
				return all.tellings(ctx, Input{Source: name, Name: name, Collection: in.Collection, Reader: r, Limits: in.Limits, Spend: in.Spend.and(own)}, deep+1)
			}}
		for t, err := range f.Many(ctx, file, in.Limits) {
			if t.Collection = in.Collection; t.Source == name {
				t.Source = in.Source
			}
			if !yield(t, err) {
				return
			}
		}
	}
}

// nameless returns a name for a file that has none, made of its content, and the
// file to be read again. So what is in two such files is never taken for the
// same.
func nameless(r io.Reader, most int64) (string, io.Reader, error) {
	body, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(body)) > most {
		err = MaxUnpacked.Exceeded("give it a source, or unpack it and tell the folder", "it has over %d bytes and no name", most)
	}
	return string(multivac.Telling{Body: body}.ID()), bytes.NewReader(body), err
}

// and returns a Spend that also tells own of the bytes, where it is not nil.
func (s Spend) and(own func(bytes int) error) Spend {
	if own == nil {
		return s
	}
	return func(bytes, lines int) error {
		if err := own(bytes); err != nil {
			return err
		}
		return s(bytes, lines)
	}
}

// UnpackedSize returns how many bytes unpack of a document that is an archive, as
// its directory says: more than that cannot be read of it. It counts no more than
// most, where the reading of a document ends.
func UnpackedSize(body []byte, most int64) int {
	if !bytes.HasPrefix(body, []byte(zipMagic)) {
		return 0
	}
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return 0 // it is refused when its text is read
	}
	sum := int64(0)
	for _, f := range z.File {
		sum += int64(min(f.UncompressedSize64, uint64(most)))
	}
	return int(min(sum, most))
}

// open unpacks a file, and finds out what it is.
func (all Formats) open(in Input) (*bufio.Reader, Format, error) {
	r, err := unpack(in.Reader, in.Spend)
	if err != nil {
		return nil, Format{}, err
	}
	head, err := r.Peek(SniffLen)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, Format{}, err
	}
	f, err := all.format(in.Name, in.MediaType, head)
	return r, f, err
}

// format returns the format of a file, which begins with head.
func (all Formats) format(name, mediaType string, head []byte) (Format, error) {
	t := withoutParameters(mediaType)
	switch f, ok := all.byType(t); {
	case ok:
		return f, nil
	case slices.Contains(packings, t):
		if !all.Known(name) {
			name = ""
		}
	case t != "":
		return Format{}, all.unknown(t)
	}
	return all.of(name, head)
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

// How packed files begin.
const (
	gzipMagic = "\x1f\x8b"
	zstdMagic = "\x28\xb5\x2f\xfd"
	xzMagic   = "\xfd7zXZ\x00"
	zipMagic  = "PK\x03\x04" // of archives, and of documents that are such
)

// Unpacks reports whether a file that begins with head may make more bytes, or more
// documents, than it has: it is packed, or holds other files.
func (all Formats) Unpacks(name, mediaType string, head []byte) bool {
	if slices.ContainsFunc([]string{gzipMagic, zstdMagic, xzMagic, zipMagic}, func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }) {
		return true
	}
	f, err := all.format(name, mediaType, head)
	return err == nil && f.Holds
}

// unpack unpacks r where it is packed, as its first bytes say.
func unpack(r io.Reader, spend Spend) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	var unpacked io.Reader = in
	var err error
	switch magic, _ := in.Peek(len(xzMagic)); {
	case bytes.HasPrefix(magic, []byte(gzipMagic)):
		unpacked, err = gzip.NewReader(in)
	case bytes.HasPrefix(magic, []byte(zstdMagic)):
		unpacked, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxWindow), zstd.WithDecoderMaxWindow(maxWindow))
	case bytes.HasPrefix(magic, []byte(xzMagic)):
		unpacked, err = xz.ReaderConfig{DictCap: maxWindow}.NewReader(in)
	}
	if err != nil {
		return nil, broken(err)
	}
	return bufio.NewReaderSize(spending{unpacked, spend}, 64<<10), nil
}

// maxWindow bounds the memory in which a packed file is unpacked, in bytes.
const maxWindow = 64 << 20

// spending is a reader that says how much is read of it.
type spending struct {
	io.Reader
	spend Spend
}

// Read implements io.Reader.
func (s spending) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if over := s.spend(n, 0); over != nil {
		return 0, over
	}
	return n, broken(err)
}

// broken returns the error, which says what to do about it if it is one of what is
// packed.
func broken(err error) error {
	var known *multivac.Error
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.As(err, &known):
		return err
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, zstd.ErrMagicMismatch),
		errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrCRCMismatch),
		slices.ContainsFunc([]string{"flate: ", "xz: ", "lzma: ", "corrupt"}, func(t string) bool { return strings.Contains(err.Error(), t) }):
		return multivac.Errorf(multivac.ErrInvalid, "make or fetch it again", "the packed file is broken: %v", err)
	}
	return err
}
