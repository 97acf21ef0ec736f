package odf

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/place"
)

func TestSamples(t *testing.T) { extracttest.Expected(t, "testdata", Text, "trap.odt") }

const namespaces = ` xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"` +
	` xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"` +
	` xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"` +
	` xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"` +
	` xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"` +
	` xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:math="http://www.w3.org/1998/Math/MathML" xmlns:chart="urn:oasis:names:tc:opendocument:xmlns:chart:1.0"`

// content makes a part of styles and a body of a kind: text, spreadsheet,
// presentation.
func content(kind, styles, body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><office:document-content` + namespaces + `><office:automatic-styles>` + styles +
		`</office:automatic-styles><office:body><office:` + kind + `>` + body + `</office:` + kind + `></office:body></office:document-content>`
}

// packed makes an archive of parts: name, text, name, text.
func packed(t testing.TB, kind string, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	files = append([]string{"mimetype", media + kind}, files...)
	for i := 0; i < len(files); i += 2 {
		method := zip.Deflate
		if i == 0 {
			method = zip.Store
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: files[i], Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func writer(t testing.TB, styles, body string) string {
	return packed(t, "text", "content.xml", content("text", styles, body))
}

func wantText(t *testing.T, f extract.Format, in, want string) {
	t.Helper()
	if d := cmp.Diff(want, extracttest.Read(t, f, in).Text); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

const listStyles = `<text:list-style style:name="N"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>` +
	`<text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")"/>` +
	`<text:list-level-style-number text:level="3" style:num-format="1" text:display-levels="3"/></text:list-style>` +
	`<text:list-style style:name="B"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/></text:list-style>`

// What a reader of a text sees, block by block.
func TestText(t *testing.T) {
	for name, c := range map[string]struct{ styles, body, want string }{
		"headings": {"", `<text:h text:outline-level="2">Two</text:h><text:p>Text.</text:p><text:h text:outline-level="9">Nine</text:h><text:p>More.</text:p><text:h/>`,
			"## Two\n\nText.\n\n###### Nine\n\nMore.\n"},
		"heading by style": {`<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Heading_20_3"/>`, `<text:p text:style-name="P1">Three</text:p><text:p>Text.</text:p>`,
			"### Three\n\nText.\n"},
		"white space": {"", "<text:p>  one\n two<text:s/><text:s text:c=\"3\"/>three<text:tab/>four<text:line-break/>five<text:span> six</text:span></text:p>", "one two three four\nfive six\n"},
		"deleted": {"", `<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion></text:changed-region></text:tracked-changes>` +
			`<text:p>Kept<text:change text:change-id="a"/> text.</text:p>`, "Kept text.\n"},
		"hidden": {`<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/></style:style>` +
			`<style:style style:name="H2" style:family="text" style:parent-style-name="H"/>` +
			`<style:style style:name="S" style:family="text" style:parent-style-name="H"><style:text-properties text:display="true"/></style:style>` +
			`<style:style style:name="P" style:family="paragraph"><style:text-properties text:display="none"/></style:style>`,
			`<text:p>Seen <text:span text:style-name="H">not</text:span><text:span text:style-name="H2">nor</text:span><text:span text:style-name="S">shown</text:span></text:p>` +
				`<text:p text:style-name="P">not</text:p><text:section text:display="none"><text:p>not</text:p></text:section>` +
				`<text:section text:display="condition" text:is-hidden="true"><text:p>not</text:p></text:section><text:section><text:p>In a section.</text:p></text:section>` +
				`<text:p>Not<text:hidden-paragraph text:is-hidden="true"/></text:p><text:p>A <text:hidden-text text:is-hidden="true">not</text:hidden-text>field.</text:p>`,
			"Seen shown\n\nIn a section.\n\nA field.\n"},
		"ruby and prompts": {"", `<text:p><text:ruby><text:ruby-base>東京</text:ruby-base><text:ruby-text>とうきょう</text:ruby-text></text:ruby> <text:placeholder text:placeholder-type="text">&lt;name&gt;</text:placeholder>` +
			`<loext:content-control loext:showing-place-holder="true">Click</loext:content-control>is here.</text:p>`, "東京 is here.\n"},
		"notes": {"", `<text:p>Stop<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Below 4 °C.</text:p></text:note-body></text:note> the pump.</text:p>` +
			`<text:p>Next<office:annotation><text:p>a remark</text:p></office:annotation>.</text:p>`, "Stop the pump.\n\nBelow 4 °C.\n\nNext.\n"},
		"frames": {"", `<text:p>Around <draw:frame><draw:text-box><text:p>A box.</text:p><table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table></draw:text-box></draw:frame>it.</text:p>` +
			`<draw:frame><draw:text-box><text:p>On the page.</text:p></draw:text-box></draw:frame>`, "Around it.\n\nA box.\n\n| a | b |\n\nOn the page.\n"},
		"contents": {"", `<text:table-of-content><text:index-body><text:p>Two 3</text:p></text:index-body></text:table-of-content><text:p>Text.</text:p>`, "Text.\n"},
		"lists": {listStyles, `<text:list text:style-name="N"><text:list-item><text:p>one</text:p><text:p>more</text:p><text:list><text:list-item><text:p>inner</text:p><text:list><text:list-item><text:p>deep</text:p></text:list-item></text:list></text:list-item></text:list></text:list-item>` +
			`<text:list-item text:start-value="5"><text:p>five<text:note><text:note-body><text:p>A note.</text:p></text:note-body></text:note></text:p></text:list-item></text:list>` +
			`<text:p>Between.</text:p><text:list text:style-name="N" text:continue-numbering="true"><text:list-item><text:p>six</text:p></text:list-item></text:list>` +
			`<text:list text:style-name="B"><text:list-header><text:p>Header:</text:p></text:list-header><text:list-item><text:p>bullet</text:p></text:list-item></text:list>`,
			"1. one\n\n  more\n  - a) inner\n    - 1.a.1 deep\n5. five\n\nA note.\n\nBetween.\n\n6. six\n\nHeader:\n\n- bullet\n"},
		"numbered headings": {listStyles + `<text:outline-style><text:outline-level-style text:level="1" style:num-format="1"/><text:outline-level-style text:level="2" style:num-format="1" text:display-levels="2"/></text:outline-style>`,
			`<text:h text:outline-level="1">A</text:h><text:h text:outline-level="2">B</text:h><text:h text:outline-level="2">C</text:h><text:h text:outline-level="1">D</text:h>` +
				`<text:list text:style-name="N"><text:list-item><text:h text:outline-level="2">E</text:h></text:list-item></text:list><text:p>Text.</text:p>`,
			"# 1 A\n\n## 1.1 B\n\n## 1.2 C\n\n# 2 D\n\n## 1. E\n\nText.\n"},
		"code":       {"", `<text:p text:style-name="Preformatted_20_Text">if x:</text:p><text:p text:style-name="Preformatted_20_Text"><text:s text:c="4"/>y()</text:p><text:p>Text.</text:p>`, "```\nif x:\n    y()\n```\n\nText.\n"},
		"markdown":   {"", `<text:p># no heading</text:p><text:p>a<text:line-break/>---</text:p>`, "\\# no heading\n\na\n\\---\n"},
		"table":      {"", aTable, "| Plan | Fee |\n|---|---|\n| Basic one | 9 |\n| Team › x \\| y | 19 |\n"},
		"one cell":   {"", `<table:table><table:table-row><table:table-cell><text:p>A box of text.</text:p></table:table-cell></table:table-row></table:table>`, "A box of text.\n"},
		"formula":    {"", `<text:p>It is <draw:frame><draw:object><math:math><math:semantics><math:mrow><math:mi>E</math:mi><math:mo>=</math:mo><math:msup><math:mi>c</math:mi><math:mn>2</math:mn></math:msup></math:mrow><math:annotation>E = c^2</math:annotation></math:semantics></math:math></draw:object></draw:frame>.</text:p>`, "It is E = c^2.\n"},
		"soft marks": {"", "<text:p>main\u00adten\u2060ance</text:p>", "maintenance\n"},
		"fields":     {"", `<text:p>Page <text:page-number>3</text:page-number><text:variable-set text:display="none">x</text:variable-set></text:p>`, "Page 3\n"},
	} {
		t.Run(name, func(t *testing.T) { wantText(t, Text, writer(t, c.styles, c.body), c.want) })
	}
}

