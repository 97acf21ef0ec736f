package man

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
)

func TestMan(t *testing.T) {
	f := func(in string, want ...string) { t.Helper(); extracttest.WantSentences(t, Format, in, want...) }
	f(".\\\" no\n.TH PUMP 1 2026-03-09 \"v1\" \"Manual\"\n.SH NAME\npump \\- moves \\fIwater\\fP\n.SH \"SEE ALSO\"\n.BR valve (8),\nand more.",
		"PUMP(1) › NAME: pump - moves water", "PUMP(1) › SEE ALSO: valve(8), and more.")
	f(".TH A 1\n.SH\nOptions\n.SS Sub\nOne.\n.PP\nTwo\n.br\nThree.\n\nFour.\n  Five.", "A(1) › Options › Sub: One.", "A(1) › Options › Sub: Two", "A(1) › Options › Sub: Three.", "A(1) › Options › Sub: Four.", "A(1) › Options › Sub: Five.")
	f(".SH O\n.TP\n.BR \\-a \", \" \\-\\-all\nDo all.\nAnd more.\n.TP 8\n.B \\-b\n.TQ\n.B \\-c\nBoth.\n.IP\nStill both.\n.PP\nAfter.",
		"O: -a, --all: Do all.\n  And more.", "O: -b, -c: Both.", "O: Still both.", "O: After.")
	f(".SH O\n.IP \\(bu 2\nOne.\n.IP \\(bu\nTwo.\n.RS\n.IP 1.\nDeep.\n.IP 2)\nDeeper.\n.RE\n.IP [3]\nNote.\n.TP\n.B Alone\n.PP\nAfter.", "O: One.", "O: Two.", "O: Deep.", "O: Deeper.", "O: [3]: Note.", "O: Alone", "O: After.")
	f(".SH S\nRun\n.nf\n.B pump start\n  pump \\e `x`\n.fi\nor\n.EX\nstop\n.EE\n.Vb 1\n\\& verb\n.Ve\nDone.", "S: Run", "S: pump start", "S: pump \\ `x`", "S: or", "S: stop", "S: verb", "S: Done.")
	f(".SH L\nSee\n.UR http://x.example\nthe site\n.UE .\nMail\n.MT a@x.example\n.ME .\n.MTO b@x.example Ada .\n.URL http://y.example \"\" ,\n.SY pump\n.OP \\-x file\n.YS", "L: See the site <http://x.example>.", "L: Mail a@x.example.", "L: Ada <b@x.example>.\nhttp://y.example,", "L: pump [-x file]")
	f(".SH T\n.TS\ntab(|) allbox;\nlb lb\nl n.\nPlan|Seats\n_\nTeam|40\n\\fBBig\\fP|T{\nmore than\n.B 100\nT}\n.TE\nAfter.", "T: Team | 40", "T: Big | more than 100", "T: After.")
	f(".SH T\n.TS\nlB s\nl l.\nBoth\na\tb\n.T&\nl.\nc\n.TE", "T: Both", "T: a | b", "T: c")
	f(".SH T\n.TS\nallbox;\npump [-x]\n.TE\nText.\n.TS\nl l.\na\tb\n.SH U\nMore.", "T: pump [-x]", "T: Text.", "T: a | b", "U: More.")
	f(".SH E\n.EQ\nx sup 2\n.EN\n.PS\nno\n.PE\n.ig\nno\n..\n.so no.1\nText.", "E: x sup 2", "E: Text.")
	f(".SH D\n.sp\n.RS 4\n.ie n \\{\\\n\\h'-04'\\(bu\\h'+03'\\c\n.\\}\n.el \\{\\\n.sp -1\n.IP \\(bu 2.3\n.\\}\nOne\n.RE\n.RS 4\n.ie n \\{\\\n\\h'-04' 1.\\h'+01'\\c\n.\\}\n.el no\nTwo\n.RE", "D: One", "D: Two")
}

