package xlsx

import (
	"strconv"
	"strings"
	"unicode"

	"multivac/internal/extract"
)

// show returns what a reader sees in a cell.
func (w *workbook) show(g *grid, c cell) string {
	f := plainFormat
	if int(c.style) < len(w.styles) {
		f = w.styles[c.style].format
	}
	if c.kind == byNumber {
		return clean(f.string(w.shared.at(int(c.from))))
	}
	t := string(g.text[c.from : c.from+c.size])
	switch c.kind {
	case inline:
		return clean(f.string(t))
	case truth:
		if isTrue(t, false) {
			return "TRUE"
		}
		return "FALSE"
	case value:
		return clean(f.number(t, w.from1904))
	case day:
		return clean(f.isoDate(t))
	}
	return clean(t)
}

var plainFormat = parseFormat("General")

// clean returns t on one line, without characters that no text has.
func clean(t string) string {
	t = extract.OneLine(t)
	if strings.IndexFunc(t, isNoText) < 0 {
		return t
	}
	return strings.Map(func(r rune) rune {
		if isNoText(r) {
			return -1
		}
		return r
	}, t)
}

func isNoText(r rune) bool { return unicode.IsControl(r) || r == '\ufffe' || r == '\uffff' }

// isoDate returns a date in ISO 8601 as the format shows it.
func (f *format) isoDate(t string) string {
	day, clock, _ := strings.Cut(strings.TrimSuffix(t, "Z"), "T")
	serial, ok := serialOf(day, clock)
	if !ok || !f.isDate() {
		return strings.TrimSpace(day + " " + clock)
	}
	return f.number(strconv.FormatFloat(serial, 'f', -1, 64), false)
}

// serialOf returns the number of a date, as counted from 1900.
func serialOf(day, clock string) (float64, bool) {
	date, ok := numbers(day, "-")
	if !ok || len(date) != 3 || date[0] < 1900 || date[0] > 9999 || date[1] < 1 || date[1] > 12 {
		return 0, false
	}
	serial := sinceEpoch(int(date[0]), int(date[1]), int(date[2]))
	time, ok := numbers(clock, ":")
	if clock != "" && (!ok || len(time) > 3) {
		return 0, false
	}
	part := 24.0
	value := float64(serial)
	for _, n := range time {
		value += n / part
		part *= 60
	}
	return value, true
}

// numbers returns the numbers in t between marks.
func numbers(t, mark string) (all []float64, ok bool) {
	if t == "" {
		return nil, false
	}
	for n := range strings.SplitSeq(t, mark) {
		v, err := strconv.ParseFloat(n, 64)
		if err != nil || len(all) > 3 || v < 0 || v > 10_000 {
			return nil, false
		}
		all = append(all, v)
	}
	return all, true
}

// sinceEpoch returns the day as counted from 1900, for one since March 1900.
func sinceEpoch(year, month, date int) int {
	if month < 3 {
		year, month = year-1, month+12
	}
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + date - 1 - 693_899
}
