package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"time"

	"multivac"
	"multivac/internal/web/wire"
)

// Documents that are sent together.
const (
	batchDocuments = 256
	batchBytes     = 8 << 20
)

// pollInterval is how often the client asks for a document that takes longer than
// the server waits.
const pollInterval = 250 * time.Millisecond

// Tell implements [multivac.Teller]. It sends large numbers in batches. If a batch
// fails as a whole, those before it are kept all the same.
func (c *Client) Tell(ctx context.Context, tellings []multivac.Telling, wait multivac.Wait) ([]multivac.Receipt, error) {
	receipts := make([]multivac.Receipt, len(tellings))
	for batch := range batches(tellings, receipts) {
		told, err := c.tell(ctx, batch.tellings, wait)
		if err != nil {
			return nil, err
		}
		for n, at := range batch.at {
			receipts[at] = told[n]
		}
	}
	return receipts, nil
}

// A batch is some tellings and the places of their receipts.
type batch struct {
	tellings []multivac.Telling
	at       []int
	bytes    int
}

// batches leaves out tellings that no server would keep; their receipts say why.
func batches(tellings []multivac.Telling, receipts []multivac.Receipt) iter.Seq[batch] {
	return func(yield func(batch) bool) {
		var b batch
		for n, t := range tellings {
			if err := t.Validate(); err != nil {
				receipts[n] = multivac.Receipt{Source: t.Source, Err: err}
				continue
			}
			if len(b.tellings) == batchDocuments || (b.bytes > 0 && b.bytes+len(t.Body) > batchBytes) {
				if !yield(b) {
					return
				}
				b = batch{}
			}
			b.tellings, b.at, b.bytes = append(b.tellings, t), append(b.at, n), b.bytes+len(t.Body)
		}
		if len(b.tellings) > 0 {
			yield(b)
		}
	}
}

func (c *Client) tell(ctx context.Context, tellings []multivac.Telling, wait multivac.Wait) ([]multivac.Receipt, error) {
	receipts, err := c.send(ctx, tellings, wait)
	if err != nil || wait != multivac.WaitIndexed {
		return receipts, err
	}
	for n := range receipts {
		if err := c.settle(ctx, tellings[n], &receipts[n]); err != nil {
			if ctx.Err() != nil {
				return receipts, nil // the documents are kept
			}
			return nil, err
		}
	}
	return receipts, nil
}

// send tells one batch as JSON Lines.
func (c *Client) send(ctx context.Context, tellings []multivac.Telling, wait multivac.Wait) ([]multivac.Receipt, error) {
	var body bytes.Buffer
	for _, t := range tellings {
		wire.WriteJSON(&body, wire.NewTelling(t))
	}
	r := request{method: "POST", path: "/api/v1/documents", mediaType: "application/x-ndjson", body: body.Bytes(), timeout: tellTimeout}
	if wait == multivac.WaitIndexed {
		r.query = url.Values{"wait": {"indexed"}}
	}
	var answer wire.Receipts
	err := c.call(ctx, r, &answer)
	var refused *refusal
	switch {
	case err == nil:
	case errors.As(err, &refused) && len(refused.documents) == len(tellings) &&
		(errors.Is(err, multivac.ErrInvalid) || errors.Is(err, multivac.ErrTooLarge)):
		answer.Documents = refused.documents // all were refused; each says why
	default:
		return nil, err
	}
	if len(answer.Documents) != len(tellings) {
		return nil, fmt.Errorf("%s answers for %d documents, but was told %d", c.base, len(answer.Documents), len(tellings))
	}
	receipts := make([]multivac.Receipt, len(tellings))
	for n, w := range answer.Documents {
		receipts[n] = w.Receipt()
	}
	return receipts, nil
}

// settle waits for a document that took longer than the server waited. It tells the
// document again only to learn its position, and only if that changes nothing:
// another client may have told the same source something else since.
func (c *Client) settle(ctx context.Context, t multivac.Telling, r *multivac.Receipt) error {
	for r.Err == nil && r.State == multivac.Pending {
		d, err := c.Document(ctx, r.ID)
		if err != nil {
			return err
		}
		switch {
		case d.Revision == r.Revision && d.State == multivac.Pending:
			if err := c.sleep(ctx, pollInterval); err != nil {
				return err
			}
		case d.Revision == r.Revision && d.State == multivac.Indexed:
			again, err := c.send(ctx, []multivac.Telling{t}, multivac.WaitIndexed)
			if err != nil {
				return err
			}
			again[0].Changed = r.Changed
			*r = again[0]
		case d.Revision == r.Revision && d.State == multivac.Failed:
			r.State, r.Err = d.State, multivac.Errorf(multivac.ErrInvalid, "", "%s", d.LastError)
		default:
			r.State = d.State
			if d.State == multivac.Pending { // of a later revision, which another client told
				return nil
			}
		}
	}
	return nil
}
