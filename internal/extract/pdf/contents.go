package pdf

import (
	"regexp"
	"strconv"
)

// A table of contents says nothing that its headings do not say at their places,
// and its entries read as if they were the text. It is told by at least four lines
// on a page that end with dots and a number of a page, which grows from line to
// line: prices behind dots do not.

const (
	leastEntries = 4
	mostlyToC    = 0.6 // of the lines of a page, for it to have nothing but entries
)

var entry = regexp.MustCompile(`…\s?(\d{1,5}|[ivxl]{1,7})$`)

// withoutContents returns rows without the entries of a table of contents.
func withoutContents(rows []row) []row {
	is := make([]bool, len(rows))
	n, last := 0, 0
	for i, r := range rows {
		m := entry.FindStringSubmatch(r.text(false))
		if m == nil {
			continue
		}
		if page, err := strconv.Atoi(m[1]); err == nil {
			if page < last {
				return rows
			}
			last = page
		}
		is[i] = true
		n++
	}
	if n < leastEntries {
		return rows
	}
	kept := make([]row, 0, len(rows)-n)
	for i, r := range rows {
		if !is[i] && (float64(n) < mostlyToC*float64(len(rows)) || i == 0) {
			kept = append(kept, r)
		}
	}
	return kept
}
