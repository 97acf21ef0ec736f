package subtitles

import (
	"iter"
	"strconv"
	"strings"
)

// A cue is what is shown from one time to another, in milliseconds.
type cue struct {
	start, end int
	lines      []string // as they stand in the file
}

// cuesOf yields the cues of a file. A cue of WebVTT ends at a blank line, and what
// is between cues is for programs. One of SubRip may have blank lines, and ends at
// the number of the next one.
func cuesOf(text string, vtt bool) iter.Seq[cue] {
	return func(yield func(cue) bool) {
		var c cue
		open, count := false, 0
		for rest := text; rest != ""; {
			line, after, _ := strings.Cut(rest, "\n")
			isEmpty := line == "" // a line of spaces ends no cue
			line, rest = strings.TrimSpace(line), after
			start, end, isTiming := parseTiming(line)
			switch {
			case isTiming:
				if count > 0 && !yield(c.ended(count)) {
					return
				}
				c, open = cue{start: start, end: end}, true
				count++
			case isEmpty && vtt:
				open = false
			case open:
				c.lines = append(c.lines, line)
			}
		}
		if count > 0 {
			yield(c.ended(-1))
		}
	}
}

// ended returns the cue of that number without the number of the next one, which
// has no blank line before it in some files, and without blank lines. The last one
// has the number -1.
func (c cue) ended(number int) cue {
	lines := c.lines
	if n := len(lines); n > 0 && number > 0 && isNumber(lines[n-1]) && (n == 1 || lines[n-2] == "" || lines[n-1] == strconv.Itoa(number+1)) {
		lines = lines[:n-1]
	}
	c.lines = nil
	for _, l := range lines {
		if l != "" {
			c.lines = append(c.lines, l)
		}
	}
	return c
}

func isNumber(t string) bool { return t != "" && len(t) < 10 && strings.Trim(t, "0123456789") == "" }

// parseTiming reads the times of a cue: "00:01:02,000 --> 00:01:04,000 X1:40".
// Hours may be missing, and there may be a point in the place of the comma.
func parseTiming(line string) (start, end int, ok bool) {
	from, to, ok := strings.Cut(line, "-->")
	if !ok {
		return 0, 0, false
	}
	to, _, _ = strings.Cut(strings.TrimSpace(to), " ")
	to, _, _ = strings.Cut(to, "\t")
	if start, ok = parseTime(strings.TrimSpace(from)); !ok {
		return 0, 0, false
	}
	if end, ok = parseTime(to); !ok {
		return 0, 0, false
	}
	return start, max(start, end), true
}

// maxHours is the longest recording.
const maxHours = 500

// parseTime reads a time in milliseconds.
func parseTime(t string) (ms int, ok bool) {
	t = strings.Replace(t, ",", ".", 1)
	clock, fraction, _ := strings.Cut(t, ".")
	fields := strings.Split(clock, ":")
	if len(fields) < 2 || len(fields) > 3 {
		return 0, false
	}
	for _, f := range fields {
		n, ok := number(f)
		if !ok {
			return 0, false
		}
		ms = ms*60 + n
	}
	n, ok := number((strings.TrimSpace(fraction) + "000")[:3])
	if ms = ms*1000 + n; !ok || ms > maxHours*3600_000 {
		return 0, false
	}
	return ms, true
}

// number reads a number of up to 4 digits.
func number(t string) (n int, ok bool) {
	t = strings.TrimSpace(t)
	if t == "" || len(t) > 4 {
		return 0, false
	}
	for _, c := range []byte(t) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
