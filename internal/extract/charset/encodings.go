package charset

import (
	"bytes"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// How rare encodings are, in nats.
const (
	regional = 3  // of languages with many letters of their own, which show soon
	dated    = 4  // of DOS and the classic Mac, and others that newer ones replaced
	eastern  = 5  // of East Asia, whose texts show at once
	uncommon = 12 // hardly ever used where others have the same letters
)

// encodings are all that are tried, those first that others with the same
// result are called by.
var encodings = sync.OnceValue(func() []Encoding {
	all := []Encoding{
		{Name: "utf-16le", codec: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{Name: "utf-16be", codec: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
		{Name: "shift_jis", codec: japanese.ShiftJIS, home: eastAsian, rare: eastern},
		{Name: "euc-jp", codec: japanese.EUCJP, home: eastAsian, rare: eastern},
		{Name: "gb18030", codec: simplifiedchinese.GB18030, home: eastAsian, rare: eastern},
		{Name: "big5", codec: traditionalchinese.Big5, home: eastAsian, rare: eastern},
		{Name: "euc-kr", codec: korean.EUCKR, home: eastAsian, rare: eastern},
	}
	for _, c := range []struct {
		name string
		m    *charmap.Charmap
		home Script
		rare float64
	}{
		{"windows-1252", charmap.Windows1252, latin, 0}, {"windows-1250", charmap.Windows1250, latin, regional}, {"windows-1251", charmap.Windows1251, cyrillic, 0},
		{"windows-1253", charmap.Windows1253, greek, 0}, {"windows-1254", charmap.Windows1254, latin, dated}, {"windows-1255", charmap.Windows1255, hebrew, 0},
		{"windows-1256", charmap.Windows1256, arabic, 0}, {"windows-1257", charmap.Windows1257, latin, regional}, {"windows-1258", charmap.Windows1258, latin, dated},
		{"windows-874", charmap.Windows874, thai, 0}, {"koi8-r", charmap.KOI8R, cyrillic, 0}, {"koi8-u", charmap.KOI8U, cyrillic, 0},
		{"iso-8859-2", charmap.ISO8859_2, latin, regional}, {"iso-8859-15", charmap.ISO8859_15, latin, 0}, {"iso-8859-5", charmap.ISO8859_5, cyrillic, dated},
		{"iso-8859-6", charmap.ISO8859_6, arabic, dated}, {"iso-8859-7", charmap.ISO8859_7, greek, 0}, {"iso-8859-13", charmap.ISO8859_13, latin, dated},
		{"iso-8859-4", charmap.ISO8859_4, latin, dated}, {"iso-8859-3", charmap.ISO8859_3, latin, uncommon}, {"iso-8859-10", charmap.ISO8859_10, latin, uncommon},
		{"iso-8859-14", charmap.ISO8859_14, latin, uncommon}, {"iso-8859-16", charmap.ISO8859_16, latin, uncommon},
		{"ibm866", charmap.CodePage866, cyrillic, dated}, {"ibm850", charmap.CodePage850, latin, dated}, {"ibm437", charmap.CodePage437, latin, dated},
		{"ibm852", charmap.CodePage852, latin, dated}, {"ibm855", charmap.CodePage855, cyrillic, uncommon}, {"ibm858", charmap.CodePage858, latin, uncommon},
		{"ibm862", charmap.CodePage862, hebrew, uncommon}, {"macintosh", charmap.Macintosh, latin, dated}, {"x-mac-cyrillic", charmap.MacintoshCyrillic, cyrillic, dated},
	} {
		all = append(all, Encoding{Name: c.name, codec: c.m, table: tableOf(c.m), home: c.home, rare: c.rare})
	}
	return all
})

// undefined marks a byte that an encoding does not define, or that no text has.
const undefined = -1

// tableOf returns what each byte means. The library decodes an undefined byte to
// U+FFFD, without an error; a control character has no place in a text either.
func tableOf(m *charmap.Charmap) *[256]rune {
	var t [256]rune
	for b := range t {
		if t[b] = m.DecodeByte(byte(b)); !allowed(t[b]) {
			t[b] = undefined
		}
	}
	return &t
}

// marked returns the encoding of what shows it by itself: a mark of UTF-32, or
// the codes by which ISO-2022-JP switches alphabets.
func marked(b []byte) (Encoding, bool) {
	little, big := bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff"))
	switch {
	case little || big:
		return Encoding{Name: "utf-32", codec: utf32.UTF32(utf32.BigEndian, utf32.UseBOM)}, len(b)%4 == 0
	case (bytes.Contains(b, []byte("\x1b$B")) || bytes.Contains(b, []byte("\x1b$@"))) && IsASCII(b):
		return Encoding{Name: "iso-2022-jp", codec: japanese.ISO2022JP}, true
	}
	return Encoding{}, false
}

// IsASCII reports whether b has only bytes of ASCII.
func IsASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// escapeByte switches alphabets in ISO-2022-JP, all of whose bytes are ASCII.
const escapeByte = 0x1b

// IsUTF8 reports whether b is UTF-8 and switches no alphabets, as ISO-2022-JP does.
func IsUTF8(b []byte) bool { return utf8.Valid(b) && bytes.IndexByte(b, escapeByte) < 0 }
