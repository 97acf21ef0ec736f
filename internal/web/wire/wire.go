// Package wire holds the types of the HTTP API, their conversion from and to
// the types of multivac, and the errors. It neither serves nor calls.
package wire

import (
	"bytes"
	"encoding/hex"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"multivac"
	"multivac/internal/jsontext"
)

// A Telling is one document to be told.
type Telling struct {
	Collection string `json:"collection,omitempty" example:"runbooks" doc:"Where it goes; \"default\" if left out"`
	Source     string `json:"source,omitempty" example:"runbooks/redis.md" doc:"URI, path or name, without control characters: the identity of the document. Telling the same source again replaces it. If left out, the content is the identity"`
	ID         string `json:"id,omitempty" doc:"Another name for source"`
	Title      string `json:"title,omitempty" doc:"If left out, found in the text or made of the source"`
	Text       string `json:"text,omitempty" doc:"The document, as text"`
	MediaType  string `json:"media_type,omitempty" example:"text/markdown" doc:"text/markdown if left out"`
	Content    []byte `json:"content,omitempty" contentEncoding:"base64" doc:"The document, as bytes in base64, instead of text"`
}

// NewTelling returns t for the wire. The body is sent as text if it can be.
func NewTelling(t multivac.Telling) Telling {
	w := Telling{Collection: string(t.Collection), Source: t.Source, Title: t.Title, MediaType: t.MediaType}
	if plain(t.Body) {
		w.Text = string(t.Body)
	} else {
		w.Content = t.Body
	}
	return w
}

// plain reports whether b can be sent as a JSON string without loss, at no more
// than twice its length.
func plain(b []byte) bool {
	control := func(c byte) bool { return c < ' ' && c != '\n' && c != '\t' && c != '\r' }
	return utf8.Valid(b) && !slices.ContainsFunc(b, control)
}

// Telling returns the telling of w. If w names no collection, the given one is
// used.
func (w Telling) Telling(collection multivac.CollectionName) (multivac.Telling, error) {
	t := multivac.Telling{Collection: collection, Source: w.Source, Title: w.Title, MediaType: w.MediaType, Body: w.Content}
	if w.Collection != "" {
		t.Collection = multivac.CollectionName(w.Collection)
	}
	if t.Source == "" {
		t.Source = w.ID
	}
	switch {
	case w.Source != "" && w.ID != "" && w.Source != w.ID:
		return t, multivac.Errorf(multivac.ErrInvalid, "send one of them", "source and id are two names for one thing, but differ")
	case w.Text != "" && w.Content != nil:
		return t, multivac.Errorf(multivac.ErrInvalid, "send one of them", "text and content are both given")
	case w.Text != "":
		t.Body = []byte(w.Text)
	}
	return t, nil
}

// A Receipt says what one telling or deletion did.
type Receipt struct {
	ID       string   `json:"id,omitempty" doc:"Identity of the document; left out where it was refused"`
	Source   string   `json:"source,omitempty"`
	Revision uint64   `json:"revision,omitempty"`
	State    string   `json:"state,omitempty" enum:"pending,indexed,failed,deleted"`
	Changed  bool     `json:"changed" doc:"False where the same was told before"`
	Position string   `json:"position,omitempty" doc:"Ask with after=position to see the effect; set once indexed or deleted"`
	Encoding string   `json:"encoding,omitempty" doc:"In which encoding it is read, if it does not say that and is not UTF-8"`
	Error    *Problem `json:"error,omitempty" doc:"Why it was refused or failed"`
}

// NewReceipt returns r for the wire.
func NewReceipt(r multivac.Receipt) Receipt {
	w := Receipt{
		ID: string(r.ID), Source: r.Source, Revision: uint64(r.Revision), State: string(r.State),
		Changed: r.Changed, Position: string(r.Position), Encoding: r.Encoding,
	}
	if r.Err != nil {
		w.Error = ProblemOf(r.Err)
	}
	return w
}