func TestRequests(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		extracttest.WantSentences(t, Format, ".SH X\n"+in, want...)
	}
	f(".de Note\n.B Note:\n\\\\$1 of \\\\$2 (\\\\$*)\n..\n.Note one \"two\"\nand.\n.nosuch x", `X: Note: one of two (one "two") and.`)
	f(".de A\n.A\nx\n..\n.A\nText.", "X: x Text.")
	f(".if t no\n.if n yes\n.if !t so\n.if \\n(.g is\n.if (\\n(.g==1) it\n.if 'a'b' no\n.if 'a'a' and\n.if d nosuch no\n.if \\nX no\n.ie t \\{\\\nno\n.if n \\{ no \\}\n.\\}\n.el then.\n.ie n first\n.el no", "X: yes so is it and then.\nfirst")
	f(".nr n 1 2\n.nr m +3\n.if \\nm>2 three\n\\n+n \\nn \\n[none]\n.ds v 4.2\n.as v .1\n\\*v \\*[v] \\*(no.", "X: three 3 3 0 4.2.1 4.2.1 .")
	f(".tr \\(*W-ab\n.ds -- \\(*W\\(*W\na \\*(-- \\(*a", "X: a -- α")
	f("a\\c\nb \\\nc \\\"no\n.ad l\n.tr ab\n.nop d\n'br\ne", "X: ab c d", "X: e")
}

