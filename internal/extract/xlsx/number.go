package xlsx

import (
	"math"
	"strconv"
	"strings"
)

// A layout is what the parts of a numeric section mean together.
type layout struct {
	point, exponent, slash int // where they stand among the parts; -1 for nowhere
	last                   int // the last digit before the point and the exponent
	whole, fraction        int // how many digits stand before and after the point
	thousands              bool
	shift                  int // by how many digits percent signs and commas at the end move the point
}

func (s *section) layout() layout {
	l := layout{point: -1, exponent: -1, slash: -1, last: -1}
	commas := 0
	for i, p := range s.parts {
		switch p.kind {
		case '.':
			if l.point < 0 {
				l.point = i
			}
		case 'E':
			if l.exponent < 0 {
				l.exponent = i
			}
		case '/':
			if l.slash < 0 {
				l.slash = i
			}
		case '%':
			l.shift += 2
		case ',':
			if l.whole+l.fraction > 0 && l.exponent < 0 {
				commas++
			}
		case '0', '#', '?':
			switch {
			case l.exponent >= 0:
			case l.point >= 0:
				l.fraction++
			default:
				l.thousands = l.thousands || commas > 0
				l.whole++
				l.last, commas = i, 0
			}
		}
	}
	l.shift -= 3 * commas
	return l
}

// number returns n as a numeric section shows it.
func (s *section) number(n decimal) string {
	l := s.layout()
	if len(n.d) > 0 {
		n.exp += l.shift
	}
	if l.slash >= 0 {
		return s.fractional(n, l)
	}
	exponent := 0
	if l.exponent >= 0 {
		n, exponent = n.mantissa(max(l.whole, 1), l.fraction)
	} else {
		n = n.round(l.fraction)
	}
	var b strings.Builder
	whole, fraction := n.whole(), n.fraction()
	left := l.whole       // digits of the format before the point that are not written yet
	after := 0            // digits of the format after the point that are
	begun := l.whole == 0 // digits are written
	if begun && l.point < 0 {
		return s.with("")
	}
	for i, p := range s.parts {
		switch p.kind {
		case '"':
			b.WriteString(p.text)
		case '.':
			if i != l.point {
				b.WriteByte('.')
				continue
			}
			if l.whole == 0 {
				b.WriteString(whole)
			}
			b.WriteByte('.')
		case '%':
			b.WriteByte('%')
		case 'E':
			b.WriteString(s.exponent(exponent, p.text, i))
		case '0', '#', '?':
			switch {
			case l.exponent >= 0 && i > l.exponent:
			case l.point >= 0 && i > l.point:
				writeAfter(&b, p.kind, fraction, after, s.parts[i:])
				after++
			default:
				writeBefore(&b, p.kind, whole, left, left == l.whole, l.thousands)
				left--
			}
		case 'G', '@', '!', 'p':
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// writeBefore writes the digits of whole for one digit of the format, which has
// left digits from there to the point. The first one takes all that are over.
func writeBefore(b *strings.Builder, kind byte, whole string, left int, first, thousands bool) {
	digits := ""
	switch at := len(whole) - left; {
	case first && at > 0:
		digits = whole[:at+1]
	case at >= 0:
		digits = whole[at : at+1]
	case kind == '0':
		digits = "0"
	case kind == '?':
		digits = " "
	}
	behind := left - 1 + len(digits)
	for i := range len(digits) {
		b.WriteByte(digits[i])
		if behind--; thousands && behind > 0 && behind%3 == 0 && digits[i] != ' ' {
			b.WriteByte(',')
		}
	}
}

// writeAfter writes one digit after the point. Those of # at the end are left
// out where there are only zeros.
func writeAfter(b *strings.Builder, kind byte, fraction string, at int, rest []part) {
	switch {
	case at < len(fraction):
		b.WriteByte(fraction[at])
	case kind == '0' || zeroFollows(rest):
		b.WriteByte('0')
	case kind == '?':
		b.WriteByte(' ')
	}
}

func zeroFollows(rest []part) bool {
	for _, p := range rest {
		if p.kind == '0' {
			return true
		}
		if p.kind == 'E' {
			break
		}
	}
	return false
}

// mantissa returns n without its exponent, which is a multiple of the digits
// before the point.
func (n decimal) mantissa(whole, fraction int) (decimal, int) {
	if len(n.d) == 0 {
		return n, 0
	}
	at := func(exp int) int { return int(math.Floor(float64(exp-1)/float64(whole))) * whole }
	e := at(n.exp)
	m := n
	m.exp -= e
	if m = m.round(fraction); m.exp > whole {
		e += whole
		m.exp -= whole
	}
	return m, e
}

// exponent returns an exponent as the digits behind E, at i, show it.
func (s *section) exponent(e int, sign string, i int) string {
	digits := 0
	for _, p := range s.parts[i+1:] {
		if p.kind == '0' {
			digits++
		}
	}
	if e < 0 {
		sign, e = "-", -e
	} else if sign == "-" {
		sign = ""
	}
	t := strconv.Itoa(e)
	return "E" + sign + strings.Repeat("0", max(digits-len(t), 0)) + t
}

// maxDenominator is the largest one that is looked for.
const maxDenominator = 999

// fractional returns n as a fraction, such as 1 1/2.
func (s *section) fractional(n decimal, l layout) string {
	value := n.float()
	groups, digits, of := 0, 0, ""
	inGroup := false
	for i, p := range s.parts {
		isDigit := strings.IndexByte("0#?", p.kind) >= 0
		if i < l.slash && isDigit && !inGroup {
			groups++
		}
		inGroup = isDigit
		if i > l.slash && isDigit {
			digits++
			of += "0"
		} else if i > l.slash && p.kind == '"' {
			of += strings.TrimSpace(p.text)
		}
	}
	whole := 0.0
	if groups > 1 {
		whole = math.Floor(value)
		value -= whole
	}
	fixed, err := strconv.Atoi(of)
	if err != nil {
		fixed = 0
	}
	above, below := nearest(value, fixed, min(int(math.Pow10(min(digits, 3)))-1, maxDenominator))
	if groups > 1 && above == below {
		whole, above = whole+1, 0
	}
	fraction := strconv.Itoa(above) + "/" + strconv.Itoa(below)
	switch t := strconv.FormatFloat(whole, 'f', 0, 64); {
	case groups < 2:
		return fraction
	case above == 0:
		return t
	case whole == 0:
		return fraction
	default:
		return t + " " + fraction
	}
}

// nearest returns the fraction that is nearest to value: the one with the fixed
// denominator, or with one up to most.
func nearest(value float64, fixed, most int) (above, below int) {
	if value > math.MaxInt32 {
		return int(min(value, math.MaxInt64/2)), 1
	}
	if fixed > 0 {
		return int(math.Round(value * float64(fixed))), fixed
	}
	below, miss := 1, math.Inf(1)
	for d := 1; d <= max(most, 1); d++ {
		if m := math.Abs(value - math.Round(value*float64(d))/float64(d)); m < miss-1e-12 {
			miss, below = m, d
		}
	}
	return int(math.Round(value * float64(below))), below
}
