package audit

import (
	"context"
	"encoding/hex"
	"io"

	"multivac"
)

// Verbs returns next with each change recorded: tellings, deletions, retries,
// rereadings, exports, imports, calibrations, and keys that are made or revoked. Exports are recorded
// although they change nothing, because they copy everything.
func (l Log) Verbs(next multivac.Verbs) multivac.Verbs {
	return next.Through(recorded{next, l})
}

// recorded passes on the verbs that it does not define. A test names them, so
// that a new verb is not passed on unnoticed.
type recorded struct {
	multivac.Verbs
	log Log
}

// Tell implements multivac.Teller.
func (v recorded) Tell(ctx context.Context, tellings []multivac.Telling, wait multivac.Wait) ([]multivac.Receipt, error) {
	if err := v.log.Sink.Ready(); err != nil {
		return nil, err
	}
	receipts, err := v.Verbs.Tell(ctx, tellings, wait)
	events := make([]Event, len(tellings))
	for i, telling := range tellings {
		e := Event{Action: "tell", Collection: telling.Collection.OrDefault(), Document: telling.ID(), Outcome: outcome(false, err)}
		if err == nil {
			r := receipts[i]
			e.Revision, e.Outcome = r.Revision, outcome(r.Changed, r.Err)
			if r.ID != "" && r.Err != nil { // it was kept; that it failed later is not the caller's doing
				e.Outcome = outcome(r.Changed, nil)
			}
		}
		events[i] = v.log.complete(ctx, e)
	}
	if unwritten := v.log.Sink.Write(ctx, events); err == nil && unwritten != nil {
		return nil, unwritten
	}
	return receipts, err
}

// Delete implements multivac.Library.
func (v recorded) Delete(ctx context.Context, id multivac.DocumentID) (r multivac.Receipt, err error) {
	err = v.log.change(ctx, func() (Event, error) {
		r, err = v.Verbs.Delete(ctx, id)
		e := Event{Action: "delete", Revision: r.Revision, Outcome: outcome(r.Changed, err)}
		if raw, bad := hex.DecodeString(string(id)); bad == nil && len(raw) == 16 { // otherwise it may be any text
			e.Document = id
		}
		if err == nil {
			if d, missing := v.Document(ctx, id); missing == nil { // deleted, so it comes without its text
				e.Collection = d.Collection
			}
		}
		return e, err
	})
	return r, err
}

// Retry implements multivac.Keeper.
func (v recorded) Retry(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	return v.again(ctx, "retry", id, v.Verbs.Retry)
}

// Reread implements multivac.Keeper.
func (v recorded) Reread(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	return v.again(ctx, "reread", id, v.Verbs.Reread)
}

// again records a call that has a document read again.
func (v recorded) again(ctx context.Context, action string, id multivac.DocumentID, call func(context.Context, multivac.DocumentID) (multivac.Receipt, error)) (r multivac.Receipt, err error) {
	err = v.log.change(ctx, func() (Event, error) {
		r, err = call(ctx, id)
		e := Event{Action: action, Document: r.ID, Revision: r.Revision, Outcome: outcome(r.Changed, err)}
		if err != nil {
			e.Document = multivac.DocumentID(multivac.Clip(string(id), 40)) // as it was sent
		}
		return e, err
	})
	return r, err
}

// Export implements multivac.Keeper.
func (v recorded) Export(ctx context.Context, w io.Writer, originals bool) error {
	return v.log.change(ctx, func() (Event, error) {
		err := v.Verbs.Export(ctx, w, originals)
		return Event{Action: "export", Outcome: outcome(true, err)}, err
	})
}

// Import implements multivac.Keeper.
func (v recorded) Import(ctx context.Context, r io.Reader, merge bool) (imported multivac.Imported, err error) {
	err = v.log.change(ctx, func() (Event, error) {
		imported, err = v.Verbs.Import(ctx, r, merge)
		return Event{Action: "import", Outcome: outcome(imported.Documents > 0, err)}, err
	})
	return imported, err
}

// MakeKey implements multivac.Keys.
func (v recorded) MakeKey(ctx context.Context, want multivac.Key) (made multivac.Key, text multivac.KeyText, err error) {
	err = v.log.change(ctx, func() (Event, error) {
		made, text, err = v.Verbs.MakeKey(ctx, want)
		e := Event{Action: "make-key", Outcome: outcome(true, err)}
		if err == nil {
			e.Subject, e.Scopes = made.ID, made.Scopes
		}
		return e, err
	})
	return made, text, err
}

// RevokeKey implements multivac.Keys.
func (v recorded) RevokeKey(ctx context.Context, id multivac.KeyID) (revoked multivac.Key, err error) {
	err = v.log.change(ctx, func() (Event, error) {
		revoked, err = v.Verbs.RevokeKey(ctx, id)
		e := Event{Action: "revoke-key", Outcome: outcome(true, err)}
		if err == nil {
			e.Subject = revoked.ID // not id, which may be any text
		}
		return e, err
	})
	return revoked, err
}

// Calibrate implements multivac.Calibrator. A calibration that is not kept is
// recorded as unchanged.
func (v recorded) Calibrate(ctx context.Context, name multivac.CollectionName, questions []multivac.LabelledQuestion, keep bool) (c multivac.Calibration, err error) {
	err = v.log.change(ctx, func() (Event, error) {
		c, err = v.Verbs.Calibrate(ctx, name, questions, keep)
		return Event{Action: "calibrate", Collection: named(name), Outcome: outcome(keep, err)}, err
	})
	return c, err
}

// Uncalibrate implements multivac.Calibrator.
func (v recorded) Uncalibrate(ctx context.Context, name multivac.CollectionName) (changed bool, err error) {
	err = v.log.change(ctx, func() (Event, error) {
		changed, err = v.Verbs.Uncalibrate(ctx, name)
		return Event{Action: "uncalibrate", Collection: named(name), Outcome: outcome(changed, err)}, err
	})
	return changed, err
}

// named returns the name of a collection, or nothing for what is no name: it may
// be any text.
func named(name multivac.CollectionName) multivac.CollectionName {
	if name = name.OrDefault(); name.Validate() != nil {
		return ""
	}
	return name
}
