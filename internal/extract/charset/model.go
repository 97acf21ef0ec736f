package charset

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"strings"
	"sync"
	"unicode"
)

// The model: for each language, how likely letters follow each other in its
// words. learn/main.go learns it.
//
//go:embed model.json.gz
var packed []byte

// Unit is the unit of costs in tables, in nats.
const Unit = 1.0 / 16

// A Model is what is learned.
type Model struct {
	Languages []Language
	Foreign   string // letters of all languages
	Costs     []byte // of those letters where a language does not have them
	foreign   map[rune]float64
	english   *Language
}

// A Language says what letters cost after each other in its words.
type Language struct {
	Name    string
	Letters string // in lower case; of Chinese, Japanese and Korean the usual characters
	// Costs are those of the letter of the column after the letter of the row.
	// Row and column 0 are the begin and end of a word, 1 is any other letter. Of
	// Chinese, Japanese and Korean they are those of each character.
	Costs   []byte
	Typical float64 // mean cost of two characters, one of them not ASCII

	script Script
	at     map[rune]int
	width  int // of the table; 0 if there is none
}

// learned returns the model.
var learned = sync.OnceValue(func() *Model {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(err) // the file is part of the program
	}
	m := &Model{}
	if err := json.NewDecoder(r).Decode(m); err != nil {
		panic(err)
	}
	m.prepare()
	return m
})

func (m *Model) prepare() {
	m.foreign = map[rune]float64{}
	for i, r := range []rune(m.Foreign) {
		m.foreign[r] = float64(m.Costs[i]) * Unit
	}
	for i := range m.Languages {
		l := &m.Languages[i]
		l.at = map[rune]int{}
		for n, r := range []rune(l.Letters) {
			l.at[r] = n + 2
			if s := ScriptOf(r); l.script == latin {
				l.script = s
			}
		}
		if l.script != eastAsian {
			l.width = len(l.at) + 2
		}
		if l.Name == "en" {
			m.english = l
		}
	}
}

// Costs of what the model was not taught, in nats.
const (
	unknown  = 14  // a letter of no language
	loan     = 4   // a letter that the language has only in names
	newWord  = 3   // a word of another script
	anyEnd   = 1.5 // the end of such a word
	mixed    = 7   // letters of two scripts in one word
	capital  = 1.5 // a capital letter at the begin of a word
	capitals = 0.7 // another one after that
	humped   = 7   // a capital letter after a small one
)

// index returns where the letter is in the tables of l, or 0 for what is no
// letter of its script.
func (l *Language) index(c char) int {
	if c.kind != letter || c.script != l.script {
		return 0
	}
	if i, ok := l.at[c.lower]; ok {
		return i
	}
	return 1
}

// cost returns what b costs after a. i and j are their indexes.
func (l *Language) cost(a, b *char, i, j int) float64 {
	switch {
	case b.kind == letter && b.script != l.script:
		return learned().foreignCost(a, b)
	case l.width == 0 && j > 1:
		return float64(l.Costs[j-2]) * Unit
	case l.width == 0 && j == 1:
		return unknown
	case b.kind != letter && a.kind == letter && a.script != l.script:
		return anyEnd
	case b.kind != letter && a.kind != letter || l.width == 0:
		return 0
	}
	if j == 1 {
		return loan + learned().costOf(b.lower)
	}
	return float64(l.Costs[i*l.width+j]) * Unit
}

// foreignCost returns what a letter of another script costs. That of ASCII is
// read as English.
func (m *Model) foreignCost(a, b *char) float64 {
	e := m.english
	start := 0.0
	if a.kind != letter {
		start = newWord
	}
	if i, j := e.index(*a), e.index(*b); !b.wide && j > 1 {
		return start + float64(e.Costs[i*e.width+j])*Unit
	}
	return start + newWord + m.costOf(b.lower)
}

func (m *Model) costOf(r rune) float64 {
	if c, ok := m.foreign[r]; ok {
		return c
	}
	return unknown
}

// A char is a character as the model sees it.
type char struct {
	r, lower rune
	kind     kind
	script   Script
	upper    bool
	wide     bool    // not ASCII
	alone    float64 // what a symbol costs
}

type kind uint8

