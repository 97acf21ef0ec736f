package man

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"multivac/internal/extract"
	"multivac/internal/extract/light"
)

// breaks are requests that end a line and write nothing; quiet ones end nothing.
var (
	breaks = extract.Words("br sp in ti ce rj bp ll fl brp")
	quiet  = extract.Words(`ad na hy nh hc hw ft ps vs ss cs ls lt ne ta pl po nx rd tm ab ex mso lf cc c2 ec eo ev ul cu lg uf bd fp rm rn als aln rr af di da ch wh it dt
		mk rt ns rs os sv pm pn pi cf trf open opena close write writec nf1 color mcolor defcolor fcolor hla hcode hlm hpf hym hys fam ftr fzoom gcolor kern cflags char
		class schar rchar shc special sizes spreadwarn sy tkf tl uf unformat vpt warn warnscale while break continue return shift do device output blm lsm psbb pev pso ptr pnr ptr asciify box boxa length substring chop cp fchar fschar itc nroff troff nm nn`)
)

// request reads a request of roff, and reports whether it is one.
func (r *reader) request(name, rest string) bool {
	switch name {
	case `\"`, `\}`, "..":
	case "ds", "ds1", "as", "as1":
		r.define(name, rest)
	case "nr":
		r.setNumber(rest)
	case "de", "de1", "dei", "am", "am1", "ami":
		r.defineMacro(name, rest)
	case "ig":
		r.skipTo(strings.TrimSpace(rest))
	case "nf":
		r.flush()
		r.code = true
	case "fi":
		r.flush()
		r.code = false
	case "so":
		r.source = strings.TrimSpace(rest)
	case "tr":
		r.translate(rest)
	case "nop":
		r.text(rest)
	case "TS":
		r.table()
	case "EQ":
		r.equation()
	case "PS", "G1", "IS", "[", "GS":
		r.flush()
		end := map[string]string{"PS": "PE", "G1": "G2", "IS": "IE", "[": "]", "GS": "GE"}[name]
		r.skipTo(end)
	default:
		if breaks[name] {
			r.flush()
			return true
		}
		return quiet[name]
	}
	return true
}

