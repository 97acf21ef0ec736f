package rank

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"multivac/internal/text"
)

// Translations say how probable a word of a question is, given a word of its
// answer's sentence. They are IBM's Model 1 (Brown et al., "The Mathematics of
// Statistical Machine Translation", 1993), from sentences to questions. For
// example, "when" is near to a year, and "kill" to "murder".
type Translations struct {
	rows map[uint32][]translation // by question stem
}

type translation struct {
	stem        uint32 // of the sentence
	probability float32
}

//go:embed translations.bin
var embeddedTranslations []byte

// translationKey is the key of a word: the upper half of its stem's hash. A
// class of sentences has a key like a word.
func translationKey(stem uint64) uint32 { return uint32(stem >> 32) }

// ClassStem stands for a class among the words of a sentence.
func ClassStem(c int) uint64 { return uint64(c+1) << 32 }

// LoadTranslations reads a table. Each row has a stem of a question (4 bytes,
// big endian), a count (2), and that many stems of a sentence (4), each with
// round(-8 log2) of its probability (1).
func LoadTranslations(data []byte) (*Translations, error) {
	t := &Translations{rows: map[uint32][]translation{}}
	for len(data) > 0 {
		if len(data) < 6 || len(data) < 6+5*int(binary.BigEndian.Uint16(data[4:])) {
			return nil, fmt.Errorf("table of translations is cut off; learn it again")
		}
		row := make([]translation, binary.BigEndian.Uint16(data[4:]))
		for i := range row {
			e := data[6+5*i:]
			row[i] = translation{binary.BigEndian.Uint32(e), float32(math.Exp2(-float64(e[4]) / 8))}
		}
		t.rows[binary.BigEndian.Uint32(data)] = row
		data = data[6+5*len(row):]
	}
	return t, nil
}

// near holds the words that a question's terms may be translated from. It is a
// hash table with open addressing. A word is in it once for each of its terms.
type near struct {
	slots []slot
	shift int // of a product of 32 bits, to a slot
}

type slot struct {
	stem        uint32 // 0: free
	term        int8
	probability float32
}

func (t *Translations) near(terms []term) near {
	entries := 0
	for i := range terms {
		entries += len(t.rows[translationKey(terms[i].Stem)])
	}
	size := bits.Len(uint(2 * entries))
	n := near{slots: make([]slot, 1<<size), shift: 32 - size}
	for i := range terms {
		for _, e := range t.rows[translationKey(terms[i].Stem)] {
			k := n.first(e.stem)
			for n.slots[k].stem != 0 {
				k = n.next(k)
			}
			n.slots[k] = slot{e.stem, int8(i), e.probability}
		}
	}
	return n
}

func (n *near) first(stem uint32) int { return int((stem * 0x9e3779b1) >> n.shift) }
func (n *near) next(k int) int        { return (k + 1) & (len(n.slots) - 1) }

// translate returns two numbers. meant is the weight of the question's terms
// that are not in the context but may be meant by the sentence's words.
// likelihood is the mean over all terms of how much likelier the sentence makes
// them.
func (q *Question) translate(words []text.Word, set uint32, context uint64) (meant, likelihood float32) {
	var best, sum [maxTerms]float32
	add := func(key uint32) {
		for k := q.near.first(key); q.near.slots[k].stem != 0; k = q.near.next(k) {
			if s := &q.near.slots[k]; s.stem == key {
				best[s.term] = max(best[s.term], s.probability)
				sum[s.term] += s.probability
			}
		}
	}
	for _, w := range words {
		add(translationKey(w.Stem))
	}
	for c := range classes {
		if set&(1<<c) != 0 {
			add(translationKey(ClassStem(int(c))))
		}
	}
	length := float32(len(words) + 4)
	for i := range q.terms {
		if context&(1<<i) == 0 {
			meant += best[i] * float32(q.terms[i].weight)
		}
		likelihood += logRatio(sum[i] / length)
	}
	return meant / float32(max(q.weight, 1e-9)), likelihood / float32(max(1, len(q.terms)))
}

// logRatio is log(1 + p/floor). A word that no word of the sentence suggests
// adds 0.
func logRatio(p float32) float32 {
	const floor = 0.0005
	if p == 0 {
		return 0
	}
	return float32(math.Log1p(float64(p) / floor))
}
