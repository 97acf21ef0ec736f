package api

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/extract/jsonl"
	"multivac/internal/strict"
	"multivac/internal/web/bodies"
	"multivac/internal/web/wire"
)

const (
	maxLines = 1 << 20  // lines of a request, including blank ones
	maxField = 64 << 10 // bytes of a form field that is not a file
	large    = 1 << 20  // bytes of a body from which on only a few are turned into documents at a time
)

// Media types of bodies that are not one document.
const (
	typeJSON  = "application/json"
	typeLines = "application/x-ndjson" // the usual one of several for JSON Lines
	typeForm  = "multipart/form-data"
)

// documentTypes are the media types of a body that is one document.
var documentTypes = formats.All.Documents()

// holdingTypes are those of a file that holds others.
var holdingTypes = formats.All.Holding()

// An item is a telling, or the reason why it could not be read.
type item struct {
	multivac.Telling
	where place
	err   error
}

// A place is the place of a document in a request.
type place struct {
	file   string // its name, if the document is in a file
	format string // otherwise, the format of the number
	number int
}

func (p place) String() string {
	if p.format == "" {
		return p.file
	}
	return fmt.Sprintf(p.format, p.number)
}

// items end with an error if the rest was not read.
type items = iter.Seq2[item, error]

// A request is a POST /documents without its body.
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

// read returns the tellings of a body, and whether the body has the form of one
// document. JSON and forms are checked as a whole before any of it is told;
// JSON Lines are told as they come. hold holds the memory of the body.
func (s *server) read(r *http.Request, q request, hold *bodies.Hold) (all items, one bool, err error) {
	ctx := r.Context()
	mediaType, params, err := contentType(r.Header)
	if err != nil {
		return nil, false, err
	}
	switch {
	case mediaType == typeJSON:
		b, err := whole(hold, r, bodies.Most+1)
		if err != nil {
			return nil, false, err
		}
		all, one, err := readJSON(ctx, b, q)
		if err != nil {
			return nil, false, err
		}
		return s.within(ctx, all, hold), one, nil
	case slices.Contains(jsonl.Format.Types, mediaType):
		return s.readLines(ctx, hold, r.Body, q.collection), false, nil
	case mediaType == typeForm:
		b, err := whole(hold, r, bodies.Most+1)
		if err != nil {
			return nil, false, err
		}
		all, err := s.readForm(ctx, form{b, params["boundary"]}, q, hold)
		return all, false, err
	case s.Files != nil && formats.All.HoldsFiles(mediaType):
		b, err := whole(hold, r, bodies.Most+1)
		if err != nil {
			return nil, false, err
		}
		t := multivac.Telling{Collection: q.collection, Source: q.source, Title: q.title, MediaType: mediaType, Body: b}
		return s.within(ctx, just(item{Telling: t}), hold), false, nil
	case slices.Contains(documentTypes, mediaType):
		b, err := whole(hold, r, multivac.MaxBody+1)
		if err != nil {
			return nil, false, err
		}
		t := multivac.Telling{Collection: q.collection, Source: q.source, Title: q.title, MediaType: mediaType, Body: hold.Take(b)}
		return just(item{Telling: t}), true, nil
	}
	return nil, false, multivac.Errorf(wire.ErrMediaType,
		"use "+extract.List(append([]string{typeJSON, typeLines, typeForm}, append(formats.All.Usual(), holdingTypes...)...), "or"),
		"Content-Type %q is none that documents are told in", multivac.Clip(mediaType, 80))
}

// whole reads a body as a whole, at most most bytes. A large body then has to
// wait for its turn.
func whole(hold *bodies.Hold, r *http.Request, most int) ([]byte, error) {
	b, err := hold.Read(r, most)
	if err != nil {
		return nil, wire.BodyError(err)
	}
	if len(b) > large {
		err = hold.Unpack(r.Context())
	}
	return b, err
}

func contentType(header http.Header) (mediaType string, params map[string]string, err error) {
	if encoding := header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return "", nil, multivac.Errorf(wire.ErrMediaType, "send the body as it is, or a gzip file as multipart/form-data",
			"Content-Encoding %q is not read", multivac.Clip(encoding, 40))
	}
	given := header.Get("Content-Type")
	if given == "" {
		return typeJSON, nil, nil
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

// name sets the fields of t that the request names and t does not.
func (q request) name(t multivac.Telling) multivac.Telling {
	t.Source, t.Title = cmp.Or(t.Source, q.source), cmp.Or(t.Title, q.title)
	return t
}

// readLines reads JSON Lines. A line that cannot be read is named and left out.
func (s *server) readLines(ctx context.Context, hold *bodies.Hold, r io.Reader, collection multivac.CollectionName) items {
	budget := &budget{ctx: ctx, limits: s.Limits}
	count := func(n int) error { return budget.spend(0, n) }
	return func(yield func(item, error) bool) {
		for line, err := range jsonl.Lines(ctx, r, hold, count) {
			if err != nil {
				yield(item{}, wire.BodyError(err))
				return
			}
			i := item{where: place{format: "line %d", number: line.Number}}
			i.Telling, i.err = line.Telling(collection)
			if !yield(i, nil) {
				return
			}
		}
	}
}

var (
	errLong  = multivac.Errorf(multivac.ErrTooLarge, "split the document", "document is over the limit of %d bytes of JSON", jsonl.MaxLine)
	errLines = multivac.Errorf(multivac.ErrTooLarge, "send the rest in other requests, without blank lines", "request is over the limit of %d lines", maxLines)
)

func decode(b []byte, collection multivac.CollectionName) (multivac.Telling, error) {
	if len(b) > jsonl.MaxLine {
		return multivac.Telling{}, errLong
	}
	var w wire.Telling
	if err := strict.Unmarshal(b, "a document", &w); err != nil {
		return multivac.Telling{Source: w.Source}, err
	}
	return w.Telling(collection)
}
