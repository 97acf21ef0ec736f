package rank

// A SenseExample is a question with the passages found for it, as the second
// stage sees them.
type SenseExample struct {
	Sentences []SenseSentence // in the order of the first stage
	question  *Question
	all       []sensed
	reading   reading
}

// A SenseSentence is a sentence with its features.
type SenseSentence struct {
	Examined
	Sense [SenseFeatures]float32
}

// ExamineSense returns the sentences of the candidates as the second stage sees
// them before anything is read. It returns nil if there are none.
func (m *Model) ExamineSense(q *Question, candidates []Candidate) *SenseExample {
	e := &SenseExample{question: q}
	e.reading.read(q, candidates, m)
	if len(e.reading.sentences) == 0 {
		return nil
	}
	e.all = m.senseAll(&e.reading, q, candidates)
	e.show()
	return e
}

// ToRead returns the runs that are worth reading by order.
func (e *SenseExample) ToRead(candidates []Candidate, order *Scorer) []Run {
	return chosen(e.all, candidates, order)
}

// With adds the results of reading the runs, in the form of Order.With.
func (e *SenseExample) With(candidates []Candidate, runs []Run, said [][]float32) {
	addReadings(e.all, candidates, runs, said)
	e.show()
}

func (e *SenseExample) show() {
	e.Sentences = e.Sentences[:0]
	for _, a := range e.all {
		e.Sentences = append(e.Sentences, SenseSentence{Examined{a.Span, a.candidate, a.sentence.x, a.classes}, a.x})
	}
}

// Inputs returns the inputs of the confidence network if order sorts the
// sentences, and the index of the best one in Sentences.
func (e *SenseExample) Inputs(order *Scorer) (x [SenseInputs]float32, best int) {
	all := append([]sensed(nil), e.all...)
	for i := range all {
		all[i].score = order.Score(&all[i].x)
		if all[i].score > all[best].score {
			best = i
		}
	}
	sortByScore(all)
	return senseInputs(e.question, all, 0), best
}
