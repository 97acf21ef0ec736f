package charset

import (
	"bytes"
	"cmp"
	"errors"
	"math"

	"golang.org/x/text/transform"
)

// A reading is what a text says in one encoding, and what that costs: minus the
// natural logarithm of how likely people write it.
type reading struct {
	Encoding
	cost     float64
	wideCost float64 // of the pairs with a character that is not ASCII
	pairs    int     // with a character that is not ASCII
	typical  float64 // what such a pair costs in the language
}

func (r reading) compare(other reading) int { return cmp.Compare(r.cost, other.cost) }

// strange reports whether the text is unlike any that the model knows.
func (r reading) strange() bool {
	n := float64(r.pairs)
	return n > 0 && r.wideCost/n > r.typical*maxStrange+strangeExcess+strangeFew/math.Sqrt(n)
}

// readings returns what b says in the encodings in which it is text. Of those
// in which it says the same, it returns the first.
func readings(b []byte) []reading {
	if bytes.IndexByte(b, 0) >= 0 { // of those that are tried, only UTF-16 has zero bytes
		return wideReadings(b[:min(len(b), maxSample)], func(e Encoding) bool { return isUTF16(e) && len(b)%2 == 0 })
	}
	s := sample(b)
	all := wideReadings(s, func(e Encoding) bool { return e.table == nil && !isUTF16(e) })
	present := presence(b)
	var tables []*[256]rune
	for _, e := range encodings() {
		if e.table == nil || !defines(e.table, present) || repeats(e.table, tables, present) {
			continue
		}
		tables = append(tables, e.table)
		all = append(all, readBytes(e, s))
	}
	return all
}

func isUTF16(e Encoding) bool { return e.Name == "utf-16le" || e.Name == "utf-16be" }

// presence returns the bytes that b has.
func presence(b []byte) (bytes []byte) {
	var seen [256]bool
	for _, c := range b {
		seen[c] = true
	}
	for c, is := range seen {
		if is {
			bytes = append(bytes, byte(c))
		}
	}
	return bytes
}

// defines reports whether an encoding defines all the bytes of a text.
func defines(table *[256]rune, present []byte) bool {
	for _, c := range present {
		if table[c] == undefined {
			return false
		}
	}
	return true
}

// repeats reports whether an encoding gives the same text as one before it.
func repeats(table *[256]rune, tables []*[256]rune, present []byte) bool {
	for _, other := range tables {
		same := true
		for _, c := range present {
			same = same && table[c] == other[c]
		}
		if same {
			return true
		}
	}
	return false
}

// wideReadings returns what a sample says in encodings with several bytes for a
// character.
func wideReadings(s []byte, wanted func(Encoding) bool) (all []reading) {
	var seen []string
	for _, e := range encodings() {
		if !wanted(e) {
			continue
		}
		text, ok := e.begin(s)
		for _, other := range seen {
			ok = ok && text != other
		}
		if ok {
			seen = append(seen, text)
			all = append(all, readRunes(e, []rune(text)))
		}
	}
	return all
}

// begin decodes a sample, which may end within a character. It returns false
// where s is not text in e.
func (e Encoding) begin(s []byte) (string, bool) {
	out := make([]byte, 3*len(s)+16)
	n, _, err := e.codec.NewDecoder().Transform(out, s, false)
	if err != nil && !errors.Is(err, transform.ErrShortSrc) {
		return "", false
	}
	return string(out[:n]), clean(out[:n])
}