const aTable = `<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>Plan</text:p></table:table-cell><table:table-cell><text:p>Fee</text:p></table:table-cell></table:table-row></table:table-header-rows>` +
	`<table:table-row><table:table-cell><text:p>Basic</text:p><text:p>one</text:p></table:table-cell><table:table-cell><text:p>9</text:p></table:table-cell></table:table-row>` +
	`<table:table-row><table:table-cell><text:p>Team ›</text:p><table:table><table:table-row><table:table-cell><text:p>x | y</text:p></table:table-cell></table:table-row></table:table></table:table-cell><table:table-cell><text:p>19</text:p></table:table-cell></table:table-row></table:table>`

// Cells that span others, and a header in bold, are read as in the table.
func TestTables(t *testing.T) {
	bold := `<style:style style:name="B" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>`
	cell := func(t string) string { return `<table:table-cell><text:p>` + t + `</text:p></table:table-cell>` }
	wantText(t, Text, writer(t, bold, `<table:table><table:table-row>`+cell(`<text:span text:style-name="B">Plan</text:span>`)+cell(`<text:span text:style-name="B">Fee</text:span>`)+`</table:table-row>`+
		`<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>Basic</text:p></table:table-cell>`+cell("9")+`</table:table-row>`+
		`<table:table-row><table:covered-table-cell/>`+cell("90")+`</table:table-row><table:table-row><table:table-cell table:number-columns-spanned="2"><text:p>Prices without tax.</text:p></table:table-cell><table:covered-table-cell/></table:table-row></table:table>`),
		"| Plan | Fee |\n|---|---|\n| Basic | 9 |\n| Basic | 90 |\n| Prices without tax. |\n")
	long := strings.Repeat("A long sentence in a cell. ", 30)
	wantText(t, Text, writer(t, "", `<table:table><table:table-row>`+cell(long)+cell("b")+`</table:table-row></table:table>`), strings.TrimSpace(long)+"\n\nb\n")
}

