package app

import (
	"context"
	"slices"
	"time"

	"multivac"
	"multivac/internal/meaning"
)

// A Meaning says how far questions are understood beyond their words.
type Meaning string

const (
	MeaningOff  Meaning = "off"  // not at all
	MeaningFind Meaning = "find" // what means the same is found, too
	MeaningRead Meaning = "read" // and the best of it is read together with the question
)

// Meanings are all there are.
var Meanings = []Meaning{MeaningOff, MeaningFind, MeaningRead}

// ParseMeaning returns the Meaning called s, or an ErrInvalid.
func ParseMeaning(s string) (Meaning, error) {
	if s == "" {
		return MeaningOff, nil
	}
	if !slices.Contains(Meanings, Meaning(s)) {
		return "", multivac.Errorf(multivac.ErrInvalid, "use off, find or read", "unknown meaning %q", multivac.Clip(s, 40))
	}
	return Meaning(s), nil
}

// chooseMeaning takes the Meaning of the settings, unless the processor is too
// slow for it.
func (a *App) chooseMeaning(s Settings) {
	a.meaning, a.vectors = s.Meaning, s.vectors
	if a.vectors == nil {
		a.vectors = func(ctx context.Context, title string, p multivac.Passage) ([]byte, error) {
			return meaning.Default().Vectors(ctx, title, p)
		}
	}
	fast := s.fast
	if fast == nil {
		fast = meaning.Fast
	}
	if a.meaning != MeaningOff && !fast() {
		a.meaning, a.unfit = MeaningOff, "this processor lacks the instructions for it (on amd64, AVX2)"
		a.log().Warn("meaning is off: questions are understood by their words alone", "settings", string(s.Meaning), "reason", a.unfit,
			"remedy", "run it on another processor, or set meaning = off to be told no more")
	}
}

// meaningNotices are what the doctor is to tell of it.
func (a *App) meaningNotices() []string {
	if a.unfit == "" {
		return nil
	}
	return []string{"meaning is off, whatever the settings say: " + a.unfit}
}

// warm unpacks the model, so that the first question need not wait for that.
func (a *App) warm() {
	if a.meaning != MeaningOff {
		go meaning.Default()
	}
}

// enrichedEvery is how often Enriched looks.
const enrichedEvery = 20 * time.Millisecond

// Enriched waits until all that was published is enriched, as far as it is to
// be, and answered from.
func (a *App) Enriched(ctx context.Context) error {
	for {
		n, err := a.recut.Count(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return a.Settle(ctx)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(enrichedEvery):
		}
	}
}
