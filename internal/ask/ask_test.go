package ask

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/cache"
	"multivac/internal/index"
	"multivac/internal/rank"
	"multivac/internal/store"
	"multivac/internal/text"
)

// shelf holds indexed documents in memory.
type shelf struct {
	*index.Index
	documents map[multivac.DocumentID]multivac.Document
	read      int    // calls of Excerpts
	moved     func() // called once, before the first Quotes
	gone      bool   // quotations of several lines are not there
}

func newShelf(texts map[string]string) *shelf {
	s := &shelf{Index: index.New([16]byte{1}), documents: map[multivac.DocumentID]multivac.Document{}}
	s.Vectors = 1
	for source, body := range texts {
		s.put(source, 1, body)
	}
	return s
}

func (s *shelf) put(source string, r multivac.Revision, body string) {
	title, _, _ := strings.Cut(source, ".")
	d := multivac.Document{ID: multivac.Telling{Source: source}.ID(), Revision: r, Source: source, Title: title, Text: body}
	s.documents[d.ID] = d
	s.take(d, change(text.Segment(body)))
}

// change is one that has passages without vectors.
func change(passages []multivac.Passage) store.Change {
	return store.Change{Passages: passages, Version: store.Version{Segmenter: 1}}
}

// take indexes a document with the passages and vectors of c.
func (s *shelf) take(d multivac.Document, c store.Change) {
	c.Collection, c.Document, c.Revision, c.Title, c.State = multivac.DefaultCollection, d.ID, d.Revision, d.Title, multivac.Indexed
	if err := s.Apply(context.Background(), []store.Change{c}, "7"); err != nil {
		panic(err)
	}
}

func (s *shelf) Reach(ctx context.Context, p multivac.Position) error {
	if p > "7" {
		return multivac.Errorf(multivac.ErrBehind, "ask again", "not there yet")
	}
	return nil
}

func (s *shelf) Excerpts(_ context.Context, ids []multivac.PassageID) ([]multivac.Excerpt, error) {
	s.read++
	excerpts := make([]multivac.Excerpt, len(ids))
	for i, id := range ids {
		d := s.documents[id.Document]
		if passages := text.Segment(d.Text); d.Revision == id.Revision && id.Number < len(passages) {
			excerpts[i] = multivac.Excerpt{Passage: passages[id.Number], Document: d.ID, Revision: d.Revision, Source: d.Source, Title: d.Title}
		}
	}
	return excerpts, nil
}

func (s *shelf) Quotes(_ context.Context, quotes []store.Quote) ([]string, error) {
	if s.moved != nil {
		moved := s.moved
		s.moved = nil
		moved()
	}
	texts := make([]string, len(quotes))
	for i, q := range quotes {
		if d := s.documents[q.Document]; d.Revision == q.Revision && !(s.gone && strings.Contains(d.Text[q.Span.Start:q.Span.End], "\n")) {
			texts[i] = d.Text[q.Span.Start:q.Span.End]
		}
	}
	return texts, nil
}

var library = map[string]string{
	"brakes.md":  "# Brakes\n\nDisc pads are scrapped at 1.0 mm. Tighten the retaining bolt to 3 Nm. The discs use mineral oil.",
	"battery.md": "# Battery fire\n\nIf a battery smokes, call the duty manager on extension 40. Never use water.",
	"asimov.md":  "# Isaac Asimov\n\nIsaac Asimov wrote The Last Question in 1956. It first appeared in Science Fiction Quarterly.",
}

func ask(t *testing.T, s *Service, q multivac.Question) multivac.Answer {
	t.Helper()
	a, err := s.Ask(t.Context(), q)
	if err != nil {
		t.Fatalf("Ask(%q): %v", q.Text, err)
	}
	return a
}

func service(s *shelf) *Service { return New(s, s, s, rank.Default(), nil) }

func TestAnswersWithTheSentence(t *testing.T) {
	s := service(newShelf(library))
	f := func(question, want string) {
		t.Helper()
		a := ask(t, s, multivac.Question{Text: question})
		if a.State != multivac.Answered || a.Text() != want {
			t.Errorf("Ask(%q) = %s %q (%.2f), want %q", question, a.State, a.Text(), a.Confidence, want)
		}
	}
	f("When did Isaac Asimov write The Last Question?", "Isaac Asimov wrote The Last Question in 1956.")
	f("On which extension do I call the duty manager?", "If a battery smokes, call the duty manager on extension 40.")
	f("To what torque do I tighten the retaining bolt?", "Tighten the retaining bolt to 3 Nm.")
}

func TestTypingMistakes(t *testing.T) {
	s := service(newShelf(library))
	f := func(question, want string) {
		t.Helper()
		a := ask(t, s, multivac.Question{Text: question, Stop: multivac.Eager})
		if a.Sentences[0].Text != want {
			t.Errorf("Ask(%q) finds %q, want %q", question, a.Sentences[0].Text, want)
		}
	}
	f("Tightne the retianing blot?", "Tighten the retaining bolt to 3 Nm.")
	f("which extention has the duty manger", "If a battery smokes, call the duty manager on extension 40.")
	f("When did Isaac Asimow wirte it?", "Isaac Asimov wrote The Last Question in 1956.")
}

func TestRefusesWithReason(t *testing.T) {
	f := func(s *shelf, question string, code multivac.ReasonCode, unmatched ...string) {
		t.Helper()
		a := ask(t, service(s), multivac.Question{Text: question})
		if a.State != multivac.InsufficientData || a.Text() != multivac.Insufficient || a.Reason == nil {
			t.Fatalf("Ask(%q) = %s %q, want a refusal with a reason", question, a.State, a.Text())
		}
		if a.Reason.Code != code || a.Reason.Text == "" || strings.Join(a.Reason.Unmatched, " ") != strings.Join(unmatched, " ") {
			t.Errorf("Ask(%q) refuses with %+v, want %s and unmatched %q", question, *a.Reason, code, unmatched)
		}
		if code == multivac.NotConfident && a.Reason.Nearest == nil {
			t.Errorf("Ask(%q) does not say what came nearest", question)
		}
	}
	told := newShelf(library)
	f(newShelf(nil), "Who wrote it?", multivac.NothingTold)
	none := service(newShelf(nil))
	for _, c := range []struct {
		pending, failed bool
		want            string
	}{
		{false, false, `Nothing has been told to the collection "default" yet.`},
		{true, false, `What was told to the collection "default" is still to be read; ask again in a moment.`},
		{false, true, "What was told to the collection \"default\" could not be read; `multivac jobs list` says why."},
		{true, true, "Some of what was told to the collection \"default\" could not be read, and the rest is still to be read; `multivac jobs list` says why."},
	} {
		none.Unread = func(context.Context, multivac.CollectionName) (pending, failed bool, err error) {
			return c.pending, c.failed, nil
		}
		if a := ask(t, none, multivac.Question{Text: "Who wrote it?"}); a.Reason == nil || a.Reason.Text != c.want {
			t.Errorf("with what is pending %v, failed %v: got %+v, want %q", c.pending, c.failed, a.Reason, c.want)
		}
	}
	f(told, "?!", multivac.QuestionEmpty)
	f(told, "Volcanoes erupt", multivac.NothingFound, "Volcanoes", "erupt")
	f(told, "Who discovered the moons of Jupiter?", multivac.NotConfident, "discovered", "moons", "Jupiter")
}

func TestQuotesItsContext(t *testing.T) {
	a := ask(t, service(newShelf(library)), multivac.Question{Text: "To what torque do I tighten the retaining bolt?", Count: 2})
	q := a.Sentences[0]
	if q.Before != "Disc pads are scrapped at 1.0 mm." || q.After != "The discs use mineral oil." || q.Heading != "Brakes" || q.Source != "brakes.md" {
		t.Errorf("quotation %+v lacks its context", q)
	}
	var marked []string
	for _, m := range q.Marks {
		marked = append(marked, q.Text[m.Start:m.End])
	}
	if got := strings.Join(marked, " "); !strings.Contains(got, "bolt") || strings.Contains(got, "the") {
		t.Errorf("marks %q, want the words that mean something", got)
	}
	if len(a.Sentences) != 2 || len(a.Sources) == 0 || a.Sources[0] != "brakes.md" || a.Position != "7" {
		t.Errorf("answer %+v, want two sentences, its sources and its position", a)
	}
}

func TestSureStopsRefuseMore(t *testing.T) {
	s := service(newShelf(library))
	f := func(stop multivac.Stop) bool {
		return ask(t, s, multivac.Question{Text: "what is 1956 known for in quarterly fiction", Stop: stop}).State == multivac.Answered
	}
	if f(multivac.Strict) && !f(multivac.Eager) {
		t.Error("strict answers what eager refuses")
	}
}

// TestReplacedMeanwhile replaces a document after it was found and before it is
// quoted.
func TestReplacedMeanwhile(t *testing.T) {
	s := newShelf(library)
	s.moved = func() { s.put("brakes.md", 2, "# Brakes\n\nTighten the retaining bolt to 4 Nm.") }
	if a := ask(t, service(s), multivac.Question{Text: "To what torque do I tighten the retaining bolt?"}); a.Text() != "Tighten the retaining bolt to 4 Nm." {
		t.Errorf("answer %q, want that of the new revision", a.Text())
	}
}

// The store has replaced a document, and the index follows a little later.
func TestReplacedAndFollowedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(library)
		a, err := New(s, s, &late{s, 10}, rank.Default(), nil).Ask(t.Context(), multivac.Question{Text: "To what torque do I tighten the retaining bolt?"})
		if err != nil || a.State != multivac.Answered {
			t.Errorf("Ask = %v, %v; want the answer that is there after a moment", a.State, err)
		}
	})
}

// late finds some quotations gone at first, and has them later.
type late struct {
	*shelf
	left int
}

func (l *late) Quotes(ctx context.Context, quotes []store.Quote) ([]string, error) {
	if l.left--; l.left >= 0 {
		return make([]string, len(quotes)), nil
	}
	return l.shelf.Quotes(ctx, quotes)
}

func TestNeverSendsWhatIsNotStored(t *testing.T) {
	s := newShelf(library)
	s.moved = func() { // the store's bytes differ from the indexed ones
		for id, d := range s.documents {
			d.Text = strings.ToUpper(d.Text)
			s.documents[id] = d
		}
	}
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		_, err := New(s, s, stale{s, newShelf(library)}, rank.Default(), nil).Ask(t.Context(), multivac.Question{Text: "To what torque do I tighten the retaining bolt?"})
		if !errors.Is(err, multivac.ErrUnavailable) {
			t.Errorf("Ask = %v, want it to refuse to quote what is not stored", err)
		}
		if waited := time.Since(begin); waited < indexTimeout || waited > indexTimeout+movedPause {
			t.Errorf("gave up after %s, want %s", waited, indexTimeout)
		}
	})
}

// stale reads passages from one shelf and checks quotations with another.
type stale struct{ checked, read *shelf }

func (s stale) Excerpts(ctx context.Context, ids []multivac.PassageID) ([]multivac.Excerpt, error) {
	return s.read.Excerpts(ctx, ids)
}

func (s stale) Quotes(ctx context.Context, quotes []store.Quote) ([]string, error) {
	return s.checked.Quotes(ctx, quotes)
}

func TestAskedAgainComesFromTheCache(t *testing.T) {
	s := newShelf(library)
	asker := New(s, s, s, rank.Default(), cache.New(1<<20, nil))
	first := ask(t, asker, multivac.Question{Text: "Who wrote The Last Question?"})
	again := ask(t, asker, multivac.Question{Text: "  Who wrote  The Last Question?\n"})
	if s.read != 1 || first.Text() != again.Text() {
		t.Errorf("asked twice, read %d times, answers %q and %q", s.read, first.Text(), again.Text())
	}
}

func TestBehindAndBadQuestions(t *testing.T) {
	s := service(newShelf(library))
	f := func(q multivac.Question, want error) {
		t.Helper()
		if _, err := s.Ask(t.Context(), q); !errors.Is(err, want) {
			t.Errorf("Ask(%+v) = %v, want %v", q, err, want)
		}
	}
	f(multivac.Question{Text: "Who?", After: "9"}, multivac.ErrBehind)
	f(multivac.Question{Text: " "}, multivac.ErrInvalid)
	f(multivac.Question{Text: "a\xff"}, multivac.ErrInvalid)
	f(multivac.Question{Text: strings.Repeat("why ", 20_000)}, multivac.ErrInvalid)
	f(multivac.Question{Text: "Who?", Stop: "maybe"}, multivac.ErrInvalid)
	f(multivac.Question{Text: "Who?", Collection: "Not A Name"}, multivac.ErrInvalid)
}

func TestStopOfCollectionAndServer(t *testing.T) {
	s := service(newShelf(library))
	question := multivac.Question{Text: "question fiction"}
	given := func(stops multivac.DefaultStops, stop multivac.Stop) multivac.AnswerState {
		t.Helper()
		s.Stops = func() multivac.DefaultStops { return stops }
		q := question
		q.Stop = stop
		return ask(t, s, q).State
	}
	eager, strict := given(multivac.DefaultStops{}, multivac.Eager), given(multivac.DefaultStops{}, multivac.Strict)
	if eager == strict {
		t.Fatalf("eager and strict both say %s; the question tells nothing", eager)
	}
	here := map[multivac.CollectionName]multivac.Stop{multivac.DefaultCollection: multivac.Eager}
	if got := given(multivac.DefaultStops{Stop: multivac.Eager}, ""); got != eager {
		t.Errorf("where the server is eager: %s, want %s", got, eager)
	}
	if got := given(multivac.DefaultStops{Stop: multivac.Strict, Collections: here}, ""); got != eager {
		t.Errorf("where the collection is eager: %s, want %s", got, eager)
	}
	if got := given(multivac.DefaultStops{Stop: multivac.Eager, Collections: here}, multivac.Strict); got != strict {
		t.Errorf("where the question is strict: %s, want %s", got, strict)
	}
	if err := (multivac.DefaultStops{Stop: "sure"}).Validate(); !errors.Is(err, multivac.ErrInvalid) {
		t.Errorf("stop \"sure\": %v, want it refused", err)
	}
}

// The beginning of a document says what it replaces. It is read if none of the
// found passages shows it.
func TestOpeningTellsWhatIsReplaced(t *testing.T) {
	filler := strings.Repeat("\n\nNothing in this part is about rooms. ", 40)
	limit := func(eur string) string { return "\n\n## Rooms\n\nThe hotel limit is " + eur + " EUR a night." }
	s := service(newShelf(map[string]string{
		"travel v1.md":         "# Travel\n\nSuperseded by the policy of May." + filler + limit("120"),
		"travel.md":            "# Travel" + filler + limit("150"),
		"travel (archived).md": "# Travel" + filler + limit("90"),
	}))
	a := ask(t, s, multivac.Question{Text: "What is the hotel limit?"})
	if got := a.Text(); got != "The hotel limit is 150 EUR a night." || len(a.Sentences) < 3 {
		t.Errorf("answer %q with %d sentences, want the one that nothing replaces, and the others behind it", got, len(a.Sentences))
	}
}

// An announcement is in the answer, and not repeated next to it.
func TestAnnouncementIsQuotedOnce(t *testing.T) {
	s := service(newShelf(map[string]string{"gate.md": "# Gate\n\nThe gateway serves these regions:\n\n- Dublin\n- Osaka\n"}))
	a := ask(t, s, multivac.Question{Text: "Which regions does the gateway serve?"})
	if got, want := a.Text(), "The gateway serves these regions:\n\n- Dublin\n- Osaka"; got != want || a.Sentences[0].Lead != "" {
		t.Errorf("answer %q under the lead %q, want %q under none", got, a.Sentences[0].Lead, want)
	}
}

var policies = map[string]string{
	"travel_2023.md": "# Travel policy 2023\n\nIn force from 1 March 2023.\n\nThe hotel limit is 120 EUR a night. Receipts must be handed in within 30 days.",
	"travel_2025.md": "# Travel policy 2025\n\nIn force from 1 March 2025. It replaces the travel policy 2023.\n\nThe hotel limit is 150 EUR a night. Receipts must be handed in within 14 days.",
	"canteen.md":     "# Canteen\n\nThe canteen closes at 14:00.",
	"welcome.md":     "# Your first week\n\nThe canteen closes at 15:00.",
}

// An answer shows what the collection says differently elsewhere, the newer one
// first.
func TestConflict(t *testing.T) {
	s := service(newShelf(policies))
	f := func(question, want, with, reason string, known bool) {
		t.Helper()
		a := ask(t, s, multivac.Question{Text: question, Stop: multivac.Eager, Count: 1})
		if c := a.Conflict; a.Text() != want || c == nil || c.With.Text != with || c.Reason != reason || c.Known != known || c.With.Source == a.Sentences[0].Source {
			t.Errorf("Ask(%q) = %q in conflict with %+v; want %q and %q: %s", question, a.Text(), c, want, with, reason)
		}
	}
	dates := "Two documents disagree. The newer one is of 2025-03-01, the older one of 2023-03-01."
	f("What is the hotel limit?", "The hotel limit is 150 EUR a night.", "The hotel limit is 120 EUR a night.", dates, true)
	f("By when must receipts be handed in?", "Receipts must be handed in within 14 days.", "Receipts must be handed in within 30 days.", dates, true)
	a := ask(t, s, multivac.Question{Text: "When does the canteen close?", Stop: multivac.Eager})
	if c := a.Conflict; c == nil || c.Known || c.Reason != "Two documents disagree, and nothing says which is newer." {
		t.Errorf("without dates: %q in conflict with %+v, want a conflict of unknown age", a.Text(), c)
	}
	for _, question := range []string{"What was the hotel limit in 2023?", "Who discovered the moons of Jupiter?"} {
		if a := ask(t, s, multivac.Question{Text: question, Stop: multivac.Eager}); a.Conflict != nil {
			t.Errorf("Ask(%q) = %s %q in conflict with %+v, want no conflict", question, a.State, a.Text(), a.Conflict)
		}
	}
}

// The other side of a conflict is checked against the stored text, too.
func TestConflictIsVerified(t *testing.T) {
	s := newShelf(policies)
	s.moved = func() {
		s.put("travel_2023.md", 2, "# Travel policy 2023\n\nThe hotel limit is 110 EUR a night.")
	}
	a := ask(t, service(s), multivac.Question{Text: "What is the hotel limit?", Stop: multivac.Eager, Count: 1})
	if c := a.Conflict; c == nil || c.With.Text != "The hotel limit is 110 EUR a night." {
		t.Errorf("%q in conflict with %+v, want what the new revision says", a.Text(), c)
	}
}
