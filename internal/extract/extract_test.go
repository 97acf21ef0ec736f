package extract_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/extract/formats"
	"multivac/internal/place"
)

// read returns what is made of a file of that type.
func read(t *testing.T, mediaType, in string) extract.Extracted {
	t.Helper()
	e, err := formats.All.Extract(t.Context(), mediaType, []byte(in), extract.Default)
	if err != nil {
		t.Fatalf("%s %q: %v", mediaType, in, err)
	}
	return e
}

func TestPlainIsKept(t *testing.T) {
	for _, in := range []string{"# Title\r\n\r\nText.\r\n", "\ufeff# T\n", " x\t\n\n"} {
		for _, mediaType := range []string{"", multivac.Markdown, multivac.Plain, "text/markdown; charset=utf-8", "TEXT/Plain"} {
			if e := read(t, mediaType, in); e.Text != in || e.Places != place.SameLines {
				t.Errorf("%s: got %q, want %q", mediaType, e.Text, in)
			}
		}
	}
}

func TestTitle(t *testing.T) {
	f := func(mediaType, in, want string) {
		t.Helper()
		if got := read(t, mediaType, in).Title; got != want {
			t.Errorf("%s %q: got title %q, want %q", mediaType, in, got, want)
		}
	}
	f(multivac.Markdown, "\ufeff# A *short* `title` {#a}\n", "A *short* title")
	f(multivac.Markdown, "Text first.\n\n# [Later](x) #\n", "Later")
	f(multivac.Markdown, "Set\n===\n", "Set")
	f(multivac.Markdown, "```\n# no\n```\n# Yes\n", "Yes")
	f(multivac.Markdown, "---\ntitle: \"From the front\"\n---\n# Not this\n", "From the front")
	f(multivac.Markdown, "+++\ntitle = 'Toml'\n+++\n", "Toml")
	f(multivac.Markdown, "## Only a second level\n\n# First\n", "")
	f(multivac.Markdown, "No title", "")
	f(multivac.HTML, "<title> A &amp;\n B </title><h1>C</h1>", "A & B")
	f(multivac.HTML, "<h1>A <b>heading</b></h1><h1>Another</h1>", "A heading")
	f(multivac.CSV, "a,b\n1,2\n", "")
	if got := read(t, multivac.Markdown, "# "+strings.Repeat("é", 2000)).Title; len(got) > multivac.MaxTitle || !utf8.ValidString(got) {
		t.Errorf("a title of %d bytes", len(got))
	}
}

func TestEncodings(t *testing.T) {
	units := utf16.Encode([]rune("\ufeff# Müller 😀\r\nText"))
	var little, big []byte
	for _, u := range units {
		little = append(little, byte(u), byte(u>>8))
		big = append(big, byte(u>>8), byte(u))
	}
	for _, in := range [][]byte{little, big} {
		if err := formats.All.Check(multivac.Telling{Body: in}); err != nil {
			t.Error(err)
		}
		if e := read(t, multivac.Plain, string(in)); e.Text != "# Müller 😀\r\nText" || e.Title != "Müller 😀" {
			t.Errorf("got %q, title %q", e.Text, e.Title)
		}
	}
}

// Text that does not say its encoding is read where that is sure, and the
// encoding is named.
func TestGuessedEncodings(t *testing.T) {
	const german = "Die Prüfung der Türen erfolgt jährlich; für Schäden haftet der Käufer.\n"
	latin, err := charmap.Windows1252.NewEncoder().String(german)
	if err != nil {
		t.Fatal(err)
	}
	var marked strings.Builder
	marked.WriteString("\xff\xfe\x00\x00")
	for _, r := range german {
		marked.WriteString(string([]byte{byte(r), byte(r >> 8), 0, 0}))
	}
	f := func(mediaType, in, want, encoding string) {
		t.Helper()
		telling := multivac.Telling{MediaType: mediaType, Body: []byte(in)}
		if err := formats.All.Check(telling); err != nil {
			t.Errorf("%s: %v", mediaType, err)
			return
		}
		if got := formats.All.Encoding(telling); got != encoding {
			t.Errorf("%s: got encoding %q, want %q", mediaType, got, encoding)
		}
		if got := read(t, mediaType, in).Text; !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want it to have %q", mediaType, got, want)
		}
	}
	for _, mediaType := range []string{multivac.Plain, multivac.Markdown, "text/x-rst", multivac.HTML, "text/asciidoc"} {
		f(mediaType, latin, strings.TrimSpace(german), "windows-1252")
	}
	f(multivac.CSV, "Teil,Hinweis\nT\xfcr,\"Pr\xfcfung j\xe4hrlich, f\xfcr Sch\xe4den haftet der K\xe4ufer\"\n", "Prüfung jährlich", "windows-1252")
	f(multivac.Plain, marked.String(), strings.TrimSpace(german), "utf-32")
	f(multivac.Plain, german, german, "")
	f(multivac.HTML, "<meta charset=windows-1252>"+latin, "Prüfung", "")

	// A line for editors says it where the bytes agree, however short the text is.
	for line, text := range map[string]string{
		"-*- coding: latin-1-unix -*-\nT\xfcr": "Tür", "-*- mode: text; coding: koi8-r -*-\n\xf4\xc5\xd3\xd4": "Тест", "#!/bin/x\n# coding=cp1251\n\xd2\xe5\xf1\xf2": "Тест",
		"# vim: set fileencoding=sjis :\n\x83e\x83X\x83g": "テスト", "# vim: fenc=cp850\nT\x81r": "Tür", ":encoding: ISO-8859-15\nT\xfcr \xa4": "Tür €", "# coding: iso-2022-jp\n\x1b$B%F%9%H\x1b(B": "テスト",
	} {
		f(multivac.Plain, line, text, "")
	}
	f(multivac.HTML, "<!-- -*- coding: koi8-r -*- -->\n<p>\xf4\xc5\xd3\xd4", "Тест", "")
	f(multivac.Plain, "coding: latin-1\nTür\n", "Tür", "") // what is UTF-8 is read as UTF-8
	for _, line := range []string{"coding: utf-8\n", "coding: the basics\n", "coding: euc-jp\n", "one\ntwo\ncoding: koi8-r\n"} {
		f(multivac.Plain, line+latin, strings.TrimSpace(german), "windows-1252")
	}
	for told, err := range extracttest.Tellings(t.Context(), formats.All, "LIESMICH", strings.NewReader(strings.Repeat(latin, 20))) {
		if err != nil || told.MediaType != multivac.Markdown {
			t.Errorf("a name without extension: got %q, %v", told.MediaType, err)
		}
	}
}

