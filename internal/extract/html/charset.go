package html

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// declaredWithin is how many bytes of a page are searched for its encoding.
// Browsers search 1024 bytes and, if they find none, the whole head.
const declaredWithin = 16 << 10

// declared returns the encoding that a <meta> or the XML declaration of a page
// names.
func declared(body []byte) string {
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

// firstField returns the first field of t, without quotation marks.
func firstField(t string) string {
	t = strings.TrimLeft(strings.TrimSpace(t), `"'`)
	if i := strings.IndexAny(t, "\"'; \t\r\n?"); i >= 0 {
		t = t[:i]
	}
	return t
}
