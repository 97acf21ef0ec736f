package rtf

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
)

func TestSamples(t *testing.T) { extracttest.Expected(t, "testdata", Format, "trap.rtf") }

func doc(s string) string { return `{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Times;}}` + s + `}` }

// What a reader sees, block by block.
func TestText(t *testing.T) {
	sheet := `{\stylesheet{\ql Normal;}{\s1\sbasedon0 heading 1;}{\s2\sbasedon0\outlinelevel2 Kop;}{\s3\sbasedon2 Mine;}{\s4 Title;}{\s5\sbasedon5 Loop;}{\s6 HTML Preformatted;}{\*\cs7 heading 1 Char;}}`
	for name, c := range map[string]struct{ in, want string }{
		"paragraphs":       {`One\par two\line three\par\par{four}\tab five\'e9\~x\_y\-z\{\}\\` + "\r\n six", "One\n\ntwo\nthree\n\nfour fiveé x‑yz{}\\ six\n"},
		"unicode":          {`\u8364?\u-4064? \uc2\u8364\'80\'80!\uc0\u8364 \uc1\u-10179?\u-8704? {\uc0\u233}\u233\'e9t\u8212\emdash .`, "€ €!€😀 éét—.\n"},
		"hidden":           {`Seen{\v not} {\deleted gone}this{\v\par}joined.\v not\v0 \plain !`, "Seen thisjoined.!\n"},
		"groups left out":  {`{\*\unknown{\b x}y}{\header h}{\pict\bin5 }{\}ab0102}{\*\bkmkstart a}{\info{\author me}{\title The guide}}{\xe{\b entry}}{\*\annotation x}A{\object{\*\objdata 00}{\result result}}`, "Aresult\n"},
		"binary":           {`{\pict\bin7 }}}}}}}00}Seen.`, "Seen.\n"},
		"headings":         {sheet + `\pard\s1 One\par\pard\s2 Three\par\pard\s3 Mine\par\pard\s5 Loop\par\pard\outlinelevel1 Two\par\pard\s1\outlinelevel9 None\par\pard\s6 a {\par}   b\par\pard end`, "# One\n\n### Three\n\n### Mine\n\nLoop\n\n## Two\n\nNone\n\n```\na\nb\n```\n\nend\n"},
		"lists":            {`{\listtext\pard\plain\f0 1.\tab}\pard\ls1\ilvl0 one\par{\listtext a)\tab}\ilvl1 inner\par\pard{\pntext\'b7\tab}{\*\pn\pnlvlblt{\pntxtb\'b7}}bullet\par\pard after`, "1. one\n  - a) inner\n- bullet\n\nafter\n"},
		"numbered heading": {sheet + `{\listtext 1.2\tab}\pard\s1 Scope\par\pard x`, "# 1.2 Scope\n\nx\n"},
		"notes":            {`Stop{\super\chftn{\footnote\pard\plain\chftn  Below zero.\par And {\b wet}.}} it.\par Next{\*\footnote\ftnalt End note.}\par{\listtext 1.\tab}a{\footnote In a list.}\par{\listtext 2.\tab}b\par\pard c`, "Stop it.\n\nBelow zero.\n\nAnd wet.\n\nNext\n\nEnd note.\n\n1. a\n2. b\n\nIn a list.\n\nc\n"},
		"fields":           {`{\field{\*\fldinst{HYPERLINK "http://x"}}{\fldrslt{\ul link}}} {\field\fldlock{\fldinst PAGE}{\fldrslt 3}}{\field{\*\fldinst TOC \\o}{\fldrslt Two 3\par Four 5\par}}.`, "link 3.\n"},
		"boxes":            {`Around{\shp{\*\shpinst{\sp{\sn a}{\sv 1}}{\shptxt\pard In the box.\par Two.\par}}{\shprslt{\*\do{\dptxbxtext In the box.}}}} it.\par{\*\do{\dptxbxtext Old box.}}`, "Around it.\n\nIn the box.\n\nTwo.\n\nOld box.\n"},
		"twice":            {`{\upr{kaf?}{\*\ud{kaf\u233?}}} {\mmath{\*\moMath{\mr x=1}{\*\mmathPict x}}}`, "kafé x=1\n"},
		"table":            {`\trowd\trhdr\cellx1000\cellx2000\pard\intbl Plan\cell Fee\cell\row\trowd\cellx1000\cellx2000\pard\intbl Basic\par one\cell 9\cell\row\pard After.`, "| Plan | Fee |\n|---|---|\n| Basic one | 9 |\n\nAfter.\n"},
		"merged cells": {`\trowd\clvmgf\cellx1000\cellx2000\cellx3000\pard\intbl{\b Plan}\cell{\b Fee}\cell{\b Tax}\cell\row\trowd\clvmgf\cellx1000\cellx2000\cellx3000\intbl A\cell 9\cell 1\cell\row` +
			`\trowd\clvmrg\cellx1000\cellx2000\cellx3000\intbl\cell 90\cell 1\cell\row\trowd\cellx1000\cellx3010\intbl B\cell none\cell\row\trowd\clmgf\cellx1000\clmrg\cellx2000\cellx3000\intbl C\cell\cell 5\cell\row\pard`,
			"| Plan | Fee | Tax |\n|---|---|---|\n| A | 9 | 1 |\n| A | 90 | 1 |\n| B | none | none |\n| C | C | 5 |\n"},
		"nested table": {`\trowd\cellx1000\cellx2000\pard\intbl a{\footnote Note.}\cell\pard\intbl\itap2 in\nestcell er\nestcell{\*\nesttableprops\trowd\cellx10\nestrow}{\nonesttables\par}\pard\intbl\cell\row\pard`, "| a | in er |\n\nNote.\n"},
		"one cell":     {`\trowd\cellx100\pard\intbl A box.\cell\row\pard After.`, "A box.\n\nAfter.\n"},
		"symbols":      {`{\fonttbl{\f0 Times;}{\f1\fcharset2 Symbol;}{\f2\fcharset2 Wingdings;}}5 {\f1 m}m {\f1\'b3} {\f2\u61692 ?}{\f1\u61549 ?}.`, "5 μm ≥ μ.\n"},
		"markdown":     {`# no heading\par ===\par|a|\par`, "\\# no heading\n\n\\===\n\n\\|a|\n"},
		"outside":      {`Text.}` + "\x00\x00{more", "Text.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, extracttest.Read(t, Format, doc(c.in)).Text); d != "" {
				t.Errorf("%s (-want +got)\n%s", c.in, d)
			}
		})
	}
}

