package asciidoc

import (
	"strconv"
	"strings"

	"multivac/internal/extract/light"
)

// attributes are the names that stand for text, and the conditions on them.
type attributes struct {
	values     map[string]string
	conditions []bool // whether the lines of each open one are read
	unread     int    // how many of these are not
}

func newAttributes() attributes {
	return attributes{values: map[string]string{
		"backend": "html5", "backend-html5": "", "basebackend": "html", "basebackend-html": "", "asciidoctor": "", "outfilesuffix": ".html",
		"empty": "", "sp": " ", "nbsp": " ", "zwsp": "", "wj": "", "blank": "", "apos": "'", "quot": `"`, "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”",
		"deg": "°", "plus": "+", "brvbar": "¦", "vbar": "|", "amp": "&", "lt": "<", "gt": ">", "startsb": "[", "endsb": "]", "caret": "^", "asterisk": "*",
		"tilde": "~", "backslash": `\`, "backtick": "`", "two-colons": "::", "two-semicolons": ";;", "cpp": "C++", "cxx": "C++", "pp": "++",
	}}
}

// maxValue is the longest value of an attribute, in bytes.
const maxValue = 4 << 10

// isEntry reports whether t sets an attribute: ":name: value".
func (r *reader) isEntry(t string) bool {
	if len(t) < 3 || t[0] != ':' {
		return false
	}
	name, rest, ok := strings.Cut(t[1:], ":")
	return ok && (rest == "" || rest[0] == ' ') && isName(strings.Trim(name, "!"))
}

func isName(t string) bool {
	for i := range len(t) {
		if !light.IsWordByte(t[i]) && (t[i] != '-' || i == 0) {
			return false
		}
	}
	return t != ""
}

