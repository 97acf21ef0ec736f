package docx

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"multivac"
	"multivac/internal/extract"
)

// Files inside a document are read where they stand.
func TestInserted(t *testing.T) {
	const here = `<w:altChunk r:id="r1"/>`
	f := func(name, content, want string) {
		t.Helper()
		got := made(t, p("", r("Before."))+here+p("", r("After.")), name, content)
		if want = "Before.\n" + want + "\nAfter."; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	koi8, err := charmap.KOI8R.NewEncoder().String("Насос проверяют каждый год в мае. Если давление падает, закройте вентиль и вызовите дежурного.")
	if err != nil {
		t.Fatal(err)
	}
	page := "<html><body><h2>Hours</h2><p>Open at n\u00edne.</p></body></html>"
	f("chunk1.html", page, "## Hours\nOpen at níne.")
	f("afchunk.dat", "\ufeff"+page, "## Hours\nOpen at níne.")
	f("chunk1.htm", "<meta charset=windows-1252><p>n\xedne", "níne")
	f("chunk1.txt", koi8, "Насос проверяют каждый год в мае. Если давление падает, закройте вентиль и вызовите дежурного.")
	f("chunk1.html", "<p>"+koi8, "Насос проверяют каждый год в мае. Если давление падает, закройте вентиль и вызовите дежурного.")
	f("chunk1.html", "<!-- -*- coding: koi8-r -*- -->\n<p>\xf4\xc5\xd3\xd4.", "Тест.")
	f("chunk1.txt", "\xff\xfeT\x00\xfc\x00r\x00", "Tür")
	f("chunk1.txt", "n\xedne", "níne") // too short to tell, and read as Word does
	f("chunk1.docx", file(t, p("Heading1", r("Pumps"))+p("", r("Press red."))), "# Pumps\nPress red.")
	f("chunk1.txt", "# One\nTwo\n", "\\# One\nTwo")
	head := "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b; type=\"text/html\"\n\n--b\nContent-Type: text/html; charset=\"utf-8\"\n"
	f("chunk1.mht", head+"Content-Transfer-Encoding: quoted-printable\n\n<p class=3D\"a\">Press=\n red.</p>\n--b--\n", "Press red.")
	f("chunk1.mht", strings.Replace(head, "utf-8", "koi8-r", 1)+"Content-Transfer-Encoding: quoted-printable\n\n<p>=F4=C5=D3=D4.\n--b--\n", "Тест.")
	f("chunk1.mht", head+"Content-Transfer-Encoding: base64\n\nPHA+UHJlc3Mg\ncmVkLjwvcD4=\n--b--\n", "Press red.")
	for name, content := range map[string]string{"chunk1.rtf": `{\rtf1 x}`, "chunk1.mht": head + "\nno end", "chunk1.docx": "PK\x03\x04word/", "chunk1.bin": "\x00"} {
		f(name, content, "[word/"+name+" is not read]")
	}
}

// A document in a document in a document ends, and all that unpacks counts.
func TestInsertedIsBounded(t *testing.T) {
	doc := file(t, p("", r("Deepest.")))
	for range maxInside + 1 {
		doc = file(t, p("", r("Level."))+`<w:altChunk r:id="r1"/>`, "chunk1.docx", doc)
	}
	e, err := extracted(t, doc, extract.Default)
	if err != nil || strings.Count(e.Text, "Level.") != maxInside+1 || !strings.Contains(e.Text, "[word/chunk1.docx is not read]") {
		t.Errorf("got %q, %v", e.Text, err)
	}
	long := file(t, strings.Repeat(`<w:altChunk r:id="r1"/>`, 100), "chunk1.docx", file(t, p("", r(strings.Repeat("a", 1<<10)))))
	l := extract.Default
	l.Unpacked = 64 << 10
	if _, err := extracted(t, long, l); !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("100 documents inside: got %v, want too large", err)
	}
}
