package multivac

import (
	"errors"
	"slices"
	"strings"
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
	Balanced Stop = "balanced" // 90%; for questions without a stop of their own or of the collection
	Eager    Stop = "eager"    // 80%
)

// Stops lists all stops, the strictest first. The shares above hold if 1
// question in 2 has an answer.
var Stops = []Stop{Strict, Balanced, Eager}

// Validate returns an ErrInvalid that names the allowed stops. An empty stop is
// valid.
func (s Stop) Validate() error {
	switch s {
	case "", Strict, Balanced, Eager:
		return nil
	}
	return Errorf(ErrInvalid, "use strict, balanced or eager", "unknown stop %q", Clip(string(s), 40))
}

// AtLeast reports whether s is as strict as other or stricter. Empty is no stop
// at all, and reaches none.
func (s Stop) AtLeast(other Stop) bool {
	at := slices.Index(Stops, s)
	return at >= 0 && at <= slices.Index(Stops, other)
}

// DefaultStops are the stops of questions that name none.
type DefaultStops struct {
	Stop        Stop                    // Balanced if empty
	Collections map[CollectionName]Stop // collections with a stop of their own
}

// Of returns the default stop for questions to the collection.
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
	Stop       Stop           // the default of the collection or server if empty
	Count      int            // how many sentences are wanted, including the answer; 4 if 0
	After      Position       // answer from at least this position
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

// The states of an answer.
const (
	Answered         AnswerState = "answered"
	InsufficientData AnswerState = "insufficient_data"
)

// An Answer is a quotation, or a refusal with its reason.
type Answer struct {
	State      AnswerState
	Confidence float64 // estimated probability that Sentences[0] answers the question
	Reaches    Stop    // the strictest stop that this is enough for; empty if it is not enough for any
	// Sentences are ordered by confidence, the best one first. Where State is
	// Answered, the first one is the answer and the others are runners-up.
	// Where State is InsufficientData, they serve measurements and are not
	// shown.
	Sentences []Quotation
	// Sources are the sources of the best documents, the best one first, each
	// once, at most 5.
	Sources []string
	Reason  *Reason // set if State is InsufficientData
	// Conflict is set if State is Answered and the collection says something
	// different elsewhere. A conflict does not change the confidence.
	Conflict *Conflict
	Position Position
}

// Text returns what MultiVAC says: the quotation or Insufficient.
func (a Answer) Text() string {
	if a.State == Answered {
		return a.Sentences[0].Text
	}
	return Insufficient
}

// A Shape says what a quotation is.
type Shape string

// The shapes of quotations. A quotation that is longer than its sentence is
// quoted whole, because its parts do not answer alone.
const (
	ShapeSentence Shape = "sentence" // a sentence or list item
	ShapeSteps    Shape = "steps"    // a list, with the sentence before it that introduces it
	ShapeRows     Shape = "rows"     // a table row
	ShapeCode     Shape = "code"     // lines of code, with the sentence before them that introduces them
	ShapeRun      Shape = "run"      // sentences that lean on each other
)

// MaxRun is the length of the longest quotation, in characters. A single
// sentence is bound by MaxSentence.
const MaxRun = 2000

// A Quotation is a part of a document, word for word.
type Quotation struct {
	Text       string // the document's Text[Start:End] at Revision
	Shape      Shape
	Confidence float64
	Document   DocumentID
	Revision   Revision
	Source     string
	Title      string
	Heading    string // path, joined by HeadingSeparator
	Lead       string // the sentence before the list, or the header row of the table
	Start, End int
	// Sentence is the best sentence in it, in the document's text. It is Start
	// and End if Shape is ShapeSentence. A sentence that only announces
	// something has that with it. At most MaxSentence long.
	Sentence Span
	Place    Place  // of Start, in the file that the document was read from
	Before   string // the text around it in its passage
	After    string
	Marks    []Span // the question's words, in Text
}

// SentenceText returns the text of the best sentence in q. It is all of the text
// if Sentence is empty or outside.
func (q Quotation) SentenceText() string {
	s := q.Sentence
	if s.Start < q.Start || s.End <= s.Start || s.End-q.Start > len(q.Text) {
		return q.Text
	}
	return q.Text[s.Start-q.Start : s.End-q.Start]
}

// Has reports whether other is a part of q.
func (q Quotation) Has(other Quotation) bool {
	return q.Document == other.Document && q.Revision == other.Revision && q.Start <= other.Start && other.End <= q.End
}

// RunnersUp returns the sentences after the answer that are not shown with it:
// without those in its quotation, and the one that it is in conflict with.
func (a Answer) RunnersUp() (others []Quotation) {
	for i, q := range a.Sentences {
		c := a.Conflict
		if i > 0 && !a.Sentences[0].Has(q) && (c == nil || q.Document != c.With.Document || q.Start != c.With.Start) {
			others = append(others, q)
		}
	}
	return others
}

// A Conflict says that another passage of the collection answers the question
// differently.
type Conflict struct {
	With  Quotation // the other quotation, the older one if Known
	Known bool      // the documents say that Sentences[0] is the newer one
	// Reason says what tells which is newer, or that nothing does, in plain
	// words: a sentence or two.
	Reason string
}

// Introduction returns the words that stand before the other quotation, without
// a mark at their end.
func (c *Conflict) Introduction() string {
	if c.Known {
		return "The older one says"
	}
	return "The other one says"
}

// A Reason says why there is no answer.
type Reason struct {
	Code      ReasonCode
	Text      string     // in plain words, a sentence or two
	Unmatched []string   // the question's words that nothing told contains
	Nearest   *Quotation // the best sentence, which was not good enough
}

// A ReasonCode tells programs why there is no answer.
type ReasonCode string

const (
	NothingTold   ReasonCode = "nothing_told"   // the collection is empty
	NothingRead   ReasonCode = "nothing_read"   // no document is indexed yet: all are pending or failed
	NothingFound  ReasonCode = "nothing_found"  // no word of the question was found
	NotConfident  ReasonCode = "not_confident"  // the best sentence is too unlikely to be right
	QuestionEmpty ReasonCode = "question_empty" // the question has no words, only punctuation
)
