package extract_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	ja "golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/extract/formats"
	"multivac/internal/extract/jsonl"
)

func gzipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.String()
}

// tellings returns what Files yields, a line each.
func tellings(t *testing.T, name, in string) (got []string) {
	for told, err := range formats.All.Tellings(t.Context(), extract.Input{Source: name, Name: name, Reader: strings.NewReader(in), Collection: "c", Limits: extract.Default}) {
		if err != nil {
			got = append(got, "error: "+err.Error())
			continue
		}
		got = append(got, fmt.Sprintf("%s %s %q %q %q", told.Collection, told.MediaType, told.Source, told.Title, told.Body))
	}
	return got
}

func TestFiles(t *testing.T) {
	f := func(name, in string, want ...string) {
		t.Helper()
		got := tellings(t, name, in)
		for i := range got { // errors are compared by how they begin
			if i < len(want) && strings.HasPrefix(want[i], "error: ") && strings.HasPrefix(got[i], want[i]) {
				got[i] = want[i]
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s %q (-want +got)\n%s", name, in, d)
		}
	}
	f("d/a.md", "# A\n", `c text/markdown "d/a.md" "" "# A\n"`)
	f("a.html.gz", gzipped("<p>x"), `c text/html "a.html.gz" "" "<p>x"`)
	f("README", "Hi", `c text/markdown "README" "" "Hi"`)
	f("README.gz", gzipped("Hi"), `c text/markdown "README.gz" "" "Hi"`)
	f("a.csv", "a,b", `c text/csv "a.csv" "" "a,b"`)

	f("a.jsonl", "\ufeff{\"id\":\"x\",\"title\":\"T\",\"text\":\"One\"}\n\n{\"text\":\"Two\",\"more\":[1]}\r\n{\"id\":7,\"text\":\"Three\"}",
		`c text/markdown "x" "T" "One"`, `c text/markdown "a.jsonl#3" "" "Two"`, `c text/markdown "7" "" "Three"`)
	f("a.jsonl", "{\"page_content\":\"One\",\"metadata\":{\"source\":\"x\"}}\n{\"id\":\"y\",\"content\":\"Two\"}\n{\"text\":\"Three\",\"content\":[1],\"page_content\":\"no\"}\n{\"text\":\"\",\"content\":\"Four\"}\n{\"content\":{\"a\":\"b\"}}",
		`c text/markdown "a.jsonl#1" "" "One"`, `c text/markdown "y" "" "Two"`, `c text/markdown "a.jsonl#3" "" "Three"`, `c text/markdown "a.jsonl#4" "" "Four"`,
		`error: a.jsonl:5: there is no "text"`)
	f("lines", `{"page_content":"One"}`, `c text/markdown "lines#1" "" "One"`)
	f("lines", `{"id":1,"content":"One"}`, `c text/markdown "1" "" "One"`)
	f("a.ndjson.gz", gzipped(`{"text":"x"}`), `c text/markdown "a.ndjson.gz#1" "" "x"`)
	f("a.jsonl", "{\"id\":\"x\"}\n[1]\n{\"text\":\"\"}\n{\"id\":[],\"text\":\"y\"}\n{\"text\":\"caf\xe9\"}\n{\"text\":3}\n{\"text\":\"ok\"}",
		`error: a.jsonl:1: there is no "text"; write {"id"`,
		`error: a.jsonl:2: not a document in JSON`,
		`error: a.jsonl:3: document is empty`,
		`error: a.jsonl:4: "id" is neither`,
		`error: a.jsonl:5: it is not UTF-8: byte 0xe9`,
		`error: a.jsonl:6: not a document in JSON`,
		`c text/markdown "a.jsonl#7" "" "ok"`)

	f("a.md", "", "error: a.md: document is empty")
	f("a.go", "package a", "error: a.go: .go is not a kind of document I can read; tell .md")
	f("a", "\x7fELF\x00", "error: a: a is not a kind of document I can read: it is not text")
	f("a.txt", "caf\xe9", "error: a.txt: it is not UTF-8")
	f("a.md.gz", gzipped(strings.Repeat("a long text ", 100))[:30], "error: a.md.gz: the packed file is broken")
	f("a.md.gz", "\x1f\x8bxxxxxxxxxxxx", "error: a.md.gz: the packed file is broken")
	f("a.jsonl.gz", gzipped("{\"text\":\"x\"}\n" + strings.Repeat("{\"text\":\"y\"}\n", 9))[:40], "error: a.jsonl.gz")
}

// repeat reads b over and over, n bytes in all.
func repeat(b byte, n int64) io.Reader {
	return io.LimitReader(readerFunc(func(p []byte) (int, error) {
		for i := range p {
			p[i] = b
		}
		return len(p), nil
	}), n)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestFilesTooLarge(t *testing.T) {
	n := 0
	for _, err := range extracttest.Tellings(t.Context(), formats.All, "a.md", repeat('x', 1<<40)) {
		if n++; !errors.Is(err, multivac.ErrTooLarge) {
			t.Errorf("got %v, want ErrTooLarge", err)
		}
	}
	long := io.MultiReader(repeat('x', jsonl.MaxLine+1), strings.NewReader("\n{\"text\":\"after\"}\n"))
	for got, err := range extracttest.Tellings(t.Context(), formats.All, "a.jsonl", long) {
		switch n++; n {
		case 2:
			if !errors.Is(err, multivac.ErrTooLarge) || !strings.HasPrefix(err.Error(), "a.jsonl:1: ") {
				t.Errorf("got %.100v, want ErrTooLarge of line 1", err)
			}
		case 3:
			if string(got.Body) != "after" || err != nil {
				t.Errorf("got %q, %v, want the line after the long one", got.Body, err)
			}
		}
	}
	if n != 3 {
		t.Errorf("got %d tellings and errors, want 3", n)
	}
}

func TestFilesStops(t *testing.T) {
	for _, err := range extracttest.Tellings(t.Context(), formats.All, "a.jsonl", strings.NewReader("{\"text\":\"x\"}\n{\"text\":\"y\"}\n")) {
		if err != nil {
			t.Error(err)
		}
		break // and not yield again, which would panic
	}
}

func FuzzFiles(f *testing.F) {
	f.Add("a.jsonl", []byte("{\"id\":1,\"title\":\"t\",\"text\":\"x\"}\n{\"\n"))
	f.Add("a.gz", []byte(gzipped("text")))
	f.Add("b", []byte("<html>"))
	f.Fuzz(func(t *testing.T, name string, in []byte) {
		for telling, err := range extracttest.Tellings(t.Context(), formats.All, name, bytes.NewReader(in)) {
			if err == nil {
				err = telling.Validate()
				if err == nil {
					err = formats.All.Check(telling)
				}
				if err != nil {
					t.Errorf("a telling that is refused: %v", err)
				}
			}
		}
	})
}

// All that is read is told as it is read, gunzipped, whether it tells something
// or not, and ends where that is too much.
func TestFilesSpend(t *testing.T) {
	f := func(name string, r io.Reader, wantBytes, wantLines int) {
		t.Helper()
		bytes, lines := 0, 0
		spend := func(b, l int) error { bytes, lines = bytes+b, lines+l; return nil }
		for _, err := range formats.All.Tellings(t.Context(), extract.Input{Source: name, Name: name, Reader: r, Limits: extract.Default, Spend: spend}) {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if bytes != wantBytes || lines != wantLines {
			t.Errorf("%s: got %d bytes and %d lines, want %d and %d", name, bytes, lines, wantBytes, wantLines)
		}
	}
	text := strings.Repeat("\n", 999) + `{"text":"x"}` + strings.Repeat("\n \n", 500)
	f("a.jsonl", strings.NewReader(text), len(text), 1999)
	f("a.jsonl.gz", strings.NewReader(gzipped(text)), len(text), 1999)
	f("a.md.gz", strings.NewReader(gzipped(text)), len(text), 0)

	enough := errors.New("enough")
	for _, spend := range []func(b, l int) error{
		func(b, _ int) error { return map[bool]error{true: enough}[b > 0] },
		func(_, l int) error { return map[bool]error{true: enough}[l > 0] },
	} {
		n := 0
		for _, err := range formats.All.Tellings(t.Context(), extract.Input{Source: "a.jsonl", Name: "a.jsonl", Reader: repeat('\n', 1<<40), Limits: extract.Default, Spend: spend}) {
			if n++; n > 1 || !errors.Is(err, enough) {
				t.Fatalf("got %v", err)
			}
		}
		if n != 1 {
			t.Errorf("got %d errors, want the one that ends it", n)
		}
	}
}

// JSON Lines that are not UTF-8 are read where their encoding is marked, or can be
// told surely as that of a text, and the encoding is said. Else each line is
// refused with the reason.
func TestLinesInOtherEncodings(t *testing.T) {
	lines := func(texts ...string) string {
		var b strings.Builder
		for i, text := range texts {
			fmt.Fprintf(&b, "{\"id\":%d,\"text\":%q}\n", i+1, text)
		}
		return b.String()
	}
	f := func(name, encoding, in string, want ...string) {
		t.Helper()
		got := []string{}
		for told, err := range formats.All.Tellings(t.Context(), extract.Input{Source: name, Name: name, Reader: strings.NewReader(in), Limits: extract.Default}) {
			switch {
			case err != nil:
				s, _, _ := strings.Cut(err.Error(), " at offset")
				got = append(got, s)
			case told.Encoding != encoding && bytes.IndexFunc(told.Body, func(r rune) bool { return r >= 0x80 }) >= 0:
				t.Errorf("%s: %s is read as %q, want %q", name, told.Body, told.Encoding, encoding)
			default:
				got = append(got, string(told.Body))
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s %.60q (-want +got)\n%s", name, in, d)
		}
	}
	encoded := func(e encoding.Encoding, s string) string {
		t.Helper()
		s, err := e.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	german := []string{"All of this is plain.", "Prüfung", "Die Türen werden jährlich geprüft; für Schäden haftet der Käufer.", "Ende."}
	for _, order := range []unicode.Endianness{unicode.LittleEndian, unicode.BigEndian} {
		marked := encoded(unicode.UTF16(order, unicode.UseBOM), lines(append(german, "日曜日")...))
		f("a.jsonl", "", marked, append(german, "日曜日")...)
		f("lines", "", marked, append(german, "日曜日")...)
	}
	f("a.jsonl", "windows-1252", encoded(charmap.Windows1252, lines(german...)), german...)
	f("lines", "windows-1252", encoded(charmap.Windows1252, lines(german[1:]...)), german[1:]...)
	f("a.jsonl", "windows-1252", encoded(charmap.Windows1252, lines(german...))+encoded(charmap.Windows1252, lines(german...)), append(german, german...)...)
	russian := []string{"Насос", "Насос проверяют каждый год в мае. Если давление падает, закройте вентиль."}
	f("a.jsonl", "koi8-r", encoded(charmap.KOI8R, lines(russian...)), russian...)
	japanese := []string{"ポンプは毎年五月に点検します。圧力が下がったら、バルブを閉めて当番に連絡してください。", "表示"} // the second byte of 表 is that of a backslash
	f("a.jsonl", "shift_jis", encoded(ja.ShiftJIS, lines(japanese...)), japanese...)
	f("a.jsonl", "iso-2022-jp", encoded(ja.ISO2022JP, lines(japanese...)), japanese...)

	f("a.jsonl", "", "{\"text\":\"caf\xe9\"}\n{\"text\":\"ok\"}\n{\"text\":\"\xfcber\"}", "a.jsonl:1: it is not UTF-8: byte 0xe9", "ok", "a.jsonl:3: it is not UTF-8: byte 0xfc")
	broken := lines("Prüfung der Türen")
	f("a.jsonl", "", broken+encoded(charmap.Windows1252, lines(german[2])), "Prüfung der Türen", "a.jsonl:2: it is not UTF-8: byte 0xfc")
	f("a.jsonl", "", encoded(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), lines("x")), "a.jsonl:1: it is not UTF-8: there is a zero byte")
}
