package sheet

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac/internal/extract"
)

// Kinds of a cell's content. Other content with digits has its shape as its
// kind, such as "a9-9".
const (
	nothing = ""
	words   = "words"
	number  = "number"
	truth   = "truth"
	address = "address"
)

var (
	truths  = extract.Words("yes no true false y n on off ✓ ✔ ✗ ✘ x ja nein oui non sí")
	unknown = extract.Words("n/a na - – — ? none null nil tbd unknown nan #n/a")
)

// labels are frequent names of columns.
var labels = extract.Words(`account action address age alert amount answer author category city class code comment component contact cost count country currency
	date day default department description details domain email end environment error event example field file from group host id impact item
	key kind label language level limit link location message method model month name node note notes number operator option order owner
	parameter part path person phone plan port price priority product project qty quantity question reason region release remark role
	runbook service setting severity size sku source start state status step summary system tag target task team term time title to topic total type
	unit url user username value vendor version weight year zone frage antwort wert preis datum nummer titel
	beschreibung nom prix nombre precio fecha valeur`)

// kind returns the kind of a cell's content.
func kind(t string) string {
	t = strings.TrimSpace(t)
	l := strings.ToLower(t)
	switch {
	case t == "" || len(t) < 10 && unknown[l]:
		return nothing
	case len(t) < 8 && truths[l]:
		return truth
	case isNumber(t):
		return number
	case strings.ContainsRune(t, ' '):
	case strings.Contains(t, "://"), strings.IndexByte(t, '@') > 0:
		return address
	}
	if s := shape(t); strings.ContainsRune(s, '9') {
		return s
	}
	return words
}

// isNumber reports whether t is a number, with or without a sign, separators, a
// currency or a unit.
func isNumber(t string) bool {
	t = strings.TrimLeftFunc(t, func(r rune) bool { return unicode.Is(unicode.Sc, r) || strings.ContainsRune("+-−±~<>≤≥( ", r) })
	i := 0
	for i < len(t) && (t[i] >= '0' && t[i] <= '9' || i > 0 && strings.IndexByte(".,' ", t[i]) >= 0) {
		i++
	}
	if i == 0 {
		return false
	}
	unit := strings.TrimSpace(t[i:])
	if utf8.RuneCountInString(unit) > 7 {
		return false
	}
	for _, r := range unit {
		if !unicode.IsLetter(r) && !unicode.Is(unicode.Sc, r) && !strings.ContainsRune("%°‰/²³)", r) {
			return false
		}
	}
	return true
}

