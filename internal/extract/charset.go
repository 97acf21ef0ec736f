package extract

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"

	"multivac"
	"multivac/internal/extract/charset"
)

// BOM marks UTF-8, where Windows wants it marked. It stays in a text that is
// kept byte for byte.
const BOM = "\ufeff"

// find returns the encoding of what does not say in which it is as its format
// does, and is not UTF-8: that which a line for editors says, or the one that can be
// told. It returns false where that is not sure, and for what says that it is in
// an encoding in which it is not.
func find(f Format, b []byte) (e charset.Encoding, said, ok bool) {
	if IsUTF16(b) || charset.IsUTF8(b) && bytes.IndexByte(b, 0) < 0 {
		return e, false, false
	}
	if f.Declared != nil && f.Declared(b) != "" {
		return e, false, false
	}
	if e, ok = charset.Named(b); ok {
		return e, true, true
	}
	e, ok = charset.Guess(b)
	return e, false, ok
}

// Encoding returns the name of the encoding in which t is read, where t does not
// say it and it had to be found out, and else "".
func (all Formats) Encoding(t multivac.Telling) string {
	f, err := all.document(t.MediaType)
	if err != nil || !f.Text || encodingOf(f, t.Body) != nil {
		return ""
	}
	e, said, _ := find(f, t.Body)
	if said {
		return ""
	}
	return e.Name
}

// isText reports whether a file that begins with head is text in an encoding
// that can be told.
func isText(head []byte) bool {
	zero := bytes.IndexByte(head, 0) >= 0
	if !zero && utf8.Valid(WholeRunes(head)) {
		return true
	}
	if i := bytes.LastIndexAny(head, " \n"); !zero && i > 0 {
		head = head[:i]
	}
	_, _, ok := find(Format{}, head[:len(head)&^3]) // whole characters of UTF-16 and UTF-32
	return ok
}

// checkText returns an ErrInvalid for what is in no encoding that it declares or
// that can be told.
func (all Formats) checkText(f Format, body []byte) error {
	if encodingOf(f, body) != nil {
		return all.refuseZero(body)
	}
	if _, _, ok := find(f, body); ok {
		return nil
	}
	return all.checkBytes(body)
}

// toUTF8 returns body in UTF-8.
func (all Formats) toUTF8(f Format, body []byte) ([]byte, error) {
	if e := encodingOf(f, body); e != nil {
		if err := all.refuseZero(body); err != nil {
			return nil, err
		}
		return decode(e, body)
	}
	if e, _, ok := find(f, body); ok {
		text, _ := e.Decode(body)
		return text, nil
	}
	if err := all.checkBytes(body); err != nil || !IsUTF16(body) {
		return body, err
	}
	body, err := FromUTF16(body)
	if err != nil {
		return nil, err
	}
	return body, all.refuseZero(body)
}

// ToUTF8 returns a text in UTF-8, which names its encoding where declared finds
// that, and else is in one that can be told. It returns an ErrInvalid where it
// cannot.
func ToUTF8(declared func(body []byte) string, body []byte) ([]byte, error) {
	return Formats(nil).toUTF8(Format{Declared: declared}, body)
}

// encodingOf returns the encoding that body declares, or nil where it is to be
// read as UTF-8: for what is valid UTF-8, whatever it says, and for what
// declares nothing that can be read.
func encodingOf(f Format, body []byte) encoding.Encoding {
	if f.Declared == nil || IsUTF16(body) || charset.IsUTF8(body) {
		return nil
	}
	name := strings.TrimSpace(strings.ToLower(f.Declared(body)))
	e, err := htmlindex.Get(name)
	if err != nil || e == encoding.Replacement || strings.HasPrefix(name, "utf") {
		return nil
	}
	if canonical, err := htmlindex.Name(e); err != nil || utf8.Valid(body) && canonical != "iso-2022-jp" {
		return nil
	}
	return e
}

// badRunes is in how many bytes one may be wrong, as in pages that were put
// together from others.
const badRunes = 200

// decode returns body in UTF-8.
func decode(e encoding.Encoding, body []byte) ([]byte, error) {
	b, err := e.NewDecoder().Bytes(body)
	if err != nil || bytes.Count(b, []byte("\ufffd")) > len(body)/badRunes {
		name, _ := htmlindex.Name(e)
		return nil, multivac.Errorf(multivac.ErrInvalid, "save it as UTF-8", "it says that it is in %s and is not", name)
	}
	return b, nil
}

// checkBytes returns an ErrInvalid for what is neither UTF-8 nor UTF-16.
func (all Formats) checkBytes(b []byte) error {
	if IsUTF16(b) {
		if len(b)%2 != 0 {
			return multivac.Errorf(multivac.ErrInvalid, "save it as UTF-8", "it is marked as UTF-16 and is not: it has an odd number of bytes")
		}
		return nil
	}
	if err := all.refuseZero(b); err != nil {
		return err
	}
	return CheckUTF8(b)
}

// CheckUTF8 returns an ErrInvalid that names the first byte of b that is not
// UTF-8, and its line where there are several.
func CheckUTF8(b []byte) error {
	if utf8.Valid(b) {
		return nil
	}
	i := 0
	for i < len(b) {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		i += n
	}
	line := ""
	if n := bytes.Count(b[:i], []byte("\n")); n > 0 {
		line = fmt.Sprintf(", in line %d", n+1)
	}
	return multivac.Errorf(multivac.ErrInvalid, "save it as UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8",
		"it is not UTF-8: byte %#02x at offset %d%s", b[i], i, line)
}

// refuseZero returns an ErrInvalid for what has a zero byte, as no text has.
func (all Formats) refuseZero(b []byte) error {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return multivac.Errorf(multivac.ErrInvalid, "tell "+all.extensions(), "it is not text: there is a zero byte at offset %d", i)
	}
	return nil
}

// Start returns how the text of a file begins, in lower case, without a byte
// order mark and white space. It returns false if a zero byte shows that the
// file is not text.
func Start(head []byte) (start []byte, ok bool) {
	return bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte(BOM)), " \t\r\n")), bytes.IndexByte(head, 0) < 0
}

// WholeRunes returns b without the beginning of a rune that it ends in.
func WholeRunes(b []byte) []byte {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return b[:i]
			}
			break
		}
	}
	return b
}