func TestTitle(t *testing.T) {
	body := `<text:p text:style-name="Title">The guide</text:p><text:h text:outline-level="1">Pumps</text:h><text:p>Text.</text:p>`
	meta := `<office:document-meta` + namespaces + `><office:meta><dc:title>Named</dc:title></office:meta></office:document-meta>`
	for want, in := range map[string]string{
		"The guide": writer(t, "", body),
		"Pumps":     writer(t, "", `<text:p>First.</text:p><text:h text:outline-level="1">Pumps</text:h>`),
		"":          writer(t, "", `<text:p>First.</text:p>`),
		"Named":     packed(t, "text", "content.xml", content("text", "", body), "meta.xml", meta),
	} {
		if e := extracttest.Read(t, Text, in); e.Title != want {
			t.Errorf("got title %q, want %q", e.Title, want)
		}
	}
	wantText(t, Text, writer(t, "", body), "# The guide\n\n# Pumps\n\nText.\n")
}

// Styles of the document and charts are in parts of their own.
func TestParts(t *testing.T) {
	styles := `<office:document-styles` + namespaces + `><office:styles><style:style style:name="Quiet" style:family="paragraph"><style:text-properties text:display="none"/></style:style></office:styles>` +
		`<office:master-styles><style:master-page><style:header><text:p>Running head</text:p></style:header></style:master-page></office:master-styles></office:document-styles>`
	chart := content("chart", `<style:style style:name="Quiet" style:family="paragraph"/>`, `<chart:chart><chart:title><text:p>Sales</text:p></chart:title><table:table table:name="local-table"><table:table-header-rows><table:table-row>`+
		`<table:table-cell><text:p/></table:table-cell><table:table-cell><text:p>2024</text:p></table:table-cell></table:table-row></table:table-header-rows>`+
		`<table:table-rows><table:table-row><table:table-cell><text:p>North</text:p></table:table-cell><table:table-cell><text:p>7</text:p></table:table-cell></table:table-row></table:table-rows></table:table></chart:chart>`)
	wantText(t, Text, packed(t, "text", "styles.xml", styles, "content.xml",
		content("text", "", `<text:p>See <draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>below.</text:p><text:p text:style-name="Quiet">hidden</text:p>`), "Object 1/content.xml", chart),
		"See below.\n\nSales\n\n|  | 2024 |\n|---|---|\n| North | 7 |\n")
}

