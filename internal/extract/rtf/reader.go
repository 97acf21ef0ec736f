package rtf

import (
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding"

	"multivac/internal/extract/blocks"
)

// A reader reads a document once, byte by byte. It does not recurse.
type reader struct {
	w    *blocks.Writer
	most int // cells of tables
	in   []byte
	at   int
	done bool // the document's group has ended

	state
	stack []state
	deep  int  // groups that are open beyond maxDepth, which save no state
	star  bool // the group began with \*
	begun bool // the group has just begun

	ansi    encoding.Encoding // of the document
	first   int               // the font of text that names none
	fonts   map[int]font
	font    *font // that is being described
	fontAt  int
	styles  map[int]*style
	style   *style // that is being described
	styleAt int

	run     []byte            // bytes that are not decoded yet
	runIn   encoding.Encoding // how they are encoded
	symbols bool              // they are of the font Symbol
	skip    int               // characters that stand for the Unicode one before
	high    rune              // the first half of a character
	title   []byte
	code    []byte // the instruction of the innermost field
	cells   int    // that are held
	flows   []*flow
	later   []block // notes and frames that come below a list or table
}

// state is what a group keeps, and its end restores.
type state struct {
	dest    destination
	flows   int // how many flows are open
	upper   destination
	font    int
	uc      int // characters after \u that it stands for
	hidden  bool
	deleted bool
	bold    bool
	style   int
	outline int // level of a heading from 1, 0 if unknown, -1 if none
	level   int // of the list, from 0
	list    bool
	table   bool
}

// destination is where text goes.
type destination int

const (
	body destination = iota
	nowhere
	fontTable
	styleSheet
	info
	docTitle
	label       // the number or bullet of an item
	drawing     // only what is written in its frames counts
	instruction // of a field
	nested      // the properties of a table within a table
	upr         // twice the same, of which the second is in Unicode
)

type font struct {
	name    []byte
	charset int // -1 if it names none
	page    int // code page, or 0
}

// A style is one of paragraphs.
type style struct {
	name    []byte
	based   int
	outline int
}

// maxDepth bounds the groups whose state is kept.
const maxDepth = 1000

func newReader(w *blocks.Writer, in []byte) *reader {
	r := &reader{w: w, in: in, fonts: map[int]font{}, styles: map[int]*style{}, ansi: pages[1252], first: -1, flows: []*flow{{}}}
	r.state = state{font: -1, uc: 1, style: 0}
	return r
}

// read reads the whole document.
func (r *reader) read() {
	for r.at < len(r.in) && !r.done {
		c := r.in[r.at]
		r.at++
		switch c {
		case '{':
			r.open()
		case '}':
			r.close()
		case '\\':
			if r.w.Out.Err() != nil {
				return
			}
			r.control()
		case '\r', '\n', 0:
		case '\t':
			r.special(" ")
		default:
			r.begun, r.star = false, false
			if r.skip > 0 {
				r.skip--
				continue
			}
			r.byte(c)
		}
	}
	r.decode()
}

func (r *reader) open() {
	r.decode()
	r.skip, r.begun, r.star = 0, true, false
	if len(r.stack) == maxDepth {
		r.deep++
		return
	}
	r.state.flows = len(r.flows)
	r.stack = append(r.stack, r.state)
}

func (r *reader) close() {
	r.decode()
	r.skip, r.begun, r.star = 0, false, false
	if r.deep > 0 {
		r.deep--
		return
	}
	if len(r.stack) == 0 {
		r.done = true
		return
	}
	was := r.dest
	before := r.stack[len(r.stack)-1]
	r.stack = r.stack[:len(r.stack)-1]
	for len(r.flows) > before.flows {
		r.endFlow()
	}
	r.state = before
	r.closed(was)
	r.done = len(r.stack) == 0
}

// closed ends what a group of a table has described.
func (r *reader) closed(was destination) {
	switch {
	case was == fontTable:
		r.endFont()
	case was == styleSheet:
		r.endStyle()
	}
}

func (r *reader) endFont() {
	if r.font == nil {
		return
	}
	r.fonts[r.fontAt] = *r.font
	r.font = nil
}

func (r *reader) endStyle() {
	if r.style == nil {
		return
	}
	if len(r.styles) < maxStyles {
		r.styles[r.styleAt] = r.style
	}
	r.style = nil
}

// maxStyles bounds the styles, and maxName the bytes of their names.
const (
	maxStyles = 1 << 16
	maxName   = 200
)

