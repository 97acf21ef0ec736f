package app

import (
	"bytes"
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"multivac"
	"multivac/internal/meaning"
	"multivac/internal/store"
	"multivac/internal/telemetry"
)

// counted makes vectors in no time, and counts the sentences.
type counted struct{ sentences atomic.Int64 }

func (c *counted) vectors(_ context.Context, _ string, p multivac.Passage) ([]byte, error) {
	c.sentences.Add(int64(len(p.Sentences)))
	return bytes.Repeat([]byte{1}, store.VectorSize*len(p.Sentences)), nil
}

// Documents get vectors when they are told, or later, once meaning is on. No
// vectors are made twice.
func TestMeaningComesAndGoes(t *testing.T) {
	data := t.TempDir()
	var made counted
	run := func(m meaning.Mode, source, text string) {
		t.Helper()
		a, stop := running(t, Settings{Data: data, Meaning: m, vectors: made.vectors})
		tellOne(t, a, multivac.Telling{Source: source, Body: []byte(text)})
		if err := a.Refreshed(t.Context()); err != nil {
			t.Fatal(err)
		}
		if e, err := a.Examine(t.Context(), false); err != nil || !e.Sound() {
			t.Errorf("examined: %+v, %v", e, err)
		}
		if st, err := a.Status(t.Context()); err != nil || st.Meaning != string(m) || st.MeaningReason != "" {
			t.Errorf("status %+v, %v", st, err)
		}
		stop()
	}
	run(meaning.Off, "a", "The pump stops. The valve opens.")
	if n := made.sentences.Load(); n != 0 {
		t.Errorf("vectors of %d sentences were made where meaning is off", n)
	}
	run(meaning.Find, "b", "It is cold.")
	if n := made.sentences.Load(); n != 3 {
		t.Errorf("vectors of %d sentences were made, want 3", n)
	}
	run(meaning.Off, "c", "It is warm.")
	run(meaning.Find, "d", "It is wet.")
	if n := made.sentences.Load(); n != 5 {
		t.Errorf("vectors of %d sentences were made, want 5: those that are there stay", n)
	}
}

// If the processor is too slow for meaning, that is reported, and nothing else
// changes.
func TestMeaningWhereTheProcessorIsSlow(t *testing.T) {
	var log bytes.Buffer
	tm := telemetry.New(&log, telemetry.Options{Format: telemetry.Text})
	var made counted
	a, stop := running(t, Settings{Data: t.TempDir(), Meaning: meaning.Read, Telemetry: tm, fast: func() bool { return false }, vectors: made.vectors})
	tellOne(t, a, multivac.Telling{Source: "a", Body: []byte("The pump stops at 80 degrees.")})
	if answer := askOne(t, a, "At how many degrees does the pump stop?"); answer.Text() != "The pump stops at 80 degrees." {
		t.Errorf("the answer is %q", answer.Text())
	}
	st, err := a.Status(t.Context())
	if err != nil || st.Meaning != "off" || !strings.Contains(st.MeaningReason, "processor") || st.Outdated != 0 {
		t.Errorf("status %+v, %v", st, err)
	}
	if e, err := a.Examine(t.Context(), false); err != nil || len(e.Notices) != 1 || !strings.Contains(e.Notices[0], "meaning is off") {
		t.Errorf("examined: %+v, %v", e, err)
	}
	stop()
	tm.Flush()
	if n := strings.Count(log.String(), "meaning is off"); n != 1 || made.sentences.Load() != 0 {
		t.Errorf("the log says %d times that meaning is off, want once; vectors of %d sentences were made\n%s", n, made.sentences.Load(), log.String())
	}
}

// Of several workers, one makes vectors, even for documents that the others
// published.
func TestOneWorkerRefreshes(t *testing.T) {
	s := newSite(t)
	var made counted
	settings := func(role Role) Settings {
		o := s.settings(role)
		o.Meaning, o.vectors = meaning.Find, made.vectors
		return o
	}
	web := startWith(t, settings(Web), Front{})
	web.until(t, "/readyz", 200)
	for range 2 {
		startWith(t, settings(Worker), Front{})
	}
	var tellings []multivac.Telling
	for _, source := range strings.Fields("a b c d e f g h") {
		tellings = append(tellings, multivac.Telling{Source: source, Body: []byte("It is " + source + ".")})
	}
	if _, err := web.Tell(t.Context(), tellings, multivac.WaitIndexed); err != nil {
		t.Fatal(err)
	}
	if err := web.app.Refreshed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := made.sentences.Load(); n != int64(len(tellings)) {
		t.Errorf("vectors of %d sentences were made, want %d: of each once", n, len(tellings))
	}
}
