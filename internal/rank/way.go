package rank

import (
	"slices"
	"strings"
)

// AsksForWay reports whether the question asks how something is done, and so
// wants all steps and not one of them: "How do I renew it?", "forgot my
// password, what now", "What are the steps if one is missing?". A question for
// a degree, such as "how long", does not. It knows English and a few words of
// other languages.
func (q *Question) AsksForWay() bool {
	words := strings.FieldsFunc(strings.ToLower(q.Text), isNoWord)
	fact := len(words) > 1 && (asksForFact[words[0]] && words[1] != "you" || words[0] == "how" && !isManner(words[1:]))
	for i, w := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case w == "how" && isManner(words[i+1:]),
			w == "what" && isTask(words[i+1:]),
			slices.Contains(ways[w], next),
			!fact && (wayWords[w] || w == "the" && theWay[next]):
			return true
		}
	}
	return false
}

// isManner reports whether the words after "how" ask for a way and not for a
// degree, as "how fresh are they" does.
func isManner(words []string) bool {
	switch {
	case len(words) == 0 || degrees[words[0]]:
		return false
	case len(words) == 1 || tasks[words[0]] || manners[words[0]]:
		return true
	}
	return !tasks[words[1]]
}

// manners are adverbs between "how" and what is done.
var manners = wordSet(`actually again best better exactly precisely properly then to`)

// degrees are words after "how" that make it a question for a number or degree,
// or another one.
var degrees = wordSet(`about accurate bad big broad close cold come cool costly dangerous dark deep dirty dry early empty expensive far fast few frequent frequently fresh full good great
	hard heavy high hot important large late likely little long loud low many much narrow near new often old painful powerful precise quick quickly rare rarely recent recently
	reliable risky safe serious severe short slow slowly small soon steep strict strong sure tall thick thin tight warm weak wet wide young`)

// asksForFact are words at the beginning of a question for one fact.
var asksForFact = wordSet(`are can did do does has have is may must should was were when where which who whom whose why`)

// ways are pairs of words that ask for a way: a word, and the words that may
// follow it.
var ways = map[string][]string{
	"what": {"now", "next", "order", "steps"}, "which": {"order", "steps"}, "now": {"what"}, "step": {"by"},
	"way": {"to", "of"}, "walk": {"me", "us"}, "guide": {"me", "us"},
	"wie":  strings.Fields(`bekomme bekommt geht gehe ich kann kannst komme können könnte läuft mach mache machen man muss müssen setze soll sollen werden wir wird`),
	"hoe":  strings.Fields(`doe gaat ik kan kunnen men moet moeten wij word worden wordt`),
	"cómo": strings.Fields(`debo hago hay podemos puede puedo se`), "como": strings.Fields(`debo faço hago hay podemos posso puede puedo se`),
	"comment": strings.Fields(`dois est faire faut je on peut peux puis`), "come": strings.Fields(`devo faccio posso si`),
}

// wayWords ask for a way by themselves.
var wayWords = wordSet(`steps procedure instructions howto walkthrough schritte anleitung ablauf stappen pasos procedimiento étapes procédure passi procedura`)

// theWay are the words that do so after "the".
var theWay = wordSet(`drill process routine way workflow`)

// tasks are the words that come after "what" in a question for what there is to
// do, and after "how" in one for a way.
var tasks = wordSet(`am are can could d did do does else exactly has have i is may might must need needs now one s shall should to was we were will would you`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// isTask reports whether the words after "what" ask what there is to do: "do I
// do", "has to be done", "must I prepare".
func isTask(words []string) bool {
	const near = 8 // words
	if len(words) == 0 || !tasks[words[0]] {
		return false
	}
	for i, w := range words[:min(near, len(words))] {
		switch w {
		case "done", "prepare":
			return true
		case "do":
			if i > 0 {
				return true
			}
		case "have", "has", "need":
			if i+1 < len(words) && words[i+1] == "to" {
				return true
			}
		}
	}
	return false
}
