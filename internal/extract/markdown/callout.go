package markdown

import (
	"slices"
	"strings"

	"multivac/internal/extract/light"
)

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
	if len(words) > 4 || slices.ContainsFunc(words, func(w string) bool { return !light.IsIdentifier(w) }) {
		return false
	}
	word, _, _ := strings.Cut(kind, " ")
	r.Begin(light.Container{Form: light.Indented, Indent: indent, Inner: indent + 4}, word, title)
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
			r.Changed, r.until, r.drop = true, t[:n], true
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
		if !light.IsIdentifier(kind) {
			return false
		}
		title = callTitle(title)
	}
	if isTabs(kind) {
		title = ""
	}
	r.Begin(light.Container{Form: light.Colons, Name: strings.ToLower(kind), Size: n, Indent: indent, Meta: rest[0] == '{'}, kind, title)
	return true
}

// isTabs reports whether a container of that name holds tabs, and is not a tab
// itself.
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
	if i < 0 || i > 0 && light.IsWordByte(t[i-1]) {
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

// endColons ends the innermost container that a line of n colons ends.
func (r *rewriter) endColons(n int) {
	r.Changed = true
	last := -1
	for i := len(r.Open) - 1; i >= 0; i-- {
		if r.Open[i].Form != light.Colons {
			continue
		}
		if r.Open[i].Size == n {
			last = i
			break
		}
		if last < 0 {
			last = i
		}
	}
	if last >= 0 {
		r.Close(last)
	}
}

// tabLine opens a tab of VuePress or VitePress, "@tab Windows" or "== Windows"
// between ":::tabs", and reports whether t is one.
func (r *rewriter) tabLine(t, mark string) bool {
	name, ok := strings.CutPrefix(t, mark)
	if !ok || name == "" || strings.IndexByte(" \t:", name[0]) < 0 {
		return false
	}
	for i := len(r.Open) - 1; i >= 0; i-- {
		if c := r.Open[i]; c.Form == light.Colons && isTabs(c.Name) {
			if i+1 < len(r.Open) {
				r.Close(i + 1)
			}
			name = strings.TrimPrefix(name, ":active")
			r.Begin(light.Container{Form: light.Colons, Size: -1, Name: "tab"}, "", name)
			return true
		}
	}
	return false
}

// quotation leaves out the mark of an alert, "> [!NOTE]" or "> [!tip]- Title",
// and reports whether t has one.
func (r *rewriter) quotation(l, t string) bool {
	rest := strings.TrimLeft(t, "> ")
	if !strings.HasPrefix(rest, "[!") {
		return false
	}
	kind, title, ok := strings.Cut(rest[2:], "]")
	if !ok || !light.IsIdentifier(kind) {
		return false
	}
	if n := len(r.Open); n > 0 && r.Open[n-1].Form == light.Quotation {
		r.Close(n - 1)
	}
	r.Begin(light.Container{Form: light.Quotation, Indent: light.Columns4(l)}, kind, strings.TrimLeft(title, "+- "))
	return true
}
