package xlsx

import (
	"bytes"
	"strconv"
	"strings"
)

// A decimal is a number as it is written in the file: 0.d × 10^exp. Numbers are
// not taken through floating point, which would change the last digits of long
// ones and round halves to even.
type decimal struct {
	negative bool
	d        []byte // without zeros at its ends; empty for 0
	exp      int
}

// Bounds of a number: no program writes more.
const (
	maxDigits   = 400
	maxExponent = 400
	keptDigits  = 15 // that a number with a fraction has; what follows is noise
)

// parseDecimal reads a number such as -12.5e-3.
func parseDecimal(s string) (decimal, bool) {
	var n decimal
	s = strings.TrimSpace(s)
	if s != "" && (s[0] == '-' || s[0] == '+') {
		n.negative, s = s[0] == '-', s[1:]
	}
	digits, exponent := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e > maxExponent || e < -maxExponent {
			return n, false
		}
		digits, exponent = s[:i], e
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole+fraction == "" || len(digits) > maxDigits || strings.Trim(whole+fraction, "0123456789") != "" {
		return n, false
	}
	n.d, n.exp = []byte(whole+fraction), len(whole)+exponent
	n = n.trimmed()
	if len(n.d) > keptDigits && len(n.d) > n.exp {
		n = n.round(max(keptDigits-n.exp, 0))
	}
	return n, true
}

// trimmed returns n without zeros at the ends of its digits.
func (n decimal) trimmed() decimal {
	for len(n.d) > 0 && n.d[0] == '0' {
		n.d, n.exp = n.d[1:], n.exp-1
	}
	n.d = bytes.TrimRight(n.d, "0")
	if len(n.d) == 0 {
		n.exp, n.negative = 0, false
	}
	return n
}

// round returns n with that many digits after the point, halves away from 0.
func (n decimal) round(places int) decimal {
	keep := n.exp + places
	switch {
	case keep >= len(n.d):
		return n
	case keep < 0:
		return decimal{}
	}
	up := n.d[keep] >= '5'
	d := append([]byte{'0'}, n.d[:keep]...)
	for i := len(d) - 1; up; i-- {
		if d[i]++; d[i] <= '9' {
			break
		}
		d[i] = '0'
	}
	return decimal{n.negative, d, n.exp + 1}.trimmed()
}

// whole returns the digits before the point, without leading zeros.
func (n decimal) whole() string {
	switch {
	case n.exp <= 0:
		return ""
	case n.exp <= len(n.d):
		return string(n.d[:n.exp])
	}
	return string(n.d) + strings.Repeat("0", n.exp-len(n.d))
}

// fraction returns the digits after the point, without zeros at the end.
func (n decimal) fraction() string {
	switch {
	case len(n.d) == 0 || n.exp >= len(n.d):
		return ""
	case n.exp >= 0:
		return string(n.d[n.exp:])
	}
	return strings.Repeat("0", -n.exp) + string(n.d)
}

// What the format General shows.
const (
	generalDigits   = 10 // of a number with a fraction
	generalPlaces   = 9  // after the point, of one below 1
	generalWhole    = 21 // digits of a whole number, such as a long identifier
	scientificShown = 5  // digits after the point of what is too large or too small for these
)

// general returns n as the format General shows it, but for long whole numbers,
// which are shown whole: they are names of things.
func (n decimal) general() string {
	isWhole := len(n.d) <= n.exp
	shown := n
	switch {
	case len(n.d) == 0:
		return "0"
	case isWhole && n.exp > generalWhole, n.exp < -3 && len(n.d)-n.exp > generalPlaces:
		return n.scientific()
	case isWhole || n.exp > generalDigits:
	case n.exp > 0:
		shown = n.round(generalDigits - n.exp)
	default:
		shown = n.round(generalPlaces)
	}
	t := shown.whole()
	if t == "" {
		t = "0"
	}
	if f := shown.fraction(); f != "" {
		t += "." + f
	}
	return shown.sign() + t
}

func (n decimal) sign() string {
	if n.negative {
		return "-"
	}
	return ""
}

func (n decimal) scientific() string {
	m := decimal{n.negative, n.d, 1}.round(scientificShown)
	e := n.exp - 1 + m.exp - 1
	m.exp = 1
	t := m.whole()
	if f := m.fraction(); f != "" {
		t += "." + f
	}
	sign := "+"
	if e < 0 {
		sign, e = "-", -e
	}
	exponent := strconv.Itoa(e)
	if len(exponent) < 2 {
		exponent = "0" + exponent
	}
	return n.sign() + t + "E" + sign + exponent
}

// less reports whether n is less than m.
func (n decimal) less(m decimal) bool {
	a, b := n.float(), m.float()
	return a < b
}

// float returns n in floating point, as dates and fractions need it.
func (n decimal) float() float64 {
	if len(n.d) == 0 {
		return 0
	}
	f, _ := strconv.ParseFloat(n.sign()+"0."+string(n.d)+"e"+strconv.Itoa(n.exp), 64)
	return f
}
