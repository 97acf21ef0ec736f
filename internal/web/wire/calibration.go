package wire

import (
	"time"

	"multivac"
)

// LinesType is the media type of labelled questions that come one a line.
const LinesType = "application/x-ndjson"

// A LabelledQuestion is a question whose right answers are known.
type LabelledQuestion struct {
	ID       string   `json:"id,omitempty" doc:"For people"`
	Question string   `json:"question" minLength:"1" maxLength:"4096" example:"How long are backups kept?"`
	Answers  []string `json:"answers,omitempty" doc:"Each of them is right; none if the documents do not answer it"`
	Document string   `json:"document,omitempty" doc:"Source of the document that answers it"`
}

// LabelledQuestions are what a collection is calibrated with.
type LabelledQuestions struct {
	Questions []LabelledQuestion `json:"questions" minItems:"50" maxItems:"2000"`
}

// LabelledOf returns q for the wire.
func LabelledOf(q multivac.LabelledQuestion) LabelledQuestion {
	return LabelledQuestion{ID: q.ID, Question: q.Text, Answers: q.Answers, Document: q.Document}
}

// Labelled returns the question that w was made of.
func (w LabelledQuestion) Labelled() multivac.LabelledQuestion {
	return multivac.LabelledQuestion{ID: w.ID, Text: w.Question, Answers: w.Answers, Document: w.Document}
}

// A Calibration corrects the confidence of a collection.
type Calibration struct {
	Collection string             `json:"collection"`
	Factor     float64            `json:"factor" doc:"Of the logit of the confidence"`
	Offset     float64            `json:"offset" doc:"Added to the logit after that"`
	Stops      map[string]float64 `json:"stops" doc:"The least corrected confidence of an answer at each stop"`
	Questions  int                `json:"questions" doc:"How many it was made of"`
	Answerable int                `json:"answerable" doc:"How many of them have an answer"`
	Right      int                `json:"right" doc:"How many got a sentence that answers them"`
	At         time.Time          `json:"at"`
	Model      string             `json:"model" doc:"The model whose confidence it corrects"`
	Outdated   bool               `json:"outdated,omitempty" doc:"The model in use is another, so nothing is corrected: calibrate again"`
	Before     Reliability        `json:"before" doc:"How reliable the confidence was without it"`
	After      Reliability        `json:"after" doc:"The same with it, on questions that were held out"`
}

// Reliability says how well confidence and truth agree. What cannot be measured
// is null.
type Reliability struct {
	ECE   *float64                   `json:"ece" doc:"How far the confidence is from the share of right answers, on average"`
	Stops map[string]StopReliability `json:"stops"`
}

// StopReliability is what is answered at a stop.
type StopReliability struct {
	Coverage     *float64 `json:"coverage" doc:"Right answers, of answerable questions"`
	Precision    *float64 `json:"precision" doc:"Right answers, of all answers"`
	FalseAnswers *float64 `json:"false_answer_rate" doc:"Answers to questions that have none"`
}

// CalibrationOf returns c for the wire.
func CalibrationOf(c multivac.Calibration) Calibration {
	w := Calibration{
		Collection: string(c.Collection), Factor: c.Factor, Offset: c.Offset, Stops: map[string]float64{},
		Questions: c.Questions, Answerable: c.Answerable, Right: c.Right, At: c.At, Model: c.Model, Outdated: c.Outdated,
		Before: reliabilityOf(c.Before), After: reliabilityOf(c.After),
	}
	for stop, confidence := range c.Stops {
		w.Stops[string(stop)] = confidence
	}
	return w
}

// Calibration returns the calibration that w was made of.
func (w Calibration) Calibration() multivac.Calibration {
	c := multivac.Calibration{
		Collection: multivac.CollectionName(w.Collection), Factor: w.Factor, Offset: w.Offset, Stops: map[multivac.Stop]float64{},
		Questions: w.Questions, Answerable: w.Answerable, Right: w.Right, At: w.At, Model: w.Model, Outdated: w.Outdated,
		Before: w.Before.reliability(), After: w.After.reliability(),
	}
	for stop, confidence := range w.Stops {
		c.Stops[multivac.Stop(stop)] = confidence
	}
	return c
}

func reliabilityOf(r multivac.Reliability) Reliability {
	w := Reliability{ECE: r.ECE, Stops: map[string]StopReliability{}}
	for stop, s := range r.Stops {
		w.Stops[string(stop)] = StopReliability(s)
	}
	return w
}

func (w Reliability) reliability() multivac.Reliability {
	r := multivac.Reliability{ECE: w.ECE, Stops: map[multivac.Stop]multivac.StopReliability{}}
	for stop, s := range w.Stops {
		r.Stops[multivac.Stop(stop)] = multivac.StopReliability(s)
	}
	return r
}

// Uncalibrated says that a collection has no calibration any more.
type Uncalibrated struct {
	Collection string `json:"collection"`
	Changed    bool   `json:"changed" doc:"It had one"`
}
