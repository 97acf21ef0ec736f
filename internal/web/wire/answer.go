package wire

import (
	"cmp"

	"multivac"
)

// A Question is asked of one collection.
type Question struct {
	Question   string `json:"question" query:"question" required:"true" minLength:"1" maxLength:"4096" example:"How long does an upload link stay valid?" doc:"In your words"`
	Collection string `json:"collection,omitempty" query:"collection" doc:"What to answer from; \"default\" if left out"`
	Stop       string `json:"stop,omitempty" query:"stop" enum:"strict,balanced,eager" doc:"How sure an answer has to be to be given; where left out, that of the collection or server"`
	Count      int    `json:"count,omitempty" query:"count" minimum:"1" maximum:"100" doc:"Sentences wanted, the answer among them; 4 if left out"`
	After      string `json:"after,omitempty" query:"after" doc:"A position: answer from at least there"`
}

// NewQuestion returns q for the wire.
func NewQuestion(q multivac.Question) Question {
	return Question{Question: q.Text, Collection: string(q.Collection), Stop: string(q.Stop), Count: q.Count, After: string(q.After)}
}

// Multivac returns the question of w.
func (w Question) Multivac() multivac.Question {
	return multivac.Question{
		Text: w.Question, Collection: multivac.CollectionName(w.Collection), Stop: multivac.Stop(w.Stop),
		Count: w.Count, After: multivac.Position(w.After),
	}
}

// An Answer is a quotation, or a refusal with its reason.
type Answer struct {
	State      string      `json:"state" enum:"answered,insufficient_data"`
	Text       string      `json:"text" doc:"The quotation, word for word, or the words of refusal"`
	Confidence float64     `json:"confidence" doc:"Estimated probability that the best sentence found answers the question"`
	Reaches    string      `json:"reaches,omitempty" enum:"strict,balanced,eager" doc:"The strictest stop at which this is answered; left out if there is none"`
	Shape      string      `json:"shape,omitempty" enum:"sentence,steps,rows,code,run" doc:"What the quotation is; left out of a refusal"`
	Sentence   *Sentence   `json:"sentence,omitempty" doc:"The best sentence in the quotation; left out if the quotation is one sentence"`
	Source     *Source     `json:"source,omitempty" doc:"Where the quotation stands; left out of a refusal"`
	Marks      [][2]int    `json:"marks,omitempty" doc:"The question's words in text, each as [start, end) in bytes"`
	Also       []Quotation `json:"also" doc:"The runners-up, best first; empty in a refusal"`
	Sources    []string    `json:"sources,omitempty" doc:"The first distinct documents' sources, best first"`
	Conflict   *Conflict   `json:"conflict,omitempty" doc:"A passage that answers differently; left out if there is none, and of a refusal"`
	Reason     *Reason     `json:"reason,omitempty" doc:"Why there is no answer"`
	Position   string      `json:"position,omitempty" doc:"What the answer comes from"`
}

// A Quotation is a part of a document, word for word.
type Quotation struct {
	Text       string    `json:"text"`
	Confidence float64   `json:"confidence"`
	Shape      string    `json:"shape,omitempty" enum:"sentence,steps,rows,code,run" doc:"What the quotation is"`
	Sentence   *Sentence `json:"sentence,omitempty" doc:"The best sentence in the quotation; left out if the quotation is one sentence"`
	Source     Source    `json:"source"`
	Marks      [][2]int  `json:"marks,omitempty" doc:"The question's words in text, each as [start, end) in bytes"`
}

// A Sentence is the best sentence in a quotation.
type Sentence struct {
	Text  string `json:"text"`
	Start int    `json:"start" doc:"The sentence is bytes [start, end) of the document's text"`
	End   int    `json:"end"`
}

// newSentence returns the best sentence of q for the wire, or nil if q is one
// sentence.
func newSentence(q multivac.Quotation) *Sentence {
	if isSentence(q) {
		return nil
	}
	return &Sentence{Text: q.SentenceText(), Start: q.Sentence.Start, End: q.Sentence.End}
}

func isSentence(q multivac.Quotation) bool { return q.Shape == multivac.ShapeSentence || q.Shape == "" }

// A Source is the place of a quotation.
type Source struct {
	Document string `json:"document" doc:"Identity of the document"`
	Source   string `json:"source,omitempty" doc:"URI, path or name, as told"`
	Revision uint64 `json:"revision"`
	Title    string `json:"title,omitempty"`
	Heading  string `json:"heading,omitempty" doc:"The path of headings above it"`
	Lead     string `json:"lead,omitempty" doc:"What introduces the list, or heads the table"`
	Start    int    `json:"start" doc:"The quotation is bytes [start, end) of the document's text in that revision"`
	End      int    `json:"end"`
	Place    *Place `json:"place,omitempty" doc:"Where it begins in the file that the document was read from; left out where that is unknown"`
	Before   string `json:"before,omitempty" doc:"What stands before it in its passage"`
	After    string `json:"after,omitempty" doc:"What stands after it in its passage"`
}

// A Place is the place in a file at which a quotation begins. It has the
// members that fit the kind of file.
type Place struct {
	Line  int    `json:"line,omitempty" doc:"From 1"`
	Page  int    `json:"page,omitempty" doc:"From 1"`
	Label string `json:"label,omitempty" doc:"What the file calls the page, such as iii, where that is not its number"`
	Slide int    `json:"slide,omitempty" doc:"From 1"`
	Sheet string `json:"sheet,omitempty" doc:"Its name"`
	Part  string `json:"part,omitempty" doc:"The name of a file within the file"`
	Time  int    `json:"time,omitempty" doc:"Milliseconds from the start of a recording; 1 for its very start"`
}