// entry sets an attribute. Its value may go on in the lines below.
func (r *reader) entry(t string) {
	name, value, _ := strings.Cut(t[1:], ":")
	value = strings.TrimSpace(value)
	for strings.HasSuffix(value, ` \`) && len(value) < maxValue {
		l, ok := r.next()
		if !ok {
			break
		}
		value = strings.TrimSuffix(value, `\`) + strings.TrimSpace(l)
	}
	bare := strings.ToLower(strings.Trim(name, "!"))
	if strings.Contains(name, "!") {
		delete(r.values, bare)
		return
	}
	if value = r.substituted(value, asIs); len(value) <= maxValue {
		r.values[bare] = value
	}
}

// substituted returns t with what written makes of the values of its attributes.
// Those that nothing is known of stay.
func (r *reader) substituted(t string, written func(string) string) string {
	if strings.IndexByte(t, '{') < 0 {
		return t
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(t, '{')
		if i < 0 {
			break
		}
		end := strings.IndexByte(t[i:min(len(t), i+100)], '}')
		if end < 0 {
			b.WriteString(t[:i+1])
			t = t[i+1:]
			continue
		}
		name := t[i+1 : i+end]
		value, known := r.values[strings.ToLower(name)]
		if counter, ok := strings.CutPrefix(name, "counter:"); ok {
			n, _ := strconv.Atoi(r.values[counter])
			value, known = strconv.Itoa(n+1), true
			r.values[counter] = value
		}
		switch {
		case i > 0 && t[i-1] == '\\' && isName(name):
			b.WriteString(t[:i-1] + t[i:i+end+1])
			t = t[i+end+1:]
		case known && r.Pay(len(value)):
			b.WriteString(t[:i] + written(value))
			t = t[i+end+1:]
		default:
			b.WriteString(t[:i+1])
			t = t[i+1:]
		}
	}
	b.WriteString(t)
	return b.String()
}

// next returns the next line that is to be read. Conditions are evaluated, and
// what would be read from other files is left out.
func (r *reader) next() (string, bool) {
	if r.holds {
		r.holds = false
		return r.held, true
	}
	for r.Rest != "" && r.Out.Err() == nil {
		l := strings.TrimRight(r.Next(), " \t\r\n")
		name, rest, ok := strings.Cut(l, "::")
		if !ok || !strings.HasSuffix(rest, "]") {
			if r.unread == 0 {
				return l, true
			}
			continue
		}
		target, text, _ := strings.Cut(strings.TrimSuffix(rest, "]"), "[")
		switch name {
		case "ifdef", "ifndef", "ifeval":
			holds := r.unread == 0 && r.condition(name, target, text)
			if text != "" && name != "ifeval" {
				if holds {
					return text, true
				}
				continue
			}
			r.push(holds)
			continue
		case "endif":
			r.pop()
			continue
		case "include":
			continue
		case `\ifdef`, `\ifndef`, `\ifeval`, `\endif`, `\include`:
			l = l[1:]
		}
		if r.unread == 0 {
			return l, true
		}
	}
	return "", false
}

func (r *reader) push(holds bool) {
	r.conditions = append(r.conditions, holds)
	if !holds {
		r.unread++
	}
}

func (r *reader) pop() {
	n := len(r.conditions) - 1
	if n < 0 {
		return
	}
	if !r.conditions[n] {
		r.unread--
	}
	r.conditions = r.conditions[:n]
}

// condition evaluates a condition. What is not understood holds.
func (r *reader) condition(kind, target, text string) bool {
	if kind == "ifeval" {
		return r.compare(text)
	}
	some, all := false, true
	for name := range strings.FieldsFuncSeq(target, func(c rune) bool { return c == ',' || c == '+' }) {
		_, ok := r.values[strings.ToLower(strings.TrimSpace(name))]
		some, all = some || ok, all && ok
	}
	holds := some
	if strings.Contains(target, "+") {
		holds = all
	}
	return holds == (kind == "ifdef")
}

// compare evaluates a comparison: "{a}" == "b", {level} > 2.
func (r *reader) compare(t string) bool {
	for _, operator := range [...]string{"==", "!=", "<=", ">=", "<", ">"} {
		a, b, ok := strings.Cut(t, " "+operator+" ")
		if !ok {
			continue
		}
		a, b = operand(r.substituted(a, asIs)), operand(r.substituted(b, asIs))
		x, err := strconv.ParseFloat(a, 64)
		y, err2 := strconv.ParseFloat(b, 64)
		order := strings.Compare(a, b)
		if err == nil && err2 == nil {
			order = 0
			if x < y {
				order = -1
			} else if x > y {
				order = 1
			}
		}
		switch operator {
		case "==":
			return order == 0
		case "!=":
			return order != 0
		case "<=":
			return order <= 0
		case ">=":
			return order >= 0
		case "<":
			return order < 0
		}
		return order > 0
	}
	return true
}

func operand(t string) string { return strings.Trim(strings.TrimSpace(t), `"'`) }

// survey notes the titles of sections and blocks by their ids, for references
// that have no text of their own.
func (r *reader) survey(text string) {
	id, title := "", ""
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, " \t\r\n")
		switch level, heading := section(l); {
		case level > 0:
			if id != "" {
				r.titles[id] = heading
			}
			bare := heading
			if !strings.Contains(heading, "footnote") {
				bare = r.nested(heading, 1, maxNested-1)
			}
			r.titles[autoID(bare)] = heading
			id, title = "", ""
		case strings.HasPrefix(l, "[[") && strings.HasSuffix(l, "]]"):
			var text string
			if id, text, _ = strings.Cut(l[2:len(l)-2], ","); text != "" {
				r.titles[id] = strings.TrimSpace(text)
				id = ""
			}
		case strings.HasPrefix(l, "[#") && isProperties(l):
			id = l[2:]
			id = id[:strings.IndexAny(id, ",.%]")]
		case len(l) > 1 && l[0] == '.' && l[1] != '.' && l[1] != ' ':
			title = l[1:]
		case l != "" && !isProperties(l):
			id, title = "", ""
		}
		if id != "" && title != "" {
			r.titles[id] = title
		}
	}
}

// autoID returns the id that a section has by its title.
func autoID(t string) string {
	var b strings.Builder
	b.WriteByte('_')
	for _, c := range strings.ToLower(t) {
		switch {
		case c == ' ' || c == '.' || c == '-':
			if !strings.HasSuffix(b.String(), "_") {
				b.WriteByte('_')
			}
		case c < 128 && !light.IsWordByte(byte(c)):
		default:
			b.WriteRune(c)
		}
	}
	return strings.TrimRight(b.String(), "_")
}
