package keep

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"multivac"
	"multivac/internal/jsontext"
	"multivac/internal/store"
	"multivac/internal/strict"
)

// The versions of the format. Import reads an earlier one, and refuses a later
// one.
//
//  1. the first
//  2. places
//  3. what was told: whether it is the text, and where wanted next to it
const version = 3

const format = "multivac-export"

// A line has one of these members. The first line has the format, the last the
// end. An export without an end was cut off. Programs that do not know
// calibrations name their lines as broken and import the others, so the end does
// not count them.
type line struct {
	Format   string    `json:"format,omitempty"`
	Version  int       `json:"version,omitempty"`
	Key      *key      `json:"key,omitempty"`
	Document *document `json:"document,omitempty"`
	End      *end      `json:"end,omitempty"`

	Calibration *calibration `json:"calibration,omitempty"`
}

type end struct {
	Documents int `json:"documents"`
	Keys      int `json:"keys"`
}

// A key has its hash in an export. The hash opens nothing.
type key struct {
	ID          string    `json:"id"`
	Name        string    `json:"name,omitempty"`
	Scopes      []string  `json:"scopes"`
	Collections []string  `json:"collections,omitempty"`
	Rate        float64   `json:"rate,omitempty"`
	Burst       int       `json:"burst,omitempty"`
	Concurrent  int       `json:"concurrent,omitempty"`
	Created     time.Time `json:"created"`
	Expires     time.Time `json:"expires,omitzero"`
	LastUsed    time.Time `json:"last_used,omitzero"`
	Revoked     time.Time `json:"revoked,omitzero"`
	Hash        string    `json:"hash"`
}

// A document has a body while it is pending or failed. An export has no
// passages: Import makes them of the text.
type document struct {
	ID         string     `json:"id"`
	Collection string     `json:"collection"`
	Source     string     `json:"source,omitempty"`
	Title      string     `json:"title,omitempty"`
	MediaType  string     `json:"media_type,omitempty"`
	Hash       string     `json:"hash,omitempty"`
	Revision   uint64     `json:"revision"`
	State      string     `json:"state"`
	Step       string     `json:"step,omitempty"`
	Attempts   int        `json:"attempts,omitempty"`
	LastError  string     `json:"last_error,omitempty"`
	Told       time.Time  `json:"told"`
	Changed    time.Time  `json:"changed"`
	Datum      bool       `json:"datum,omitempty"`
	Body       content    `json:"body,omitzero"`
	Published  *published `json:"published,omitempty"`
}

// A published leaves out what is the same in its document.
type published struct {
	Revision  uint64  `json:"revision,omitempty"`
	Hash      string  `json:"hash,omitempty"`
	Title     string  `json:"title,omitempty"`
	MediaType string  `json:"media_type,omitempty"`
	Places    []byte  `json:"places,omitempty"`
	Verbatim  bool    `json:"verbatim,omitempty"` // the text is what was told, byte for byte
	Text      content `json:"text"`
	Original  content `json:"original,omitzero"` // what was told
}

// content is any bytes. In JSON it is a string where they are UTF-8, and else
// {"base64":"…"}.
type content []byte

func (c content) IsZero() bool { return c == nil }

type encoded struct {
	Base64 []byte `json:"base64"`
}

// MarshalJSON implements json.Marshaler.
func (c content) MarshalJSON() ([]byte, error) {
	if utf8.Valid(c) {
		return marshal(string(c))
	}
	return json.Marshal(encoded{c})
}

// write writes what MarshalJSON returns, without holding all of it.
func (c content) write(w io.Writer) error {
	if utf8.Valid(c) {
		return jsontext.Write(w, c)
	}
	if _, err := io.WriteString(w, `{"base64":"`); err != nil {
		return err
	}
	e := base64.NewEncoder(base64.StdEncoding, w)
	if _, err := e.Write(c); err != nil {
		return err
	}
	if err := e.Close(); err != nil {
		return err
	}
	_, err := io.WriteString(w, `"}`)
	return err
}

// maxContent is the longest JSON of a document's content, in bytes: one in which
// each byte is escaped.
const maxContent = 6*multivac.MaxBody + 64

// UnmarshalJSON implements json.Unmarshaler.
func (c *content) UnmarshalJSON(b []byte) (err error) {
	if len(b) > maxContent {
		return invalid("its text is over the limit of %d bytes", multivac.MaxBody)
	}
	if len(b) > 0 && b[0] == '"' {
		*c, err = strict.AppendString(content{}, b)
		return err
	}
	var e encoded
	err = strict.Unmarshal(b, "its text", &e)
	*c = e.Base64
	return err
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}

