package calibrate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"multivac"
	"multivac/internal/eventually"
)

// A kept is a store of calibrations.
type kept struct {
	mu  sync.Mutex
	all map[multivac.CollectionName]multivac.Calibration
	err error
}

func (k *kept) PutCalibration(_ context.Context, c multivac.Calibration) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.all == nil {
		k.all = map[multivac.CollectionName]multivac.Calibration{}
	}
	k.all[c.Collection] = c
	return k.err
}

func (k *kept) Calibrations(context.Context) (all []multivac.Calibration, _ error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.all {
		all = append(all, c)
	}
	return all, k.err
}

func (k *kept) RemoveCalibration(_ context.Context, name multivac.CollectionName) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, there := k.all[name]
	delete(k.all, name)
	return there, k.err
}

// sure answers each question with the same sentence, as surely as the number in
// the question says.
type sure struct{}

func (sure) Ask(_ context.Context, q multivac.Question) (a multivac.Answer, _ error) {
	if q.Collection == "empty" {
		return multivac.Answer{State: multivac.InsufficientData, Reason: &multivac.Reason{Code: multivac.NothingTold}}, nil
	}
	_, err := fmt.Sscanf(q.Text, "%f", &a.Confidence)
	a.Sentences = []multivac.Quotation{{Text: "It is blue.", Confidence: a.Confidence}}
	return a, err
}

// questions returns n questions, of which those with a high confidence are
// answerable. The answer of every third is another than the sentence's.
func questions(n int) (all []multivac.LabelledQuestion) {
	for i := range n {
		q := multivac.LabelledQuestion{Text: fmt.Sprintf("%.4f sure", (float64(i)+0.5)/float64(n))}
		if i > n/2 {
			q.Answers = []string{"blue"}
			if i%3 == 0 {
				q.Answers = []string{"red"}
			}
		}
		all = append(all, q)
	}
	return all
}

func newService(store *kept) *Service {
	return &Service{Book: NewBook(store), Asker: sure{}, Model: func() string { return "m1" }, Now: func() time.Time { return time.Unix(1e9, 0) }}
}

func TestCalibrate(t *testing.T) {
	store := &kept{}
	s := newService(store)
	tried, err := s.Calibrate(t.Context(), "", questions(90), false)
	if err != nil || len(store.all) > 0 || s.State("default") != multivac.NotCalibrated {
		t.Fatalf("a try: %v, kept %v", err, store.all)
	}
	c, err := s.Calibrate(t.Context(), "", questions(90), true)
	if err != nil {
		t.Fatal(err)
	}
	if c.Collection != "default" || c.Questions != 90 || c.Answerable != 44 || c.Right != 30 || c.Model != "m1" || c.Validate() != nil || tried.Factor != c.Factor {
		t.Errorf("got %+v", c)
	}
	if before, after := *c.Before.ECE, *c.After.ECE; !(after < before) {
		t.Errorf("calibration error %.3f, before %.3f", after, before)
	}
	if got := s.Book.Of("default"); got == nil || got.Offset != c.Offset || s.State("default") != multivac.Calibrated {
		t.Errorf("the book has %+v", got)
	}
	shown, err := s.Calibration(t.Context(), "")
	if err != nil || shown.Factor != c.Factor || shown.Outdated {
		t.Errorf("shown %+v, %v", shown, err)
	}
	s.Model = func() string { return "m2" }
	if shown, _ = s.Calibration(t.Context(), ""); !shown.Outdated || s.State("default") != multivac.CalibrationOutdated {
		t.Error("the calibration of another model is not outdated")
	}
	for _, want := range []bool{true, false} {
		if changed, err := s.Uncalibrate(t.Context(), ""); changed != want || err != nil {
			t.Errorf("taken back: %v, %v, want %v", changed, err, want)
		}
	}
	if _, err := s.Calibration(t.Context(), ""); !errors.Is(err, multivac.ErrNotFound) || s.Book.Of("default") != nil {
		t.Errorf("after it was taken back: %v", err)
	}
}

