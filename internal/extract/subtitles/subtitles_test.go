package subtitles

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/place"
	"multivac/internal/text"
)

// said returns the sentences of a file, each behind its time.
func said(t *testing.T, f extract.Format, in string) []string {
	t.Helper()
	e := extracttest.Read(t, f, in)
	at := place.Read(e.Places, e.Text)
	var all []string
	for _, p := range text.Segment(e.Text) {
		for _, s := range p.Sentences {
			all = append(all, at.At(s.Start).String()+" "+strings.ReplaceAll(p.Sentence(s), "\n", "|"))
		}
	}
	return all
}

func wantSaid(t *testing.T, f extract.Format, in string, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, said(t, f, in)); d != "" {
		t.Errorf("%s (-want +got)\n%s", in, d)
	}
}

// srt makes a file of cues, one every 2 seconds.
func srt(cues ...string) string {
	var b strings.Builder
	for i, c := range cues {
		fmt.Fprintf(&b, "%d\n00:00:%02d,000 --> 00:00:%02d,000\n%s\n\n", i+1, 2*i, 2*i+2, c)
	}
	return b.String()
}

// Sentences go on from cue to cue. Each is cited by the time of the cue that it
// begins in.
func TestSentences(t *testing.T) {
	wantSaid(t, SRT, "1\n00:00:00,000 --> 00:00:02,000\nThe pump stops\nat 80 degrees. It\n\n2\n00:00:02,000 --> 00:00:04,000\nis blue and\n\n3\n01:02:03,500 --> 01:02:05,000\ncosts 3.5 euros. Call Ada.\n",
		"0:00 The pump stops at 80 degrees.", "0:00 It is blue and", "1:02:03 costs 3.5 euros.", "1:02:03 Call Ada.") // for an hour is between the two
	wantSaid(t, SRT, srt("The pump stops", "at 80 degrees.", "Mr.", "Li knows it. He", "is", "here."),
		"0:00 The pump stops at 80 degrees.", "0:04 Mr.|Li knows it.", "0:06 He is here.")
	wantSaid(t, SRT, srt("水泵在", "80度停止。它是", "蓝色的。"), "0:00 水泵在80度停止。", "0:02 它是蓝色的。")
}

// Tags and positions are left out, and what only looks like one stays.
func TestTags(t *testing.T) {
	f := func(cue, want string) {
		t.Helper()
		wantSaid(t, SRT, srt(cue), "0:00 "+want)
	}
	f(`{\an8}<i>It</i> is <font color="#ff0000">bl<b>ue</b></font>.`, "It is blue.")
	f(`{y:i}It is so.`, "It is so.")
	f("It is <5 and {so} <user> a<b.", "It is <5 and {so} <user> a<b.")
	f("It is<br/>so &amp; not &lt;i&gt;.", "It is so & not <i>.")
	f("\u200eIt\u00a0is \x07so.", "It is so.")
	f("(door opens) [MUSIC] ♪ La la ♪", "(door opens) [MUSIC] ♪ La la ♪")
	f("# La la la #", `\# La la la #`)
}

// Speakers are named once in a row, and each turn is a paragraph of its own.
func TestSpeakers(t *testing.T) {
	paragraphs := func(f extract.Format, in, want string) {
		t.Helper()
		if d := cmp.Diff(want, extracttest.Read(t, f, in).Text); d != "" {
			t.Errorf("%s (-want +got)\n%s", in, d)
		}
	}
	vtt := "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ada Lovelace>Is it\n\n00:02.000 --> 00:03.000\n<v Ada Lovelace>blue?</v> <v.loud Bob>It is &lt; red.\nNot blue.</v>\n\n00:03.000 --> 00:04.000\nSo it is.\n"
	paragraphs(VTT, vtt, "Ada Lovelace: Is it blue?\n\nBob: It is < red.\nNot blue.\n\nSo it is.\n")
	paragraphs(SRT, srt("- Is it blue?\n- It is", "red. - No. -It is.", ">> ADA: Look.", ">>> And now."), "Is it blue?\n\nIt is red.\n\nNo.\n-It is.\n\nADA: Look.\n\nAnd now.\n")
	paragraphs(SRT, srt("ADA: It is -5 degrees.", "- -", "-5 of them.", "--"), "ADA: It is -5 degrees.\n-5 of them.\n")
}

