package msg

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/extract"
)

func read(t testing.TB, nodes ...node) *Message {
	t.Helper()
	m, err := Read(t.Context(), compoundOf(nodes...), extract.Default)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sent is 9 March 2026, 09:00 UTC.
const sent = 134_175_204_000_000_000

func sample() []node {
	return []node{
		{name: "__nameid_version1.0", nodes: []node{str(propSubject, "Not this"), data(0x0102, "x")}},
		fixed(32, propSent, sent, propCodePage, 65001),
		str(propClass, "IPM.Note"), str(propSubject, "Grüße\x00"), str(propBody, "Hello.\r\nWorld "+strings.Repeat("of words ", 1000)),
		data(propHTML, "<p>Grüße"), str(propSenderName, "Ada Smith"), str(propSenderAddress, "/O=X/CN=ADA"), str(propSenderSMTP, "ada@x.example"),
		{name: "__recip_version1.0_#00000000", nodes: []node{fixed(8, propRecipientKind, 1), str(propName, "Bob"), str(propSMTP, "bob@x.example")}},
		{name: "__recip_version1.0_#00000001", nodes: []node{fixed(8, propRecipientKind, 2), str(propName, "Eve"), str(propAddress, "/O=X/CN=EVE")}},
		{name: "__recip_version1.0_#00000002", nodes: []node{fixed(8, propRecipientKind, 3), str(propName, "Secret")}},
		{name: "__attach_version1.0_#00000000", nodes: []node{fixed(8, propMethod, 1), str(propShortFile, "REPORT~1.TXT"), str(propFile, "report 2026.txt"), str(propMIME, "Text/Plain"), data(propData, strings.Repeat("The report.", 1000))}},
		{name: "__attach_version1.0_#00000001", nodes: []node{fixed(8), str(propFile, "logo.png"), str(propContentID, "x"), data(propData, "PNG")}},
		{name: "__attach_version1.0_#00000002", nodes: []node{fixed(8), str(propName, "Inner"), {name: named(propData, typeObject), nodes: []node{fixed(24), str(propSubject, "Inner mail"), str(propBody, "Inside.")}}}},
		{name: "__attach_version1.0_#00000003", nodes: []node{fixed(8), str(propName, "Chart"), {name: named(propData, typeObject), nodes: []node{data(1, "x")}}}},
	}
}

func TestRead(t *testing.T) {
	m := read(t, sample()...)
	if len(m.Attachments) != 3 || m.Attachments[1].Message == nil || m.Attachments[2].Err == nil {
		t.Fatalf("got %+v", m.Attachments)
	}
	if a := m.Attachments[0]; a.Name != "report 2026.txt" || a.Type != "text/plain" || len(a.Data) != 11_000 {
		t.Errorf("got %s, %s, %d bytes", a.Name, a.Type, len(a.Data))
	}
	if in := m.Attachments[1]; in.Name != "" || in.Message.Subject != "Inner mail" || in.Message.Text != "Inside." {
		t.Errorf("got %+v", in)
	}
	m.Attachments, m.Text = nil, m.Text[:12]
	want := &Message{Subject: "Grüße", From: []Address{{"Ada Smith", "ada@x.example"}}, To: []Address{{"Bob", "bob@x.example"}}, Cc: []Address{{Name: "Eve"}},
		Date: "9 Mar 2026 09:00:00 +0000", Text: "Hello.\nWorld", HTML: "<p>Grüße"}
	if d := cmp.Diff(want, m); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// Strings that are not in Unicode are in the code page that the message names.
func TestCodePages(t *testing.T) {
	m := read(t, fixed(32, propStringPage, 950), old(propSubject, "\xa4\xa4\xa4\xe5"), old(propShownTo, "Ada; \xa4\xa4"))
	if d := cmp.Diff(&Message{Subject: "中文", To: []Address{{Name: "Ada"}, {Name: "中"}}}, m); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if m := read(t, fixed(32, propCodePage, 932), old(propSubject, "\x93\xfa"), data(propHTML, "<p>\x93\xfa")); m.Subject != "日" || m.HTML != "<p>日" {
		t.Errorf("got %+v", m)
	}
	if m := read(t, fixed(32), old(propSubject, "caf\xe9 \x93x\x94")); m.Subject != "café “x”" {
		t.Errorf("got %+v", m)
	}
}

// compressed returns b as LZFu keeps it, each byte as itself.
func compressed(b string) string {
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(b)+12))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(b)))
	out = append(append(out, "LZFu"...), 0, 0, 0, 0)
	for i := 0; i < len(b); i += 8 {
		out = append(append(out, 0), b[i:min(len(b), i+8)]...)
	}
	return string(out)
}

func TestRichText(t *testing.T) {
	m := read(t, fixed(32), data(propRTF, compressed(`{\rtf1\ansi\ansicpg1252 Caf\'e9.\par Two}`)))
	if m.Text != "Café.\n\nTwo" || m.HTML != "" {
		t.Errorf("got %+v", m)
	}
	m = read(t, fixed(32), data(propRTF, compressed(`{\rtf1\ansi\fromhtml1{\*\htmltag64 <p>}\htmlrtf {\b\htmlrtf0 Caf\'e9{\*\htmltag84 &amp;}\htmlrtf &\htmlrtf0  bar\htmlrtf }\htmlrtf0{\*\htmltag72 </p>}}`)))
	if m.HTML != "<p>Café&amp; bar</p>" || m.Text != "" {
		t.Errorf("got %+v", m)
	}
}

