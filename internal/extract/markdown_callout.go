package extract

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// begin opens a container. Its name is its title, or what kind of callout it is
// where that says more than that it is one.
func (r *rewriter) begin(c container, kind, title string) {
	r.changed = true
	name := strings.Join(strings.Fields(title), " ")
	if name == "" && grave[strings.ToLower(kind)] {
		first, n := utf8.DecodeRuneInString(kind)
		name = string(unicode.ToUpper(first)) + strings.ReplaceAll(kind[n:], "-", " ")
	}
	c.outer = r.level
	r.after = false
	if r.list = r.list && c.indent > 0; r.list {
		c.keep = c.indent
	}
	switch {
	case name == "":
		r.emit("")
	case r.list:
		end := ":"
		if strings.ContainsRune(".:!?？：", lastRune(name)) {
			end = ""
		}
		r.emit("")
		r.emit(strings.Repeat(" ", c.indent) + "**" + name + end + "**")
		r.emit("")
	default:
		c.level = 6
		if r.level > 0 {
			c.level = min(r.level+1, 6)
		}
		r.level = c.level
		r.emit(strings.Repeat("#", c.level) + " " + name)
	}
	if len(r.open) < maxOpen {
		r.open = append(r.open, c)
	} else if c.level > 0 {
		r.level = c.outer
	}
}

func lastRune(t string) rune {
	last, _ := utf8.DecodeLastRuneInString(t)
	return last
}

// close ends the container r.open[i] and those in it.
func (r *rewriter) close(i int) {
	level, outer := 0, r.level
	for _, c := range r.open[i:] {
		if c.level > 0 && level == 0 {
			level, outer = c.level, c.outer
		}
	}
	r.open = r.open[:i]
	r.changed, r.after = true, false
	r.level = outer
	if level > 0 {
		r.emit(strings.Repeat("#", level))
	} else {
		r.emit("")
	}
}

// closeNamed ends the innermost container of that form and name, and reports
// whether there is one.
func (r *rewriter) closeNamed(f form, name string) bool {
	for i := len(r.open) - 1; i >= 0; i-- {
		if r.open[i].form == f && r.open[i].name == name {
			r.close(i)
			return true
		}
	}
	return false
}

// grave are the kinds of callouts whose name tells a reader something.
var grave = set(`warning warn caution danger important attention error bug failure fail missing critical deprecated deprecation alert security
	experimental beta breaking severe fatal versionadded versionchanged versionremoved`)

// indented opens a callout or a tab of MkDocs, and reports whether t is one:
// `!!! note "Title"`, `??? tip`, `???+ tip`, `=== "Debian"`.
func (r *rewriter) indented(t string, indent int) bool {
	mark := t[:min(3, len(t))]
	if mark != "!!!" && mark != "???" && mark != "===" {
		return false
	}
	kind := strings.TrimLeft(t[3:], "+!")
	if kind == "" || kind[0] != ' ' && kind[0] != '\t' {
		return false
	}
	kind = strings.TrimSpace(kind)
	title := ""
	if i := strings.IndexByte(kind, '"'); i >= 0 {
		if len(kind) < i+2 || !strings.HasSuffix(kind, `"`) {
			return false
		}
		kind, title = strings.TrimSpace(kind[:i]), kind[i+1:len(kind)-1]
		if title == "" {
			kind = ""
		}
	} else if mark == "===" {
		return false
	}
	words := strings.Fields(kind)
	if len(words) > 4 || slices.ContainsFunc(words, func(w string) bool { return !isIdentifier(w) }) {
		return false
	}
	word, _, _ := strings.Cut(kind, " ")
	r.begin(container{form: indented, indent: indent, inner: indent + 4}, word, title)
	return true
}

