package ask

import (
	"fmt"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/rank"
)

func refuse(r multivac.Reason) multivac.Answer {
	return multivac.Answer{State: multivac.InsufficientData, Reason: &r}
}

func nothingFound(asked *rank.Question, unmatched []string) multivac.Reason {
	if len(asked.Terms()) == 0 {
		return multivac.Reason{Code: multivac.QuestionEmpty, Text: "The question has no words to look for."}
	}
	return multivac.Reason{Code: multivac.NothingFound, Text: "Nothing told contains any word of the question.", Unmatched: unmatched}
}

// notConfident says what the nearest sentence lacks.
func notConfident(asked *rank.Question, unmatched []string, nearest multivac.Quotation, threshold float64) multivac.Reason {
	var why []string
	if len(unmatched) > 0 {
		why = append(why, fmt.Sprintf("Nothing told contains %s.", list(unmatched)))
	}
	lacking := asked.Lacking(nearest.Title, nearest.Heading, nearest.Lead, nearest.Text)
	lacking = without(lacking, unmatched)
	if len(lacking) > 0 {
		why = append(why, fmt.Sprintf("The nearest sentence says nothing of %s.", list(lacking)))
	}
	why = append(why, fmt.Sprintf("The nearest sentence answers with a probability of %s; %s is asked for.", percent(nearest.Confidence), percent(threshold)))
	return multivac.Reason{Code: multivac.NotConfident, Text: strings.Join(why, " "), Unmatched: unmatched, Nearest: &nearest}
}

// list writes words as “a”, “b” or “c”.
func list(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = "“" + w + "”"
	}
	if n := len(quoted); n > 1 {
		return strings.Join(quoted[:n-1], ", ") + " or " + quoted[n-1]
	}
	return quoted[0]
}

func without(words, others []string) []string {
	return slices.DeleteFunc(words, func(w string) bool { return slices.Contains(others, w) })
}

func percent(p float64) string {
	switch {
	case p < 0.01:
		return "under 1%"
	case p > 0.99:
		return "over 99%"
	}
	return fmt.Sprintf("%.0f%%", 100*p)
}
