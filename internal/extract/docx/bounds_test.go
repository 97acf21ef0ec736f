package docx

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
)

func extracted(t testing.TB, in string, l extract.Limits) (extract.Extracted, error) {
	t.Helper()
	return extract.Formats{Format}.Extract(t.Context(), Format.Types[0], []byte(in), l)
}

// What cannot be read says what it is, and what to do.
func TestErrors(t *testing.T) {
	good := file(t, p("", r("Seen.")))
	main := func(text string) string {
		return extracttest.Zip(t, "_rels/.rels", relationships(relationship("r1", "officeDocument", "word/document.xml")), "word/document.xml", text)
	}
	for _, c := range []struct {
		name, in     string
		kind         error
		says, remedy string
	}{
		{"a password", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), multivac.ErrInvalid, "password", "save it without a password"},
		{"cut off", good[:len(good)/2], multivac.ErrInvalid, "broken", "make or fetch it again"},
		{"no archive", "Hello", multivac.ErrInvalid, "broken", "make or fetch it again"},
		{"cut off inside", main("<w:document " + declared + "><w:body><w:p>"), multivac.ErrInvalid, "document.xml", "make or fetch it again"},
		{"no XML", main("<w:document &"), multivac.ErrInvalid, "document.xml", "make or fetch it again"},
		{"broken styles", file(t, p("", r("Seen.")), "styles.xml", "<a><b></a>"), multivac.ErrInvalid, "styles.xml", "make or fetch it again"},
		{"broken notes", file(t, p("", r("Seen.")), "footnotes.xml", "<a><b></a>"), multivac.ErrInvalid, "footnotes.xml", "make or fetch it again"},
		{"a workbook", extracttest.Zip(t, "xl/workbook.xml", "<a/>"), multivac.ErrInvalid, "another kind", "give it the extension .xlsx"},
		{"other parts", extracttest.Zip(t, "a.xml", "<a/>"), multivac.ErrInvalid, "no document of Word", "check that it is the right file"},
		{"no text", file(t, p("")), multivac.ErrInvalid, "no text", "check that it is the right file"},
		{"a file inside", file(t, `<w:altChunk r:id="r1"/>`, "chunk1.rtf", `{\rtf1 x}`), multivac.ErrInvalid, "word/chunk1.rtf", "open it in Word and save it again"},
		{"deep", main("<w:document " + declared + ">" + strings.Repeat("<w:ins>", 5000)), multivac.ErrTooLarge, "deep", "open it in Word and save it again"},
		{"a long tag", main("<w:document a='" + strings.Repeat("x", maxToken+1<<17)), multivac.ErrTooLarge, "a piece of its XML", "open it in Word and save it again"},
	} {
		_, err := extracted(t, c.in, extract.Default)
		var e *multivac.Error
		if !errors.Is(err, c.kind) || !errors.As(err, &e) || !strings.Contains(e.Message, c.says) || !strings.Contains(e.Remedy, c.remedy) {
			t.Errorf("%s: got %v, want %v that says %q and %q", c.name, err, c.kind, c.says, c.remedy)
		}
	}
}

