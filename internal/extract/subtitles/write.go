package subtitles

import (
	"slices"
	"strings"
	"unicode/utf8"

	"multivac"
	"multivac/internal/extract"
)

// When a paragraph ends.
const (
	longPause  = 4000 // milliseconds: what follows is something else
	shortPause = 1500 // behind the end of a sentence
	barePause  = 700  // where nobody wrote the ends of sentences
	paragraph  = 600  // bytes, at the end of a sentence
	longest    = 500  // characters of a sentence, at the end of a cue
	bare       = 150  // of what has no ends of sentences
)

// A writer joins cues to paragraphs. A line of the text is what is said from one
// end of a sentence to the next.
type writer struct {
	out     *extract.Output
	survey  survey
	before  cue      // the cue before
	shown   []string // its lines, without tags
	speaker string   // of the paragraph
	size    int      // of the paragraph
	line    string   // that is not written yet
	at      int      // the time it began
	first   bool     // it begins the paragraph
}

// cue writes a cue. Where cues roll up, each shows the last lines of the one before
// once more.
func (w *writer) cue(c cue) {
	if c.start == w.before.start && c.end == w.before.end && slices.Equal(c.lines, w.before.lines) {
		return // another layer of the same words
	}
	lines := c.lines
	if w.survey.rolls {
		shown := shownLines(c.lines)
		lines, w.shown = lines[again(w.shown, shown):], shown
	}
	if len(lines) == 0 {
		w.before.end = c.end
		return
	}
	pause := c.start - w.before.end
	if pause >= longPause || pause >= shortPause && w.line == "" || w.survey.bare && pause >= barePause {
		w.end()
	}
	w.before = c
	for _, t := range turns(lines) {
		if t.begins || t.speaker != w.speaker || w.size >= paragraph && w.line == "" {
			w.end()
		}
		w.add(t, c.start)
	}
	if n := utf8.RuneCountInString(w.line); n >= longest || w.survey.bare && n >= bare {
		w.end()
	}
}

// add adds words that are said at a time.
func (w *writer) add(t turn, at int) {
	words := t.words
	if w.size == 0 && w.line == "" {
		w.speaker, w.first = t.speaker, true
		if t.speaker != "" {
			words = t.speaker + ": " + words
		}
	}
	for words != "" {
		n := sentenceEnd(words)
		if w.line == "" {
			w.at = at
		} else if last, _ := utf8.DecodeLastRuneInString(w.line); !isTogether(last, words) {
			w.line += " "
		}
		w.line += words[:n]
		words = strings.TrimLeft(words[n:], " ")
		if ends(w.line) {
			w.write()
			if rest, ok := strings.CutPrefix(words, "- "); ok { // somebody else, in the same line
				w.end()
				words, w.first = rest, true
			}
		}
	}
}

// write writes the line.
func (w *writer) write() {
	if w.line == "" {
		return
	}
	if w.first && w.out.Len() > 0 {
		w.out.Line("", multivac.Place{})
	}
	w.out.Line(extract.Escape(w.line), multivac.Place{Time: max(w.at, 1)})
	w.size += len(w.line)
	w.line, w.first = "", false
}

// end ends the paragraph.
func (w *writer) end() {
	w.write()
	w.size, w.speaker = 0, ""
}

// closers are the marks that may stand behind the end of a sentence.
const closers = `"'”’»)]` + "」』）】"

// sentenceEnd returns where the first sentence in t ends, or the length of t. An
// abbreviation may be taken for an end: the line ends there, and the sentence goes
// on in the next one.
func sentenceEnd(t string) int {
	seen := 0 // no end is before it
	for i, r := range t {
		if i < seen || !isEnd(r) || r == '.' && endsInNumber(t[:i]) {
			continue
		}
		rest := strings.TrimLeft(t[i+utf8.RuneLen(r):], closers+".!?…")
		seen = len(t) - len(rest)
		if n := seen; rest == "" || rest[0] == ' ' || r > utf8.RuneSelf && r != '…' {
			return n
		}
	}
	return len(t)
}

// endsInNumber reports whether the last word of t is a number, as in "1. ".
func endsInNumber(t string) bool {
	const longest = 10
	t = t[max(0, len(t)-longest):]
	return isNumber(t[strings.LastIndexByte(t, ' ')+1:])
}

func isEnd(r rune) bool { return strings.ContainsRune(".!?…。！？।؟", r) }

// ends reports whether t ends as a sentence does.
func ends(t string) bool {
	t = strings.TrimRight(t, closers)
	r, _ := utf8.DecodeLastRuneInString(t)
	return isEnd(r)
}

// shownLines returns lines as they are shown.
func shownLines(lines []string) []string {
	var all []string
	speaker := ""
	for _, l := range lines {
		var b strings.Builder
		for _, t := range spoken(l, &speaker) {
			b.WriteString(t.words)
		}
		all = append(all, extract.OneLine(b.String()))
	}
	return all
}

// maxRolled is how many lines of the cue before are shown once more.
const maxRolled = 4

// again returns how many of the first lines of a cue are the last ones of the cue
// before.
func again(before, shown []string) int {
	for n := min(len(before), len(shown), maxRolled); n > 0; n-- {
		if slices.Equal(before[len(before)-n:], shown[:n]) {
			return n
		}
	}
	return 0
}

// A survey is what is to be known of all cues before the first one is written.
type survey struct {
	cues  int
	rolls bool // cues roll up, as those that machines write while they listen: many begin with a line of the one before
	bare  bool // sentences have no ends
}

// surveyOf returns the survey of a file.
func surveyOf(text string, vtt bool) survey {
	var before []string
	s, repeated, ended := survey{}, 0, 0
	for c := range cuesOf(text, vtt) {
		s.cues++
		shown := shownLines(c.lines)
		if len(shown) == 0 {
			continue
		}
		if len(shown)+len(before) > 2 && again(before, shown) > 0 {
			repeated++
		}
		if slices.ContainsFunc(shown, func(l string) bool { return sentenceEnd(l) < len(l) || ends(l) }) {
			ended++
		}
		before = shown
	}
	s.rolls, s.bare = s.cues > 2 && repeated*3 > s.cues, s.cues > 9 && ended*20 < s.cues
	return s
}
