package rank

import (
	"slices"
	"strings"

	"multivac"
	"multivac/internal/text"
)

// An identifier of a question is compared whole: KubeAPIDown has nothing to do
// with KubeAPIErrorBudgetBurn. What is known of it:
type identifier struct {
	text.Spelling
	// Stems that the collection has it by: it may be written together, with
	// hyphens or in small letters there.
	known []uint64
	// A text that does not have it does not answer: it is no mere quantity,
	// and not made of ordinary words.
	firm      bool
	corrected bool // it is read as another one that a typing mistake explains
}

// stems returns those of the stems that the collection knows.
func stems(in Vocabulary, of ...uint64) (known []uint64) {
	for _, stem := range of {
		if in.Frequency(stem) > 0 && !slices.Contains(known, stem) {
			known = append(known, stem)
		}
	}
	return known
}

// identifiers finds the identifiers of a question, and the compounds that are
// none.
func identifiers(question string, in Vocabulary) (found []identifier, compounds []multivac.Span) {
	words := text.AppendWords(nil, question)
	var wholes []text.Word
	for _, w := range text.AppendTerms(nil, question) {
		if w.Flags&(text.Identifier|text.Compound) != 0 {
			wholes = append(wholes, w)
		}
	}
	slices.SortStableFunc(wholes, func(v, w text.Word) int { return (w.End - w.Start) - (v.End - v.Start) })
	taken := func(w text.Word) bool {
		return slices.ContainsFunc(found, func(x identifier) bool { return x.Start < w.End && w.Start < x.End })
	}
	for i, w := range wholes {
		if taken(w) {
			continue
		}
		if x, ok := written(question, w, wholes[i+1:], in); ok {
			found = append(found, x)
		} else {
			compounds = append(compounds, multivac.Span{Start: w.Start, End: w.End})
		}
	}
	for i := range words {
		for n := apartMost; n > 1; n-- {
			if i+n <= len(words) && !slices.ContainsFunc(words[i:i+n], taken) {
				if x, ok := apart(question, words[i:i+n], in); ok {
					found = append(found, x)
					break
				}
			}
		}
		if !taken(words[i]) {
			if x, ok := small(question, words[i], in); ok {
				found = append(found, x)
			}
		}
	}
	return found, compounds
}

// together returns the words of a question, in place, with each identifier as one.
func together(words []text.Word, named []identifier) []text.Word {
	joined := words[:0]
	for _, w := range words {
		k := slices.IndexFunc(named, func(x identifier) bool { return x.Start < w.End && w.Start < x.End })
		switch {
		case k < 0:
			joined = append(joined, w)
		case len(joined) == 0 || joined[len(joined)-1].End != named[k].End:
			joined = append(joined, named[k].Word)
		}
	}
	return joined
}

// apartMost is how many words an identifier is put together of at most.
const apartMost = 8

// written makes an identifier of one that is written as such; inner are those
// that may be part of it.
func written(question string, w text.Word, inner []text.Word, in Vocabulary) (x identifier, ok bool) {
	x.Spelling = text.NewSpelling(question, w)
	x.know(in)
	spelled := question[w.Start:w.End]
	switch {
	case w.Flags&text.Compound != 0:
		x.Stem = x.Identifier()
		if len(stems(in, x.Identifier())) > 0 {
			return x, true
		}
		return joined(question, x, in)
	case len(x.known) > 0:
	case ordinary(question, w), isSplit(question, w, inner, in):
		return x, false
	default:
		x.correct(question, in)
	}
	x.firm = !isQuantity(spelled)
	return x, true
}

// know notes by which stems the collection knows x.
func (x *identifier) know(in Vocabulary) {
	if x.Flags&text.Digits != 0 {
		x.known = stems(in, x.Stem)
		return
	}
	x.known = stems(in, x.Identifier(), x.Compound())
	canonical := x.Canonical()
	if len(canonical) <= uncut {
		if words := text.AppendWords(nil, canonical); len(words) == 1 && words[0].Folded == x.Folded {
			x.known = append(x.known, stems(in, words[0].Stem)...)
		}
	}
}

// uncut is how many letters a word has at most whose stem is all of it, but
// for its ending.
const uncut = 7

// joined makes a word of the compound x where the collection writes it
// together: e-mail is email.
func joined(question string, x identifier, in Vocabulary) (identifier, bool) {
	canonical := x.Canonical()
	words := text.AppendWords(nil, canonical)
	if len(canonical) > uncut || len(words) != 1 || !in.Has(words[0].Stem) {
		return x, false
	}
	x.Stem, x.Folded = words[0].Stem, words[0].Folded
	x.known = append(x.known, x.Stem)
	return x, true
}

