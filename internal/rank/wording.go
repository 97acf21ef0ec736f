package rank

import (
	"iter"
	"slices"
	"strings"

	"multivac/internal/find"
	"multivac/internal/text"
)

// A Wording is a question whose words have been read, but not yet compared with
// a collection. It lists what the ranking has to know from the collection.
type Wording struct {
	text     string
	words    []text.Word
	single   []spelled // the words that may be identifiers as they are, by word; zero for others
	written  []spelled // identifiers and compounds that the question writes as such, the longest first
	apart    []apart   // words that may form one identifier
	stems    []uint64
	slots    []int32        // open addressing by stem: its number in stems plus one, or 0
	mistakes []find.Mistake // of the words, then of the written identifiers
	room     []text.Word    // room for the words of spellings
}

// spelled is a spelling with the words that its canonical form is read as.
type spelled struct {
	text.Spelling
	words     []text.Word // the words that it is made of
	canonical []text.Word
}

// apart is a run of words that may be one identifier. It begins at first.
type apart struct {
	first  int
	digits bool
	spelled
}

// NewWording reads the words of a question.
func NewWording(question string) *Wording {
	words := text.AppendWords(nil, question)
	w := &Wording{text: question, words: words, single: make([]spelled, len(words)), mistakes: make([]find.Mistake, 0, len(words))}
	w.makeRoom(len(words))
	for _, x := range text.AppendTerms(nil, question) {
		if x.Flags&(text.Identifier|text.Compound) != 0 {
			s := text.NewSpelling(question, x)
			w.written = append(w.written, w.spelled(s, w.wordsOf(question[s.Start:s.End])))
		}
	}
	slices.SortStableFunc(w.written, func(v, x spelled) int { return (x.End - x.Start) - (v.End - v.Start) })
	for i, x := range w.words {
		w.count(x.Stem)
		if x.Flags&(text.Digits|text.Pair|text.Single) == 0 {
			w.single[i] = w.spelled(text.NewSpelling(question, x), w.wordsOf(question[x.Start:x.End]))
		}
		for n := apartMost; n > 1; n-- {
			w.addApart(i, n)
		}
		w.mistakes = append(w.mistakes, find.Mistake{Typed: []uint64{x.Stem}, Meant: meantByWord(question[x.Start:x.End])})
	}
	for i := range w.written {
		w.mistakes = append(w.mistakes, w.mistake(&w.written[i]))
	}
	return w
}

// makeRoom allocates in one step about as much as a question of this number of
// words needs.
func (w *Wording) makeRoom(words int) {
	w.room = make([]text.Word, 0, 6*words)
	w.stems = make([]uint64, 0, 12*words)
	w.slots = make([]int32, 64)
}

// wordsOf reads the words of s.
func (w *Wording) wordsOf(s string) []text.Word {
	n := len(w.room)
	w.room = text.AppendWords(w.room, s)
	return w.room[n:len(w.room):len(w.room)]
}

// Stems returns the stems that have to be counted.
func (w *Wording) Stems() []uint64 { return w.stems }

// Mistakes returns the words that may have been typed wrong.
func (w *Wording) Mistakes() []find.Mistake { return w.mistakes }

// count notes that a stem has to be counted.
func (w *Wording) count(stem uint64) {
	slot := w.slot(stem)
	if w.slots[slot] != 0 {
		return
	}
	w.stems = append(w.stems, stem)
	w.slots[slot] = int32(len(w.stems))
	if 2*len(w.stems) > len(w.slots) {
		w.slots = make([]int32, 2*len(w.slots))
		for i, stem := range w.stems {
			w.slots[w.slot(stem)] = int32(i + 1)
		}
	}
}

// slot returns the slot of a stem, or the free one where it belongs.
func (w *Wording) slot(stem uint64) int {
	slot := int(stem>>32) & (len(w.slots) - 1)
	for n := w.slots[slot]; n != 0 && w.stems[n-1] != stem; n = w.slots[slot] {
		slot = (slot + 1) & (len(w.slots) - 1)
	}
	return slot
}

// spelled notes all stems that a spelling and its parts may be found by.
func (w *Wording) spelled(x text.Spelling, words []text.Word) spelled {
	s := spelled{x, words, w.wordsOf(x.Canonical())}
	w.count(x.Stem)
	w.count(x.Identifier())
	w.count(x.Compound())
	for _, part := range s.words {
		w.count(part.Stem)
	}
	for _, part := range s.canonical {
		w.count(part.Stem)
	}
	return s
}

// addApart notes the n words from first on, if they may be one identifier:
// debian 12, ledgerd writer stalled. 2 words without a digit are not enough.
func (w *Wording) addApart(first, n int) {
	if first+n > len(w.words) {
		return
	}
	words := w.words[first : first+n]
	digits, form := false, false
	for i, x := range words {
		if x.Flags&(text.Pair|text.Single) != 0 || i > 0 && w.text[words[i-1].End:x.Start] != " " {
			return
		}
		digits = digits || x.Flags&text.Digits != 0
		form = form || formWords[x.Stem]
	}
	if digits && form || !digits && n < 3 {
		return
	}
	w.apart = append(w.apart, apart{first, digits, w.spelled(text.Together(w.text, words), words)})
}

// stems returns the stems by which a collection may have the identifier.
func (x *spelled) stems() []uint64 {
	if x.Flags&text.Digits != 0 {
		return []uint64{x.Stem}
	}
	stems := []uint64{x.Identifier(), x.Compound()}
	if c, ok := x.asWord(); ok && c.Folded == x.Folded {
		stems = append(stems, c.Stem)
	}
	return stems
}