// The order of questions makes no difference, and one that comes twice counts
// once.
func TestTheOrderOfQuestions(t *testing.T) {
	s := newService(&kept{})
	all := questions(60)
	a, err := s.Calibrate(t.Context(), "", all, false)
	if err != nil {
		t.Fatal(err)
	}
	turned := append(slices.Clone(all), all[:20]...)
	slices.Reverse(turned)
	b, err := s.Calibrate(t.Context(), "", turned, false)
	if err != nil || a.Factor != b.Factor || a.Offset != b.Offset || *a.After.ECE != *b.After.ECE || b.Questions != 60 {
		t.Errorf("turned around: %+v, %v, want %+v", b, err, a)
	}
}

func TestWhatCannotBeCalibrated(t *testing.T) {
	s := newService(&kept{})
	f := func(name multivac.CollectionName, all []multivac.LabelledQuestion, want string) {
		t.Helper()
		_, err := s.Calibrate(t.Context(), name, all, true)
		if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an ErrInvalid with %q", err, want)
		}
	}
	all := questions(60)
	f("", all[:49], "49 different questions are too few")
	f("", append(all[:49:49], all[:30]...), "49 different questions are too few")
	f("", questions(2001), "2001 questions are too many")
	f("empty", all, "nothing to answer from")
	f("no name!", all, "no name!")
	var wrong, right []multivac.LabelledQuestion
	for _, q := range all {
		q.Answers = []string{"red"}
		wrong = append(wrong, q)
		q.Answers = []string{"blue"}
		right = append(right, q)
	}
	f("", wrong, "no sentence that was found is one of the right answers")
	f("", right, "all questions are answered rightly")
	all[3].Text, all[3].ID = " ", "q3"
	f("", all, "question q3: question is empty")
	all[3] = multivac.LabelledQuestion{Text: "0.5 sure", Answers: []string{" "}}
	f("", all, "question 4: the question \"0.5 sure\" has an empty answer")
}

// Without questions that have no answer, confidence is only lowered, and what is
// not known is not said.
func TestOnlyAnswerableQuestions(t *testing.T) {
	var all []multivac.LabelledQuestion
	for _, q := range questions(160) {
		if len(q.Answers) > 0 {
			all = append(all, q)
		}
	}
	c, err := newService(&kept{}).Calibrate(t.Context(), "", all, true)
	if err != nil {
		t.Fatal(err)
	}
	if b := c.After.Stops[multivac.Balanced]; c.Offset > 0 || c.After.ECE != nil || b.Precision != nil || b.FalseAnswers != nil || b.Coverage == nil {
		t.Errorf("got %+v", c)
	}
}

// A process learns what another one did to the calibrations. While the store is
// away, it knows what it knew.
func TestABookOfManyProcesses(t *testing.T) {
	store := &kept{}
	c := multivac.Calibration{Collection: "laws", Factor: 2, Model: "m1", At: time.Unix(1e9, 0), Stops: promised}
	book := NewBook(store)
	book.Shared = true
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = book.Run(ctx) })
	defer running.Wait()
	defer stop()
	_ = store.PutCalibration(ctx, c)
	damaged := c
	damaged.Collection, damaged.Factor = "damaged", math.NaN()
	_ = store.PutCalibration(ctx, damaged)
	eventually.True(t, "the calibration is known", func() bool { return book.Of("laws") != nil })
	if book.Of("damaged") != nil {
		t.Error("a damaged calibration is known")
	}
	store.mu.Lock()
	store.err = multivac.ErrUnavailable
	store.mu.Unlock()
	if err := book.Read(ctx); err == nil || book.Of("laws") == nil {
		t.Errorf("the store is away: %v, known %v", err, book.Of("laws"))
	}
	store.mu.Lock()
	store.err = nil
	store.mu.Unlock()
	_, _ = store.RemoveCalibration(ctx, "laws")
	eventually.True(t, "it is known no more", func() bool { return book.Of("laws") == nil })
}
