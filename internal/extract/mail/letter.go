package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"multivac/internal/extract"
)

// A letter is a mail as it is read, whatever its file is.
type letter struct {
	subject      string
	from, to, cc []address
	date         date
	content
}

// A content is what a mail, or a part of it, holds.
type content struct {
	bodies      []body
	attachments []attachment
	encrypted   bool
}

// A body is a text of a mail, in UTF-8.
type body struct {
	page bool // it is HTML
	text string
}

// An attachment is a file that came with a mail, or another mail.
type attachment struct {
	name string // without folders, if it has one
	kind string // its media type, as the mail says
	data []byte
	mail *letter // where it is one that is no file
	err  error   // why it could not be read
}

// mailType is the usual media type of mails, as they are sent.
const mailType = "message/rfc822"

func (c *content) add(b body) {
	if strings.TrimSpace(b.text) != "" {
		c.bodies = append(c.bodies, b)
	}
}

func (c *content) hasPage() bool {
	for _, b := range c.bodies {
		if b.page {
			return true
		}
	}
	return false
}

func (c *content) words() int {
	n := 0
	for _, b := range c.bodies {
		n += len(strings.Fields(b.text))
	}
	return n
}

// extensions of attachments without a name, by their kind.
var extensions = map[string]string{
	"message/rfc822": ".eml", "message/global": ".eml", "text/plain": ".txt", "text/html": ".html", "text/csv": ".csv", "text/markdown": ".md", "text/calendar": ".ics",
	"application/pdf": ".pdf", "application/rtf": ".rtf", "application/vnd.ms-outlook": ".msg", "application/ms-tnef": ".dat",
}

// maxName bounds the name of an attachment, in bytes.
const maxName = 200

// names gives each attachment a name of its own, which is no path and fits on a
// line.
func (c *content) names() {
	seen := map[string]int{}
	for i := range c.attachments {
		a := &c.attachments[i]
		name := strings.Trim(extract.OneLine(a.name), ". ")
		if k := strings.LastIndexAny(name, `/\`); k >= 0 {
			name = name[k+1:]
		}
		base, ext := name, ""
		if k := strings.LastIndexByte(name, '.'); k > 0 && len(name)-k <= 12 {
			base, ext = name[:k], name[k:]
		}
		if ext == "" && (a.isMail() || name == "") {
			ext = extensions[a.kind]
			if a.mail != nil {
				ext = extensions[mailType]
			}
		}
		if base == "" && a.isMail() {
			base = strings.Map(func(r rune) rune {
				if r == '/' || r == '\\' {
					return '-'
				}
				return r
			}, a.subject())
		}
		if base == "" {
			base = "attachment " + strconv.Itoa(i+1)
		}
		if len(base) > maxName {
			base = strings.ToValidUTF8(base[:maxName], "")
		}
		a.name = base + ext
		if n := seen[a.name]; n > 0 {
			a.name = base + " (" + strconv.Itoa(n+1) + ")" + ext
			seen[base+ext]++
		}
		seen[a.name]++
	}
}

// isMail reports whether it is a mail, or says so.
func (a *attachment) isMail() bool {
	return a.mail != nil || a.kind == mailType || a.kind == "message/global"
}

// subject returns that of a mail.
func (a *attachment) subject() string {
	if a.mail != nil {
		return a.mail.subject
	}
	h, _ := cutMail(a.data)
	return h.text("subject")
}

// lean returns the letter as a mail in UTF-8 whose attachments are empty. It is
// told in place of the file, as its attachments are documents of their own.
func (m *letter) lean() []byte {
	var b bytes.Buffer
	field := func(name, value string) {
		if value != "" {
			b.WriteString(name + ": " + value + "\n")
		}
	}
	field("From", list(m.from))
	field("To", list(m.to))
	field("Cc", list(m.cc))
	field("Subject", m.subject)
	field("Date", m.date.raw)
	sum := sha256.New()
	for _, t := range m.bodies {
		sum.Write([]byte(t.text))
	}
	boundary := hex.EncodeToString(sum.Sum(nil)[:16])
	kind := "mixed"
	if m.encrypted {
		kind = "encrypted"
	}
	field("MIME-Version", "1.0")
	field("Content-Type", "multipart/"+kind+"; boundary="+boundary)
	for _, t := range m.bodies {
		kind := "plain"
		if t.page {
			kind = "html"
		}
		b.WriteString("\n--" + boundary + "\nContent-Type: text/" + kind + "; charset=utf-8\n\n" + t.text)
	}
	for _, a := range m.attachments {
		b.WriteString("\n--" + boundary + "\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=" + quoted(a.name) + "\n")
	}
	b.WriteString("\n--" + boundary + "--\n")
	return b.Bytes()
}

// list writes addresses as a field of a mail.
func list(all []address) string {
	var out []string
	for _, a := range all {
		if a.name == "" {
			out = append(out, a.at)
			continue
		}
		out = append(out, quoted(a.name)+" <"+a.at+">")
	}
	return strings.Join(out, ", ")
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ").Replace(s) + `"`
}
