package api

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"multivac"
	"multivac/internal/web/wire"
)

// maxLine is the longest line of JSON Lines, in bytes: the largest document
// with each byte escaped, and its other members.
const maxLine = 2*multivac.MaxBody + 64<<10

// maxField is the longest form field that is no file, in bytes.
const maxField = 64 << 10

// texts are the media types of a body that is one document.
var texts = map[string]bool{multivac.Plain: true, multivac.Markdown: true, multivac.HTML: true, multivac.CSV: true}

// An item is a telling that was read, or why it cannot be told.
type item struct {
	multivac.Telling
	where string // "documents[3]", "line 7", the name of a file
	err   error
}

// items end with the error that left the rest unread.
type items = iter.Seq2[item, error]

// A request is what POST /documents says beside its body.
type request struct {
	collection    multivac.CollectionName
	source, title string
	wait          bool
}

func parseQuery(query url.Values) (request, error) {
	for name := range query {
		if !slices.Contains([]string{"collection", "source", "title", "wait"}, name) {
			return request{}, multivac.Errorf(multivac.ErrInvalid, "use collection, source, title or wait", "unknown query parameter %q", multivac.Clip(name, 40))
		}
	}
	q := request{collection: multivac.CollectionName(query.Get("collection")), source: query.Get("source"), title: query.Get("title")}
	switch wait := query.Get("wait"); wait {
	case "", "stored":
	case "indexed":
		q.wait = true
	default:
		return q, multivac.Errorf(multivac.ErrInvalid, "use stored or indexed", "unknown wait %q", multivac.Clip(wait, 40))
	}
	return q, nil
}

// read returns what a body tells, and whether that is one document by its
// form. JSON is checked as a whole before any of it is told; JSON Lines are
// told as they come.
func (s *server) read(header http.Header, r io.Reader, q request) (all items, one bool, err error) {
	mediaType, params, err := contentType(header)
	if err != nil {
		return nil, false, err
	}
	switch {
	case mediaType == "application/json":
		b, err := io.ReadAll(r)
		if err != nil {
			return nil, false, wire.BodyError(err)
		}
		return readJSON(b, q)
	case mediaType == "application/x-ndjson", mediaType == "application/ndjson", mediaType == "application/jsonl":
		return readLines(r, q.collection), false, nil
	case mediaType == "multipart/form-data":
		all, err := s.readForm(multipart.NewReader(r, params["boundary"]), q)
		return all, false, err
	case texts[mediaType]:
		b, err := io.ReadAll(io.LimitReader(r, multivac.MaxBody+1))
		if err != nil {
			return nil, false, wire.BodyError(err)
		}
		t := multivac.Telling{Collection: q.collection, Source: q.source, Title: q.title, MediaType: mediaType, Body: b}
		return just(item{Telling: t}), true, nil
	}
	return nil, false, multivac.Errorf(wire.ErrMediaType,
		"use application/json, application/x-ndjson, multipart/form-data, text/markdown, text/plain, text/html or text/csv",
		"Content-Type %q is none that documents are told in", multivac.Clip(mediaType, 80))
}

func contentType(header http.Header) (mediaType string, params map[string]string, err error) {
	if encoding := header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return "", nil, multivac.Errorf(wire.ErrMediaType, "send the body as it is, or a gzip file as multipart/form-data",
			"Content-Encoding %q is not read", multivac.Clip(encoding, 40))
	}
	given := header.Get("Content-Type")
	if given == "" {
		return "application/json", nil, nil
	}
	mediaType, params, err = mime.ParseMediaType(given)
	if err != nil {
		return "", nil, multivac.Errorf(multivac.ErrInvalid, "write it as in application/json", "Content-Type %q cannot be read", multivac.Clip(given, 80))
	}
	switch charset := strings.ToLower(params["charset"]); charset {
	case "", "utf-8", "utf8", "us-ascii":
	default:
		return "", nil, multivac.Errorf(wire.ErrMediaType, "convert it to UTF-8", "charset %q is not read", multivac.Clip(charset, 40))
	}
	return mediaType, params, nil
}

