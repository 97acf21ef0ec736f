// Package meaning understands a little English: it turns sentences and
// questions into vectors that are alike where the sense is alike, and reads a
// question together with a passage to say which sentence answers it, if any
// does. Two small transformers run in whole numbers, the same on every
// processor. Pure: it does no I/O, reads no clock, and invents nothing, for it
// gives numbers only.
package meaning

import (
	"context"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac"
)

// Version names the weights and what is done with them: vectors of different
// versions must not be compared. 1: MiniLM-L6's six layers to find, three
// trained to read.
const Version = 1

// A Model is the networks with their vocabulary. Its methods may be called by
// many goroutines.
type Model struct {
	vocabulary     *vocabulary
	finder, reader network
	flags          [][]float32 // the reader's: 1 where question and run share the word
	logit          []float32
	bias           float32
}

// longestText is how many pieces of a text its vector is made of.
const longestText = 128

// Vector returns the sense of a text: the mean of what the finder makes of its
// pieces, as MiniLM was trained for (Reimers and Gurevych, 2019).
func (m *Model) Vector(text string) Vector {
	sum := m.sum(text)
	return direction(&sum)
}

// sum adds up what the finder makes of the pieces of a text.
func (m *Model) sum(text string) (sum [width]float32) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.cutter.vocabulary = m.vocabulary
	s.pieces = append(s.pieces[:0], piece{id: m.vocabulary.start})
	s.pieces = s.cutter.appendPieces(s.pieces, text, longestText-2)
	s.pieces = append(s.pieces, piece{id: m.vocabulary.split})
	n := len(s.pieces)
	grow(&s.x, n*width)
	for i, p := range s.pieces {
		m.finder.embed(s.x[i*width:][:width], p.id, i, 0)
	}
	m.finder.run(s, n)
	for i := range n {
		add(sum[:], s.x[i*width:][:width])
	}
	return sum
}

// How many pieces of each a reading has at most.
const (
	longestQuestion = 36
	longestTitle    = 16
	longestRun      = 128
)

// Read reads sentences that follow each other, under their title, together
// with a question. It returns for each sentence the logarithm of how much
// likelier it holds the answer than that none does; very little for those that
// no longer fit.
func (m *Model) Read(question, title string, sentences []string) []float32 {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.cutter.vocabulary = m.vocabulary
	begin := func(id int32) { s.pieces = append(s.pieces, piece{id: id, word: -1}) }
	s.pieces = s.pieces[:0]
	var words []string // the key of each piece, or none
	cut := func(text string, limit int) {
		first := len(s.pieces)
		s.pieces = s.cutter.appendPieces(s.pieces, text, limit)
		words = appendKeys(words, text, s.pieces[first:])
	}
	mark := func(id int32) { begin(id); words = append(words, "") }
	mark(m.vocabulary.start)
	cut(question, longestQuestion)
	mark(m.vocabulary.split)
	asked := len(s.pieces)
	if title != "" {
		cut(title, longestTitle)
		mark(m.vocabulary.colon)
	}
	ends := make([]int, len(sentences)+1)
	ends[0] = len(s.pieces)
	for i, text := range sentences {
		if room := longestRun - 1 - len(s.pieces); room > 0 {
			cut(text, room)
		}
		ends[i+1] = len(s.pieces)
	}
	mark(m.vocabulary.split)
	m.readRun(s, words, asked)

	scores := make([]float32, len(sentences))
	for i := range scores {
		scores[i] = m.logSum(s.x[ends[i]*width : ends[i+1]*width])
	}
	return scores
}

// readRun runs the reader over s.pieces.
func (m *Model) readRun(s *scratch, words []string, asked int) {
	shared := map[string]uint8{}
	for i, w := range words {
		if w != "" {
			if i < asked {
				shared[w] |= 1
			} else {
				shared[w] |= 2
			}
		}
	}
	grow(&s.x, len(s.pieces)*width)
	for i, p := range s.pieces {
		row := s.x[i*width:][:width]
		kind := 0
		if i >= asked {
			kind = 1
		}
		m.reader.embed(row, p.id, i, kind)
		flag := 0
		if shared[words[i]] == 3 {
			flag = 1
		}
		add(row, m.flags[flag])
	}
	m.reader.run(s, len(s.pieces))
}

// logSum returns the logarithm of the sum of what rows have for odds.
func (m *Model) logSum(x []float32) float32 {
	sum := 0.0
	for ; len(x) > 0; x = x[width:] {
		logit := m.bias
		for i, v := range x[:width] {
			logit += mul(v, m.logit[i])
		}
		sum += math.Exp(float64(logit))
	}
	return float32(max(-30, math.Log(sum)))
}

// appendKeys appends for each piece what its word is compared by: its first
// five letters, or nothing for marks and words without a meaning of their own.
func appendKeys(keys []string, text string, pieces []piece) []string {
	for i := 0; i < len(pieces); {
		j := i
		for j < len(pieces) && pieces[j].word == pieces[i].word {
			j++
		}
		key := wordKey(text[pieces[i].start:pieces[j-1].end])
		for ; i < j; i++ {
			keys = append(keys, key)
		}
	}
	return keys
}

func wordKey(word string) string {
	word = strings.ToLower(word)
	if !strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
		return ""
	}
	at := 0
	for n := 0; n < 5 && at < len(word); n++ {
		_, size := utf8.DecodeRuneInString(word[at:])
		at += size
	}
	if word = word[:at]; light[word] {
		return ""
	}
	return word
}

// light are the words without a meaning of their own, cut like the others.
var light = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`the a an of in on at to for by with from and or is are was were be been do does did has have had
		what which who whom whose when where why how that this these those it its as not no s t`) {
		m[w[:min(5, len(w))]] = true
	}
	return m
}()

// Vectors returns what Vector makes of each sentence of a passage in its
// context, side by side: what Passage.Vectors keeps. It looks at ctx between
// sentences and returns its error where it has ended.
func (m *Model) Vectors(ctx context.Context, title string, p multivac.Passage) ([]byte, error) {
	all := make([]byte, 0, len(p.Sentences)*Width)
	for _, s := range p.Sentences {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v := m.Vector(inContext(title, p, p.Sentence(s)))
		for _, x := range v {
			all = append(all, byte(x))
		}
	}
	return all, nil
}

// longestLead is how many bytes of a lead are context.
const longestLead = 200

// inContext puts a sentence behind its title, heading and lead, without marks
// of form.
func inContext(title string, p multivac.Passage, sentence string) string {
	parts := make([]string, 0, 4)
	for _, s := range []string{title, p.Heading, p.Lead, sentence} {
		s = strings.Join(strings.Fields(form.Replace(s)), " ")
		if s == "" || slices.Contains(parts, s) || len(parts) == 2 && len(s) > longestLead {
			continue
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ": ")
}

var form = strings.NewReplacer("|", " ", "*", "", "`", "", "#", "", "---", " ")
