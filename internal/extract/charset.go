package extract

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"

	"multivac"
)

// A declarer is a format whose documents can say which encoding they are in.
type declarer interface {
	// declared returns the name of the encoding, or "".
	declared(body []byte) string
}

// encodingOf returns the encoding that body declares, or nil where it is to be
// read as UTF-8: for what is valid UTF-8, whatever it says, and for what
// declares nothing that can be read.
func encodingOf(f Format, body []byte) encoding.Encoding {
	d, ok := f.(declarer)
	if !ok || isUTF16(body) || utf8.Valid(body) && bytes.IndexByte(body, escapeByte) < 0 {
		return nil
	}
	name := strings.TrimSpace(strings.ToLower(d.declared(body)))
	e, err := htmlindex.Get(name)
	if err != nil || e == encoding.Replacement || strings.HasPrefix(name, "utf") {
		return nil
	}
	if canonical, err := htmlindex.Name(e); err != nil || utf8.Valid(body) && canonical != "iso-2022-jp" {
		return nil
	}
	return e
}

// escapeByte is what switches alphabets in ISO-2022-JP, whose bytes all are
// ASCII.
const escapeByte = 0x1b

// badRunes is in how many bytes one may be wrong, as in pages that were put
// together.
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

// declaredWithin is in how many bytes of a page its encoding is looked for.
// Browsers look at 1024 and, if there is none, at the whole head.
const declaredWithin = 16 << 10

// declared returns what a page's <meta> says, or its XML declaration.
func (page) declared(body []byte) string {
	head := body[:min(len(body), declaredWithin)]
	if name := xmlEncoding(head); name != "" {
		return name
	}
	z := html.NewTokenizer(bytes.NewReader(head))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			switch string(name) {
			case "meta":
				if name := metaCharset(z, more); name != "" {
					return name
				}
			case "body":
				return ""
			}
		}
	}
}

// metaCharset returns the encoding that a <meta> tag names.
func metaCharset(z *html.Tokenizer, more bool) string {
	charset, content, isType := "", "", false
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch string(key) {
		case "charset":
			charset = string(value)
		case "content":
			content = strings.ToLower(string(value))
		case "http-equiv":
			isType = strings.EqualFold(string(value), "content-type")
		}
	}
	if charset != "" || !isType {
		return charset
	}
	_, after, _ := strings.Cut(content, "charset")
	after, found := strings.CutPrefix(strings.TrimSpace(after), "=")
	if !found {
		return ""
	}
	return firstField(after)
}

// xmlEncoding returns the encoding of <?xml version="1.0" encoding="…"?>.
func xmlEncoding(head []byte) string {
	head = bytes.TrimLeft(head, " \t\r\n")
	end := bytes.IndexByte(head, '>')
	if !bytes.HasPrefix(head, []byte("<?xml")) || end < 0 {
		return ""
	}
	_, after, _ := strings.Cut(strings.ToLower(string(head[:end])), "encoding")
	after, found := strings.CutPrefix(strings.TrimSpace(after), "=")
	if !found {
		return ""
	}
	return firstField(after)
}

// firstField returns what t begins with, without quotation marks.
func firstField(t string) string {
	t = strings.TrimLeft(strings.TrimSpace(t), `"'`)
	if i := strings.IndexAny(t, "\"'; \t\r\n?"); i >= 0 {
		t = t[:i]
	}
	return t
}