func TestLimits(t *testing.T) {
	for name, unit := range map[string]string{
		"text": p("", r("Many words are in it.")), "tables": tbl(2, tr("Many words", "are in it")), "notes": p("", `<w:r><w:footnoteReference w:id="1"/></w:r>`, r("x")),
		"one paragraph": r("Many words are in it."), "one cell": p("", r("Many words are in it.")), "runs": r("Many words."),
	} {
		body := strings.Repeat(unit, 2000)
		switch name {
		case "one paragraph":
			body = p("", body)
		case "one cell":
			body = tbl(1, tr(tc("", body)))
		case "runs":
			body = "<w:p>" + body + "</w:p>"
		}
		in := file(t, body)
		if e, err := extracted(t, in, extract.Limits{Bytes: 1000, Depth: 32, Unpacked: 16 << 20}); !errors.Is(err, multivac.ErrTooLarge) || e.Text != "" {
			t.Errorf("%s: got %d bytes and %v, want ErrTooLarge", name, len(e.Text), err)
		}
		if _, err := extracted(t, in, extract.Limits{Bytes: 1 << 20, Depth: 32, Unpacked: 10_000}); !errors.Is(err, multivac.ErrTooLarge) {
			t.Errorf("%s: got %v, want ErrTooLarge for what it unpacks to", name, err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("enough")
		cancel(enough)
		if _, err := Format.Extract(ctx, []byte(in), extract.Default); !errors.Is(err, enough) {
			t.Errorf("%s: got %v, want the reason why its time ended", name, err)
		}
	}
}

// What is nested deeper than the limit is read as if it were not nested.
func TestDepth(t *testing.T) {
	inner := p("", r("Inside."))
	list := ""
	for i := range 9 {
		inner = tbl(2, tr("Around.", tc("", inner)), tr("x", "y"))
		list += li(1, i, "Item.")
	}
	levels := ""
	for i := range 9 {
		levels += lvl(i, "bullet", "x")
	}
	in := file(t, inner+list, "numbering.xml", numbered(levels))
	e, err := extracted(t, in, extract.Limits{Bytes: 1 << 20, Depth: 3, Unpacked: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(e.Text, "Around."); n != 9 || strings.Count(e.Text, "Inside.") != 1 {
		t.Errorf("got %q", e.Text)
	}
	if strings.Contains(e.Text, "      - Item.") || strings.Count(e.Text, "    - Item.") != 7 {
		t.Errorf("got %q", e.Text)
	}
}

// Cost is in proportion to the file, also where each tag waits for others.
func TestLinear(t *testing.T) {
	for name, unit := range map[string]string{
		"fields": p("", mark("begin")), "boxes": "<w:p><w:r>", "joined": "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>" + r("a") + "</w:p>",
		"cells": "<w:tc><w:tcPr><w:vMerge/></w:tcPr>" + p("", r("a")) + "</w:tc>", "listings": p("Heading1", mark("begin"), mark("separate"), r("a")),
	} {
		n, head, tail := 5_000, "", ""
		switch name {
		case "boxes":
			n = 300
			tail = strings.Repeat("</w:r></w:p>", n)
		case "cells":
			head, tail = "<w:tbl><w:tr>", "</w:tr></w:tbl>"
		}
		if e, err := extracted(t, file(t, head+strings.Repeat(unit, n)+tail+p("", r("End."))), extract.Default); err != nil || !strings.Contains(e.Text, "End.") {
			t.Errorf("%s: got %d bytes, %v", name, len(e.Text), err)
		}
	}
}

func TestBegins(t *testing.T) {
	kinds := `<Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`
	trap, err := os.ReadFile("testdata/trap.docx")
	if err != nil {
		t.Fatal(err)
	}
	stored := func(name, text string) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil || z.Close() != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for in, want := range map[string]bool{
		string(trap): true,
		extracttest.Zip(t, "[Content_Types].xml", strings.ReplaceAll(kinds, "spreadsheetml.sheet", "wordprocessingml.document")): true,
		stored("[Content_Types].xml", strings.ReplaceAll(kinds, "spreadsheetml.sheet", "wordprocessingml.document")):             true,
		extracttest.Zip(t, "word/document.xml", "<a/>"):                                                                          true,
		extracttest.Zip(t, "[Content_Types].xml", kinds):                                                                         false,
		extracttest.Zip(t, "mimetype", "application/epub"):                                                                       false,
		"PK\x03\x04":               false,
		"Words in word/processing": false,
		extracttest.Zip(t, "[Content_Types].xml", "")[:40]: false,
		"PK\x03\x04" + strings.Repeat("\xff", 600):         false,
	} {
		if got := begins([]byte(in[:min(len(in), 512)])); got != want {
			t.Errorf("%.40q: got %v", in, got)
		}
	}
}

// FuzzDOCX takes a file as it is, and as the text of one.
func FuzzDOCX(f *testing.F) {
	trap, err := os.ReadFile("testdata/trap.docx")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(trap), "", "")
	f.Add("", tbl(2, tr("a", tc("<w:vMerge/>", p("", r("b")+tbl(1, tr("c"))))))+p("", fielded("TOC", r("x"))), lvl(0, "decimal", "%1.%9%"))
	f.Add("", "<w:p><w:r><w:p><w:tbl><w:tbl><w:tr><w:tr><w:tc></w:tc></w:tr></w:tr></w:tbl></w:tbl></w:p></w:r></w:p><w:tc><w:p/></w:tc>", lvl(8, "bullet", ""))
	f.Add("", "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr></w:sdt><w:footnote><w:p/></w:footnote>"+li(1, 8, "x"), lvl(8, "upperRoman", "%9"))
	f.Fuzz(func(t *testing.T, in, body, levels string) {
		if in == "" {
			in = file(t, body, "numbering.xml", numbered(levels))
		}
		extracttest.Sound(t, Format, in, extract.Limits{Bytes: 1 << 20, Depth: 4, Unpacked: 4 << 20})
	})
}

func BenchmarkRead(b *testing.B) {
	body := ""
	for range 20 {
		body += p("Heading1", r("Pumps")) + strings.Repeat(p("", r("Stop the pump "), r("before", "<w:b/>"), r(" you open the valve.")), 20) + tbl(3, tr("Plan", "Fee", "Term"), tr("Basic", "5", "1 year"))
	}
	in := file(b, strings.Repeat(body, 30))
	var size int64
	z, err := zip.NewReader(strings.NewReader(in), int64(len(in)))
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range z.File {
		size += int64(f.UncompressedSize64)
	}
	b.SetBytes(size)
	for b.Loop() {
		extracttest.Read(b, Format, in)
	}
}
