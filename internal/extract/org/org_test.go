package org

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac/internal/extract/extracttest"
)

func TestExpected(t *testing.T) { extracttest.Expected(t, "testdata", Format, "trap.org") }

func TestOrg(t *testing.T) {
	f := func(in string, want ...string) { t.Helper(); extracttest.WantSentences(t, Format, in, want...) }
	f("#+TITLE: Harbour /rules/\n* TODO [#A] Pumps [1/2] :ops:night:\nSCHEDULED: <2026-03-09 Mon> DEADLINE: <2026-03-10 Tue>\n:PROPERTIES:\n:ID: 5\n:END:\n:LOGBOOK:\nCLOCK: [2026-03-09 Mon 10:00]\n:END:\nStop *it* first.\n** Sub\nThen wait.",
		"Harbour rules › Pumps: Stop it first.", "Harbour rules › Pumps › Sub: Then wait.")
	f("#+TODO: WAIT(w) | GONE(g)\n* WAIT Wait\nOne.\n* GONE Gone\nTwo.\n* Waiting\nThree.", "Wait: One.", "Gone: Two.", "Waiting: Three.")
	f("* COMMENT No\nno\n** No\nno\n* A :ARCHIVE:\nno\n** No\n* B :noexport:\nno\n* C\nYes.", "C: Yes.")
	f("#+EXCLUDE_TAGS: secret\n* A :secret:\nno\n* COMMENTS\nYes.", "COMMENTS: Yes.")
	f("One.\n# no\n  # no\n#+BEGIN_COMMENT\nno\n#+END_COMMENT\n#+begin_export html\n<b>no</b>\n#+end_export\n#+HTML: <b>no</b>\n#+INCLUDE: \"no.org\"\nTwo.\n-----\n#hash", "One.", "Two.", "#hash")
	f("Run:\n#+BEGIN_SRC sh -n :results output\n  pump `start`\n    ,* x\n  :END:\n#+END_SRC\n#+RESULTS:\n: started\n: twice\nDone.", "Run:", "pump `start`", "* x", ":END:", "started", "twice", "Done.")
	f("#+begin_src sh :exports none\nno\n#+end_src\n#+begin_example\n``` x\n#+end_example\nText.", "``` x", "Text.")
	f("#+BEGIN_SRC sh\nnot closed\n* Head\nText.", "not closed", "Head: Text.")
	f("- one\n  goes on\n- [ ] two\n  + [-] three\n\n    A paragraph of it.\n  + [X] four\n- Valve :: It holds /water/.\n- Why? :: So.\n\nAfter.",
		"one\n  goes on", "two", "three", "A paragraph of it.", "four", "Valve: It holds water.", "Why? So.", "After.")
	f("1) one\n2. two\n10. [@12] three\n * star\ntext 1990 was\n1990 a year", "one", "two", "three", "star", "text 1990 was 1990 a year")
	f("- one\n\n\n- another list\ntext", "one", "another list", "text")
	f("#+CAPTION[short]: All /plans/\n#+NAME: x\n| Plan | Seats |\n|------+-------|\n| <l>  | <5>   |\n| Team | *40*  |\n| a\\vert{}b |   |\n#+TBLFM: $2=1\nAfter.", "All plans", "Team | 40", `a\|b |`, "After.")
	f("| a | b |\n| c | d |", "a | b", "c | d")
	f("+---+---+\n| a | b |\n+===+===+\n| c | d |\n+---+---+", "c | d")
	f("#+BEGIN_WARNING\nHot.\n#+END_WARNING\nCold.\n#+begin_note\nMild.\n#+end_note\n#+BEGIN_QUOTE\nSaid.\n#+END_QUOTE\n#+BEGIN_VERSE\nRoses\n#+END_VERSE\n* H\n#+BEGIN_WARNING\nNever closed.\n* I\nX.",
		"Warning: Hot.", "Cold.", "Mild.", "Said.", "Roses", "H: Never closed.", "I: X.")
	f(":notes:\nno\n:END:\nA\n:not a drawer:\nB", "A :not a drawer:\nB")
	f(":RESULTS:\nseen\n:END:", "seen")
}

