package mail

import (
	"bytes"
	"context"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/html"
	"multivac/internal/extract/mail/octets"
)

// maxParts bounds the parts of a mail.
const maxParts = 10_000

// readMail reads a mail as it is sent, or as an editor saved it in UTF-16.
func readMail(ctx context.Context, b []byte, l extract.Limits) (*letter, error) {
	if !extract.IsUTF16(b) {
		return readSent(ctx, b, l, false)
	}
	b, err := extract.FromUTF16(b)
	if err != nil {
		return nil, err
	}
	return readSent(ctx, b, l, true)
}

// readSent reads a mail, which was recoded as a whole or is as it was sent.
func readSent(ctx context.Context, b []byte, l extract.Limits, recoded bool) (*letter, error) {
	h, body := cutMail(b)
	if !h.isMail() {
		return nil, multivac.Errorf(multivac.ErrInvalid, "save the mail again, or tell it as text", "it is not a mail: there is none of the lines From, To, Subject and Date at its beginning")
	}
	m := &letter{
		subject: h.text("subject"), date: readDate(h.text("date")),
		from: readAddresses(h["from"]), to: readAddresses(h["to"]), cc: readAddresses(h["cc"]),
	}
	if len(m.from) == 0 {
		m.from = readAddresses(h["sender"])
	}
	r := reader{ctx: ctx, limits: l, left: maxParts, recoded: recoded}
	r.part(h, body, "text/plain", 0, &m.content)
	return m, r.err
}

// A reader reads the parts of a mail. Each level goes through its bytes once,
// and there are no more levels than the limits allow.
type reader struct {
	ctx    context.Context
	limits extract.Limits
	left   int // parts that may still be read
	err    error
	// recoded says that the whole mail was brought to UTF-8, whatever its parts say.
	recoded bool
}

// part adds what a part holds to c. A part that does not say of what kind it is
// is of the given one.
func (r *reader) part(h header, body []byte, kind string, depth int, c *content) {
	if r.left--; r.left < 0 {
		r.err = multivac.Errorf(multivac.ErrTooLarge, "save its attachments as files", "there are over %d parts in the mail", maxParts)
	}
	if r.ctx.Err() != nil {
		r.err = context.Cause(r.ctx)
	}
	if r.err != nil {
		return
	}
	k, parameters := h.media("content-type")
	if strings.Contains(k, "/") {
		kind = k
	}
	boundary := parameters["boundary"]
	if strings.HasPrefix(kind, "multipart/") && boundary == "" {
		kind = "text/plain"
	}
	if !strings.HasPrefix(kind, "multipart/") {
		r.leaf(h, body, kind, parameters, c)
		return
	}
	if depth >= r.limits.Depth {
		c.attachments = append(c.attachments, attachment{name: "a part of the mail", err: multivac.Errorf(multivac.ErrInvalid, "save its attachments as files",
			"it is nested more than %d deep", r.limits.Depth)})
		return
	}
	r.multipart(kind, cutParts(body, boundary), depth, c)
}

// multipart adds the parts of a part.
func (r *reader) multipart(kind string, parts [][]byte, depth int, c *content) {
	inner := "text/plain"
	if kind == "multipart/digest" {
		inner = "message/rfc822"
	}
	var ways []content // of an alternative
	for i, p := range parts {
		h, body := cutHeader(p)
		switch k, _ := h.media("content-type"); {
		case kind == "multipart/alternative":
			ways = append(ways, content{})
			r.part(h, body, inner, depth+1, &ways[len(ways)-1])
			continue
		case kind == "multipart/related" && i > 0 && strings.HasPrefix(k, "image/"): // it is seen in the page
			continue
		case kind == "multipart/signed" && i > 0 && strings.HasSuffix(k, "-signature"):
			continue
		}
		r.part(h, body, inner, depth+1, c)
	}
	if len(ways) > 0 {
		r.choose(ways, c)
	}
	if kind == "multipart/encrypted" {
		c.encrypted, c.attachments = true, nil
	}
}