// shape returns t with 9 for each run of digits and a for each run of letters.
// For example, AB-123 becomes a-9.
func shape(t string) string {
	var b strings.Builder
	last := rune(0)
	for _, r := range t {
		switch {
		case r >= '0' && r <= '9':
			r = '9'
		case unicode.IsLetter(r):
			r = 'a'
		}
		if r == last && (r == '9' || r == 'a') {
			continue
		}
		if b.Len() > 24 {
			break
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// isUnit reports whether t is the unit of a column.
func isUnit(t string) bool {
	if n := len(t); n > 2 && n < 16 && (t[0] == '(' && t[n-1] == ')' || t[0] == '[' && t[n-1] == ']') {
		return true
	}
	return units[t]
}

var units = extract.Words(`% ‰ ° °C °F K kg g mg t lb oz m cm mm km µm in ft mi s ms min h d days hours minutes seconds years months EUR USD GBP CHF € $ £
	B kB KB MB GB TB KiB MiB GiB bit Mbit Gbit Mbit/s Gbit/s MB/s l L ml W kW MW kWh MWh V A mA Hz kHz MHz GHz Pa kPa bar N Nm J kJ km/h m/s rpm px pt pcs m² m³ m2 m3`)

// csvHeader returns how many rows are the header of a table that does not mark
// it: 0, 1, or 2 if the first row groups the columns of the second.
func csvHeader(rows []Row) int {
	if len(rows) < 2 {
		return 0
	}
	if len(rows) > 2 && isGroupedHeader(rows) {
		fillRight(rows[0].Cells, len(rows[1].Cells))
		return 2
	}
	header, data := votes(rows)
	switch {
	case data > 0 && data >= header, header == 0 && sameStyle(rows):
		return 0
	}
	return 1
}

// votes returns how many columns indicate that the first row is a header, and
// how many that it is data.
func votes(rows []Row) (header, data int) {
	numbered := isNumbered(rows[0].Cells)
	for i, c := range rows[0].Cells {
		k := kind(c.Text)
		if k == nothing {
			continue
		}
		most, again := below(rows, i)
		switch t := strings.TrimSpace(c.Text); {
		case k == words && most == words:
			if labels[strings.ToLower(t)] {
				header++
			} else if again || isSentence(t) {
				data++
			}
		case k == words && most != nothing && most != words:
			header++
		case k == number && (numbered || isYear(t) && !yearsBelow(rows, i)):
		case k == most:
			data++
		}
	}
	return header, data
}

// below returns the kind of most cells in a column below the first row, and
// whether the first cell occurs again.
func below(rows []Row, column int) (most string, again bool) {
	count := map[string]int{}
	n := 0
	first := rows[0].Cells[column].Text
	for _, r := range rows[1:] {
		if column >= len(r.Cells) || sameText(rows[0].Cells, r.Cells) {
			continue
		}
		again = again || r.Cells[column].Text == first
		if k := kind(r.Cells[column].Text); k != nothing {
			n++
			count[k]++
		}
	}
	for k, c := range count {
		if c*10 >= n*7 {
			return k, again
		}
	}
	return nothing, again
}

func sameText(a, b []Cell) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Text != b[i].Text {
			return false
		}
	}
	return true
}

// isNumbered reports whether numbers in a row go up or down in equal steps, as
// years and months above columns do.
func isNumbered(cells []Cell) bool {
	n, last, step := 0, 0, 0
	for _, c := range cells {
		v, err := strconv.Atoi(strings.TrimSpace(c.Text))
		if err != nil {
			continue
		}
		switch {
		case n == 1:
			step = v - last
		case n > 1 && v-last != step:
			return false
		}
		n, last = n+1, v
	}
	return n > 2 && step != 0 || n == 2 && (step == 1 || step == -1)
}

func isYear(t string) bool {
	v, err := strconv.Atoi(t)
	return err == nil && len(t) == 4 && v >= 1900 && v < 2100
}

func yearsBelow(rows []Row, column int) bool {
	for _, r := range rows[1:] {
		if column < len(r.Cells) && kind(r.Cells[column].Text) != nothing && !isYear(strings.TrimSpace(r.Cells[column].Text)) {
			return false
		}
	}
	return true
}

// isSentence reports whether t is too long for the name of a column.
func isSentence(t string) bool {
	return len(t) > 80 || strings.Count(t, " ") > 2 && strings.IndexByte(".!?", t[len(t)-1]) >= 0
}

// sameStyle reports whether each column of words is written in the same style
// from the first row on, while the columns differ in style. Names of columns
// would all be in one style.
func sameStyle(rows []Row) bool {
	styles := map[string]bool{}
	for i, c := range rows[0].Cells {
		style := styleOf(c.Text)
		if style == "" || len(rows) < 3 {
			return false
		}
		styles[style] = true
		for _, r := range rows[1:] {
			if i >= len(r.Cells) || styleOf(r.Cells[i].Text) != style {
				return false
			}
		}
	}
	return len(styles) > 1
}

func styleOf(t string) string {
	t = strings.TrimSpace(t)
	first, size := utf8.DecodeRuneInString(t)
	switch {
	case !unicode.IsLetter(first):
		return ""
	case strings.ToLower(t) == t:
		return "lower"
	case strings.ToUpper(t) == t && len(t) > size:
		return "upper"
	case unicode.IsUpper(first):
		return "capital"
	}
	return "mixed"
}

// isGroupedHeader reports whether the first row groups the columns that the
// second row names: "Q1,,Q2," above "Plan,Actual,Plan,Actual".
func isGroupedHeader(rows []Row) bool {
	first, second := rows[0].Cells, rows[1].Cells
	groups, blanks, named := 0, 0, false
	seen := map[string]bool{}
	doubled, values := false, false
	for i, c := range second {
		above := ""
		if i < len(first) {
			above = strings.TrimSpace(first[i].Text)
		}
		t := strings.TrimSpace(c.Text)
		switch {
		case t == "" && above == "", t != "" && kind(t) != words, above != "" && kind(above) == number && !isYear(above):
			return false
		case above != "":
			groups++
			named = true
		case named:
			blanks++
		}
		doubled = doubled || t != "" && seen[t]
		seen[t] = true
		most, _ := below(rows[1:], i)
		values = values || t != "" && most != words && most != nothing
	}
	return len(first) <= len(second) && groups > 0 && blanks > 0 && (doubled || values)
}

// fillRight fills each blank cell to the right of a name with that name.
func fillRight(cells []Cell, width int) {
	last := ""
	for i := range cells[:min(len(cells), width)] {
		if t := strings.TrimSpace(cells[i].Text); t != "" {
			last = t
		} else {
			cells[i].Text = last
		}
	}
}
