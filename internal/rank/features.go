package rank

import (
	"math"
	"math/bits"
	"strings"

	"multivac"
	"multivac/internal/text"
)

// A feature says something about a sentence as an answer to a question.
// Coverages are shares of the weight of the question's words.
type feature int

const (
	fSentence              feature = iota // BM25 of the sentence, over the question's weight
	fSentenceRelative                     // over that of the best sentence
	fPassage                              // BM25 of the passage, over the question's weight
	fPassageRelative                      // over that of the best passage
	fPassageRank                          // 1 for the best passage, 1/2 for the second, …
	fDocument                             // share of its document in the scores of all found passages
	fCover                                // coverage by the sentence
	fCoverPrevious                        // … and the one before it
	fCoverNeighbours                      // … and the one after it
	fCoverPassage                         // by the passage and its context
	fCoverContext                         // by the sentence, title, heading and lead
	fCoverTitle                           // by the title
	fCoverHeading                         // by heading and lead
	fHeadingAsks                          // likeness of the nearest heading and the question, as sets of words
	fCoverDocument                        // by all found passages of its document
	fCoverPlain                           // by the sentence, with the IDF as the weight of a word
	fCoverPassagePlain                    // by passage and context, likewise
	fNeighbours                           // BM25 of the sentences next to it, the mean over the question's weight
	fLeans                                // coverage that the sentence before adds, if this one begins with a pronoun
	fCoverOwn                             // by the sentence, of the words that the title lacks
	fRarestMissing                        // weight of the heaviest word that sentence and context lack, over the heaviest
	fRarestMissingPassage                 // that passage and context lack
	fMissing                              // share of words that sentence and context lack
	fMissingPassage                       // that passage and context lack
	fExact                                // coverage by whole words, endings and all
	fPairs                                // share of the question's neighbouring words that are neighbours
	fWindow                               // matched words per word of the shortest run that has them all
	fOrder                                // share of matched words that follow each other as in the question
	fNamesMissing                         // share of the question's names that sentence and context lack
	fNamesMissingPassage                  // that passage and context lack
	fNumbersMissing                       // share of the question's numbers that sentence and context lack
	fNumbersMissingPassage                // that passage and context lack
	fPhrasesMissing                       // share of the question's quoted phrases that the sentence and its title lack
	fPhrasesMissingPassage                // that the passage and its title lack
	fNew                                  // words that the question lacks, logarithmic
	fNewNames                             // of them capitalised, logarithmic
	fLength                               // words, logarithmic
	fShort                                // under five words
	fLong                                 // over fifty
	fFirst                                // first of its passage
	fPosition                             // place in its passage, logarithmic
	fList                                 // a list item
	fTable                                // a table row
	fCode                                 // a line of code
	fAsks                                 // ends with a question mark
	fMeant                                // weight of words that the context lacks and that a word of the sentence may mean
	fTranslation                          // how much likelier the sentence makes the question's words
	fAnswerType                           // weight in the model's answer table for the question's words and the sentence's classes
	features
)

var featureNames = [features]string{
	"sentence", "sentence_relative", "passage", "passage_relative", "passage_rank", "document",
	"cover", "cover_previous", "cover_neighbours", "cover_passage", "cover_context", "cover_title", "cover_heading", "heading_asks", "cover_document", "cover_plain", "cover_passage_plain", "neighbours", "leans", "cover_own",
	"rarest_missing", "rarest_missing_passage", "missing", "missing_passage", "exact", "pairs", "window", "order",
	"names_missing", "names_missing_passage", "numbers_missing", "numbers_missing_passage", "phrases_missing", "phrases_missing_passage",
	"new", "new_names", "length", "short", "long", "first", "position", "list", "table", "code", "asks", "meant", "translation", "answer_type",
}

// A Candidate is a found passage.
type Candidate struct {
	multivac.Excerpt
	Score float64 // BM25; 0 if it was found by its meaning only
	// Cosines say how like the question's meaning each sentence is; nil if that
	// is not known.
	Cosines []float32
	// Opening is the beginning of the document, if it is known. It may say what
	// the document replaces or what replaces it.
	Opening string
}