// define reads the definition of a string.
func (r *reader) define(request, rest string) {
	name, value, _ := strings.Cut(rest, " ")
	value = strings.TrimPrefix(strings.TrimLeft(value, " "), `"`)
	value = strings.ReplaceAll(value, `\\`, `\`)
	if strings.HasPrefix(request, "as") {
		value = r.strings[name] + value
	}
	if len(value) <= light.MaxTag {
		r.strings[name] = value
	}
}

// translate reads pairs of characters: the second one is written for the first.
// Only those that have names are looked at, as \(*W.
func (r *reader) translate(rest string) {
	for rest != "" && len(r.translated) < 100 {
		name, n := "", 0
		if t, ok := strings.CutPrefix(rest, `\`); ok && t != "" {
			name, n = nameOf(t)
			n++
		} else {
			_, n = utf8.DecodeRuneInString(rest)
		}
		rest = rest[n:]
		k := min(len(rest), 1)
		if strings.HasPrefix(rest, `\`) {
			_, k = nameOf(rest[1:])
			k++
		}
		if k = min(k, len(rest)); name != "" {
			r.translated[name] = r.escaped(rest[:k])
		}
		rest = rest[k:]
	}
}

func (r *reader) setNumber(rest string) {
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return
	}
	n := r.numbers[fields[0]]
	value := r.escaped(fields[1])
	change, err := strconv.Atoi(strings.TrimRight(value, "umnvicpPz"))
	if err != nil {
		return
	}
	if value[0] == '+' || value[0] == '-' {
		change += n.value
	}
	n.value = change
	if len(fields) > 2 {
		n.step, _ = strconv.Atoi(fields[2])
	}
	r.numbers[fields[0]] = n
}

// skipTo leaves out the lines up to the one that calls a macro: "..", or of that
// name.
func (r *reader) skipTo(end string) (skipped []string) {
	if end == "" {
		end = "."
	}
	for r.Out.Err() == nil {
		l, ok := r.line()
		if !ok {
			break
		}
		if strings.HasPrefix(l, ".") && strings.TrimSpace(l[1:]) == end || strings.HasPrefix(l, "."+end+" ") {
			break
		}
		skipped = append(skipped, l)
	}
	return skipped
}

// maxMacro is the longest macro that a page may define, in lines.
const maxMacro = 1000

func (r *reader) defineMacro(request, rest string) {
	fields := strings.Fields(rest)
	end := ""
	if len(fields) > 1 {
		end = fields[1]
	}
	body := r.skipTo(end)
	if len(fields) == 0 || len(body) > maxMacro {
		return
	}
	for i, l := range body {
		body[i] = strings.ReplaceAll(l, `\\`, `\`)
	}
	if strings.HasPrefix(request, "am") {
		body = append(r.macros[fields[0]], body...)
	}
	r.macros[fields[0]] = body
}

// expand reads the lines of a macro that the page defines.
func (r *reader) expand(name, rest string) {
	body := r.macros[name]
	size := 0
	for _, l := range body {
		size += len(l) + 1
	}
	if size == 0 || r.active[name] || !r.Pay(size+len(rest)) {
		return
	}
	r.active[name] = true
	r.pending = append(r.pending, noSpace+name)
	var values []string
	for _, a := range arguments(rest) {
		values = append(values, a.text)
	}
	for i := len(body) - 1; i >= 0; i-- {
		l := body[i]
		if strings.Contains(l, `\$`) {
			for k := range 9 {
				value := ""
				if k < len(values) {
					value = values[k]
				}
				l = strings.ReplaceAll(l, `\$`+strconv.Itoa(k+1), value)
			}
			l = strings.NewReplacer(`\$*`, rest, `\$@`, rest).Replace(l)
			if !r.Pay(len(l)) {
				return
			}
		}
		r.pending = append(r.pending, l)
	}
}

// condition reads .if, .ie and .el. It returns the line that is to be read, if
// there is one.
func (r *reader) condition(name, rest string) (string, bool) {
	holds := false
	switch n := len(r.elses); name {
	case "el":
		if n > 0 {
			holds = r.elses[n-1]
			r.elses = r.elses[:n-1]
		}
	default:
		if holds, rest = r.holds(rest); name == "ie" && n < r.Limits.Depth {
			r.elses = append(r.elses, !holds)
		}
	}
	rest = strings.TrimLeft(rest, " \t")
	block, isBlock := strings.CutPrefix(rest, `\{`)
	switch {
	case holds && isBlock:
		return strings.TrimLeft(block, " \t"), strings.TrimSpace(block) != ""
	case holds:
		return rest, true
	case isBlock:
		r.skipBlock(block)
	}
	return "", false
}

// skipBlock leaves out the rest of a block between \{ and \}.
func (r *reader) skipBlock(l string) {
	for depth := 1; ; {
		depth += strings.Count(l, `\{`) - strings.Count(l, `\}`)
		if depth <= 0 || r.Out.Err() != nil {
			return
		}
		var ok bool
		if l, ok = r.line(); !ok {
			return
		}
		l = withoutComment(l)
	}
}

// holds evaluates the condition that rest begins with, for a page on a terminal,
// and returns what comes after it.
func (r *reader) holds(rest string) (bool, string) {
	rest = strings.TrimLeft(rest, " \t")
	not := false
	for strings.HasPrefix(rest, "!") {
		not, rest = !not, rest[1:]
	}
	if rest == "" {
		return false, ""
	}
	holds := false
	switch c := rest[0]; {
	case c == '\'' || c == '"':
		parts := strings.SplitN(rest[1:], string(c), 3)
		if len(parts) < 3 {
			return false, ""
		}
		holds, rest = r.escaped(parts[0]) == r.escaped(parts[1]), parts[2]
	case strings.IndexByte("nteo", c) >= 0 && (len(rest) == 1 || strings.IndexByte(" \t\\.'", rest[1]) >= 0):
		holds, rest = c == 'n' || c == 'o', rest[1:]
	case strings.IndexByte("drcmFSv", c) >= 0:
		name, after, _ := strings.Cut(strings.TrimLeft(rest[1:], " "), " ")
		_, isString := r.strings[name]
		_, isNumber := r.numbers[name]
		holds, rest = c == 'd' && (isString || r.macros[name] != nil) || c == 'r' && isNumber, after
	default:
		end := strings.IndexAny(rest, " \t")
		if k := strings.Index(rest, `\{`); k >= 0 && (end < 0 || k < end) {
			end = k
		}
		if end < 0 {
			end = len(rest)
		}
		holds, rest = isPositive(r.escaped(rest[:end])), rest[end:]
	}
	return holds != not, rest
}

// isPositive evaluates a comparison of two numbers, or one number.
func isPositive(t string) bool {
	t = strings.Trim(t, "()")
	for _, operator := range [...]string{"==", ">=", "<=", "=", ">", "<"} {
		a, b, ok := strings.Cut(t, operator)
		if !ok {
			continue
		}
		x, _ := strconv.Atoi(strings.TrimRight(a, "umnvicpPz"))
		y, _ := strconv.Atoi(strings.TrimRight(b, "umnvicpPz"))
		switch operator {
		case ">=":
			return x >= y
		case "<=":
			return x <= y
		case ">":
			return x > y
		case "<":
			return x < y
		}
		return x == y
	}
	n, _ := strconv.Atoi(strings.TrimRight(t, "umnvicpPz"))
	return n > 0
}

// equation reads the lines of an equation, as they are written.
func (r *reader) equation() {
	r.flush()
	var b light.Block
	for _, l := range r.skipTo("EN") {
		if !strings.HasPrefix(l, "delim") && !strings.HasPrefix(l, "define") {
			b.Add(l, r.Line)
		}
	}
	r.inside()
	r.Code("", &b)
}
