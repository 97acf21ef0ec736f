package pptx

import (
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/sheet"
)

// table writes a table as one of Markdown.
func (r *reader) table(tbl *element) {
	rows := tableRows(tbl)
	if len(rows) == 0 {
		return
	}
	if tbl.kid("tblPr").is("firstRow") && len(rows) > 1 { // of a header alone, nothing could be quoted
		rows[0].Head = true
	}
	out := extract.NewOutput(r.out.Context(), r.limits)
	s := sheet.Sheet{Out: out, Spare: &r.spare, Separate: func(int) {
		if out.Len() > 0 {
			out.Line("", r.place)
		}
	}}
	for _, row := range rows {
		s.Add(row)
	}
	s.End()
	r.out.Fail(out.Err())
	r.lines(out.String())
}

// lines writes the lines of a block, each at the place of the slide.
func (r *reader) lines(block string) {
	if block == "" {
		return
	}
	r.block(false)
	for l := range strings.Lines(block) {
		r.line(strings.TrimSuffix(l, "\n"))
	}
}

// tableRows returns the rows of a table that have text. A cell that another one
// covers is left out: that one spans it.
func tableRows(tbl *element) []sheet.Row {
	const most = 1000 // cells that one cell spans
	var rows []sheet.Row
	empty := 0 // rows without text, which may be covered from above
	for _, tr := range tbl.all("tr") {
		var row sheet.Row
		text := false
		for _, tc := range tr.all("tc") {
			if tc.is("hMerge") || tc.is("vMerge") {
				continue
			}
			c := sheet.Cell{Text: oneText(paragraphs(tc.kid("txBody"), marks{})), Cols: tc.integer("gridSpan", most), Rows: tc.integer("rowSpan", most)}
			text = text || c.Text != ""
			row.Cells = append(row.Cells, c)
		}
		if !text {
			empty++
		}
		rows = append(rows, row)
	}
	if empty == len(rows) {
		return nil
	}
	return rows
}
