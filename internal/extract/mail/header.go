package mail

import (
	"bytes"
	"strconv"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/mail/octets"
)

// A header are the fields before a mail or a part of it, by name in lower case.
// Values are on one line, in UTF-8, with encoded words as they stand. Of fields
// that are there twice, the first counts.
type header map[string]string

// cutMail cuts the header off a mail. A byte order mark, blank lines and the
// separator of a mailbox may stand before it.
func cutMail(b []byte) (h header, body []byte) {
	return cutHeader(bytes.TrimLeft(bytes.TrimPrefix(b, []byte(extract.BOM)), "\r\n"))
}

// cutHeader reads the fields that b begins with, and returns what follows the
// blank line behind them. Lines that are no field are passed over.
func cutHeader(b []byte) (h header, body []byte) {
	h = header{}
	last, value := "", []byte(nil)
	put := func() {
		if _, twice := h[last]; last != "" && !twice {
			h[last] = strings.TrimSpace(octets.Text(value, ""))
		}
		last, value = "", nil
	}
	for len(b) > 0 {
		line := b
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			line = b[:i+1]
		}
		b = b[len(line):]
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if last != "" && (line[0] == ' ' || line[0] == '\t') {
			value = append(append(value, ' '), bytes.TrimSpace(line)...)
			continue
		}
		put()
		name, v, _ := bytes.Cut(bytes.TrimLeft(line, " \t"), []byte(":"))
		if isFieldName(name) {
			last, value = strings.ToLower(string(bytes.TrimSpace(name))), bytes.Clone(v)
		}
	}
	put()
	return h, b
}

// isFieldName reports whether name can stand before the colon of a field.
func isFieldName(name []byte) bool {
	name = bytes.TrimRight(name, " \t")
	for _, c := range name {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return len(name) > 0 && len(name) < 100
}

// fields of which each mail has one.
var fields = strings.Fields("from to subject date message-id received return-path mime-version content-type delivered-to cc sender")

// isMail reports whether it is the header of a mail.
func (h header) isMail() bool {
	for _, name := range fields {
		if h[name] != "" {
			return true
		}
	}
	return false
}

// text returns a field as it is shown, on one line.
func (h header) text(name string) string { return extract.OneLine(octets.Words(h[name])) }

// media returns a field that is a kind and its parameters, such as
// text/plain; charset=utf-8.
func (h header) media(name string) (kind string, parameters map[string]string) {
	v := h[name]
	kind, rest := v, ""
	if i := strings.IndexAny(v, "; \t"); i >= 0 {
		kind, rest = v[:i], v[i+1:]
	}
	return strings.ToLower(kind), readParameters(rest)
}

// maxParameters bounds the parameters of a field.
const maxParameters = 200

// readParameters reads name=value; name*0*=utf-8”%41. What is no parameter is
// passed over; of several with one name the first counts.
func readParameters(s string) map[string]string {
	raw, values := map[string]string{}, map[string]string{}
	for len(raw) < maxParameters && s != "" {
		var name, value string
		name, value, s = cutParameter(s)
		if _, twice := raw[name]; name != "" && !twice {
			raw[name] = value
		}
	}
	for name, value := range raw {
		if base, _, extended := strings.Cut(name, "*"); extended {
			values[base] = joined(raw, base)
		} else if _, known := values[name]; !known {
			values[name] = octets.Words(value)
		}
	}
	return values
}

// cutParameter cuts the first parameter off s.
func cutParameter(s string) (name, value, rest string) {
	s = strings.TrimLeft(s, "; \t")
	end := strings.IndexAny(s, "=;")
	if end < 0 {
		return "", "", ""
	}
	if s[end] == ';' {
		return "", "", s[end+1:]
	}
	name = strings.ToLower(strings.TrimSpace(s[:end]))
	s = strings.TrimLeft(s[end+1:], " \t")
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		return name, strings.TrimSpace(value), rest
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return name, b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
		}
		b.WriteByte(s[i])
	}
	return name, b.String(), ""
}

// joined returns a parameter of RFC 2231, which names its encoding, may come in
// pieces, and has bytes as %41.
func joined(raw map[string]string, name string) string {
	if v, ok := raw[name+"*"]; ok {
		charset, bytes := cutCharset(v)
		return octets.Text(bytes, charset)
	}
	charset, all := "", []byte(nil)
	for i := 0; ; i++ {
		piece := name + "*" + strconv.Itoa(i)
		switch v, ok := raw[piece+"*"]; {
		case ok && i == 0:
			charset, all = cutCharset(v)
		case ok:
			all = append(all, octets.Percent(v)...)
		default:
			v, ok := raw[piece]
			if !ok {
				return octets.Text(all, charset)
			}
			all = append(all, v...)
		}
	}
}

// cutCharset cuts charset'language' off a parameter.
func cutCharset(v string) (charset string, b []byte) {
	if parts := strings.SplitN(v, "'", 3); len(parts) == 3 {
		return parts[0], octets.Percent(parts[2])
	}
	return "", octets.Percent(v)
}
