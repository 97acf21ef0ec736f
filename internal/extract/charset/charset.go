// Package charset finds out in which encoding a text is that does not say so.
// It decodes the text by each encoding, strictly, and asks a model of letters
// which of the results is most likely written by people. Where that is not
// sure, it refuses: a wrong guess makes wrong quotations.
package charset

import (
	"bytes"
	"slices"

	"golang.org/x/text/encoding"
)

// An Encoding is one that text may be in.
type Encoding struct {
	Name  string // in lower case, as IANA or, where it has none, Python calls it
	codec encoding.Encoding
	table *[256]rune // of encodings with one byte for each character
	home  Script     // that it is made for
	rare  float64    // how much less likely it is than others before the text is seen, in nats
}

const (
	// minText is how many bytes a text has at least: a word says little.
	minText = 32
	// minMargin is by how many nats a text has to be more likely than any other
	// that the bytes may mean.
	minMargin = 10
	// maxStrange is how many times the typical cost of its language a character that
	// is not ASCII may have on average, and strangeExcess what it may cost more
	// than that, in nats.
	maxStrange    = 1.35
	strangeExcess = 0.6
	// strangeFew is what may come to that, over the root of the number of such
	// characters: a few say little.
	strangeFew = 5
)

// Guess returns the encoding of b, which is not valid UTF-8 or has zero bytes.
// It returns false where that is not sure. The text of another encoding that
// could be meant as well is then equal, or much less likely. It remembers what it
// has found of the last texts.
func Guess(b []byte) (Encoding, bool) { return known.of(b) }

var known = newMemory(guess)

func guess(b []byte) (Encoding, bool) {
	if e, ok := marked(b); ok {
		return e, e.valid(b)
	}
	if len(b) < minText || looksBroken(b) {
		return Encoding{}, false
	}
	all := readings(b)
	slices.SortStableFunc(all, reading.compare)
	for len(all) > 0 && all[0].table == nil && !all[0].valid(b) { // only its sample was decoded
		all = all[1:]
	}
	if len(all) == 0 || all[0].strange() {
		return Encoding{}, false
	}
	if len(all) > 1 && all[1].cost-all[0].cost < minMargin {
		return Encoding{}, false
	}
	return all[0].Encoding, true
}

// Decode returns b in UTF-8, or false where a byte of b is undefined in e.
func (e Encoding) Decode(b []byte) ([]byte, bool) {
	out, err := e.codec.NewDecoder().Bytes(b)
	return out, err == nil && clean(out)
}

// valid reports whether b can be decoded.
func (e Encoding) valid(b []byte) bool {
	_, ok := e.Decode(b)
	return ok
}

// clean reports whether a decoded text has only characters that texts have.
func clean(text []byte) bool {
	for _, r := range string(text) {
		if !allowed(r) {
			return false
		}
	}
	return true
}

// allowed reports whether a text may have r: no controls but those that move
// about a page or begin a command for a terminal, no private characters, and
// none that stand for an error.
func allowed(r rune) bool {
	switch {
	case r < ' ':
		return r >= '\b' && r <= '\r' || r == 0x1a || r == 0x1b
	case r >= 0x7f && r < 0xa0, r >= 0xe000 && r < 0xf900, r >= 0xfdd0 && r < 0xfdf0, r >= 0xfff0 && r < 0x10000, r >= 0xe0000:
		return false
	}
	return true
}

// looksBroken reports whether b is rather UTF-8 with broken bytes than anything
// else: where it has at least as many characters of several bytes as broken
// bytes. By chance, few bytes of another encoding make one.
func looksBroken(b []byte) bool {
	broken, whole := CountUTF8(b)
	return whole*2 >= broken && bytes.IndexByte(b, 0) < 0
}
