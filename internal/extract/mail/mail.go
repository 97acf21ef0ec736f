// Package mail reads mails: files of one, as they are sent and as Outlook keeps
// them, and mailboxes of many.
package mail

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"

	"multivac"
	"multivac/internal/extract"
)

// EML is a mail as it is sent. As a file, it is the mail and its attachments; as
// a body it is the mail, which names them.
var EML = extract.Format{
	Name: "mail", Types: []string{mailType, "message/global"}, Extensions: []string{".eml"},
	Extract: func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
		return extractLetter(ctx, readMail, body, l)
	},
	Holds: true, Many: many(readMail), Begins: begins,
}

// MSG is a mail as Outlook keeps it.
var MSG = extract.Format{
	Name: "Outlook mail", Types: []string{"application/vnd.ms-outlook"}, Extensions: []string{".msg"},
	Extract: func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
		return extractLetter(ctx, readOutlook, body, l)
	},
	Holds: true, Many: many(readOutlook),
}

// maxMail bounds a mail with its attachments, in bytes.
const maxMail = 4 * multivac.MaxBody

// A read function reads a mail.
type read func(ctx context.Context, body []byte, l extract.Limits) (*letter, error)

func extractLetter(ctx context.Context, read read, body []byte, l extract.Limits) (extract.Extracted, error) {
	m, err := read(ctx, body, l)
	if err != nil {
		return extract.Extracted{}, err
	}
	m.names()
	return write(ctx, m, l)
}

// many yields the mail in a file, and its attachments.
func many(read read) func(context.Context, extract.File, extract.Limits) iter.Seq2[multivac.Telling, error] {
	return func(ctx context.Context, f extract.File, l extract.Limits) iter.Seq2[multivac.Telling, error] {
		return func(yield func(multivac.Telling, error) bool) {
			b, err := io.ReadAll(io.LimitReader(f.Reader, maxMail+1))
			if err == nil && len(b) > maxMail {
				err = tooLarge()
			}
			var m *letter
			if err == nil {
				m, err = read(ctx, b, l)
			}
			if err != nil {
				yield(multivac.Telling{Source: f.Name}, fmt.Errorf("%s: %w", f.Name, err))
				return
			}
			tell(bounded(f, f.Name, l), f.Name, m, 1, yield)
		}
	}
}

// bounded returns f, of whose attachments, with all that is within them, no more
// unpacks than a file may.
func bounded(f extract.File, name string, l extract.Limits) extract.File {
	within, spend := f.Within, l.Unpacking(name)
	f.Within = func(name string, r io.Reader, _ func(int) error) iter.Seq2[multivac.Telling, error] {
		return within(name, r, spend)
	}
	return f
}

func tooLarge() error {
	return multivac.Errorf(multivac.ErrTooLarge, "save its attachments as files", "the mail has over %d MiB", maxMail>>20)
}

// tell yields a mail, and then what came with it, under the mail's name. It
// returns false once yield has.
func tell(f extract.File, name string, m *letter, depth int, yield func(multivac.Telling, error) bool) bool {
	m.names()
	t := multivac.Telling{Source: name, MediaType: mailType, Body: m.lean()}
	err := f.Lines(1)
	if err != nil {
		yield(t, fmt.Errorf("%s: %w", name, err))
		return false
	}
	if err = f.Check(t); err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	if !yield(t, err) {
		return false
	}
	for _, a := range m.attachments {
		if !tellAttachment(f, name+"/"+a.name, a, depth, yield) {
			return false
		}
	}
	return true
}

func tellAttachment(f extract.File, name string, a attachment, depth int, yield func(multivac.Telling, error) bool) bool {
	switch {
	case a.err != nil:
	case a.mail == nil && len(a.data) == 0:
		a.err = multivac.Errorf(multivac.ErrInvalid, "save it as a file", "the attachment is empty")
	case a.mail == nil:
		for t, err := range f.Within(name, bytes.NewReader(a.data), nil) {
			if !yield(t, err) {
				return false
			}
		}
		return true
	case depth < maxMails:
		return tell(f, name, a.mail, depth+1, yield)
	default:
		a.err = multivac.Errorf(multivac.ErrInvalid, "save it as a file", "it is in more than %d mails", maxMails)
	}
	return yield(multivac.Telling{Source: name}, fmt.Errorf("%s: %w", name, a.err))
}

// begins reports whether a file that begins with head is a mail: its first lines
// are fields, two of which mails have.
func begins(head []byte) bool {
	head = extract.HeadFromUTF16(head)
	first, _, _ := bytes.Cut(bytes.TrimPrefix(head, []byte(extract.BOM)), []byte("\n"))
	name, _, ok := bytes.Cut(first, []byte(":"))
	if !ok || !isFieldName(name) || bytes.IndexByte(head, 0) >= 0 {
		return false
	}
	h, _ := cutMail(head)
	n := 0
	for _, name := range fields {
		if h[name] != "" {
			n++
		}
	}
	return n >= 2
}
