// Package jsonl reads JSON Lines, from files and from bodies of HTTP requests:
// it finds the lines, and makes a document of each.
package jsonl

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/strict"
)

// Format is JSON Lines: each line is an object that is a document.
var Format = extract.Format{
	Name: "JSON Lines", Types: []string{"application/jsonl", "application/x-ndjson", "application/ndjson"}, Extensions: []string{".jsonl", ".ndjson"},
	Many: many, Begins: beginsLines,
}

// beginsLines reports whether a file that begins with head is JSON Lines.
func beginsLines(head []byte) bool {
	start, ok := extract.Start(extract.HeadFromUTF16(head))
	if !ok || !bytes.HasPrefix(start, []byte(`{"`)) {
		return false
	}
	return bytes.Contains(start, []byte(`"text"`)) || bytes.Contains(start, []byte(`"content"`)) || bytes.Contains(start, []byte(`"page_content"`))
}

const (
	// MaxLine is the longest line, in bytes: the largest document with each of
	// its bytes escaped, and its other members.
	MaxLine = 2*multivac.MaxBody + 64<<10
	// maxFile is how many bytes a file may have, unpacked.
	maxFile = 4 << 30
	// lineBuffer is how many bytes are read at a time.
	lineBuffer = 32 << 10
)

// many yields a telling for each line of a file. The source of a line is its
// identifier, or else its number in the file; where the file has no name, it has
// none.
func many(ctx context.Context, f extract.File, _ extract.Limits) iter.Seq2[multivac.Telling, error] {
	return func(yield func(multivac.Telling, error) bool) {
		for line, err := range Lines(ctx, f.Reader, &kept{}, f.Lines) {
			t := multivac.Telling{Source: f.Name}
			if err == nil {
				t, err = line.Document()
				if t.Source == "" && f.Name != "" {
					t.Source = f.Name + "#" + strconv.Itoa(line.Number)
				}
				if err == nil {
					err = f.Check(t)
				}
			}
			if err != nil {
				err = fmt.Errorf("%s: %w", at(f.Name, line.Number), err)
			}
			if !yield(t, err) {
				return
			}
		}
	}
}

// at names a line of a file, which may have no name.
func at(file string, line int) string {
	if file == "" {
		return "line " + strconv.Itoa(line)
	}
	return file + ":" + strconv.Itoa(line)
}

// A Buffer holds one long line while it is read.
type Buffer interface {
	Reset()
	Append(ctx context.Context, p []byte) error
	Bytes() []byte
}

// kept is a buffer of its own.
type kept []byte

func (k *kept) Reset()                                   { *k = (*k)[:0] }
func (k *kept) Append(_ context.Context, p []byte) error { *k = append(*k, p...); return nil }
func (k *kept) Bytes() []byte                            { return *k }

// A Line is one of a file, without white space around it.
type Line struct {
	Number int    // from 1; blank lines count
	Bytes  []byte // until the next line is read; none where it is longer than MaxLine
	Size   int    // of the line as it was read, in bytes
	// Encoding is that of the line, where it is not UTF-8 and the encoding could be
	// told. Its bytes are UTF-8 then.
	Encoding string
}

// Lines yields the lines of r that are not blank, in UTF-8 where r is marked as
// UTF-16 or is in another encoding that can be told. Long ones are kept in buffer.
// count is told of each line, and its error ends the reading, as ctx does; the
// last error comes with the number of the line in which it was met.
func Lines(ctx context.Context, r io.Reader, buffer Buffer, count func(n int) error) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		r, _ := extract.UTF16Reader(r)
		in := bufio.NewReaderSize(r, lineBuffer)
		read, foreign := 0, foreign{in: in}
		for n := 1; ; n++ {
			l, err := next(ctx, in, buffer)
			l.Number = n
			if read += l.Size; read > maxFile {
				err = multivac.Errorf(multivac.ErrTooLarge, "split it", "more than %d GiB in one file", maxFile>>30)
			}
			if l.Size > 0 && (err == nil || errors.Is(err, io.EOF)) {
				if over := count(1); over != nil {
					err = over
				}
			}
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Line{Number: n}, err)
				return
			}
			if n == 1 {
				l.Bytes = bytes.TrimPrefix(l.Bytes, []byte(extract.BOM))
			}
			foreign.decode(&l)
			l.Bytes = bytes.TrimSpace(l.Bytes)
			if (len(l.Bytes) > 0 || l.Size > MaxLine) && !yield(l, nil) {
				return
			}
			if err != nil {
				return
			}
		}
	}
}

// next reads a line of any length, but keeps it only within MaxLine. Where it
// fits in what is read at a time, it is not copied.
func next(ctx context.Context, in *bufio.Reader, buffer Buffer) (l Line, err error) {
	buffer.Reset()
	for {
		if err := ctx.Err(); err != nil {
			return Line{}, err
		}
		part, err := in.ReadSlice('\n')
		ended := !errors.Is(err, bufio.ErrBufferFull)
		if l.Size += len(part); ended && l.Size == len(part) {
			l.Bytes = part
			return l, err
		}
		switch {
		case l.Size > MaxLine:
			buffer.Reset()
		default:
			if err := buffer.Append(ctx, part); err != nil {
				return Line{}, err
			}
		}
		if ended {
			l.Bytes = buffer.Bytes()
			return l, err
		}
	}
}