// control reads what a backslash begins.
func (r *reader) control() {
	if r.at >= len(r.in) {
		return
	}
	c := r.in[r.at]
	if isLetter(c) {
		r.decode()
		word, n, has := r.word()
		star, begun := r.star, r.begun
		r.star, r.begun = false, false
		if begun && r.destination(word, star) {
			return
		}
		r.apply(word, n, has)
		return
	}
	r.at++
	switch c {
	case '*':
		r.star = r.begun
		return
	case '\'':
		r.hex()
	case '\r', '\n':
		r.paragraphEnd()
	case '\t':
		r.special(" ")
	case '~':
		r.special("\u00a0")
	case '_':
		r.special("\u2011")
	case '-', ':', '|':
		r.special("")
	case '\\', '{', '}':
		if r.skip > 0 {
			r.skip--
		} else {
			r.byte(c)
		}
	}
	r.begun, r.star = false, false
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// word reads a control word, its number and the space after it.
func (r *reader) word() (word string, n int, has bool) {
	from := r.at
	for r.at < len(r.in) && isLetter(r.in[r.at]) {
		r.at++
	}
	word = string(r.in[from:min(r.at, from+maxWord)])
	negative := r.at+1 < len(r.in) && r.in[r.at] == '-' && isDigit(r.in[r.at+1])
	if negative {
		r.at++
	}
	for r.at < len(r.in) && isDigit(r.in[r.at]) {
		if n < 1<<40 {
			n = n*10 + int(r.in[r.at]-'0')
		}
		has = true
		r.at++
	}
	if negative {
		n = -n
	}
	if r.at < len(r.in) && r.in[r.at] == ' ' {
		r.at++
	}
	return word, n, has
}

// maxWord is the length of the longest control word.
const maxWord = 32

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// hex reads a byte that is written as two digits.
func (r *reader) hex() {
	v, n := 0, 0
	for n < 2 && r.at < len(r.in) {
		d := strings.IndexByte("0123456789abcdef", r.in[r.at]|0x20)
		if d < 0 || r.in[r.at] < '0' {
			break
		}
		v = v<<4 | d
		r.at++
		n++
	}
	switch {
	case n == 0:
	case r.skip > 0:
		r.skip--
	default:
		r.byte(byte(v))
	}
}

// byte adds a byte of text in the encoding of the font.
func (r *reader) byte(c byte) {
	if r.dest == nowhere || r.dest == drawing || r.dest == info || r.dest == nested || r.dest == upr {
		return
	}
	in, symbols := r.encoding()
	if in != r.runIn || symbols != r.symbols {
		r.decode()
		r.runIn, r.symbols = in, symbols
	}
	r.run = append(r.run, c)
	if len(r.run) >= maxRun && c < 0x80 && r.run[len(r.run)-2] < 0x80 {
		r.decode()
	}
}

// maxRun is how many bytes are decoded at once, roughly.
const maxRun = 4096

// decode decodes the bytes so far.
func (r *reader) decode() {
	if len(r.run) == 0 {
		return
	}
	run := r.run
	r.run = r.run[:0]
	r.high = 0
	if r.symbols {
		r.put(symbolText(run))
		return
	}
	if isASCII(run) {
		r.put(string(run))
		return
	}
	out, err := r.runIn.NewDecoder().Bytes(run)
	if err != nil {
		out = run
	}
	r.put(strings.ToValidUTF8(string(out), "\ufffd"))
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// special adds a character that a control stands for.
func (r *reader) special(t string) {
	if r.skip > 0 {
		r.skip--
		return
	}
	r.decode()
	r.put(t)
}

// unicode adds a character of Unicode. A number below zero is one of 16 bits.
func (r *reader) unicode(n int) {
	r.decode()
	r.skip = r.uc
	if n < 0 {
		n += 1 << 16
	}
	c := rune(n)
	switch high := r.high; {
	case n < 0 || n > 0x10ffff:
	case utf16.IsSurrogate(c) && c < 0xdc00:
		r.high = c
	case utf16.IsSurrogate(c):
		r.high = 0
		r.put(string(utf16.DecodeRune(high, c)))
	case c >= 0xf000 && c < 0xf100: // of a font of symbols
		r.high = 0
		if _, symbols := r.encoding(); symbols {
			r.put(symbolText([]byte{byte(c)}))
		}
	default:
		r.high = 0
		r.put(string(c))
	}
}

// put adds text to where it goes.
func (r *reader) put(t string) {
	switch r.dest {
	case body:
		r.text(t)
	case label:
		f := r.top()
		if len(f.label) < maxName {
			f.label += t
		}
		f.labelled = true
	case docTitle:
		if len(r.title) < 1024 {
			r.title = append(r.title, t...)
		}
	case instruction:
		if len(r.code) < maxName {
			r.code = append(r.code, t...)
		}
	case fontTable:
		if r.font != nil && len(r.font.name) < maxName {
			r.font.name = append(r.font.name, t...)
		}
	case styleSheet:
		if r.style != nil && len(r.style.name) < maxName {
			r.style.name = append(r.style.name, t...)
		}
	}
}
