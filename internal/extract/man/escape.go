package man

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"multivac/internal/extract/light"
)

// noSpace stands in text where what follows belongs to what comes before.
const noSpace = "\x00"

// A register is a number, and how much it grows each time it is asked for.
type register struct{ value, step int }

// maxStrings is how deep strings may stand in strings.
const maxStrings = 4

// escaped returns what a reader sees of l.
func (r *reader) escaped(l string) string { return r.unescape(l, 0) }

func (r *reader) unescape(l string, depth int) string {
	if strings.IndexByte(l, '\\') < 0 {
		return l
	}
	var b strings.Builder
	for l != "" {
		i := strings.IndexByte(l, '\\')
		if i < 0 || i+1 == len(l) {
			b.WriteString(strings.TrimSuffix(l, `\`))
			break
		}
		b.WriteString(l[:i])
		c := l[i+1]
		if c >= utf8.RuneSelf { // is no escape, and stands for itself
			l = l[i+1:]
			continue
		}
		l = l[i+2:]
		l = l[r.escape(&b, c, l, depth):]
	}
	return b.String()
}

// escape writes what stands for the escape c, and returns how many bytes of the
// rest belong to it.
func (r *reader) escape(b *strings.Builder, c byte, rest string, depth int) int {
	switch c {
	case '(', '[':
		name, n := nameOf(string(c) + rest)
		if t, ok := r.translated[name]; ok {
			b.WriteString(t)
			return n - 1
		}
		b.WriteString(glyph(name))
		return n - 1
	case 'C':
		name, n := quoted(rest)
		b.WriteString(glyph(name))
		return n
	case 'N':
		name, n := quoted(rest)
		if code, err := strconv.Atoi(name); err == nil && code >= ' ' {
			b.WriteRune(rune(code))
		}
		return n
	case '*':
		name, n := nameOf(rest)
		if t := r.strings[strings.TrimSpace(name)]; depth < maxStrings && r.Pay(len(t)) {
			b.WriteString(r.unescape(t, depth+1))
		}
		return n
	case 'n':
		step := len(rest) - len(strings.TrimLeft(rest, "+-"))
		name, n := nameOf(rest[step:])
		b.WriteString(strconv.Itoa(r.number(name, step > 0)))
		return step + n
	case 'h':
		motion, n := quoted(rest)
		if !strings.HasPrefix(motion, "-") && strings.Trim(motion, "0.mniup") != "" {
			b.WriteByte(' ')
		}
		return n
	case 'o', 'b', 'Z':
		t, n := quoted(rest)
		if depth < maxStrings {
			b.WriteString(r.unescape(t, depth+1))
		}
		return n
	case 'c':
		b.WriteString(noSpace)
		return 0
	}
	if t, ok := single[c]; ok {
		b.WriteString(t)
		return 0
	}
	return silent(c, rest)
}

// single are escapes of one character. Those that stand for nothing are only
// there to end or to keep something.
var single = map[byte]string{
	'-': "-", 'e': `\`, '\\': `\`, '.': ".", '\'': "'", '`': "`", '_': "_", ' ': " ", '~': " ", '0': " ", 't': "\t",
	'&': "", '/': "", ',': "", '|': "", '^': "", '%': "", ':': "", '!': "", '{': "", '}': "", ')': "", 'a': "", 'd': "", 'u': "", 'r': "", 'p': "", 'E': `\`, '?': "", 'z': "",
}

// silent returns how many bytes belong to an escape that changes only how the
// page looks.
func silent(c byte, rest string) int {
	switch c {
	case 'f', 'F', 'g', 'k', 'm', 'M', 'V', 'Y', '$', 'O':
		_, n := nameOf(rest)
		return n
	case 's':
		n := 0
		if rest != "" && (rest[0] == '+' || rest[0] == '-') {
			n = 1
		}
		switch t := rest[n:]; {
		case t == "":
			return n
		case t[0] == '(' || t[0] == '[':
			_, k := nameOf(t)
			return n + k
		case t[0] == '\'':
			_, k := quoted(t)
			return n + k
		case t[0] >= '1' && t[0] <= '3' && len(t) > 1 && t[1] >= '0' && t[1] <= '9' && n == 0:
			return n + 2
		default:
			return n + firstRune(t)
		}
	case 'A', 'B', 'D', 'H', 'l', 'L', 'R', 'S', 'v', 'w', 'x', 'X':
		_, n := quoted(rest)
		return n
	}
	return 0
}

// nameOf returns the name that t begins with, as in \fB, \f(CW and \f[CB], and how
// many bytes it takes.
func nameOf(t string) (string, int) {
	switch {
	case t == "":
		return "", 0
	case t[0] == '(':
		n := 1 + firstRune(t[1:])
		n += firstRune(t[n:])
		return t[1:n], n
	case t[0] == '[':
		end := strings.IndexByte(t[:min(len(t), light.MaxTag)], ']')
		if end < 0 {
			return "", 1
		}
		return t[1:end], end + 1
	}
	n := firstRune(t)
	return t[:n], n
}

// firstRune returns how many bytes the first character of t takes.
func firstRune(t string) int {
	_, n := utf8.DecodeRuneInString(t)
	return n
}

// quoted returns what t has between the marks that it begins with, and how many
// bytes both take.
func quoted(t string) (string, int) {
	if t == "" {
		return "", 0
	}
	n := firstRune(t)
	end := strings.Index(t[n:min(len(t), max(n, light.MaxTag))], t[:n])
	if end < 0 {
		return "", n
	}
	return t[n : n+end], n + end + n
}

// number returns the value of a register.
func (r *reader) number(name string, grows bool) int {
	if name == ".g" {
		return 1
	}
	n := r.numbers[name]
	if grows {
		n.value += n.step
		r.numbers[name] = n
	}
	return n.value
}

// An argument is an argument of a macro.
type argument struct {
	text   string
	quoted bool // it is no macro, whatever its name
}

// arguments returns the arguments in the rest of a line, as they stand.
func arguments(t string) (all []argument) {
	for {
		t = strings.TrimLeft(t, " \t")
		if t == "" {
			return all
		}
		var a argument
		if t[0] == '"' {
			a, t = quotedArgument(t[1:])
		} else {
			n := 0
			for n < len(t) && t[n] != ' ' && t[n] != '\t' {
				if t[n] == '\\' {
					n++
				}
				n++
			}
			n = min(n, len(t))
			a.text, t = t[:n], t[n:]
		}
		all = append(all, a)
	}
}

// quotedArgument reads an argument behind its first quotation mark. Two marks in
// it are one.
func quotedArgument(t string) (argument, string) {
	var b strings.Builder
	for {
		i := strings.IndexByte(t, '"')
		if i < 0 {
			b.WriteString(t)
			return argument{b.String(), true}, ""
		}
		b.WriteString(t[:i])
		t = t[i+1:]
		if !strings.HasPrefix(t, `"`) {
			return argument{b.String(), true}, t
		}
		b.WriteByte('"')
		t = t[1:]
	}
}

// words returns the arguments as a reader sees them.
func (r *reader) words(rest string) []string {
	var all []string
	for _, a := range arguments(rest) {
		all = append(all, r.escaped(a.text))
	}
	return all
}