// Receipt returns the receipt that w was made of.
func (w Receipt) Receipt() multivac.Receipt {
	r := multivac.Receipt{
		ID: multivac.DocumentID(w.ID), Source: w.Source, Revision: multivac.Revision(w.Revision),
		State: multivac.State(w.State), Changed: w.Changed, Position: multivac.Position(w.Position), Encoding: w.Encoding,
	}
	if w.Error != nil {
		r.Err = w.Error.Err()
	}
	return r
}

// Receipts are the receipts of several tellings, in order.
type Receipts struct {
	Documents []Receipt `json:"documents"`
}

// A Document is a stored telling and its state.
type Document struct {
	ID         string    `json:"id"`
	Collection string    `json:"collection"`
	Source     string    `json:"source,omitempty"`
	Title      string    `json:"title,omitempty"`
	MediaType  string    `json:"media_type,omitempty"`
	Hash       string    `json:"hash" doc:"Of title, media type and content, in hexadecimal"`
	Revision   uint64    `json:"revision"`
	State      string    `json:"state" enum:"pending,indexed,failed,deleted"`
	Step       string    `json:"step,omitempty" doc:"What is or was being done to it"`
	Attempts   int       `json:"attempts,omitempty"`
	LastError  string    `json:"last_error,omitempty"`
	Told       time.Time `json:"told"`
	Changed    time.Time `json:"changed" doc:"When the state last changed"`
	Original   bool      `json:"original" doc:"Whether what was told is kept, so that it can be read again"`
	Text       string    `json:"text,omitempty" doc:"As extracted, once indexed; left out of lists"`
}

// NewDocument returns d for the wire, without its body.
func NewDocument(d multivac.Document) Document {
	return Document{
		ID: string(d.ID), Collection: string(d.Collection), Source: d.Source, Title: d.Title, MediaType: d.MediaType,
		Hash: hex.EncodeToString(d.Hash[:]), Revision: uint64(d.Revision), State: string(d.State),
		Step: d.Step, Attempts: d.Attempts, LastError: d.LastError, Told: d.Told, Changed: d.Changed, Original: d.Original, Text: d.Text,
	}
}

// WriteDocument writes d as a line of JSON, its text in pieces. It ignores
// errors of w, like WriteJSON.
func WriteDocument(w io.Writer, d Document) {
	text := d.Text
	d.Text = ""
	if text == "" {
		WriteJSON(w, d)
		return
	}
	var head bytes.Buffer
	WriteJSON(&head, d)
	head.Truncate(head.Len() - len("}\n"))
	head.WriteString(`,"text":`)
	if _, err := head.WriteTo(w); err != nil {
		return
	}
	if err := jsontext.Write(w, text); err == nil {
		_, _ = io.WriteString(w, "}\n")
	}
}

// Document returns the document that w was made of, without its body.
func (w Document) Document() multivac.Document {
	d := multivac.Document{
		ID: multivac.DocumentID(w.ID), Collection: multivac.CollectionName(w.Collection), Source: w.Source,
		Title: w.Title, MediaType: w.MediaType, Revision: multivac.Revision(w.Revision), State: multivac.State(w.State),
		Step: w.Step, Attempts: w.Attempts, LastError: w.LastError, Told: w.Told, Changed: w.Changed, Original: w.Original, Text: w.Text,
	}
	if hash, err := hex.DecodeString(w.Hash); err == nil && len(hash) == len(d.Hash) {
		copy(d.Hash[:], hash)
	}
	return d
}

// A Page is a part of a list of documents.
type Page struct {
	Documents []Document `json:"documents"`
	Next      string     `json:"next,omitempty" doc:"The cursor of the next page; left out on the last"`
}

// NewPage returns p for the wire.
func NewPage(p multivac.Page) Page {
	w := Page{Documents: make([]Document, len(p.Documents)), Next: p.Next}
	for i, d := range p.Documents {
		w.Documents[i] = NewDocument(d)
	}
	return w
}

