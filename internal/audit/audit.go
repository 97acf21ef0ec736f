// Package audit writes down who told, deleted and revoked what, and what came
// of it, by wrapping the verbs. It writes identifiers only, never a text, a
// title, a source or the secret of a key.
package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"time"

	"multivac"
	"multivac/internal/auth"
	"multivac/internal/telemetry"
)

// An Event is one line of the log.
type Event struct {
	Time       time.Time               `json:"time"`
	Key        multivac.KeyID          `json:"key,omitempty"` // whose; left out where no key is needed
	Action     string                  `json:"action"`        // "tell", "delete", "retry", "export", "import", "make-key", "revoke-key"
	Collection multivac.CollectionName `json:"collection,omitempty"`
	Document   multivac.DocumentID     `json:"document,omitempty"`
	Revision   multivac.Revision       `json:"revision,omitempty"`
	Subject    multivac.KeyID          `json:"subject,omitempty"` // the key that was made or revoked
	Scopes     []multivac.Scope        `json:"scopes,omitempty"`  // of the key that was made
	Outcome    string                  `json:"outcome"`           // "done", "unchanged", or why not
	Request    string                  `json:"request_id,omitempty"`
}

// A Sink takes events.
type Sink interface {
	// Ready returns an ErrUnavailable where events cannot be written now. It is
	// asked before anything is changed, and costs next to nothing.
	Ready() error
	// Write takes the events of one call, and returns once they are written. It
	// returns an ErrUnavailable where that takes too long: they are written
	// later, unless the process ends before.
	Write(ctx context.Context, events []Event) error
}

// A Log is what wraps the verbs. While events cannot be written it lets nothing
// be changed, and no change is acknowledged before its event is written.
type Log struct {
	Sink Sink
	Now  func() time.Time // time.Now but in tests
}

// Record writes one event, completed by what the context knows.
func (l Log) Record(ctx context.Context, e Event) error {
	return l.Sink.Write(ctx, []Event{l.complete(ctx, e)})
}

// came records the event of a call that returns err, and returns what its
// caller is to be told.
func (l Log) came(ctx context.Context, e Event, err error) error {
	if unwritten := l.Record(ctx, e); err == nil {
		err = unwritten
	}
	return err
}

// KeyAdopted writes down that a key was made of a text that was there before.
func (l Log) KeyAdopted(ctx context.Context, k multivac.Key) error {
	return l.Record(ctx, Event{Action: "make-key", Subject: k.ID, Scopes: k.Scopes, Outcome: outcome(true, nil)})
}

// Refused writes down an action that was refused before a verb was called.
func (l Log) Refused(ctx context.Context, action string) error {
	if err := l.Sink.Ready(); err != nil {
		return err
	}
	return l.Record(ctx, Event{Action: action, Outcome: outcome(false, multivac.ErrForbidden)})
}

func (l Log) complete(ctx context.Context, e Event) Event {
	e.Time, e.Request = l.Now().UTC().Truncate(time.Millisecond), telemetry.RequestID(ctx)
	if c, ok := auth.From(ctx); ok {
		e.Key = c.ID
	}
	return e
}

// outcomes are the kinds of errors as an event has them.
var outcomes = []struct {
	kind error
	name string
}{
	{multivac.ErrForbidden, "forbidden"}, {multivac.ErrUnauthorized, "unauthorized"}, {multivac.ErrInvalid, "invalid"},
	{multivac.ErrTooLarge, "too-large"}, {multivac.ErrNotFound, "not-found"}, {multivac.ErrUnavailable, "unavailable"},
	{context.Canceled, "canceled"}, {context.DeadlineExceeded, "too-slow"},
}

func outcome(changed bool, err error) string {
	if err == nil {
		if changed {
			return "done"
		}
		return "unchanged"
	}
	for _, o := range outcomes {
		if errors.Is(err, o.kind) {
			return o.name
		}
	}
	return "failed"
}

// Teller writes down each telling that next was told.
func (l Log) Teller(next multivac.Teller) multivac.Teller { return teller{l, next} }

type teller struct {
	log  Log
	next multivac.Teller
}

