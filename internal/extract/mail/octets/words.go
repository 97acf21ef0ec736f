package octets

import "strings"

// Words returns a value of a header with its encoded words as what they stand
// for. Neighbours in one encoding are put together before they are read, since
// many programs cut them inside a character.
func Words(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	var b strings.Builder
	var held []byte // bytes of words that wait for the next one
	charset := ""
	flush := func() {
		b.WriteString(Text(held, charset))
		held, charset = held[:0], ""
	}
	for s != "" {
		i := strings.Index(s, "=?")
		if i < 0 {
			break
		}
		w, rest, ok := cutWord(s[i:])
		if !ok {
			flush()
			b.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		between := s[:i]
		if charset == "" || strings.TrimSpace(between) != "" || w.charset != charset {
			if charset == "" || strings.TrimSpace(between) != "" {
				flush()
				b.WriteString(between)
			} else {
				flush()
			}
		}
		held, charset = append(held, w.bytes...), w.charset
		s = rest
	}
	flush()
	b.WriteString(s)
	return b.String()
}

// A word is an encoded word of RFC 2047.
type word struct {
	charset string
	bytes   []byte
}

// maxCharset bounds the name of an encoding, so that reading stays linear.
const maxCharset = 60

// cutWord cuts the encoded word that s begins with: =?charset?Q?text?=. Spaces in
// the text are wrong, and read.
func cutWord(s string) (w word, rest string, ok bool) {
	head := s[2:min(len(s), 2+maxCharset)]
	i := strings.IndexByte(head, '?')
	if i <= 0 || strings.ContainsAny(head[:i], " \t") || len(head) < i+3 || head[i+2] != '?' {
		return word{}, s, false
	}
	w.charset, _, _ = strings.Cut(strings.ToLower(head[:i]), "*") // after it, a language
	text := s[2+i+3:]
	end := strings.Index(text, "?=")
	if end < 0 {
		return word{}, s, false
	}
	rest, text = text[end+2:], text[:end]
	switch head[i+1] {
	case 'B', 'b':
		w.bytes, _ = fromBase64([]byte(text))
	case 'Q', 'q':
		w.bytes = appendHex(nil, []byte(strings.ReplaceAll(text, "_", " ")), '=')
	default:
		return word{}, s, false
	}
	return w, rest, true
}
