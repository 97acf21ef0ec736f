package text

import "strings"

// Announces reports whether a sentence only announces what comes after it.
func Announces(sentence string) bool {
	t := strings.TrimRight(sentence, " \t\r\n*_`\"'”’)]")
	return strings.HasSuffix(t, ":") || strings.HasSuffix(t, "：")
}