func (t teller) Tell(ctx context.Context, tellings []multivac.Telling, wait multivac.Wait) ([]multivac.Receipt, error) {
	if err := t.log.Sink.Ready(); err != nil {
		return nil, err
	}
	receipts, err := t.next.Tell(ctx, tellings, wait)
	events := make([]Event, len(tellings))
	for i, telling := range tellings {
		e := Event{Action: "tell", Collection: telling.Collection.OrDefault(), Document: telling.ID(), Outcome: outcome(false, err)}
		if err == nil {
			r := receipts[i]
			e.Revision, e.Outcome = r.Revision, outcome(r.Changed, r.Err)
			if r.ID != "" && r.Err != nil { // kept, and failed later: another's matter
				e.Outcome = outcome(r.Changed, nil)
			}
		}
		events[i] = t.log.complete(ctx, e)
	}
	if unwritten := t.log.Sink.Write(ctx, events); err == nil && unwritten != nil {
		return nil, unwritten
	}
	return receipts, err
}

// Library writes down each deletion.
func (l Log) Library(next multivac.Library) multivac.Library { return library{next, l} }

type library struct {
	multivac.Library
	log Log
}

func (b library) Delete(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	if err := b.log.Sink.Ready(); err != nil {
		return multivac.Receipt{}, err
	}
	r, err := b.Library.Delete(ctx, id)
	e := Event{Action: "delete", Revision: r.Revision, Outcome: outcome(r.Changed, err)}
	if raw, err := hex.DecodeString(string(id)); err == nil && len(raw) == 16 { // else it may be anything
		e.Document = id
	}
	if err == nil {
		if d, err := b.Library.Document(ctx, id); err == nil { // as deleted: without its text
			e.Collection = d.Collection
		}
	}
	return r, b.log.came(ctx, e, err)
}

// Keeper writes down what is tried again, and each copy that is made or read.
func (l Log) Keeper(next multivac.Keeper) multivac.Keeper { return keeper{next, l} }

type keeper struct {
	multivac.Keeper
	log Log
}

func (k keeper) Retry(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	if err := k.log.Sink.Ready(); err != nil {
		return multivac.Receipt{}, err
	}
	r, err := k.Keeper.Retry(ctx, id)
	e := Event{Action: "retry", Document: r.ID, Revision: r.Revision, Outcome: outcome(r.Changed, err)}
	if err != nil {
		e.Document = multivac.DocumentID(multivac.Clip(string(id), 40)) // whatever was sent
	}
	return r, k.log.came(ctx, e, err)
}

func (k keeper) Export(ctx context.Context, w io.Writer) error {
	if err := k.log.Sink.Ready(); err != nil {
		return err
	}
	err := k.Keeper.Export(ctx, w)
	return k.log.came(ctx, Event{Action: "export", Outcome: outcome(true, err)}, err)
}

func (k keeper) Import(ctx context.Context, r io.Reader, merge bool) (multivac.Imported, error) {
	if err := k.log.Sink.Ready(); err != nil {
		return multivac.Imported{}, err
	}
	imported, err := k.Keeper.Import(ctx, r, merge)
	return imported, k.log.came(ctx, Event{Action: "import", Outcome: outcome(imported.Documents > 0, err)}, err)
}

// Keys writes down each key that is made or revoked.
func (l Log) Keys(next multivac.Keys) multivac.Keys { return keys{next, l} }

type keys struct {
	multivac.Keys
	log Log
}

func (k keys) MakeKey(ctx context.Context, want multivac.Key) (multivac.Key, multivac.KeyText, error) {
	if err := k.log.Sink.Ready(); err != nil {
		return multivac.Key{}, "", err
	}
	made, text, err := k.Keys.MakeKey(ctx, want)
	e := Event{Action: "make-key", Outcome: outcome(true, err)}
	if err == nil {
		e.Subject, e.Scopes = made.ID, made.Scopes
	}
	return made, text, k.log.came(ctx, e, err)
}

func (k keys) RevokeKey(ctx context.Context, id multivac.KeyID) (multivac.Key, error) {
	if err := k.log.Sink.Ready(); err != nil {
		return multivac.Key{}, err
	}
	revoked, err := k.Keys.RevokeKey(ctx, id)
	e := Event{Action: "revoke-key", Outcome: outcome(true, err)}
	if err == nil {
		e.Subject = revoked.ID // and not id, which may be anything
	}
	return revoked, k.log.came(ctx, e, err)
}
