package epub

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/parts"
)

// contents are the names of chapters as a book lists them.
type contents struct {
	of    map[string]*entries // by the part that they lead to
	names map[string]bool     // all of them, folded
}

// entries are what the contents have of a part. Their name is that of the entry
// above all others, and empty where several are above the others: then several
// chapters are in the part.
type entries struct {
	name  string
	depth int               // of the name, from 1
	all   map[string]string // the names, by their folded form
}

// maxEntries is how many lines of the contents are kept.
const maxEntries = 1 << 15

// contents reads the contents: those of EPUB 3, or else those of EPUB 2. A book
// whose contents cannot be read is read without.
func (p *bookPackage) contents(ctx context.Context, a *parts.Archive) (contents, error) {
	l := list{from: p.nav.name, contents: contents{map[string]*entries{}, map[string]bool{}}}
	if err := scan(ctx, a, p.nav.name, visitor{start: l.startNav, text: l.text, end: l.endNav}); ends(ctx, err) {
		return contents{}, err
	}
	if l.count > 0 {
		return l.contents, nil
	}
	l.from, l.depth = p.ncx.name, 0
	if err := scan(ctx, a, p.ncx.name, visitor{start: l.startPoint, text: l.text, end: l.endPoint}); ends(ctx, err) {
		return contents{}, err
	}
	return l.contents, nil
}

// ends reports whether an error is more than contents that cannot be read.
func ends(ctx context.Context, err error) bool {
	return errors.Is(err, multivac.ErrTooLarge) || ctx.Err() != nil
}

// A list is the contents of a book that are being read.
type list struct {
	contents
	from  string // the part that they are in
	count int
	depth int
	open  bool   // words belong to the name of an entry
	name  string // of the entry
	to    string // what it leads to
	in    bool   // in the list of chapters, not of pages or pictures
}

func (l *list) text(s string) {
	if l.open && len(l.name) < 2*multivac.MaxTitle {
		l.name += s
	}
}

// add ends an entry.
func (l *list) add() {
	name, to := extract.OneLine(l.name), resolve(l.from, l.to)
	if l.open = false; name == "" || l.to == "" || to == "" || l.count == maxEntries {
		return
	}
	name = multivac.Clip(name, multivac.MaxTitle-len("…"))
	l.count++
	l.names[fold(name)] = true
	e := l.of[key(to)]
	if e == nil {
		e = &entries{all: map[string]string{}}
		l.of[key(to)] = e
	}
	e.all[fold(name)] = name
	switch depth := max(l.depth, 1); {
	case e.depth == 0 || depth < e.depth:
		e.name, e.depth = name, depth
	case depth == e.depth && name != e.name:
		e.name = ""
	}
}

// startNav reads the contents of EPUB 3: lists of links within a nav.
func (l *list) startNav(name string, attribute func(string) string) {
	switch name {
	case "nav":
		kind := attribute("type")
		l.in, l.depth = kind == "" || extract.Words(kind)["toc"], 0
	case "ol":
		l.depth++
	case "a":
		l.open, l.name, l.to = l.in, "", attribute("href")
	case "img":
		l.text(attribute("alt"))
	}
}

func (l *list) endNav(name string) {
	switch name {
	case "nav":
		l.in = false
	case "ol":
		l.depth--
	case "a":
		if l.open {
			l.add()
		}
	}
}

// startPoint reads the contents of EPUB 2: points with a label and what they
// lead to.
func (l *list) startPoint(name string, attribute func(string) string) {
	switch name {
	case "navPoint":
		l.depth++
	case "navLabel":
		l.open, l.name = l.depth > 0, ""
	case "content":
		if l.depth > 0 {
			l.to = attribute("src")
			l.add()
		}
	}
}

func (l *list) endPoint(name string) {
	switch name {
	case "navPoint":
		l.depth--
	case "navLabel":
		l.open = false
	}
}

// lists reports whether a text is nothing but names of the contents, as on a
// page that lists them: each is a heading elsewhere.
func (c contents) lists(text string) bool {
	for l := range strings.Lines(text) {
		t := fold(l)
		if level, _ := heading(strings.TrimSpace(l)); level > 0 || t == "" || c.names[t] {
			continue
		}
		numbered, paged := strings.TrimLeftFunc(t, unicode.IsDigit), strings.TrimRightFunc(t, unicode.IsDigit)
		if !c.names[numbered] && !c.names[paged] && !c.names[strings.TrimFunc(t, unicode.IsDigit)] {
			return false
		}
	}
	return true
}

// fold returns what of a name counts for comparison: letters and digits.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
