package meaning

import (
	"strings"
	"unicode"
)

// Shares of whole words from which a question counts as English. Of SQuAD's
// and of busy people's questions nearly all pass, of Spanish and German ones a
// few in a hundred.
const (
	wholeAlone  = 0.75
	wholeBeside = 0.5 // where a word of English form stands beside
)

// Knows reports whether a question is in English, the one language that the
// model was trained for: whether most of its words are in the vocabulary whole,
// and not in pieces.
func (m *Model) Knows(question string) bool {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.cutter.vocabulary = m.vocabulary
	s.pieces = s.cutter.appendPieces(s.pieces[:0], question, longestText)
	words, whole, formed := 0, 0, 0
	for i := 0; i < len(s.pieces); {
		j := i + 1
		for j < len(s.pieces) && s.pieces[j].word == s.pieces[i].word {
			j++
		}
		word := question[s.pieces[i].start:s.pieces[j-1].end]
		if strings.ContainsFunc(word, unicode.IsLetter) {
			words++
			if j == i+1 && s.pieces[i].id != m.vocabulary.unknown {
				whole++
			}
			formed += forms[strings.ToLower(word)]
		}
		i = j
	}
	share := float64(whole) / float64(max(1, words))
	return formed >= 0 && share >= wholeAlone || formed > 0 && share >= wholeBeside
}

// forms are words that English forms its questions with, and words that its
// neighbours do, which count against it: their names may be English ones.
var forms = func() map[string]int {
	m := map[string]int{}
	for w := range strings.FieldsSeq("the of and for to from with which what who whom whose when where why how did does are is") {
		m[w] = 1
	}
	for w := range strings.FieldsSeq("el la los las de del en que por para con y se un una su al es der das dem den des ein eine einen und wie wer welche welcher welches ist von im zu nach le les du et est dans il di che") {
		m[w] = -1
	}
	return m
}()