// newPlace returns p for the wire, or nil if it is unknown.
func newPlace(p multivac.Place) *Place {
	if p == (multivac.Place{}) {
		return nil
	}
	return &Place{p.Line, p.Page, p.Label, p.Slide, p.Sheet, p.Part, p.Time}
}

// place returns the place that w was made of.
func (w *Place) place() multivac.Place {
	if w == nil {
		return multivac.Place{}
	}
	return multivac.Place{Line: w.Line, Page: w.Page, Label: w.Label, Slide: w.Slide, Sheet: w.Sheet, Part: w.Part, Time: w.Time}
}

// A Reason says why there is no answer.
type Reason struct {
	Code      string     `json:"code" enum:"nothing_told,nothing_read,nothing_found,not_confident,question_empty"`
	Text      string     `json:"text" doc:"In plain words"`
	Unmatched []string   `json:"unmatched,omitempty" doc:"The question's words that nothing told contains"`
	Nearest   *Quotation `json:"nearest,omitempty" doc:"What came nearest, and was turned down"`
}

// A Conflict is another passage of the collection that answers differently.
type Conflict struct {
	Quotation  Quotation `json:"quotation" doc:"The other quotation; the older one if newer_known"`
	NewerKnown bool      `json:"newer_known" doc:"Whether the documents say that the answer is the newer one"`
	Text       string    `json:"text" doc:"What tells which is newer, or that nothing does, in plain words"`
}

// newConflict returns c for the wire, or nil.
func newConflict(c *multivac.Conflict) *Conflict {
	if c == nil {
		return nil
	}
	return &Conflict{Quotation: NewQuotation(c.With), NewerKnown: c.Known, Text: c.Reason}
}

// conflict returns the conflict that w was made of.
func (w *Conflict) conflict() *multivac.Conflict {
	if w == nil {
		return nil
	}
	return &multivac.Conflict{With: w.Quotation.Quotation(), Known: w.NewerKnown, Reason: w.Text}
}

// NewAnswer returns a for the wire. It leaves out the sentences of a refusal.
func NewAnswer(a multivac.Answer) Answer {
	w := Answer{
		State: string(a.State), Text: a.Text(), Confidence: a.Confidence, Reaches: string(a.Reaches), Also: []Quotation{}, Position: string(a.Position),
	}
	if a.State == multivac.Answered {
		first := NewQuotation(a.Sentences[0])
		w.Shape, w.Sentence, w.Source, w.Marks, w.Sources = first.Shape, first.Sentence, &first.Source, first.Marks, a.Sources
		w.Conflict = newConflict(a.Conflict)
		for _, q := range a.Sentences[1:] {
			w.Also = append(w.Also, NewQuotation(q))
		}
	}
	if r := a.Reason; r != nil {
		w.Reason = &Reason{Code: string(r.Code), Text: r.Text, Unmatched: r.Unmatched}
		if r.Nearest != nil {
			nearest := NewQuotation(*r.Nearest)
			w.Reason.Nearest = &nearest
		}
	}
	return w
}

// Answer returns the answer that w was made of. A refusal has no sentences.
func (w Answer) Answer() multivac.Answer {
	a := multivac.Answer{
		State: multivac.InsufficientData, Confidence: w.Confidence, Reaches: multivac.Stop(w.Reaches), Sources: w.Sources, Position: multivac.Position(w.Position),
	}
	if w.State == string(multivac.Answered) && w.Source != nil {
		a.State = multivac.Answered
		first := Quotation{Text: w.Text, Confidence: w.Confidence, Shape: w.Shape, Sentence: w.Sentence, Source: *w.Source, Marks: w.Marks}
		a.Sentences = append(a.Sentences, first.Quotation())
		for _, q := range w.Also {
			a.Sentences = append(a.Sentences, q.Quotation())
		}
		a.Conflict = w.Conflict.conflict()
	}
	if r := w.Reason; r != nil {
		a.Reason = &multivac.Reason{Code: multivac.ReasonCode(r.Code), Text: r.Text, Unmatched: r.Unmatched}
		if r.Nearest != nil {
			nearest := r.Nearest.Quotation()
			a.Reason.Nearest = &nearest
		}
	}
	return a
}

// NewQuotation returns q for the wire.
func NewQuotation(q multivac.Quotation) Quotation {
	w := Quotation{Text: q.Text, Confidence: q.Confidence, Shape: string(q.Shape), Sentence: newSentence(q), Source: Source{
		Document: string(q.Document), Source: q.Source, Revision: uint64(q.Revision), Title: q.Title,
		Heading: q.Heading, Lead: q.Lead, Start: q.Start, End: q.End, Place: newPlace(q.Place), Before: q.Before, After: q.After,
	}}
	for _, m := range q.Marks {
		w.Marks = append(w.Marks, [2]int{m.Start, m.End})
	}
	return w
}

// Quotation returns the quotation that w was made of. One without a shape, as
// older servers send it, is a sentence.
func (w Quotation) Quotation() multivac.Quotation {
	s := w.Source
	q := multivac.Quotation{
		Text: w.Text, Confidence: w.Confidence, Shape: cmp.Or(multivac.Shape(w.Shape), multivac.ShapeSentence),
		Sentence: multivac.Span{Start: s.Start, End: s.End}, Document: multivac.DocumentID(s.Document), Revision: multivac.Revision(s.Revision),
		Source: s.Source, Title: s.Title, Heading: s.Heading, Lead: s.Lead, Start: s.Start, End: s.End, Place: s.Place.place(), Before: s.Before, After: s.After,
	}
	if w.Sentence != nil {
		q.Sentence = multivac.Span{Start: w.Sentence.Start, End: w.Sentence.End}
	}
	for _, m := range w.Marks {
		q.Marks = append(q.Marks, multivac.Span{Start: m[0], End: m[1]})
	}
	return q
}
