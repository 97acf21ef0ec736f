package rank

import (
	"strings"

	"multivac/internal/text"
)

// A class is something that a sentence has and the question does not. An answer
// may consist of it.
type class int

const (
	className     class = iota // a capitalised word inside the sentence
	classFullName              // two in a row
	classNumber                // digits, but no year
	classYear                  // 1000 to 2099
	classMonth
	classCount    // a number in letters
	classMoney    // a currency
	classPercent  // a share
	classDuration // a unit of time
	classMeasure  // a unit of measure
	classCause    // because, due to, in order to
	classPlace    // in, at or near a name
	classAgent    // by a name
	classNaming   // called, known as, or a quotation
	classList     // two commas or more
	classParen    // something in brackets
	classIs       // is, are, was or were a or the
	classExample  // such as, including
	classes
)

var classNames = [classes]string{"name", "full name", "number", "year", "month", "count", "money", "percent",
	"duration", "measure", "cause", "place", "agent", "naming", "list", "bracket", "definition", "example"}

// cues are English words, and some that other languages share, that show a
// class. A text in another language only has fewer classes.
var cues = func() map[uint64]class {
	m := map[uint64]class{}
	for c, list := range [classes]string{
		classMonth:    "january february march april june july august september october november december",
		classCount:    "one two three four five six seven eight nine ten eleven twelve dozen twenty thirty forty fifty hundred thousand million billion first third half twice once both",
		classMoney:    "dollar dollars euro euros pound pounds cents yen usd eur gbp",
		classPercent:  "percent percentage",
		classDuration: "second seconds minute minutes hour hours day days week weeks month months year years decade decades century centuries",
		classMeasure:  "mm cm km kg metre meters metres miles mile feet foot inches acres hectares tonnes tons degrees kb mb gb volts watts nm bar ml litres",
		classCause:    "because due since so therefore cause caused causes causing result reason reasons prevent avoid order",
		classNaming:   "called named known termed referred term name nicknamed titled means meaning",
	} {
		for w := range strings.FieldsSeq(list) {
			m[folded(w)] = class(c)
		}
	}
	return m
}()

var (
	placeWords = foldedSet("in at near from to on of")
	agentWords = foldedSet("by")
	pronouns   = foldedSet(text.Pronouns)
	articles   = foldedSet("a an the one")
	being      = foldedSet("is are was were")
	examples   = foldedSet("including includes include such like example")
)

// formWords are English words that give a question its form. They may be rare
// in texts of another kind than those that the rates were learned from.
var formWords = func() map[uint64]bool {
	m := map[uint64]bool{}
	for w := range strings.FieldsSeq("i me my mine we us our you your he him his she her it its they them their am is are was were be been being do does did done have has had can could may might must shall should will would the a an and or not no of to in on at by for with from as that this these those there here please tell show give which what who whom whose when where why how if then than so but about into get got per") {
		m[text.AppendWords(nil, w)[0].Stem] = true
	}
	return m
}()

func folded(word string) uint64 { return text.AppendWords(nil, word)[0].Folded }

func foldedSet(list string) map[uint64]bool {
	m := map[uint64]bool{}
	for w := range strings.FieldsSeq(list) {
		m[folded(w)] = true
	}
	return m
}

// classify returns the set of classes of the words of s that are not terms of
// the question.
func classify(s string, words []text.Word, terms []int8) (set uint32) {
	name := -2 // the latest new name
	for i, w := range words {
		if i > 0 && articles[w.Folded] && being[words[i-1].Folded] {
			set |= 1 << classIs
		}
		if terms[i] >= 0 {
			continue
		}
		if examples[w.Folded] {
			set |= 1 << classExample
		}
		if w.Flags&text.Digits != 0 {
			set |= 1 << digits(s, w)
		} else if c, ok := cues[w.Folded]; ok {
			set |= 1 << c
		}
		if w.Flags&text.Capital != 0 && i > 0 {
			set |= 1 << className
			if name == i-1 {
				set |= 1 << classFullName
			}
			name = i
			if placeWords[words[i-1].Folded] {
				set |= 1 << classPlace
			}
			if agentWords[words[i-1].Folded] {
				set |= 1 << classAgent
			}
		}
	}
	return set | marks(s)
}

// digits returns the kind of number that w is.
func digits(s string, w text.Word) class {
	n := s[w.Start:w.End]
	switch {
	case w.Start > 0 && s[w.Start-1] == '$', strings.HasSuffix(s[:w.Start], "€"), strings.HasSuffix(s[:w.Start], "£"):
		return classMoney
	case w.End < len(s) && s[w.End] == '%':
		return classPercent
	case len(n) >= 4 && (n[0] == '1' || n[:2] == "20") && isDigit(n[1]) && isDigit(n[2]) && isDigit(n[3]) && (len(n) == 4 || n[4:] == "s"):
		return classYear
	}
	return classNumber
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// marks finds the classes that punctuation shows.
func marks(s string) (set uint32) {
	commas := 0
	for i := range len(s) {
		switch s[i] {
		case ',', ';':
			commas++
		case '(':
			set |= 1 << classParen
		case '"':
			set |= 1 << classNaming
		}
	}
	if commas >= 2 {
		set |= 1 << classList
	}
	return set
}
