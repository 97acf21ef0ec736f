// Package calibrate fits the confidence of a collection to questions whose
// answers are known. It asks the collection these questions, compares
// confidence and truth, and keeps what corrects the confidence. It ranks
// nothing, and looks at nothing behind the answers.
package calibrate

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"multivac"
	"multivac/internal/eval"
)

// Service implements multivac.Calibrator. Its fields are set before it is used.
type Service struct {
	Book *Book
	// Asker answers with the confidence of the model, uncorrected.
	Asker multivac.Asker
	// Model names the model in use.
	Model func() string
	Now   func() time.Time
}

var _ multivac.Calibrator = (*Service)(nil)

// Calibrate implements multivac.Calibrator. A question that is there twice
// counts once.
func (s *Service) Calibrate(ctx context.Context, name multivac.CollectionName, questions []multivac.LabelledQuestion, keep bool) (_ multivac.Calibration, err error) {
	name = name.OrDefault()
	defer multivac.Wrap(&err, "calibrate collection %s", name)
	if err := name.Validate(); err != nil {
		return multivac.Calibration{}, err
	}
	questions, err = inOrder(questions)
	if err != nil {
		return multivac.Calibration{}, err
	}
	model := s.Model()
	outcomes, err := s.ask(ctx, name, questions)
	if err != nil {
		return multivac.Calibration{}, err
	}
	c, err := calibration(outcomes)
	if err != nil {
		return multivac.Calibration{}, err
	}
	c.Collection, c.Model, c.At = name, model, s.Now().UTC().Truncate(time.Millisecond)
	if keep {
		err = s.Book.put(ctx, c)
	}
	return c, err
}

// Calibration implements multivac.Calibrator.
func (s *Service) Calibration(_ context.Context, name multivac.CollectionName) (multivac.Calibration, error) {
	name = name.OrDefault()
	if err := name.Validate(); err != nil {
		return multivac.Calibration{}, err
	}
	kept := s.Book.Of(name)
	if kept == nil {
		return multivac.Calibration{}, multivac.Errorf(multivac.ErrNotFound,
			"calibrate it with 50 questions or more whose answers are known", "collection %q is not calibrated", name)
	}
	c := *kept
	c.Outdated = s.State(name) == multivac.CalibrationOutdated
	return c, nil
}

// State says what the calibration of a collection is good for.
func (s *Service) State(name multivac.CollectionName) multivac.CalibrationState {
	switch c := s.Book.Of(name); {
	case c == nil:
		return multivac.NotCalibrated
	case c.Model != s.Model():
		return multivac.CalibrationOutdated
	}
	return multivac.Calibrated
}

// Uncalibrate implements multivac.Calibrator.
func (s *Service) Uncalibrate(ctx context.Context, name multivac.CollectionName) (_ bool, err error) {
	name = name.OrDefault()
	defer multivac.Wrap(&err, "take back the calibration of collection %s", name)
	if err := name.Validate(); err != nil {
		return false, err
	}
	return s.Book.remove(ctx, name)
}

// inOrder returns the questions, each once, in an order that does not depend on
// theirs: answerable ones first, and mixed otherwise. So the folds do not depend
// on it, and have questions of both kinds.
func inOrder(questions []multivac.LabelledQuestion) ([]multivac.LabelledQuestion, error) {
	seen := map[string]bool{}
	var once []multivac.LabelledQuestion
	for i, q := range questions {
		if err := q.Validate(); err != nil {
			return nil, fmt.Errorf("question %s: %w", cmp.Or(multivac.Clip(q.ID, 80), fmt.Sprint(i+1)), err)
		}
		if !seen[q.Text] {
			seen[q.Text] = true
			once = append(once, q)
		}
	}
	switch n := len(once); {
	case n < multivac.MinLabelled:
		return nil, multivac.Errorf(multivac.ErrInvalid, fmt.Sprintf("give %d or more, with and without an answer in the documents", multivac.MinLabelled),
			"%d different questions are too few", n)
	case n > multivac.MaxLabelled:
		return nil, multivac.Errorf(multivac.ErrInvalid, fmt.Sprintf("give up to %d", multivac.MaxLabelled), "%d questions are too many", n)
	}
	slices.SortFunc(once, func(a, b multivac.LabelledQuestion) int {
		return cmp.Or(cmp.Compare(min(len(b.Answers), 1), min(len(a.Answers), 1)), cmp.Compare(mixed(a.Text), mixed(b.Text)), cmp.Compare(a.Text, b.Text))
	})
	return once, nil
}

func mixed(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}

// ask asks the questions one after another, so that others who ask wait for one
// of them at most.
func (s *Service) ask(ctx context.Context, name multivac.CollectionName, questions []multivac.LabelledQuestion) ([]outcome, error) {
	outcomes := make([]outcome, len(questions))
	for i, q := range questions {
		a, err := s.Asker.Ask(ctx, multivac.Question{Text: q.Text, Collection: name, Stop: multivac.Eager, Count: 1})
		if err != nil {
			return nil, err
		}
		if r := a.Reason; r != nil && (r.Code == multivac.NothingTold || r.Code == multivac.NothingRead) {
			return nil, multivac.Errorf(multivac.ErrInvalid, "tell it documents, and calibrate it once they are indexed", "there is nothing to answer from")
		}
		label := eval.Question{Question: q.Text, Answers: q.Answers, Document: q.Document}
		outcomes[i] = outcome{confidence: a.Confidence, reaches: a.Reaches, something: len(a.Sentences) > 0, answerable: label.Answerable(), right: label.Right(a)}
	}
	return outcomes, nil
}

// calibration fits the outcomes and measures the result.
func calibration(all []outcome) (c multivac.Calibration, err error) {
	c.Questions = len(all)
	for _, o := range all {
		if o.answerable {
			c.Answerable++
		}
		if o.right {
			c.Right++
		}
	}
	switch c.Right {
	case 0:
		return c, multivac.Errorf(multivac.ErrInvalid, "look whether the answers are written as in the documents, and whether the collection is the one that has them",
			"no sentence that was found is one of the right answers")
	case c.Questions:
		return c, multivac.Errorf(multivac.ErrInvalid, "add harder ones, and ones that the documents do not answer", "all questions are answered rightly, so nothing can be learned of wrong answers")
	}
	fitted := fit(all)
	c.Factor, c.Offset, c.Stops = fitted.factor, fitted.offset, fitted.stops
	c.Before, c.After = reliability(before(all)), reliability(after(all))
	return c, nil
}
