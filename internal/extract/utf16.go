package extract

import (
	"bufio"
	"bytes"
	"io"

	"golang.org/x/text/encoding/unicode"

	"multivac"
)

// IsUTF16 reports whether b is marked as UTF-16, and not as UTF-32, whose mark
// begins alike.
func IsUTF16(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\xff\xfe")) && !bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")) || bytes.HasPrefix(b, []byte("\xfe\xff"))
}

// markedUTF16 is UTF-16 in the byte order that its mark says.
var markedUTF16 = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)

// FromUTF16 returns b, which is marked as UTF-16, in UTF-8.
func FromUTF16(b []byte) ([]byte, error) {
	b, err := markedUTF16.NewDecoder().Bytes(b)
	if err != nil {
		return nil, multivac.Errorf(multivac.ErrInvalid, "save it as UTF-8", "it is marked as UTF-16 and is not: %v", err)
	}
	return b, nil
}

// HeadFromUTF16 returns how a file begins in UTF-8, where it is marked as UTF-16,
// and else as it is.
func HeadFromUTF16(head []byte) []byte {
	if !IsUTF16(head) {
		return head
	}
	b, err := FromUTF16(head[:len(head)&^1])
	if err != nil {
		return head
	}
	return b
}

// UTF16Reader returns a reader of what r reads: in UTF-8, where it is marked as
// UTF-16, and else as it is.
func UTF16Reader(r io.Reader) (_ io.Reader, recoded bool) {
	in := bufio.NewReader(r)
	if head, _ := in.Peek(len("\xff\xfe\x00\x00")); !IsUTF16(head) {
		return in, false
	}
	return markedUTF16.NewDecoder().Reader(in), true
}