func just(i item) items {
	return func(yield func(item, error) bool) { yield(i, nil) }
}

// readJSON reads an object, an array of them, or an array in an object. A
// document by itself, the most frequent, is read in one go: had it other
// members, "documents" among them, it would not decode.
func readJSON(b []byte, q request) (all items, one bool, err error) {
	object := bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("{"))
	if object {
		if t, err := decode(b, q.collection); err == nil {
			return just(item{Telling: q.name(t)}), true, nil
		}
	}
	var list struct {
		Collection string            `json:"collection"`
		Documents  []json.RawMessage `json:"documents"`
	}
	if !object {
		switch err := json.Unmarshal(b, &list.Documents); {
		case err == nil && list.Documents != nil:
			return readList(list.Documents, q.collection), false, nil
		case isSyntax(err):
			return nil, false, jsonError(err)
		}
	}
	var typed *json.UnmarshalTypeError
	if err := json.Unmarshal(b, &list); isSyntax(err) || errors.As(err, &typed) && typed.Field == "documents" {
		return nil, false, jsonError(err)
	}
	if list.Documents == nil {
		t, err := decode(b, q.collection)
		if err == nil {
			t = q.name(t)
		}
		return just(item{Telling: t, err: err}), true, nil
	}
	if err := strict(b, &list); err != nil {
		return nil, false, err
	}
	if list.Collection != "" {
		q.collection = multivac.CollectionName(list.Collection)
	}
	return readList(list.Documents, q.collection), false, nil
}

// name gives t what the request says of it, where t does not.
func (q request) name(t multivac.Telling) multivac.Telling {
	t.Source, t.Title = cmp.Or(t.Source, q.source), cmp.Or(t.Title, q.title)
	return t
}

func readList(documents []json.RawMessage, collection multivac.CollectionName) items {
	return func(yield func(item, error) bool) {
		for n, b := range documents {
			t, err := decode(b, collection)
			if !yield(item{t, fmt.Sprintf("documents[%d]", n), err}, nil) {
				return
			}
		}
	}
}

// readLines reads JSON Lines. A line that cannot be read is named and left out.
func readLines(r io.Reader, collection multivac.CollectionName) items {
	return func(yield func(item, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		for n := 1; ; n++ {
			line, long, err := readLine(in)
			if err != nil && err != io.EOF {
				yield(item{}, wire.BodyError(err))
				return
			}
			i := item{where: fmt.Sprintf("line %d", n)}
			if long {
				i.err = multivac.Errorf(multivac.ErrTooLarge, "split the document", "line is over the limit of %d bytes", maxLine)
			} else if line = bytes.TrimSpace(line); len(line) > 0 {
				i.Telling, i.err = decode(line, collection)
			}
			if (long || len(line) > 0) && !yield(i, nil) {
				return
			}
			if err == io.EOF {
				return
			}
		}
	}
}

// readLine reads a line whatever its length, but keeps it only within maxLine.
func readLine(in *bufio.Reader) (line []byte, long bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if !long {
			line = append(line, part...)
		}
		if len(line) > maxLine {
			line, long = nil, true
		}
		if err != bufio.ErrBufferFull {
			return line, long, err
		}
	}
}

func decode(b []byte, collection multivac.CollectionName) (multivac.Telling, error) {
	var w wire.Telling
	if err := strict(b, &w); err != nil {
		return multivac.Telling{Source: w.Source}, err
	}
	return w.Telling(collection)
}

