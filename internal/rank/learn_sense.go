package rank

import "multivac"

// A SenseExample is a question with the passages found for it, as the second
// stage sees them. Its sentences are in the order of the first stage.
type SenseExample struct {
	question   *Question
	candidates []Candidate
	all        []sensed
}

// ExamineSense returns the sentences of the candidates as the second stage sees
// them before anything is read. It returns nil if there are none.
func (m *Model) ExamineSense(q *Question, candidates []Candidate) *SenseExample {
	var r reading
	r.read(q, candidates, m)
	if len(r.sentences) == 0 {
		return nil
	}
	return &SenseExample{q, candidates, m.senseAll(&r, q, candidates)}
}

// Asked returns the question and the passages.
func (e *SenseExample) Asked() (*Question, []Candidate) { return e.question, e.candidates }

// Len returns how many sentences there are.
func (e *SenseExample) Len() int { return len(e.all) }

// Sentence returns the passage and the place of a sentence.
func (e *SenseExample) Sentence(i int) (*Candidate, multivac.Span) {
	return &e.candidates[e.all[i].candidate], e.all[i].Span
}

// Features returns the features of a sentence.
func (e *SenseExample) Features(i int) *[SenseFeatures]float32 { return &e.all[i].x }

// Keep keeps only some of the sentences, and frees the memory of the others.
func (e *SenseExample) Keep(wanted func(i int) bool) {
	var kept []sensed
	for i := range e.all {
		if wanted(i) {
			a, s := e.all[i], *e.all[i].sentence
			a.sentence = &s
			kept = append(kept, a)
		}
	}
	e.all = kept
}

// ToRead returns the runs that are worth reading by order: those of at most most
// passages, none of which is further behind the first than behind.
func (e *SenseExample) ToRead(order *Scorer, most int, behind float64) []Run {
	return chosen(e.all, e.candidates, order, most, behind)
}

// Read returns a copy of e with the results of reading the runs, in the form of
// Order.With.
func (e *SenseExample) Read(runs []Run, said [][]float32) *SenseExample {
	read := *e
	read.all = append([]sensed(nil), e.all...)
	addReadings(read.all, e.candidates, runs, said)
	return &read
}

// Texts returns what a run is read with, as Candidate.Texts.
func (e *SenseExample) Texts(r Run) (title string, sentences []string) {
	return e.candidates[r.Candidate].Texts(r)
}

// Sorted returns the indexes of the sentences if order sorts them, and the inputs
// of the confidence.
func (e *SenseExample) Sorted(order *Scorer) (sorted []int, x [SenseInputs]float32) {
	all := append([]sensed(nil), e.all...)
	x = inOrder(e.question, e.candidates, all, order)
	places := map[*sentence]int{}
	for i := range e.all {
		places[e.all[i].sentence] = i
	}
	for i := range all {
		sorted = append(sorted, places[all[i].sentence])
	}
	return sorted, x
}

// Sure returns how sure a stage is of the sentence that it sorts first, by the
// inputs that Sorted returned, and the strictest stop that this is enough for.
func (e *SenseExample) Sure(stage *SenseStage, first int, x [SenseInputs]float32) (p float64, reaches multivac.Stop) {
	p, thresholds := stage.sure(e.question, &e.all[first], e.candidates, &x)
	return p, thresholds.Reached(p)
}

// Logit returns the logarithm of the odds of the confidence by its inputs.
func (n *Network) Logit(x []float32) float64 { return n.logit(x) }

// SenseFeatureNames returns the names of the features of the second stage, in
// order.
func SenseFeatureNames() []string {
	names := []string{"score", "score_rank", "found", "cosine", "cosine_behind", "cosine_rank", "passage_behind", "cover", "best_cover",
		"unknown", "names_missing", "numbers_missing", "answer_type", "long", "shape", "read", "reading", "reading_behind", "reading_rank",
		"reading_passage", "cosine_spread", "cosine_passage", "cosine_around", "document_behind", "passages", "terms", "asks_steps", "asks_number", "asks_whether"}
	for _, n := range featureNames {
		names = append(names, "1:"+n)
	}
	return names
}

// SenseInputNames returns the names of the inputs of the confidence, in order.
func SenseInputNames() []string {
	return append(SenseFeatureNames(), "margin", "margin_passage", "share", "score_first", "agrees", "read_sum",
		"read_most", "nearest", "nearest_margin", "first_score", "first_margin", "spread", "heaviest", "meaningful", "lacks", "lacks_around", "whole", "whole_around")
}
