package mail

import (
	"bytes"
	"context"

	"multivac/internal/extract"
	"multivac/internal/extract/mail/msg"
)

// readOutlook reads a mail as Outlook keeps it. One that was only named so, and
// is as it was sent, is read so.
func readOutlook(ctx context.Context, b []byte, l extract.Limits) (*letter, error) {
	if head := b[:min(len(b), 512)]; !bytes.HasPrefix(b, []byte(msg.Magic)) && begins(head) {
		return readMail(ctx, b, l)
	}
	m, err := msg.Read(ctx, b, l)
	if err != nil {
		return nil, err
	}
	return fromOutlook(m, reader{ctx: ctx, limits: l}), nil
}

// fromOutlook returns a letter with what m holds. The mails in it are as deep as
// msg reads them.
func fromOutlook(m *msg.Message, r reader) *letter {
	out := &letter{subject: extract.OneLine(m.Subject), from: outlookAddresses(m.From), to: outlookAddresses(m.To), cc: outlookAddresses(m.Cc), date: readDate(m.Date)}
	var text, page content
	text.add(body{text: m.Text})
	page.add(body{page: true, text: m.HTML})
	r.choose([]content{text, page}, &out.content)
	out.encrypted = m.Encrypted
	for _, a := range m.Attachments {
		in := attachment{name: a.Name, kind: a.Type, data: a.Data, err: a.Err}
		if a.Message != nil {
			in.mail = fromOutlook(a.Message, r)
		}
		out.attachments = append(out.attachments, in)
	}
	return out
}

func outlookAddresses(all []msg.Address) []address {
	var out []address
	for _, a := range all {
		out = append(out, address{unquoted(a.Name), bare(a.At)})
	}
	return out
}
