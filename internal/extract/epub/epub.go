// Package epub reads books: the chapters of an EPUB in the order in which they
// are read.
package epub

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"path"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/parts"
)

// Format is EPUB, 2 and 3.
var Format = extract.Format{
	Name: "EPUB", Types: []string{"application/epub+zip"}, Extensions: []string{".epub"},
	Extract: read, Begins: begins,
}

// begins reports whether a file that begins with head is a book. Its first part
// ought to be its media type, but some tools write that one later.
func begins(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) &&
		(bytes.Contains(head, []byte("application/epub+zip")) || bytes.Contains(head, []byte("META-INF/container.xml")))
}

// read returns the text of a book: its parts in the order of its spine, and
// after them those that stand aside, such as notes.
func read(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
	a, err := parts.Open(body, l)
	if err != nil {
		return extract.Extracted{}, err
	}
	p, err := openPackage(ctx, a)
	if err != nil {
		return extract.Extracted{}, err
	}
	locks, err := readLocks(ctx, a)
	if err != nil {
		return extract.Extracted{}, err
	}
	w := writer{ctx: ctx, limits: l, archive: a, out: extract.NewOutput(ctx, l), toc: p.toc, front: p.front, title: p.title}
	if w.contents, err = p.contents(ctx, a); err != nil {
		return extract.Extracted{}, err
	}
	for _, i := range p.inOrder() {
		if err := locks.check(a, i.name); err != nil {
			return extract.Extracted{}, err
		}
		if err := w.part(i); err != nil {
			return extract.Extracted{}, err
		}
	}
	if w.read == 0 {
		return extract.Extracted{}, broken("none of its chapters is in the file")
	}
	return w.out.Extracted(cmp.Or(p.title, w.heading))
}

// A writer writes the parts of a book, one after the other.
type writer struct {
	ctx      context.Context
	limits   extract.Limits
	archive  *parts.Archive
	out      *extract.Output
	contents contents
	toc      map[string]bool // the parts that list the contents
	front    map[string]bool // the parts that the book calls title pages and the like
	title    string          // of the book
	inFront  bool            // the last part stands before the text
	heading  string          // the first one of the book
	read     int             // parts
}

// part writes a part. What is missing is named where it belongs, for other
// readers show the rest of such a book, too.
func (w *writer) part(i item) error {
	file := path.Base(i.name)
	text, front, err := w.text(i)
	switch {
	case isMissing(err):
		w.line("["+file+" is not in the file]", multivac.Place{Part: file}, true)
		return w.out.Err()
	case err != nil:
		return err
	}
	w.read++
	if strings.TrimSpace(text) == "" || w.toc[key(i.name)] && w.contents.lists(text) {
		return w.out.Err()
	}
	c := chapter{writer: w, entries: w.contents.of[key(i.name)], file: file}
	if c.entries == nil {
		c.entries = &entries{}
	}
	c.write(text, i.aside || w.inFront && !front)
	w.inFront = front
	return w.out.Err()
}

// text returns the text of a part, and whether it is a page before the text of the
// book.
func (w *writer) text(i item) (text string, front bool, err error) {
	switch i.kind() {
	case picture:
		return "", w.inFront, nil
	case drawing:
		text, err = captions(w.ctx, w.archive, i.name)
		return text, w.isFront(i, nil, text), err
	case page:
		body, err := load(w.archive, i.name)
		if err != nil {
			return "", false, err
		}
		text, err = readPage(w.ctx, path.Base(i.name), body, w.limits)
		return text, w.isFront(i, body, text), err
	}
	return "[" + path.Base(i.name) + " is not a kind of page I can read]", false, nil
}

// line writes a line, after a blank one where a block begins.
func (w *writer) line(t string, place multivac.Place, begins bool) {
	if begins && w.out.Len() > 0 {
		w.out.Line("", multivac.Place{})
	}
	w.out.Line(t, place)
}

// A chapter is a part that is written: the words of a page, each line with the
// name of the chapter that it is cited by.
type chapter struct {
	*writer
	entries *entries
	file    string
	named   string // by the contents, as far as it was written
}

// write writes the text of a page. A chapter whose name only the contents tell
// gets it as its heading. One that stands apart is not of the chapter before.
func (c *chapter) write(text string, apart bool) {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	top, first := headings(lines)
	name, depth := c.entries.name, c.entries.depth
	c.named = name
	switch {
	case name != "" && !first && fold(lines[0]) == fold(name):
		lines[0] = mark(depth, top) + " " + name
	case name != "" && top == 0:
		lines = append([]string{mark(depth, top) + " " + name, ""}, lines...)
	}
	if level, t := heading(lines[0]); apart && (level != 1 || t == "") {
		lines = append([]string{"#", ""}, lines...)
	}
	fence := ""
	for i, l := range lines {
		if fence = fenceAfter(fence, l); fence == "" {
			c.heads(l)
		}
		c.line(l, multivac.Place{Part: cmp.Or(c.named, c.file)}, i == 0)
	}
}

// heads notes what a heading says of the lines below it.
func (c *chapter) heads(l string) {
	level, t := heading(l)
	if level == 0 || t == "" {
		return
	}
	c.heading = cmp.Or(c.heading, t)
	if name, ok := c.entries.all[fold(t)]; ok && c.entries.name == "" { // of several in the part
		c.named = name
	}
}

// mark returns the mark of the heading of a chapter at a depth of the contents,
// above headings of the level top.
func mark(depth, top int) string {
	if top > 0 {
		depth = min(depth, top-1)
	}
	return strings.Repeat("#", min(max(depth, 1), 6))
}

// headings returns the highest level of the headings in lines, 0 for none, and
// whether the first line is one.
func headings(lines []string) (top int, first bool) {
	fence := ""
	for i, l := range lines {
		if fence = fenceAfter(fence, l); fence != "" {
			continue
		}
		level, t := heading(l)
		first = first || i == 0 && level > 0
		if t != "" && (top == 0 || level < top) {
			top = level
		}
	}
	return top, first
}

// heading returns the level and the words of a heading, 0 for other lines.
func heading(l string) (level int, text string) {
	t := strings.TrimLeft(l, "#")
	level = len(l) - len(t)
	if level > 6 || t != "" && t[0] != ' ' {
		return 0, ""
	}
	return level, strings.TrimSpace(t)
}

// fenceAfter returns the mark of the code block that is open after a line, or ""
// where none is.
func fenceAfter(open, l string) string {
	marks := l[:len(l)-len(strings.TrimLeft(l, "`"))]
	switch {
	case open == "" && len(marks) >= 3:
		return marks
	case open != "" && len(marks) >= len(open) && marks == l:
		return ""
	}
	return open
}

// maxPage is the largest page, in bytes. One of a book has some ten thousand.
const maxPage = multivac.MaxBody

// broken says that a book is not as books are.
func broken(format string, args ...any) error {
	return multivac.Errorf(multivac.ErrInvalid, "make or fetch it again", "the book is broken: "+format, args...)
}

// ofPage says of which page an error is. It keeps what ends the reading.
func ofPage(name string, err error) error {
	var e *multivac.Error
	if errors.As(err, &e) && errors.Is(err, multivac.ErrInvalid) {
		return broken("%s: %s", name, e.Message)
	}
	return err
}