// write writes the line of d. The members that may be large, its body, its text
// and its original, come last. They are written in pieces.
func (d document) write(w io.Writer) error {
	body, p := d.Body, d.Published
	d.Body, d.Published = nil, nil
	b, err := marshal(line{Document: &d})
	if err != nil {
		return err
	}
	const end = "}}\n" // ends the document and the line
	if _, err := w.Write(bytes.TrimSuffix(b, []byte(end))); err != nil {
		return err
	}
	if body != nil {
		if err := writeMember(w, `,"body":`, body); err != nil {
			return err
		}
	}
	if p != nil {
		head := *p
		head.Text, head.Original = content{}, nil
		b, err := marshal(head)
		if err != nil {
			return err
		}
		if err := writeMember(w, `,"published":`+strings.TrimSuffix(string(b), "\"\"}\n"), p.Text); err != nil {
			return err
		}
		if p.Original != nil {
			if err := writeMember(w, `,"original":`, p.Original); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(w, "}"); err != nil {
			return err
		}
	}
	_, err = io.WriteString(w, end)
	return err
}

func writeMember(w io.Writer, before string, c content) error {
	if _, err := io.WriteString(w, before); err != nil {
		return err
	}
	return c.write(w)
}

func newDocument(r store.Record) *document {
	d := &document{
		ID: string(r.ID), Collection: string(r.Collection), Source: r.Source, Title: r.Title, MediaType: r.MediaType,
		Revision: uint64(r.Revision), State: string(r.State), Step: r.Step, Attempts: r.Attempts, LastError: r.LastError,
		Told: r.Told, Changed: r.Changed, Datum: r.Datum,
	}
	if r.State != multivac.Deleted {
		d.Hash = hex.EncodeToString(r.Hash[:])
	}
	if r.State == multivac.Pending || r.State == multivac.Failed {
		d.Body = r.Body
	}
	if p := r.Published; p != nil {
		d.Published = &published{Places: []byte(p.Places), Verbatim: p.IsBody, Text: content(p.Text), Original: p.Original}
		if r.State != multivac.Indexed {
			d.Published.Revision, d.Published.Hash = uint64(p.Revision), hex.EncodeToString(p.Hash[:])
			d.Published.Title, d.Published.MediaType = p.Title, p.MediaType
		}
	}
	return d
}

// record returns the record that d was made of, without passages, or an error
// that says what is wrong with d.
func (d *document) record() (store.Record, error) {
	r := store.Record{Document: multivac.Document{
		ID: multivac.DocumentID(d.ID), Collection: multivac.CollectionName(d.Collection), Source: d.Source, Title: d.Title, MediaType: d.MediaType,
		Revision: multivac.Revision(d.Revision), State: multivac.State(d.State), Step: d.Step, Attempts: d.Attempts, LastError: d.LastError,
		Told: d.Told, Changed: d.Changed, Body: d.Body,
	}, Datum: d.Datum}
	if err := unhex(r.Hash[:], d.Hash, r.State == multivac.Deleted); err != nil {
		return r, err
	}
	if d.Published != nil {
		p := &store.Published{
			Publication: store.Publication{Title: d.Published.Title, Text: string(d.Published.Text), IsBody: d.Published.Verbatim,
				Places: multivac.Places(d.Published.Places)},
			Revision: multivac.Revision(d.Published.Revision), MediaType: d.Published.MediaType, Original: d.Published.Original,
		}
		r.Published = p
		if r.State == multivac.Indexed {
			p.Revision, p.Hash, p.Title, p.MediaType = r.Revision, r.Hash, r.Title, r.MediaType
			r.Text, r.Places = p.Text, p.Places
		} else if err := unhex(p.Hash[:], d.Published.Hash, false); err != nil {
			return r, err
		}
	}
	return r, consistent(r)
}

func unhex(to []byte, s string, mayLack bool) error {
	if s == "" && mayLack {
		return nil
	}
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(to) {
		return invalid("hash %q is none", multivac.Clip(s, 80))
	}
	copy(to, b)
	return nil
}

func invalid(format string, args ...any) error {
	return multivac.Errorf(multivac.ErrInvalid, "", format, args...)
}

// consistent returns an error where the identity or the hash of a record is not
// that of its content, as far as the record still has the content.
func consistent(r store.Record) error {
	t := multivac.Telling{Collection: r.Collection, Source: r.Source, Title: r.Title, MediaType: r.MediaType, Body: r.Body}
	whole := r.State == multivac.Pending || r.State == multivac.Failed
	if (r.Source != "" || whole) && t.ID() != r.ID {
		return invalid("document %q has not the identifier of what it says", multivac.Clip(string(r.ID), 40))
	}
	if whole && !store.HasHash(t, r.Hash) {
		return invalid("document %s has not the hash of what it says", r.ID)
	}
	if p := r.Published; p != nil && (p.IsBody || len(p.Original) > 0) {
		t.Title, t.MediaType, t.Body = p.Title, p.MediaType, p.Original
		if p.IsBody {
			t.Body = []byte(p.Text)
		}
		if _, same := store.AsTold(t, p.Hash); !same {
			return invalid("document %s has not the hash of what was told", r.ID)
		}
	}
	return nil
}

func newKey(k multivac.Key) *key {
	w := &key{
		ID: string(k.ID), Name: k.Name, Rate: k.Limits.Rate, Burst: k.Limits.Burst, Concurrent: k.Limits.Concurrent,
		Created: k.Created, Expires: k.Expires, LastUsed: k.LastUsed, Revoked: k.Revoked, Hash: hex.EncodeToString(k.Hash[:]),
	}
	for _, s := range k.Scopes {
		w.Scopes = append(w.Scopes, string(s))
	}
	for _, c := range k.Collections {
		w.Collections = append(w.Collections, string(c))
	}
	return w
}

func (w *key) key() (multivac.Key, error) {
	k := multivac.Key{
		ID: multivac.KeyID(w.ID), Name: w.Name, Limits: multivac.Limits{Rate: w.Rate, Burst: w.Burst, Concurrent: w.Concurrent},
		Created: w.Created, Expires: w.Expires, LastUsed: w.LastUsed, Revoked: w.Revoked,
	}
	for _, s := range w.Scopes {
		k.Scopes = append(k.Scopes, multivac.Scope(s))
	}
	for _, c := range w.Collections {
		k.Collections = append(k.Collections, multivac.CollectionName(c))
	}
	if w.ID == "" || w.Created.IsZero() {
		return k, invalid("key has no id, or was never made")
	}
	if err := unhex(k.Hash[:], w.Hash, false); err != nil {
		return k, err
	}
	return k, k.Validate()
}
