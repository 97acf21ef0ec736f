package rank

import (
	"slices"
	"strings"

	"multivac"
	"multivac/internal/text"
)

// An identifier of a question is compared whole: KubeAPIDown has nothing to do
// with KubeAPIErrorBudgetBurn.
type identifier struct {
	spelled
	// The stems that the collection has it by. The collection may write it
	// together, with hyphens or in small letters.
	known []uint64
	// A text without it does not answer. That does not hold for a mere
	// quantity, nor for an identifier that is made of ordinary words.
	firm      bool
	corrected bool // it is read as another identifier, because of a typing mistake
}

// identifiers finds the identifiers of the question, and the compounds that are
// not identifiers.
func (v *vocabulary) identifiers() (found []identifier, compounds []multivac.Span) {
	taken := func(w text.Word) bool {
		return slices.ContainsFunc(found, func(x identifier) bool { return x.Start < w.End && w.Start < x.End })
	}
	for i := range v.written {
		w := v.written[i].Word
		if taken(w) {
			continue
		}
		if x, ok := v.asWritten(i); ok {
			found = append(found, x)
		} else {
			compounds = append(compounds, multivac.Span{Start: w.Start, End: w.End})
		}
	}
	next := 0
	for i, w := range v.words {
		for ; next < len(v.apart) && v.apart[next].first == i; next++ {
			if a := &v.apart[next]; !slices.ContainsFunc(a.words, taken) {
				if x, ok := v.together(a); ok {
					found = append(found, x)
				}
			}
		}
		if !taken(w) {
			if x, ok := v.small(i); ok {
				found = append(found, x)
			}
		}
	}
	return found, compounds
}

// together returns the words of a question, with each identifier as one word.
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

// apartMost is the largest number of words that can be joined to an identifier.
const apartMost = 8

// asWritten makes an identifier of the i-th one that the question writes as
// such.
func (v *vocabulary) asWritten(i int) (x identifier, ok bool) {
	x.spelled = v.written[i]
	x.known = v.known(x.stems()...)
	switch {
	case x.Flags&text.Compound != 0:
		x.Stem = x.Identifier()
		if v.count(x.Stem) > 0 {
			return x, true
		}
		return v.joined(x)
	case len(x.known) > 0:
	case ordinary(v.text, x.Word), v.isSplit(i):
		return x, false
	default:
		v.correct(&x, len(v.words)+i)
	}
	x.firm = !isQuantity(v.text[x.Start:x.End])
	return x, true
}

// joined makes the compound x a word if the collection writes it together. For
// example, e-mail becomes email.
func (v *vocabulary) joined(x identifier) (identifier, bool) {
	w, ok := x.asWord()
	if !ok || !v.has(w.Stem) {
		return x, false
	}
	x.Stem, x.Folded = w.Stem, w.Folded
	x.known = append(x.known, x.Stem)
	return x, true
}

// isSplit reports whether the i-th identifier is several identifiers with
// slashes between them, each of which the collection knows:
// KubeAPIDown/KubeletDown.
func (v *vocabulary) isSplit(i int) bool {
	w := v.written[i].Word
	pieces := strings.Split(v.text[w.Start:w.End], "/")
	if len(pieces) < 2 {
		return false
	}
	for _, piece := range pieces {
		if !slices.ContainsFunc(v.written[i+1:], func(x spelled) bool {
			return x.Start >= w.Start && x.End <= w.End && v.text[x.Start:x.End] == piece && v.count(x.Stem) > 0
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

// correct reads an unknown identifier as the one that was meant by the mistake
// of this number, if there is one.
func (v *vocabulary) correct(x *identifier, mistake int) {
	r, ok := v.meant(mistake)
	if !ok {
		return
	}
	typed := x.spelled
	v.corrections(&typed, func(y text.Spelling, unless uint64) {
		if x.corrected || y.Stem != r.Stem || unless != 0 && v.has(unless) {
			return
		}
		y.Start, y.End = typed.Start, typed.End
		x.Spelling, x.known, x.corrected = y, []uint64{y.Stem}, true
		v.also[y.Stem] = r.Count
		if x.canonical = text.AppendWords(nil, y.Canonical()); len(x.canonical) != 1 {
			x.canonical = nil // the reading counts one word only
			return
		}
		v.also[x.canonical[0].Stem] = r.With
	})
}

// together makes an identifier of words that the collection writes together.
func (v *vocabulary) together(a *apart) (x identifier, ok bool) {
	x.spelled = a.spelled
	x.known = v.known(x.stems()...)
	x.firm = !isQuantity(v.text[x.Start:x.End])
	if !a.digits {
		return x, v.count(x.Identifier()) > 0
	}
	return x, len(x.known) > 0
}

// small makes an identifier of a word in small letters that the collection
// writes as an identifier: postgresql. For a compound, that is another spelling
// of the word.
func (v *vocabulary) small(i int) (x identifier, ok bool) {
	w := v.words[i]
	if x.spelled = v.single[i]; x.words == nil {
		return x, false
	}
	whole := v.count(w.Identifier())
	switch usual := len(x.Canonical()) <= uncut && v.count(w.Stem) > whole; { // the word law, if one text has LaW
	case whole > 0 && !usual:
		x.Flags |= text.Identifier
		x.known = v.known(x.stems()...)
		x.Stem, x.firm = x.Identifier(), true
		return x, true
	case len(v.known(w.Identifier(), w.Compound())) > 0:
		x.known = v.known(w.Stem, w.Identifier(), w.Compound())
		return x, true
	}
	return x, false
}
