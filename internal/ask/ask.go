// Package ask answers questions: it finds passages in the index of the
// collection, ranks their sentences, and quotes the best, or refuses and says
// why. It never writes a word of its own into an answer.
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
	"multivac/internal/follow"
	"multivac/internal/index"
	"multivac/internal/meaning"
	"multivac/internal/place"
	"multivac/internal/rank"
	"multivac/internal/store"
)

// views gives the index of a collection as it is now.
type views interface {
	View(multivac.CollectionName) (follow.View, bool)
	Reach(context.Context, multivac.Position) error
}

// excerpts gives the texts of passages, and of spans to check them.
type excerpts interface {
	Excerpts(context.Context, []multivac.PassageID) ([]multivac.Excerpt, error)
	Quotes(context.Context, []store.Quote) ([]string, error)
}

const (
	// defaultCount is how many sentences an answer has that asks for no number.
	defaultCount = 4
	// patience is how long a question waits for the index to reach its position,
	// and to hear of what has changed under it.
	patience = 2 * time.Second
	// moving is the pause before a question is answered anew because what it was
	// about to quote has changed: the index follows the store a little later.
	moving = 20 * time.Millisecond
	// sources is how many documents an answer names.
	sources = 5
)

// Service answers questions from a follower's indexes.
type Service struct {
	Stops func() multivac.DefaultStops // of questions that name none, now; set it before the first
	// Meaning, if set, returns what questions are understood with beside their
	// words, or nil where that is not ready; set it before the first question.
	Meaning func() *meaning.Model
	// Reads says that the best candidates are read together with the question.
	Reads bool
	// Unread says of a collection from which nothing is answered whether
	// something was told to it that is still to be read, or could not be.
	Unread func(ctx context.Context, c multivac.CollectionName) (pending, failed bool, err error)
	// Trace, if set, is told when a step begins: "cache" until the answer is
	// found there or has to be made, then "index", "store", "rank" and in it "read". What is
	// done then has the context that it returns; the function that it returns
	// is called at the end, perhaps more than once.
	Trace func(ctx context.Context, what string) (context.Context, func(error))

	views    views
	excerpts excerpts
	model    *rank.Model
	cache    *cache.Cache
}

var _ multivac.Asker = (*Service)(nil)

// New returns a service; the cache may be nil.
func New(v views, e excerpts, m *rank.Model, c *cache.Cache) *Service {
	return &Service{views: v, excerpts: e, model: m, cache: c, Stops: func() (d multivac.DefaultStops) { return d },
		Unread: func(context.Context, multivac.CollectionName) (pending, failed bool, err error) {
			return false, false, nil
		},
		Trace: func(ctx context.Context, _ string) (context.Context, func(error)) { return ctx, func(error) {} }}
}

