package mail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/extract/html"
	"multivac/internal/extract/plain"
	"multivac/internal/text"
)

// all are the formats that the tests read mails and attachments with.
var all = extract.Formats{plain.Format, html.Format, EML, MSG, Mbox}

func TestExpected(t *testing.T) {
	files, err := filepath.Glob("testdata/mail/*")
	if err != nil || len(files) != 13 {
		t.Fatalf("got %d samples, %v", len(files), err)
	}
	for i, f := range files {
		files[i] = "mail/" + filepath.Base(f)
	}
	extracttest.ExpectedOf(t, "testdata", all, files...)
}

// mailOf returns a mail with a body of the kind.
func mailOf(kind, body string) string {
	return "From: Ada Smith <ada@x.example>\nTo: bob@x.example\nSubject: Invoice\nDate: Mon, 09 Mar 2026 10:00:00 +0100\nContent-Type: " + kind + "\n\n" + body
}

// bodyOf returns the text of a mail below its header.
func bodyOf(t *testing.T, in string) string {
	t.Helper()
	e := extracttest.Read(t, EML, in)
	_, after, ok := strings.Cut(e.Text, "- Date: Monday, 9 March 2026, 10:00 +0100\n")
	if !ok {
		t.Fatalf("no date in %q", e.Text)
	}
	return strings.TrimSpace(after)
}

