package asciidoc

import (
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/light"
)

// macros are those that stand within a line, "name:target[text]".
var macros = extract.Words("link xref mailto image icon kbd btn menu footnote footnoteref indexterm indexterm2 anchor stem latexmath asciimath pass http https ftp irc")

// macro reads a macro or an address.
func (r *reader) macro(x *light.Inline, line, depth int) bool {
	rest := x.Rest()
	colon := strings.IndexByte(rest[:min(len(rest), 12)], ':')
	if colon < 0 || !macros[rest[:colon]] {
		return false
	}
	name := rest[:colon]
	n := colon + 1
	for n < len(rest) && n < light.MaxTag && !light.IsSpace(rest[n]) && strings.IndexByte("[]<>", rest[n]) < 0 {
		n++
	}
	isAddress := strings.HasPrefix(rest[colon:], "://")
	if strings.HasPrefix(rest[colon:], "::") && name != "link" {
		return false
	}
	if n == len(rest) || rest[n] != '[' {
		if isAddress { // its marks are no marks
			x.Copy(n)
		}
		return isAddress
	}
	size := light.Bracket(rest[n:], '[', ']')
	if size == 0 {
		return false
	}
	target, text := rest[colon+1:n], rest[n+1:n+size-1]
	if isAddress || name == "link" || name == "mailto" || name == "xref" {
		r.link(x, name, target, text, n, isAddress)
		return true
	}
	t := r.seen(name, target, text, line, depth)
	x.Replace(n+size, strings.ReplaceAll(t, "\n", " "))
	return true
}

// link reads a link whose text begins behind n bytes. Without a text, its address
// is shown.
func (r *reader) link(x *light.Inline, name, target, text string, n int, isAddress bool) {
	shown := strings.TrimSpace(text)
	if i := strings.Index(shown, `",`); strings.HasPrefix(shown, `"`) && (i > 0 || strings.HasSuffix(shown, `"`)) {
		if i < 0 {
			i = len(shown) - 1
		}
		shown = shown[1:max(1, i)]
	} else if i := strings.IndexByte(shown, ','); i >= 0 && strings.Contains(shown[i:], "=") || name == "mailto" && i >= 0 {
		shown = shown[:i]
	}
	shown = strings.TrimSuffix(shown, "^")
	if strings.Contains(shown, "=") && light.IsIdentifier(shown[:strings.IndexByte(shown, '=')]) && isOption[shown[:strings.IndexByte(shown, '=')]] {
		shown = ""
	}
	start := strings.Index(text, shown)
	if shown != "" && start >= 0 { // its marks are rewritten with the text
		at, end := x.At+n+1+start+len(shown), x.At+n+1+len(text)
		for light.IsSpace(x.In[at]) {
			at++
		}
		x.Drop(at, end-at+1)
		x.Skip(n + 1 + start)
		return
	}
	switch {
	case isAddress:
		target = name + ":" + target
	case name == "xref":
		_, id, ok := strings.Cut(target, "#")
		if !ok || id == "" {
			id = strings.TrimSuffix(target, "#")
		}
		target = r.titleOf(id)
	}
	x.Replace(n+len(text)+2, target)
}

// isOption are the names of what a link may say of itself.
var isOption = extract.Words("window role opts options id title rel")

// seen returns what a reader sees of a macro.
func (r *reader) seen(name, target, text string, line, depth int) string {
	switch name {
	case "kbd", "btn", "indexterm2":
		return text
	case "menu":
		return strings.ReplaceAll(strings.TrimSuffix(target+" > "+text, " > "), " > ", " › ")
	case "stem", "latexmath", "asciimath":
		return text
	case "pass":
		switch {
		case target == "":
			return withoutTags(text)
		case strings.Contains(target, "q") || strings.Contains(target, "n"):
			return r.nested(text, line, depth+1)
		}
		return text
	case "footnote":
		r.Note(r.nested(text, line, depth+1), line)
	case "footnoteref":
		if _, note, ok := strings.Cut(text, ","); ok {
			r.Note(r.nested(note, line, depth+1), line)
		}
	}
	return ""
}