func TestEscapes(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := strings.TrimSpace(extracttest.Read(t, Format, ".SH X\n"+in).Text); got != strings.TrimSpace("## X\n\n"+want) {
			t.Errorf("%s\ngot  %q\nwant %q", in, got, want)
		}
	}
	f(`\fBa\fR \f(CWb\f[] \s-1C\s0\s+2D\s0 \s(12e\s'3'f \m[red]g\m[]`, "a b CD ef g")
	f(`\-\-x\|\&y\%z\:w\~v\ u \e \\ \(aq\(dq \(em\(en \(co \[u00E9] \[u65_301] \C'bu' \N'65' \('e\[:a]`, "--xyzw v u \\ \\ '\" —– © é e\u0301 • A éä")
	f(`a\h'+2'b \v'1'c\w'xx'd \D'l 1 1'e \X'no'f \o'gh' \kxi\zj \*(lqk\*(rq \*[nosuch]l \(nosuch \[nosuch]`, "a b cd e f gh ij “k” l ¬such")
	f(`end\`, "end")
	f(`\é \fé \(éä \séx \C„bu„ e`, "é x • e")
	f(`\`, "")
	f(`\f`, "")
	f(`\[open \(x`, "open")
	f(`.B "a ""b"" c" d\ e`, `a "b" c d e`)
	f(".BI a\\fBb \"c d\" e", "abc de")
}

func TestMdoc(t *testing.T) {
	f := func(in string, want ...string) { t.Helper(); extracttest.WantSentences(t, Format, in, want...) }
	f(".Dd May 1\n.Dt PUMP 1\n.Os\n.Sh NAME\n.Nm pump\n.Nd moves water\n.Sh SYNOPSIS\n.Nm\n.Op Fl abc\n.Op Fl o Ar file\n.Ar\n.Nm pump\n.Fl -long Ns = Ns Ar x\n.Sh DESCRIPTION\nThe\n.Nm\nutility and\n.Xr valve 8 .\n",
		"PUMP(1) › NAME: pump – moves water", "PUMP(1) › SYNOPSIS: pump [-abc] [-o file] file ...", "PUMP(1) › SYNOPSIS: pump --long=x", "PUMP(1) › DESCRIPTION: The pump utility and valve(8).")
	f(".Sh O\n.Bl -tag -width x\n.It Fl a , Fl Fl all\nDo\n.Em all .\n.Pp\nMore.\n.It Xo\n.Fl b\n.Ar x\n.Xc\nLong.\n.Bl -enum\n.It\nOne.\n.It\nTwo.\n.El\n.El\nAfter.",
		"O: -a, --all: Do all.", "O: More.", "O: -b x: Long.", "O: One.", "O: Two.", "O: After.")
	f(".Sh B\n.Bl -bullet\n.It\n.Dq Li quoted\n.It\n.Pq Op Fl x ,\n.El\n.Bl -column a b\n.It Sy Plan Ta Sy Seats\n.It Team Ta 40\n.El\n", "B: “quoted”", "B: ([-x]),", "B: Team | 40")
	f(".Sh C\nRun\n.Bd -literal\npump start\n.Ic stop\n.Ed\n.Dl one line\n.Bd -filled\nFilled.\n.Ed\nEnd.", "C: Run", "C: pump start", "C: stop", "C: one line", "C: Filled.", "C: End.")
	f(".Sh F\n.Fn open \"const char *path\" \"int flags\" ;\n.Pp\n.Fo close\n.Fa \"int fd\"\n.Fa \"int how\"\n.Fc\n.Pp\n.In stdio.h\n.Pp\n.Oo Fl x Oc Ns .\n.Sm off\n.Ar user\n@\n.Ar host\n.Sm on\nis\n.Ql x .",
		"F: open(const char *path, int flags);", "F: close(int fd, int how)", "F: \\<stdio.h>", "F: [-x].\nuser@host is ‘x’.")
	f(".Sh S\n.Nm pump\n.Pp\n.Ex -std\n.Pp\nFrom\n.Bx 4.3 ,\n.At v7\nand\n.Fx 9 .\nIt is\n.St -p1003.1-2008 .\n.Rs\n.%A Ada\n.%T Pumps\n.Re\n.Lk http://x.example \"the site\"\n.Pf ( Ar x ) Ap s",
		"S: pump", "S: The pump utility exits 0 on success, and >0 if an error occurs.", "S: From 4.3BSD, Version 7 AT&T UNIX and FreeBSD 9.", "S: It is IEEE Std 1003.1-2008 (“POSIX.1”).", "S: Ada, Pumps.\nthe site (x)'s")
}

func TestPlaces(t *testing.T) {
	got := extracttest.Lines(extracttest.Read(t, Format, ".TH A 1\n.SH B\nOne\n.I two.\nThree.\n.TP\n.B tag\ntext\n.nf\ncode\n.fi\n.TS\nl l.\na\tb\n.TE"))
	delete(got, "```")
	if d := cmp.Diff(map[string]int{"# A(1)": 1, "## B": 2, "One two.": 3, "Three.": 5, "- tag: text": 8, "code": 10, "| a | b |": 14}, got); d != "" {
		t.Errorf("lines (-want +got)\n%s", d)
	}
	if got := extracttest.Read(t, Format, ".TH a 1\n.SH B\nx").Title; got != "a(1)" {
		t.Errorf("got title %q", got)
	}
}

// A file that only has the name of a page is plain text.
func TestNoPage(t *testing.T) {
	in := "Jan 1 kernel: \\fB it\n.5 is a number\n"
	if got := extracttest.Read(t, Format, in).Text; got != in {
		t.Errorf("got %q", got)
	}
	_, err := extract.Formats{Format}.Extract(t.Context(), "text/troff", []byte(".so man1/pump.1\n"), extract.Default)
	if !errors.Is(err, extract.ErrNoText) || !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), "tell man1/pump.1") {
		t.Errorf("got %v", err)
	}
}

func TestBegins(t *testing.T) {
	f := func(in string, want bool) {
		t.Helper()
		if got := begins([]byte(in)); got != want {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
	f(".TH A 1\n", true)
	f("\n.\\\" comment\n", true)
	f("'\\\" t\n.TH A 1\n", true)
	f(".Dd May 1\n", true)
	f(".so man1/a.1\n", true)
	f(".idea\n", false)
	f(".if\n", false)
	f("# Heading\n.TH A 1\n", false)
	f("", false)
}

func FuzzMan(f *testing.F) {
	f.Add(".TH a 1\n.SH b\n.TP\n.B c\nd\\fIe\\fP\\c\n.RS\n.IP \\(bu\nx\n.RE\n.TS\nl l.\na\tb\n.TE\n")
	f.Add(".SH b\n.de X\n\\\\$1\n.X\n..\n.X \"a b\"\n.ie n \\{\\\n\\*(lq\n.\\}\n.el x\n.nf\na\n.fi\n.UR b\n.UE\n")
	f.Add(".Dt a 1\n.Sh b\n.Bl -tag\n.It Fl a Xo\nb\n.Xc\nc\n.El\n.Bl -column\n.It a Ta b\n.El\n.Fo a\n.Fa b\n.Fc\n.Sm off\n.Op Fl x Ns ,\n")
	f.Fuzz(func(t *testing.T, in string) { extracttest.Any(t, Format, in) })
}

func TestBounded(t *testing.T) {
	for _, unit := range []string{".SH a\nA line.\n.PP\n", ".TP\n.B x\ntext\n.RS\n.so\n", ".Sh x\n.Bl -tag\n.It x\ny\n", ".SH a\nword\n", ".so\n.TS\nl l.\na\tb\n.TE\n", ".Sh x\n.Op Fl x Ar y\n"} {
		extracttest.Bounded(t, Format, unit)
	}
}

// What a page defines in terms of itself ends.
func TestMacrosAreBounded(t *testing.T) {
	in := ".SH a\n.ds a " + strings.Repeat("x", 4000) + "\n.de B\n" + strings.Repeat("\\*a\n", 900) + ".B\n.B\n..\n.B\nText.\n"
	if e := extracttest.Read(t, Format, in); len(e.Text) > 1<<20 {
		t.Errorf("%d bytes of text of %d", len(e.Text), len(in))
	}
}
