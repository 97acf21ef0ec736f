package rank

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac"
	"multivac/internal/text"
)

// A sentence does not always stand by itself. What announces something is no
// answer without it, what follows a question answers that question, and one
// step of a list is not the procedure. This file finds what a sentence is read
// and quoted with.

// whole returns the last sentence that has to be quoted with the one at place,
// or -1 where the one at place can't be quoted at all: it announces something
// that does not follow in its passage, or that does not fit. A long sentence
// that ends its text with a colon says something by itself.
func (c *Candidate) whole(place int) (last int) {
	sentence := c.Sentence(c.Sentences[place])
	switch {
	case !c.introduces(place):
		return place
	case c.Kind == multivac.Prose && place == len(c.Sentences)-1 && len(sentence) >= longAnnouncement:
		return place
	}
	most := place + 1
	if c.Kind != multivac.Prose {
		most = len(c.Sentences) - 1
		if place > 0 {
			most = place
			for most+1 < len(c.Sentences) && c.indent(most+1) > c.indent(place) {
				most++
			}
		}
	}
	if last = c.fitting(place, most); last == place {
		return -1
	}
	return last
}

// introduces reports whether the sentence at place is there for what follows
// it: it announces that, or is the lead of its list or code.
func (c *Candidate) introduces(place int) bool {
	sentence := c.Sentence(c.Sentences[place])
	return text.Announces(sentence) || place == 0 && c.Lead != "" && strings.Join(strings.Fields(sentence), " ") == c.Lead
}

// longAnnouncement is from how many bytes on a sentence that announces
// something says more than that.
const longAnnouncement = 70

// fitting returns the last sentence, at most the one at last, of a run from
// first that is no longer than a sentence may be.
func (c *Candidate) fitting(first, last int) int {
	start := c.Sentences[first].Start
	last = min(last, len(c.Sentences)-1)
	for last > first && utf8.RuneCountInString(c.Sentence(multivac.Span{Start: start, End: c.Sentences[last].End})) > multivac.MaxSentence {
		last--
	}
	return last
}

// places returns the first and the last sentence that s is quoted with.
func (c *Candidate) places(s *sentence) (first, last int) {
	if !s.run {
		return s.place, s.place
	}
	first, last = s.place, s.place
	for first > 0 && c.Sentences[first-1].Start >= s.Start {
		first--
	}
	for last+1 < len(c.Sentences) && c.Sentences[last+1].End <= s.End {
		last++
	}
	return first, last
}

// line returns what stands on the line before the sentence at place: its
// indentation and its mark, such as "  2. ".
func (c *Candidate) line(place int) string {
	before := c.Text[:c.Sentences[place].Start-c.Start]
	return before[strings.LastIndexByte(before, '\n')+1:]
}

// indent returns how far the line of the sentence at place is set in, in bytes.
func (c *Candidate) indent(place int) int {
	line := c.line(place)
	return len(line) - len(strings.TrimLeft(line, " \t"))
}

// steps returns the run of a list or a block of code that answers as a whole:
// with the sentence that announces it, or from the first of its steps. ok is
// false where there is no such run, as in the later part of a long list.
func (c *Candidate) steps() (run multivac.Span, ok bool) {
	n := len(c.Sentences)
	switch {
	case n < 2 || c.Kind != multivac.List && c.Kind != multivac.Code:
		return run, false
	case c.introduces(0):
	case c.Kind == multivac.List && strings.Trim(c.line(1), " \t.)") == "2":
	default:
		return run, false
	}
	return multivac.Span{Start: c.Sentences[0].Start, End: c.Sentences[c.fitting(0, n-1)].End}, true
}

// wholeLists makes the steps of a list one answer, where the question is about
// the list: where the headings and the lead have half of the question or more,
// and the step has nothing of it that they lack. Of ten steps that all stand
// under "Renew the certificate" none is the way to renew the certificate.
func (r *reading) wholeLists(q *Question, candidates []Candidate) {
	for i := range r.bodies {
		p := &r.bodies[i]
		if q.cover(p.heading) < 0.5 {
			continue
		}
		run, ok := candidates[i].steps()
		if !ok {
			continue
		}
		for k := p.first; k < p.end; k++ {
			if s := &r.sentences[k]; s.matched&^(p.title|p.heading) == 0 && s.End <= run.End {
				s.Span, s.run = run, true
			}
		}
	}
}

// A posing is how a text holds a question.
type posing int

