package meaning

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Language is what a text is written in, as far as the text tells.
type Language int

const (
	Unclear Language = iota // it has no words that tell, as "vpn timeout"
	English                 // the only language that the model was trained for
	Other                   // another one, or there is no word in it
)

// Words that people use in nearly every sentence of a language tell which it is.
// Those that ask count twice. A word with letters that English lacks counts once
// for another language, for English has names with such letters.
const (
	tells   = 1
	asks    = 2
	foreign = -2 // evidence up to here is enough to say that it is another language
)

// longestTelling is how many bytes of a text are looked at.
const longestTelling = 1000

// LanguageOf says what a text is written in. A text of a few names or keywords is
// Unclear.
func LanguageOf(text string) Language {
	text = text[:min(len(text), longestTelling)]
	letters, strange, evidence := 0, 0, 0
	if strings.Contains(text, "¿") {
		evidence -= asks
	}
	seen := map[string]bool{}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.M, r) }) {
		for _, r := range word {
			letters++
			if r >= utf8.RuneSelf && unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lo) && !unicode.Is(unicode.Latin, r) {
				strange++
			}
		}
		word = strings.ToLower(word)
		if seen[word] {
			continue
		}
		seen[word] = true
		evidence += telling[word]
		if telling[word] == 0 && strings.ContainsFunc(word, isAccented) {
			evidence -= tells
		}
	}
	switch {
	case letters == 0 || 4*strange > letters || evidence <= foreign:
		return Other
	case evidence > 0:
		return English
	}
	return Unclear
}

func isAccented(r rune) bool { return r >= utf8.RuneSelf && unicode.Is(unicode.Latin, r) }

// telling has the weight of the words that tell: above 0 for English ones, below
// it for those of its neighbours. Words that English shares with them do not
// tell: not "in" and "was", and neither "mit", "est" and "van", which mean a thing
// in English.
var telling = func() map[string]int {
	m := map[string]int{}
	add := func(weight int, words ...string) {
		for _, some := range words {
			for w := range strings.FieldsSeq(some) {
				m[w] = weight
			}
		}
	}
	add(-asks,
		"wie wer wen wem wo wann warum wieso weshalb wessen wohin woran worauf wovon wozu welche welcher welches welchen welchem wieviel",
		"qué quién quiénes cuál cuáles cuándo cuánto cuántos cuántas cómo dónde que quien cual cuando cuanto",
		"quel quelle quels quelles quand comment combien où pourquoi quoi qui",
		"quando quanto quanti quante quale quali perché chi qual quais quem onde",
		"hoe waar wanneer waarom welke wat hoeveel",
		"hur vad när vilken vilket vilka hvad hvor hvornår hvordan hva når",
		"jak kiedy gdzie ile dlaczego który która które kdy kde kolik proč")
	add(-tells,
		`der das dem eine einen einer einem eines und oder ist sind wird werden wurde wurden von vom zum zur nach auf bei unter
		ich wir mein meine nicht kann kein keine gibt viele`,
		"el la los las del en por para con y se una su al de lo como fue eran esta más",
		"le les des sur avec sont une ce cette aux pas mon je elle nous vous ou",
		"il gli di della dello dei delle degli che sono nel nella mio um uma não são pelo dos das",
		"het een voor zijn worden wordt niet mijn naar",
		"och att som av med til og är jest się nie dla")
	add(tells, `of and for to from with by on at is are be been did does do has have had can could would should must may
		might were if there any their they this that these it its my our your we you not many much`)
	add(asks, "the what which who whom whose when where why how")
	return m
}()