// readBytes returns what a sample says in an encoding with one byte for each
// character.
func readBytes(e Encoding, s []byte) reading {
	var t text
	var at [256]int // the places of characters in t.chars, plus 1
	place := func(c byte) int {
		if at[c] == 0 {
			t.chars = append(t.chars, newChar(e.table[c]))
			at[c] = len(t.chars)
		}
		return at[c] - 1
	}
	var counts [1 << 16]int32
	last := byte('\n')
	place(last)
	for i, c := range s {
		counts[int(last)<<8|int(c)]++
		last = c
		if p := place(c); t.chars[p].kind == symbol {
			next := byte('\n')
			if i+1 < len(s) {
				next = s[i+1]
			}
			before := byte('\n')
			if i > 0 {
				before = s[i-1]
			}
			t.symbol(t.chars[place(before)], t.chars[place(c)], t.chars[place(next)])
		}
	}
	for k, n := range counts {
		if n > 0 {
			t.pairs = append(t.pairs, pair{place(byte(k >> 8)), place(byte(k)), float64(n)})
		}
	}
	return t.read(e)
}

// readRunes returns what a decoded sample says.
func readRunes(e Encoding, runes []rune) reading {
	t := text{all: isUTF16(e)}
	at := map[rune]int{}
	place := func(r rune) int {
		p, ok := at[r]
		if !ok {
			p = len(t.chars)
			at[r] = p
			t.chars = append(t.chars, newChar(r))
		}
		return p
	}
	counts := map[[2]int]int{}
	last := place('\n')
	for i, r := range runes {
		p := place(r)
		counts[[2]int{last, p}]++
		if t.chars[p].kind == symbol {
			next := '\n'
			if i+1 < len(runes) {
				next = runes[i+1]
			}
			t.symbol(t.chars[last], t.chars[p], t.chars[place(next)])
		}
		last = p
	}
	for k, n := range counts {
		t.pairs = append(t.pairs, pair{k[0], k[1], float64(n)})
	}
	return t.read(e)
}

// A text is what a sample says, as the model wants it.
type text struct {
	chars   []char
	pairs   []pair
	symbols float64 // what the symbols cost
	all     bool    // ASCII says as much as other characters do
}

// A pair is two characters, one after the other, and how often they are.
type pair struct {
	first, second int // in the characters of the text
	n             float64
}

// abroad is what a text costs whose letters are not those that its encoding is made
// for, in nats.
const abroad = 6

// symbol counts a symbol between two characters.
func (t *text) symbol(before, s, next char) { t.symbols += placed(before, s, next) }

// read returns the reading in the language that the text is likeliest in.
func (t *text) read(e Encoding) reading {
	best := reading{Encoding: e, cost: math.Inf(1)}
	shared, sharedWide, n := t.symbols, t.symbols, 0.0
	for _, p := range t.pairs {
		a, b := &t.chars[p.first], &t.chars[p.second]
		c := p.n * between(a, b)
		shared += c
		if t.all || a.wide || b.wide {
			n += p.n
			sharedWide += c
		}
	}
	script := t.script()
	if script != e.home && !t.all {
		shared += abroad
	}
	for i := range learned().Languages {
		l := &learned().Languages[i]
		if l.script != script {
			continue
		}
		cost, wide := t.in(l)
		if cost += shared + e.rare; cost < best.cost {
			best.cost, best.wideCost, best.pairs, best.typical = cost, wide+sharedWide, int(n), l.Typical
		}
	}
	return best
}

// script returns the script of most letters that are not ASCII, or Latin.
func (t *text) script() Script {
	var counts [scripts]float64
	for _, p := range t.pairs {
		if c := t.chars[p.second]; c.wide && c.kind == letter {
			counts[c.script] += p.n
		}
	}
	best := latin
	for s, n := range counts {
		if n > counts[best] {
			best = Script(s)
		}
	}
	return best
}

// in returns what the letters cost in a language, and those of pairs with a
// character that is not ASCII.
func (t *text) in(l *Language) (cost, wide float64) {
	index := make([]int, len(t.chars))
	for i, c := range t.chars {
		index[i] = l.index(c)
	}
	for _, p := range t.pairs {
		a, b := &t.chars[p.first], &t.chars[p.second]
		c := p.n * l.cost(a, b, index[p.first], index[p.second])
		cost += c
		if t.all || a.wide || b.wide {
			wide += c
		}
	}
	return cost, wide
}
