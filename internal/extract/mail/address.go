package mail

import (
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/mail/octets"
)

// An address is a person or a list: a name, where to write, or both.
type address struct{ name, at string }

// String returns the address as mail programs show it.
func (a address) String() string {
	switch {
	case a.name == "" || strings.EqualFold(a.name, a.at):
		return a.at
	case a.at == "":
		return a.name
	}
	return a.name + " <" + a.at + ">"
}

// who returns the name, or where to write if there is none.
func (a address) who() string {
	if a.name != "" {
		return a.name
	}
	return a.at
}

// readAddresses reads a field of addresses. Names of groups are left out.
func readAddresses(s string) []address {
	var all []address
	begin, quoted, angle, comment := 0, false, false, 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) {
			switch c := s[i]; {
			case c == '\\' && (quoted || comment > 0):
				i++
				continue
			case c == '"' && comment == 0:
				quoted = !quoted
			case quoted:
			case c == '(':
				comment++
			case c == ')':
				comment = max(0, comment-1)
			case comment > 0:
			case c == '<':
				angle = true
			case c == '>':
				angle = false
			case c == ':' && !angle:
				begin = i + 1
			}
			if quoted || angle || comment > 0 || s[i] != ',' && s[i] != ';' {
				continue
			}
		}
		if a := readAddress(s[min(begin, len(s)):min(i, len(s))]); a != (address{}) {
			all = append(all, a)
		}
		begin = i + 1
	}
	return all
}

// readAddress reads Ada Smith <ada@x.example>, "Smith, Ada" <ada@x.example> or
// ada@x.example (Ada Smith).
func readAddress(s string) address {
	s = strings.TrimSpace(s)
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		at, _, _ := strings.Cut(s[i+1:], ">")
		return address{unquoted(s[:i]), bare(at)}
	}
	at, comment, _ := strings.Cut(s, "(")
	if at = bare(at); strings.ContainsRune(at, '@') || comment != "" {
		comment, _ = strings.CutSuffix(strings.TrimSpace(comment), ")")
		return address{unquoted(comment), at}
	}
	return address{name: unquoted(s)}
}

// bare returns an address without what would break the line it stands on.
func bare(s string) string { return strings.Trim(extract.OneLine(octets.Words(s)), "<>'\" ") }

// unquoted returns a name without its quotation marks and backslashes.
func unquoted(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		s = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(s[1 : len(s)-1])
	}
	s = extract.OneLine(octets.Words(s))
	if len(s) > 1 && s[0] == '\'' && s[len(s)-1] == '\'' {
		s = s[1 : len(s)-1]
	}
	return s
}