// Page returns the page that w was made of.
func (w Page) Page() multivac.Page {
	p := multivac.Page{Documents: make([]multivac.Document, len(w.Documents)), Next: w.Next}
	for i, d := range w.Documents {
		p.Documents[i] = d.Document()
	}
	return p
}

// Datum is the first text of a collection.
type Datum struct {
	Text string `json:"text"`
}

// Reached says from which position answers come.
type Reached struct {
	Position string `json:"position" doc:"What was waited for"`
}

// A Collection is a set of documents that is searched as a whole.
type Collection struct {
	Name      string `json:"name"`
	Documents int    `json:"documents" doc:"Indexed documents"`
	Passages  int    `json:"passages" doc:"Indexed passages"`

	Calibration string `json:"calibration,omitempty" enum:"applied,outdated" doc:"Whether its confidence is corrected; left out where there is no calibration"`
}

// Collections are all collections.
type Collections struct {
	Collections []Collection `json:"collections"`
}

// NewCollections returns cs for the wire.
func NewCollections(cs []multivac.Collection) Collections {
	w := Collections{Collections: make([]Collection, len(cs))}
	for i, c := range cs {
		w.Collections[i] = Collection{Name: string(c.Name), Documents: c.Documents, Passages: c.Passages, Calibration: string(c.Calibration)}
	}
	return w
}

// List returns the collections that w was made of.
func (w Collections) List() []multivac.Collection {
	cs := make([]multivac.Collection, len(w.Collections))
	for i, c := range w.Collections {
		cs[i] = multivac.Collection{Name: multivac.CollectionName(c.Name), Documents: c.Documents, Passages: c.Passages, Calibration: multivac.CalibrationState(c.Calibration)}
	}
	return cs
}

// Status says how far the index is.
type Status struct {
	Ready     bool   `json:"ready" doc:"Answers come from all that was indexed at the start"`
	Reason    string `json:"reason,omitempty" doc:"Why it is not ready"`
	Documents int    `json:"documents" doc:"Indexed documents"`
	Passages  int    `json:"passages" doc:"Indexed passages"`
	Pending   int    `json:"pending" doc:"Documents kept, not yet answered from"`
	Outdated  int    `json:"outdated,omitempty" doc:"Documents still to be enriched or cut anew; answered from meanwhile"`
	Position  string `json:"position,omitempty" doc:"What answers come from"`
	Meaning   string `json:"meaning,omitempty" doc:"How far questions are understood beyond their words: off, find or read"`
	Lacks     string `json:"meaning_reason,omitempty" doc:"Why that is less than the settings say"`
	Store     int64  `json:"store_bytes,omitempty" doc:"Size of the database file; left out where the server has none of its own"`
	Free      int64  `json:"free_bytes,omitempty" doc:"How much of it holds nothing"`
}

// Readiness is the part of the status that a client without a key sees, if a
// key is needed.
type Readiness struct {
	Ready     bool   `json:"ready" doc:"Answers come from all that was indexed at the start"`
	Reason    string `json:"reason,omitempty" doc:"Why it is not ready"`
	KeyNeeded bool   `json:"key_needed" doc:"That is all it says without a key"`
}

// NewStatus returns s for the wire, without its collections.
func NewStatus(s multivac.Status) Status {
	return Status{
		Ready: s.Ready, Reason: s.Reason, Documents: s.Documents, Passages: s.Passages, Pending: s.Pending, Outdated: s.Outdated,
		Position: string(s.Position), Meaning: s.Meaning, Lacks: s.MeaningReason,
		Store: s.StoreBytes, Free: s.FreeBytes,
	}
}

// Status returns the status that w was made of, without its collections.
func (w Status) Status() multivac.Status {
	return multivac.Status{
		Ready: w.Ready, Reason: w.Reason, Documents: w.Documents, Passages: w.Passages, Pending: w.Pending, Outdated: w.Outdated,
		Position: multivac.Position(w.Position), Meaning: w.Meaning, MeaningReason: w.Lacks,
		StoreBytes: w.Store, FreeBytes: w.Free,
	}
}
