package mediawiki

import (
	"strconv"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/light"
)

// inline returns what a reader sees of a text. Its notes are kept for the end of
// the section.
func (r *reader) inline(t string) string {
	x := light.NewInline(t)
	for x.To("'[]&_~-\x01") {
		if x.Rest()[0] == noteMark {
			r.writeNote(x)
		} else if !piece(x) {
			x.Copy(1)
		}
	}
	return strings.Map(bare, x.String())
}

// writeNote keeps the note that x stands at. No note is written twice.
func (r *reader) writeNote(x *light.Inline) {
	number, _, ok := strings.Cut(x.Rest()[1:min(len(x.Rest()), 20)], string(noteMark))
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 0 || n >= len(r.notes) {
		x.Skip(1)
		return
	}
	x.Skip(len(number) + 2)
	note := r.notes[n]
	r.notes[n].text = ""
	if note.text != "" {
		r.Note(r.inline(note.text), note.line)
	}
}

// piece rewrites what x stands at, and reports whether that is more than a
// byte.
func piece(x *light.Inline) bool {
	rest := x.Rest()
	switch rest[0] {
	case '\'':
		return emphasis(x)
	case '[':
		if strings.HasPrefix(rest, "[[") {
			return link(x)
		}
		return outward(x)
	case '&':
		return entity(x)
	case '_':
		return word(x)
	case '~':
		n := len(rest) - len(strings.TrimLeft(rest, "~"))
		if n < 3 || n > 5 {
			x.Copy(n)
			return true
		}
		x.Skip(n)
		return true
	case '-':
		return variant(x)
	}
	return false
}

// emphasis leaves out 2, 3 or 5 apostrophes; of others some are seen.
func emphasis(x *light.Inline) bool {
	rest := x.Rest()
	n := len(rest) - len(strings.TrimLeft(rest, "'"))
	seen := 0
	switch {
	case n == 1:
		return false
	case n == 4:
		seen = 1
	case n > 5:
		seen = n - 5
	}
	x.Copy(seen)
	x.Skip(n - seen)
	return true
}

// Names of what is listed elsewhere than in the text.
var categories = extract.Words("category kategorie catégorie categoría categoria kategoria categorie категория カテゴリ 分类 분류 kategori luokka")

// link reads [[page|text]].
func link(x *light.Inline) bool {
	end := x.Find("]]", x.At+2, nil)
	if end < 0 || end-x.At > light.MaxTag {
		return false
	}
	n := end + 2 - x.At
	target, text, ok := strings.Cut(x.In[x.At+2:end], "|")
	if strings.ContainsAny(target, "\n[") {
		return false
	}
	prefix, _, named := strings.Cut(strings.TrimSpace(target), ":")
	prefix = strings.ToLower(prefix)
	switch {
	case named && (categories[prefix] || images[prefix]) || named && !ok && isLanguage(prefix):
		x.Skip(n)
	case !ok:
		x.Replace(n, strings.TrimLeft(strings.ReplaceAll(target, "\n", " "), ":"))
	case strings.TrimSpace(text) == "":
		x.Replace(n, pipeTrick(target))
	default:
		x.Skip(2 + len(target) + 1)
		x.Drop(end, 2)
	}
	return true
}

// isLanguage reports whether a prefix leads to the same page in a language.
func isLanguage(t string) bool {
	t, _, _ = strings.Cut(t, "-")
	if len(t) < 2 || len(t) > 3 {
		return false
	}
	for i := range len(t) {
		if t[i] < 'a' || t[i] > 'z' {
			return false
		}
	}
	return true
}

// pipeTrick returns what [[a:b (c)|]] shows.
func pipeTrick(t string) string {
	t = strings.TrimLeft(t, ":")
	if _, name, ok := strings.Cut(t, ":"); ok {
		t = name
	}
	if i := strings.LastIndex(t, " ("); i > 0 && strings.HasSuffix(t, ")") {
		t = t[:i]
	}
	return t
}

// outward reads [http://address text]. Without a text, a page shows a number.
func outward(x *light.Inline) bool {
	rest := x.Rest()
	ok := false
	for _, scheme := range [...]string{"http://", "https://", "ftp://", "mailto:", "irc://", "//"} {
		ok = ok || strings.HasPrefix(rest[1:], scheme)
	}
	if !ok {
		return false
	}
	n := light.Bracket(rest, '[', ']')
	if n == 0 || strings.Contains(rest[:n], "\n") {
		return false
	}
	i := strings.IndexAny(rest[:n], " \t")
	if i < 0 || strings.TrimSpace(rest[i:n-1]) == "" {
		x.Skip(n)
		return true
	}
	x.Skip(i + 1)
	x.Drop(x.At-i-1+n-1, 1)
	return true
}

func entity(x *light.Inline) bool {
	t, n := light.Entity(x.Rest())
	if n == 0 {
		return false
	}
	x.Replace(n, protect(t))
	return true
}

// word leaves out words that say something to the wiki: __NOTOC__.
func word(x *light.Inline) bool {
	rest := x.Rest()
	if !strings.HasPrefix(rest, "__") {
		return false
	}
	n := 2
	for n < len(rest) && n < 40 && rest[n] >= 'A' && rest[n] <= 'Z' {
		n++
	}
	if n < 5 || !strings.HasPrefix(rest[n:], "__") {
		return false
	}
	x.Skip(n + 2)
	return true
}

// variant reads -{a}-, and of -{zh-hans:a;zh-hant:b}- the first.
func variant(x *light.Inline) bool {
	rest := x.Rest()
	if !strings.HasPrefix(rest, "-{") {
		return false
	}
	end := strings.Index(rest[:min(len(rest), light.MaxTag)], "}-")
	if end < 0 {
		return false
	}
	t, _, _ := strings.Cut(rest[2:end], ";")
	if _, value, ok := strings.Cut(t, ":"); ok {
		t = value
	}
	x.Replace(end+2, strings.ReplaceAll(t, "\n", " "))
	return true
}
