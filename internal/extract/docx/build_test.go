package docx

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"multivac/internal/extract/extracttest"
)

// Namespaces as documents declare them.
const declared = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"` +
	` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"` +
	` xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"` +
	` xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"` +
	` xmlns:v="urn:schemas-microsoft-com:vml"` +
	` xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"` +
	` xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"` +
	` xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"` +
	` xmlns:w16se="http://schemas.microsoft.com/office/word/2015/wordml/symex"`

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`

// kinds are the kinds of relationships to parts.
var kinds = map[string]string{
	"styles.xml": "styles", "numbering.xml": "numbering", "footnotes.xml": "footnotes", "endnotes.xml": "endnotes", "comments.xml": "comments",
	"header1.xml": "header", "document.xml": "glossaryDocument", "chart1.xml": "chart", "data1.xml": "diagramData", "chunk1.html": "aFChunk", "chunk1.rtf": "aFChunk",
}

// file makes a file with that body, and with parts in its folder: name, text,
// name, text. The n-th part has the relationship rn.
func file(t testing.TB, body string, others ...string) string {
	t.Helper()
	rels := ""
	files := []string{
		"[Content_Types].xml", xmlHead + `<Types/>`,
		"_rels/.rels", relationships(relationship("r1", "officeDocument", "word/document.xml"), relationship("r2", "core-properties", "docProps/core.xml")),
		"word/document.xml", xmlHead + "<w:document " + declared + "><w:body>" + body + "</w:body></w:document>",
	}
	for i := 0; i < len(others); i += 2 {
		rels += relationship(fmt.Sprintf("r%d", i/2+1), kinds[path.Base(others[i])], others[i])
		files = append(files, "word/"+others[i], others[i+1])
	}
	return extracttest.Zip(t, append(files, "word/_rels/document.xml.rels", relationships(rels))...)
}

func relationship(id, kind, target string) string {
	return fmt.Sprintf(`<Relationship Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"/>`, id, kind, target)
}

func relationships(all ...string) string {
	return xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + strings.Join(all, "") + "</Relationships>"
}

// A part with a root of Word.
func part(root, content string) string {
	return xmlHead + "<w:" + root + " " + declared + ">" + content + "</w:" + root + ">"
}

// p is a paragraph of a style, or of none.
func p(style string, runs ...string) string {
	if style != "" {
		style = `<w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>`
	}
	return "<w:p>" + style + strings.Join(runs, "") + "</w:p>"
}

// r is a run with a text, and with what makes it look so.
func r(text string, look ...string) string {
	return "<w:r><w:rPr>" + strings.Join(look, "") + "</w:rPr>" + tx(text) + "</w:r>"
}

func tx(text string) string { return `<w:t xml:space="preserve">` + text + "</w:t>" }

// li is an item of a list.
func li(list, level int, text string) string {
	return fmt.Sprintf(`<w:p><w:pPr><w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr></w:pPr>%s</w:p>`, level, list, r(text))
}

// styled are the styles of a document: identifier and what it is made of.
func styled(all ...string) string {
	b := ""
	for i := 0; i < len(all); i += 2 {
		b += `<w:style w:type="paragraph" w:styleId="` + all[i] + `">` + all[i+1] + `</w:style>`
	}
	return part("styles", b)
}

func val(name, v string) string { return fmt.Sprintf(`<w:%s w:val="%s"/>`, name, v) }

// lvl is a level of a list.
func lvl(n int, format, text string, more ...string) string {
	return fmt.Sprintf(`<w:lvl w:ilvl="%d"><w:start w:val="1"/>%s%s%s</w:lvl>`, n, val("numFmt", format), val("lvlText", text), strings.Join(more, ""))
}

// numbered are the lists of a document, each of its levels. The number of the
// n-th is n.
func numbered(lists ...string) string {
	b, nums := "", ""
	for i, l := range lists {
		b += fmt.Sprintf(`<w:abstractNum w:abstractNumId="%d">%s</w:abstractNum>`, i, l)
		nums += fmt.Sprintf(`<w:num w:numId="%d"><w:abstractNumId w:val="%d"/></w:num>`, i+1, i)
	}
	return part("numbering", b+nums)
}

// tbl is a table, tr a row, tc a cell of one paragraph.
func tbl(columns int, rows ...string) string {
	return "<w:tbl><w:tblGrid>" + strings.Repeat("<w:gridCol/>", columns) + "</w:tblGrid>" + strings.Join(rows, "") + "</w:tbl>"
}

func tr(cells ...string) string {
	b := ""
	for _, c := range cells {
		if !strings.HasPrefix(c, "<w:t") {
			c = tc("", p("", r(c)))
		}
		b += c
	}
	return "<w:tr>" + b + "</w:tr>"
}

func tc(look, content string) string {
	return "<w:tc><w:tcPr>" + look + "</w:tcPr>" + content + "</w:tc>"
}

// fielded is a field with its code and its result.
func fielded(code, result string) string {
	return mark("begin") + `<w:r><w:instrText>` + code + `</w:instrText></w:r>` + mark("separate") + result + mark("end")
}

func mark(kind string) string { return `<w:r><w:fldChar w:fldCharType="` + kind + `"/></w:r>` }
