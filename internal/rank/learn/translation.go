package main

import (
	"cmp"
	"encoding/binary"
	"log"
	"math"
	"slices"

	"multivac/internal/rank"
	"multivac/internal/text"
)

const (
	iterations      = 5
	minSeen         = 5     // how often a word has to occur to be translated
	maxTranslations = 60    // translations per word
	minProbability  = 0.002 // least probability of a translation
	emptyWord       = 0     // is added to each sentence, for words that no other word explains
)

// translations learns IBM Model 1 from the questions and the sentences with
// their answers, and returns it in the form that is stored.
func (c *corpus) translations(questions []question) []byte {
	asked, told := newVocabulary(), newVocabulary()
	told.number(emptyWord)
	var pairs []pair
	for _, q := range questions {
		for _, s := range c.answering(q) {
			p := pair{told: []int32{0}}
			for _, w := range rank.Words(q.Question.Question) {
				p.asked = append(p.asked, asked.number(w.Stem))
			}
			for _, stem := range s {
				p.told = append(p.told, told.number(stem))
			}
			pairs = append(pairs, p)
		}
	}
	e := newEM(pairs, asked, told)
	for range iterations {
		e.iterate()
	}
	return e.table(asked, told)
}

// answering returns the stems and classes of each sentence with q's answer.
func (c *corpus) answering(q question) (sentences [][]uint64) {
	for _, p := range c.paragraphs[q.paragraph].passages {
		for _, span := range p.Sentences {
			s := p.Sentence(span)
			if !q.AnsweredBy(s) {
				continue
			}
			var stems []uint64
			for _, w := range text.AppendWords(nil, s) {
				stems = append(stems, w.Stem)
			}
			set := rank.ClassesBeyond(q.Question.Question, s)
			for k := range rank.Classes {
				if set&(1<<k) != 0 {
					stems = append(stems, rank.ClassStem(k))
				}
			}
			slices.Sort(stems)
			sentences = append(sentences, slices.Compact(stems))
		}
	}
	return sentences
}

// A vocabulary numbers stems and counts them.
type vocabulary struct {
	numbers map[uint64]int32
	stems   []uint64
	counts  []int
}

func newVocabulary() *vocabulary { return &vocabulary{numbers: map[uint64]int32{}} }

func (v *vocabulary) number(stem uint64) int32 {
	n, ok := v.numbers[stem]
	if !ok {
		n = int32(len(v.stems))
		v.numbers[stem] = n
		v.stems = append(v.stems, stem)
		v.counts = append(v.counts, 0)
	}
	v.counts[n]++
	return n
}

// A pair is a question and a sentence. cells holds the numbers of its pairs of
// words.
type pair struct {
	asked, told []int32
	cells       []int32
}

// em is expectation maximisation over the pairs of words that occur.
type em struct {
	pairs       []pair
	askedOf     []int32 // cell -> word of the question
	toldOf      []int32
	probability []float64
	expected    []float64
	total       []float64 // per word of the sentence
}

func newEM(pairs []pair, asked, told *vocabulary) *em {
	e := &em{pairs: pairs, total: make([]float64, len(told.stems))}
	cells := map[uint64]int32{}
	for i := range pairs {
		p := &pairs[i]
		p.asked = slices.DeleteFunc(p.asked, func(w int32) bool { return asked.counts[w] < minSeen })
		p.told = slices.DeleteFunc(p.told, func(w int32) bool { return told.counts[w] < minSeen })
		for _, a := range p.asked {
			for _, t := range p.told {
				key := uint64(a)<<32 | uint64(t)
				n, ok := cells[key]
				if !ok {
					n = int32(len(e.askedOf))
					cells[key] = n
					e.askedOf, e.toldOf = append(e.askedOf, a), append(e.toldOf, t)
				}
				p.cells = append(p.cells, n)
			}
		}
	}
	e.probability = make([]float64, len(e.askedOf))
	e.expected = make([]float64, len(e.askedOf))
	for i := range e.probability {
		e.probability[i] = 1
	}
	log.Printf("translations: %d pairs, %d cells", len(pairs), len(e.askedOf))
	return e
}

func (e *em) iterate() {
	clear(e.expected)
	clear(e.total)
	for _, p := range e.pairs {
		n := len(p.told)
		for i := range p.asked {
			row := p.cells[i*n : (i+1)*n]
			sum := 0.0
			for _, c := range row {
				sum += e.probability[c]
			}
			for k, c := range row {
				x := e.probability[c] / sum
				e.expected[c] += x
				e.total[p.told[k]] += x
			}
		}
	}
	const smoothing = 1 // expected count that a rare word of the sentence keeps for other words
	for c, x := range e.expected {
		e.probability[c] = x / (e.total[e.toldOf[c]] + smoothing)
	}
}

// table stores the most likely translations of each word, except for the word
// itself.
func (e *em) table(asked, told *vocabulary) []byte {
	rows := make([][]int32, len(asked.stems))
	for c := range e.askedOf {
		a, t := e.askedOf[c], e.toldOf[c]
		if e.probability[c] >= minProbability && asked.stems[a] != told.stems[t] && t != emptyWord {
			rows[a] = append(rows[a], int32(c))
		}
	}
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(asked.stems[a], asked.stems[b]) })
	var data []byte
	kept := 0
	for _, a := range order {
		row := rows[a]
		slices.SortFunc(row, func(a, b int32) int {
			return cmp.Or(cmp.Compare(e.probability[b], e.probability[a]), cmp.Compare(told.stems[e.toldOf[a]], told.stems[e.toldOf[b]]))
		})
		row = row[:min(maxTranslations, len(row))]
		if len(row) == 0 {
			continue
		}
		kept += len(row)
		data = binary.BigEndian.AppendUint32(data, uint32(asked.stems[a]>>32))
		data = binary.BigEndian.AppendUint16(data, uint16(len(row)))
		for _, c := range row {
			data = binary.BigEndian.AppendUint32(data, uint32(told.stems[e.toldOf[c]]>>32))
			data = append(data, byte(min(255, math.Round(-8*math.Log2(e.probability[c])))))
		}
	}
	log.Printf("translations: %d kept, %d bytes", kept, len(data))
	return data
}
