package xlsx

import "testing"

// A numberCase is a number, its format, and what is shown.
type numberCase struct{ code, raw, want string }

func (c numberCase) check(t *testing.T) {
	t.Helper()
	if got := parseFormat(c.code).number(c.raw, false); got != c.want {
		t.Errorf("%s of %s: got %q, want %q", c.code, c.raw, got, c.want)
	}
}

// Numbers without a format, of which the long whole ones are names of things.
func TestGeneral(t *testing.T) {
	for _, c := range []numberCase{
		{"General", "0", "0"},
		{"General", "-0", "0"},
		{"General", "1234.5", "1234.5"},
		{"General", "0.30000000000000004", "0.3"},
		{"General", "3.14159265358979", "3.141592654"},
		{"General", "12345678901234567", "12345678901234567"},
		{"General", "1.234567890123457E+16", "12345678901234570"},
		{"General", "4006381333931", "4006381333931"},
		{"General", "1E+21", "1E+21"},
		{"General", "-2.5E-12", "-2.5E-12"},
		{"General", "1e-07", "0.0000001"},
		{"General", "123456789012.34", "123456789012.34"},
		{"General", "not a number", "not a number"},
		{"General", "1e999999", "1e999999"},
		{"", "7", "7"},
		{"@", "12.50", "12.5"},
		{`General" km"`, "-12", "-12 km"},
	} {
		c.check(t)
	}
}

// Numbers are shown as their formats say.
func TestNumbers(t *testing.T) {
	for _, c := range []numberCase{
		{"0", "2.5", "3"},
		{"0", "-0.4", "0"},
		{"0.00", "1.005", "1.01"},
		{"0.00", "9.999", "10.00"},
		{"0%", "0.175", "18%"},
		{"0%", "0.125", "13%"},
		{"0.0%", "1.5", "150.0%"},
		{"#,##0", "1234567.8", "1,234,568"},
		{"#,##0", "0", "0"},
		{"#,###", "0", ""},
		{"#,##0.00", "1234.5", "1,234.50"},
		{"#,##0,", "1234567", "1,235"},
		{`0.0,,"M"`, "1234567", "1.2M"},
		{`#,##0.00 "EUR"`, "-1234.5", "-1,234.50 EUR"},
		{`[$€-407] #,##0.00`, "1234.5", "€ 1,234.50"},
		{`#,##0.00 [$kr-41D];[Red]-#,##0.00 [$kr-41D]`, "-5", "-5.00 kr"},
		{`"$"#,##0_);[Red]\("$"#,##0\)`, "-1234", "($1,234)"},
		{`_("$"* #,##0.00_);_("$"* \(#,##0.00\);_("$"* "-"??_);_(@_)`, "0", " $ -   "},
		{"0000", "42", "0042"},
		{"000-00-0000", "123456789", "123-45-6789"},
		{"(000) 000-0000", "5551234567", "(555) 123-4567"},
		{"0.##", "1.5", "1.5"},
		{"0.00E+00", "12345", "1.23E+04"},
		{"0.00E+00", "0.00099999", "1.00E-03"},
		{"##0.0E+0", "12345", "12.3E+3"},
		{"0E-0", "100", "1E2"},
		{"# ?/?", "1.5", "1 1/2"},
		{"# ?/?", "0.5", "1/2"},
		{"# ?/?", "3", "3"},
		{"# ??/??", "3.14", "3 7/50"},
		{"?/?", "1.5", "3/2"},
		{"# ?/8", "0.25", "2/8"},
		{"0;;", "-5", ""},
		{";;;", "5", ""},
		{`0;-0;"zero"`, "0", "zero"},
		{`0;(0)`, "-5", "(5)"},
		{`"yes";"no";"none"`, "1", "yes"},
		{`[>=1000]0.0,"k";0`, "1500", "1.5k"},
		{`[>=1000]0.0,"k";0`, "15", "15"},
		{`[<0]"below";[=0]"none";0`, "-3", "below"},
		{`[=1]"one";[=2]"two";0`, "2", "two"},
		{`0 "pcs."`, "3", "3 pcs."},
		{`0\°`, "30", "30°"},
		{"[Blue]0", "3", "3"},
	} {
		c.check(t)
	}
}