// enough is how many words of plain text are not compared with those of the
// page: it is more than a note that the mail is a page.
const enough = 100

// choose adds the best of several ways to say the same: plain text, in which
// quotations are marked, unless a page says much more. The attachments of all
// ways are added.
func (r *reader) choose(ways []content, c *content) {
	plain, page := -1, -1
	for i, w := range ways {
		for _, a := range w.attachments {
			if !strings.HasPrefix(a.kind, "text/calendar") { // the invitation that the text tells of
				c.attachments = append(c.attachments, a)
			}
		}
		c.encrypted = c.encrypted || w.encrypted
		switch {
		case w.hasPage():
			page = i
		case plain < 0 && w.words() > 0:
			plain = i
		}
	}
	if page >= 0 && (plain < 0 || ways[plain].words() < enough && 2*ways[plain].words() < r.pageWords(ways[page])) {
		plain = page
	}
	if plain >= 0 {
		c.bodies = append(c.bodies, ways[plain].bodies...)
	}
}

// pageWords counts the words that a reader of the pages sees.
func (r *reader) pageWords(c content) int {
	n := 0
	for _, b := range c.bodies {
		if e, err := html.Read(r.ctx, []byte(b.text), r.limits); b.page && err == nil {
			n += len(strings.Fields(e.Text))
		}
	}
	return n
}

// leaf adds a part without parts: a text of the mail, or an attachment.
func (r *reader) leaf(h header, b []byte, kind string, parameters map[string]string, c *content) {
	disposition, more := h.media("content-disposition")
	name := more["filename"]
	if name == "" {
		name = parameters["name"]
	}
	data, footer := octets.Transfer(b, h["content-transfer-encoding"])
	isText := strings.HasPrefix(kind, "text/") && kind != "text/calendar" || kind == "message/delivery-status"
	if disposition == "attachment" || name != "" || !isText {
		if kind == "application/pkcs7-mime" && !strings.Contains(parameters["smime-type"], "signed") {
			c.encrypted = true
		}
		c.attachments = append(c.attachments, attachment{name: name, kind: kind, data: data})
		return
	}
	charset := parameters["charset"]
	if kind == "text/html" && charset == "" {
		charset = html.Format.Declared(data)
	}
	if octets.OnlySaysUTF16(data, charset) || r.recoded && !octets.IsCoded(h["content-transfer-encoding"]) {
		charset = "utf-8"
	}
	if kind == "text/html" {
		c.add(body{page: true, text: octets.Text(data, charset)})
	} else {
		text := octets.Text(data, charset)
		if strings.EqualFold(parameters["format"], "flowed") {
			text = unflowed(text, strings.EqualFold(parameters["delsp"], "yes"))
		}
		c.add(body{text: text})
	}
	c.add(body{text: octets.Text(footer, "")})
}

// cutParts cuts b into parts at lines of --boundary. What stands before the
// first and behind --boundary-- is no part. The last one may end with b.
func cutParts(b []byte, boundary string) (parts [][]byte) {
	mark := []byte("--" + boundary)
	begin := -1 // of the part, once there is one
	for at := 0; at < len(b); {
		i := bytes.Index(b[at:], mark)
		if i < 0 {
			break
		}
		at += i
		end := at + len(mark)
		line := b[end:]
		if k := bytes.IndexByte(line, '\n'); k >= 0 {
			line = line[:k+1]
		}
		last := bytes.HasPrefix(line, []byte("--"))
		if at > 0 && b[at-1] != '\n' || len(bytes.TrimSpace(bytes.TrimPrefix(line, []byte("--")))) > 0 {
			at = end
			continue
		}
		if begin >= 0 {
			parts = append(parts, withoutLineEnd(b[begin:at]))
		}
		if last || len(parts) > maxParts {
			return parts
		}
		at = end + len(line)
		begin = at
	}
	if begin >= 0 && begin < len(b) {
		parts = append(parts, b[begin:])
	}
	return parts
}

// withoutLineEnd returns b without the line end before a boundary, which belongs
// to the boundary.
func withoutLineEnd(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}