// The example of MS-OXRTFCP, which repeats what came before and itself.
func TestDecompress(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got, err := decompress([]byte(in), extract.Default)
		if err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	f("\x2d\x00\x00\x00\x2b\x00\x00\x00\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35\x42\x32\x0a\xf3\x20\x68\x65\x6c\x09\x00\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0",
		"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n")
	f("\x1a\x00\x00\x00\x1c\x00\x00\x00\x4c\x5a\x46\x75\xe2\xd4\x4b\x51\x41\x00\x04\x20\x57\x58\x59\x5a\x0d\x6e\x7d\x01\x0e\xb0", "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}")
	f("\x10\x00\x00\x00\x05\x00\x00\x00MELA\x00\x00\x00\x00plain", "plain")
	for _, in := range []string{"", "\x10\x00\x00\x00\x05\x00\x00\x00WHAT\x00\x00\x00\x00plain"} {
		if _, err := decompress([]byte(in), extract.Default); !errors.Is(err, multivac.ErrInvalid) {
			t.Errorf("%q: got %v", in, err)
		}
	}
	if _, err := decompress([]byte(compressed("0123456789")), extract.Limits{Unpacked: 5}); !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestRTF(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got, _ := readRTF([]byte(in)); strings.TrimSpace(got) != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
	f(`{\rtf1\ansi{\fonttbl{\f0\fnil Arial;}{\f1\fcharset128 MS Gothic;}}{\colortbl;\red0;}\f1\'93\'fa\'83e{\f0 \'e9}x\f0\'e9}`, "日テéxé")
	f(`{\rtf1\ansi\uc1 \u8364?5 \u-10179?\u-8704?{\uc2\u228ae}\'e9}`, "€5 😀äé")
	f(`{\rtf1 a\{b\}\\c\~d\_e\line f\tab g\emdash h{\*\unknown no}{\info{\title no}}{\pict 00ff}i}`, "a{b}\\c\u00a0d-e\nf\tg—hi")
	f(`{\rtf1{\field{\*\fldinst HYPERLINK "http://x"}{\fldrslt the link}}}`, "the link")
	f(`{\rtf1\fromtext One\par Two}`, "One\nTwo")
	f("{\\rtf1 a\\bin3 {{{b}", "ab")
	f(`{\rtf1 a}}}}b`, "ab")
	f(strings.Repeat("{", 100_000)+"a"+strings.Repeat("}", 100_000)+"b", "ab")
}

func TestRefused(t *testing.T) {
	f := func(b []byte, want string) {
		t.Helper()
		if _, err := Read(t.Context(), b, extract.Default); !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
	whole := compoundOf(sample()...)
	f([]byte("Subject: x"), "not a mail of Outlook")
	f(whole[:700], "broken")
	f(compoundOf(node{name: "WordDocument", bytes: []byte("x")}), "no mail of Outlook")
	f(whole[:len(whole)/2], "broken")
	gone, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if _, err := Read(gone, whole, extract.Default); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
	if _, err := Read(t.Context(), whole, extract.Limits{Unpacked: 15_000}); !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

// Storages in storages without end, as they hold each other, cost no more than
// the file has.
func TestBounded(t *testing.T) {
	in := node{name: named(propData, typeObject), nodes: []node{fixed(24), str(propSubject, "x")}}
	for range 2000 {
		in = node{name: named(propData, typeObject), nodes: []node{fixed(24), str(propSubject, "x"), {name: "__attach_version1.0_#00000000", nodes: []node{fixed(8), in}}}}
	}
	m := read(t, in.nodes...)
	deep := 0
	for len(m.Attachments) == 1 && m.Attachments[0].Message != nil {
		m, deep = m.Attachments[0].Message, deep+1
	}
	if deep != maxMails-1 || len(m.Attachments) != 1 || m.Attachments[0].Err == nil {
		t.Errorf("got %d mails, and then %+v", deep, m.Attachments)
	}
	// Each entry leads to the first one.
	b := compoundOf(sample()...)
	start := 512 + 512*int(binary.LittleEndian.Uint32(b[48:]))
	for at := start; at+entrySize <= len(b); at += entrySize {
		binary.LittleEndian.PutUint32(b[at+68:], 0)
		binary.LittleEndian.PutUint32(b[at+72:], 1)
		binary.LittleEndian.PutUint32(b[at+76:], 0)
	}
	if _, err := Read(t.Context(), b, extract.Default); err != nil && !errors.Is(err, multivac.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

// Storages that share what they hold do not hold it again and again.
func TestShared(t *testing.T) {
	c, err := open(compoundOf(sample()...), extract.Default)
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for range 100 {
		taken += len(c.folder(c.entries[0]).order)
	}
	if taken == 0 || taken > 2*len(c.entries) {
		t.Errorf("took %d entries of %d", taken, len(c.entries))
	}
}

func FuzzMSG(f *testing.F) {
	f.Add(compoundOf(sample()...))
	f.Add(compoundOf(fixed(32), data(propRTF, compressed(`{\rtf1\ansi\fromhtml1{\*\htmltag64 <p>}\u228?\'e9}`))))
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, err := Read(t.Context(), in, extract.Limits{Bytes: 1 << 20, Depth: 32, Unpacked: 1 << 20}); err != nil && !errors.Is(err, multivac.ErrInvalid) && !errors.Is(err, multivac.ErrTooLarge) {
			t.Errorf("got %v, want ErrInvalid", err)
		}
	})
}
