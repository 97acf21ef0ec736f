package parts_test

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/extract/parts"
)

func archive(t *testing.T, files ...string) []byte { return []byte(extracttest.Zip(t, files...)) }

func TestParts(t *testing.T) {
	a, err := parts.Open(archive(t, "Word/document.xml", "<a/>", "word/_rels/document.xml.rels",
		`<Relationships><Relationship Id="n1" Type="http://x/relationships/footnotes" Target="notes.xml"/>`+
			`<Relationship Id="n2" Type="http://x/relationships/hyperlink" Target="http://example.org/" TargetMode="External"/>`+
			`<Relationship Id="n3" Type="http://x/relationships/image" Target="/media/1.png"/></Relationships>`), extract.Default)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := a.Bytes("word/document.xml"); err != nil || string(b) != "<a/>" {
		t.Errorf("got %q, %v", b, err)
	}
	if _, err := a.Bytes("word/none.xml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a part that is missing: got %v", err)
	}
	to, err := a.References("word/document.xml")
	want := map[string]parts.Reference{
		"n1": {Kind: "footnotes", Target: "word/notes.xml"},
		"n2": {Kind: "hyperlink", Target: "http://example.org/", Outside: true},
		"n3": {Kind: "image", Target: "media/1.png"},
	}
	if err != nil || len(to) != len(want) {
		t.Fatalf("got %v, %v", to, err)
	}
	for id, w := range want {
		if to[id] != w {
			t.Errorf("%s: got %v, want %v", id, to[id], w)
		}
	}
}

// What cannot be read says what to do.
func TestPartsThatCannotBeRead(t *testing.T) {
	good := archive(t, "a.xml", strings.Repeat("text ", 1000))
	locked := bytes.Clone(good)
	at := bytes.Index(locked, []byte("PK\x01\x02"))
	locked[at+8] |= 1
	for name, body := range map[string][]byte{
		"make or fetch it again":                        good[:len(good)/2],
		"save it without one":                           locked,
		"save it without a password, and in the format": append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 512)...),
	} {
		if _, err := parts.Open(body, extract.Default); !errors.Is(err, multivac.ErrInvalid) || !hasRemedy(err, name) {
			t.Errorf("got %v, want ErrInvalid and %q", err, name)
		}
	}
}

func TestPartsAreBounded(t *testing.T) {
	a, err := parts.Open(archive(t, "a.xml", strings.Repeat("x", 1<<20), "b.xml", "y"), extract.Limits{Unpacked: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := a.Bytes("a.xml"); err != nil || len(b) != 1<<20 {
		t.Errorf("got %d bytes, %v", len(b), err)
	}
	if _, err := a.Bytes("b.xml"); !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

func hasRemedy(err error, want string) bool {
	var e *multivac.Error
	return errors.As(err, &e) && strings.Contains(e.Remedy, want)
}