// members are what is read of a line. Others are passed over.
type members struct {
	ID    json.RawMessage `json:"id"`
	Title string          `json:"title"`
	Text  *string         `json:"text"`
	// Other programs call the text so. Values of other kinds by these names
	// are something else.
	Content     json.RawMessage `json:"content"`
	PageContent json.RawMessage `json:"page_content"`
	// These count in bodies of HTTP requests.
	Source     json.RawMessage `json:"source"`
	Collection json.RawMessage `json:"collection"`
	MediaType  json.RawMessage `json:"media_type"`
}

// remedy is how to write a line.
const remedy = `write {"id": "…", "title": "…", "text": "…"} on each line`

// Document returns the document that a line of a file is: its identifier, title
// and text.
func (l Line) Document() (multivac.Telling, error) {
	t, d, err := l.read(func(err error) error {
		return multivac.Errorf(multivac.ErrInvalid, remedy, "not a document in JSON: %s", strict.Reason(err))
	})
	t.MediaType = multivac.Markdown
	if err != nil {
		return t, err
	}
	for _, other := range []json.RawMessage{d.Content, d.PageContent} {
		if err := d.textOf(other); err != nil {
			return t, err
		}
	}
	return d.withText(t)
}

// Telling returns the document that a line told over HTTP is. Besides the
// members of a line of a file, it may name the collection, the source and the
// media type, and content is bytes in base64.
func (l Line) Telling(collection multivac.CollectionName) (multivac.Telling, error) {
	t, d, err := l.read(func(err error) error { return err })
	t.Collection = collection
	if err != nil {
		return t, err
	}
	id := t.Source
	for _, m := range []struct {
		name string
		raw  json.RawMessage
		to   *string
	}{{"source", d.Source, &t.Source}, {"collection", d.Collection, (*string)(&t.Collection)}, {"media_type", d.MediaType, &t.MediaType}} {
		if err := member(m.raw, m.name, m.to); err != nil {
			return t, err
		}
	}
	if id != "" && t.Source != id {
		return t, multivac.Errorf(multivac.ErrInvalid, "send one of them", "source and id are two names for one thing, but differ")
	}
	if err := d.textOf(d.PageContent); err != nil {
		return t, err
	}
	if absent(d.Content) {
		return d.withText(t)
	}
	if d.Text != nil && *d.Text != "" {
		return t, multivac.Errorf(multivac.ErrInvalid, "send one of them", "text and content are both given")
	}
	return t, strict.Unmarshal(d.Content, "content", &t.Body)
}

// read reads a line, and its identifier and title. explain says what is wrong
// with its JSON.
func (l Line) read(explain func(error) error) (t multivac.Telling, d members, err error) {
	if l.Size > MaxLine {
		return t, d, multivac.Errorf(multivac.ErrTooLarge, "split the document", "line of %d bytes is over the limit of %d", l.Size, MaxLine)
	}
	if err := extract.CheckUTF8(l.Bytes); err != nil {
		return t, d, err
	}
	if i := bytes.IndexByte(l.Bytes, 0); i >= 0 {
		return t, d, multivac.Errorf(multivac.ErrInvalid, "save it as UTF-8", "it is not UTF-8: there is a zero byte at offset %d", i)
	}
	if err := strict.UnmarshalKnown(l.Bytes, "a document", &d); err != nil {
		return t, d, explain(err)
	}
	t.Source, err = identifier(d.ID)
	t.Title, t.Encoding = d.Title, l.Encoding
	return t, d, err
}

// textOf takes another member for the text where there is no text and that is
// a string.
func (d *members) textOf(other json.RawMessage) error {
	if d.Text != nil && *d.Text != "" || len(other) == 0 || other[0] != '"' {
		return nil
	}
	return strict.UnmarshalKnown(other, "the text", &d.Text)
}

func (d *members) withText(t multivac.Telling) (multivac.Telling, error) {
	if d.Text == nil {
		return t, multivac.Errorf(multivac.ErrInvalid, remedy, `there is no "text"`)
	}
	t.Body = []byte(*d.Text)
	return t, nil
}

// identifier reads an id, which may be a number.
func identifier(raw json.RawMessage) (string, error) {
	if absent(raw) {
		return "", nil
	}
	if c := raw[0]; c == '-' || c >= '0' && c <= '9' {
		return string(raw), nil
	}
	if raw[0] != '"' {
		return "", multivac.Errorf(multivac.ErrInvalid, remedy, `"id" is neither a string nor a number`)
	}
	var id string
	err := member(raw, "id", &id)
	return id, err
}

// member reads a string into to, if there is one and it is not empty.
func member(raw json.RawMessage, name string, to *string) error {
	var s string
	if absent(raw) {
		return nil
	}
	if err := strict.UnmarshalKnown(raw, name, &s); err != nil {
		return err
	}
	*to = cmp.Or(s, *to)
	return nil
}

func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }
