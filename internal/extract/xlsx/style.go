package xlsx

import (
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"strconv"

	"multivac/internal/extract"
	"multivac/internal/extract/parts"
)

// A style says how cells look.
type style struct {
	format *format
	bold   bool
}

// maxStyles bounds the styles of a workbook, which has up to 65,490.
const maxStyles = 100_000

// builtin are the formats that files name by number only. Where they follow the
// reader's country, dates are shown as year-month-day, and money without the
// currency, which the file does not name.
var builtin = map[int]string{
	0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "#,##0;-#,##0", 6: "#,##0;-#,##0", 7: "#,##0.00;-#,##0.00", 8: "#,##0.00;-#,##0.00",
	9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
	18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
	37: "#,##0 ;(#,##0)", 38: "#,##0 ;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)",
	41: "#,##0;(#,##0);-", 42: "#,##0;(#,##0);-", 43: "#,##0.00;(#,##0.00);-", 44: "#,##0.00;(#,##0.00);-",
	45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}

// local are the formats of dates that follow the reader's country.
var local = map[int]string{
	14: "yyyy-mm-dd", 22: "yyyy-mm-dd hh:mm",
	27: "yyyy-mm-dd", 28: "mm-dd", 29: "mm-dd", 30: "yyyy-mm-dd", 31: "yyyy-mm-dd", 32: "hh:mm", 33: "hh:mm:ss", 34: "hh:mm", 35: "hh:mm:ss", 36: "yyyy-mm-dd",
	50: "yyyy-mm-dd", 51: "mm-dd", 52: "yyyy-mm", 53: "mm-dd", 54: "mm-dd", 55: "yyyy-mm-dd", 56: "yyyy-mm-dd", 57: "yyyy-mm-dd", 58: "mm-dd",
}

// A styleReader reads the part of styles.
type styleReader struct {
	formats map[int]*format
	codes   map[int]string
	fonts   []bool // whether each is bold
	styles  []style
	above   []string // the elements that hold the one that is read
}

// readStyles returns the styles of a workbook, by number.
func readStyles(a *parts.Archive, part string, out *extract.Output) ([]style, error) {
	d, err := a.XML(part)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	r := &styleReader{formats: map[int]*format{}, codes: map[int]string{}}
	for out.Err() == nil {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return r.styles, nil
		} else if err != nil {
			return nil, parts.Broken(part, err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			r.start(t)
			if r.above = append(r.above, t.Name.Local); len(r.above) > maxDepth {
				return nil, tooDeep(part)
			}
		case xml.EndElement:
			r.above = r.above[:len(r.above)-1]
		}
	}
	return nil, out.Err()
}

func (r *styleReader) start(e xml.StartElement) {
	parent := ""
	if n := len(r.above); n > 0 {
		parent = r.above[n-1]
	}
	switch name := e.Name.Local; {
	case len(r.styles) >= maxStyles || len(r.fonts) >= maxStyles || len(r.codes) >= maxStyles:
	case name == "numFmt" && parent == "numFmts":
		r.codes[number(e, "numFmtId")] = attribute(e, "formatCode")
	case name == "font" && parent == "fonts":
		r.fonts = append(r.fonts, false)
	case name == "b" && parent == "font" && len(r.fonts) > 0 && len(r.above) == 3:
		r.fonts[len(r.fonts)-1] = isTrue(attribute(e, "val"), true)
	case name == "xf" && parent == "cellXfs":
		font := number(e, "fontId")
		r.styles = append(r.styles, style{r.format(number(e, "numFmtId")), font >= 0 && font < len(r.fonts) && r.fonts[font]})
	}
}

// format returns the format of a number: one of the file, or a built-in one.
func (r *styleReader) format(id int) *format {
	if f := r.formats[id]; f != nil {
		return f
	}
	code, ok := r.codes[id]
	date, isLocal := local[id]
	switch {
	case ok && !isLocal:
	case isLocal:
		code = date
	default:
		code = builtin[id]
	}
	f := parseFormat(code)
	f.local = isLocal
	r.formats[id] = f
	return f
}

// attribute returns an attribute of e, or "".
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// number returns an attribute of e as a number, or -1.
func number(e xml.StartElement, name string) int {
	n, err := strconv.Atoi(attribute(e, name))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// isTrue reports what a value of yes or no says; without is what none says.
func isTrue(value string, without bool) bool {
	switch value {
	case "":
		return without
	case "1", "true", "on":
		return true
	}
	return false
}
