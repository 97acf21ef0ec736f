package rank

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"sync"

	"multivac"
	"multivac/internal/text"
)

// Version is the version of the model's form. Increase it when features are
// added or change their meaning, because a learned model then no longer fits.
// Increase it also when words are compared in another way, because the version
// is in the keys of cached answers. Version 2 compares identifiers whole.
const Version = 2

//go:embed model.json
var embedded []byte

// Default returns the model in the binary, learned by internal/rank/learn.
var Default = sync.OnceValue(func() *Model {
	t, err := LoadTranslations(embeddedTranslations)
	if err == nil {
		var m *Model
		if m, err = Load(embedded, t); err == nil {
			if m, err = m.LoadSense(embeddedSense); err == nil {
				return m
			}
		}
	}
	panic("the embedded ranking model is unusable: " + err.Error())
})

// Parameters are the learned numbers, in the form that is stored.
type Parameters struct {
	Version int `json:"version"`
	// Learned says which data the parameters were learned from, how, and what
	// was measured then.
	Learned any `json:"learned"`
	// Weights are the weights of a sentence's features, by name. The score of a
	// sentence is the weighted sum of its features, plus its answer type. A
	// softmax over the scores of the found sentences gives the probability that
	// a sentence has the answer.
	Weights map[string]float32 `json:"weights"`
	// Rates say how often a word of a question, by stem, occurs in its answer's
	// sentence, title or heading, compared with all words of its kind.
	Rates map[string]float32 `json:"rates"`
	// Kinds are the rates of words that Rates lacks: of names, of numbers and
	// of others.
	Kinds [3]float32 `json:"kinds"`
	// Answers are weights in hundredths. Each is for a word of the question, or
	// 2 words in sequence, and a class of the sentence. Every question has the
	// empty word.
	Answers map[string][]int `json:"answers"`
	// Confidence estimates the probability that the best sentence answers the
	// question.
	Confidence Network `json:"confidence"`
	// Thresholds are the confidences that the stops ask for.
	Thresholds Thresholds `json:"thresholds"`
}

// Thresholds are the confidences that the stops ask for.
type Thresholds map[multivac.Stop]float64

// Reached returns the strictest stop that a confidence is enough for, or
// nothing.
func (t Thresholds) Reached(p float64) multivac.Stop {
	for _, stop := range multivac.Stops {
		if p >= t[stop] {
			return stop
		}
	}
	return ""
}

// A Network has one hidden layer of tanh and a logistic output. Inputs are
// standardised by Mean and Scale.
type Network struct {
	Mean   []float32   `json:"mean"`
	Scale  []float32   `json:"scale"`
	Hidden [][]float32 `json:"hidden"` // by unit: weights of the inputs, then the bias
	Output []float32   `json:"output"` // weights of the units, then the bias
}

// A Model ranks sentences. It may be used by many goroutines.
type Model struct {
	weights      [features]float32
	rates        map[uint64]float32
	kinds        [3]float32
	keys         map[uint64]int // row of an answer table
	answers      [][classes]float32
	confidence   Network
	thresholds   Thresholds
	translations *Translations
	sense        SenseParameters
}

// Load makes a model of parameters in JSON and of translations. It refuses
// parameters of another version.
func Load(data []byte, t *Translations) (*Model, error) {
	var p Parameters
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("read model: %w", err)
	}
	return NewModel(p, t)
}

// NewModel makes a model of parameters and translations.
func NewModel(p Parameters, t *Translations) (*Model, error) {
	if p.Version != Version {
		return nil, fmt.Errorf("model has version %d, this program needs %d; learn it again", p.Version, Version)
	}
	m := &Model{translations: t, rates: map[uint64]float32{}, kinds: p.Kinds, keys: map[uint64]int{}, confidence: p.Confidence, thresholds: p.Thresholds}
	for i, name := range featureNames {
		m.weights[i] = p.Weights[name]
	}
	for word, rate := range p.Rates {
		m.rates[text.AppendWords(nil, word)[0].Stem] = rate
	}
	for words, row := range p.Answers {
		var weights [classes]float32
		for c := range min(len(row), len(weights)) {
			weights[c] = float32(row[c]) / 100
		}
		m.keys[answerKey(text.AppendWords(nil, words))] = len(m.answers)
		m.answers = append(m.answers, weights)
	}
	for _, unit := range p.Confidence.Hidden {
		if len(unit) != inputs+1 {
			return nil, fmt.Errorf("confidence has %d inputs, this program needs %d; learn it again", len(unit)-1, inputs)
		}
	}
	return m, nil
}

// rate is the factor by which the term of a question counts.
func (m *Model) rate(t term) float64 {
	if r, ok := m.rates[t.Stem]; ok {
		return float64(r)
	}
	if t.form() {
		return formRate
	}
	return float64(m.kinds[t.kind()])
}

// formRate is the rate of a word that only gives a question its form.
const formRate = 0.1

// form reports whether the word only gives the question its form. A name may
// look like such a word (Will, May), but I is not a name.
func (t term) form() bool {
	return formWords[t.Stem] && (!t.name || t.End-t.Start == 1)
}

// kind is the index in Parameters.Kinds.
func (t term) kind() int {
	switch {
	case t.Flags&text.Digits != 0:
		return 1
	case t.name:
		return 0
	}
	return 2
}

// answerKey is the key of a row of the answer table.
func answerKey(words []text.Word) (key uint64) {
	for _, w := range words {
		key = key*0x9e3779b97f4a7c15 + w.Stem
	}
	return key
}

// appendKeys appends the rows for the word at i and for the two words from i
// on.
func (m *Model) appendKeys(keys []int, words []text.Word, i int) []int {
	for n := 1; n <= 2 && i+n <= len(words); n++ {
		if k, ok := m.keys[answerKey(words[i:i+n])]; ok {
			keys = append(keys, k)
		}
	}
	return keys
}

// answerType returns how well a sentence with these classes suits the question.
func (m *Model) answerType(q *Question, set uint32) (sum float32) {
	for c := range classes {
		if set&(1<<c) != 0 {
			for _, k := range q.keys {
				sum += m.answers[k][c]
			}
		}
	}
	return sum
}

// probability runs the network on x.
func (n *Network) probability(x []float32) float64 { return 1 / (1 + math.Exp(-n.logit(x))) }

// logit returns the logarithm of the odds.
func (n *Network) logit(x []float32) float64 {
	out := n.Output[len(n.Output)-1]
	for u, unit := range n.Hidden {
		sum := unit[len(x)]
		for i, v := range x {
			sum += unit[i] * (v - n.Mean[i]) * n.Scale[i]
		}
		out += n.Output[u] * float32(math.Tanh(float64(sum)))
	}
	return float64(out)
}
