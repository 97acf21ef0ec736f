package msg

import (
	"context"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/mail/octets"
)

// A Message is a mail.
type Message struct {
	Subject      string
	From, To, Cc []Address
	Date         string // as in the header of a mail
	Text, HTML   string // either, or both
	Encrypted    bool
	Attachments  []Attachment
}

// An Address is a name, where to write, or both.
type Address struct{ Name, At string }

// An Attachment is a file or a mail that came with a mail.
type Attachment struct {
	Name, Type string
	Data       []byte
	Message    *Message
	Err        error // why it could not be read
}

// Properties of messages, recipients and attachments, as MAPI numbers them.
const (
	propClass         = 0x001a
	propSubject       = 0x0037
	propSent          = 0x0039
	propOnBehalfName  = 0x0042
	propHeaders       = 0x007d
	propSenderName    = 0x0c1a
	propSenderAddress = 0x0c1f
	propRecipientKind = 0x0c15
	propShownCc       = 0x0e03
	propShownTo       = 0x0e04
	propReceived      = 0x0e06
	propBody          = 0x1000
	propRTF           = 0x1009
	propHTML          = 0x1013
	propName          = 0x3001
	propAddress       = 0x3003
	propData          = 0x3701
	propShortFile     = 0x3704
	propMethod        = 0x3705
	propFile          = 0x3707
	propMIME          = 0x370e
	propContentID     = 0x3712
	propSMTP          = 0x39fe
	propCodePage      = 0x3fde
	propStringPage    = 0x3ffd
	propSenderSMTP    = 0x5d01
)

// Types of properties.
const (
	typeString8 = "001E"
	typeString  = "001F"
	typeBinary  = "0102"
	typeObject  = "000D"
)

// Bounds of a mail.
const (
	maxMails       = 5 // in each other
	maxAttachments = 10_000
	maxRecipients  = 1000
)

// Read reads a mail.
func Read(ctx context.Context, b []byte, l extract.Limits) (*Message, error) {
	c, err := open(b, l)
	if err != nil {
		return nil, err
	}
	r := reader{ctx: ctx, c: c, limits: l}
	root := c.folder(c.entries[0])
	if _, ok := root.by[properties]; !ok {
		return nil, multivac.Errorf(multivac.ErrInvalid, "save it in a format of today", "it is a file of Office before 2007, or of another program, and no mail of Outlook")
	}
	return r.message(root, 32, 1)
}

// properties is the stream with the properties of a fixed size.
const properties = "__properties_version1.0"

type reader struct {
	ctx    context.Context
	c      *compound
	limits extract.Limits
}

// An object is a message, a recipient or an attachment.
type object struct {
	r       *reader
	f       folder
	fixed   map[int]uint64 // properties of a fixed size
	charset string         // of strings that are not in Unicode
	err     error          // the first
}

// object returns the object that a storage is. header is how many bytes come
// before its properties.
func (r *reader) object(f folder, header int, charset string) *object {
	o := &object{r: r, f: f, fixed: map[int]uint64{}, charset: charset}
	b := o.stream(properties)
	for b = b[min(len(b), header):]; len(b) >= 16; b = b[16:] {
		o.fixed[int(binary.LittleEndian.Uint16(b[2:]))] = binary.LittleEndian.Uint64(b[8:])
	}
	return o
}

// stream returns a stream, or nothing where there is none.
func (o *object) stream(name string) []byte {
	e, ok := o.f.by[name]
	if !ok || e.storage {
		return nil
	}
	b, err := o.r.c.stream(e)
	if err != nil && o.err == nil {
		o.err = err
	}
	return b
}

// named returns the name of the stream of a property.
func named(property int, kind string) string {
	const digits = "0123456789ABCDEF"
	return "__substg1.0_" + string([]byte{digits[property>>12&15], digits[property>>8&15], digits[property>>4&15], digits[property&15]}) + kind
}

// text returns a property that is a string.
func (o *object) text(property int) string {
	if b := o.stream(named(property, typeString)); len(b) > 0 {
		return strings.TrimRight(octets.Text(b, "utf-16le"), "\n")
	}
	return strings.TrimRight(octets.Text(o.stream(named(property, typeString8)), o.charset), "\n")
}

// message reads a message whose mails are at most so deep in each other.
func (r *reader) message(f folder, header, depth int) (*Message, error) {
	if r.ctx.Err() != nil {
		return nil, context.Cause(r.ctx)
	}
	o := r.object(f, header, "")
	page := octets.CodePage(int(uint32(o.fixed[propCodePage])))
	if o.charset = octets.CodePage(int(uint32(o.fixed[propStringPage]))); o.charset == "" {
		o.charset = page
	}
	m := &Message{Subject: o.text(propSubject), Text: o.text(propBody)}
	if b := o.stream(named(propHTML, typeBinary)); len(b) > 0 {
		m.HTML = octets.Text(b, page)
	} else {
		m.HTML = o.text(propHTML)
	}
	if strings.TrimSpace(m.Text+m.HTML) == "" {
		o.rich(m)
	}
	m.From = o.sender()
	m.Date = dateOf(o.fixed[propSent])
	if m.Date == "" {
		m.Date = dateOf(o.fixed[propReceived])
	}
	class := strings.ToLower(o.text(propClass))
	m.Encrypted = strings.HasPrefix(class, "ipm.note.smime") && !strings.Contains(class, "multipartsigned")
	r.people(o, m)
	if o.err != nil {
		return nil, o.err
	}
	return m, r.attachments(o, m, depth)
}