// A sentence is a sentence of a candidate, with everything that was read in it.
type sentence struct {
	multivac.Span
	candidate int
	place     int    // in its passage
	phrases   uint64 // bit set of the quoted phrases
	matched   uint64 // bit set of the question's terms
	exact     uint64 // … with their endings
	covered   uint64 // … in its title, headings and lead, too
	leans     bool   // begins with a pronoun
	run       bool   // several sentences that are quoted as one
	ordered   bool   // they first occur in the question's order
	naming    bool   // has an identifier that the question does not have
	standing  standing
	classes   uint32  // bit set
	content   uint64  // hash of its words: two copies of a sentence have the same
	bm25      float64 // over the question's weight
	score     float64
	x         [features]float32
}

// reading is the work space of one ranking. It is reused.
type reading struct {
	words     []text.Word
	terms     []int8 // by word: the question's term, or -1
	sentences []sentence
	bodies    []passageFeatures // by candidate
}

// read finds the question's terms in the candidates and computes all features.
func (r *reading) read(q *Question, candidates []Candidate, m *Model) {
	r.sentences = r.sentences[:0]
	var best, total float64
	for _, c := range candidates {
		best = max(best, c.Score)
		total += c.Score
	}
	r.bodies = r.bodies[:0]
	opens := openings(candidates)
	for i, c := range candidates {
		first := len(r.sentences)
		title := r.mask(q, c.Title)
		own := q.phrasesIn(r.words)
		heading := r.mask(q, c.Heading)
		own |= q.phrasesIn(r.words)
		heading |= r.mask(q, c.Lead)
		asks := r.likeness(q, c.Heading)
		asked := ""
		if opens[i] {
			asked = r.opening(q, c.Heading)
		}
		r.readPassage(q, i, &c, title|heading, asked)
		p := passageFeatures{
			ownPhrases: own, phrases: own,
			title: title, heading: heading, body: title | heading, asks: asks, first: first, end: len(r.sentences),
			named: r.names(q, &c),
			score: c.Score / max(q.search, 1e-9), relative: c.Score / max(best, 1e-9), rank: 1 / float64(i+1),
		}
		for _, s := range r.sentences[first:] {
			p.body |= s.matched
			p.phrases |= s.phrases
		}
		q.recognise(p.body)
		r.bodies = append(r.bodies, p)
	}
	for i, c := range candidates {
		p := &r.bodies[i]
		for k, other := range candidates {
			if other.Document == c.Document || other.Title == c.Title && c.Title != "" {
				p.share += other.Score / max(total, 1e-9)
				p.document |= r.bodies[k].body
			}
		}
		for k := p.first; k < p.end; k++ {
			s := &r.sentences[k]
			around := s.matched | p.title | p.heading
			if c.Kind == multivac.Prose && k > p.first && !s.naming {
				around |= r.sentences[k-1].matched
			}
			if s.standing = q.stand(around, p.document); p.named && s.standing == usual {
				s.standing = named
			}
			r.features(q, k, p, m)
		}
	}
	r.relate()
	r.wholeLists(q, candidates)
}

// passageFeatures are the features that the sentences of a passage share.
type passageFeatures struct {
	phrases, ownPhrases            uint64 // quoted phrases of the passage, and of its title and heading
	first, end                     int    // its sentences
	title, heading, body, document uint64
	score, relative, rank, share   float64
	asks                           float32
	named                          bool
}

// mask returns the question's terms in s.
func (r *reading) mask(q *Question, s string) (mask uint64) {
	r.words = q.words(r.words[:0], s)
	for _, w := range r.words {
		if t := q.find(w.Stem); t >= 0 {
			mask |= 1 << t
		}
	}
	return mask
}

// likeness is the Jaccard index of the words of the question and the words of
// the last heading of a path.
func (r *reading) likeness(q *Question, path string) float32 {
	common := bits.OnesCount64(r.mask(q, lastHeading(path)))
	if common == 0 {
		return 0
	}
	others := 0
	for _, w := range r.words {
		if q.find(w.Stem) < 0 {
			others++
		}
	}
	return float32(common) / float32(len(q.terms)+others)
}

// readPassage appends the sentences of c with their words' terms. A sentence
// that follows a question is read together with that question, because it is
// the answer to it. asked is the question that the heading asks, for the first
// sentence.
func (r *reading) readPassage(q *Question, i int, c *Candidate, context uint64, asked string) {
	for place := range c.Sentences {
		last := c.whole(place)
		if last < 0 {
			continue
		}
		r.sentences = append(r.sentences, sentence{Span: multivac.Span{Start: c.Sentences[place].Start, End: c.Sentences[last].End}, candidate: i, place: place})
		s := &r.sentences[len(r.sentences)-1]
		body := c.Sentence(s.Span)
		if s.run = last > place; s.run && c.Kind != multivac.Prose { // a list is scored by the sentence before it, and each item also by itself
			body = c.Sentence(c.Sentences[place])
		}
		posing := posingOf(body)
		if asked != "" && posing == poses {
			body = asked + " " + body
		}
		r.readSentence(q, s, body, c.Kind, context)
		if s.run {
			s.classes |= r.classesOf(q, c.Sentence(multivac.Span{Start: c.Sentences[place].End, End: s.End}))
		}
		asked = ""
		if posing == asks && s.lends(q) {
			asked = c.Sentence(s.Span)
		}
		if posing == asks && s.lends(q) || posing != poses && s.echoes(q) {
			r.sentences = r.sentences[:len(r.sentences)-1]
		}
	}
}

// classesOf returns the classes of the words of s that are not terms of the
// question.
func (r *reading) classesOf(q *Question, s string) uint32 {
	r.words, r.terms = q.words(r.words[:0], s), r.terms[:0]
	for _, w := range r.words {
		r.terms = append(r.terms, int8(q.find(w.Stem)))
	}
	return classify(s, r.words, r.terms)
}

func (r *reading) readSentence(q *Question, s *sentence, body string, kind multivac.Kind, context uint64) {
	r.words = q.words(r.words[:0], body)
	r.terms = r.terms[:0]
	var counts [maxTerms]uint8
	for _, w := range r.words {
		s.content = s.content*0x9e3779b97f4a7c15 + w.Folded
		t := q.find(w.Stem)
		r.terms = append(r.terms, int8(t))
		if t >= 0 {
			s.matched |= 1 << t
			if q.terms[t].Folded == w.Folded {
				s.exact |= 1 << t
			}
			if counts[t] < 255 {
				counts[t]++
			}
		}
	}
	length := float64(len(r.words))
	for m := s.matched; m != 0; m &= m - 1 {
		t := bits.TrailingZeros64(m)
		tf := float64(counts[t])
		s.bm25 += q.terms[t].weight * tf * (sentenceK1 + 1) / (tf + sentenceK1*(1-sentenceB+sentenceB*length/sentenceLength))
	}
	s.bm25 /= max(q.weight, 1e-9)
	s.classes = classify(body, r.words, r.terms)
	s.phrases = q.phrasesIn(r.words)
	s.naming = r.hasOther()
	s.leans = len(r.words) > 0 && pronouns[r.words[0].Folded]
	s.x[fMeant], s.x[fTranslation] = q.translate(r.words, s.classes, s.matched|context)
	r.readOrder(q, s)
	r.readShape(s, body, kind)
}

// BM25's parameters for sentences, of 25 words on average.
const (
	sentenceK1     = 0.6
	sentenceB      = 0.5
	sentenceLength = 25
)

// readOrder computes the features of how the matched words stand together.
func (r *reading) readOrder(q *Question, s *sentence) {
	var lastSeen [maxTerms]int
	for i := range lastSeen {
		lastSeen[i] = -1
	}
	want := bits.OnesCount64(s.matched)
	have, shortest := 0, math.MaxInt
	matched, follows, pairs := 0, 0, 0.0
	var paired uint64
	previous, previousAt, latest := -1, -10, -1
	s.ordered = true
	for i, t := range r.terms {
		if t < 0 {
			continue
		}
		if lastSeen[t] < 0 {
			have++
			s.ordered = s.ordered && int(t) > latest
			latest = int(t)
		}
		lastSeen[t] = i
		if have == want {
			oldest := i
			for m := s.matched; m != 0; m &= m - 1 {
				oldest = min(oldest, lastSeen[bits.TrailingZeros64(m)])
			}
			shortest = min(shortest, i-oldest+1)
		}
		if previous >= 0 {
			matched++
			if int(t) > previous {
				follows++
			}
			if int(t) == previous+1 && i-previousAt <= 2 && paired&(1<<t) == 0 {
				paired |= 1 << t
				pairs += min(q.terms[t].weight, q.terms[previous].weight)
			}
		}
		previous, previousAt = int(t), i
	}
	if want > 0 {
		s.x[fWindow] = float32(want) / float32(shortest)
	}
	if matched > 0 {
		s.x[fOrder] = float32(follows) / float32(matched)
	}
	s.x[fPairs] = float32(pairs / max(q.weight, 1e-9))
}

// echoes reports whether the sentence repeats the whole question in its order,
// including the words that give it its form.
func (s *sentence) echoes(q *Question) bool {
	const least = 4 // words; an answer may have all words of a shorter question
	return len(q.terms) >= least && bits.OnesCount64(s.exact) == len(q.terms) && s.ordered
}

// readShape computes the features of the sentence by itself.
func (r *reading) readShape(s *sentence, body string, kind multivac.Kind) {
	fresh, names := 0, 0
	for i, t := range r.terms {
		if t < 0 {
			fresh++
			if i > 0 && r.words[i].Flags&text.Capital != 0 {
				names++
			}
		}
	}
	n := len(r.words)
	s.x[fNew] = logarithm(fresh)
	s.x[fNewNames] = logarithm(names)
	s.x[fLength] = logarithm(n)
	s.x[fShort] = indicator(n < 5)
	s.x[fLong] = indicator(n > 50)
	s.x[fFirst] = indicator(s.place == 0)
	s.x[fPosition] = logarithm(s.place)
	s.x[fList] = indicator(kind == multivac.List)
	s.x[fTable] = indicator(kind == multivac.Table)
	s.x[fCode] = indicator(kind == multivac.Code)
	s.x[fAsks] = indicator(strings.HasSuffix(strings.TrimRight(body, `*_"”')`), "?"))
}

// features computes the features that depend on the passage and the neighbours
// of sentence k.
func (r *reading) features(q *Question, k int, p *passageFeatures, m *Model) {
	s := &r.sentences[k]
	var previous, next sentenceBeside
	if k > p.first {
		previous = sentenceBeside{r.sentences[k-1].matched, r.sentences[k-1].bm25}
	}
	if k+1 < p.end {
		next = sentenceBeside{r.sentences[k+1].matched, r.sentences[k+1].bm25}
	}
	context := s.matched | p.title | p.heading
	s.covered = context
	x := &s.x
	x[fSentence] = float32(s.bm25)
	x[fPassage] = float32(p.score)
	x[fPassageRelative] = float32(p.relative)
	x[fPassageRank] = float32(p.rank)
	x[fDocument] = float32(p.share)
	x[fCover] = q.cover(s.matched)
	x[fCoverPrevious] = q.cover(s.matched | previous.matched)
	x[fCoverNeighbours] = q.cover(s.matched | previous.matched | next.matched)
	x[fNeighbours] = float32(previous.bm25+next.bm25) / 2
	x[fLeans] = indicator(s.leans) * (x[fCoverPrevious] - x[fCover])
	x[fCoverDocument] = q.cover(p.document)
	x[fCoverPlain], x[fCoverPassagePlain] = q.coverPlain(s.matched), q.coverPlain(p.body)
	x[fCoverPassage] = q.cover(p.body)
	x[fCoverContext] = q.cover(context)
	x[fCoverTitle] = q.cover(p.title)
	x[fCoverHeading] = q.cover(p.heading)
	x[fHeadingAsks] = p.asks
	x[fCoverOwn] = q.cover(s.matched &^ p.title)
	x[fRarestMissing], x[fMissing] = q.missing(context)
	x[fRarestMissingPassage], x[fMissingPassage] = q.missing(p.body)
	x[fExact] = q.cover(s.exact)
	x[fNamesMissing], x[fNumbersMissing] = q.missingFacts(context)
	x[fNamesMissingPassage], x[fNumbersMissingPassage] = q.missingFacts(p.body)
	if n := len(q.phrases); n > 0 {
		x[fPhrasesMissing] = 1 - float32(bits.OnesCount64(s.phrases|p.ownPhrases))/float32(n)
		x[fPhrasesMissingPassage] = 1 - float32(bits.OnesCount64(p.phrases))/float32(n)
	}
	x[fAnswerType] = m.answerType(q, s.classes)
}

// sentenceBeside is the part of a sentence that its neighbours' features need.
type sentenceBeside struct {
	matched uint64
	bm25    float64
}

// relate computes the features that compare a sentence with the best one.
func (r *reading) relate() {
	best := 1e-9
	for i := range r.sentences {
		best = max(best, r.sentences[i].bm25)
	}
	for i := range r.sentences {
		r.sentences[i].x[fSentenceRelative] = float32(r.sentences[i].bm25 / best)
	}
}

// cover returns the share of the question's weight that terms have.
func (q *Question) cover(terms uint64) float32 {
	sum := 0.0
	for ; terms != 0; terms &= terms - 1 {
		sum += q.terms[bits.TrailingZeros64(terms)].weight
	}
	return float32(sum / max(q.weight, 1e-9))
}

// coverPlain is like cover, but each word weighs its IDF alone.
func (q *Question) coverPlain(terms uint64) float32 {
	sum := 0.0
	for ; terms != 0; terms &= terms - 1 {
		sum += q.terms[bits.TrailingZeros64(terms)].idf
	}
	return float32(sum / max(q.rarity, 1e-9))
}

// missing returns two measures of the question's terms that are not in terms:
// the weight of the heaviest of them, divided by the weight of the heaviest
// term of the question, and their share of all terms.
func (q *Question) missing(terms uint64) (rarest, share float32) {
	weight, n := 0.0, 0
	for i := range q.terms {
		if terms&(1<<i) == 0 {
			weight = max(weight, q.terms[i].weight)
			n++
		}
	}
	return float32(weight / max(q.heaviest, 1e-9)), float32(n) / float32(max(1, len(q.terms)))
}

// missingFacts returns the shares of the question's names and numbers that are
// not in terms. A share is 0 if the question has none.
func (q *Question) missingFacts(terms uint64) (names, numbers float32) {
	var name, number, noName, noNumber float32
	for i := range q.terms {
		t := &q.terms[i]
		lacks := indicator(terms&(1<<i) == 0)
		switch {
		case t.Flags&text.Digits != 0:
			number++
			noNumber += lacks
		case t.name:
			name++
			noName += lacks
		}
	}
	return noName / max(1, name), noNumber / max(1, number)
}

func indicator(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

// logarithm maps 0, 1, 10, 100 words to 0, 0.17, 0.6 and 1.15.
func logarithm(n int) float32 { return float32(math.Log1p(float64(n)) / 4) }

// phrasesIn returns the set of quoted phrases whose words stand in sequence in
// words.
func (q *Question) phrasesIn(words []text.Word) (set uint64) {
	for i, phrase := range q.phrases {
		for k := range words {
			if follows(words[k:], phrase) {
				set |= 1 << i
				break
			}
		}
	}
	return set
}

// follows reports whether words begin with the phrase. Texts in characters have
// pairs of characters between the single ones, which are skipped.
func follows(words []text.Word, phrase []uint64) bool {
	for _, w := range words {
		switch {
		case w.Flags&text.Pair != 0:
			continue
		case w.Stem != phrase[0]:
			return false
		case len(phrase) == 1:
			return true
		}
		phrase = phrase[1:]
	}
	return false
}
