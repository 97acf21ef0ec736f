// Package ask answers questions. It finds passages in the index of the
// collection, ranks their sentences and quotes the best, or refuses and says
// why. An answer has no words of its own.
package ask

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/text/unicode/norm"

	"multivac"
	"multivac/internal/cache"
	"multivac/internal/clock"
	"multivac/internal/find"
	"multivac/internal/meaning"
	"multivac/internal/place"
	"multivac/internal/rank"
	"multivac/internal/store"
)

// A reacher waits until questions are answered from a position.
type reacher interface {
	Reach(context.Context, multivac.Position) error
}

// excerpts reads the texts of passages, and of spans to check quotations.
type excerpts interface {
	Excerpts(context.Context, []multivac.PassageID) ([]multivac.Excerpt, error)
	Quotes(context.Context, []store.Quote) ([]string, error)
}

const (
	// defaultCount is the number of sentences of an answer if the question does
	// not say.
	defaultCount = 4
	// indexTimeout is how long a question waits for the index to reach its
	// position, and to follow changes made while the question was answered.
	indexTimeout = 2 * time.Second
	// movedPause is the pause before a question is answered again, because the
	// text to quote has changed. The index follows the store a little later.
	movedPause = 20 * time.Millisecond
	// maxSources is the largest number of sources of an answer.
	maxSources = 5
)

// Service answers questions. Set its fields before the first question.
type Service struct {
	// Stops returns the stops of questions that name none. Nil for Balanced.
	Stops func() multivac.DefaultStops
	// Meaning returns the model that understands questions beyond their words,
	// or nil while it is not ready. Nil for no model.
	Meaning func() *meaning.Model
	// Reads says that the best candidates are read together with the question.
	Reads bool
	// Unread is called for a collection that has nothing to answer from. It
	// says whether documents told to the collection are still to be read, and
	// whether some could not be read. Nil for neither.
	Unread func(ctx context.Context, c multivac.CollectionName) (pending, failed bool, err error)
	// Calibration returns the calibration of a collection, or nil for none. Nil
	// for none at all.
	Calibration func(multivac.CollectionName) *multivac.Calibration
	Events      Events

	finder   find.Finder
	follower reacher
	excerpts excerpts
	model    *rank.Model
	cache    *cache.Cache
}

// Events are what a service reports. Each may be nil, and may be called by many
// goroutines.
type Events struct {
	// Began is called when a step begins: "cache" until the answer is found
	// there or has to be made, then "index", "store", "rank", and within that
	// "read". The step then runs with the context that Began returns. The
	// function that Began returns is called when the step has ended, perhaps
	// more than once.
	Began func(ctx context.Context, what string) (context.Context, func(error))
}

func (e Events) began(ctx context.Context, what string) (context.Context, func(error)) {
	if e.Began == nil {
		return ctx, func(error) {}
	}
	return e.Began(ctx, what)
}

var _ multivac.Asker = (*Service)(nil)

// New returns a service that asks f, which the follower feeds. The cache may be
// nil.
func New(f find.Finder, follower reacher, e excerpts, m *rank.Model, c *cache.Cache) *Service {
	return &Service{finder: f, follower: follower, excerpts: e, model: m, cache: c,
		Stops: func() (d multivac.DefaultStops) { return d },
		Unread: func(context.Context, multivac.CollectionName) (pending, failed bool, err error) {
			return false, false, nil
		}}
}

// Ask implements multivac.Asker. The error is ErrBehind if q.After is not
// reached in time, or if the start has not ended.
func (s *Service) Ask(ctx context.Context, q multivac.Question) (multivac.Answer, error) {
	if err := q.Validate(); err != nil {
		return multivac.Answer{}, err
	}
	q = s.normal(q)
	// If the collection does not exist, its documents may still have to be
	// followed.
	if _, there := s.finder.View(q.Collection); q.After != "" || !there {
		waiting, cancel := context.WithTimeout(ctx, indexTimeout)
		defer cancel()
		if err := s.follower.Reach(waiting, q.After); err != nil {
			return multivac.Answer{}, err
		}
	}
	for begin := time.Now(); ; {
		a, err := s.answer(ctx, q)
		if !errors.Is(err, find.ErrMoved) || time.Since(begin) >= indexTimeout {
			return a, err
		}
		if err := clock.Sleep(ctx, movedPause); err != nil {
			return multivac.Answer{}, err
		}
	}
}

