package ask

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac"
	"multivac/internal/percent"
	"multivac/internal/rank"
)

func refuse(r multivac.Reason) multivac.Answer {
	return multivac.Answer{State: multivac.InsufficientData, Reason: &r}
}

// nothingIndexed says why a collection has nothing to answer from: no document
// was told to it, or its documents are still to be read or could not be read.
func nothingIndexed(c multivac.CollectionName, pending, failed bool) multivac.Reason {
	code, text := multivac.NothingRead, ""
	switch {
	case pending && failed:
		text = "Some of what was told to the collection %q could not be read, and the rest is still to be read; `multivac jobs list` says why."
	case pending:
		text = "What was told to the collection %q is still to be read; ask again in a moment."
	case failed:
		text = "What was told to the collection %q could not be read; `multivac jobs list` says why."
	default:
		code, text = multivac.NothingTold, "Nothing has been told to the collection %q yet."
	}
	return multivac.Reason{Code: code, Text: fmt.Sprintf(text, c)}
}

func nothingFound(asked *rank.Question, unmatched []string) multivac.Reason {
	if len(asked.Terms()) == 0 {
		return multivac.Reason{Code: multivac.QuestionEmpty, Text: "The question has no words to look for."}
	}
	return multivac.Reason{Code: multivac.NothingFound, Text: "Nothing told contains any word of the question.", Unmatched: rank.Salient(unmatched)}
}

// nearConfidence is the confidence below which the nearest sentence does not
// count as near.
const nearConfidence = 0.05

// notConfident says which words matched nothing, and why the nearest sentence
// was refused: it lacks the kind of thing that the question asks for, it lacks
// a name, a number or another word, reading it found no answer, or it is far
// from the question.
func notConfident(asked *rank.Question, unmatched []string, best rank.Sentence, nearest multivac.Quotation, threshold float64) multivac.Reason {
	unmatched = rank.Salient(unmatched)
	subject := "The nearest sentence"
	var says []string
	if len(unmatched) > 0 {
		says = append(says, fmt.Sprintf("Nothing told contains %s.", list(unmatched)))
	}
	if kind := asked.Wanting(nearest.Text); kind != "" {
		says = append(says, fmt.Sprintf("The question asks for %s, and the nearest sentence has none.", kind))
		subject = "It"
	}
	if lacking := lacking(asked, unmatched, nearest); len(lacking) > 0 {
		says = append(says, fmt.Sprintf("%s %s.", subject, missing(asked.Text, lacking)))
		subject = "It"
	}
	likely, wanted := percent.Of(nearest.Confidence), percent.Wanted(threshold)
	switch {
	case best.Read && best.Reading < 0:
		says = append(says, fmt.Sprintf("%s was read together with the question, and does not seem to answer it: %s likely, where %s is asked for.", subject, likely, wanted))
	case nearest.Confidence < nearConfidence:
		says = append(says, fmt.Sprintf("%s is too far from the question: %s likely to answer it, where %s is asked for.", subject, likely, wanted))
	case len(says) == 0:
		says = append(says, fmt.Sprintf("%s has the words of the question, but is only %s likely to answer it, where %s is asked for.", subject, likely, wanted))
	default:
		says = append(says, fmt.Sprintf("%s is %s likely to answer the question, where %s is asked for.", subject, likely, wanted))
	}
	return multivac.Reason{Code: multivac.NotConfident, Text: strings.Join(says, " "), Unmatched: unmatched, Nearest: &nearest}
}

// lacking returns the words that the nearest sentence lacks, with its title and
// headings, and that another sentence has.
func lacking(asked *rank.Question, unmatched []string, nearest multivac.Quotation) []string {
	lacking := rank.Salient(asked.Lacking(nearest.Title, nearest.Heading, nearest.Lead, nearest.Text))
	return slices.DeleteFunc(lacking, func(w string) bool { return slices.Contains(unmatched, w) })
}

// missing says what is missing. A name or a number comes first: without it, the
// sentence is about another thing.
func missing(question string, lacking []string) string {
	var facts []string
	for _, w := range lacking {
		first, _ := utf8.DecodeRuneInString(w)
		name := unicode.IsUpper(first) && !strings.HasPrefix(question, w)
		if name || strings.ContainsFunc(w, unicode.IsDigit) {
			facts = append(facts, w)
		}
	}
	if len(facts) > 0 {
		return "is not about " + list(facts)
	}
	return "says nothing of " + list(lacking)
}

// maxListed is the largest number of words that a list shows.
const maxListed = 4

// list writes words of the question as “a”, “b” or “c”.
func list(words []string) string {
	var quoted []string
	for _, w := range words {
		quoted = append(quoted, "“"+w+"”")
	}
	if more := len(words) - maxListed; more > 1 {
		quoted = append(quoted[:maxListed], fmt.Sprintf("%d more words of the question", more))
	}
	n := len(quoted)
	if n == 1 {
		return quoted[0]
	}
	return strings.Join(quoted[:n-1], ", ") + " or " + quoted[n-1]
}