func TestRefused(t *testing.T) {
	f := func(mediaType, in string, want ...string) {
		t.Helper()
		_, err := formats.All.Extract(t.Context(), mediaType, []byte(in), extract.Default)
		if !errors.Is(err, multivac.ErrInvalid) {
			t.Errorf("%s %q: got %v, want ErrInvalid", mediaType, in, err)
			return
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s %q: got %q, want it to say %q", mediaType, in, err, w)
			}
		}
	}
	f(multivac.Plain, "caf\xe9", "not UTF-8", "0xe9 at offset 3;", "iconv")
	f(multivac.Plain, "Für Türen\nund für Gänge\nund f\xfcr Käufer", "0xfc at offset 33, in line 3")
	f(multivac.Plain, "coding: latin-1\nFür Türen\nund f\xfcr Käufer", "0xfc at offset 33, in line 3")
	f(multivac.Plain, "coding: latin-1\ncaf\xe9\x00", "zero byte")
	f(multivac.Markdown, "a\x00b", "not text", "offset 1")
	f(multivac.Plain, "\xff\xfea\x00\x00\x00", "zero byte")
	f("image/png", "x", "image/png", "text/markdown")
	f("application/jsonl", "{}", "each line")
	f("application/zip", "PK", "holds other files", "tell it as a file")
	f("application/gzip", "x", "holds other files", "tell it as a file")
	f("application/mbox", "From a", "holds other files", "tell it as a file")
	f(multivac.HTML, "<p>caf\xe9", "not UTF-8", "iconv")
	f(multivac.HTML, "<meta charset=utf-8><p>caf\xe9", "not UTF-8")
	f(multivac.HTML, "<meta charset=unknown><p>caf\xe9", "not UTF-8")
	f(multivac.HTML, "<meta charset=iso-2022-kr><p>caf\xe9", "not UTF-8")
	f(multivac.HTML, "<meta charset=windows-1252><p>caf\xe9\x00", "zero byte")
	f(multivac.HTML, "<meta charset=euc-jp><p>\xff\xff\xff\xff", "says that it is in euc-jp")
	f(multivac.CSV, "<meta charset=windows-1252>\xe9", "not UTF-8")
	f(multivac.HTML, "<div id=root></div><script>render()</script>", "no text", "script")
	f(multivac.CSV, ",,\n", "no text")
	f(multivac.Markdown, "\ufeff \n", "no text")
}

func TestMediaType(t *testing.T) {
	f := func(name, head, want string) {
		t.Helper()
		got, err := formats.All.MediaType(name, []byte(head))
		if want == "" {
			if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), "not a kind of document I can read") {
				t.Errorf("%s: got %q, %v, want it refused", name, got, err)
			}
			return
		}
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
	f("a/b.md", "", multivac.Markdown)
	f("B.MARKDOWN", "", multivac.Markdown)
	f("a.txt.gz", "", multivac.Plain)
	f("a.rst", "", "text/x-rst")
	f("a.HTM", "", multivac.HTML)
	f("a.csv", "", multivac.CSV)
	f("a.tsv", "", "text/tab-separated-values")
	f("a.ndjson.gz", "", "application/jsonl")
	f("a.go", "package a", "")
	f("a.png", "\x89PNG", "")
	f(".gitignore", "x", "")
	f("dir.d/README", "Hello", multivac.Markdown)
	f(`dir.d\LICENSE`, "Copyright", multivac.Markdown)
	f("page", " <!DOCTYPE HTML><html>", multivac.HTML)
	f("lines", `{"id": "a", "text": "b"}`, "application/jsonl")
	f("cut", strings.Repeat("x", 511)+"\xc3", multivac.Markdown)
	f("wide", "\xff\xfea\x00", multivac.Plain)
	f("program", "\x7fELF\x00", "")
	f("latin", "caf\xe9 au lait", "")
}