// normal fills in what q leaves out, so that equal questions are equal.
func (s *Service) normal(q multivac.Question) multivac.Question {
	if !plain(q.Text) {
		q.Text = strings.Join(strings.Fields(norm.NFC.String(q.Text)), " ")
	}
	q.Collection = q.Collection.OrDefault()
	if q.Stop == "" {
		q.Stop = s.Stops().Of(q.Collection)
	}
	if q.Count == 0 {
		q.Count = defaultCount
	}
	return q
}

// plain reports whether a text is certainly in its normal form: words of
// printable ASCII with one space between them.
func plain(text string) bool {
	space := true
	for i := range len(text) {
		c := text[i]
		if c > '~' || c < ' ' || c == ' ' && space {
			return false
		}
		space = c == ' '
	}
	return !space
}

// answer answers from the collection as it is now. The fingerprint of the
// indexed content is part of the cache's key, so nothing has to be invalidated.
func (s *Service) answer(ctx context.Context, q multivac.Question) (a multivac.Answer, err error) {
	view, ok := s.finder.View(q.Collection)
	_, found := s.Events.began(ctx, "cache")
	m := s.ready()
	calibration := s.calibration(q.Collection, m)
	compute := func(ctx context.Context) (multivac.Answer, error) {
		found(nil)
		return s.compute(ctx, q, view, m, calibration)
	}
	switch {
	case !ok:
		var pending, failed bool
		if pending, failed, err = s.Unread(ctx, q.Collection); err == nil {
			a = refuse(nothingIndexed(q.Collection, pending, failed))
		}
	case s.cache == nil:
		a, err = compute(ctx)
	default:
		a, err = s.cache.Do(ctx, key(q, view.Fingerprint, s.how(m), calibration), compute)
	}
	found(err)
	a.Position = view.Position
	return a, err
}

// ready returns the model that understands questions, or nil while it is not
// ready.
func (s *Service) ready() *meaning.Model {
	if s.Meaning == nil {
		return nil
	}
	return s.Meaning()
}

// understood returns the model for a question, or nil. The model knows English
// only.
func understood(m *meaning.Model, question string) *meaning.Model {
	if m == nil || meaning.LanguageOf(question) == meaning.Other {
		return nil
	}
	return m
}

// foreign reports whether a passage is in a language that the model does not
// know, and the question does not tell that it is in English.
func foreign(question, passage string) bool {
	return meaning.LanguageOf(question) == meaning.Unclear && meaning.LanguageOf(passage) == meaning.Other
}

// how names the stages that an answer may go through. The question and the
// indexed content decide whether it does, and both are in the cache's key as
// well.
func (s *Service) how(m *meaning.Model) byte {
	switch {
	case m == nil:
		return 'w'
	case s.Reads:
		return 'r'
	}
	return 'f'
}

// key names everything that the answer to q depends on.
func key(q multivac.Question, indexed [16]byte, how byte, c *multivac.Calibration) string {
	b := make([]byte, 0, 256) // on the stack, unless the question is long
	b = append(append(b, q.Collection...), 0)
	b = append(append(b, q.Stop...), 0)
	b = append(strconv.AppendInt(b, int64(q.Count), 10), 0)
	b = append(strconv.AppendInt(b, int64(rank.Version), 10), rank.Digest()...)
	b = append(b, how, 0)
	b = append(hex.AppendEncode(b, indexed[:]), 0)
	if c != nil {
		b = appendCalibration(b, c)
	}
	return string(append(b, q.Text...))
}

func (s *Service) compute(ctx context.Context, q multivac.Question, in find.View, m *meaning.Model, c *multivac.Calibration) (multivac.Answer, error) {
	m = understood(m, q.Text)
	finding, done := s.Events.began(ctx, "index")
	asked, found, err := s.find(finding, q.Text, in, m)
	done(err)
	if err != nil {
		return multivac.Answer{}, err
	}
	reading, done := s.Events.began(ctx, "store")
	candidates, err := s.read(reading, q.Text, found)
	done(err)
	if err != nil {
		return multivac.Answer{}, err
	}
	ranking, done := s.Events.began(ctx, "rank")
	ranked, thresholds := s.rank(ranking, asked, candidates, m)
	unmatched := asked.Unknown()
	done(nil)
	if len(ranked) == 0 {
		return refuse(nothingFound(asked, unmatched)), nil
	}
	thresholds = correct(ranked, thresholds, c)
	a := multivac.Answer{State: multivac.Answered, Confidence: ranked[0].Confidence, Reaches: thresholds.Reached(ranked[0].Confidence), Sources: firstSources(ranked, candidates)}
	threshold := thresholds[q.Stop]
	if a.Confidence >= threshold {
		a.Conflict = conflict(asked, ranked, candidates)
	}
	reading, done = s.Events.began(ctx, "store")
	best, err := s.quote(reading, &a, q.Count, asked, ranked, candidates)
	done(err)
	if err != nil {
		return multivac.Answer{}, err
	}
	if a.Confidence < threshold {
		reason := notConfident(asked, unmatched, ranked[0], best, threshold)
		a.State, a.Reason = multivac.InsufficientData, &reason
	}
	return a, nil
}

// find finds passages by the words of the question, weighed by what the view
// knows of them. If m is not nil, it also finds passages by the meaning of the
// question.
func (s *Service) find(ctx context.Context, text string, in find.View, m *meaning.Model) (*rank.Question, find.Found, error) {
	wording := rank.NewWording(text)
	known, err := s.finder.Find(ctx, find.Query{In: in, Stems: wording.Stems(), Mistakes: wording.Mistakes()})
	if err != nil {
		return nil, find.Found{}, fmt.Errorf("look up words: %w", err)
	}
	asked := s.model.NewQuestion(wording, known, in.Passages)
	q := find.Query{In: in, Terms: asked.Terms(), Passages: rank.Passages}
	if m != nil {
		v := m.Vector(text)
		q.Vector, q.Nearest = &v, rank.Nearest
	}
	found, err := s.finder.Find(ctx, q)
	if err != nil {
		return nil, find.Found{}, fmt.Errorf("find passages: %w", err)
	}
	return asked, found, nil
}

// read returns the passages that were found, with their texts. If one of them
// has no vectors yet, or the first is foreign, all of them are ranked by words.
func (s *Service) read(ctx context.Context, question string, f find.Found) ([]rank.Candidate, error) {
	ids := make([]multivac.PassageID, len(f.Hits))
	for i, h := range f.Hits {
		ids[i] = h.PassageID
	}
	excerpts, err := s.excerpts.Excerpts(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read passages: %w", err)
	}
	candidates, byWords, enriched := make([]rank.Candidate, 0, len(f.Hits)), 0, f.Cosines != nil
	for i, e := range excerpts {
		if e.Text == "" { // it was deleted a moment ago
			continue
		}
		c := rank.Candidate{Excerpt: e, Score: f.Hits[i].Score}
		if f.Cosines != nil {
			c.Cosines = f.Cosines[i]
			enriched = enriched && len(c.Cosines) == len(c.Sentences)
		}
		candidates = append(candidates, c)
		if i < f.ByTerms {
			byWords = len(candidates)
		}
	}
	if !enriched || len(candidates) > 0 && foreign(question, candidates[0].Text) {
		candidates = candidates[:byWords]
		for i := range candidates {
			candidates[i].Cosines = nil
		}
	}
	return candidates, s.open(ctx, candidates)
}

// open reads how documents begin that have another version among the
// candidates, if the candidates do not show it.
func (s *Service) open(ctx context.Context, candidates []rank.Candidate) error {
	var ids []multivac.PassageID
	for _, document := range rank.Unopened(candidates) {
		i := slices.IndexFunc(candidates, func(c rank.Candidate) bool { return c.Document == document })
		ids = append(ids, multivac.PassageID{Document: document, Revision: candidates[i].Revision})
	}
	if len(ids) == 0 {
		return nil
	}
	openings, err := s.excerpts.Excerpts(ctx, ids)
	if err != nil {
		return fmt.Errorf("read openings: %w", err)
	}
	for i := range candidates {
		for _, o := range openings {
			if o.Document == candidates[i].Document {
				candidates[i].Opening = o.Text
			}
		}
	}
	return nil
}

