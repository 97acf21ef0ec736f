package archive_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/archive"
	"multivac/internal/extract/extracttest"
	"multivac/internal/extract/markdown"
	"multivac/internal/extract/plain"
)

var all = extract.Formats{markdown.Format, plain.Format, archive.ZIP, archive.TAR}

// told returns the documents of a file: source and text, or source and error.
func told(t testing.TB, name string, body []byte) (got []string) {
	t.Helper()
	for one, err := range extracttest.Tellings(t.Context(), all, name, bytes.NewReader(body)) {
		if err != nil {
			got = append(got, "error: "+err.Error())
		} else {
			got = append(got, one.Source+": "+string(one.Body))
		}
	}
	return got
}

func zipped(t testing.TB, files ...string) []byte { return []byte(extracttest.Zip(t, files...)) }

func tarred(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Mode: 0o600, Size: int64(len(files[i+1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t testing.TB, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Each file in an archive is a document with its path.
func TestMembers(t *testing.T) {
	files := []string{"docs/a.md", "# A\n", "b.txt", "bee\n", ".git/config", "x", "__MACOSX/b.txt", "x", "b.txt", "bee again\n"}
	want := []string{"docs/a.md: # A\n", "b.txt: bee\n", "b (2).txt: bee again\n"}
	for name, body := range map[string][]byte{
		"x.zip": zipped(t, files...), "x.tar": tarred(t, files...), "x.tgz": gzipped(t, tarred(t, files...)), "x.tar.gz": gzipped(t, tarred(t, files...)),
	} {
		var all []string
		for _, w := range want {
			all = append(all, name+"/"+w)
		}
		if got := told(t, name, body); !slices.Equal(got, all) {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, all)
		}
	}
}

// Archives may be within archives, to a depth.
func TestArchivesInArchives(t *testing.T) {
	inner := zipped(t, "a.txt", "deep\n")
	if got, want := told(t, "x.zip", zipped(t, "in/y.tar.gz", string(gzipped(t, tarred(t, "z.zip", string(inner)))))), "x.zip/in/y.tar.gz/z.zip/a.txt: deep\n"; len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
	body := inner
	for range 12 {
		body = zipped(t, "y.zip", string(body))
	}
	if got := told(t, "x.zip", body); len(got) != 1 || !strings.Contains(got[0], "it is within more than") {
		t.Errorf("got %q", got)
	}
}

// A member that cannot be told is named, and the others are told.
func TestMembersThatCannotBeTold(t *testing.T) {
	body := zipped(t, "../up.txt", "up", "/abs.txt", "abs", "C:/c.txt", "c", "photo.jpg", "\xff\xd8\xff\xe0", "good.txt", "good\n")
	got := strings.Join(told(t, "x.zip", body), "\n")
	for _, want := range []string{"up.txt: its name leads out of the archive", "abs.txt: its name leads", "c.txt: its name leads", "error: x.zip/photo.jpg", "x.zip/good.txt: good"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	locked := bytes.Clone(zipped(t, "secret.txt", "cipher"))
	locked[bytes.Index(locked, []byte("PK\x01\x02"))+8] |= 1
	if got := told(t, "x.zip", locked); len(got) != 1 || !strings.Contains(got[0], "it has a password; pack it without one") {
		t.Errorf("got %q", got)
	}
	for name, body := range map[string][]byte{"x.zip": zipped(t, "a.txt", "a")[:40], "x.tar": tarred(t, "a.txt", strings.Repeat("a", 2000))[:1000]} {
		if got := strings.Join(told(t, name, body), "\n"); !strings.Contains(got, "broken") || !strings.Contains(got, "make or fetch it again") {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// What unpacks to far more than its size, or has too many members, has an end.
func TestBombs(t *testing.T) {
	for name, body := range map[string][]byte{
		"x.zip": zipped(t, "a.txt", strings.Repeat("\n", 64<<20)),
		"x.tgz": gzipped(t, tarred(t, "a.txt", strings.Repeat("\n", 64<<20))),
	} {
		if got := strings.Join(told(t, name, body), "\n"); !strings.Contains(got, "times its size") && !strings.Contains(got, "bytes") {
			t.Errorf("%s: got %.200q", name, got)
		}
	}
	var many []string
	for i := range 50_001 {
		many = append(many, fmt.Sprintf("d/.%d", i), "")
	}
	if got := told(t, "x.zip", zipped(t, many...)); len(got) != 1 || !strings.Contains(got[0], "over 50000 files") {
		t.Errorf("got %.300q", got)
	}
}

// A bound says which setting it is, and counts what is within an archive, and
// within that.
func TestBounds(t *testing.T) {
	inner := func(i int) string {
		return string(zipped(t, "a.txt", strings.Repeat(fmt.Sprintf("Shelf %d has goods.\n", i), 200)))
	}
	var split []string
	for i := range 100 {
		split = append(split, fmt.Sprintf("%d.zip", i), inner(i))
	}
	f := func(name string, body []byte, change func(*extract.Limits), setting string, most int) {
		t.Helper()
		l := extract.Default
		change(&l)
		var last error
		n := 0
		for _, err := range all.Tellings(t.Context(), extract.Input{Source: name, Name: name, Reader: bytes.NewReader(body), Limits: l}) {
			n++
			last = cmp.Or(err, last)
		}
		if !errors.Is(last, multivac.ErrTooLarge) || !strings.Contains(fmt.Sprint(last), "or raise the setting "+setting) || n > most {
			t.Errorf("%s: got %d and %v, want at most %d and the name of the setting", setting, n, last, most)
		}
	}
	f("x.zip", zipped(t, split...), func(l *extract.Limits) { l.Unpacked = 100_000 }, "extract.max-unpacked", 50)
	f("x.zip", zipped(t, "a.txt", "one", "b.txt", "two"), func(l *extract.Limits) { l.Members = 1 }, "extract.max-members", 2)
	f("x.zip", zipped(t, "y.zip", inner(1)), func(l *extract.Limits) { l.Within = 1 }, "extract.max-depth", 1)
	f("x.zip", zipped(t, "a.txt", strings.Repeat("\n", 17<<20)), func(l *extract.Limits) { l.Ratio = 2 }, "extract.max-ratio", 1)
	if _, err := all.Extract(t.Context(), "text/markdown", []byte("# Pump\n"), extract.Limits{Bytes: 3}); err == nil || !strings.Contains(err.Error(), "extract.max-text") {
		t.Errorf("got %v", err)
	}
}

// What unpacks of documents in an archive counts, as its directory says.
func TestDocumentsThatUnpack(t *testing.T) {
	document := string(zipped(t, "word/document.xml", strings.Repeat(" ", 1<<20)))
	book := extract.Format{Name: "book", Types: []string{"text/book"}, Extensions: []string{".book"},
		Extract: func(context.Context, []byte, extract.Limits) (extract.Extracted, error) {
			return extract.Extracted{Text: "Text."}, nil
		}}
	kinds := append(slices.Clone(all), book)
	var split []string
	for i := range 20 {
		split = append(split, fmt.Sprintf("%d.book", i), document)
	}
	l := extract.Default
	l.Unpacked = 8 << 20
	kept, refused := 0, []string(nil)
	for _, err := range kinds.Tellings(t.Context(), extract.Input{Source: "x.zip", Name: "x.zip", Reader: bytes.NewReader(zipped(t, split...)), Limits: l}) {
		if err == nil {
			kept++
		} else {
			refused = append(refused, err.Error())
		}
	}
	if kept != 7 || len(refused) != 1 || !strings.Contains(refused[0], "extract.max-unpacked") {
		t.Errorf("%d are told, and %.300q", kept, refused)
	}
}

// Names are brought to UTF-8.
func TestNames(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, h := range []*zip.FileHeader{{Name: "Gr\x81\xe1e.txt", NonUTF8: true}, {Name: `dir\win.txt`}} {
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(w, "text")
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := told(t, "x.zip", b.Bytes()), []string{"x.zip/Grüße.txt: text\n", "x.zip/dir/win.txt: text\n"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzArchives(f *testing.F) {
	f.Add(zipped(f, "a.txt", "a", "b/c.md", "# C"))
	f.Add(tarred(f, "a.txt", "a", "b/c.md", "# C"))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, name := range []string{"x.zip", "x.tar"} {
			n := 0
			for one, err := range extracttest.Tellings(t.Context(), all, name, bytes.NewReader(body)) {
				if n++; err == nil && !strings.HasPrefix(one.Source, name) {
					t.Errorf("the source is %q", one.Source)
				}
			}
			if n > len(body)+1 {
				t.Errorf("%d documents of %d bytes", n, len(body))
			}
		}
	})
}
