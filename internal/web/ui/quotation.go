package ui

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac"
	"multivac/internal/percent"
)

// A quotationView is a quotation as a page shows it.
type quotationView struct {
	Before, After string  // shortened
	Pieces        []piece // the best sentence
	Prior, Rest   []piece // what is quoted with it, before and after it
	Whole         bool    // there is Prior or Rest
	Lead          string
	Table         *tableView // replaces Before, Pieces, After and Lead if the sentence is a row
	Verse         bool       // line breaks matter: a list, or code
	Title         string
	Heading       string
	Source        string
	SourceURL     string // Source, if it is a web address
	Place         string // the place in the file, in words
	Address       string // of the page with the whole document
	Percent       string
	Words         string // how sure, in words
	Of10          int    // how sure, from 0 to 10
}

// A piece of a text is marked or not.
type piece struct {
	Text string
	Mark bool
}

// maxContext is how many bytes of a sentence's context are shown.
const maxContext = 320

func newQuotationView(q multivac.Quotation) quotationView {
	v := quotationView{
		Before:    clipStart(q.Before, maxContext),
		After:     clipEnd(q.After, maxContext),
		Lead:      q.Lead,
		Verse:     q.Lead != "" || isLines(q.Shape) || severalLines.MatchString(q.Text),
		Title:     cmp.Or(q.Title, q.Source, "Untitled"),
		Source:    q.Source,
		SourceURL: webAddress(q.Source),
		Place:     q.Place.String(),
		Address:   documentAddress(q),
		Percent:   percent.Of(q.Confidence),
		Words:     confidence(q.Confidence),
		Of10:      int(math.Round(min(max(q.Confidence, 0), 1) * 10)),
	}
	v.Heading = strings.TrimPrefix(q.Heading, q.Title+multivac.HeadingSeparator)
	if v.Heading == q.Title {
		v.Heading = ""
	}
	if v.Source == v.Title {
		v.Source = ""
	}
	v.part(q)
	v.Table = newTableView(q)
	v.separate()
	return v
}

// isLines reports whether a quotation of the shape is a line, or several.
func isLines(s multivac.Shape) bool { return s == multivac.ShapeSteps || s == multivac.ShapeCode }

// part parts the quotation at the borders of its best sentence.
func (v *quotationView) part(q multivac.Quotation) {
	best := multivac.Span{Start: q.Sentence.Start - q.Start, End: q.Sentence.End - q.Start}
	if best.Start < 0 || best.Start >= best.End || best.End > len(q.Text) {
		best = multivac.Span{End: len(q.Text)}
	}
	best = multivac.Span{Start: runeStart(q.Text, best.Start), End: runeEnd(q.Text, best.End)}
	cut := func(part multivac.Span) []piece { return pieces(q.Text[part.Start:part.End], shifted(q.Marks, part)) }
	v.Prior, v.Pieces, v.Rest = cut(multivac.Span{End: best.Start}), cut(best), cut(multivac.Span{Start: best.End, End: len(q.Text)})
	v.Whole = len(v.Prior)+len(v.Rest) > 0
}

// severalLines matches a quotation of several list items, rows or lines of code.
// The lines of a paragraph may be joined instead.
var severalLines = regexp.MustCompile("\n[ \t]*(?:\n|[-*+|] |\\d+[.)] |```|~~~)")

// separate puts space between the sentence and its context.
func (v *quotationView) separate() {
	space := " "
	if v.Verse {
		space = "\n"
	}
	if v.Before != "" {
		v.Before = strings.TrimRightFunc(v.Before, unicode.IsSpace) + space
	}
	if v.After != "" {
		v.After = space + strings.TrimLeftFunc(v.After, unicode.IsSpace)
	}
}

// documentAddress returns the address of the document's page, at the sentence.
func documentAddress(q multivac.Quotation) string {
	values := url.Values{
		"revision": {strconv.FormatUint(uint64(q.Revision), 10)},
		"start":    {strconv.Itoa(q.Start)},
		"end":      {strconv.Itoa(q.End)},
	}
	return "/ui/document/" + url.PathEscape(string(q.Document)) + "?" + values.Encode() + "#quote"
}

// noAddress matches characters that must be escaped in an address.
var noAddress = regexp.MustCompile(`[^A-Za-z0-9\-._~!#$%&*+,/:;=?@\[\]]`)

// webAddress returns s if it is a web address, and otherwise "". All links to
// sources go through it, because a browser would run "javascript:...".
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return noAddress.ReplaceAllStringFunc(s, url.PathEscape)
}

// pieces cuts a text at the borders of its marks. The marks may be in any
// order, overlap, or lie outside the text.
func pieces(s string, marks []multivac.Span) []piece {
	marks = slices.SortedFunc(slices.Values(marks), func(a, b multivac.Span) int { return cmp.Compare(a.Start, b.Start) })
	var cut []piece
	done := 0
	add := func(end int, mark bool) {
		if end > done {
			cut = append(cut, piece{s[done:end], mark})
			done = end
		}
	}
	for _, m := range marks {
		start, end := runeStart(s, m.Start), runeEnd(s, m.End)
		if end <= max(start, done) {
			continue
		}
		add(start, false)
		add(end, true)
	}
	add(len(s), false)
	return cut
}

// runeStart returns the border of a rune of s at or before i.
func runeStart(s string, i int) int {
	i = min(max(i, 0), len(s))
	for i > 0 && i < len(s) && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}

// runeEnd returns the border of a rune of s at or after i.
func runeEnd(s string, i int) int {
	i = min(max(i, 0), len(s))
	for i < len(s) && !utf8.RuneStart(s[i]) {
		i++
	}
	return i
}

// clipStart shortens s to its last words in n bytes.
func clipStart(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[runeEnd(s, len(s)-n):]
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 && i < n/2 {
		s = s[i:]
	}
	return "… " + strings.TrimLeftFunc(s, unicode.IsSpace)
}

// clipEnd shortens s to its first words in n bytes.
func clipEnd(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[:runeStart(s, n)]
	if i := strings.LastIndexFunc(s, unicode.IsSpace); i > n/2 {
		s = s[:i]
	}
	return strings.TrimRightFunc(s, unicode.IsSpace) + " …"
}

// confidence says how sure an answer is.
func confidence(p float64) string {
	switch {
	case p >= .95:
		return "Very likely right"
	case p >= .8:
		return "Likely right"
	case p >= .6:
		return "Probably right"
	case p >= .4:
		return "Perhaps right"
	}
	return "Probably wrong"
}

// number writes n with its thousands separated.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural writes n with the noun that it counts.
func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%s %s", number(n), noun)
}

// undirected returns s without the characters that change the direction of
// writing, for the title of a page. In other places, markup isolates the
// direction.
func undirected(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
}

// lamp returns the x of the i-th lamp of a gauge.
func lamp(i int) float64 { return 4 + 6.6*float64(i) }
