package subtitles

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac/internal/extract"
)

// A turn is a part of what one speaker says.
type turn struct {
	speaker string // "" where nobody is named
	begins  bool   // a mark says that somebody else speaks now
	words   string
	last    rune // of the words
}

// turns returns what the lines of a cue say, without tags, positions and marks.
func turns(lines []string) []turn {
	var all []turn
	var words strings.Builder // of the last turn
	end := func() {
		if n := len(all); n > 0 {
			all[n-1].words = words.String()
		}
		words.Reset()
	}
	speaker := ""
	for _, l := range lines {
		for _, t := range spoken(l, &speaker) {
			t.words, t.begins = withoutDash(extract.OneLine(t.words))
			if strings.Trim(t.words, "-=*_~^+\"") == "" { // no words, and marks of other things in Markdown
				continue
			}
			if n := len(all); n == 0 || t.begins || all[n-1].speaker != t.speaker {
				end()
				all = append(all, t)
			} else if !isTogether(all[n-1].last, t.words) {
				words.WriteByte(' ')
			}
			words.WriteString(t.words)
			all[len(all)-1].last, _ = utf8.DecodeLastRuneInString(t.words)
		}
	}
	end()
	return all
}

// withoutDash returns words without the mark of another speaker before them, "-"
// or ">>", and whether there is one.
func withoutDash(t string) (string, bool) {
	for _, mark := range []string{">>>", ">>", "- ", "– ", "— ", "-"} {
		rest, ok := strings.CutPrefix(t, mark)
		first, _ := utf8.DecodeRuneInString(rest)
		if ok && rest != "" && (mark != "-" || unicode.IsLetter(first)) {
			return strings.TrimLeft(rest, " "), true
		}
	}
	return t, false
}

// isTogether reports whether no space belongs between a character and the text
// after it: scripts without spaces between words have none.
func isTogether(last rune, t string) bool {
	first, _ := utf8.DecodeRuneInString(t)
	return isSpaceless(last) && (isSpaceless(first) || unicode.IsDigit(first)) || unicode.IsDigit(last) && isSpaceless(first)
}

// isSpaceless reports whether r is of a script without spaces between words, or of
// its punctuation.
func isSpaceless(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) ||
		r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef
}

// maxTag is how long a tag is, in bytes.
const maxTag = 400

// spoken cuts a line where a tag names another speaker, and takes out all tags.
func spoken(l string, speaker *string) []turn {
	all := []turn{{speaker: *speaker}}
	var b strings.Builder
	reading := false // of characters, above them
	end := func() { all[len(all)-1].words = b.String() }
	for l != "" {
		i := strings.IndexAny(l, "<{")
		if i < 0 {
			i = len(l)
		}
		if !reading {
			b.WriteString(plain(l[:i]))
		}
		if l = l[i:]; l == "" {
			break
		}
		tag, n := tagOf(l)
		if n == 0 {
			b.WriteByte(l[0])
			l = l[1:]
			continue
		}
		l = l[n:]
		name, rest := tag, ""
		if k := strings.IndexAny(tag, ". \t"); k >= 0 {
			name, rest = tag[:k], tag[k:]
		}
		switch strings.ToLower(name) {
		case "v", "/v":
			end()
			b.Reset()
			*speaker = ""
			if _, who, ok := strings.Cut(rest, " "); ok {
				*speaker = extract.OneLine(plain(who))
			}
			all = append(all, turn{speaker: *speaker})
		case "rt":
			reading = true
		case "/rt", "/ruby":
			reading = false
		case "br", "br/":
			b.WriteByte(' ')
		}
	}
	end()
	return all
}

// tags are the tags of SubRip and WebVTT.
var tags = extract.Words("i b u s c v lang ruby rt font span br br/ em strong")

// tagOf returns what stands in the tag that l begins with, and how many bytes it
// takes: 0 where it is none. Tags are those of HTML, times, and what players for
// SubStation Alpha know, {\an8}.
func tagOf(l string) (tag string, n int) {
	closer := byte('>')
	if l[0] == '{' {
		closer = '}'
	}
	end := strings.IndexByte(l[:min(len(l), maxTag)], closer)
	if end < 1 {
		return "", 0
	}
	tag = l[1:end]
	if l[0] == '{' {
		if strings.HasPrefix(tag, `\`) || len(tag) > 2 && tag[1] == ':' { // {\an8}, {y:i}
			return "", end + 1
		}
		return "", 0
	}
	name := strings.TrimPrefix(strings.ToLower(tag), "/")
	if k := strings.IndexAny(name, ". \t"); k > 0 {
		name = name[:k]
	}
	if _, isTime := parseTime(tag); isTime || tags[name] {
		return tag, end + 1
	}
	return "", 0
}

// plain returns text with characters in the place of their names, and without
// those that cannot be shown.
func plain(t string) string {
	if strings.IndexByte(t, '&') >= 0 {
		t = html.UnescapeString(t)
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r), r == 0xfffe, r == 0xffff, r == '\ufeff', unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, t)
}
