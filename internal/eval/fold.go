package eval

import (
	"strings"
	"unicode"
)

// unspaced are scripts that put no spaces between words: each character
// counts as a token.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}

// fold returns the tokens of s, each between single spaces, so that one text
// contains another token by token where its string contains the other's.
// Case, punctuation and English articles are folded away, as SQuAD does; but
// punctuation separates, where SQuAD joins: "1985–1990" contains "1990".
// A text of articles alone keeps them. A text without tokens gives "".
func fold(s string) string {
	tokens := tokenize(s)
	if kept := withoutArticles(tokens); len(kept) > 0 {
		return join(kept)
	}
	return join(tokens)
}

func withoutArticles(tokens []string) []string {
	kept := make([]string, 0, len(tokens))
	for _, t := range tokens {
		if t != "a" && t != "an" && t != "the" {
			kept = append(kept, t)
		}
	}
	return kept
}

func join(tokens []string) string {
	if len(tokens) == 0 {
		return ""
	}
	return " " + strings.Join(tokens, " ") + " "
}

func tokenize(s string) []string {
	var spaced strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r):
			spaced.WriteByte(' ')
		case r >= 0x0E00 && unicode.In(r, unspaced...): // Thai begins there
			spaced.WriteByte(' ')
			spaced.WriteRune(r)
			spaced.WriteByte(' ')
		default:
			spaced.WriteRune(r)
		}
	}
	return strings.Fields(spaced.String())
}

// holds reports whether the sentence contains one of the folded answers.
func holds(sentence string, answers []string) bool {
	tokens := tokenize(sentence)
	all, kept := join(tokens), join(withoutArticles(tokens))
	for _, a := range answers {
		// An answer such as "A" is looked for among the articles.
		// One without tokens, of marks alone, is never found.
		if a != "" && (strings.Contains(kept, a) || strings.Contains(all, a)) {
			return true
		}
	}
	return false
}