// Dates are shown as their formats say, but for the years of two digits.
func TestDates(t *testing.T) {
	for _, c := range []struct {
		code, raw string
		from1904  bool
		want      string
	}{
		{"yyyy-mm-dd", "46090", false, "2026-03-09"},
		{"yyyy-mm-dd", "44628", true, "2026-03-09"},
		{"dd/mm/yyyy hh:mm", "46090.60416666666", false, "09/03/2026 14:30"},
		{"dd.mm.yy", "17632", false, "09.04.1948"},
		{"d-mmm-yy", "46090", false, "9-Mar-2026"},
		{"mmm-yy", "46090", false, "Mar-2026"},
		{"m/d/yyyy", "46090", false, "3/9/2026"},
		{"dddd, mmmm d, yyyy", "45000", false, "Wednesday, March 15, 2023"},
		{"ddd mmmmm", "45000", false, "Wed M"},
		{"[$-407]dddd, d. mmmm yyyy", "45000", false, "Mittwoch, 15. März 2023"},
		{"[$-40C]d mmm yyyy", "45000", false, "15 mars 2023"},
		{"[$-de-DE]mmmm", "45000", false, "März"},
		{"[$-419]d mmmm yyyy", "45000", false, "2023-03-15"},
		{"[$-419]dd.mm.yyyy", "45000", false, "15.03.2023"},
		{"[$-F800]dddd, mmmm dd, yyyy", "45000", false, "2023-03-15"},
		{"[$-F400]h:mm:ss AM/PM", "0.604166666666667", false, "14:30:00"},
		{"[$-107041E]d/m/yyyy", "45000", false, "2023-03-15"},
		{`yyyy"年"m"月"d"日"`, "45000", false, "2023年3月15日"},
		{`[$-411]ggge"年"m"月"d"日"`, "45000", false, "2023-03-15"},
		{"[$-411]aaaa", "45000", false, "水曜日"},
		{"yyyy-mm-dd", "1", false, "1900-01-01"},
		{"yyyy-mm-dd", "59", false, "1900-02-28"},
		{"yyyy-mm-dd", "60", false, "1900-02-29"},
		{"yyyy-mm-dd", "61", false, "1900-03-01"},
		{"yyyy-mm-dd", "0", true, "1904-01-01"},
		{"yyyy-mm-dd", "2958465", false, "9999-12-31"},
		{"yyyy-mm-dd", "2958466", false, "2958466"},
		{"yyyy-mm-dd", "-1", false, "-1"},
		{"yyyy-mm-dd", "36585", false, "2000-02-29"},
		{"h:mm", "0.99999", false, "23:59"},
		{"h:mm:ss", "0.5451388888888888", false, "13:05:00"},
		{"h:mm AM/PM", "0.5", false, "12:00 PM"},
		{"h:mm AM/PM", "0", false, "12:00 AM"},
		{"h:mm:ss", "0.99999999", false, "0:00:00"},
		{"mm:ss.0", "0.000011574", false, "00:01.0"},
		{"ss.000", "0.0000173611", false, "01.500"},
		{"[h]:mm:ss", "1.25", false, "30:00:00"},
		{"[h]:mm", "1.25", true, "30:00"},
		{"[hh]:mm:ss", "0.25", false, "06:00:00"},
		{"[mm]:ss", "0.0423611111111111", false, "61:00"},
		{"[h]:mm", "-0.5", false, "-12:00"},
		{"[h] mmm ddd", "-45000", false, "-45000"},
		{"[$-41D][h] mmm ddd", "45000", false, "2023-03-15"},
		{"[h]:mm", "99999999999", false, "99999999999"},
		{`d "days" h "hours"`, "1.5", false, "1 days 12 hours"},
		{"m/d/yyyy;@", "46090", false, "3/9/2026"},
	} {
		if got := parseFormat(c.code).number(c.raw, c.from1904); got != c.want {
			t.Errorf("%s of %s: got %q, want %q", c.code, c.raw, got, c.want)
		}
	}
}

// Formats that files name by number only.
func TestBuiltinFormats(t *testing.T) {
	r := &styleReader{formats: map[int]*format{}, codes: map[int]string{14: "dd-mm-yy", 164: "0.000"}}
	for _, c := range []struct {
		id        int
		raw, want string
	}{
		{0, "0.1", "0.1"}, {1, "3.7", "4"}, {4, "1234.5", "1,234.50"}, {9, "0.5", "50%"}, {14, "46090", "2026-03-09"}, {15, "46090", "9-Mar-2026"},
		{22, "46090.6041666667", "2026-03-09 14:30"}, {27, "46090", "2026-03-09"}, {57, "46090", "2026-03-09"}, {32, "0.5", "12:00"},
		{44, "-12", "(12.00)"}, {46, "1.25", "30:00:00"}, {48, "12345", "12.3E+3"}, {49, "5", "5"}, {164, "1", "1.000"}, {999, "1.5", "1.5"},
	} {
		if got := r.format(c.id).number(c.raw, false); got != c.want {
			t.Errorf("format %d of %s: got %q, want %q", c.id, c.raw, got, c.want)
		}
	}
}

// Text is shown as its section says.
func TestText(t *testing.T) {
	for _, c := range []struct{ code, in, want string }{
		{"General", "a", "a"}, {"@", "a", "a"}, {`0;0;0;"<"@">"`, "a", "<a>"}, {";;;", "a", ""}, {`@" km"`, "a", "a km"}, {"0.00", "a", "a"}, {"yyyy;@", "a", "a"},
	} {
		if got := parseFormat(c.code).string(c.in); got != c.want {
			t.Errorf("%s of %s: got %q, want %q", c.code, c.in, got, c.want)
		}
	}
}

// Each day from the year 1900 on is the one after the last.
func TestCalendar(t *testing.T) {
	year, month, date := calendar(61)
	for day := 62; day <= maxDay; day++ {
		y, m, d := calendar(day)
		next := y == year && m == month && d == date+1 || d == 1 && (y == year && m == month+1 || y == year+1 && m == 1 && month == 12) && date >= 28
		if !next || sinceEpoch(y, m, d) != day {
			t.Fatalf("day %d: %d-%d-%d follows %d-%d-%d, and is day %d", day, y, m, d, year, month, date, sinceEpoch(y, m, d))
		}
		year, month, date = y, m, d
	}
}

func FuzzFormat(f *testing.F) {
	f.Add(`_("$"* #,##0.00_);[Red]\("$"#,##0\);[<1]0.##E+00;"x"@`, "-1.5e3")
	f.Add("[$-407]dddd, d. mmmm yyyy;[h]:mm:ss.000 AM/PM;# ??/??", "46090.5")
	f.Add("[mm]:ss;ge;aaa bb;[$€-1]General", "1e300")
	f.Fuzz(func(t *testing.T, code, raw string) {
		x := parseFormat(code)
		if got := x.number(raw, false); len(got) > 100*(len(code)+len(raw)+100) {
			t.Errorf("%q of %q: %d bytes", code, raw, len(got))
		}
		x.number(raw, true)
		x.string(raw)
		x.isoDate(raw)
	})
}
