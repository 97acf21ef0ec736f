package api

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"multivac"
	"multivac/internal/extract/formats"
	"multivac/internal/strict"
)

// readJSON reads a document, an array of documents, or an object with such an
// array. It returns whether the body is one document that holds no others. A single
// document is the most frequent, so it is decoded at once. An object with the member
// "documents" cannot be decoded like this.
func readJSON(ctx context.Context, b []byte, q request) (all items, one bool, err error) {
	if bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("{")) {
		if t, err := decode(b, q.collection); err == nil {
			return just(item{Telling: q.name(t)}), !formats.All.HoldsFiles(t.MediaType), nil
		}
	}
	s := scan{ctx: ctx, b: b, dec: tolerant(b)}
	if err := s.all(); err != nil {
		return nil, false, err
	}
	if s.documents == nil {
		t, err := decode(b, q.collection)
		return just(item{Telling: q.name(t), err: err}), true, nil
	}
	if err := s.around(&q.collection); err != nil {
		return nil, false, err
	}
	return readList(s.documents, q.collection), false, nil
}

// tolerant returns a decoder that only checks the syntax. Other faults of a
// document are found when it is decoded, and only that document is refused.
func tolerant(b []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(b), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// A scan checks the syntax of a whole body and finds the documents in it. It
// needs no memory for the values.
type scan struct {
	ctx context.Context
	b   []byte
	dec *jsontext.Decoder

	documents  []byte // the array of them; nil if there is none
	collection []byte // the value of the member next to them
	again      string // a member that occurs twice
	unknown    string // an unknown member
}

func (s *scan) all() error {
	var err error
	switch s.dec.PeekKind() {
	case '{':
		err = s.object()
	case '[':
		s.documents, err = s.value()
	default:
		_, err = s.value()
	}
	if err != nil {
		return err
	}
	if _, err := s.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return strict.ErrTrailing
	}
	return nil
}

// object reads the members of an object, in any order.
func (s *scan) object() error {
	if _, err := s.dec.ReadToken(); err != nil {
		return strict.Explain(err, "")
	}
	for s.dec.PeekKind() != '}' {
		name, err := s.dec.ReadToken()
		if err != nil {
			return strict.Explain(err, "")
		}
		known := map[string]*[]byte{"documents": &s.documents, "collection": &s.collection}[name.String()]
		if known == nil {
			s.unknown = name.String()
		} else if *known != nil {
			s.again = name.String()
		}
		value, err := s.value()
		if err != nil {
			return err
		}
		if known != nil {
			*known = value
		}
	}
	_, err := s.dec.ReadToken()
	return err
}

// value skips a value and returns its bytes.
func (s *scan) value() ([]byte, error) {
	start, depth := s.dec.InputOffset(), s.dec.StackDepth()
	for n := 1; ; n++ {
		if n%1024 == 0 && s.ctx.Err() != nil {
			return nil, s.ctx.Err()
		}
		if _, err := s.dec.ReadToken(); err != nil {
			return nil, strict.Explain(err, "")
		}
		if s.dec.StackDepth() == depth {
			return bytes.TrimLeft(s.b[start:s.dec.InputOffset()], ",: \t\r\n"), nil
		}
	}
}

// around checks the object around the list, and reads the collection that it
// names.
func (s *scan) around(collection *multivac.CollectionName) error {
	if s.documents[0] != '[' {
		return multivac.Errorf(multivac.ErrInvalid, "see /api/v1/docs", "documents cannot be a JSON %s", strict.KindOf(s.documents))
	}
	if s.again != "" {
		return multivac.Errorf(multivac.ErrInvalid, "leave one of them out", "field %q is there twice", s.again)
	}
	if s.unknown != "" {
		return multivac.Errorf(multivac.ErrInvalid, "use collection and documents", "unknown field %q", multivac.Clip(s.unknown, 40))
	}
	var name string
	if s.collection != nil {
		if err := strict.Unmarshal(s.collection, "collection", &name); err != nil {
			return err
		}
	}
	if name != "" {
		*collection = multivac.CollectionName(name)
	}
	return nil
}

// readList yields the elements of an array whose syntax was checked.
func readList(array []byte, collection multivac.CollectionName) items {
	return func(yield func(item, error) bool) {
		dec := tolerant(array)
		_, err := dec.ReadToken()
		for n := 0; err == nil && dec.PeekKind() != ']'; n++ {
			var element jsontext.Value
			if element, err = dec.ReadValue(); err != nil {
				break
			}
			t, invalid := decode(element, collection)
			if !yield(item{t, place{format: "documents[%d]", number: n}, invalid}, nil) {
				return
			}
		}
		if err != nil {
			yield(item{}, strict.Explain(err, ""))
		}
	}
}
