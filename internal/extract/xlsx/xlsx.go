// Package xlsx reads workbooks of Excel, LibreOffice and others in Office Open
// XML: each sheet as a heading and the tables in it.
//
// It reads the XML by itself. The library that there is for it gives either text
// without the style that a number is shown by, or the whole sheet in structures
// of some hundred bytes a cell; it keeps large parts in temporary files.
package xlsx

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/parts"
)

// Format is workbooks in Office Open XML.
var Format = extract.Format{
	Name: "Excel",
	Types: []string{
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
		"application/vnd.ms-excel.sheet.macroenabled.12", "application/vnd.ms-excel.template.macroenabled.12",
	},
	Extensions: []string{".xlsx", ".xlsm", ".xltx", ".xltm"},
	Extract:    read,
	Begins: func(head []byte) bool {
		return bytes.HasPrefix(head, []byte("PK\x03\x04")) && bytes.Contains(head, []byte("xl/"))
	},
	Check: func(body []byte) error {
		_, err := parts.Open(body, extract.Default)
		return err
	},
}

// A workbook is what its sheets share.
type workbook struct {
	archive    *parts.Archive
	sheets     []named
	from1904   bool // how it counts days
	styles     []style
	shared     *shared
	title      string
	left       int  // cells that may still be read
	withHidden bool // hidden sheets, rows and columns are read, too
}

// A named sheet that is read, its heading, and the part that it is in.
type named struct{ name, heading, part string }

func read(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
	out := extract.NewOutput(ctx, l)
	w, err := open(body, l, out)
	if err != nil {
		return extract.Extracted{}, err
	}
	for _, s := range w.sheets {
		if out.Err() != nil {
			break
		}
		if err := w.write(out, s, l); err != nil {
			return extract.Extracted{}, err
		}
	}
	e, err := out.Extracted(w.title)
	if err != nil {
		return extract.Extracted{}, err
	}
	return e, nil
}

// open reads what the sheets share.
func open(body []byte, l extract.Limits, out *extract.Output) (*workbook, error) {
	a, err := parts.Open(body, l)
	if err != nil {
		return nil, err
	}
	w := &workbook{archive: a, left: l.Cells, withHidden: l.Hidden}
	main := "xl/workbook.xml"
	root, err := a.References("")
	if err != nil {
		return nil, err
	}
	for _, to := range root {
		switch {
		case to.Outside:
		case to.Kind == "officeDocument":
			main = to.Target
		case to.Kind == "core-properties":
			w.title = titleOf(a, to.Target)
		}
	}
	if strings.HasSuffix(main, ".bin") {
		return nil, multivac.Errorf(multivac.ErrInvalid, "save it as .xlsx", "the workbook is in the binary format .xlsb")
	}
	to, err := a.References(main)
	if err != nil {
		return nil, err
	}
	if err := w.readSheets(main, to); err != nil {
		return nil, err
	}
	texts, styles := "xl/sharedStrings.xml", "xl/styles.xml"
	for _, r := range to {
		switch r.Kind {
		case "sharedStrings":
			texts = r.Target
		case "styles":
			styles = r.Target
		}
	}
	if w.styles, err = readStyles(a, styles, out); err != nil {
		return nil, err
	}
	w.shared, err = readShared(a, texts, out, l.Cells)
	return w, err
}

// readSheets reads the list of sheets. Those that hold a program or a dialog are left
// out, and hidden ones unless they are wanted.
func (w *workbook) readSheets(main string, to map[string]parts.Reference) error {
	d, err := w.archive.XML(main)
	if errors.Is(err, fs.ErrNotExist) {
		return notAWorkbook()
	} else if err != nil {
		return err
	}
	begun := false
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return parts.Broken(main, err)
		}
		e, ok := t.(xml.StartElement)
		switch {
		case !ok:
		case !begun && e.Name.Local != "workbook":
			return notAWorkbook()
		case e.Name.Local == "extLst": // its elements have names of those above it, and say other things
			if err := d.Skip(); err != nil {
				return parts.Broken(main, err)
			}
		case e.Name.Local == "workbookPr":
			w.from1904 = isTrue(attribute(e, "date1904"), false)
		case e.Name.Local == "sheet":
			if err := w.addSheet(e, to); err != nil {
				return err
			}
		}
		begun = begun || ok
	}
}

// addSheet adds a sheet to those that are read. One without a part held a
// program that was not saved with the file.
func (w *workbook) addSheet(e xml.StartElement, to map[string]parts.Reference) error {
	state, id := attribute(e, "state"), relation(e)
	hidden := state == "hidden" || state == "veryHidden"
	if hidden && !w.withHidden || id == "" {
		return nil
	}
	r, known := to[id]
	if !known || r.Outside || !w.archive.Has(r.Target) {
		return multivac.Errorf(multivac.ErrInvalid, "make or fetch it again", "the file is broken: the sheet %q is missing", multivac.Clip(attribute(e, "name"), 80))
	}
	if r.Kind == "worksheet" || r.Kind == "chartsheet" {
		name := clean(attribute(e, "name"))
		w.sheets = append(w.sheets, named{name, extract.HiddenSheet(name, hidden), r.Target})
	}
	return nil
}

// relation returns the id of the part that e leads to.
func relation(e xml.StartElement) string {
	for _, a := range e.Attr {
		if a.Name.Local == "id" && a.Name.Space != "" {
			return a.Value
		}
	}
	return ""
}

func notAWorkbook() error {
	return multivac.Errorf(multivac.ErrInvalid, "check that it is the right file, and has the extension of its kind", "there is no workbook in it")
}

// titleOf returns the title in the properties of a document, or "".
func titleOf(a *parts.Archive, part string) string {
	d, err := a.XML(part)
	if err != nil {
		return ""
	}
	for inTitle := false; ; {
		t, err := d.Token()
		if err != nil { // the sheets can be read without
			return ""
		}
		switch t := t.(type) {
		case xml.StartElement:
			inTitle = t.Name.Local == "title"
		case xml.EndElement:
			inTitle = false
		case xml.CharData:
			if inTitle {
				return clean(string(t))
			}
		}
	}
}

// tables returns where on a sheet its tables are, which have a name and mostly a
// header.
func (w *workbook) tables(to map[string]parts.Reference) (headers []span, err error) {
	for _, r := range to {
		if r.Kind != "table" || r.Outside || !w.archive.Has(r.Target) {
			continue
		}
		d, err := w.archive.XML(r.Target)
		if err != nil {
			return nil, err
		}
		for {
			t, err := d.Token()
			if err != nil {
				return nil, parts.Broken(path.Base(r.Target), err)
			}
			e, ok := t.(xml.StartElement)
			if !ok {
				continue
			}
			s, known := spanOf(attribute(e, "ref"))
			if known && attribute(e, "headerRowCount") != "0" && s.top < s.bottom {
				headers = append(headers, s)
			}
			break
		}
	}
	return headers, nil
}