// Ask implements multivac.Asker. Where q.After is not reached in time, or the
// start is not over, the error is ErrBehind.
func (s *Service) Ask(ctx context.Context, q multivac.Question) (multivac.Answer, error) {
	if err := q.Validate(); err != nil {
		return multivac.Answer{}, err
	}
	q = s.normal(q)
	// Where there is no such collection, what was told may not be read yet.
	if _, there := s.views.View(q.Collection); q.After != "" || !there {
		waiting, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if err := s.views.Reach(waiting, q.After); err != nil {
			return multivac.Answer{}, err
		}
	}
	for begin := time.Now(); ; {
		a, err := s.answer(ctx, q)
		if !errors.Is(err, errMoved) || time.Since(begin) >= patience {
			return a, err
		}
		select {
		case <-ctx.Done():
			return multivac.Answer{}, ctx.Err()
		case <-time.After(moving):
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

// plain reports whether a text is in its normal form for certain: words of
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

// answer answers from the collection as it is now. What is indexed is a part
// of the cache's key, so that nothing has to be invalidated.
func (s *Service) answer(ctx context.Context, q multivac.Question) (a multivac.Answer, err error) {
	view, ok := s.views.View(q.Collection)
	_, found := s.Trace(ctx, "cache")
	m := s.ready()
	compute := func(ctx context.Context) (multivac.Answer, error) {
		found(nil)
		a, err := s.compute(ctx, q, view.Index, m)
		a.Memo = new(multivac.Memo)
		return a, err
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
		a, err = s.cache.Do(ctx, key(q, view.Fingerprint, s.how(m)), compute)
	}
	found(err)
	a.Position = view.Position
	return a, err
}

// ready returns what questions are understood with, if anything is by now.
func (s *Service) ready() *meaning.Model {
	if s.Meaning == nil {
		return nil
	}
	return s.Meaning()
}

// understood returns what a question is understood with beside its words, or
// nil: the model knows English only, and what ranks by it was not learned of
// collections as small as this.
func understood(m *meaning.Model, question string, in *index.Snapshot) *meaning.Model {
	if _, passages := in.Size(); m == nil || passages < rank.LeastPassages || !m.Knows(question) {
		return nil
	}
	return m
}

// how names the stages that an answer may go through. Whether it does follows
// from the question and from what is indexed, which are in its key, too.
func (s *Service) how(m *meaning.Model) byte {
	switch {
	case m == nil:
		return 'w'
	case s.Reads:
		return 'r'
	}
	return 'f'
}

// key names what the answer to q is made of, and how.
func key(q multivac.Question, indexed [16]byte, how byte) string {
	b := make([]byte, 0, 256) // on the stack, unless the question is long
	b = append(append(b, q.Collection...), 0)
	b = append(append(b, q.Stop...), 0)
	b = append(strconv.AppendInt(b, int64(q.Count), 10), 0)
	b = append(strconv.AppendInt(b, int64(rank.Version), 10), how, 0)
	b = append(hex.AppendEncode(b, indexed[:]), 0)
	return string(append(b, q.Text...))
}

// errMoved says that a document was replaced or forgotten while it was quoted.
var errMoved = multivac.Errorf(multivac.ErrUnavailable, "ask again", "what was to be quoted has just changed")

func (s *Service) compute(ctx context.Context, q multivac.Question, in *index.Snapshot, m *meaning.Model) (multivac.Answer, error) {
	_, done := s.Trace(ctx, "index")
	m = understood(m, q.Text, in)
	asked := s.model.NewQuestion(q.Text, in)
	found := find(asked, q.Text, in, m)
	done(nil)
	reading, done := s.Trace(ctx, "store")
	candidates, err := s.read(reading, found)
	done(err)
	if err != nil {
		return multivac.Answer{}, err
	}
	ranking, done := s.Trace(ctx, "rank")
	_, passages := in.Size()
	ranked := s.model.Rank(asked, candidates, rank.Collection{Passages: passages}, s.reader(ranking, q.Text, candidates, m))
	unmatched := asked.Unknown()
	done(nil)
	if len(ranked) == 0 {
		return refuse(nothingFound(asked, unmatched)), nil
	}
	a := multivac.Answer{State: multivac.Answered, Confidence: ranked[0].Confidence, Sources: firstSources(ranked, candidates)}
	reading, done = s.Trace(ctx, "store")
	a.Sentences, err = s.quote(reading, q.Count, asked, ranked, candidates)
	done(err)
	if err != nil {
		return multivac.Answer{}, err
	}
	if threshold := s.model.Threshold(q.Stop); a.Confidence < threshold {
		reason := notConfident(asked, unmatched, ranked[0], a.Sentences[0], threshold)
		a.State, a.Reason = multivac.InsufficientData, &reason
	}
	return a, nil
}

// found is what was found of a question: passages by words, and then by
// meaning alone.
type found struct {
	hits    []index.Hit
	byWords int
	cosines [][]float32 // of each hit; nil where the question is not understood
}

// find finds by meaning, too, where m is not nil.
func find(asked *rank.Question, text string, in *index.Snapshot, m *meaning.Model) found {
	f := found{hits: in.Search(asked.Terms(), rank.Passages)}
	f.byWords = len(f.hits)
	if m == nil {
		return f
	}
	v := m.Vector(text)
	for _, h := range in.Nearest(&v, rank.Nearest) {
		if !slices.ContainsFunc(f.hits[:f.byWords], func(w index.Hit) bool { return w.PassageID == h.PassageID }) {
			f.hits = append(f.hits, h)
		}
	}
	f.cosines = in.Cosines(&v, f.hits)
	return f
}

// read returns the passages that were found, with their texts. Where one has
// no vectors yet, words have to do for all of them.
func (s *Service) read(ctx context.Context, f found) ([]rank.Candidate, error) {
	ids := make([]multivac.PassageID, len(f.hits))
	for i, h := range f.hits {
		ids[i] = h.PassageID
	}
	excerpts, err := s.excerpts.Excerpts(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read passages: %w", err)
	}
	candidates, byWords, enriched := make([]rank.Candidate, 0, len(f.hits)), 0, f.cosines != nil
	for i, e := range excerpts {
		if e.Text == "" { // it was forgotten a moment ago
			continue
		}
		c := rank.Candidate{Excerpt: e, Score: f.hits[i].Score}
		if f.cosines != nil {
			c.Cosines = f.cosines[i]
			enriched = enriched && len(c.Cosines) == len(c.Sentences)
		}
		candidates = append(candidates, c)
		if i < f.byWords {
			byWords = len(candidates)
		}
	}
	if !enriched {
		candidates = candidates[:byWords]
		for i := range candidates {
			candidates[i].Cosines = nil
		}
	}
	return candidates, s.open(ctx, candidates)
}

// open reads how documents begin that have another version among the
// candidates, where the candidates do not show it.
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

// reader returns what reads candidates together with a question, as many at
// once as there are processors, or nil where nothing is to be read.
func (s *Service) reader(ctx context.Context, question string, candidates []rank.Candidate, m *meaning.Model) rank.Reader {
	if m == nil || !s.Reads {
		return nil
	}
	return func(runs []rank.Run) [][]float32 {
		_, done := s.Trace(ctx, "read")
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
}

// quote returns the first n ranked sentences that differ, each verified.
func (s *Service) quote(ctx context.Context, n int, asked *rank.Question, ranked []rank.Sentence, candidates []rank.Candidate) (quoted []multivac.Quotation, err error) {
	told := map[string]bool{}
	for _, r := range ranked {
		if len(quoted) == n {
			break
		}
		q := quotation(asked, candidates[r.Candidate], r)
		if told[q.Text] {
			continue
		}
		told[q.Text] = true
		quoted = append(quoted, q)
	}
	return quoted, s.verify(ctx, quoted)
}

// verify holds the promise that an answer is a quotation: its bytes are those
// of the stored text at its offsets.
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
			return errMoved
		}
	}
	return nil
}

func quotation(asked *rank.Question, c rank.Candidate, r rank.Sentence) multivac.Quotation {
	q := multivac.Quotation{
		Text: c.Sentence(r.Span), Confidence: r.Confidence,
		Document: c.Document, Revision: c.Revision, Source: c.Source, Title: c.Title, Heading: c.Heading, Lead: c.Lead,
		Start: r.Start, End: r.End, Place: place.Of(c.Passage, r.Start),
	}
	q.Marks = asked.Marks(q.Text)
	if strings.Contains(oneLine(q.Text), q.Lead) { // it is quoted with what it announces, or with the header of its rows
		q.Lead = ""
	}
	for _, other := range c.Sentences {
		switch {
		case other.End <= r.Start:
			q.Before = c.Sentence(other)
		case other.Start >= r.End && q.After == "":
			q.After = c.Sentence(other)
		}
	}
	return q
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func firstSources(ranked []rank.Sentence, candidates []rank.Candidate) (names []string) {
	for _, r := range ranked {
		source := candidates[r.Candidate].Source
		if !slices.Contains(names, source) {
			if names = append(names, source); len(names) == sources {
				break
			}
		}
	}
	return names
}
