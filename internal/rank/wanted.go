package rank

import (
	"slices"
	"strings"

	"multivac/internal/text"
)

// A wish says which kind of thing an English question asks for by its first
// words, and which classes or words of a sentence meet it. It explains a
// refusal, and a sentence that lacks it is not complete. The ranking learns by itself
// which sentences suit which questions.
type wish struct {
	begins  []string // how the question begins, in whole words
	but     []string // except questions that begin so
	name    string
	classes uint32
	words   map[uint64]bool // these meet it, too
}

var wishes = []wish{
	{[]string{"when", "what year", "which year", "what date", "which date", "what day", "which day", "what month", "which month"},
		[]string{"when can", "when do", "when is it", "when may", "when must", "when shall", "when should"}, "a date",
		1<<classYear | 1<<classMonth | 1<<classNumber | 1<<classDuration, nil},
	{[]string{"how many", "how much", "how long", "how old", "how far", "how large", "how big", "how tall", "how high", "how deep", "how often", "how fast", "how heavy", "how wide"}, nil, "a number",
		1<<classNumber | 1<<classYear | 1<<classCount | 1<<classMoney | 1<<classPercent | 1<<classDuration | 1<<classMeasure, foldedSet("always never no none every all")},
	{[]string{"who", "whom", "whose"}, nil, "a name", 1<<className | 1<<classAgent, foldedSet("by everyone nobody somebody anyone whoever")},
	{[]string{"where"}, nil, "a place", 1<<className | 1<<classPlace, foldedSet("in at on under beside between from near")},
	{[]string{"why"}, nil, "a reason", 1 << classCause, foldedSet("for to that lest else otherwise if")},
}

// Wanting returns the kind of thing that the question asks for and s lacks,
// such as "a number". It is empty if s has it, or if the question does not say.
func (q *Question) Wanting(s string) string {
	asked := strings.ToLower(q.Text) + " "
	begins := func(words string) bool { return strings.HasPrefix(asked, words+" ") }
	for _, w := range wishes {
		if slices.ContainsFunc(w.begins, begins) && !slices.ContainsFunc(w.but, begins) {
			if w.grantedBy(q, s) {
				return ""
			}
			return w.name
		}
	}
	return ""
}

func (w *wish) grantedBy(q *Question, s string) bool {
	words := q.words(nil, s)
	terms := make([]int8, len(words))
	for i, word := range words {
		terms[i] = int8(q.find(word.Stem))
		if beforeName := i+1 < len(words) && words[i+1].Flags&text.Capital != 0; w.words[word.Folded] && !beforeName {
			return true
		}
	}
	if classify(s, words, terms)&w.classes != 0 {
		return true
	}
	// The capital of the first word shows nothing, but the word may be a name.
	return w.classes&(1<<className) != 0 && len(words) > 0 && words[0].Flags&text.Capital != 0 && terms[0] < 0 && !formWords[words[0].Stem]
}

// fillers are English words that only say how something is asked.
var fillers = foldedSet(`again ago also always any anybody anyone anything away back become becomes begin best better come comes down every everybody everyone
	everything ever example far find first get gets give given go goes going happen happens instead just kind know known less let like list long look made make makes
	many maybe mean means more most much must name named need needs never new now off often ok okay once one only other others our out over
	own place said same say says see some somebody someone something still stuff take taken takes thing things time too type until up use
	used uses using very want wants way well without work works yes yet
	arent cant couldnt didnt doesnt dont hadnt hasnt havent im isnt ive lets shouldnt wasnt werent whats whos wont wouldnt youre`)

// Salient returns the words that are worth showing. It leaves out fillers and
// single letters.
func Salient(words []string) (salient []string) {
	for _, word := range words {
		w := text.AppendWords(nil, word)
		if len(w) > 0 && (len(w) > 1 || !fillers[w[0].Folded]) && (len(word) > 1 || isDigit(word[0])) {
			salient = append(salient, word)
		}
	}
	return salient
}