// colons opens or ends a callout between lines of colons, and reports whether t
// is one: ":::caution Title", "::: {.note}", ":::{note} Title", "::: details".
func (r *rewriter) colons(t string, indent int) bool {
	rest := strings.TrimLeft(t, ":")
	n := len(t) - len(rest)
	if n < 3 {
		return false
	}
	if rest = strings.TrimSpace(strings.TrimRight(rest, ":")); rest == "" {
		r.endColons(n)
		return true
	}
	kind, title := "", ""
	if name, argument, ok := directive(rest); ok {
		if noText[name] {
			r.changed, r.until, r.drop = true, t[:n], true
			return true
		}
		kind, title = name, argument
	} else if rest[0] == '{' {
		kind = class(rest)
		title = attribute(rest, "title")
	} else {
		end := strings.IndexAny(rest, " \t[{")
		if end < 0 {
			end = len(rest)
		}
		kind, title = rest[:end], strings.TrimSpace(rest[end:])
		if !isIdentifier(kind) {
			return false
		}
		title = callTitle(title)
	}
	if isTabs(kind) {
		title = ""
	}
	r.begin(container{form: colons, name: strings.ToLower(kind), size: n, indent: indent, meta: rest[0] == '{'}, kind, title)
	return true
}

// isTabs reports whether a container of that name holds tabs, and names none.
func isTabs(name string) bool {
	switch strings.ToLower(name) {
	case "tabs", "tab-set", "tabset", "tabpane", "code-group", "codegroup", "tabgroup":
		return true
	}
	return false
}

// callTitle reads the title after the kind of a callout: "Title {#id}",
// "[Title]", `{title="Title"}`.
func callTitle(t string) string {
	if a := attribute(t, "title"); a != "" {
		return a
	}
	if i := strings.IndexByte(t, '{'); i >= 0 && strings.HasSuffix(t, "}") {
		t = strings.TrimSpace(t[:i])
	}
	if strings.HasPrefix(t, "[") && strings.HasSuffix(t, "]") {
		t = t[1 : len(t)-1]
	}
	return strings.Trim(t, `"`)
}

// class returns the first class in attributes of Pandoc: "{#id .note}".
func class(t string) string {
	for _, f := range strings.Fields(strings.Trim(t, "{}")) {
		if name, ok := strings.CutPrefix(f, "."); ok {
			return strings.TrimPrefix(name, "callout-") // Quarto's
		}
	}
	return ""
}

// attribute returns the value of name="value" in t.
func attribute(t, name string) string {
	i := strings.Index(t, name+"=")
	if i < 0 || i > 0 && isWordByte(t[i-1]) {
		return ""
	}
	t = t[i+len(name)+1:]
	if t == "" || t[0] != '"' && t[0] != '\'' {
		return ""
	}
	value, _, ok := strings.Cut(t[1:], t[:1])
	if !ok {
		return ""
	}
	return value
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= utf8.RuneSelf
}

// endColons ends the innermost container that so many colons end.
func (r *rewriter) endColons(n int) {
	r.changed = true
	last := -1
	for i := len(r.open) - 1; i >= 0; i-- {
		if r.open[i].form != colons {
			continue
		}
		if r.open[i].size == n {
			last = i
			break
		}
		if last < 0 {
			last = i
		}
	}
	if last >= 0 {
		r.close(last)
	}
}

// tabLine opens a tab of VuePress or VitePress, "@tab Windows" or "== Windows"
// between ":::tabs", and reports whether t is one.
func (r *rewriter) tabLine(t, mark string) bool {
	name, ok := strings.CutPrefix(t, mark)
	if !ok || name == "" || strings.IndexByte(" \t:", name[0]) < 0 {
		return false
	}
	for i := len(r.open) - 1; i >= 0; i-- {
		if c := r.open[i]; c.form == colons && isTabs(c.name) {
			if i+1 < len(r.open) {
				r.close(i + 1)
			}
			name = strings.TrimPrefix(name, ":active")
			r.begin(container{form: colons, size: -1, name: "tab"}, "", name)
			return true
		}
	}
	return false
}

// quotation leaves out the mark of an alert, "> [!NOTE]" or "> [!tip]- Title",
// and reports whether t is one.
func (r *rewriter) quotation(l, t string) bool {
	rest := strings.TrimLeft(t, "> ")
	if !strings.HasPrefix(rest, "[!") {
		return false
	}
	kind, title, ok := strings.Cut(rest[2:], "]")
	if !ok || !isIdentifier(kind) {
		return false
	}
	if n := len(r.open); n > 0 && r.open[n-1].form == quotation {
		r.close(n - 1)
	}
	r.begin(container{form: quotation, indent: columns4(l)}, kind, strings.TrimLeft(title, "+- "))
	return true
}
