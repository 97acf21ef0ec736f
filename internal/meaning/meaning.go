// Package meaning understands a little English. It turns sentences and questions
// into vectors that are similar if their sense is, and it reads a question
// together with a passage to find which sentence answers it, if any does. Two
// small transformers compute in whole numbers, with the same results on every
// processor. The package is pure: it does no I/O and reads no clock. It writes
// no text: its results are numbers.
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

// Version is the version of the weights and of the computation. Vectors of
// different versions must not be compared. 1: the six layers of MiniLM-L6 to
// find, three trained layers to read. 2: six trained layers for each.
const Version = 3

// A Model is the two networks with their vocabulary. Goroutines may call its
// methods at the same time.
type Model struct {
	vocabulary     *vocabulary
	finder, reader network
	flags          [][]float32 // of the reader: flags[1] for pieces of words that question and run share
	logit          []float32
	bias           float32
}

// longestText is the number of pieces after which a text is cut for its vector.
const longestText = 128

// Vector returns the sense of a text: the mean of the vectors that the finder
// gives its pieces, as MiniLM was trained (Reimers and Gurevych, 2019).
func (m *Model) Vector(text string) Vector {
	sum := m.sum(text)
	return direction(&sum)
}

// sum adds up the vectors that the finder gives the pieces of a text.
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

// The most pieces of each part of a reading.
const (
	longestQuestion = 36
	longestContext  = 32
	longestRun      = 128
)

// Read reads consecutive sentences, under their title and headings, together with
// a question. It returns for each sentence the logarithm of the odds that the answer is in
// it, against no answer in any. Sentences after longestRun pieces get -30.
func (m *Model) Read(question, context string, sentences []string) []float32 {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.cutter.vocabulary = m.vocabulary
	begin := func(id int32) { s.pieces = append(s.pieces, piece{id: id, word: -1}) }
	s.pieces = s.pieces[:0]
	var words []string // the key of each piece, or ""
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
	if context != "" {
		cut(context, longestContext)
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

// readRun runs the reader over s.pieces. words has their keys; the first asked
// pieces are the question.
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

// logSum returns the logarithm of the sum of the odds of the rows of x; -30 if
// there are none.
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

// appendKeys appends, for each piece, the key by which its word is compared: its
// first five letters, or "" for marks and words without a meaning of their own.
// "deleted" and "deletes" have the key "delet".
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

// light are the words without a meaning of their own, cut to five letters.
var light = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`the a an of in on at to for by with from and or is are was were be been do does did has have had
		what which who whom whose when where why how that this these those it its as not no s t`) {
		m[w[:min(5, len(w))]] = true
	}
	return m
}()

// Vectors returns the vectors of the sentences of a passage, each in its context,
// one after the other, Width bytes each. It looks at ctx between sentences, and returns its error
// once it has ended.
func (m *Model) Vectors(ctx context.Context, title string, p multivac.Passage) ([]byte, error) {
	all := make([]byte, 0, len(p.Sentences)*Width)
	for _, s := range p.Sentences {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v := m.Vector(InContext(title, p, p.Sentence(s)))
		for _, x := range v {
			all = append(all, byte(x))
		}
	}
	return all, nil
}

// longestLead is the most bytes that a lead may have to be context.
const longestLead = 200

// InContext puts the title, the heading and the lead before a sentence, without
// marks of Markdown: "Backups: Retention: They are kept for 30 days."
func InContext(title string, p multivac.Passage, sentence string) string {
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
