package light

import (
	"html"
	"strings"
)

// An Inline rewrites the text of a block from left to right: it copies words and
// skips marks. Line ends stay where they are, so that each word keeps its line.
type Inline struct {
	In string
	At int // what comes before was copied or skipped

	out   strings.Builder
	drops map[int]drop
	found map[string]int
}

// A drop is what is written in the place of some bytes.
type drop struct {
	n    int
	text string
}

// NewInline returns the rewriting of a text.
func NewInline(t string) *Inline {
	x := &Inline{In: t}
	x.out.Grow(len(t))
	return x
}

// String returns what was made.
func (x *Inline) String() string { return x.out.String() }

// To copies all up to the next one of some bytes, skips what is to be dropped,
// and reports whether anything is left. All that is dropped has to begin with
// one of those bytes.
func (x *Inline) To(special string) bool {
	for x.At < len(x.In) {
		i := strings.IndexAny(x.In[x.At:], special)
		if i < 0 {
			x.Copy(len(x.In) - x.At)
			return false
		}
		x.Copy(i)
		d, ok := x.drops[x.At]
		if !ok {
			return true
		}
		delete(x.drops, x.At)
		x.Replace(d.n, d.text)
	}
	return false
}

// Rest returns what was not read yet.
func (x *Inline) Rest() string { return x.In[x.At:] }

// Before returns the byte before, or a space.
func (x *Inline) Before() byte { return x.ByteAt(x.At - 1) }

// ByteAt returns the byte at i, or a space outside the text.
func (x *Inline) ByteAt(i int) byte {
	if i < 0 || i >= len(x.In) {
		return ' '
	}
	return x.In[i]
}

// Copy copies n bytes.
func (x *Inline) Copy(n int) {
	x.out.WriteString(x.In[x.At : x.At+n])
	x.At += n
}

// Skip leaves n bytes out, but for their line ends.
func (x *Inline) Skip(n int) {
	for range strings.Count(x.In[x.At:x.At+n], "\n") {
		x.out.WriteByte('\n')
	}
	x.At += n
}

// Replace writes t in the place of n bytes.
func (x *Inline) Replace(n int, t string) {
	x.out.WriteString(t)
	x.Skip(n)
}

// Drop skips n bytes when the rewriting comes to them.
func (x *Inline) Drop(at, n int) { x.Swap(at, n, "") }

// Swap writes t in the place of n bytes when the rewriting comes to them.
func (x *Inline) Swap(at, n int, t string) {
	if x.drops == nil {
		x.drops = map[int]drop{}
	}
	x.drops[at] = drop{n, t}
}

// Find returns where the mark is next at from or later, and ok says that it ends
// something there, or -1. For one mark, from must not descend, and what ok says
// must not change: then the text is searched once.
func (x *Inline) Find(mark string, from int, ok func(int) bool) int {
	if x.found == nil {
		x.found = map[string]int{}
	}
	i, known := x.found[mark]
	if !known || i < from {
		for i = from; i < len(x.In); i++ {
			k := strings.Index(x.In[i:], mark)
			if k < 0 {
				i = len(x.In)
				break
			}
			if i += k; ok == nil || ok(i) {
				break
			}
		}
		x.found[mark] = i
	}
	if i >= len(x.In) {
		return -1
	}
	return i
}

// Bracket returns the length of what t begins with, up to the bracket that
// closes its first one, or 0. It looks at [MaxTag] bytes.
func Bracket(t string, open, closing byte) int {
	t = t[:min(len(t), MaxTag)]
	if strings.IndexByte(t, closing) < 0 { // where nothing is closed, most calls end here
		return 0
	}
	depth := 0
	for i := range len(t) {
		switch t[i] {
		case open:
			depth++
		case closing:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// IsSpace reports whether c is white space.
func IsSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// Entity returns what a character reference such as &amp; stands for, at the
// beginning of rest, and how long it is: 0 where there is none.
func Entity(rest string) (t string, n int) {
	end := strings.IndexByte(rest[:min(len(rest), 40)], ';')
	if end < 2 {
		return "", 0
	}
	if t = html.UnescapeString(rest[:end+1]); t == rest[:end+1] {
		return "", 0
	}
	return t, end + 1
}
