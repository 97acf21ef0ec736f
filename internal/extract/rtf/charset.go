package rtf

import (
	"bytes"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// pages are the encodings of code pages.
var pages = map[int]encoding.Encoding{
	437: charmap.CodePage437, 850: charmap.CodePage850, 852: charmap.CodePage852, 855: charmap.CodePage855, 858: charmap.CodePage858,
	860: charmap.CodePage860, 862: charmap.CodePage862, 863: charmap.CodePage863, 865: charmap.CodePage865, 866: charmap.CodePage866,
	874: charmap.Windows874, 932: japanese.ShiftJIS, 936: simplifiedchinese.GBK, 949: korean.EUCKR, 950: traditionalchinese.Big5,
	1250: charmap.Windows1250, 1251: charmap.Windows1251, 1252: charmap.Windows1252, 1253: charmap.Windows1253, 1254: charmap.Windows1254,
	1255: charmap.Windows1255, 1256: charmap.Windows1256, 1257: charmap.Windows1257, 1258: charmap.Windows1258,
	10000: charmap.Macintosh, 10001: japanese.ShiftJIS, 10002: traditionalchinese.Big5, 10003: korean.EUCKR, 10007: charmap.MacintoshCyrillic, 10008: simplifiedchinese.GBK,
	20866: charmap.KOI8R, 21866: charmap.KOI8U, 28591: charmap.Windows1252, 28592: charmap.ISO8859_2, 28595: charmap.ISO8859_5, 28605: charmap.ISO8859_15,
	20932: japanese.EUCJP, 51932: japanese.EUCJP, 51949: korean.EUCKR, 51936: simplifiedchinese.GBK, 54936: simplifiedchinese.GB18030, 65001: unicode.UTF8,
}

// charsets are the code pages of the character sets of fonts.
var charsets = map[int]int{
	0: 1252, 77: 10000, 78: 10001, 79: 10003, 80: 10008, 81: 10002, 89: 10007, 128: 932, 129: 949, 130: 949, 134: 936, 136: 950,
	161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850,
}

// symbolSet is the character set of fonts of symbols.
const symbolSet = 2

// encoding returns the encoding of text in the current font, and whether it is
// of the font Symbol.
func (r *reader) encoding() (in encoding.Encoding, symbols bool) {
	var f font
	switch r.dest {
	case fontTable: // the name of a font is in its own encoding
		if r.font == nil {
			return r.ansi, false
		}
		f = *r.font
	case body, label:
		n := r.state.font
		if n < 0 {
			n = r.first
		}
		var ok bool
		if f, ok = r.fonts[n]; !ok {
			return r.ansi, false
		}
		symbols = f.charset == symbolSet && bytes.Contains(f.name, []byte("Symbol"))
	default:
		return r.ansi, false
	}
	if in, ok := pages[f.page]; ok {
		return in, symbols
	}
	if in, ok := pages[charsets[f.charset]]; ok && (f.charset != 0 || r.ansi != unicode.UTF8) {
		return in, symbols
	}
	return r.ansi, symbols
}

// Letters of the font Symbol, in the place of those of Latin.
const (
	symbolUpper = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ"
	symbolLower = "αβχδεφγηιϕκλμνοπθρστυϖωξψζ"
)

var symbols = func() (m [256]rune) {
	for i := range m {
		if i < 0x80 {
			m[i] = rune(i)
		}
	}
	for i, c := range []rune(symbolUpper) {
		m['A'+i] = c
	}
	for i, c := range []rune(symbolLower) {
		m['a'+i] = c
	}
	for i, c := range map[int]rune{0xa3: '≤', 0xb3: '≥', 0xb0: '°', 0xb1: '±', 0xb4: '×', 0xb7: '•', 0xb8: '÷', 0xb9: '≠', 0xbb: '≈', 0xa5: '∞', 0xae: '→', 0xac: '←', 0xd6: '√', 0x2d: '−'} {
		m[i] = c
	}
	return m
}()

// symbolText returns text in the font Symbol. Signs that are not letters or
// common ones are left out.
func symbolText(b []byte) string {
	var t []rune
	for _, c := range b {
		if s := symbols[c]; s != 0 {
			t = append(t, s)
		}
	}
	return string(t)
}