func TestInline(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := strings.TrimSpace(extracttest.Read(t, Format, in).Text); got != want {
			t.Errorf("%s\ngot  %q\nwant %q", in, got, want)
		}
	}
	f("a *bold* /it/ _under_ =co*d*e= ~x~ +gone+ b", "a bold it under co*d*e x b")
	f("*/both/*, (*x*). a*b*c snake_case_x /usr/local 2 * 3 * 4 C++ and D++", "both, (x). a*b*c snake_case_x /usr/local 2 * 3 * 4 C++ and D++")
	f("*not\nover\nthree* lines, *but\ntwo*", "*not\nover\nthree* lines, but\ntwo")
	f("see [[http://x.example][the *site*]], [[*Head]], [[#id]], [[file:a.txt]], [[./a.png]] and https://y.example/a_b_c", "see the site, Head, id, a.txt, and https://y.example/a_b_c")
	f("A[fn:1] b[fn::See *it*.] c[fn:x:And that.].\n\nNext [cite:@key].\n* H\nT.\n\n[fn:1] The note.", "A b c.\n\nNext .\n\nSee it.\n\nAnd that.\n\n# H\n\nT.\n\nThe note.")
	f("x^{2} H_{2}O \\alpha{}s \\rarr \\nosuch \\\\\n<<target>>a <<<radio>>> <<<>>é @@html:<b>@@b@@html:</b>@@ src_sh[:x y]{ls -l} call_f(1) {{{none}}}", "x^2 H2O αs → \\nosuch\na radio <<<>>é b ls -l")
	f("#+MACRO: v version $1 of $2\n{{{v(1,*two*)}}}.", "version 1 of two.")
	f("[[unclosed and *this", "[[unclosed and *this")
	f("a - b\n+ x and\n# no\n1984 was\n| it", "a - b\n\n- x and\n\n1984 was\n\n| it |")
	f(">quoted\n\n\\# a", "\\>quoted\n\n\\# a")
}

func TestLines(t *testing.T) {
	got := extracttest.Lines(extracttest.Read(t, Format, "#+TITLE: T\n\n* H\nOne [[http://x\n][two]]\nthree[fn::a\nb] four\nfive\n- item\n  more\n#+begin_src\n\ncode\n#+end_src\n| a |\n|---|\n| b |"))
	delete(got, "```")
	if d := cmp.Diff(map[string]int{"# T": 1, "## H": 3, "One": 4, "two": 5, "three": 6, "four": 7, "five": 8, "- item": 9, "more": 10, "code": 13, "| a |": 15, "|---|": 15, "| b |": 17, "a b": 4}, got); d != "" {
		t.Errorf("lines (-want +got)\n%s", d)
	}
}

func TestTitle(t *testing.T) {
	f := func(in, want string) { t.Helper(); extracttest.WantTitle(t, Format, in, want) }
	f("#+title: One\n#+TITLE: *two*\ntext", "One two")
	f("* First\n#+begin_src org\n#+TITLE: no\n#+end_src", "First")
	f("text", "")
}

func TestBegins(t *testing.T) {
	f := func(in string, want bool) {
		t.Helper()
		if got := begins([]byte(in)); got != want {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
	f("\ufeff\n#+TITLE: x\n", true)
	f("#+begin_src sh\n", true)
	f("# Heading\n", false)
	f("#+x\n", false)
	f("* A list\n", false)
}

func FuzzOrg(f *testing.F) {
	f.Add("#+TITLE: a\n* TODO [#A] b :c:\n:X:\n:END:\n- a :: [[b][c]]\n  #+begin_src\n  x\n  #+end_src\n| a |\n|-|\n| b |\n")
	f.Add("*a* /b/ =c= [fn::d [fn::e]] {{{f(g)}}} \\alpha{} x^{y} src_z{a} <<b>> @@c:d@@\n#+MACRO: f $1\n+--+\n|a |\n+==+")
	f.Fuzz(func(t *testing.T, in string) { extracttest.Any(t, Format, in) })
}

func TestBounded(t *testing.T) {
	for _, unit := range []string{"A line.\n\n", "- a\n - b\n", "* a\n", "#+begin_note\nx\n#+end_note\n", "| a | b |\n|---|\n", "*a /b =c [[d][ [fn::e "} {
		extracttest.Bounded(t, Format, unit)
	}
	extracttest.Bounded(t, Format, "a[fn:: x] b\n\n")
}