// The character set of the font decides, also where the document names another.
func TestCharsets(t *testing.T) {
	for _, c := range []struct {
		charset int
		in      encoding.Encoding
		want    string
	}{
		{0, charmap.Windows1252, "Grüße – “naïve”"},
		{128, japanese.ShiftJIS, "日本語テスト表示、能力"},
		{129, korean.EUCKR, "한국어 시험"},
		{134, simplifiedchinese.GBK, "中文测试"},
		{136, traditionalchinese.Big5, "繁體功能測試"},
		{161, charmap.Windows1253, "Ελληνικά"},
		{162, charmap.Windows1254, "İstanbul ğış"},
		{177, charmap.Windows1255, "עברית"},
		{178, charmap.Windows1256, "العربية"},
		{186, charmap.Windows1257, "Žąsis"},
		{204, charmap.Windows1251, "Русский текст"},
		{222, charmap.Windows874, "ภาษาไทย"},
		{238, charmap.Windows1250, "Příliš žluťoučký kůň"},
		{77, charmap.Macintosh, "Grüße"},
		{255, charmap.CodePage850, "Grüße"},
	} {
		b, err := c.in.NewEncoder().Bytes([]byte(c.want))
		if err != nil {
			t.Fatal(err)
		}
		const digits = "0123456789abcdef"
		hex, mixed := "", ""
		for i, v := range b {
			h := `\'` + string(digits[v>>4]) + string(digits[v&15])
			hex += h
			if v < 0x80 && v != '\\' && v != '{' && v != '}' || v >= 0x80 && i%3 == 0 {
				h = string([]byte{v}) // the second byte of a character may be a letter
			}
			mixed += h
		}
		fonts := `{\fonttbl{\f0\fcharset0 Arial;}{\f7\fnil\fcharset` + itoa(c.charset) + ` Font;}}`
		for _, in := range []string{hex, mixed} {
			got := extracttest.Read(t, Format, `{\rtf1\ansi\ansicpg1252\deff0`+fonts+`\f0 a\'e9 {\f7 `+in+`}\'e9}`).Text
			if want := "aé " + c.want + "é\n"; got != want {
				t.Errorf("charset %d: got %q, want %q", c.charset, got, want)
			}
		}
	}
	for in, want := range map[string]string{
		`{\rtf1\ansi\ansicpg1251{\fonttbl{\f0 Arial;}}\f0\'d0\'f3\'f1}`:        "Рус\n",
		`{\rtf1\ansi\ansicpg1251\deff1{\fonttbl{\f1\fcharset238 Arial;}}\'e8}`: "č\n",
		`{\rtf1\mac\'9f}`:                   "ü\n",
		`{\rtf1\pc\'81}`:                    "ü\n",
		`{\rtf1\ansi\ansicpg65001\'c3\'a9}`: "é\n",
		`{\rtf1\ansi{\fonttbl{\f0\fcharset0\cpg1251 Arial;}}\f0\'d0}`: "Р\n",
	} {
		if got := extracttest.Read(t, Format, in).Text; got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

func TestTitle(t *testing.T) {
	for in, want := range map[string]string{
		`{\info{\title The guide}}\pard\outlinelevel0 Pumps\par x`:           "The guide",
		`\pard\outlinelevel0 Pumps\par x`:                                    "Pumps",
		`{\stylesheet{\s4 Title;}}\pard\outlinelevel0 A\par\pard\s4 B\par x`: "A",
		`x`: "",
	} {
		if e := extracttest.Read(t, Format, doc(in)); e.Title != want {
			t.Errorf("%s: got title %q, want %q", in, e.Title, want)
		}
	}
}

// What cannot be read says what to do.
func TestRefused(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":                    "check that it is the right file",
		`{\rtf1 Text {\b {\i more`:      "it ends within",
		`{\rtf1{\fonttbl{\f0 Times;}}}`: "no text",
		"PK\x03\x04" + `{\rtf1 Text}`:   "check that it is the right file",
	} {
		_, err := extract.Formats{Format}.Extract(t.Context(), Format.Types[0], []byte(in), extract.Default)
		if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want ErrInvalid with %q", in, err, want)
		}
	}
	if got := extracttest.Read(t, Format, extract.BOM+`{\rtf1 The last bracket is missing.`).Text; got != "The last bracket is missing.\n" {
		t.Errorf("got %q", got)
	}
	if !Format.Begins([]byte("\r\n{\\rtf1")) || Format.Begins([]byte("{}")) {
		t.Error("a file is not known by how it begins")
	}
}