// uncut is the largest number of letters of a word whose stem is the whole
// word, except for its ending.
const uncut = 7

// asWord returns the word that x becomes if it is written together in small
// letters: e-mail becomes email. A longer x does not become a word, because its
// stem would be cut.
func (x *spelled) asWord() (text.Word, bool) {
	if len(x.Canonical()) > uncut || len(x.canonical) != 1 {
		return text.Word{}, false
	}
	return x.canonical[0], true
}

// meantByWord yields the words that a typing mistake may have turned into
// typed.
func meantByWord(typed string) iter.Seq[find.Meant] {
	return func(yield func(find.Meant) bool) {
		done := false
		text.Edits(typed, func(w text.Word) { done = done || !yield(find.Meant{Stem: w.Stem}) })
	}
}

// mistake returns the identifiers that may have been meant by x. There are none
// if x is made of ordinary words.
func (w *Wording) mistake(x *spelled) find.Mistake {
	if x.Flags&text.Compound != 0 || ordinary(w.text, x.Word) {
		return find.Mistake{Typed: []uint64{x.Stem}, Meant: func(func(find.Meant) bool) {}}
	}
	return find.Mistake{Typed: x.stems(), Meant: func(yield func(find.Meant) bool) {
		done := false
		w.corrections(x, func(y text.Spelling, unless uint64) {
			if done {
				return
			}
			m := find.Meant{Stem: y.Stem, Unless: unless}
			if c := text.AppendWords(nil, y.Canonical()); y.Flags&text.Digits == 0 && len(c) > 0 {
				m.With = c[0].Stem
			}
			done = !yield(m)
		})
	}}
}

// corrections calls yield with the identifiers that may have been meant by x:
// an s at the end is missing or too many, or a part has a typing mistake. In
// that case the mistake is in the part's ending, or the collection does not
// know the part (unless).
func (w *Wording) corrections(x *spelled, yield func(y text.Spelling, unless uint64)) {
	typed := x.Spelling
	if typed.Flags&text.Digits == 0 {
		yield(typed.WithoutOrWithS(), 0)
	}
	for n, part := range x.words {
		if part.Flags&text.Digits != 0 {
			continue
		}
		typed.Edits(w.text, n, func(y text.Spelling, edited text.Word) {
			if edited.Stem == part.Stem {
				yield(y, 0)
			} else {
				yield(y, part.Stem)
			}
		})
	}
}

// A vocabulary is what a collection knows of a question's words.
type vocabulary struct {
	*Wording
	found    find.Found
	passages int
	// complete is for learning: every word is known, and none is known in
	// another spelling.
	complete bool
	also     map[uint64]int // counts of the words that mistakes were read as
	missed   func(uint64)   // for tests: called with each stem that was not counted
}

// count returns how many passages have a stem.
func (v *vocabulary) count(stem uint64) int {
	if v.complete {
		return 0
	}
	if n := v.slots[v.slot(stem)]; n != 0 {
		return v.found.Counts[n-1]
	}
	n, ok := v.also[stem]
	if !ok && v.missed != nil {
		v.missed(stem)
	}
	return n
}

func (v *vocabulary) has(stem uint64) bool { return v.complete || v.count(stem) > 0 }

func (v *vocabulary) rarity(stem uint64) float64 { return rarity(stem, v.count(stem), v.passages) }

// known returns the stems that the collection knows.
func (v *vocabulary) known(stems ...uint64) (known []uint64) {
	for _, stem := range stems {
		if v.count(stem) > 0 && !slices.Contains(known, stem) {
			known = append(known, stem)
		}
	}
	return known
}

// meant returns the meaning of the mistake of this number.
func (v *vocabulary) meant(number int) (find.Reading, bool) {
	if v.complete {
		return find.Reading{}, false
	}
	r := v.found.Meant[number]
	return r, r.Stem != 0
}

// parts returns the words that x is made of, for the search. A passage may have
// them next to each other.
func (x *spelled) parts() []text.Word {
	if x.Flags&text.Digits == 0 {
		return slices.Concat(x.words, x.canonical)
	}
	return x.words
}

// ordinary reports whether w is made of ordinary words joined by hyphens, at
// least one of which is a count or gives the question its form:
// state-of-the-art, ten-year-old, post-1945.
func ordinary(question string, w text.Word) bool {
	spelled := question[w.Start:w.End]
	if strings.Trim(strings.ToLower(spelled), "abcdefghijklmnopqrstuvwxyz-/") != "" {
		before, year, _ := strings.Cut(strings.ToLower(spelled), "-")
		return slices.Contains(eras, before) && len(strings.Trim(year, "s")) == 4 && strings.Trim(year, "0123456789s") == ""
	}
	if strings.Contains(spelled, "/") { // red/green/blue
		return w.Start == 0 || question[w.Start-1] != '/'
	}
	if !strings.Contains(spelled, "-") {
		return false
	}
	for _, part := range text.AppendWords(nil, spelled) {
		c, cue := cues[part.Folded]
		if formWords[part.Stem] || cue && (c == classCount || c == classDuration || c == classMeasure) {
			return true
		}
	}
	return false
}

// eras stand before a year.
var eras = []string{"pre", "post", "mid", "late", "early", "circa", "ca"}
