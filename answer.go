package multivac

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// Insufficient is what MultiVAC says when it does not know.
const Insufficient = "INSUFFICIENT DATA FOR MEANINGFUL ANSWER."

// MaxQuestion is the longest question, in bytes.
const MaxQuestion = 4096

// A Stop says how sure an answer has to be to be given.
type Stop string

const (
	Strict   Stop = "strict"   // 95% of what is answered is right
	Balanced Stop = "balanced" // 90%; what a question gets where nothing else is said
	Eager    Stop = "eager"    // 80%
)

// Stops are all stops, the surest first. Their shares hold where one question
// in two has an answer.
var Stops = []Stop{Strict, Balanced, Eager}

// Validate returns an ErrInvalid that says what a stop may be. None is allowed.
func (s Stop) Validate() error {
	switch s {
	case "", Strict, Balanced, Eager:
		return nil
	}
	return Errorf(ErrInvalid, "use strict, balanced or eager", "unknown stop %q", Clip(string(s), 40))
}

// DefaultStops are what a question gets that names no stop.
type DefaultStops struct {
	Stop        Stop                    // Balanced if empty
	Collections map[CollectionName]Stop // of collections with another one
}

// Of returns the stop of a question to the collection.
func (d DefaultStops) Of(c CollectionName) Stop {
	switch {
	case d.Collections[c] != "":
		return d.Collections[c]
	case d.Stop != "":
		return d.Stop
	}
	return Balanced
}

// Validate returns an ErrInvalid that says what to change.
func (d DefaultStops) Validate() error {
	if err := d.Stop.Validate(); err != nil {
		return err
	}
	for c, s := range d.Collections {
		if err := errors.Join(c.Validate(), s.Validate()); err != nil {
			return err
		}
	}
	return nil
}

// A Question is asked of one collection.
type Question struct {
	Text       string
	Collection CollectionName // DefaultCollection if empty
	Stop       Stop           // that of the collection or server if empty
	Count      int            // sentences wanted, the answer among them; 4 if 0
	After      Position       // answer from at least here
}

// Validate returns an ErrInvalid that says what to change.
func (q Question) Validate() error {
	switch {
	case strings.TrimSpace(q.Text) == "":
		return Errorf(ErrInvalid, "ask something", "question is empty")
	case len(q.Text) > MaxQuestion:
		return Errorf(ErrInvalid, "ask in fewer words; tell documents instead of asking them",
			"question of %d bytes is over the limit of %d", len(q.Text), MaxQuestion)
	case !utf8.ValidString(q.Text):
		return Errorf(ErrInvalid, "send UTF-8", "question is not UTF-8")
	case q.Count < 0 || q.Count > 100:
		return Errorf(ErrInvalid, "ask for 1 to 100", "count %d is out of range", q.Count)
	}
	if err := q.Stop.Validate(); err != nil {
		return err
	}
	return q.Collection.OrDefault().Validate()
}

// AnswerState says whether there is an answer.
type AnswerState string

const (
	Answered         AnswerState = "answered"
	InsufficientData AnswerState = "insufficient_data"
)

// An Answer is a quotation, or a refusal with its reason.
type Answer struct {
	State      AnswerState
	Confidence float64 // estimated probability that Sentences[0] answers the question
	// Sentences are the best ones, best first. Where State is Answered the
	// first is the answer and the rest are runners-up; otherwise none of them
	// is worth saying and they are here to be measured, not shown.
	Sentences []Quotation
	// Sources are those of the first distinct documents, best first, at most 5.
	Sources  []string
	Reason   *Reason // set where State is InsufficientData
	Position Position
	// Memo is there where the same answer is given again and again.
	Memo *Memo
}

// A Memo keeps what was written of an answer besides its Position, so that it
// is written once for all who get the answer. It lives and is forgotten with
// the answer, and is no part of what it says.
type Memo struct{ written atomic.Pointer[[]byte] }

// Written returns what write returns, which must be the same each time and is
// not to be changed. It is called until it has returned something.
func (m *Memo) Written(write func() []byte) []byte {
	if b := m.written.Load(); b != nil {
		return *b
	}
	b := write()
	if b != nil {
		m.written.Store(&b)
	}
	return b
}

// Equal reports that answers do not differ in what was written of them.
func (m *Memo) Equal(*Memo) bool { return true }

// Text returns what MultiVAC says: the quotation or Insufficient.
func (a Answer) Text() string {
	if a.State == Answered {
		return a.Sentences[0].Text
	}
	return Insufficient
}

// A Quotation is a sentence, list item or table row, word for word.
type Quotation struct {
	Text       string // the document's Text[Start:End] at Revision
	Confidence float64
	Document   DocumentID
	Revision   Revision
	Source     string
	Title      string
	Heading    string // path, joined by HeadingSeparator
	Lead       string // what introduces the list or heads the table
	Start, End int
	Place      Place  // of Start, in the file that the document was read from
	Before     string // what stands around it in its passage
	After      string
	Marks      []Span // the question's words, in Text
}

// Percent writes a confidence for people, rounded down. It never says that
// something is certain, or impossible.
func Percent(p float64) string {
	n := math.Floor(p*100 + roundingError)
	switch {
	case p > 0.99:
		return "over 99%"
	case !(n >= 1): // NaN, too
		return "under 1%"
	}
	return fmt.Sprintf("%.0f%%", n)
}

// PercentWanted writes a threshold as Percent writes a confidence, but rounded
// up: what is under the threshold reads as less than it.
func PercentWanted(p float64) string {
	return Percent(math.Ceil(p*100-roundingError) / 100)
}

// roundingError is more than the error of a product in percent, and less than
// anyone sees.
const roundingError = 1e-9

// Pronouns are English words by which a sentence begins that cannot be
// understood without the one before it.
const Pronouns = "he she it they this these that those his her its their such here there"

// Leans reports whether the quotation begins with a pronoun: then Before
// belongs to it.
func (q Quotation) Leans() bool {
	first, _, _ := strings.Cut(q.Text, " ")
	first = strings.ToLower(strings.TrimFunc(first, func(r rune) bool { return !unicode.IsLetter(r) }))
	return q.Before != "" && q.Lead == "" && slices.Contains(strings.Fields(Pronouns), first)
}

// A Reason says why there is no answer.
type Reason struct {
	Code      ReasonCode
	Text      string     // in plain words, a sentence or two
	Unmatched []string   // the question's words that nothing told contains
	Nearest   *Quotation // what came nearest, and was turned down
}

// A ReasonCode is a Reason for programs.
type ReasonCode string

const (
	NothingTold   ReasonCode = "nothing_told"   // the collection is empty
	NothingRead   ReasonCode = "nothing_read"   // all that was told is still to be read, or could not be
	NothingFound  ReasonCode = "nothing_found"  // no word of the question was matched
	NotConfident  ReasonCode = "not_confident"  // the nearest is too unlikely to be right
	QuestionEmpty ReasonCode = "question_empty" // the question has no words, only marks
)
