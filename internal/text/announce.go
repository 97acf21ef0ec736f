package text

import (
	"strings"
	"unicode/utf8"

	"multivac"
)

// Announces reports whether a sentence only announces the list, code block,
// table or paragraph after it, and says nothing by itself. Such a sentence ends
// in a colon, or, in English, in words such as "as follows".
func Announces(sentence string) bool {
	t := withoutClosers(sentence)
	if strings.HasSuffix(t, ":") {
		// The colon of `std::` or `:8080:` is part of code and announces
		// nothing.
		return !strings.HasSuffix(t, "::") || !strings.HasSuffix(strings.TrimRight(sentence, " \t\r\n"), "`")
	}
	if strings.HasSuffix(t, "：") {
		return true
	}
	t = strings.TrimRight(t, ".…-–— ")
	for _, words := range announcing {
		rest := len(t) - len(words)
		if rest >= 0 && strings.EqualFold(t[rest:], words) && (rest == 0 || t[rest-1] == ' ' || t[rest-1] == '\n') {
			return true
		}
	}
	return false
}

// announcing lists the words at the end of sentences that announce something.
// "Below" alone is not in the list: "5 degrees or below" announces nothing.
var announcing = []string{
	"the following", "as follows", "these steps", "the steps", "this order",
	"the following steps", "the following order", "the following way", "the following command", "the following commands",
	"see below", "listed below", "shown below", "given below", "described below", "outlined below", "steps below", "list below",
	"table below", "command below", "commands below", "example below", "instructions below", "are below",
}

// withoutClosers returns t without white space and closing marks (of emphasis,
// quotation and brackets) at its end.
func withoutClosers(t string) string {
	for t != "" {
		switch n := isCloser(t, len(t)); {
		case isBlank(t[len(t)-1]):
			t = t[:len(t)-1]
		case n > 0:
			t = t[:len(t)-n]
		default:
			return t
		}
	}
	return t
}

// opens reports whether the text after a sentence belongs to it, so that both
// go into one passage: the sentence announces it, is a question that it
// answers, or is a line in bold that serves as its heading.
func (g *segmenter) opens(s multivac.Span) bool {
	t := g.s[s.Start:s.End]
	if Announces(t) || isQuestionLabel(t) {
		return true
	}
	ended := withoutClosers(t)
	if strings.HasSuffix(ended, "?") || strings.HasSuffix(ended, "？") || strings.HasSuffix(ended, "؟") {
		return true
	}
	return isBold(t) && !isEnded(t)
}

// isQuestionLabel reports whether t is labelled as a question: "Q: How", "**Frage:** Wie".
func isQuestionLabel(t string) bool {
	t = strings.TrimLeft(t, "*_")
	for _, label := range [...]string{"Q:", "Q.", "F:", "Question:", "Frage:", "Pregunta:", "Domanda:"} {
		if rest, ok := strings.CutPrefix(t, label); ok && (rest == "" || isBlank(rest[0]) || rest[0] == '*' || rest[0] == '_') {
			return true
		}
	}
	return false
}

// isBold reports whether all of t is bold.
func isBold(t string) bool {
	for _, mark := range [...]string{"**", "__"} {
		if len(t) > 2*len(mark) && strings.HasPrefix(t, mark) && strings.HasSuffix(t, mark) {
			return strings.Index(t[len(mark):], mark) == len(t)-2*len(mark)
		}
	}
	return false
}

// isEnded reports whether t ends in a mark that ends a sentence.
func isEnded(t string) bool {
	r, _ := utf8.DecodeLastRuneInString(withoutClosers(t))
	return endsSentence(r)
}

// introduced starts a passage of the kind and returns the text of the sentence
// that introduces it, or "". The sentences at the end of the open passage that
// announce the new one move into it. A sentence without an end mark, such as
// "Stop it with" before a code block, introduces too. Before a table it does
// not: there it may be a line of data.
func (g *segmenter) introduced(kind multivac.Kind) string {
	lead := ""
	if t := g.s[g.before.Start:g.before.End]; t != "" && (kind != multivac.Table && !isEnded(t) || g.opens(g.before)) {
		lead = oneLine(t)
	}
	end := len(g.spans)
	if lead != "" && end > g.first && g.spans[end-1] == g.before {
		for end--; end > g.first && g.opens(g.spans[end-1]); {
			end--
		}
	}
	g.flushTo(end)
	g.kind, g.lead = kind, ""
	g.weight = g.wordsFrom(end)
	return lead
}

// flushBefore ends the open passage before the sentence spans[end], or before
// the sentences directly above it that belong to it.
func (g *segmenter) flushBefore(end int) {
	from := end
	for from > g.first && g.opens(g.spans[from-1]) {
		from--
	}
	if from == g.first { // the open passage would be empty
		from = end
	}
	g.flushTo(from)
	for _, s := range g.spans[from:end] {
		g.weight += g.words(s)
	}
}
