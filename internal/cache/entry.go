package cache

import (
	"encoding/binary"
	"errors"
	"math"

	"multivac"
)

// encoding is the version of what appendAnswer writes. Raise it with every
// change there, or of what a field of an answer means: an entry of another
// version is not found.
//
//	1: the first
//	2: quotations have a place
//	3: answers say which stop they reach
//	4: quotations have a shape and their best sentence, answers a conflict
//	5: a place may be a time
//	6: a page may have a label
const encoding = 6

// appendAnswer appends the answer without its position, which is each
// process's own: numbers as varints, and a string that was written before as
// its number.
func appendAnswer(b []byte, a multivac.Answer) []byte {
	w := writer{b: b, seen: map[string]int{}}
	w.string(string(a.State))
	w.float(a.Confidence)
	w.string(string(a.Reaches))
	w.number(len(a.Sentences))
	for _, q := range a.Sentences {
		w.quotation(q)
	}
	w.strings(a.Sources)
	if r := a.Reason; w.is(r != nil) {
		w.string(string(r.Code))
		w.string(r.Text)
		w.strings(r.Unmatched)
		if w.is(r.Nearest != nil) {
			w.quotation(*r.Nearest)
		}
	}
	if c := a.Conflict; w.is(c != nil) {
		w.quotation(c.With)
		w.is(c.Known)
		w.string(c.Reason)
	}
	return w.b
}

type writer struct {
	b    []byte
	seen map[string]int
}

func (w *writer) number(n int)    { w.b = binary.AppendUvarint(w.b, uint64(n)) }
func (w *writer) float(f float64) { w.b = binary.BigEndian.AppendUint64(w.b, math.Float64bits(f)) }

func (w *writer) is(yes bool) bool {
	if yes {
		w.b = append(w.b, 1)
	} else {
		w.b = append(w.b, 0)
	}
	return yes
}

// string writes twice the length and the bytes, or twice the number and one.
func (w *writer) string(s string) {
	if n, ok := w.seen[s]; ok {
		w.number(n<<1 | 1)
		return
	}
	w.seen[s] = len(w.seen)
	w.number(len(s) << 1)
	w.b = append(w.b, s...)
}

func (w *writer) strings(all []string) {
	w.number(len(all))
	for _, s := range all {
		w.string(s)
	}
}

func (w *writer) quotation(q multivac.Quotation) {
	for _, s := range []string{q.Text, string(q.Shape), string(q.Document), q.Source, q.Title, q.Heading, q.Lead, q.Before, q.After} {
		w.string(s)
	}
	w.float(q.Confidence)
	w.b = binary.AppendUvarint(w.b, uint64(q.Revision))
	for _, n := range []int{q.Start, q.End, q.Sentence.Start, q.Sentence.End} {
		w.number(n)
	}
	for _, n := range []int{q.Place.Line, q.Place.Page, q.Place.Slide, q.Place.Time} {
		w.number(n)
	}
	w.string(q.Place.Sheet)
	w.string(q.Place.Part)
	w.string(q.Place.Label)
	w.number(len(q.Marks))
	for _, m := range q.Marks {
		w.number(m.Start)
		w.number(m.End)
	}
}

var errEntry = errors.New("these bytes are no answer")

// decodeAnswer returns the answer that the bytes stand for, or an error where
// they stand for none that could be shown. It takes any bytes.
func decodeAnswer(b []byte) (multivac.Answer, error) {
	r := reader{b: b}
	a := multivac.Answer{State: multivac.AnswerState(r.string()), Confidence: r.float(), Reaches: multivac.Stop(r.string())}
	for range r.count() {
		a.Sentences = append(a.Sentences, r.quotation())
	}
	a.Sources = r.strings()
	if r.is() {
		a.Reason = &multivac.Reason{Code: multivac.ReasonCode(r.string()), Text: r.string(), Unmatched: r.strings()}
		if r.is() {
			q := r.quotation()
			a.Reason.Nearest = &q
		}
	}
	if r.is() {
		a.Conflict = &multivac.Conflict{With: r.quotation(), Known: r.is(), Reason: r.string()}
	}
	switch {
	case r.bad, len(r.b) > 0:
		return multivac.Answer{}, errEntry
	case a.State == multivac.Answered && len(a.Sentences) > 0, a.State == multivac.InsufficientData && a.Reason != nil:
		return a, nil
	}
	return multivac.Answer{}, errEntry
}

// A reader reads what a writer wrote. Once something is bad it reads nothing
// more, only zeros.
type reader struct {
	b    []byte
	seen []string
	bad  bool
}

func (r *reader) fail() { r.bad, r.b = true, nil }

func (r *reader) uvarint() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *reader) number() int {
	n := r.uvarint()
	if n > math.MaxInt32 {
		r.fail()
		return 0
	}
	return int(n)
}

// count reads how many follow, each of a byte at least.
func (r *reader) count() int {
	n := r.number()
	if n > len(r.b) {
		r.fail()
		return 0
	}
	return n
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.b) {
		r.fail()
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) float() float64 {
	b := r.bytes(8)
	if len(b) < 8 {
		return 0
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b))
}

func (r *reader) is() bool {
	b := r.bytes(1)
	if len(b) == 0 {
		return false
	}
	if b[0] > 1 {
		r.fail()
	}
	return b[0] == 1
}

func (r *reader) string() string {
	n := r.number()
	if n&1 == 1 {
		if n >>= 1; n < len(r.seen) {
			return r.seen[n]
		}
		r.fail()
		return ""
	}
	s := string(r.bytes(n >> 1))
	r.seen = append(r.seen, s)
	return s
}

func (r *reader) strings() (all []string) {
	for range r.count() {
		all = append(all, r.string())
	}
	return all
}

func (r *reader) quotation() (q multivac.Quotation) {
	var document, shape string
	for _, s := range []*string{&q.Text, &shape, &document, &q.Source, &q.Title, &q.Heading, &q.Lead, &q.Before, &q.After} {
		*s = r.string()
	}
	q.Document, q.Shape = multivac.DocumentID(document), multivac.Shape(shape)
	q.Confidence = r.float()
	q.Revision = multivac.Revision(r.uvarint())
	q.Start, q.End = r.number(), r.number()
	q.Sentence = multivac.Span{Start: r.number(), End: r.number()}
	q.Place = multivac.Place{Line: r.number(), Page: r.number(), Slide: r.number(), Time: r.number(), Sheet: r.string(), Part: r.string(), Label: r.string()}
	if q.End-q.Start != len(q.Text) || q.Sentence.Start < q.Start || q.Sentence.End < q.Sentence.Start || q.Sentence.End > q.End {
		r.fail()
	}
	for range r.count() {
		m := multivac.Span{Start: r.number(), End: r.number()}
		if m.Start > m.End || m.End > len(q.Text) {
			r.fail()
		}
		q.Marks = append(q.Marks, m)
	}
	return q
}
