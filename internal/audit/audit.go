// Package audit records who told, deleted and revoked what, and with which
// outcome, by decorating the verbs. It records identifiers only: never a text, a
// title, a source or the secret of a key.
package audit

import (
	"context"
	"errors"
	"time"

	"multivac"
	"multivac/internal/auth"
	"multivac/internal/telemetry"
)

// An Event is one line of the log.
type Event struct {
	Time       time.Time               `json:"time"`
	Key        multivac.KeyID          `json:"key,omitempty"` // the caller's; left out where no key is needed
	Action     string                  `json:"action"`        // "tell", "delete", "retry", "export", "import", "calibrate", "uncalibrate", "make-key", "revoke-key"
	Collection multivac.CollectionName `json:"collection,omitempty"`
	Document   multivac.DocumentID     `json:"document,omitempty"`
	Revision   multivac.Revision       `json:"revision,omitempty"`
	Subject    multivac.KeyID          `json:"subject,omitempty"` // the key that was made or revoked
	Scopes     []multivac.Scope        `json:"scopes,omitempty"`  // of the key that was made
	Outcome    string                  `json:"outcome"`           // "done", "unchanged", or the kind of error
	Request    string                  `json:"request_id,omitempty"`
}

// A Sink takes events.
type Sink interface {
	// Ready returns an ErrUnavailable while events cannot be written. It is called
	// before each change, and costs next to nothing.
	Ready() error
	// Write takes the events of one call and returns once they are written. If
	// that takes too long it returns an ErrUnavailable: the events are written
	// later, unless the process ends first.
	Write(ctx context.Context, events []Event) error
}

// A Log records what is done by the verbs that it decorates. While events cannot
// be written it refuses every change, and it acknowledges no change before the
// event is written.
type Log struct {
	Sink Sink
	Now  func() time.Time // time.Now except in tests
}

// Record writes one event and adds what the context knows: caller and request.
func (l Log) Record(ctx context.Context, e Event) error {
	return l.Sink.Write(ctx, []Event{l.complete(ctx, e)})
}

// KeyAdopted writes down that a key was made of a text that was there before.
func (l Log) KeyAdopted(ctx context.Context, k multivac.Key) error {
	return l.Record(ctx, Event{Action: "make-key", Subject: k.ID, Scopes: k.Scopes, Outcome: outcome(true, nil)})
}

// Refused records an action that was refused before a verb was called.
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

// change makes a change and records its event. It returns the error of the
// change, or that of the record where only that failed.
func (l Log) change(ctx context.Context, do func() (Event, error)) error {
	if err := l.Sink.Ready(); err != nil {
		return err
	}
	e, err := do()
	if unwritten := l.Record(ctx, e); err == nil {
		err = unwritten
	}
	return err
}

// outcomes are the kinds of errors as an event names them.
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
