package text

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"multivac"
)

var update = flag.Bool("update", false, "write what is got into testdata")

func TestSentences(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		var got []string
		for _, p := range Segment(in) {
			if err := p.Validate(in); err != nil {
				t.Errorf("%q: %v", in, err)
			}
			for _, s := range p.Sentences {
				got = append(got, p.Sentence(s))
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q (-want +got)\n%s", in, d)
		}
	}

	f("")
	f(" \n\t\n")
	f("---\n")
	f("…!")
	f("Multivac", "Multivac")
	f("Dr. Asimov wrote it. Multivac read it.", "Dr. Asimov wrote it.", "Multivac read it.")

	// Abbreviations
	f("Use a tool, e.g. Benchbook, i.e. ours. It works.", "Use a tool, e.g. Benchbook, i.e. ours.", "It works.")
	f("J. R. R. Tolkien wrote. C. S. Lewis read.", "J. R. R. Tolkien wrote.", "C. S. Lewis read.")
	f("The J. A. Hobson book.", "The J. A. Hobson book.")
	f("He moved to the U.S. The army followed.", "He moved to the U.S.", "The army followed.")
	f("He joined the U.S. Army in Washington, D.C. in May.", "He joined the U.S. Army in Washington, D.C. in May.")
	f("She has a Ph.D. She teaches.", "She has a Ph.D.", "She teaches.")
	f("Call ext. 4471. Ask for Ann.", "Call ext. 4471.", "Ask for Ann.")
	f("Approx. 40 hosts run it. Ext. A12 is free. Par. 5 holds.", "Approx. 40 hosts run it.", "Ext. A12 is free.", "Par. 5 holds.")
	f("See App. B, Vol. IV and Sec. A-3. NO. 7 is gone. DR. BROWN left.", "See App. B, Vol. IV and Sec. A-3.", "NO. 7 is gone.", "DR. BROWN left.")
	f("Raise it to the max. The next one fails. Load is max. 5.", "Raise it to the max.", "The next one fails.", "Load is max. 5.")
	f("I met Al. Bob saw Ed and Max. It is near SF. Users keep it in mind. Gems of 5 MW. Pay.",
		"I met Al.", "Bob saw Ed and Max.", "It is near SF.", "Users keep it in mind.", "Gems of 5 MW.", "Pay.")
	f("I like the app. I use it. See Fig. A.", "I like the app.", "I use it.", "See Fig. A.")
	f("Das gilt einschl. Versand, zzgl. Steuer. Bzgl. Ihrer Frage: nein. Mind. 3 Tage.", "Das gilt einschl. Versand, zzgl. Steuer.", "Bzgl. Ihrer Frage: nein.", "Mind. 3 Tage.")
	f("Réf. 12. Tél. 01 23. Aprox. 40 m. Máx. 5.", "Réf. 12.", "Tél. 01 23.", "Aprox. 40 m.", "Máx. 5.")
	f("Тел. 123, доп. 45. Ок. 40 лет. Он ушёл.", "Тел. 123, доп. 45.", "Ок. 40 лет.", "Он ушёл.")
	f("Βλ. Παράρτημα 2. Τηλ. 210. Bkz. Ek 2. Cca. 40 km.", "Βλ. Παράρτημα 2.", "Τηλ. 210.", "Bkz. Ek 2.", "Cca. 40 km.")
	f("डॉ. शर्मा आए। वे गए।", "डॉ. शर्मा आए।", "वे गए।")
	f("See No. 5 and Fig. 3. No. It is not there.", "See No. 5 and Fig. 3.", "No.", "It is not there.")
	f("It opens at 9 a.m. on Oct. 4. It shuts at 6 p.m. The rest is closed.",
		"It opens at 9 a.m. on Oct. 4.", "It shuts at 6 p.m.", "The rest is closed.")
	f("Ask Acme Inc. in St. Louis, Mo., or Smith et al. 2001.", "Ask Acme Inc. in St. Louis, Mo., or Smith et al. 2001.")
	f("It was World War I. The second came later.", "It was World War I.", "The second came later.")
	f("Take 5 min. Close the valve at 6 p.m. Restart nothing before 7 a.m. Eastern Time.",
		"Take 5 min.", "Close the valve at 6 p.m.", "Restart nothing before 7 a.m. Eastern Time.")
	f("He lives on Main St. The house is old.", "He lives on Main St.", "The house is old.")
	f("Roe v. Wade was decided.", "Roe v. Wade was decided.")
	f("Take nails, screws, etc. The rest is here.", "Take nails, screws, etc.", "The rest is here.")

	// Numbers
	f("Set it to 3.5 bar. Then wait.", "Set it to 3.5 bar.", "Then wait.")
	f("It fell in 1969. 12 people saw it.", "It fell in 1969.", "12 people saw it.")
	f("Version 2.0. Released today.", "Version 2.0.", "Released today.")
	f("Nothing works in v1.2.3-beta. Use v2.", "Nothing works in v1.2.3-beta.", "Use v2.")

	// Marks
	f("Wait... what? Yes!", "Wait... what?", "Yes!")
	f(`He said "Stop." Then he left.`, `He said "Stop."`, "Then he left.")
	f(`"Who?" he asked. (Nobody knew.) Silence.`, `"Who?" he asked.`, "(Nobody knew.)", "Silence.")
	f("**Stop.** Then go. `Done.` It *ends.* Here.", "**Stop.**", "Then go.", "`Done.`", "It *ends.*", "Here.")
	f("It is so.[1] It was so.[citation needed] Enough.", "It is so.[1]", "It was so.[citation needed]", "Enough.")
	f("See https://example.org/?Q=a.B for it. Or ask Yahoo! for more.",
		"See https://example.org/?Q=a.B for it.", "Or ask Yahoo! for more.")
	f("Run main.go first.Then stop.", "Run main.go first.Then stop.")

	// Lines
	f("One sentence goes\nover two lines. The other\r\ndoes too.", "One sentence goes\nover two lines.", "The other\r\ndoes too.")
	f("First line  \nSecond line\\\nThird line", "First line", "Second line\\", "Third line")
	f("Date: 4 May\nPresent: Ada, Bo\n**Owner:** Cy", "Date: 4 May", "Present: Ada, Bo", "**Owner:** Cy")

	// Other languages
	f("Am 8. Februar kam er. Der 2. Mann, z.B. Hr. Meier, ging ca. 3 Minuten später.",
		"Am 8. Februar kam er.", "Der 2. Mann, z.B. Hr. Meier, ging ca. 3 Minuten später.")
	f("Im 19. Jahrhundert war das so. Heute nicht.", "Im 19. Jahrhundert war das so.", "Heute nicht.")
	f("M. Dupont et Mme. Curie viennent. Ils restent.", "M. Dupont et Mme. Curie viennent.", "Ils restent.")
	f("El Sr. García vive en EE. UU. desde 1990. ¿Por qué? No sé.",
		"El Sr. García vive en EE. UU. desde 1990.", "¿Por qué?", "No sé.")
	f("В 1990 г. он приехал. Потом уехал.", "В 1990 г. он приехал.", "Потом уехал.")
	f("这是第一句。“这是第二句！”这是第三句吗？是。", "这是第一句。", "“这是第二句！”", "这是第三句吗？", "是。")
	f("これは文です。次の文です。", "これは文です。", "次の文です。")
	f("هل هذا سؤال؟ نعم. هذا جواب.", "هل هذا سؤال؟", "نعم.", "هذا جواب.")
	f("यह एक वाक्य है। यह दूसरा है।", "यह एक वाक्य है।", "यह दूसरा है।")

	// Markdown
	f("# Only a heading\n", "Only a heading")
	f("# A\n\n## B #\n", "A", "B")
	f("Title\n=====\n\nText.", "Text.")
	f("- one\n- [x] two\n  goes on\n* three. And more.\n\n  Its second paragraph.\n1) four", "one", "two\n  goes on", "three. And more.",
		"Its second paragraph.", "four")
	f("It was\n1986. A great year.", "It was\n1986.", "A great year.")
	f("| A | B |\n|---|:-:|\n| 1 | 2 |\n| 3 \\| 4 |\n| | |\n\nAfter.", "1 | 2", "3 \\| 4", "After.")
	f("A | B\n--|--\n1 | 2", "1 | 2")
	f("```go\nx := 1\n}\n\n# no heading\n```\nAfter.", "x := 1", "# no heading", "After.")
	f("~~~\nopen to the end", "open to the end")
	f("Text.\n\n    make install\n\nMore.", "Text.", "make install", "More.")
	f("Text.\n\n        This is set in, and it reads like any other sentence.\n        It is one.\n",
		"Text.", "This is set in, and it reads like any other sentence.", "It is one.")
	f("> Quoted text goes\n> on here.\n> > Deeper.\n\nNot quoted.", "Quoted text goes\n> on here.", "Deeper.", "Not quoted.")
	f("<!-- hidden\n\nstill hidden --> Shown.\n<!-- open", "Shown.")
	f("---\ntitle: x\n---\nText.", "Text.")
	f("\ufeff---\ntitle: x\n...\nText.", "Text.")
	f("\ufeff# H\n\nText.", "Text.")
	f("[![b](c)](d) ![e](f)\n\n<p align=\"center\">\n\n[x]: http://example.org\n\nText.\n<br/>\nMore.", "Text.", "More.")
	f("<p>\n    <img\n     src=x>\n    Shown.\n</p>\n\n    <b>code</b>", "<img\n     src=x>\n    Shown.", "<b>code</b>")
	f("[^1]: A note.", "A note.")
	f("> [!NOTE]\n> Mind this.", "Mind this.")
}

// TestSegmentFiles reads files of a text and the passages that it has to be cut
// into.
func TestSegmentFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/segment/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no files in testdata/segment", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			in := string(a.Files[0].Data)
			got := format(t, in)
			if *update {
				a.Files = append(a.Files[:1], txtar.File{Name: "passages", Data: []byte(got)})
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(a.Files[1].Data), got); d != "" {
				t.Errorf("%s (-want +got)\n%s", name, d)
			}
		})
	}
}

// format prints passages for people: kind, heading and lead on one line, then
// one line per sentence.
func format(t *testing.T, in string) string {
	var b strings.Builder
	for _, p := range Segment(in) {
		if err := p.Validate(in); err != nil {
			t.Error(err)
		}
		fmt.Fprintf(&b, "%d %s [%s]", p.Number, p.Kind, p.Heading)
		if p.Lead != "" {
			fmt.Fprintf(&b, " <- %s", p.Lead)
		}
		b.WriteByte('\n')
		for _, s := range p.Sentences {
			fmt.Fprintf(&b, "\t%s\n", strings.ReplaceAll(p.Sentence(s), "\n", "⏎"))
		}
	}
	return b.String()
}

func TestSegmentSizes(t *testing.T) {
	sentence := "The quick brown fox jumps over the lazy dog again and again. " // 12 words
	f := func(name, in string, want ...int) {
		t.Helper()
		var got []int
		for _, p := range Segment(in) {
			if err := p.Validate(in); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			got = append(got, len(p.Sentences))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: sentences of each passage (-want +got)\n%s", name, d)
		}
	}
	f("short paragraphs are joined", strings.Repeat(sentence+"\n\n", 7), 5, 2)
	f("long ones stay alone", strings.Repeat(strings.Repeat(sentence, 10)+"\n\n", 2), 10, 10)
	f("a bit too long is no reason to split", strings.Repeat(sentence, 18), 18)
	f("very long ones are split into like parts", strings.Repeat(sentence, 40), 13, 14, 13)
	f("lists are split between items", strings.Repeat("- "+sentence+"\n", 40), 16, 16, 8)
	f("not across headings", sentence+"\n# A\n"+sentence, 1, 1)
	f("not across rules", sentence+"\n\n***\n"+sentence, 1, 1)
	f("a sentence without end is cut", strings.Repeat("word, and ", 130), 1, 2)
	f("a word without end is cut", strings.Repeat("é", 1000), 2)
	f("600 characters are a sentence in any script", strings.Repeat("é", 600)+"\n\n"+strings.Repeat("字", 600), 1, 1)
	f("lines of code", "```\n"+strings.Repeat("make install\n", 5)+"```", 5)
}

func TestThaiIsCutAtSpaces(t *testing.T) {
	in := strings.Repeat("ทีมรับของแพนเธอร์สถอดใจที่คะแนน ", 30)
	for _, p := range Segment(in) {
		for _, s := range p.Sentences {
			if got := p.Sentence(s); len(got) > longPhrase || !strings.HasPrefix(got, "ทีมรับ") {
				t.Errorf("got a sentence of %d bytes, %q", len(got), got)
			}
		}
	}
}

// Many marks that make the rules look ahead must not make Segment slow.
func TestSegmentIsLinear(t *testing.T) {
	for _, in := range []string{". (", "(", ". ", "> ", "# a\n", "|", "<!--", "[", "![", "- ", "`", "\u2028", "“", ".\u0300", "a | b\n", "    a\n", "\xff", "\xe2\x80"} {
		took := func(size int) time.Duration {
			in := "a. " + strings.Repeat(in, size/len(in))
			begin := time.Now()
			Segment(in)
			return time.Since(begin)
		}
		// Quadratic rules take minutes: 16 times as long for 4 times the text.
		if whole := took(1 << 20); whole > 20*time.Second {
			if part := took(1 << 18); whole > 10*part {
				t.Errorf("%.10q…: a mebibyte took %v, a quarter of it %v", in, whole, part)
			}
		}
	}
}

func FuzzSegment(f *testing.F) {
	files, _ := filepath.Glob("testdata/segment/*.txtar")
	for _, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(a.Files[0].Data))
	}
	f.Add("\ufeff+++\na=b\n+++\n> - | a\n> |-|\n~~~\n\xff\xfe. “\xe2\x80")
	f.Add("a.  \nB: c\\\nd\n---\n[^1]: e. 5 f\u2028g。h")
	f.Fuzz(func(t *testing.T, in string) {
		passages := Segment(in)
		end := 0
		for i, p := range passages {
			if err := p.Validate(in); err != nil {
				t.Error(err)
			}
			if p.Number != i || p.Start < end || len(p.Sentences) == 0 {
				t.Errorf("passage %d is numbered %d, begins at %d where the one before ends at %d, has %d sentences", i, p.Number, p.Start, end, len(p.Sentences))
			}
			end = p.End
			for _, s := range p.Sentences {
				if got := p.Sentence(s); strings.TrimSpace(got) != got || utf8.ValidString(in) && !utf8.ValidString(got) {
					t.Errorf("sentence %q begins or ends with white space or in a rune", got)
				}
			}
			if strings.Contains(p.Heading+p.Lead, "\n") {
				t.Errorf("heading %q or lead %q has a line end", p.Heading, p.Lead)
			}
		}
		if d := cmp.Diff(passages, Segment(in)); d != "" {
			t.Errorf("twice is not the same\n%s", d)
		}
	})
}

func BenchmarkSegment(b *testing.B) {
	files, _ := filepath.Glob("testdata/segment/*.txtar")
	for _, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			b.Fatal(err)
		}
		in := strings.Repeat(string(a.Files[0].Data)+"\n\n", 20)
		b.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			var p []multivac.Passage
			for b.Loop() {
				p = Segment(in)
			}
			b.ReportMetric(float64(len(p)), "passages")
		})
	}
}
