package meaning

import (
	"strings"
	"unicode"
)

// A question counts as English from these shares of whole words on. Nearly all
// questions of SQuAD and of busy people pass; of Spanish and German ones, a few
// in 100 do.
const (
	wholeAlone  = 0.75
	wholeBeside = 0.5 // if the question also has a word of English form
)

// Knows reports whether a question is in English, the only language that the
// model was trained for. In English, most words are in the vocabulary as a
// whole, not in pieces.
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

// forms are words that English uses to form questions, and, counted against
// them, those of neighbouring languages, whose names may look English.
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