// A pause ends a paragraph, and so does its length.
func TestParagraphs(t *testing.T) {
	in := "00:00:01.000 --> 00:00:02.000\nOne.\n\n00:00:02.500 --> 00:00:03.000\nTwo.\n\n00:00:05.000 --> 00:00:06.000\nThree and\n\n00:00:08.000 --> 00:00:09.000\nfour and\n\n00:00:14.000 --> 00:00:15.000\nfive.\n"
	if got, want := extracttest.Read(t, SRT, in).Text, "One.\nTwo.\n\nThree and four and\n\nfive.\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	long := srt(strings.Split(strings.Repeat("It is a rather long sentence about pumps.|", 29)+"End.", "|")...)
	if got := strings.Count(extracttest.Read(t, SRT, long).Text, "\n\n"); got != 1 {
		t.Errorf("got %d blank lines, want 1", got)
	}
}

// Machines write no ends of sentences, and each line twice as it rolls up.
func TestWrittenByMachines(t *testing.T) {
	const rolling = `WEBVTT
Kind: captions
Language: en

00:00:00.160 --> 00:00:02.000 align:start position:0%
 
the<00:00:00.400><c> pump</c><00:00:00.800><c> stops</c>

00:00:02.000 --> 00:00:02.010 align:start position:0%
the pump stops
 

00:00:02.010 --> 00:00:04.000 align:start position:0%
the pump stops
at<00:00:02.400><c> eighty</c><00:00:02.800><c> degrees</c>

00:00:04.000 --> 00:00:04.010 align:start position:0%
at eighty degrees
 

00:00:04.010 --> 00:00:06.000 align:start position:0%
at eighty degrees
no<00:00:04.400><c> no</c>
`
	wantSaid(t, VTT, rolling, "0:00 the pump stops at eighty degrees no no")
	var cues []string
	for i := range 28 {
		cues = append(cues, fmt.Sprintf("and then we look at the part %d of it", i))
	}
	for _, s := range said(t, SRT, srt(cues...)) {
		if n := len(s); n > 250 {
			t.Errorf("%q has %d bytes", s, n)
		}
	}
	// A pause is then the end of a sentence.
	apart := strings.Replace(srt(cues...), "00:00:02,000\n", "00:00:01,000\n", 1)
	if got := said(t, SRT, apart)[0]; got != "0:00 and then we look at the part 0 of it" {
		t.Errorf("got %q", got)
	}
	// Who says the same twice is heard twice, and layers of the same words once.
	wantSaid(t, SRT, srt("No.", "No.", "It is", "so."), "0:00 No.", "0:02 No.", "0:04 It is so.")
	wantSaid(t, SRT, strings.Repeat("1\n00:00:01,000 --> 00:00:02,000\nIt is so.\n\n", 2), "0:01 It is so.")
}

func TestWebVTT(t *testing.T) {
	in := "\ufeffWEBVTT - A talk\r\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000\r\n\r\nNOTE\r\nNot said\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nREGION\r\nid:a\r\n\r\n" +
		"intro\r\n00:01.000 --> 00:02.000 line:0 position:20% align:start\r\nIt <lang en>is</lang> <c.red.bg>so</c>.\r\n\r\nNOTE again\r\n\r\n7\r\n100:00:02.000 --> 100:00:03.000\r\n" +
		"<ruby>東京<rt>とうきょう</rt></ruby>で。\r\n\r\n00:09.000 --> 00:10.000\r\nsprite.jpg#xywh=0,0,160,90\r\n\r\n00:11.000 --> 00:12.000\r\n{\"a\": [\r\n1]}\r\n"
	wantSaid(t, VTT, in, "0:01 It is so.", "100:00:02 東京で。")
	wantSaid(t, SRT, in, said(t, VTT, in)...) // whatever its name is
	if got := extracttest.Read(t, VTT, in).Title; got != "A talk" {
		t.Errorf("got title %q", got)
	}
}

