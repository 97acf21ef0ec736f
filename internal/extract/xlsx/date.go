package xlsx

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"multivac/internal/extract/sheet"
)

// How dates are counted.
const (
	dayMillis   = 24 * 60 * 60 * 1000
	most        = 1e9 * dayMillis // milliseconds that are shown as hours and minutes
	maxDay      = 2958465         // 9999-12-31
	from1904Day = 1462            // days that a workbook that counts from 1904 begins later
	leapDay     = 60              // 1900-02-29, which never was, has a number
)

// A moment is a date and a time of day.
type moment struct {
	day                 int // as counted from 1900
	year, month, date   int
	hour, minute, milli int     // milli are the seconds, too
	total               float64 // milliseconds from the start, for what does not end at 24 hours
}

// momentOf returns the moment that a number stands for. It returns false for
// one that no calendar has.
func momentOf(value float64, from1904, seconds bool) (moment, bool) {
	unit := 1000.0
	if seconds {
		unit = 1
	}
	total := math.Round(value*dayMillis/unit) * unit
	if !(total >= 0 && total < most) {
		return moment{total: total}, false
	}
	m := moment{total: total, day: int(total / dayMillis)}
	rest := int(math.Mod(total, dayMillis))
	m.hour, m.minute, m.milli = rest/3600_000, rest/60_000%60, rest%60_000
	if from1904 {
		m.day += from1904Day
	}
	if m.day > maxDay {
		return m, false
	}
	m.year, m.month, m.date = calendar(m.day)
	return m, true
}

// calendar returns the date of a day as counted from 1900, as Excel shows it:
// day 0 is the one before 1 January.
func calendar(day int) (year, month, date int) {
	switch {
	case day == 0:
		return 1900, 1, 0
	case day == leapDay:
		return 1900, 2, 29
	case day < leapDay:
		day++
	}
	return sheet.Date(day - 25_569)
}

// date returns a number as the date that the section shows.
func (s *section) date(n decimal, from1904, local bool) string {
	seconds, elapsed, twelve, dated := false, false, false, false
	foreign := s.language == unknownLanguage && s.named()
	for _, p := range s.parts {
		seconds = seconds || p.kind == 'f'
		elapsed = elapsed || strings.IndexByte("HNS", p.kind) >= 0
		twelve = twelve || p.kind == 'p'
		dated = dated || strings.IndexByte("ymda", p.kind) >= 0
		foreign = foreign || p.kind == '!'
	}
	value := n.float()
	m, ok := momentOf(math.Abs(value), from1904, seconds)
	switch {
	case elapsed && !dated && m.total < most:
		sign := ""
		if value < 0 {
			sign = "-"
		}
		return sign + s.write(m, twelve)
	case value < 0 || !ok:
		return n.general()
	case foreign || local:
		return s.plain(m)
	}
	return s.write(m, twelve)
}

// plain returns the parts of the date that the section shows as
// 2026-03-09 14:30.
func (s *section) plain(m moment) string {
	has := map[byte]bool{}
	for _, p := range s.parts {
		has[p.kind] = true
	}
	var t []string
	switch {
	case has['d'] || has['!'] && !has['m'] && !has['h'] && !has['s']:
		t = append(t, fmt.Sprintf("%04d-%02d-%02d", m.year, m.month, m.date))
	case has['m']:
		t = append(t, fmt.Sprintf("%04d-%02d", m.year, m.month))
	case has['y']:
		t = append(t, strconv.Itoa(m.year))
	}
	if has['s'] {
		t = append(t, fmt.Sprintf("%02d:%02d:%02d", m.hour, m.minute, m.milli/1000))
	} else if has['h'] {
		t = append(t, fmt.Sprintf("%02d:%02d", m.hour, m.minute))
	}
	return strings.Join(t, " ")
}

// write returns a moment as the section shows it, but for years, which have all
// their digits: 48 alone does not say of which century it is.
func (s *section) write(m moment, twelve bool) string {
	var b strings.Builder
	names := namesOf[s.language]
	pad := func(value, width int) { fmt.Fprintf(&b, "%0*d", min(width, 2), value) }
	for _, p := range s.parts {
		n := len(p.text)
		switch p.kind {
		case '"', '!':
			b.WriteString(p.text)
		case 'y':
			fmt.Fprintf(&b, "%04d", m.year)
		case 'm':
			b.WriteString(names.month(m.month, n))
		case 'd', 'a':
			if p.kind == 'a' || n > 2 {
				b.WriteString(names.weekday(m.day, n))
			} else {
				pad(m.date, n)
			}
		case 'h':
			hour := m.hour
			if twelve {
				hour = (hour+11)%12 + 1
			}
			pad(hour, n)
		case 'n':
			pad(m.minute, n)
		case 's':
			pad(m.milli/1000, n)
		case 'f':
			b.WriteString("." + fmt.Sprintf("%03d", m.milli%1000)[:n])
		case 'p':
			b.WriteString(noon(p.text, m.hour))
		case 'H':
			fmt.Fprintf(&b, "%0*d", n, int64(m.total/3600_000))
		case 'N':
			fmt.Fprintf(&b, "%0*d", n, int64(m.total/60_000))
		case 'S':
			fmt.Fprintf(&b, "%0*d", n, int64(m.total/1000))
		}
	}
	return b.String()
}

// noon returns the half of the day.
func noon(word string, hour int) string {
	before, after, _ := strings.Cut(word, "/")
	if hour >= 12 {
		before = after
	}
	return strings.ToUpper(before)
}