func TestBounds(t *testing.T) {
	read := func(ctx context.Context, in string, l extract.Limits) error {
		_, err := extract.Formats{Format}.Extract(ctx, Format.Types[0], []byte(in), l)
		return err
	}
	in := doc(strings.Repeat(`A paragraph of text.\par `, 20_000))
	small := extract.Default
	small.Bytes = 10_000
	if err := read(t.Context(), in, small); !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	gone, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if err := read(gone, in, extract.Default); !errors.Is(err, enough) {
		t.Errorf("got %v, want the reason why its time ended", err)
	}
	for _, open := range []string{`{`, `{\footnote x`, `{\b\v0 `, `{\shptxt `, `{\listtext `, `{\*\ud `} {
		const n = 200_000
		if got := extracttest.Read(t, Format, doc(`Begin.\par `+strings.Repeat(open, n)+`Deep.`+strings.Repeat(`}`, n)+` End.`)).Text; !strings.HasPrefix(got, "Begin.") || !strings.Contains(got, "End.") {
			t.Errorf("%s: got %.80q", open, got)
		}
	}
	for _, unit := range []string{`\cell `, `\trowd\cellx1\cellx2\intbl a\cell\row `, `\trowd\clvmrg\cellx1 \intbl\cell\row`, `{\s1 a;}`, `\u55357?`, `\bin`, `\'`} {
		if err := read(t.Context(), doc("Text."+strings.Repeat(unit, (1<<20)/len(unit))), extract.Default); err != nil && !errors.Is(err, multivac.ErrInvalid) && !errors.Is(err, multivac.ErrTooLarge) {
			t.Errorf("%s: got %v", unit, err)
		}
	}
}

func FuzzRTF(f *testing.F) {
	body, err := os.ReadFile("testdata/trap.rtf")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(body))
	f.Add(doc(`{\upr{a}{\*\ud b}}\u8364?\u-10179?{\shp{\*\shpinst{\shptxt a\par}}}\trowd\clmgf\cellx1\clmrg\cellx2\intbl a\cell b\cell\row{\*\nesttableprops\nestrow}`))
	f.Add(doc(`{\fonttbl{\f1\fcharset128 A;}}{\f1\'82\'a0}{\listtext 1.\tab}a{\footnote b\par}\par{\field{\*\fldinst TOC}{\fldrslt x}}\bin3 abc`))
	f.Fuzz(func(t *testing.T, in string) {
		e, _ := extracttest.Sound(t, Format, in, extract.Limits{Bytes: 1 << 20, Depth: 8, Cells: 1 << 20})
		for _, r := range e.Text {
			if r < ' ' && r != '\n' || r == 0xfffe || r == 0xffff {
				t.Errorf("%q has %U in it", e.Text, r)
			}
		}
		if len(e.Text) > 8*len(in)+1<<18 {
			t.Errorf("%d bytes of text of %d", len(e.Text), len(in))
		}
	})
}
