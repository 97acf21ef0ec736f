package ui

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"multivac"
	"multivac/internal/place"
	"multivac/internal/web/route"
)

var documentPages = page{name: "document", pattern: "GET /ui/document/{id}", rule: route.AnyKey, serve: (*Site).document}

// A documentPage is a document's text with the sentence quoted from it.
type documentPage struct {
	frame
	Title                string
	Source, SourceURL    string
	Collection           multivac.CollectionName
	Told                 time.Time
	JSON                 string // address of the document for programs
	Original             string // address of what was told; empty if it is not kept
	Place                string // of the sentence in the file, in words
	Begins               bool   // Place begins with the sentence
	Note                 string // the reason why no text, or no sentence, is shown
	Before, Quote, After string // the text; all of it is in Before if nothing is quoted
	CutBefore, CutAfter  bool   // there is more text
	Stops                []stop // where a page, a slide or the like begins in the shown text
	Problem              *problem
}

// maxShown is how many bytes of a text are shown on each side of the sentence.
// A large document would stall the browser.
const maxShown = 128 << 10

// A stop is where the text goes on with another page, slide, sheet, part or time.
type stop struct {
	Offset int    // in bytes, of Before, Quote and After in a row
	Place  string // in words
	Time   bool   // it is a time, which may stand within a paragraph
}

// maxStops bounds the stops that are shown, half of them before the sentence.
const maxStops = 2000

// document serves a document's page.
func (s *Site) document(w http.ResponseWriter, r *http.Request) {
	d, err := s.library.Document(r.Context(), multivac.DocumentID(r.PathValue("id")))
	if err != nil {
		code, problem := s.fail(w, r, err)
		render(w, code, documentPage{frame: newFrame(r), Problem: problem}.html())
		return
	}
	if d.State == multivac.Deleted {
		render(w, http.StatusGone, documentPage{frame: newFrame(r), Problem: &problem{
			Title:   "This document was deleted",
			Message: "MultiVAC has forgotten its text, and no longer answers from it.",
		}}.html())
		return
	}
	page := documentPage{
		frame:      newFrame(r),
		Title:      cmp.Or(d.Title, d.Source, "Untitled"),
		Source:     d.Source,
		SourceURL:  webAddress(d.Source),
		Collection: d.Collection,
		Told:       d.Told.UTC(),
		JSON:       "/api/v1/documents/" + url.PathEscape(string(d.ID)),
	}
	if d.Original {
		page.Original = page.JSON + "/original"
	}
	page.show(d, r.URL.Query())
	render(w, http.StatusOK, page.html())
}

// show sets the text of the page, with the sentence of the query marked.
func (p *documentPage) show(d multivac.Document, query url.Values) {
	switch {
	case d.Text == "" && d.State == multivac.Failed:
		p.Note = "This document could not be read. " + sentence(d.LastError)
	case d.Text == "":
		p.Note = "This document has been kept and is still to be read. Come back in a moment."
	case query.Has("start"):
		quote, ok := span(d, query)
		if !ok {
			p.Note = "This document has been told anew since it was quoted here. Ask again to see where the answer stands now."
			break
		}
		p.cut(d.Text, quote)
		p.mark(d, quote)
		p.Place = place.At(d.Places, d.Text, quote.Start).String()
		p.Begins = slices.ContainsFunc(p.Stops, func(s stop) bool { return s.Offset == len(p.Before) && s.Place == p.Place })
		return
	}
	p.cut(d.Text, multivac.Span{})
	p.mark(d, multivac.Span{})
}

// mark sets the stops of the text that is shown around the quoted span.
func (p *documentPage) mark(d multivac.Document, quote multivac.Span) {
	first := quote.Start - len(p.Before)
	read, last, offset, before := place.Read(d.Places, d.Text), multivac.Place{}, 0, 0
	for l := range strings.Lines(d.Text[first : quote.End+len(p.After)]) {
		at := read.At(first + offset)
		if at.Line = 0; at != last && strings.TrimSpace(l) != "" {
			if at != (multivac.Place{}) {
				p.Stops = append(p.Stops, stop{offset, at.String(), at.Time > 0})
			}
			last = at
		}
		if offset += len(l); first+offset <= quote.Start {
			before = len(p.Stops)
		}
	}
	from := max(0, before-maxStops/2)
	p.Stops = p.Stops[from:min(len(p.Stops), from+maxStops)]
}

// span returns the span of the query, and whether the text has it.
func span(d multivac.Document, query url.Values) (multivac.Span, bool) {
	start, err1 := strconv.Atoi(query.Get("start"))
	end, err2 := strconv.Atoi(query.Get("end"))
	if err1 != nil || err2 != nil || start < 0 || start >= end || end > len(d.Text) {
		return multivac.Span{}, false
	}
	if revision := query.Get("revision"); revision != "" && revision != strconv.FormatUint(uint64(d.Revision), 10) {
		return multivac.Span{}, false
	}
	return multivac.Span{Start: start, End: end}, utf8.ValidString(d.Text[start:end])
}

// cut splits the text at the quoted span and shortens both sides. If the span
// is empty, it shows the beginning.
func (p *documentPage) cut(text string, quote multivac.Span) {
	before, after := text[:quote.Start], text[quote.End:]
	p.Quote = text[quote.Start:quote.End]
	if len(before) > maxShown {
		before, p.CutBefore = before[runeEnd(before, len(before)-maxShown):], true
	}
	if len(after) > maxShown {
		after, p.CutAfter = after[:runeStart(after, maxShown)], true
	}
	p.Before, p.After, p.Quote = strings.Clone(before), strings.Clone(after), strings.Clone(p.Quote) // the page must not keep the whole text in memory
}
