package text

import (
	"slices"
	"strings"
	"unicode"
)

// Pronouns are English words by which a sentence begins that cannot be
// understood without the one before it.
const Pronouns = "he she it they this these that those his her its their such here there"

var pronouns = strings.Fields(Pronouns)

// Leans reports whether a sentence begins with a pronoun, and so needs the one
// before it to be understood.
func Leans(sentence string) bool {
	first, _, _ := strings.Cut(sentence, " ")
	first = strings.ToLower(strings.TrimFunc(first, func(r rune) bool { return !unicode.IsLetter(r) }))
	return slices.Contains(pronouns, first)
}
