package epub

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/parts"
)

// A bookPackage is what the package document of a book says: its title, its
// parts, and their order.
type bookPackage struct {
	name  string // of the package document
	title string
	items map[string]item // by id
	spine []reference
	nav   item            // the contents of EPUB 3
	ncx   item            // those of EPUB 2
	toc   map[string]bool // the parts that list the contents, by their keys
	front map[string]bool // those that are title pages and the like
}

// A reference names an item of the spine.
type reference struct {
	id    string
	aside bool
}

// An item is a part of the book.
type item struct {
	name     string // in the archive
	media    string // type
	fallback string // id of the item that can stand for it
	aside    bool   // the reader comes to it by a link only
}

// The kinds of items.
const (
	other = iota
	page
	drawing
	picture
)

// kind returns how an item is read.
func (i item) kind() int {
	switch {
	case i.media == "image/svg+xml":
		return drawing
	case strings.HasPrefix(i.media, "image/"), strings.HasPrefix(i.media, "audio/"), strings.HasPrefix(i.media, "video/"):
		return picture
	case strings.Contains(i.media, "html"), strings.Contains(i.media, "dtbook"), strings.Contains(i.media, "oeb1-document"), i.media == "":
		return page
	}
	return other
}

// openPackage finds and reads the package document.
func openPackage(ctx context.Context, a *parts.Archive) (*bookPackage, error) {
	const container = "META-INF/container.xml"
	p := &bookPackage{items: map[string]item{}, toc: map[string]bool{}, front: map[string]bool{}}
	err := scan(ctx, a, container, visitor{start: func(name string, attribute func(string) string) {
		if name == "rootfile" && p.name == "" {
			p.name = resolve("", attribute("full-path"))
		}
	}})
	switch {
	case isMissing(err):
		return nil, multivac.Errorf(multivac.ErrInvalid, "check that it is the right file", "it is no EPUB: there is no %s in it", container)
	case err != nil:
		return nil, parts.Broken(container, err)
	case p.name == "":
		return nil, broken("%s names no package document", container)
	}
	switch err := p.read(ctx, a); {
	case isMissing(err):
		return nil, broken("%s is not in the file", p.name)
	case err != nil:
		return nil, parts.Broken(p.name, err)
	case len(p.spine) == 0:
		return nil, broken("%s lists no chapters", path.Base(p.name))
	}
	return p, nil
}

// read reads the package document.
func (p *bookPackage) read(ctx context.Context, a *parts.Archive) error {
	var (
		titles titles
		ncx    string
	)
	v := visitor{text: titles.text, end: titles.end}
	v.start = func(name string, attribute func(string) string) {
		titles.start(name, attribute)
		switch name {
		case "item":
			p.add(attribute)
		case "spine":
			ncx = attribute("toc")
		case "itemref":
			if len(p.spine) < parts.MaxParts {
				p.spine = append(p.spine, reference{attribute("idref"), attribute("linear") == "no"})
			}
		case "reference":
			switch kind, to := attribute("type"), key(resolve(p.name, attribute("href"))); {
			case kind == "toc":
				p.toc[to] = true
			case frontNames[fold(kind)]:
				p.front[to] = true
			}
		}
	}
	err := scan(ctx, a, p.name, v)
	p.title = titles.main()
	if i, ok := p.items[ncx]; ok {
		p.ncx = i
	}
	if p.nav.name != "" {
		p.toc[key(p.nav.name)] = true
	}
	return err
}

// add adds an item.
func (p *bookPackage) add(attribute func(string) string) {
	id := attribute("id")
	if id == "" || len(p.items) == parts.MaxParts {
		return
	}
	i := item{name: resolve(p.name, attribute("href")), media: strings.ToLower(attribute("media-type")), fallback: attribute("fallback")}
	p.items[id] = i
	switch {
	case p.nav.name == "" && extract.Words(attribute("properties"))["nav"]:
		p.nav = i
	case p.ncx.name == "" && i.media == "application/x-dtbncx+xml":
		p.ncx = i
	}
}

