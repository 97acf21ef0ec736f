package multivac

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Span is the half-open byte range [Start, End) of a text.
type Span struct{ Start, End int }

// A Kind says what the sentences of a passage are.
type Kind string

const (
	Prose Kind = "prose" // sentences
	List  Kind = "list"  // list items
	Table Kind = "table" // table rows without the header
	Code  Kind = "code"  // lines of a code block
)

// Places say where the parts of a text are in the file that it was read from.
// Only internal/place makes and reads them. Empty if nothing is known.
type Places string

// A Place is the place of a piece of text in its file. It has the fields that
// fit the file's format; the others are zero.
type Place struct {
	Line  int    // from 1; in a table, the line of the row; on a page, the line of the page
	Page  int    // from 1
	Label string // what the file calls the page, such as "iii" or "A-3", where that is not its number
	Slide int    // from 1
	Sheet string // its name
	Part  string // the name of a file within the file, such as an attachment
	Time  int    // from the start of a recording, in milliseconds; 1 for its very start
}

// String returns the place in words, such as "page 3 (iii), line 2". It is empty if
// the place is unknown.
func (p Place) String() string {
	var parts []string
	if p.Part != "" {
		parts = append(parts, p.Part)
	}
	if p.Sheet != "" {
		parts = append(parts, "sheet "+p.Sheet)
	}
	label := ""
	if p.Label != "" {
		label = " (" + p.Label + ")"
	}
	for _, n := range []struct {
		name   string
		number int
		label  string
	}{{"page", p.Page, label}, {"slide", p.Slide, ""}, {"line", p.Line, ""}} {
		if n.number > 0 {
			parts = append(parts, n.name+" "+strconv.Itoa(n.number)+n.label)
		}
	}
	if p.Time > 0 {
		parts = append(parts, clock(p.Time))
	}
	return strings.Join(parts, ", ")
}

// clock returns a time of a recording as players show it: 2:03, or 1:02:03.
func clock(milliseconds int) string {
	s := milliseconds / 1000
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// A Passage is a run of sentences under one heading of a document. The index
// finds passages, and answers quote their sentences.
type Passage struct {
	Number    int    // from 0, in the order of the text
	Kind      Kind   //
	Heading   string // the path of headings above it, joined by HeadingSeparator
	Lead      string // the sentence that introduces the list or code, the header row of the table
	Start     int    // Text == document.Text[Start:End]
	End       int
	Text      string
	Sentences []Span // spans in the document's text, ascending, inside [Start, End), none empty
	Places    Places // of Text in the file
}

// HeadingSeparator joins the headings of a path.
const HeadingSeparator = " › "

// MaxSentence is the length of the longest sentence, in characters. An answer
// has to be readable at a glance.
const MaxSentence = 600

// Sentence returns the text of the sentence at s, a span of the document.
func (p Passage) Sentence(s Span) string { return p.Text[s.Start-p.Start : s.End-p.Start] }

// Validate checks that p and its sentences are parts of text. The promise that
// an answer is a quotation rests on this check.
func (p Passage) Validate(text string) error {
	if p.Start < 0 || p.End > len(text) || p.Start >= p.End || text[p.Start:p.End] != p.Text {
		return fmt.Errorf("passage %d [%d:%d] is not in the text", p.Number, p.Start, p.End)
	}
	last := p.Start
	for _, s := range p.Sentences {
		if s.Start < last || s.End <= s.Start || s.End > p.End {
			return fmt.Errorf("passage %d: sentence [%d:%d] is out of place", p.Number, s.Start, s.End)
		}
		if s.End-s.Start > MaxSentence && utf8.RuneCountInString(text[s.Start:s.End]) > MaxSentence {
			return fmt.Errorf("passage %d: sentence [%d:%d] is over %d characters", p.Number, s.Start, s.End, MaxSentence)
		}
		last = s.End
	}
	return nil
}

// A PassageID names a passage of one revision of a document.
type PassageID struct {
	Document DocumentID
	Revision Revision
	Number   int
}

// An Excerpt is a passage together with the document it is part of.
type Excerpt struct {
	Passage
	Document DocumentID
	Revision Revision
	Source   string
	Title    string
}
