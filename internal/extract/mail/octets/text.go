package octets

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"

	"multivac/internal/extract/charset"
)

// Text returns b, which says that it is in charset, in UTF-8, with line feeds
// and without control characters.
//
// What is UTF-8 is read as UTF-8 whatever it says, unless it says one of the
// encodings of East Asia: short words in those may look like UTF-8. What says
// nothing that can be read, and is not UTF-8, is read in the encoding that it is
// surely in, and else as Windows-1252, which holds Latin-1. ISO-8859-1 is read so,
// too, as all programs do: mails that say it have quotes and euro signs of Windows.
func Text(b []byte, charset string) string {
	charset = canonical(charset)
	order, isUTF16 := namesUTF16[charset]
	if isUTF16 || bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return Clean(fromUTF16(b, order))
	}
	e := byName(charset)
	switch {
	case e == nil && bytes.Contains(b, []byte("\x1b$")) && utf8.Valid(b):
		return Clean(decode(byName("iso-2022-jp"), b))
	case e == nil:
		return Clean(mended(b))
	case utf8.Valid(b) && !isWide(charset) && bytes.IndexByte(b, 0) < 0:
		return Clean(string(b))
	}
	return Clean(decode(e, b))
}

// canonical returns the name of an encoding without what some programs write
// around it.
func canonical(charset string) string { return strings.ToLower(strings.Trim(charset, " \t\"'")) }

// byName returns an encoding, or nil for UTF-8, for one that is unknown and for
// none.
func byName(charset string) encoding.Encoding {
	switch charset {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "unknown-8bit", "x-unknown":
		return nil
	case "cp850", "ibm850", "850": // those of DOS are not of the web
		return charmap.CodePage850
	case "cp437", "ibm437", "437":
		return charmap.CodePage437
	}
	charset = strings.TrimPrefix(charset, "x-")
	if number, ok := strings.CutPrefix(charset, "cp"); ok {
		n := 0
		for _, c := range number {
			n = min(n*10+int(c-'0'), 1<<20)
		}
		charset = CodePage(n)
	}
	if e, err := htmlindex.Get(charset); err == nil && e != encoding.Replacement && e != unicode.UTF8 {
		return e
	}
	if e, err := ianaindex.MIME.Encoding(charset); err == nil && e != nil && e != unicode.UTF8 {
		return e
	}
	return nil
}

// isWide reports whether an encoding has characters of several bytes.
func isWide(charset string) bool {
	for _, begin := range []string{"gb", "big5", "shift", "sjis", "ms_kanji", "euc", "iso-2022", "hz", "ks_c", "ksc", "windows-31j", "cp93", "cp94", "cp95", "windows-949", "x-sjis", "x-gbk", "x-euc"} {
		if strings.HasPrefix(charset, begin) {
			return true
		}
	}
	return false
}

func decode(e encoding.Encoding, b []byte) string {
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return mended(b)
	}
	return string(out)
}

// mended returns b as UTF-8. Where it has more broken bytes than characters of
// UTF-8, it is read in the encoding that it is surely in, and else as Windows-1252.
func mended(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	if broken, whole := charset.CountUTF8(b); broken > whole {
		if e, ok := charset.Guess(b); ok {
			if s, ok := e.Decode(b); ok {
				return string(s)
			}
		}
		return decode(charmap.Windows1252, b)
	}
	return strings.ToValidUTF8(string(b), "\ufffd")
}

// Clean returns s with line feeds, and without control characters, byte order
// marks and what is no character.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\f' || r == '\v' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			return '\n'
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == '\ufeff' || r == '\ufffe' || r == '\uffff':
			return -1
		}
		return r
	}, strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
}

// codePages are the encodings that Windows numbers, where their name does not
// have the number.
var codePages = map[int]string{
	437: "ibm437", 850: "ibm850", 866: "ibm866", 874: "windows-874", 932: "shift_jis", 936: "gbk", 949: "euc-kr", 950: "big5",
	1200: "utf-16le", 1201: "utf-16be", 10000: "macintosh", 20127: "us-ascii", 20866: "koi8-r", 21866: "koi8-u", 20932: "euc-jp",
	50220: "iso-2022-jp", 50221: "iso-2022-jp", 50222: "iso-2022-jp", 51932: "euc-jp", 51936: "gbk", 51949: "euc-kr", 54936: "gb18030", 65001: "utf-8",
}

// CodePage returns the name of the encoding that Windows gives a number, or "".
func CodePage(n int) string {
	switch {
	case n >= 1250 && n <= 1258:
		return "windows-" + string([]byte{'1', '2', '5', byte('0' + n - 1250)})
	case n >= 28591 && n <= 28599:
		return "iso-8859-" + string([]byte{byte('1' + n - 28591)})
	case n == 28603 || n == 28605:
		return "iso-8859-1" + string([]byte{byte('0' + n - 28600)})
	}
	return codePages[n]
}