// Files of SubRip differ.
func TestSubRip(t *testing.T) {
	wantSaid(t, SRT, "1\n0:0:1,5 --> 0:0:2,5 X1:40 X2:600 Y1:20 Y2:50\nIt is.\n\nSo.\n\n2\n00:00:03.000 --> 00:00:04.000\nNo.\n3\n00:00:04,000 --> 00:00:05,000\nIn 1999\n\n4\n00:00:05,000 --> 00:00:06,000\n\n5\n00:00:06,000 --> 00:00:07,000\nor\n2000",
		"0:01 It is.", "0:01 So.", "0:03 No.", "0:04 In 1999 or 2000")
	if got := extracttest.Read(t, SRT, srt("It is.")).Title; got != "" {
		t.Errorf("got title %q, want none", got)
	}
	wantSaid(t, SRT, "00:00:01 --> 00:00:02\rIt is old.\r\r", "0:01 It is old.")
	wantSaid(t, SRT, "\xff\xfe"+strings.Join(strings.Split("1\n00:00:01,000 --> 00:00:02,000\nIt is.\n", ""), "\x00")+"\x00", "0:01 It is.")
}

func TestRefused(t *testing.T) {
	for in, want := range map[string]string{
		"Just words.":                            "no subtitles in it",
		"1\n00:00:01,000 -> 00:00:02,000\nIt is": "no subtitles in it",
		"1\n900:00:01,000 --> 900:00:02,000\nIt": "no subtitles in it",
		"WEBVTT":                                 "no subtitles in it",
		"":                                       "no text in it",
		"00:01.000 --> 00:02.000\n":              "no text in it",
	} {
		_, err := extract.Formats{SRT}.Extract(t.Context(), SRT.Types[0], []byte(in), extract.Default)
		if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "check that it is the right file") {
			t.Errorf("%q: got %v, want an ErrInvalid with %q", in, err, want)
		}
	}
}

func TestBegins(t *testing.T) {
	all := extract.Formats{SRT, VTT}
	for in, want := range map[string]string{
		srt("It is."): "application/x-subrip",
		"\ufeff1\r\n00:00:01,000 --> 00:00:02,000\r\nIt": "application/x-subrip",
		"WEBVTT\n\n": "text/vtt",
	} {
		if got, err := all.MediaType("file", []byte(in)); got != want || err != nil {
			t.Errorf("%q: got %q, %v", in, got, err)
		}
	}
	if VTT.Begins([]byte("1\n")) || SRT.Begins([]byte("1\n2\n")) {
		t.Error("numbers are taken for subtitles")
	}
}

func TestBounded(t *testing.T) {
	for _, unit := range []string{"00:01.000 --> 00:02.000\nIt is so.\n\n00:02.000 --> 00:03.000\nIt was so.\n\n", "00:01.000 --> 00:02.000\n<v Ada>It is\n<v Bob>so\n\n00:02.000 --> 00:03.000\nNo\n\n"} {
		extracttest.Bounded(t, SRT, unit)
		extracttest.Bounded(t, VTT, unit)
	}
}

// Odd files take time in proportion to them.
func TestLinear(t *testing.T) {
	for _, in := range []string{"a\n", ".", ".a", "<v A>b", "<", "{", "- a\n", "&", "a. - ", "1\n", "漢\n", "<v A>", "\n00:01.000 --> 00:02.000\n", "a\na\n\n00:01.000 --> 00:02.000\na\n"} {
		_, err := SRT.Extract(t.Context(), []byte("00:01.000 --> 00:02.000\n"+strings.Repeat(in, (1<<18)/len(in))), extract.Default)
		if err != nil {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// Whatever the bytes are, what is made of them can be kept, shown and quoted.
func FuzzSubtitles(f *testing.F) {
	f.Add(srt("- It is <i>so</i>.", "{\\an8}No"), false)
	f.Add("WEBVTT x\n\nNOTE\n\n1\n00:01.000 --> 00:02.000 line:0\n<v Ada>It <00:01.500><c>is</c>\n \n\n00:02.000 --> 00:03.000\nIt is\n<ruby>a<rt>b</rt></ruby> &amp;", true)
	f.Fuzz(func(t *testing.T, in string, vtt bool) {
		format := SRT
		if vtt {
			format = VTT
		}
		e, ok := extracttest.Sound(t, format, in, extract.Default)
		if ok && (len(e.Text) > 8*len(in)+1<<10 || strings.ContainsFunc(e.Text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' })) {
			t.Errorf("text %q is not as it should be", e.Text)
		}
	})
}
