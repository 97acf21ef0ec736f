package octets

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
)

var (
	littleEndian = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	bigEndian    = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
)

// namesUTF16 are the names of UTF-16, and the byte order that each stands for: nil
// where it stands for none.
var namesUTF16 = map[string]encoding.Encoding{
	"utf-16": nil, "utf16": nil, "unicode": nil, "ucs-2": nil, "ucs2": nil, "iso-10646-ucs-2": nil,
	"utf-16le": littleEndian, "utf16le": littleEndian, "utf-16be": bigEndian, "utf16be": bigEndian, "unicodefffe": bigEndian,
}

// fromUTF16 decodes UTF-16. A mark in b says the byte order. Where neither that nor
// the name does, the zero bytes show it that all letters of Latin have, and line
// feeds. A last byte that is half a character was added on the way.
func fromUTF16(b []byte, order encoding.Encoding) string {
	b = b[:len(b)&^1]
	if order == nil {
		order = littleEndian
		zeros := [2]int{}
		for i, c := range b {
			if c == 0 {
				zeros[i&1]++
			}
		}
		if zeros[0] > zeros[1] {
			order = bigEndian
		}
	}
	return decode(order, b)
}

// OnlySaysUTF16 reports whether the part of a mail says that it is in UTF-16 and
// is in UTF-8, as some programs recode a part and leave its header: it has
// spaces, and no zero byte, which goes with each space of UTF-16.
func OnlySaysUTF16(b []byte, charset string) bool {
	if _, says := namesUTF16[canonical(charset)]; !says || !utf8.Valid(b) || !bytes.ContainsAny(b, " \n") {
		return false
	}
	for _, c := range b {
		if c < ' ' && (c < '\t' || c > '\r') {
			return false
		}
	}
	return true
}
