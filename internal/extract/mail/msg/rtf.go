package msg

import (
	"encoding/binary"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/mail/octets"
)

// begun is what a compressed text may repeat from the start.
const begun = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` +
	"\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

// decompress undoes LZFu, in which Outlook keeps RTF: each byte is itself, or
// two are a place in the last 4096 bytes and a length.
func decompress(b []byte, l extract.Limits) ([]byte, error) {
	const header = 16
	if len(b) < header {
		return nil, broken("its text is cut")
	}
	size := int64(binary.LittleEndian.Uint32(b[4:]))
	switch string(b[8:12]) {
	case "MELA":
		return b[header:min(int64(len(b)), header+size)], nil
	case "LZFu":
	default:
		return nil, broken("its text is compressed in an unknown way")
	}
	if size > l.Unpacked {
		return nil, extract.MaxUnpacked.Exceeded("split it", "over %d bytes unpack of it", l.Unpacked)
	}
	var window [4096]byte
	copy(window[:], begun)
	at := len(begun)
	var out []byte
	put := func(c byte) {
		out = append(out, c)
		window[at] = c
		at = (at + 1) % len(window)
	}
	for b = b[header:]; len(b) > 0; {
		flags := b[0]
		b = b[1:]
		for bit := 0; bit < 8 && len(b) > 0; bit++ {
			if flags>>bit&1 == 0 {
				put(b[0])
				b = b[1:]
				continue
			}
			if len(b) < 2 {
				return out, nil
			}
			from, n := int(b[0])<<4|int(b[1])>>4, int(b[1]&15)+2
			b = b[2:]
			if from == at {
				return out, nil
			}
			for i := range n {
				put(window[(from+i)%len(window)])
			}
		}
		if int64(len(out)) >= size {
			break
		}
	}
	return out, nil
}

// A state is what holds in a group of RTF, and ends with it.
type state struct {
	skip    bool // it is not text
	rtfOnly bool // it is not of the page
	tag     bool // it is a tag of the page
	fonts   bool // it lists the fonts
	uc      int  // how many characters stand behind each \u in its place
	charset string
}

// An rtf reads the text of RTF, or the page that it was made of.
type rtf struct {
	state
	page    bool
	plain   bool // it was made of plain text, whose lines are its paragraphs
	stack   []state
	out     strings.Builder
	bytes   []byte // that wait to be read in one encoding
	units   []uint16
	pass    int // characters that are passed over behind \u
	fonts   map[int]string
	font    int // that is being listed
	ansi    string
	starred bool
}

// maxGroups bounds how deep groups are nested. In deeper ones nothing is kept of
// what ends with them.
const maxGroups = 1000

// readRTF returns the text of RTF. Where it was made of a page in HTML, it
// returns the page.
func readRTF(b []byte) (text string, page bool) {
	r := rtf{fonts: map[int]string{}, ansi: "windows-1252"}
	r.uc, r.charset = 1, r.ansi
	depth := 0
	for len(b) > 0 {
		c := b[0]
		b = b[1:]
		switch c {
		case '{':
			r.flush()
			if depth++; depth < maxGroups {
				r.stack = append(r.stack, r.state)
			}
		case '}':
			r.flush()
			if depth = max(0, depth-1); depth < len(r.stack) {
				r.state = r.stack[depth]
				r.stack = r.stack[:depth]
			}
		case '\\':
			b = r.control(b)
		case '\r', '\n':
		default:
			r.put(c)
		}
	}
	r.flush()
	return octets.Clean(r.out.String()), r.page
}

// put adds a byte of text.
func (r *rtf) put(c byte) {
	if r.pass > 0 {
		r.pass--
		return
	}
	r.bytes = append(r.bytes, c)
}

// flush writes what waits.
func (r *rtf) flush() {
	if len(r.units) > 0 {
		r.write(decodeUnits(r.units))
		r.units = r.units[:0]
	}
	if len(r.bytes) > 0 {
		if r.skip || r.rtfOnly && !r.tag {
			r.bytes = r.bytes[:0]
			return
		}
		r.write(octets.Text(r.bytes, r.charset))
		r.bytes = r.bytes[:0]
	}
	r.pass = 0
}

// write writes text, unless it is not to be seen.
func (r *rtf) write(t string) {
	if !r.skip && (!r.page || r.tag || !r.rtfOnly) {
		r.out.WriteString(t)
	}
}

func decodeUnits(units []uint16) string {
	b := make([]byte, 0, 2*len(units))
	for _, u := range units {
		b = append(b, byte(u), byte(u>>8))
	}
	return octets.Text(b, "utf-16le")
}

// control reads a control word or symbol, behind its backslash.
func (r *rtf) control(b []byte) []byte {
	if len(b) == 0 {
		return b
	}
	if c := b[0]; c < 'a' || c > 'z' {
		return r.symbol(c, b[1:])
	}
	n := 0
	for n < len(b) && n < 40 && b[n] >= 'a' && b[n] <= 'z' || n < len(b) && b[n] >= 'A' && b[n] <= 'Z' {
		n++
	}
	name := string(b[:n])
	b = b[n:]
	n, sign := 0, 1
	if len(b) > 1 && b[0] == '-' {
		sign, b = -1, b[1:]
	}
	given := false
	for len(b) > 0 && b[0] >= '0' && b[0] <= '9' {
		n = min(n*10+int(b[0]-'0'), 1<<30)
		b, given = b[1:], true
	}
	if len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	if name == "bin" {
		return b[min(len(b), n):]
	}
	r.word(name, sign*n, given)
	return b
}

// symbol reads what is no letter.
func (r *rtf) symbol(c byte, b []byte) []byte {
	switch c {
	case '\'':
		if len(b) >= 2 {
			if v := octets.Percent("%" + string(b[:2])); len(v) == 1 {
				r.put(v[0])
			}
			return b[2:]
		}
	case '*':
		r.starred = true
		return b
	case '~':
		r.flush()
		r.write("\u00a0")
	case '_':
		r.put('-')
	case '\r', '\n':
		r.flush()
		r.write("\n")
	case '\\', '{', '}':
		r.put(c)
	}
	return b
}

// hidden are the groups without text.
var hidden = extract.Words("colortbl stylesheet info pict object header footer headerl headerr headerf footerl footerr footerf fldinst xe tc filetbl revtbl rsidtbl listtable listoverridetable themedata generator")

// signs are the control words that stand for characters.
var signs = map[string]string{
	"par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "tab": "\t", "cell": "\t", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
	"bullet": "•", "endash": "–", "emdash": "—", "enspace": "\u2002", "emspace": "\u2003",
}

// word reads a control word and its number.
func (r *rtf) word(name string, n int, given bool) {
	if name == "u" {
		r.unicode(n)
		return
	}
	r.flush()
	starred := r.starred
	r.starred = false
	if sign, ok := signs[name]; ok {
		if name == "par" && !r.page && !r.plain {
			sign = "\n\n"
		}
		r.write(sign)
		return
	}
	switch {
	case name == "fromhtml":
		r.page = n == 1 || !given
	case name == "fromtext":
		r.plain = true
	case name == "htmltag" && starred:
		r.tag, r.skip = r.page, !r.page
	case name == "htmlrtf":
		r.rtfOnly = n != 0 || !given
	case name == "fonttbl":
		r.skip, r.state.fonts = true, true
	case name == "ansicpg":
		if page := octets.CodePage(n); page != "" {
			r.ansi, r.charset = page, page
		}
	case name == "f" && r.state.fonts:
		r.font = n
	case name == "fcharset" && r.state.fonts:
		r.fonts[r.font] = fontCharset(n)
	case name == "f" || name == "plain":
		r.charset = r.ansi
		if set := r.fonts[n]; name == "f" && set != "" {
			r.charset = set
		}
	case name == "uc":
		r.uc = min(max(0, n), 10)
	case hidden[name] || starred:
		r.skip = true
	}
}

// unicode adds a character by its number, behind which stand others for
// programs that do not know it.
func (r *rtf) unicode(n int) {
	if len(r.bytes) > 0 {
		r.flush()
	}
	r.units = append(r.units, uint16(n))
	r.pass = r.uc
}

// fontCharset returns the encoding of a font, or "".
func fontCharset(n int) string {
	pages := map[int]int{77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250}
	return octets.CodePage(pages[n])
}
