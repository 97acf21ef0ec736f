package pptx

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"multivac/internal/extract/sheet"
)

// formatted returns a number as a reader of a chart sees it, roughly: a share
// as a percentage, a day as a date, and other numbers with the digits that were
// typed, not with those that a computer adds.
func formatted(v, code string, from1904 bool) string {
	v = strings.TrimSpace(v)
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return words(v, "")
	}
	code = unquoted(code)
	switch {
	case strings.Contains(code, "%"):
		digits := 0
		if _, after, ok := strings.Cut(code, "."); ok {
			digits = len(after) - len(strings.TrimLeft(after, "0#"))
		}
		return strconv.FormatFloat(n*100, 'f', min(digits, 15), 64) + "%"
	case isDate(code) && n >= 0 && n < 2_958_466: // the year 10000
		return date(n, code, from1904)
	}
	return shortest(n)
}

// shortest returns n with the 15 digits that a sheet keeps, or fewer.
func shortest(n float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 15, 64), 64)
	if a := math.Abs(rounded); a != 0 && (a < 1e-9 || a >= 1e15) {
		return strconv.FormatFloat(rounded, 'g', -1, 64)
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// unquoted returns the first form of a format code, for positive numbers, without the
// words, colours and languages in it.
func unquoted(code string) string {
	var b strings.Builder
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"', '[':
			end := byte('"')
			if code[i] == '[' {
				end = ']'
			}
			n := strings.IndexByte(code[i+1:], end)
			if n < 0 {
				return b.String()
			}
			i += n + 1
		case '\\', '_', '*':
			i++
		case ';':
			return b.String()
		default:
			b.WriteByte(code[i])
		}
	}
	return b.String()
}

// isDate reports whether a format code is that of dates.
func isDate(code string) bool {
	l := strings.ToLower(code)
	return l != "general" && !strings.ContainsAny(l, "#?") && strings.ContainsAny(l, "yd") ||
		strings.Trim(l, "m/- ") == "" && l != "" || strings.Contains(l, "h:mm")
}

// Days from 1970-01-01 back to the day 0 of sheets, by how they count.
const (
	from1900  = 25569 // from 1899-12-30: the sheet counts a 29 February 1900, which was none
	before60  = 25568 // from 1899-12-31, for days before that one
	fromOf904 = 24107 // from 1904-01-01
)

// date returns the day, or the time, that a number of days stands for, in the
// form of ISO 8601. Where the code shows no day, neither does it.
func date(n float64, code string, from1904 bool) string {
	zero := from1900
	switch {
	case from1904:
		zero = fromOf904
	case n < 60:
		zero = before60
	}
	seconds := int(math.Round(n * 86_400))
	days := int(math.Floor(float64(seconds) / 86_400))
	minutes := (seconds - days*86_400) / 60
	year, month, day := sheet.Date(days - zero)
	clock := fmt.Sprintf("%02d:%02d", minutes/60, minutes%60)
	l := strings.ToLower(code)
	shown, hour := strings.ContainsAny(l, "yd"), strings.Contains(l, "h")
	switch {
	case shown && hour:
		return fmt.Sprintf("%04d-%02d-%02d %s", year, month, day, clock)
	case hour:
		return clock
	case strings.Contains(l, "y") && !strings.ContainsAny(l, "md"):
		return fmt.Sprintf("%04d", year)
	case strings.Contains(l, "y") && !strings.Contains(l, "d"):
		return fmt.Sprintf("%04d-%02d", year, month)
	}
	return fmt.Sprintf("%04d-%02d-%02d", year, month, day)
}
