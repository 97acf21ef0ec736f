package mail

import (
	"regexp"
	"strconv"
	"strings"
)

// A date is when a mail was sent, in the zone that it names.
type date struct {
	year, month, day int // 0 where it cannot be read
	clock, zone      string
	raw              string
}

var (
	months   = strings.Fields("January February March April May June July August September October November December")
	weekdays = strings.Fields("Sunday Monday Tuesday Wednesday Thursday Friday Saturday")
)

// spaced is the white space that old mails have around colons, and comments such
// as the name of the zone.
var spaced = regexp.MustCompile(`\s*\([^()]*\)|\s+(:)|(:)\s+`)

// readDate reads Mon, 09 Mar 2026 10:00:00 +0100, and what is like it.
func readDate(raw string) date {
	d := date{raw: raw}
	s := spaced.ReplaceAllString(raw, "$1$2")
	s = spaced.ReplaceAllString(s, "$1$2") // a colon with a space on each side
	var numbers []int
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,\t-/()", r) }) {
		n, err := strconv.Atoi(f)
		switch {
		case strings.Contains(f, ":") && d.clock == "":
			d.clock = f
			if at := strings.Index(s, f) + len(f); strings.HasPrefix(strings.TrimSpace(s[at:]), "-") {
				d.zone = "-" // a zone of minus, which is no border between words
			}
		case d.clock != "" && (d.zone == "" || d.zone == "-") && (len(f) == 5 && f[0] == '+' || d.zone == "-" && len(f) == 4 || f == "GMT" || f == "UTC"):
			d.zone += f
		case err == nil && n >= 0:
			numbers = append(numbers, n)
		case d.month == 0 && len(f) >= 3:
			d.month = monthOf(f)
		}
	}
	if len(numbers) >= 2 {
		d.day, d.year = numbers[0], numbers[1]
	}
	if d.year < 50 {
		d.year += 2000
	} else if d.year < 1000 {
		d.year += 1900
	}
	if d.month == 0 || d.day < 1 || d.day > 31 || d.year > 9999 || len(numbers) < 2 {
		return date{raw: raw}
	}
	if len(d.clock) == len("10:00:00") {
		d.clock = d.clock[:len("10:00")]
	}
	return d
}

func monthOf(f string) int {
	for i, m := range months {
		if strings.EqualFold(f[:3], m[:3]) {
			return i + 1
		}
	}
	return 0
}

// iso returns the day as 2026-03-09, or "".
func (d date) iso() string {
	if d.day == 0 {
		return ""
	}
	two := func(n int) string { return strconv.Itoa(100 + n)[1:] }
	return strconv.Itoa(d.year) + "-" + two(d.month) + "-" + two(d.day)
}

// String returns the date in words, as mail programs show it.
func (d date) String() string {
	if d.day == 0 {
		return d.raw
	}
	words := weekdays[weekday(d.year, d.month, d.day)] + ", " + strconv.Itoa(d.day) + " " + months[d.month-1] + " " + strconv.Itoa(d.year)
	if d.clock != "" {
		words += ", " + d.clock
	}
	if d.zone != "" && d.zone != "-" {
		words += " " + d.zone
	}
	return words
}

// weekday returns 0 for a Sunday.
func weekday(y, m, d int) int {
	shift := [...]int{0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4}
	if m < 3 {
		y--
	}
	return (y + y/4 - y/100 + y/400 + shift[m-1] + d) % 7
}
