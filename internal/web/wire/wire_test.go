package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"multivac"
)

// A telling arrives unchanged, with at most twice its length.
func FuzzTelling(f *testing.F) {
	for c := range 256 {
		f.Add([]byte(strings.Repeat(string([]byte{byte(c)}), 300)))
	}
	f.Add([]byte(strings.Repeat("\u2028", 300)))
	f.Add([]byte("<b>&amp;</b> \u00e4\U0001F600\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		want := multivac.Telling{Collection: "c", Source: "s", Title: "t", MediaType: "text/plain", Body: body}
		var line bytes.Buffer
		WriteJSON(&line, NewTelling(want))
		if limit := 2*len(body) + 200; line.Len() > limit {
			t.Errorf("%q: got a line of %d bytes, want at most %d", body, line.Len(), limit)
		}
		if n := bytes.Count(line.Bytes(), []byte("\n")); n != 1 {
			t.Errorf("%q: got %d lines, want 1", body, n)
		}
		var w Telling
		if err := json.Unmarshal(line.Bytes(), &w); err != nil {
			t.Fatal(err)
		}
		got, err := w.Telling("")
		if err != nil || !bytes.Equal(got.Body, body) || got.ID() != want.ID() || got.Hash() != want.Hash() {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	})
}

func TestKinds(t *testing.T) {
	names := map[string]bool{}
	for _, k := range Kinds {
		p := ProblemOf(fmt.Errorf("outer: %w", multivac.Errorf(k.Err(), "remedy", "message")))
		if p.Type != typePrefix+k.Name || p.Status != k.Status || names[k.Name] {
			t.Errorf("%s: got %s %d", k.Name, p.Type, p.Status)
		}
		names[k.Name] = true
		if err := p.Err(); !errors.Is(err, k.Err()) {
			t.Errorf("%s: %v is not %v", k.Name, err, k.Err())
		}
	}
	if p := ProblemOf(errors.New("x")); p.Status != 500 || strings.Contains(p.Detail, "x") {
		t.Errorf("an unknown error: got %+v", p)
	}
	if p := ProblemOf(multivac.ErrNotFound); p.Status != 404 || p.Detail != "not found" {
		t.Errorf("a bare kind: got %+v", p)
	}
	if err := (&Problem{Type: "about:blank", Status: 418, Detail: "tea"}).Err(); err.Error() != "tea" || errors.Is(err, multivac.ErrInvalid) {
		t.Errorf("a stranger's problem: got %v", err)
	}
}

// A place is sent complete, or not at all if it is unknown.
func TestPlaces(t *testing.T) {
	for want, place := range map[string]multivac.Place{
		`"place":{"line":12}`:                    {Line: 12},
		`"place":{"line":2,"page":3}`:            {Page: 3, Line: 2},
		`"place":{"slide":7,"part":"a/b.pptx"}`:  {Slide: 7, Part: "a/b.pptx"},
		`"place":{"line":4,"sheet":"Q1 · list"}`: {Sheet: "Q1 · list", Line: 4},
		`"place":{"time":3723004}`:               {Time: 3723004},
		`"place":{"page":5,"label":"iii"}`:       {Page: 5, Label: "iii"},
		`"end":1}`:                               {},
	} {
		b, err := json.Marshal(NewQuotation(multivac.Quotation{Text: "a", End: 1, Place: place}))
		if err != nil || !strings.Contains(string(b), want) {
			t.Errorf("got %s, %v, want %s in it", b, err, want)
		}
		var w Quotation
		if err := json.Unmarshal(b, &w); err != nil || w.Quotation().Place != place {
			t.Errorf("%s was read as %+v, %v", b, w.Quotation().Place, err)
		}
	}
}
