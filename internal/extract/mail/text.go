package mail

import (
	"context"
	"strconv"
	"strings"

	"multivac"
	"multivac/internal/extract"
)

// A writer writes mails as Markdown.
type writer struct {
	out    *extract.Output
	limits extract.Limits
}

// write returns the text of a mail: what its header says, once as front matter,
// by which each of its sentences is found, and once as lines that can be quoted;
// then its text, and under headings of their own its signature, what it answers,
// and what came with it.
func write(ctx context.Context, m *letter, l extract.Limits) (extract.Extracted, error) {
	w := writer{out: extract.NewOutput(ctx, l), limits: l}
	w.matter(m)
	w.letter(m, 1)
	e, err := w.out.Extracted(m.subject)
	return e, err
}

func (w *writer) line(t string) { w.out.Line(t, multivac.Place{}) }

// matter writes the front matter, the shortest first: only so much of it is
// searched.
func (w *writer) matter(m *letter) {
	day, from, to, cc := m.date.iso(), names(m.from), names(m.to), names(m.cc)
	if day+from+to+cc == "" {
		w.line("") // what looks like front matter in the text is none
		return
	}
	w.line("---")
	if day != "" {
		w.line("date: " + day)
	}
	for _, f := range []struct{ name, value string }{{"from", from}, {"to", to}, {"cc", cc}} {
		if f.value != "" {
			w.line(f.name + ": " + strconv.Quote(f.value))
		}
	}
	w.line("---")
	w.line("")
}

// names returns who the addresses are, for the front matter.
func names(all []address) string {
	var who []string
	for _, a := range all[:min(len(all), 10)] {
		who = append(who, strings.Map(func(r rune) rune {
			if strings.ContainsRune("<>{}", r) {
				return -1
			}
			return r
		}, a.who()))
	}
	return strings.Join(who, ", ")
}

// letter writes a mail under a heading of the given level.
func (w *writer) letter(m *letter, level int) {
	if m.subject != "" {
		w.heading(level, m.subject)
	}
	header := w.out.Len()
	w.field("From", addresses(m.from))
	w.field("To", addresses(m.to))
	w.field("Cc", addresses(m.cc))
	w.field("Date", m.date.String())
	if w.out.Len() > header {
		w.line("")
	}
	if m.encrypted {
		w.line("The text of this mail is encrypted.")
		w.line("")
	}
	for _, b := range m.bodies {
		if w.out.Err() != nil {
			return
		}
		w.body(b, level)
	}
	if len(m.attachments) == 0 {
		return
	}
	w.heading(level+1, "Attachments")
	for _, a := range m.attachments {
		w.line("- " + a.name)
	}
	w.line("")
	for _, a := range m.attachments {
		w.inner(a, level)
	}
}

// inner writes a mail that came with one, unless it is empty, as where it is
// told by itself.
func (w *writer) inner(a attachment, level int) {
	m := a.mail
	if m == nil && a.isMail() && len(a.data) > 0 {
		m, _ = readMail(w.out.Context(), a.data, w.limits) // it is named above
		if m != nil {
			m.names()
		}
	}
	if m != nil && level < maxMails && w.out.Err() == nil {
		w.letter(m, level+1)
	}
}

// maxMails bounds how deep mails are in mails.
const maxMails = 5

func (w *writer) heading(level int, t string) {
	w.line(strings.Repeat("#", min(6, level)) + " " + t)
	w.line("")
}

// field writes a field as an item of a list, so that it can be quoted by itself.
func (w *writer) field(name, value string) {
	if value != "" {
		w.line("- " + name + ": " + value)
	}
}

// maxAddresses is how many of a field are shown, as mail programs do.
const maxAddresses = 30

func addresses(all []address) string {
	var out []string
	for i, a := range all {
		if i == maxAddresses {
			return strings.Join(out, ", ") + " and " + strconv.Itoa(len(all)-i) + " more"
		}
		out = append(out, a.String())
	}
	return strings.Join(out, ", ")
}

// body writes a text of a mail.
func (w *writer) body(b body, level int) {
	var all []line
	if b.page {
		lines, err := pageLines(w.out.Context(), b.text, w.limits, level)
		w.out.Fail(err)
		all = lines
	} else {
		all = plainLines(b.text)
	}
	tail := quotedTail(all)
	marked := tail == markedTail(all) // else all that follows is quoted, signatures and all
	before := line{}
	for i, l := range all {
		switch {
		case i == tail:
			w.apart(&before)
			w.heading(level+1, "Quoted")
		case isSignature(l) && (i < tail || marked):
			w.apart(&before)
			w.heading(level+1, "Signature")
			continue
		case l.text == "" || isSignature(l):
			w.apart(&before)
			continue
		}
		if l.quote != before.quote || isUnderline(l.text) {
			w.apart(&before)
		}
		w.line(strings.Repeat("> ", l.quote) + l.text)
		before = l
	}
	w.apart(&before)
}

// apart writes a blank line, unless there is one.
func (w *writer) apart(before *line) {
	if before.text != "" {
		w.line("")
	}
	before.text = ""
}

// isUnderline reports whether a line would make a heading of the line above.
func isUnderline(t string) bool {
	return t != "" && (strings.Trim(t, "-") == "" || strings.Trim(t, "=") == "")
}