// ordinary reports whether w is made of ordinary words that hyphens join, with
// one of the question's form or a count among them: state-of-the-art,
// ten-year-old, post-1945.
func ordinary(question string, w text.Word) bool {
	if strings.Trim(strings.ToLower(question[w.Start:w.End]), "abcdefghijklmnopqrstuvwxyz-/") != "" {
		before, year, _ := strings.Cut(strings.ToLower(question[w.Start:w.End]), "-")
		return slices.Contains(eras, before) && len(strings.Trim(year, "s")) == 4 && strings.Trim(year, "0123456789s") == ""
	}
	if strings.Contains(question[w.Start:w.End], "/") { // red/green/blue
		return w.Start == 0 || question[w.Start-1] != '/'
	}
	if !strings.Contains(question[w.Start:w.End], "-") {
		return false
	}
	for _, part := range text.AppendWords(nil, question[w.Start:w.End]) {
		c, cue := cues[part.Folded]
		if formWords[part.Stem] || cue && (c == classCount || c == classDuration || c == classMeasure) {
			return true
		}
	}
	return false
}

// eras stand before a year.
var eras = []string{"pre", "post", "mid", "late", "early", "circa", "ca"}

// isSplit reports whether w is identifiers with a slash between them that the
// collection knows each, as in KubeAPIDown/KubeletDown.
func isSplit(question string, w text.Word, inner []text.Word, in Vocabulary) bool {
	pieces := strings.Split(question[w.Start:w.End], "/")
	if len(pieces) < 2 {
		return false
	}
	for _, piece := range pieces {
		if !slices.ContainsFunc(inner, func(v text.Word) bool {
			return v.Start >= w.Start && v.End <= w.End && question[v.Start:v.End] == piece && len(stems(in, v.Stem)) > 0
		}) {
			return false
		}
	}
	return true
}

// isQuantity reports whether s is digits and a unit: 10GB.
func isQuantity(s string) bool {
	unit := strings.TrimLeft(s, "0123456789., ")
	return len(unit) < len(s) && !strings.ContainsAny(unit, "0123456789-_./:")
}

// correct reads an unknown identifier as one that the collection has, if a
// typing mistake in a part explains it, or a last s. The part is none of the
// collection's words, or the mistake is in its ending.
func (x *identifier) correct(question string, in Vocabulary) {
	typed := x.Spelling
	try := func(y text.Spelling) {
		if in.Frequency(y.Stem) > 0 && (!x.corrected || in.Frequency(y.Stem) > in.Frequency(x.known[0])) {
			y.Start, y.End = typed.Start, typed.End
			x.Spelling, x.known, x.corrected = y, []uint64{y.Stem}, true
		}
	}
	if typed.Flags&text.Digits == 0 {
		try(typed.WithoutOrWithS())
	}
	for n, part := range text.AppendWords(nil, question[typed.Start:typed.End]) {
		if part.Flags&text.Digits != 0 {
			continue
		}
		known := in.Has(part.Stem)
		typed.Edits(question, n, func(y text.Spelling, edited text.Word) {
			if !known || edited.Stem == part.Stem {
				try(y)
			}
		})
	}
}

// apart makes an identifier of words that the collection has written together:
// debian 12, ledgerd writer stalled. Two words without a digit say too little.
func apart(question string, words []text.Word, in Vocabulary) (x identifier, ok bool) {
	digits, form := false, false
	for i, w := range words {
		if w.Flags&(text.Pair|text.Single) != 0 || i > 0 && question[words[i-1].End:w.Start] != " " {
			return x, false
		}
		digits = digits || w.Flags&text.Digits != 0
		form = form || formWords[w.Stem]
	}
	if digits && form || !digits && len(words) < 3 {
		return x, false
	}
	x.Spelling = text.Together(question, words)
	x.know(in)
	x.firm = !isQuantity(question[x.Start:x.End])
	if !digits {
		return x, len(stems(in, x.Identifier())) > 0
	}
	return x, len(x.known) > 0
}

// small makes an identifier of a word in small letters that the collection
// writes as one: postgresql. Of a compound, it is a spelling of the word.
func small(question string, w text.Word, in Vocabulary) (x identifier, ok bool) {
	if w.Flags&(text.Digits|text.Pair|text.Single) != 0 {
		return x, false
	}
	x.Spelling = text.NewSpelling(question, w)
	whole := in.Frequency(w.Identifier())
	switch usual := len(x.Canonical()) <= uncut && in.Frequency(w.Stem) > whole; { // law, where one text has LaW
	case whole > 0 && !usual:
		x.Flags |= text.Identifier
		x.know(in)
		x.Stem, x.firm = x.Identifier(), true
		return x, true
	case len(stems(in, w.Identifier(), w.Compound())) > 0:
		x.known = stems(in, w.Stem, w.Identifier(), w.Compound())
		return x, true
	}
	return x, false
}

// parts returns the words that x is made of, for the search: its passage may
// have it in words next to each other.
func (x *identifier) parts(question string) []text.Word {
	parts := text.AppendWords(nil, question[x.Start:x.End])
	if x.Flags&text.Digits == 0 {
		parts = append(parts, text.AppendWords(nil, x.Canonical())...)
	}
	return parts
}
