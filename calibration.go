package multivac

import (
	"context"
	"math"
	"strings"
	"time"
)

// How many labelled questions a calibration takes. Fewer say too little; more
// take too long to ask and say hardly more.
const (
	MinLabelled = 50
	MaxLabelled = 2000
)

// A LabelledQuestion is a question whose right answers are known.
type LabelledQuestion struct {
	ID       string // for people; may be empty
	Text     string
	Answers  []string // each of them is right; none if the documents do not answer it
	Document string   // source of the document that answers it; may be empty
}

// A Calibration corrects the confidence of a collection, as labelled questions
// to that collection showed it to be wrong: the probability p becomes
// sigmoid(Factor·logit(p) + Offset) (Platt, 1999). It also says which corrected
// confidence the stops ask for. It stays with the name of the collection until
// it is taken back, whatever becomes of the documents.
type Calibration struct {
	Collection CollectionName
	Factor     float64          // above 0, so that the order of sentences stays
	Offset     float64          // below 0 for less confidence
	Stops      map[Stop]float64 // the least corrected confidence of an answer, for each of Stops
	Questions  int              // how many it was made of
	Answerable int              // how many of them have an answer
	Right      int              // how many got a sentence that answers them as the best one
	At         time.Time        // when it was made
	// Model names the model whose confidence it corrects. The confidence of
	// another model is not corrected.
	Model    string
	Outdated bool // the model in use is another, so nothing is corrected; not stored
	// Before and After say how reliable the confidence was, and is. After is
	// measured on questions that were held out: none of them judges a
	// calibration that it helped to make.
	Before, After Reliability
}

// Reliability says how well confidence and truth agree. What cannot be measured
// with the questions is nil. Answerable questions and those without an answer
// count one half each, however many there are of both.
type Reliability struct {
	// ECE is the expected calibration error, from 0 to 1: how far the
	// confidence is from the share of right answers, on average.
	ECE   *float64
	Stops map[Stop]StopReliability
}

// StopReliability is what is answered at a stop, in shares from 0 to 1.
type StopReliability struct {
	Coverage     *float64 // right answers, of answerable questions
	Precision    *float64 // right answers, of all answers
	FalseAnswers *float64 // answers to questions that have none, of these questions
}

// Corrected returns the corrected confidence for the confidence p.
func (c Calibration) Corrected(p float64) float64 {
	return 1 / (1 + math.Exp(-(c.Factor*math.Log(p/(1-p)) + c.Offset)))
}

// Validate returns an ErrInvalid if c cannot be applied.
func (c Calibration) Validate() error {
	bad := func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }
	switch {
	case bad(c.Factor) || bad(c.Offset) || c.Factor <= 0:
		return Errorf(ErrInvalid, "calibrate the collection again", "calibration has the factor %v and the offset %v", c.Factor, c.Offset)
	case c.Model == "" || c.At.IsZero():
		return Errorf(ErrInvalid, "calibrate the collection again", "calibration has no model or no time")
	}
	for _, s := range Stops {
		if t := c.Stops[s]; !(t > 0 && t <= 1) {
			return Errorf(ErrInvalid, "calibrate the collection again", "calibration has the confidence %v for the stop %s", t, s)
		}
	}
	return c.Collection.Validate()
}

// Validate returns an ErrInvalid that says what to change.
func (q LabelledQuestion) Validate() error {
	if err := (Question{Text: q.Text}).Validate(); err != nil {
		return err
	}
	for _, a := range q.Answers {
		if strings.TrimSpace(a) == "" {
			return Errorf(ErrInvalid, "leave it out; a question without answers is one that the documents do not answer",
				"the question %q has an empty answer", Clip(q.Text, 80))
		}
	}
	return nil
}

// A Calibrator fits the confidence of collections to their own questions.
type Calibrator interface {
	// Calibrate asks the collection the questions, MinLabelled to MaxLabelled
	// of them, and fits a calibration to what is right and what is wrong. With
	// keep it is stored and applied, in place of an earlier one. It returns
	// ErrInvalid if there is nothing to fit: too few questions, none that is
	// answered rightly or none that is answered wrongly, or an empty
	// collection.
	Calibrate(ctx context.Context, c CollectionName, questions []LabelledQuestion, keep bool) (Calibration, error)
	// Calibration returns the calibration of a collection, or ErrNotFound.
	Calibration(ctx context.Context, c CollectionName) (Calibration, error)
	// Uncalibrate takes the calibration of a collection back. It reports
	// whether there was one.
	Uncalibrate(ctx context.Context, c CollectionName) (bool, error)
}