// strict reads exactly one JSON value that has no members but v's.
func strict(b []byte, v any) error {
	if !utf8.Valid(b) {
		return multivac.Errorf(multivac.ErrInvalid, "send UTF-8, or the document's bytes as content in base64", "JSON is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return jsonError(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return multivac.Errorf(multivac.ErrInvalid, "send one value, or many as application/x-ndjson, one a line", "something follows the JSON value")
	}
	return nil
}

func isSyntax(err error) bool {
	var syntax *json.SyntaxError
	return errors.As(err, &syntax)
}

func jsonError(err error) error {
	var (
		syntax *json.SyntaxError
		typed  *json.UnmarshalTypeError
		base   base64.CorruptInputError
	)
	switch {
	case errors.As(err, &syntax):
		return multivac.Errorf(multivac.ErrInvalid, "correct it", "JSON cannot be read after byte %d: %v", syntax.Offset, err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return multivac.Errorf(multivac.ErrInvalid, "send all of it", "JSON ends early")
	case errors.As(err, &base):
		return multivac.Errorf(multivac.ErrInvalid, "encode the document's bytes in base64, or send text", "content is not base64")
	case errors.As(err, &typed):
		name := typed.Field
		if name == "" {
			name = "a document"
		}
		return multivac.Errorf(multivac.ErrInvalid, "see /api/v1/docs", "%s cannot be a JSON %s", name, typed.Value)
	}
	message := strings.TrimPrefix(err.Error(), "json: ")
	return multivac.Errorf(multivac.ErrInvalid, "use collection, source, title, text, media_type and content", "%s", multivac.Clip(message, 120))
}

// A file is one that a form uploads.
type file struct {
	name, mediaType string
	body            []byte
}

// readForm reads the whole form first, for fields may follow the files that
// they are about.
func (s *server) readForm(form *multipart.Reader, q request) (items, error) {
	fields := map[string]*string{"collection": (*string)(&q.collection), "source": &q.source, "title": &q.title}
	var files []file
	for {
		part, err := form.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, formError(err)
		}
		_, disposition, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		if name, ok := disposition["filename"]; ok {
			b, err := io.ReadAll(part)
			if err != nil {
				return nil, formError(err)
			}
			mediaType, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
			files = append(files, file{name, mediaType, b})
			continue
		}
		field, ok := fields[part.FormName()]
		if !ok {
			return nil, multivac.Errorf(multivac.ErrInvalid, "send files with their filename, and beside them only collection, source and title",
				"form field %q is unknown", multivac.Clip(part.FormName(), 40))
		}
		b, err := io.ReadAll(io.LimitReader(part, maxField))
		if err != nil {
			return nil, formError(err)
		}
		*field = string(b)
	}
	if len(files) > 1 && (q.source != "" || q.title != "") {
		return nil, multivac.Errorf(multivac.ErrInvalid, "send the files one by one, or leave source and title out", "source and title are for one file, but there are %d", len(files))
	}
	return func(yield func(item, error) bool) {
		for _, f := range files {
			for i := range s.open(f, q) {
				if !yield(i, nil) {
					return
				}
			}
		}
	}, nil
}

func formError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) || errors.Is(err, os.ErrDeadlineExceeded) || !strings.HasPrefix(err.Error(), "multipart:") {
		return wire.BodyError(err)
	}
	return multivac.Errorf(multivac.ErrInvalid, "send a form as curl -F file=@notes.md does", "form cannot be read: %s", multivac.Clip(err.Error(), 120))
}

// open returns the documents of a file. What it is, its name says, but for a
// media type that is more than a browser's guess.
func (s *server) open(f file, q request) iter.Seq[item] {
	source := f.name
	if q.source != "" {
		source = q.source
	}
	named := texts[f.mediaType] && (f.mediaType != multivac.Plain || path.Ext(f.name) == "")
	return func(yield func(item) bool) {
		if named || s.Files == nil {
			t := multivac.Telling{Collection: q.collection, Source: source, Title: q.title, MediaType: f.mediaType, Body: f.body}
			if !named {
				t.MediaType = multivac.Markdown
			}
			yield(item{Telling: t, where: f.name})
			return
		}
		for t, err := range s.Files(f.name, bytes.NewReader(f.body), q.collection) {
			if t.Source == f.name || (err != nil && t.Source == "") {
				t.Source = source
			}
			if t.Source == source && t.Title == "" {
				t.Title = q.title
			}
			if !yield(item{t, f.name, err}) {
				return
			}
		}
	}
}