const (
	other kind = iota // ASCII that is neither letter nor digit, and white space
	digit
	letter
	symbol // not ASCII
)

// A Script is one that letters are of.
type Script uint8

const (
	latin Script = iota
	greek
	cyrillic
	hebrew
	arabic
	thai
	eastAsian
	otherScript
	scripts
)

// ScriptOf returns the script of a letter.
func ScriptOf(r rune) Script {
	switch {
	case unicode.In(r, unicode.Latin, unicode.Inherited):
		return latin
	case unicode.Is(unicode.Greek, r):
		return greek
	case unicode.Is(unicode.Cyrillic, r):
		return cyrillic
	case unicode.Is(unicode.Hebrew, r):
		return hebrew
	case unicode.Is(unicode.Arabic, r) || r >= 0x64b && r <= 0x652: // the vowels
		return arabic
	case unicode.Is(unicode.Thai, r):
		return thai
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r == 'ー':
		return eastAsian
	}
	return otherScript
}

func newChar(r rune) char {
	c := char{r: r, lower: unicode.ToLower(r), wide: r >= 0x80}
	switch {
	case r >= '0' && r <= '9':
		c.kind = digit
	case r == 'ª' || r == 'º' || r == 'µ':
		c.kind, c.alone = symbol, symbolCost(r)
	case unicode.IsLetter(r) || unicode.In(r, unicode.Mn, unicode.Mc) && c.wide:
		c.kind, c.script = letter, ScriptOf(r)
		c.upper = c.lower != r
	case c.wide:
		c.kind, c.alone = symbol, symbolCost(r)
	}
	return c
}

// between returns what b costs after a in any language: for its case and its
// script.
func between(a, b *char) (cost float64) {
	if b.kind != letter {
		return 0
	}
	if a.kind == letter && a.script != b.script {
		cost = mixed
	}
	switch {
	case !b.upper:
	case a.kind != letter:
		cost += capital
	case a.upper:
		cost += capitals
	default:
		cost += humped
	}
	return cost
}

// symbolCosts are what symbols cost, in nats.
var symbolCosts = func() map[rune]float64 {
	all := map[rune]float64{}
	for _, g := range []struct {
		cost    float64
		symbols string
	}{
		{4, "、。，「」（）：・؟،"},
		{5, "–—’“”„«»•·°§©€£\u00a0\u3000“”！？；『』《》【】؛"},
		{7, "…‘‚®™±×¿¡½¼¾²³¹ºªµ¶‡†‰№→‹›〈〉〔〕〜～※○●■□◆◇△▲▼★☆①②③④⑤"},
		{8.5, "´¥÷¢‾─│"},
		{11, "¨¤¦¬¯¸"},
	} {
		for _, r := range g.symbols {
			all[r] = g.cost
		}
	}
	return all
}()

func symbolCost(r rune) float64 {
	if c, ok := symbolCosts[r]; ok {
		return c
	}
	switch {
	case r >= 0xff01 && r <= 0xff5e, r >= 0x660 && r <= 0x669, r >= 0xe50 && r <= 0xe59: // wide, Arabic and Thai ones
		return 7
	case r >= 0x2500 && r <= 0x257f, r >= 0x2200 && r <= 0x22ff:
		return 9
	}
	return 13
}

// placed returns what a symbol costs between two characters.
func placed(before, s, next char) float64 {
	inWord := before.kind == letter && next.kind == letter && before.script < eastAsian && next.script < eastAsian
	atWord := (before.kind == letter && before.script < eastAsian) != (next.kind == letter && next.script < eastAsian)
	switch {
	case before.r == s.r:
		return 1
	case s.r == '’' && before.kind == letter:
		return s.alone - 1
	case inWord && strings.ContainsRune("–—·\u00ad", s.r):
		return s.alone + 4
	case inWord:
		return s.alone + 9
	case atWord && before.kind == letter && strings.ContainsRune("²³¹™®ºª°", s.r), strings.ContainsRune("’‘‚“”„«»‹›¿¡…–—\u00a0", s.r):
		return s.alone
	case atWord:
		return s.alone + 2
	}
	return s.alone
}

// Wide reports whether a script has characters for words or syllables.
func Wide(s Script) bool { return s == eastAsian }