// Who wrote what and when is found with each sentence, and can be quoted.
func TestHeader(t *testing.T) {
	in := mailOf("text/plain", "The invoice is due.\nPlease pay.\n")
	if d := cmp.Diff([]string{
		"date: 2026-03-09, from: Ada Smith, to: bob@x.example › Invoice; ; From: Ada Smith <ada@x.example>",
		"date: 2026-03-09, from: Ada Smith, to: bob@x.example › Invoice; ; To: bob@x.example",
		"date: 2026-03-09, from: Ada Smith, to: bob@x.example › Invoice; ; Date: Monday, 9 March 2026, 10:00 +0100",
		"date: 2026-03-09, from: Ada Smith, to: bob@x.example › Invoice; ; The invoice is due.",
		"date: 2026-03-09, from: Ada Smith, to: bob@x.example › Invoice; ; Please pay.",
	}, extracttest.Quotable(t, EML, in)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if e := extracttest.Read(t, EML, in); e.Title != "Invoice" {
		t.Errorf("got title %q", e.Title)
	}
}

// Fields of a header as programs write them, right and wrong.
func TestFields(t *testing.T) {
	f := func(header, want string) {
		t.Helper()
		if got := extracttest.Read(t, EML, header+"\n\nx").Text; !strings.Contains(got, want) {
			t.Errorf("%q: got %q, want %q in it", header, got, want)
		}
	}
	f("Subject: Gr\xfc\xdfe", "# Grüße\n")
	f("Subject: Grüße", "# Grüße\n")
	f("Subject: =?iso-8859-1?Q?Gr=FC=DFe_=80?=", "# Grüße €\n")
	f("Subject: =?utf-8?B?5pel5g==?=\r\n =?utf-8?B?nKzoqp7jg4bjgrnjg4g=?=", "# 日本語テスト\n")
	f("Subject: =?shift_jis?B?k/qWew==?= =?shift_jis?B?jOqDZQ==?=", "# 日本語テ\n")
	f("Subject: =?shift_jis?B?k/qW?=\n =?Shift_JIS?B?e4zq?=", "# 日本語\n")
	f("Subject: a =?utf-8?Q?b?= c =?x?= =?utf-8?Q?d e?=", "# a b c =?x?= d e\n")
	f("Subject: one =?utf-8?Q?two?= =?iso-8859-1?Q?three?=", "# one twothree\n")
	f("Subject: =?utf-8?B?YWJjZ?=", "# abc\n")
	f("\xef\xbb\xbfSubject: first\nFrom: a@x.example", "# first\n")
	f("From a@x Mon Mar  9 10:00:00 2026\nSubject: first", "# first\n")
	f("Subject : spaced\nno colon here\nFrom: a@x.example", "- From: a@x.example\n")
	f(" From: a@x.example\nSubject: x", "- From: a@x.example\n")
	f("Subject: folded\n\tonto two lines", "# folded onto two lines\n")
	f("From: \"Smith, Ada \\\"A\\\"\" <ada@x.example>, Bob (Robert, of x) <b@x.example>", "- From: Smith, Ada \"A\" <ada@x.example>, Bob (Robert, of x) <b@x.example>\n")
	f("From: ada@x.example (Ada Smith)\nTo: friends: a@x.example, b@x.example;, =?utf-8?Q?M=C3=BCller=2C_Eva?= <e@x.example>",
		"- From: Ada Smith <ada@x.example>\n- To: a@x.example, b@x.example, Müller, Eva <e@x.example>\n")
	f("Date: 9 Mar 26 9:05 GMT\nTo: undisclosed-recipients:;", "- Date: Monday, 9 March 2026, 9:05 GMT\n")
	f("Date: Tue, 10 Mar 2026 23:59:59 -0800 (PST)", "- Date: Tuesday, 10 March 2026, 23:59 -0800\n")
	f("Date: Fri, 6 Mar 2026 09(a):   55  :  06 -0600", "- Date: Friday, 6 March 2026, 09:55 -0600\n")
	f("Date: soon", "- Date: soon\n")
	f("Subject: x\nTo: "+strings.Repeat("a@x.example, ", 40), " and 10 more\n")
}

func TestBodies(t *testing.T) {
	f := func(kind, body, want string) {
		t.Helper()
		if d := cmp.Diff(want, bodyOf(t, mailOf(kind, body))); d != "" {
			t.Errorf("%s %q (-want +got)\n%s", kind, body, d)
		}
	}
	f("text/plain; charset=iso-8859-1", "\x93quoted\x94 \x80 5", "“quoted” € 5")
	f("text/plain; charset=iso-8859-1", "caf\u00e9", "café")
	f("text/plain; charset=gb2312", "\xc1\xaa\xcd\xa8", "联通")
	f("text/plain; charset=x-made-up", "caf\xe9", "café")
	f("text/plain; charset=utf-8", "caf\xe9", "café")
	f("text/plain; charset=utf-8", "caf\u00e9 und Stra\u00dfe, cut \xc3", "café und Straße, cut \ufffd")
	f("text/plain; charset=cp850", "\x81ber", "über")
	f("text/plain; charset=\"windows-1251", "\xcf\xf0\xe8\xe2\xe5\xf2", "Привет")
	f("text/plain", "\x1b$B9A$N;vL3=j\x1b(B", "港の事務所")
	f("text/plain", "a\x00b\x07\u0093c\ufeff", "abc")
	f("text/plain\nContent-Transfer-Encoding: quoted-printable", "caf=C3=A9 is=\n open = =zz \nnext", "café is open = =zz\nnext")
	f("text/plain\nContent-Transfer-Encoding: base64", "aGVsbG8gd29ybGQgd29yZ", "hello world wor")
	f("text/plain\nContent-Transfer-Encoding: base64", "aGVs!bG8=\n_______________\nThe list of friends", "hello\n\n_______________\nThe list of friends")
	f("text/plain\nContent-Transfer-Encoding: base64", "aGVsbG8=\nRegards", "hello\n\nRegards")
	f("text/plain\nContent-Transfer-Encoding: base64", "aGVsbG8g\naGVsbG8=\nd29ybGQ=", "hello helloworld")
	f("text/plain\nContent-Transfer-Encoding: x-uuencode", "begin 644 x\n%:&5L;&\\ \nend\n", "hello")
	f("text/plain; format=flowed", "One long \nline.\n\n> quoted \n> too\n>> deep\nnot\n \nend", "One long line.\n\n> quoted too\n\n> > deep\n\nnot\n\nend")
	f("text/plain; format=flowed; delsp=yes", "so \nft\n-- \nAda", "soft\n\n## Signature\n\nAda")
	f("text/plain", "# no heading\n<!-- shown\n``` no\n===\nx", "\\# no heading\n\\<!-- shown\n\\``` no\n\n===\nx")
	f("text/plain", "| a | b |\n|---|---|\n| c | d |\n\n| alone |", "| a | b |\n|---|---|\n| c | d |\n\n\\| alone |")
	f("text/html", "<h1>Offer</h1><p>Good.<blockquote><p>Old.<blockquote>Older.</blockquote></blockquote><p>New.", "## Offer\n\nGood.\n\n> Old.\n\n> > Older.\n\nNew.")
	f("multipart/alternative; boundary=b", "--b\nContent-Type: text/plain\n\nSee the page.\n--b\nContent-Type: text/html\n\n<p>The valve closes at nine in the evening on all days.\n--b--", "The valve closes at nine in the evening on all days.")
	f("multipart/alternative; boundary=b", "--b\n\nThe text.\n--b\nContent-Type: text/html\n\n<p>The page.\n--b\nContent-Type: text/calendar\n\nBEGIN\n--b--", "The text.")
	f("multipart/mixed; boundary=\"a b\"", "preamble\n--a b  \n\nOne.\n--a bc\n--a b\n\nTwo.", "One.\n--a bc\n\nTwo.")
	f("multipart/signed; boundary=b", "--b\n\nSigned.\n--b\nContent-Type: application/pgp-signature; name=s.asc\n\nxx\n--b--", "Signed.")
	f("multipart/encrypted; boundary=b", "--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b--", "The text of this mail is encrypted.")
	f("multipart/related; boundary=b", "--b\nContent-Type: text/html\n\n<p>Seen.<img src=cid:x>\n--b\nContent-Type: image/png; name=logo.png\nContent-ID: <x>\n\nPNG\n--b--", "Seen.")
	f("multipart/mixed", "No boundary.", "No boundary.")
}

// What was written comes first, then its signature, then what it answers.
func TestQuoted(t *testing.T) {
	f := func(kind, body string, want ...string) {
		t.Helper()
		var got []string
		for _, s := range extracttest.Sentences(t, EML, mailOf(kind, body))[3:] {
			_, s, _ = strings.Cut(s, "Invoice")
			got = append(got, extract.OneLine(strings.TrimLeft(s, " ›:")))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q (-want +got)\n%s", body, d)
		}
	}
	f("text/plain", "Yes, we do.\n-- \nAda\nRoom 7\n\nOn Monday, 2 March 2026,\nBob wrote:\n> Do you pay?\n> > Soon.\n",
		"Yes, we do.", "Signature: Ada Room 7", "Quoted: On Monday, 2 March 2026,", "Quoted: Bob wrote:", "Quoted: Do you pay?", "Quoted: Soon.")
	f("text/plain", "> Do you pay?\nYes.\n> When?\nIn March.", "Do you pay?", "Yes.", "When?", "In March.")
	f("text/plain", "> Do you pay?\n\nYes.\n\n-- \nAda", "Do you pay?", "Yes.", "Signature: Ada")
	f("text/plain", "Yes.\n\n-----Original Message-----\nFrom: Bob\nSent: Monday\nTo: Ada\nSubject: Pay\n\nDo you pay?\n--\nBob", "Yes.", "Quoted: -----Original Message-----", "Quoted: From: Bob", "Quoted: Sent: Monday", "Quoted: To: Ada", "Quoted: Subject: Pay", "Quoted: Do you pay?", "Quoted: Bob")
	f("text/html", "<p>Ja.</p><hr><p><b>Von:</b> Bob<br><b>Gesendet:</b> Montag<br><b>An:</b> Ada<br></p><p>Zahlt ihr?", "Ja.", "Quoted: Von: Bob", "Quoted: Gesendet: Montag", "Quoted: An: Ada", "Quoted: Zahlt ihr?")
	f("text/html", "<div>Yes.</div><div>On Monday Bob wrote:<br><blockquote>Do you pay?</blockquote></div>", "Yes.", "Quoted: On Monday Bob wrote:", "Quoted: Do you pay?")
	f("text/plain", "From: here you see\nthe sea.", "From: here you see the sea.")
}

// told returns what the formats tell of a file: the type and source of each
// document, and each error.
func told(t *testing.T, name, in string) (got []string) {
	t.Helper()
	for d, err := range all.Tellings(t.Context(), extract.Input{Source: name, Name: name, Reader: strings.NewReader(in), Collection: "c", Limits: extract.Default}) {
		if err != nil {
			got = append(got, "error: "+err.Error())
			continue
		}
		e, err := all.Extract(t.Context(), d.MediaType, d.Body, extract.Default)
		if err != nil || d.Collection != "c" {
			t.Errorf("%s: %v", d.Source, err)
		}
		got = append(got, fmt.Sprintf("%s %s %q", d.MediaType, d.Source, e.Title))
	}
	return got
}

const nested = "--b\n\nSee the files.\n" +
	"--b\nContent-Type: text/plain; name=note.txt\nContent-Disposition: attachment\n\nThe note.\n" +
	"--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename*0*=utf-8''caf%C3%A9; filename*1=\".html\"\n\n<title>Menu</title><p>Cake.\n" +
	"--b\nContent-Type: text/plain; name=\"/etc/../note.txt\"\n\nAnother.\n" +
	"--b\nContent-Type: image/png; name=plan.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n" +
	"--b\nContent-Type: message/rfc822\n\nSubject: Old/new\nFrom: eve@x.example\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nInner.\n--c\nContent-Type: text/plain; name=deep.txt\n\nDeep.\n--c--\n" +
	"--b\nContent-Type: text/plain; name=nothing.txt\n\n\n" +
	"--b--\n"

// A mail is a document, and so is what came with it.
func TestAttachments(t *testing.T) {
	in := mailOf("multipart/mixed; boundary=b", nested)
	if d := cmp.Diff([]string{
		`message/rfc822 d/m.eml "Invoice"`, `text/plain d/m.eml/note.txt ""`, `text/html d/m.eml/café.html "Menu"`, `text/plain d/m.eml/note (2).txt ""`,
		"error: d/m.eml/plan.png: .png is not a kind of document I can read; tell .txt, .html, .eml, .msg or .mbox",
		`message/rfc822 d/m.eml/Old-new.eml "Old/new"`, `text/plain d/m.eml/Old-new.eml/deep.txt ""`,
		"error: d/m.eml/nothing.txt: the attachment is empty; save it as a file",
	}, told(t, "d/m.eml", in)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for d, err := range extracttest.Tellings(t.Context(), all, "m.eml", strings.NewReader(in)) {
		if err != nil || strings.Contains(string(d.Body), "Inner.") || strings.Contains(string(d.Body), "The note.") {
			t.Errorf("got %s, %v", d.Body, err)
		}
		e, err := all.Extract(t.Context(), d.MediaType, d.Body, extract.Default)
		if want := "\n\nSee the files.\n\n## Attachments\n\n- note.txt\n- café.html\n- note (2).txt\n- plan.png\n- Old-new.eml\n- nothing.txt\n"; err != nil || !strings.Contains(e.Text, want) {
			t.Errorf("got %q, %v", e.Text, err)
		}
		break
	}
}

// A mail that is told as one body is read with the mails in it, and names the
// rest.
func TestOneBody(t *testing.T) {
	got := bodyOf(t, strings.Replace(mailOf("multipart/mixed; boundary=b", nested), "Date:", "X-Old: a\nDate:", 1))
	want := "See the files.\n\n## Attachments\n\n- note.txt\n- café.html\n- note (2).txt\n- plan.png\n- Old-new.eml\n- nothing.txt\n\n## Old/new\n\n- From: eve@x.example\n\nInner.\n\n### Attachments\n\n- deep.txt"
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestMailbox(t *testing.T) {
	mbox := "From a@x Mon Mar  9 10:00:00 2026\nSubject: one\n\n>From me\nFrom b@x Mon Mar  9 11:00:00 2026\n\nFrom now on, at 9:00\n\n" +
		"From - Mon Mar  9 10:00:00 2026\n" + strings.ReplaceAll(mailOf("multipart/mixed; boundary=b", "--b\n\nSee.\n--b\nContent-Type: text/plain; name=n.txt\n\nNote.\n--b--"), "\n", "\r\n") +
		"\n\nFrom b@x Mon Mar  9 11:00:00 2026\nno mail\n\nFrom b@x Mon Mar  9 11:00:00 2026\nSubject: three\n\nEnd"
	if d := cmp.Diff([]string{
		`message/rfc822 m.mbox#1 "one"`, `message/rfc822 m.mbox#2 "Invoice"`, `text/plain m.mbox#2/n.txt ""`,
		"error: m.mbox#3: it is not a mail: there is none of the lines From, To, Subject and Date at its beginning; save the mail again, or tell it as text",
		`message/rfc822 m.mbox#4 "three"`,
	}, told(t, "m.mbox", mbox)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for d, err := range extracttest.Tellings(t.Context(), all, "m.mbox", strings.NewReader(mbox)) {
		if want := "\n\nFrom me\nFrom b@x Mon Mar  9 11:00:00 2026\n\nFrom now on, at 9:00\n\n"; err != nil || !strings.Contains(string(d.Body), want) {
			t.Errorf("got %s, %v", d.Body, err)
		}
		break
	}
	if got := told(t, "m.mbox", ""); len(got) != 1 || !strings.Contains(got[0], "there is no mail in it") {
		t.Errorf("got %q", got)
	}
	for _, in := range []struct{ name, head, want string }{
		{"m", mbox, "application/mbox"}, {"m", mailOf("text/plain", "x"), mailType}, {"m", "From: me\nto you", multivac.Plain}, {"m", "Note: From: x", multivac.Plain},
	} {
		if got, err := all.MediaType(in.name, []byte(in.head)); err != nil || got != in.want {
			t.Errorf("%.20q: got %q, %v, want %q", in.head, got, err, in.want)
		}
	}
}

// A mail of a mailbox that is too large is named, and the others follow.
func TestLargeMail(t *testing.T) {
	const head = "From a@x Mon Mar  9 10:00:00 2026\nSubject: x\n\n"
	in := head + strings.Repeat("a longer line of text\n", 10) + "\n" + head + "small\n\n" + head + strings.Repeat("x", 200_000)
	var got []string
	for b, err := range split(t.Context(), strings.NewReader(in), 100) {
		got = append(got, fmt.Sprintf("%.20q %v", b, err))
	}
	large := `"" ` + tooLarge().Error()
	if d := cmp.Diff([]string{large, `"Subject: x\n\nsmall\n\n" <nil>`, large}, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// A mail of Outlook is told as what it says, and so are its files and the mails
// in it.
func TestOutlook(t *testing.T) {
	b, err := os.ReadFile("testdata/outlook.msg")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{`message/rfc822 o.msg "Grüße"`, `text/plain o.msg/report 2026.txt ""`, `message/rfc822 o.msg/Inner mail.eml "Inner mail"`}, told(t, "o.msg", string(b))); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	e := extracttest.Read(t, MSG, string(b))
	want := "---\ndate: 2026-03-09\nfrom: \"Ada Smith\"\nto: \"Bob\"\ncc: \"Eve\"\n---\n\n# Grüße\n\n- From: Ada Smith <ada@x.example>\n- To: Bob <bob@x.example>\n- Cc: Eve\n" +
		"- Date: Monday, 9 March 2026, 09:00 +0000\n\nThe pump costs 40 euros.\n\n## Attachments\n\n- report 2026.txt\n- Inner mail.eml\n\n## Inner mail\n\nInside.\n\n"
	if d := cmp.Diff(want, e.Text); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if got := told(t, "o.msg", mailOf("text/plain", "x")); len(got) != 1 || got[0] != `message/rfc822 o.msg "Invoice"` {
		t.Errorf("a mail as it is sent, named so: got %q", got)
	}
}

func TestRefused(t *testing.T) {
	for _, in := range []string{"no mail", "\x00\x01", "Note: no mail\n\nx", "%PDF-1.7"} {
		if _, err := all.Extract(t.Context(), mailType, []byte(in), extract.Default); !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), "not a mail") {
			t.Errorf("%q: got %v", in, err)
		}
	}
}

func TestBounded(t *testing.T) {
	extracttest.Bounded(t, EML, "Subject: x\n\nSome words of a mail.\n")
	extracttest.Bounded(t, EML, "Subject: x\nContent-Type: text/html\n\n<p>Some words of a page.\n")

	// Parts in parts, none of which ends.
	var deep strings.Builder
	deep.WriteString("Subject: x\n")
	for i := range 100_000 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	if e := extracttest.Read(t, EML, deep.String()); !strings.Contains(e.Text, "a part of the mail") {
		t.Errorf("got %.300q", e.Text)
	}
	for depth, want := range []string{"- a part of the mail\n", "- a part of the mail\n", "- a part of the mail\n", "\nx\n"} {
		in := "Subject: s\nContent-Type: multipart/a; boundary=1\n\n--1\nContent-Type: multipart/a; boundary=2\n\n--2\nContent-Type: multipart/a; boundary=3\n\n--3\n\nx"
		if e, err := EML.Extract(t.Context(), []byte(in), extract.Limits{Bytes: 1000, Depth: depth}); err != nil || !strings.Contains(e.Text, want) {
			t.Errorf("at a depth of %d: got %q, %v", depth, e.Text, err)
		}
	}
	mails := "Subject: x\n\nx"
	for i := range 100 {
		mails = fmt.Sprintf("Subject: x\nContent-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i) + "Content-Type: message/rfc822\n\n" + mails
	}
	if got := told(t, "m.eml", mails); len(got) > 12 || !strings.Contains(got[len(got)-1], "within more than 8 files") {
		t.Errorf("got %q", got)
	}
	if e := extracttest.Read(t, EML, mails); strings.Count(e.Text, "# x\n") != maxMails {
		t.Errorf("got %q", e.Text)
	}
	_, err := all.Extract(t.Context(), mailType, []byte(mailOf("multipart/mixed; boundary=b", strings.Repeat("--b\n\nx\n", 2*maxParts))), extract.Default)
	if !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

// promises checks what holds for any bytes.
func promises(t *testing.T, mediaType, name string, in []byte) {
	e, err := all.Extract(t.Context(), mediaType, in, extract.Default)
	if err != nil && !errors.Is(err, multivac.ErrInvalid) && !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
	for _, p := range text.Segment(e.Text) {
		if err := p.Validate(e.Text); err != nil {
			t.Error(err)
		}
	}
	for d, err := range extracttest.Tellings(context.Background(), all, name, strings.NewReader(string(in))) {
		if err == nil {
			_, err = all.Extract(t.Context(), d.MediaType, d.Body, extract.Default)
		}
		if err != nil && !errors.Is(err, multivac.ErrInvalid) && !errors.Is(err, multivac.ErrTooLarge) {
			t.Errorf("got %v, want ErrInvalid", err)
		}
	}
}

func FuzzEML(f *testing.F) {
	files, _ := filepath.Glob("testdata/mail/*")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(mailOf("multipart/mixed; boundary=b", nested)))
	f.Add([]byte(mailOf("text/html", "<h1>A<blockquote><pre>```</blockquote>")))
	f.Add([]byte("\xff\xfes\x00u\x00b\x00j\x00e\x00c\x00t\x00:\x00x\x00\n\x00\n\x00x\x00"))
	f.Add([]byte(mailOf("text/plain; charset=utf-16", "\x00x\x00\n\x00")))
	f.Fuzz(func(t *testing.T, in []byte) {
		promises(t, mailType, "m.eml", in)
		promises(t, mailType, "m.mbox", in)
	})
}

// A text that says no encoding is read in the one that it is surely in.
func TestGuessedCharset(t *testing.T) {
	text, err := charmap.KOI8R.NewEncoder().String("Насос останавливается при восьмидесяти градусах. Чтобы запустить его снова, нажмите зелёную кнопку.")
	if err != nil {
		t.Fatal(err)
	}
	got := extracttest.Read(t, EML, "From: a@example.org\nSubject: Pump\n\n"+text+"\n").Text
	if !strings.Contains(got, "Насос останавливается при восьмидесяти градусах.") {
		t.Errorf("got %q", got)
	}
}
