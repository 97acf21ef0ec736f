package epub

import (
	"bytes"
	"path"
	"strings"
	"unicode"

	"multivac/internal/extract"
)

// frontNames are what pages before the text are called: by the book, by their
// type and by their file.
var frontNames = extract.Words(`titlepage halftitlepage halftitle copyright copyrightpage cover imprint impressum dedication epigraph colophon
	titelei titelseite schmutztitel`)

// titleNames are those of a title page where nothing else is in the name of its
// file: "title" may be of a chapter.
var titleNames = extract.Words("title titel")

const (
	typesWithin  = 4 << 10 // bytes into a page its type is searched for
	maxTitlePage = 1 << 10 // bytes of text of a page that has the title of the book
)

// isFront reports whether a part is a title page or another page before the text,
// whose heading is not above those of the chapters.
func (w *writer) isFront(i item, body []byte, text string) bool {
	if w.front[key(i.name)] || isFrontFile(i.name) || isFrontType(body) {
		return true
	}
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	level, t := heading(lines[0])
	return level == 1 && len(text) <= maxTitlePage && fold(t) != "" && (fold(t) == fold(w.title) || frontNames[fold(t)])
}

// isFrontFile reports whether the name of a file is that of a page before the text,
// as in 02_title-page.xhtml.
func isFrontFile(name string) bool {
	base := strings.ToLower(path.Base(name))
	base = strings.TrimSuffix(base, path.Ext(base))
	words := strings.FieldsFunc(base, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, w := range words {
		if frontNames[w] {
			return true
		}
	}
	return frontNames[strings.Join(words, "")] || len(words) == 1 && titleNames[words[0]]
}

// isFrontType reports whether a page, or the first section in it, says that it is
// one before the text.
func isFrontType(page []byte) bool {
	page = page[:min(len(page), typesWithin)]
	for {
		i := bytes.IndexByte(page, '<')
		if i < 0 {
			return false
		}
		page = page[i:]
		name, prefix := tagName(page[1:])
		end, ok := tagEnd(page)
		if !ok {
			page = page[1:]
			continue
		}
		switch name {
		case "body", "section", "div", "article", "main":
			for _, t := range strings.Fields(typeOf(page[1+prefix+len(name) : end])) {
				if frontNames[fold(t)] {
					return true
				}
			}
		case "p", "h1", "h2", "h3":
			return false
		}
		page = page[end:]
	}
}
