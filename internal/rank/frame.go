package rank

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac"
	"multivac/internal/text"
)

// A sentence does not always stand by itself. An announcement does not answer
// without the text that it announces. A sentence after a question answers that
// question. One step of a list is not the procedure. This file finds the
// sentences that a sentence is read and quoted with.

// whole returns the last sentence that has to be quoted with the sentence at
// place. It returns -1 if the sentence cannot be quoted at all: it announces
// something that does not follow in its passage, or that does not fit. A long
// sentence that ends its text with a colon can be quoted by itself.
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

// introduces reports whether the sentence at place only introduces the text
// after it: it announces that text, or is the lead of its list or code.
func (c *Candidate) introduces(place int) bool {
	sentence := c.Sentence(c.Sentences[place])
	return text.Announces(sentence) || place == 0 && c.Lead != "" && strings.Join(strings.Fields(sentence), " ") == c.Lead
}

// longAnnouncement is the length in bytes from which an announcement also says
// something by itself.
const longAnnouncement = 70

// fitting returns the last sentence of the longest run from first to at most
// last that is no longer than a sentence may be.
func (c *Candidate) fitting(first, last int) int {
	start := c.Sentences[first].Start
	last = min(last, len(c.Sentences)-1)
	for last > first && utf8.RuneCountInString(c.Sentence(multivac.Span{Start: start, End: c.Sentences[last].End})) > multivac.MaxSentence {
		last--
	}
	return last
}

// places returns the first and the last sentence of the quotation that has s.
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

// line returns the text before the sentence at place on its line: its
// indentation and its mark, such as "  2. ".
func (c *Candidate) line(place int) string {
	before := c.Text[:c.Sentences[place].Start-c.Start]
	return before[strings.LastIndexByte(before, '\n')+1:]
}

// indent returns the indentation of the line of the sentence at place, in
// bytes.
func (c *Candidate) indent(place int) int {
	line := c.line(place)
	return len(line) - len(strings.TrimLeft(line, " \t"))
}

// steps returns the run of a list or a block of code that answers as a whole.
// It begins with the sentence that announces it, or with the first step. ok is
// false if there is no such run, as in the later part of a long list.
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

// wholeLists makes the steps of a list one answer if the question is about the
// list: the headings and the lead cover at least half of the question, and the
// step covers nothing more. For example, of 10 steps under "Renew the
// certificate", none alone is the way to renew the certificate.
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

// A posing says how a text contains a question.
type posing int

const (
	poses    posing = iota // it contains something other than questions, which may be an answer
	asks                   // it contains a question and nothing else
	mentions               // it mentions a question, as an example does
)

// posingOf returns how a text contains a question. If the question has a mark
// at its end, only the text after the mark and the other cells of its row can
// answer it.
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

// maxLabel is how many words a label before a question may have. A label ends
// with a colon or a full stop, as in "For example:", and answers nothing.
const maxLabel = 2

// labels mark the questions in lists of questions and answers, in several
// languages.
var labels = map[string]bool{"q": true, "question": true, "f": true, "frage": true, "p": true, "pregunta": true, "d": true, "domanda": true, "faq": true}

func isWord(r rune) bool   { return unicode.IsLetter(r) || unicode.IsNumber(r) }
func isNoWord(r rune) bool { return !isWord(r) }

// inQuotationMarks reports whether the question between the two texts stands in
// quotation marks, with other text before it.
func inQuotationMarks(before, after string) bool {
	closing, _ := utf8.DecodeRuneInString(strings.TrimLeft(after, "*_"))
	for opening, closes := range quotationMarks {
		if i := strings.LastIndex(before, string(opening)); closing == closes && i >= 0 && strings.ContainsFunc(before[:i], isWord) {
			return true
		}
	}
	return false
}

// lends reports whether the sentence, which contains a question and nothing
// else, asks the same as q. If so, the text after it is read as its answer.
func (s *sentence) lends(q *Question) bool { return q.cover(s.matched) >= 0.5 }

// opening returns the last heading above a passage if the first sentence of the
// passage is to be read as an answer to it. That is so if the heading is a
// question that covers half of q or more, or if heading and q have the same
// meaningful words.
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

// openings returns, by candidate, whether no other candidate stands before it
// under the same heading of its document. As far as the candidates show, it
// then opens the section.
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
