package multivac

import (
	"fmt"
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

// A Passage is a run of sentences of one document that stand under one
// heading: what is found. Its sentences are what is quoted.
type Passage struct {
	Number    int    // from 0, in the order of the text
	Kind      Kind   //
	Heading   string // the path of headings above it, joined by HeadingSeparator
	Lead      string // the sentence that introduces the list or code, the header row of the table
	Start     int    // Text == document.Text[Start:End]
	End       int
	Text      string
	Sentences []Span // in the document's text, ascending, inside [Start, End), none empty
	Vectors   []byte // what the sentences mean, side by side, VectorSize of each; none where nothing was made of them
}

// HeadingSeparator joins the headings of a path.
const HeadingSeparator = " › "

// VectorSize is how many bytes say what a sentence means.
const VectorSize = 384

// MaxSentence is the longest a sentence may be, in characters, so that an
// answer can be read at a glance.
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
	if n := len(p.Vectors); n != 0 && n != VectorSize*len(p.Sentences) {
		return fmt.Errorf("passage %d: %d sentences have %d bytes of vectors", p.Number, len(p.Sentences), n)
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