func TestFlat(t *testing.T) {
	flat := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<office:document` + namespaces + ` office:mimetype="` + media + `text"><office:meta><dc:title>Named</dc:title></office:meta>` +
		`<office:styles><style:style style:name="P" style:family="paragraph" style:parent-style-name="Heading_20_1"/></office:styles><office:body><office:text><text:p text:style-name="P">Grün</text:p>` +
		`<text:p>Text.<draw:frame><draw:image><office:binary-data>aGVsbG8=</office:binary-data></draw:image></draw:frame></text:p></office:text></office:body></office:document>`
	sixteen := "\xff\xfe"
	for _, c := range strings.Replace(flat, `encoding="UTF-8"`, `encoding="UTF-16"`, 1) {
		sixteen += string([]byte{byte(c), byte(c >> 8)})
	}
	latin := strings.Replace(strings.Replace(flat, "UTF-8", "ISO-8859-1", 1), "ü", "\xfc", 1)
	for _, in := range []string{flat, extract.BOM + flat, sixteen, latin} {
		wantText(t, Text, in, "# Grün\n\nText.\n")
	}
}

// A file is known by how it begins.
func TestBegins(t *testing.T) {
	all := extract.Formats{Text, Spreadsheet, Presentation}
	for _, f := range all {
		kind := f.Types[0][len(media):]
		got, err := all.MediaType("nameless", []byte(packed(t, kind, "content.xml", "x")))
		if err != nil || got != f.Types[0] {
			t.Errorf("%s: got %q, %v", kind, got, err)
		}
		flat := `<?xml version="1.0"?><office:document office:mimetype="` + media + kind + `">`
		if got, err := all.MediaType("nameless", []byte(flat)); err != nil || got != f.Types[0] {
			t.Errorf("flat %s: got %q, %v", kind, got, err)
		}
	}
	if Text.Begins([]byte(packed(t, "x", "word/document.xml", "x"))) || Text.Begins([]byte("<html>")) {
		t.Error("something else is taken for a text")
	}
}

// What cannot be read says what to do.
func TestRefused(t *testing.T) {
	good := writer(t, "", strings.Repeat("<text:p>Text.</text:p>", 1000))
	for _, c := range []struct{ in, want string }{
		{packed(t, "text", "META-INF/manifest.xml", `<manifest:manifest xmlns:manifest="m"><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>`, "content.xml", "\x1f\x8b noise"), "has a password; save it without one"},
		{packed(t, "text", "word/document.xml", "<a/>"), "no content.xml; check that it is the right file"},
		{good[:len(good)/2], "broken"},
		{packed(t, "text", "content.xml", strings.TrimSuffix(content("text", "", "<text:p>Cut"), "</office:document-content>")), "content.xml"},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), "password"},
		{"plain text", "neither an archive nor XML"},
		{"<html><body>Text</body></html>", "XML of another kind"},
	} {
		_, err := extract.Formats{Text}.Extract(t.Context(), Text.Types[0], []byte(c.in), extract.Default)
		if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want ErrInvalid with %q", err, c.want)
		}
	}
}

func TestBounds(t *testing.T) {
	read := func(ctx context.Context, in string, l extract.Limits) error {
		_, err := extract.Formats{Text}.Extract(ctx, Text.Types[0], []byte(in), l)
		return err
	}
	in := writer(t, "", strings.Repeat("<text:p>Text of a paragraph.</text:p>", 20_000))
	small, little := extract.Default, extract.Default
	small.Bytes, little.Unpacked = 10_000, 100_000
	if err := read(t.Context(), in, small); !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge for the text", err)
	}
	if err := read(t.Context(), in, little); !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge for what unpacks", err)
	}
	gone, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if err := read(gone, in, extract.Default); !errors.Is(err, enough) {
		t.Errorf("got %v, want the reason why its time ended", err)
	}
	deep := func(n int, open, end string) string {
		return writer(t, "", strings.Repeat(open, n)+"<text:p>Deep.</text:p>"+strings.Repeat(end, n))
	}
	for open, end := range map[string]string{
		"<text:list><text:list-item>": "</text:list-item></text:list>", "<text:p><draw:frame><draw:text-box>": "</draw:text-box></draw:frame></text:p>",
		"<table:table><table:table-row><table:table-cell>": "</table:table-cell></table:table-row></table:table>", "<text:section>": "</text:section>",
	} {
		if got := extracttest.Read(t, Text, deep(1000, open, end)).Text; !strings.Contains(got, "Deep.") || len(got) > 200 {
			t.Errorf("%s: got %q", open, got)
		}
		if err := read(t.Context(), deep(20_000, open, end), extract.Default); !errors.Is(err, multivac.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", open, err)
		}
	}
	spaces := extracttest.Read(t, Text, writer(t, "", strings.Repeat(`<text:p text:style-name="Preformatted_20_Text">a<text:s text:c="999999999"/>b</text:p>`, 10_000)))
	if n := len(spaces.Text); n > 1<<22 {
		t.Errorf("%d bytes of spaces", n)
	}
}

// anyBytes checks what holds for any bytes.
func anyBytes(t *testing.T, f extract.Format, in []byte) {
	e, _ := extracttest.Sound(t, f, string(in), extract.Limits{Bytes: 1 << 20, Depth: 8, Unpacked: 4 << 20, Cells: 1 << 20})
	for _, r := range e.Text {
		if r < ' ' && r != '\n' || r == 0xfffe || r == 0xffff {
			t.Errorf("%q has %U in it", e.Text, r)
		}
	}
	place.Read(e.Places, e.Text).At(len(e.Text))
}

func FuzzODF(f *testing.F) {
	body, err := os.ReadFile("testdata/trap.odt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	for _, kind := range []string{"text", "spreadsheet", "presentation"} {
		f.Add([]byte(content(kind, listStyles, aTable+`<text:list text:style-name="N"><text:list-item><text:p>one</text:p></text:list-item></text:list>`)))
	}
	f.Add([]byte(content("presentation", "", aSlide)))
	f.Add([]byte(content("spreadsheet", "", aSheet)))
	f.Fuzz(func(t *testing.T, in []byte) { anyBytes(t, Text, in) })
}
