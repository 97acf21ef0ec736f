package pptx

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// fewWords is how many words a line has at least that is taken for the begin of a
// sentence where nothing shows the end of it. With fewer, it is rather a label.
const fewWords = 4

// joined puts sentences together that run over paragraphs. Someone broke them so
// that the lines look well.
func joined(all []paragraph) []paragraph {
	out := all[:0]
	for i := 0; i < len(all); {
		end := i + 1
		for end < len(all) && goesOn(all[end-1], all[end]) {
			end++
		}
		if !isSentence(all[i:end]) {
			out = append(out, all[i])
			i++
			continue
		}
		one := all[i]
		one.text = oneText(all[i:end])
		out = append(out, one)
		i = end
	}
	return out
}

// goesOn reports whether b may go on with a sentence that a begins: both have no
// mark and one level, nothing stands between, a does not end one, and b begins with
// a small letter as a word does, and no address.
func goesOn(a, b paragraph) bool {
	if a.mark > unmarked || b.mark > unmarked || a.level != b.level || b.apart {
		return false
	}
	first, _ := utf8.DecodeRuneInString(b.text)
	word, _, _ := strings.Cut(b.text, " ")
	return unicode.IsLower(first) && !strings.ContainsAny(word, "@/") && !ends(a.text)
}

// ends reports whether a text ends with a mark that nothing goes on behind.
func ends(t string) bool {
	t = strings.TrimRight(t, `"'”’»)] `)
	last, _ := utf8.DecodeLastRuneInString(t)
	return strings.ContainsRune(".!?:;…。！？", last)
}

// isSentence reports whether paragraphs of which each goes on with the one before
// are a sentence, and no list of words below a label: it ends as one, or is in two
// paragraphs of which the first is more than a label.
func isSentence(all []paragraph) bool {
	n := len(all)
	return n > 1 && (ends(all[n-1].text) || n == 2 && len(strings.Fields(all[0].text)) >= fewWords)
}