const (
	poses    posing = iota // it holds something else, which may be an answer
	asks                   // it holds a question and nothing else
	mentions               // it tells of a question, as an example does
)

// posingOf returns how a text holds a question. Only what stands in the cells
// of a row next to it, and after its mark, can answer it.
func posingOf(s string) posing {
	found := poses
	if strings.IndexByte(s, '?') < 0 && !strings.Contains(s, "？") && !strings.Contains(s, "؟") { // nearly all
		return poses
	}
	for rest := s; rest != ""; {
		part, mark := rest, rune(0)
		if end := strings.IndexAny(rest, askingMarks+"|"); end >= 0 {
			r, size := utf8.DecodeRuneInString(rest[end:])
			part, mark, rest = rest[:end], r, rest[end+size:]
		} else {
			rest = ""
		}
		switch {
		case mark != 0 && mark != '|':
			if inQuotationMarks(part, rest) {
				return mentions
			}
			switch label := strings.FieldsFunc(part[:afterLabel(part)], isNoWord); {
			case len(label) > maxLabel:
				return poses
			case len(label) > 0 && !labels[strings.ToLower(label[0])] && !isDigit(label[0][0]):
				found = mentions
			case found == poses:
				found = asks
			}
		case strings.ContainsFunc(part, isWord):
			return poses
		}
	}
	return found
}

// afterLabel returns where the last sentence of s begins.
func afterLabel(s string) int {
	for i := len(s) - 2; i > 0; i-- {
		if strings.IndexByte(".!:", s[i]) >= 0 && s[i+1] == ' ' {
			return i + 1
		}
	}
	return 0
}

// askingMarks are the marks that end a question.
const askingMarks = "?？؟"

// maxLabel is how many words may stand before a question, with a colon or a
// full stop after them, and be no answer to it: "For example:".
const maxLabel = 2

// labels are what names a question among questions and answers, in several languages.
var labels = map[string]bool{"q": true, "question": true, "f": true, "frage": true, "p": true, "pregunta": true, "d": true, "domanda": true, "faq": true}

func isWord(r rune) bool   { return unicode.IsLetter(r) || unicode.IsNumber(r) }
func isNoWord(r rune) bool { return !isWord(r) }

// inQuotationMarks reports whether a question that ends between the texts
// stands in quotation marks, with something before them.
func inQuotationMarks(before, after string) bool {
	closing, _ := utf8.DecodeRuneInString(strings.TrimLeft(after, "*_"))
	for opening, closes := range quotationMarks {
		if i := strings.LastIndex(before, string(opening)); closing == closes && i >= 0 && strings.ContainsFunc(before[:i], isWord) {
			return true
		}
	}
	return false
}

// lends reports whether the sentence, which holds a question and nothing else,
// asks for what q asks for: then what follows it is read as its answer.
func (s *sentence) lends(q *Question) bool { return q.cover(s.matched) >= 0.5 }

// opening returns the last heading above a passage, if its first sentence is to
// be read as the answer to it: where the heading is the question, in its words
// that mean something, or asks it in part.
func (r *reading) opening(q *Question, path string) string {
	heading := lastHeading(path)
	has := r.mask(q, heading)
	if has == 0 {
		return ""
	}
	if posingOf(heading) == asks && q.cover(has) >= 0.5 {
		return heading
	}
	for _, w := range r.words {
		if q.find(w.Stem) < 0 && !formWords[w.Stem] {
			return ""
		}
	}
	for i, t := range q.terms {
		if has&(1<<i) == 0 && !t.form() {
			return ""
		}
	}
	return heading
}

// lastHeading returns the last heading of a path.
func lastHeading(path string) string {
	if i := strings.LastIndex(path, multivac.HeadingSeparator); i >= 0 {
		return path[i+len(multivac.HeadingSeparator):]
	}
	return path
}

// openings returns by candidate whether no other candidate stands before it
// under the same heading of its document: then it opens the section, as far as
// can be told from what was found.
func openings(candidates []Candidate) []bool {
	type section struct {
		document multivac.DocumentID
		heading  string
	}
	first := make(map[section]int, len(candidates))
	for i, c := range candidates {
		at := section{c.Document, c.Heading}
		if k, ok := first[at]; !ok || c.Number < candidates[k].Number {
			first[at] = i
		}
	}
	opens := make([]bool, len(candidates))
	for _, i := range first {
		opens[i] = true
	}
	return opens
}