// rank orders the sentences of the candidates. If the service reads, it first
// reads the best ones together with the question.
func (s *Service) rank(ctx context.Context, asked *rank.Question, candidates []rank.Candidate, m *meaning.Model) ([]rank.Sentence, rank.Thresholds) {
	order := s.model.Order(asked, candidates)
	if m == nil || !s.Reads {
		return order.With(nil), order.Thresholds()
	}
	return order.With(s.readWith(ctx, asked.Text, candidates, order.ToRead(), m)), order.Thresholds()
}

// readWith reads runs of candidates together with the question, as many at once
// as there are processors. It returns nil if there are none.
func (s *Service) readWith(ctx context.Context, question string, candidates []rank.Candidate, runs []rank.Run, m *meaning.Model) [][]float32 {
	if len(runs) == 0 {
		return nil
	}
	_, done := s.Events.began(ctx, "read")
	defer done(nil)
	said := make([][]float32, len(runs))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, r := range runs {
		group.Go(func() error {
			title, sentences := candidates[r.Candidate].Texts(r)
			said[i] = m.Read(question, title, sentences)
			return nil
		})
	}
	_ = group.Wait()
	return said
}

// conflict returns the sentence that answers differently from the first one, or
// nil.
func conflict(asked *rank.Question, ranked []rank.Sentence, candidates []rank.Candidate) *multivac.Conflict {
	c, ok := asked.Conflict(candidates, ranked)
	if !ok {
		return nil
	}
	other := ranked[c.Other]
	return &multivac.Conflict{With: quotation(asked, candidates[other.Candidate], other), Known: c.Known, Reason: c.Text}
}

// quote sets the sentences of a to the first n ranked ones that differ. It
// verifies them and what they are in conflict with. The first one is quoted
// whole; best is its sentence alone.
func (s *Service) quote(ctx context.Context, a *multivac.Answer, n int, asked *rank.Question, ranked []rank.Sentence, candidates []rank.Candidate) (best multivac.Quotation, err error) {
	told := map[string]bool{}
	for _, r := range ranked {
		if len(a.Sentences) == n {
			break
		}
		q := quotation(asked, candidates[r.Candidate], r)
		if told[q.Text] {
			continue
		}
		told[q.Text] = true
		a.Sentences = append(a.Sentences, q)
	}
	quoted := a.Sentences
	if a.Conflict != nil {
		quoted = append(slices.Clone(quoted), a.Conflict.With)
	}
	if err := s.verify(ctx, quoted); err != nil {
		return best, err
	}
	best = a.Sentences[0]
	a.Sentences[0], err = s.whole(ctx, asked, candidates[ranked[0].Candidate], ranked[0], best)
	return best, err
}

// verify checks the promise that an answer is a quotation: its bytes are equal
// to those of the stored text at its offsets.
func (s *Service) verify(ctx context.Context, quoted []multivac.Quotation) error {
	quotes := make([]store.Quote, len(quoted))
	for i, q := range quoted {
		quotes[i] = store.Quote{Document: q.Document, Revision: q.Revision, Span: multivac.Span{Start: q.Start, End: q.End}}
	}
	stored, err := s.excerpts.Quotes(ctx, quotes)
	if err != nil {
		return fmt.Errorf("verify quotations: %w", err)
	}
	for i, q := range quoted {
		if stored[i] != q.Text {
			return find.ErrMoved
		}
	}
	return nil
}

func quotation(asked *rank.Question, c rank.Candidate, r rank.Sentence) multivac.Quotation {
	q := multivac.Quotation{
		Text: c.Sentence(r.Span), Confidence: r.Confidence,
		Document: c.Document, Revision: c.Revision, Source: c.Source, Title: c.Title, Heading: c.Heading, Lead: c.Lead,
		Start: r.Start, End: r.End, Place: place.Of(c.Passage, r.Start), Shape: rank.ShapeOf(&c.Passage, r.Span), Sentence: r.Span,
	}
	q.Marks = asked.Marks(q.Text)
	if strings.Contains(oneLine(q.Text), q.Lead) { // it is quoted with the text that it announces, or with the header of its rows
		q.Lead = ""
	}
	q.Before, q.After = sides(c.Passage, r.Span)
	return q
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func firstSources(ranked []rank.Sentence, candidates []rank.Candidate) (names []string) {
	for _, r := range ranked {
		source := candidates[r.Candidate].Source
		if !slices.Contains(names, source) {
			if names = append(names, source); len(names) == maxSources {
				break
			}
		}
	}
	return names
}