// inOrder returns the items of the spine, each once: those that stand aside are
// last.
func (p *bookPackage) inOrder() []item {
	var all []item
	seen := map[string]bool{}
	for _, aside := range []bool{false, true} {
		for _, r := range p.spine {
			i := p.readable(r.id)
			if r.aside != aside || seen[key(i.name)] {
				continue
			}
			seen[key(i.name)], i.aside = true, aside
			all = append(all, i)
		}
	}
	return all
}

// maxFallbacks is how many items may stand for each other.
const maxFallbacks = 8

// readable returns an item, or the one that stands for it where it cannot be
// read. One that the book does not list, or not within it, has its id for a name.
func (p *bookPackage) readable(id string) item {
	first := p.items[id]
	if first.name == "" {
		return item{name: id}
	}
	for i, n := first, 0; n < maxFallbacks; n++ {
		if i.kind() == page || i.kind() == drawing {
			return i
		}
		next, found := p.items[i.fallback]
		if !found {
			break
		}
		i = next
	}
	return first
}

// titles are the titles that a book has of itself: the first one, or the one
// that is called the main one, as others are subtitles.
type titles struct {
	ids   []string
	names []string
	open  bool   // in a title
	of    string // the id whose kind of title is being read
	kind  string
	first string // the id of the main one
}

// maxTitles is how many titles are kept.
const maxTitles = 32

func (t *titles) start(name string, attribute func(string) string) {
	switch name {
	case "title":
		if len(t.names) < maxTitles {
			t.open, t.ids, t.names = true, append(t.ids, attribute("id")), append(t.names, "")
		}
	case "meta":
		if attribute("property") == "title-type" {
			t.of, t.kind = strings.TrimPrefix(attribute("refines"), "#"), ""
		}
	}
}

func (t *titles) text(s string) {
	switch {
	case t.open:
		t.names[len(t.names)-1] += s
	case t.of != "":
		t.kind += s
	}
}

func (t *titles) end(name string) {
	switch name {
	case "title":
		t.open = false
	case "meta":
		if t.first == "" && strings.TrimSpace(t.kind) == "main" {
			t.first = t.of
		}
		t.of, t.kind = "", ""
	}
}

// main returns the title of the book, or "".
func (t *titles) main() string {
	first := ""
	for i, name := range t.names {
		switch name = extract.OneLine(name); {
		case name == "":
		case t.first != "" && t.ids[i] == t.first:
			return name
		case first == "":
			first = name
		}
	}
	return first
}

// resolve returns the part that a reference in another part leads to, without
// the place in it. It is empty for addresses outside.
func resolve(from, reference string) string {
	reference, _, _ = strings.Cut(strings.TrimSpace(reference), "#")
	if scheme, _, ok := strings.Cut(reference, ":"); ok && !strings.ContainsAny(scheme, "/.") && len(scheme) > 1 {
		return ""
	}
	if plain, err := url.PathUnescape(reference); err == nil {
		reference = plain
	}
	if !strings.HasPrefix(reference, "/") {
		reference = path.Join("/", path.Dir(from), reference)
	}
	return strings.TrimPrefix(path.Clean(reference), "/")
}

// key is the name by which a part is known, as the archive ignores case.
func key(name string) string { return strings.ToLower(name) }

// load reads a page. A name with a per cent sign may be written as it is.
func load(a *parts.Archive, name string) ([]byte, error) {
	if quoted := (&url.URL{Path: name}).EscapedPath(); !a.Has(name) && a.Has(quoted) {
		name = quoted
	}
	r, err := a.Open(name)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(r, maxPage+1))
	if err == nil && len(body) > maxPage {
		err = multivac.Errorf(multivac.ErrTooLarge, "split it", "%s in it has over %d bytes", path.Base(name), maxPage)
	}
	return body, err
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
