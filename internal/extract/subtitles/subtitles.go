// Package subtitles reads what was said in a recording: SubRip and WebVTT.
package subtitles

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"multivac"
	"multivac/internal/extract"
)

// SRT is SubRip.
var SRT = extract.Format{
	Name: "SubRip subtitles", Types: []string{"application/x-subrip", "text/srt"}, Extensions: []string{".srt"}, Text: true,
	Extract: func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
		return read(ctx, body, l, false)
	},
	Begins: func(head []byte) bool {
		start, ok := extract.Start(head)
		number, rest, _ := bytes.Cut(start, []byte("\n"))
		timing, _, _ := bytes.Cut(rest, []byte("\n"))
		_, _, isTiming := parseTiming(string(timing))
		return ok && isNumber(strings.TrimSpace(string(number))) && isTiming
	},
}

// VTT is WebVTT.
var VTT = extract.Format{
	Name: "WebVTT", Types: []string{"text/vtt"}, Extensions: []string{".vtt"}, Text: true,
	Extract: func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
		return read(ctx, body, l, true)
	},
	Begins: func(head []byte) bool {
		start, ok := extract.Start(head)
		return ok && bytes.HasPrefix(start, []byte("webvtt"))
	},
}

// read returns what is said, as sentences that go on from cue to cue, each at the
// time of the cue that it begins in.
func read(ctx context.Context, body []byte, l extract.Limits, vtt bool) (extract.Extracted, error) {
	text := strings.TrimPrefix(string(body), extract.BOM)
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	title, isVTT := header(text)
	vtt = vtt || isVTT // whatever its name is
	w := writer{out: extract.NewOutput(ctx, l), survey: surveyOf(text, vtt)}
	for c := range cuesOf(text, vtt) {
		if w.out.Err() != nil {
			break
		}
		if !isData(c.lines) {
			w.cue(c)
		}
	}
	if w.survey.cues == 0 && strings.TrimSpace(text) != "" && w.out.Err() == nil {
		return extract.Extracted{}, multivac.Errorf(multivac.ErrInvalid, "check that it is the right file", "there are no subtitles in it: no line says from when to when, as 00:01:02,000 --> 00:01:04,000 does")
	}
	w.end()
	return w.out.Extracted(title)
}

// header reports whether a text begins as WebVTT does, and returns the title that
// stands in its first line, or "".
func header(text string) (title string, vtt bool) {
	first, _, _ := strings.Cut(text, "\n")
	rest, vtt := strings.CutPrefix(first, "WEBVTT")
	if !vtt {
		return "", false
	}
	if title = strings.TrimLeft(rest, " \t-–—"); title == "FILE" {
		title = ""
	}
	return extract.OneLine(plain(title)), vtt
}

// isData reports whether a cue is for a program: where a picture is, or JSON.
func isData(lines []string) bool {
	if len(lines) == 0 {
		return true
	}
	if len(lines) == 1 && strings.Contains(lines[0], "#xywh=") {
		return true
	}
	return strings.HasPrefix(lines[0], "{") && json.Valid([]byte(strings.Join(lines, "\n")))
}