// rich takes the text of a body that is only there as compressed RTF.
func (o *object) rich(m *Message) {
	b := o.stream(named(propRTF, typeBinary))
	if len(b) == 0 {
		return
	}
	rtf, err := decompress(b, o.r.limits)
	if err != nil {
		o.err = errors.Join(o.err, err)
		return
	}
	text, page := readRTF(rtf)
	if page {
		m.HTML = text
	} else {
		m.Text = text
	}
}

func (o *object) sender() []Address {
	a := Address{Name: o.text(propSenderName), At: o.text(propSenderSMTP)}
	if a.Name == "" {
		a.Name = o.text(propOnBehalfName)
	}
	if a.At == "" {
		a.At = onlySMTP(o.text(propSenderAddress))
	}
	if a == (Address{}) {
		return nil
	}
	return []Address{a}
}

// onlySMTP returns an address, but not one within a server of Exchange, which
// says nothing to people.
func onlySMTP(at string) string {
	if !strings.Contains(at, "@") {
		return ""
	}
	return at
}

// people reads who a message is for.
func (r *reader) people(o *object, m *Message) {
	n := 0
	for _, name := range o.f.order {
		e := o.f.by[name]
		if !strings.HasPrefix(name, "__recip_version1.0_") || !e.storage {
			continue
		}
		if n++; n > maxRecipients {
			break
		}
		p := r.object(r.c.folder(e), 8, o.charset)
		a := Address{Name: p.text(propName), At: p.text(propSMTP)}
		if a.At == "" {
			a.At = onlySMTP(p.text(propAddress))
		}
		switch p.fixed[propRecipientKind] & 0xf {
		case 1:
			m.To = append(m.To, a)
		case 2:
			m.Cc = append(m.Cc, a)
		}
		if p.err != nil && o.err == nil {
			o.err = p.err
		}
	}
	if len(m.To)+len(m.Cc) == 0 {
		m.To, m.Cc = shown(o.text(propShownTo)), shown(o.text(propShownCc))
	}
}

// shown reads names with semicolons between them.
func shown(s string) (all []Address) {
	for name := range strings.SplitSeq(s, ";") {
		if name = strings.TrimSpace(name); name != "" && len(all) < maxRecipients {
			all = append(all, Address{Name: name})
		}
	}
	return all
}

// attachments reads what came with a message.
func (r *reader) attachments(o *object, m *Message, depth int) error {
	for _, name := range o.f.order {
		e := o.f.by[name]
		if !strings.HasPrefix(name, "__attach_version1.0_") || !e.storage {
			continue
		}
		if len(m.Attachments) == maxAttachments {
			return multivac.Errorf(multivac.ErrTooLarge, "save its attachments as files", "there are over %d attachments", maxAttachments)
		}
		a := r.object(r.c.folder(e), 8, o.charset)
		in := Attachment{Name: a.text(propFile), Type: strings.ToLower(a.text(propMIME))}
		for _, other := range []int{propShortFile, propName} {
			if in.Name == "" {
				in.Name = a.text(other)
			}
		}
		if a.text(propContentID) != "" && isPicture(in) { // it is seen in the page
			continue
		}
		if inner, ok := a.f.by[named(propData, typeObject)]; ok && inner.storage {
			r.inner(&in, inner, depth)
		} else {
			in.Data = a.stream(named(propData, typeBinary))
		}
		if in.Err == nil {
			in.Err = a.err
		}
		if errors.Is(in.Err, multivac.ErrTooLarge) || r.ctx.Err() != nil {
			return in.Err
		}
		m.Attachments = append(m.Attachments, in)
	}
	return nil
}

// inner reads a mail that came with a message.
func (r *reader) inner(in *Attachment, e entry, depth int) {
	f := r.c.folder(e)
	switch _, ok := f.by[properties]; {
	case !ok:
		in.Err = multivac.Errorf(multivac.ErrInvalid, "save it as a file", "it is an object of another program")
	case depth >= maxMails:
		in.Err = multivac.Errorf(multivac.ErrInvalid, "save it as a file", "it is in more than %d mails", maxMails)
	default:
		in.Name = "" // of a mail, its subject
		in.Message, in.Err = r.message(f, 24, depth+1)
	}
}

func isPicture(a Attachment) bool {
	if strings.HasPrefix(a.Type, "image/") {
		return true
	}
	name := strings.ToLower(a.Name)
	for _, ext := range []string{".png", ".jpg", ".jpeg", ".gif", ".bmp"} {
		if strings.HasSuffix(name, ext) {
			return true
		}
	}
	return false
}

// dateOf returns a time of Windows, which counts tenths of microseconds from
// 1601 on, as the header of a mail has it. It is "" for none.
func dateOf(ticks uint64) string {
	const day = 24 * 60 * 60 * 10_000_000
	if ticks == 0 || ticks/day > 365*1000 {
		return ""
	}
	minutes := int(ticks % day / 600_000_000)
	y, m, d := civil(int(ticks / day))
	two := func(n int) string { return strconv.Itoa(100 + n)[1:] }
	return strings.Join([]string{strconv.Itoa(d), months[m-1], strconv.Itoa(y), two(minutes/60) + ":" + two(minutes%60) + ":00", "+0000"}, " ")
}

var months = strings.Fields("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")

// civil returns the date so many days after 1 January 1601.
func civil(days int) (y, m, d int) {
	for y = 1601; ; y++ {
		length := 365
		if isLeap(y) {
			length = 366
		}
		if days < length {
			break
		}
		days -= length
	}
	for m = 1; ; m++ {
		length := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[m-1]
		if m == 2 && isLeap(y) {
			length = 29
		}
		if days < length {
			return y, m, days + 1
		}
		days -= length
	}
}

func isLeap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }
