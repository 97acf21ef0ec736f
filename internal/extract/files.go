package extract

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"

	"multivac"
	"multivac/internal/strict"
)

// maxLines is how many bytes of JSON Lines one file may hold when gunzipped;
// maxLine is the longest line: a document and what JSON needs to quote it.
const (
	maxLines = 4 << 30
	maxLine  = 2*multivac.MaxBody + 4096
)

// Files returns the tellings that the file r holds: one for each line of JSON
// Lines, whose source is the line's id, and else one, whose source is name.
// Gzipped files are gunzipped. A telling that cannot be made is an error that
// names the file, and the line if it has lines, and does not end the others.
//
// spend, where it is not nil, is told of all bytes and lines as they are read,
// gunzipped, whether they tell something or not; its error ends the reading.
func Files(name string, r io.Reader, collection multivac.CollectionName, spend func(bytes, lines int) error) iter.Seq2[multivac.Telling, error] {
	if spend == nil {
		spend = func(int, int) error { return nil }
	}
	return func(yield func(multivac.Telling, error) bool) {
		fail := func(err error) {
			yield(multivac.Telling{Collection: collection, Source: name}, fmt.Errorf("%s: %w", name, err))
		}
		in, err := gunzip(r, spend)
		if err != nil {
			fail(err)
			return
		}
		head, err := in.Peek(sniffed)
		if err != nil && !errors.Is(err, io.EOF) {
			fail(broken(err))
			return
		}
		mediaType, err := MediaType(name, head)
		if err != nil {
			fail(err)
			return
		}
		if mediaType == jsonLines {
			readLines(name, in, collection, spend, yield)
			return
		}
		body, err := io.ReadAll(io.LimitReader(in, multivac.MaxBody+1))
		if err != nil {
			fail(broken(err))
			return
		}
		t := multivac.Telling{Collection: collection, Source: name, MediaType: mediaType, Body: body}
		if err := t.Validate(); err != nil {
			fail(err)
			return
		}
		if err := Check(t); err != nil {
			fail(err)
			return
		}
		yield(t, nil)
	}
}

// sniffed is how many bytes the type of a file is told by.
const sniffed = 512

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
	return n, err
}

// broken says of an error in reading what to do about it, if it is one of gzip.
func broken(err error) error {
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || strings.HasPrefix(err.Error(), "flate: ") {
		return multivac.Errorf(multivac.ErrInvalid, "make or fetch it again", "the gzip file is broken: %v", err)
	}
	return err
}

// readLines yields a telling for each line of in that is not blank.
func readLines(name string, in *bufio.Reader, collection multivac.CollectionName, spend func(bytes, lines int) error, yield func(multivac.Telling, error) bool) {
	var buf []byte
	read := 0
	for n := 1; ; n++ {
		line, size, err := readLine(in, buf[:0])
		buf = line
		if read += size; read > maxLines {
			err = multivac.Errorf(multivac.ErrTooLarge, "split it", "more than %d GiB in one file", maxLines>>30)
		}
		if over := spend(0, 1); over != nil {
			err = over
		}
		if err != nil && !errors.Is(err, io.EOF) {
			yield(multivac.Telling{Collection: collection, Source: name}, fmt.Errorf("%s:%d: %w", name, n, broken(err)))
			return
		}
		last := err != nil
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte(bom))
		}
		if len(bytes.TrimSpace(line)) > 0 {
			t, err := parseLine(line, size)
			t.Collection, t.MediaType = collection, multivac.Markdown
			if t.Source == "" {
				t.Source = name + "#" + strconv.Itoa(n)
			}
			if err == nil {
				err = t.Validate()
			}
			if err == nil {
				err = Check(t)
			}
			if err != nil {
				err = fmt.Errorf("%s:%d: %w", name, n, err)
			}
			if !yield(t, err) {
				return
			}
		}
		if last {
			return
		}
	}
}

// readLine reads a line into buf, as much of it as a line may hold, and
// returns how many bytes it has.
func readLine(in *bufio.Reader, buf []byte) (line []byte, size int, err error) {
	for {
		part, err := in.ReadSlice('\n')
		size += len(part)
		if len(buf) <= maxLine {
			buf = append(buf, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return buf, size, err
		}
	}
}

// parseLine returns the telling that a line of JSON Lines is.
func parseLine(line []byte, size int) (multivac.Telling, error) {
	if size > maxLine {
		return multivac.Telling{}, multivac.Errorf(multivac.ErrTooLarge, "split the document", "line of %d bytes is over the limit of %d", size, maxLine)
	}
	if !utf8.Valid(line) {
		return multivac.Telling{}, checkBytes(line)
	}
	var d struct {
		ID    json.RawMessage `json:"id"`
		Title string          `json:"title"`
		Text  *string         `json:"text"`
		// Other programs call the text so; other values by these names are theirs.
		Content     json.RawMessage `json:"content"`
		PageContent json.RawMessage `json:"page_content"`
	}
	const remedy = `write {"id": "…", "title": "…", "text": "…"} on each line`
	if err := strict.UnmarshalKnown(line, "the line", &d); err != nil {
		return multivac.Telling{}, multivac.Errorf(multivac.ErrInvalid, remedy, "not a document in JSON: %s", strict.Reason(err))
	}
	id, err := identifier(d.ID)
	if err != nil {
		return multivac.Telling{}, multivac.Errorf(multivac.ErrInvalid, remedy, "%s", strict.Reason(err))
	}
	t := multivac.Telling{Source: id, Title: d.Title}
	for _, other := range []json.RawMessage{d.Content, d.PageContent} {
		if (d.Text == nil || *d.Text == "") && len(other) > 0 && other[0] == '"' {
			if err := json.Unmarshal(other, &d.Text); err != nil {
				return t, err
			}
		}
	}
	if d.Text == nil {
		return t, multivac.Errorf(multivac.ErrInvalid, remedy, `there is no "text"`)
	}
	t.Body = []byte(*d.Text)
	return t, nil
}

// identifier reads an id, which may be a number.
func identifier(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	var s string
	if raw[0] == '"' {
		err := strict.UnmarshalKnown(raw, "id", &s)
		return s, err
	}
	if c := raw[0]; c == '-' || c >= '0' && c <= '9' {
		return string(raw), nil
	}
	return "", fmt.Errorf(`"id" is neither a string nor a number`)
}
