package mail

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"

	"multivac"
	"multivac/internal/extract/extracttest"
)

// utf16 returns s in UTF-16.
func utf16(t *testing.T, order unicode.Endianness, marked unicode.BOMPolicy, s string) string {
	t.Helper()
	s, err := unicode.UTF16(order, marked).NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Parts in UTF-16 are read, in the byte order that their mark, their name or they
// themselves show. What only says that it is in UTF-16 is read as what it is.
func TestPartsInUTF16(t *testing.T) {
	const little, big, mark, bare = unicode.LittleEndian, unicode.BigEndian, unicode.UseBOM, unicode.IgnoreBOM
	const text = "Die Prüfung kostet 40 €.\r\nSie dauert bis 日曜日.\r\n"
	const want = "Die Prüfung kostet 40 €.\nSie dauert bis 日曜日."
	f := func(kind, body, want string) {
		t.Helper()
		coded := kind + "\nContent-Transfer-Encoding: base64"
		for kind, body := range map[string]string{kind: body, coded: base64.StdEncoding.EncodeToString([]byte(body))} {
			if d := cmp.Diff(want, bodyOf(t, mailOf(kind, body))); d != "" {
				t.Errorf("%s %q (-want +got)\n%s", kind, body, d)
			}
		}
	}
	for _, order := range []unicode.Endianness{little, big} {
		for _, name := range []string{"utf-16", "UTF-16LE", "utf-16be", "utf16", `"unicode"`, "utf-8"} {
			f("text/plain; charset="+name, utf16(t, order, mark, text), want)
		}
		f("text/plain; charset=utf-16", utf16(t, order, bare, text), want)
		f("text/html; charset=utf-16", utf16(t, order, bare, "<p>Die Prüfung kostet 40 €."), "Die Prüfung kostet 40 €.")
	}
	f("text/plain; charset=utf-16le", utf16(t, little, bare, text), want)
	f("text/plain; charset=utf-16be", utf16(t, big, bare, text), want)
	f("text/plain; charset=utf-16le", utf16(t, little, bare, "港の事務所"), "港の事務所")
	f("text/plain; charset=utf-16", "It says so, and is not.\n", "It says so, and is not.")
	f("text/plain; charset=utf-16le", "Grüße aus dem Büro.", "Grüße aus dem Büro.")
	f("text/plain; charset=utf-16le", utf16(t, little, bare, "cut off")+"\n", "cut off")

	both := "--b\r\nContent-Type: text/plain; charset=utf-16le\r\n\r\n" + utf16(t, little, bare, text) + "\r\n--b\r\nContent-Type: text/plain; charset=utf-16be\r\n\r\n" + utf16(t, big, mark, "Ende.") + "\r\n--b--\r\n"
	if d := cmp.Diff(want+"\n\nEnde.", bodyOf(t, mailOf("multipart/mixed; boundary=b", both))); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if got := extracttest.Read(t, EML, "Subject: =?utf-16le?B?"+base64.StdEncoding.EncodeToString([]byte(utf16(t, little, bare, "Grüße")))+"?=\n\nx").Text; !strings.Contains(got, "# Grüße\n") {
		t.Errorf("got %q", got)
	}
}

// A mail or mailbox that was saved as UTF-16 is read. Whatever its parts say, those
// that are not encoded for transfer became UTF-16 with it.
func TestMailSavedAsUTF16(t *testing.T) {
	inner := "--b\nContent-Type: text/plain; charset=gb2312\n\nDie Prüfung kostet 40 €.\n" +
		"--b\nContent-Type: text/html; charset=utf-16\n\n<p>Geprüft wird im März.\n" +
		"--b\nContent-Type: text/plain; charset=utf-16le\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(utf16(t, unicode.LittleEndian, unicode.IgnoreBOM, "Schlüssel.\n"))) + "\n" +
		"--b\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nT=FCr.\n" +
		"--b\nContent-Type: text/plain; name=note.txt\n\nNotiz für alle.\n--b--\n"
	plain := mailOf("multipart/mixed; boundary=b", inner)
	for _, order := range []unicode.Endianness{unicode.LittleEndian, unicode.BigEndian} {
		in := utf16(t, order, unicode.UseBOM, plain)
		want := "Die Prüfung kostet 40 €.\n\nGeprüft wird im März.\n\nSchlüssel.\n\nTür.\n\n## Attachments\n\n- note.txt"
		if d := cmp.Diff(want, bodyOf(t, in)); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		if d := cmp.Diff([]string{`message/rfc822 m.eml "Invoice"`, `text/plain m.eml/note.txt ""`}, told(t, "m.eml", in)); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		if d := cmp.Diff([]string{`message/rfc822 m.msg "Invoice"`, `text/plain m.msg/note.txt ""`}, told(t, "m.msg", in)); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		box := utf16(t, order, unicode.UseBOM, "From a@x Mon Mar  9 10:00:00 2026\n"+plain+"\nFrom a@x Mon Mar  9 10:00:00 2026\nSubject: Zwei\n\nx")
		if d := cmp.Diff([]string{`message/rfc822 m.mbox#1 "Invoice"`, `text/plain m.mbox#1/note.txt ""`, `message/rfc822 m.mbox#2 "Zwei"`}, told(t, "m.mbox", box)); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		for head, want := range map[string]string{in: mailType, box: "application/mbox", utf16(t, order, unicode.UseBOM, "Kein Brief."): multivac.Plain} {
			if got, err := all.MediaType("m", []byte(head)[:min(len(head), 512)]); err != nil || got != want {
				t.Errorf("%.20q: got %q, %v, want %q", head, got, err, want)
			}
		}
	}
}
