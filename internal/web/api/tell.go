package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"multivac"
	"multivac/internal/web/wire"
)

// Limits of one request to tell.
const (
	maxDocuments = 50_000
	maxTold      = 256 << 20 // bytes of documents, unpacked
)

// Documents that are told together.
const (
	batchDocuments = 256
	batchBytes     = 8 << 20
)

// tell answers POST /api/v1/documents. It is no handler of huma's, which reads
// a body whole and knows one form of it.
func (s *server) tell(w http.ResponseWriter, r *http.Request) {
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		wire.WriteProblem(w, s.Problem(r.Context(), err))
		return
	}
	all, one, err := s.read(r.Header, r.Body, q)
	if err != nil {
		wire.WriteProblem(w, s.Problem(r.Context(), err))
		return
	}
	t := &told{server: s, ctx: r.Context(), waiting: r.Context()}
	if q.wait {
		t.wait = multivac.WaitIndexed
		waiting, cancel := context.WithTimeout(r.Context(), s.Wait)
		defer cancel()
		t.waiting = waiting
	}
	err = t.all(all)
	if p := t.problem(err, one); p != nil {
		wire.WriteProblem(w, p)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	if one {
		wire.WriteJSON(w, t.receipts[0])
	} else {
		wire.WriteJSON(w, wire.Receipts{Documents: t.receipts})
	}
}

// told is one request's tellings and what became of them.
type told struct {
	*server
	ctx      context.Context // of the request
	waiting  context.Context // ends when there has been enough waiting
	wait     multivac.Wait
	receipts []wire.Receipt
	where    []string // of each receipt
	bytes    int      // of all documents

	batch      []multivac.Telling
	batchAt    []int // the receipts of the batch
	batchBytes int
}

func (t *told) all(all items) error {
	for i, err := range all {
		if err != nil {
			return errors.Join(err, t.flush())
		}
		if err := t.add(i); err != nil {
			return err
		}
	}
	return t.flush()
}

func (t *told) add(i item) error {
	t.bytes += len(i.Body)
	if len(t.receipts) == maxDocuments || t.bytes > maxTold {
		err := multivac.Errorf(multivac.ErrTooLarge, "send the rest in other requests",
			"request is over the limit of %d documents or %d bytes unpacked", maxDocuments, maxTold)
		return errors.Join(err, t.flush())
	}
	if i.err == nil {
		i.err = i.Validate()
	}
	receipt := wire.Receipt{Source: i.Source}
	if i.err != nil {
		receipt.Error = t.located(i.err, i.where)
	} else {
		t.batch = append(t.batch, i.Telling)
		t.batchAt = append(t.batchAt, len(t.receipts))
		t.batchBytes += len(i.Body)
	}
	t.receipts, t.where = append(t.receipts, receipt), append(t.where, i.where)
	if len(t.batch) >= batchDocuments || t.batchBytes >= batchBytes {
		return t.flush()
	}
	return nil
}

// flush tells the batch.
func (t *told) flush() error {
	if len(t.batch) == 0 {
		return nil
	}
	receipts, err := t.tellBatch()
	if err == nil && len(receipts) != len(t.batch) {
		err = fmt.Errorf("%d tellings got %d receipts", len(t.batch), len(receipts))
	}
	for n, at := range t.batchAt {
		if err != nil {
			t.receipts[at].Error = t.Problem(t.ctx, err)
			continue
		}
		t.receipts[at] = wire.NewReceipt(receipts[n])
		if receipts[n].Err != nil {
			t.receipts[at].Error = t.located(receipts[n].Err, t.where[at])
		}
	}
	t.batch, t.batchAt, t.batchBytes = nil, nil, 0
	return err
}

// located returns what is wrong with one of many, and which it is.
func (t *told) located(err error, where string) *wire.Problem {
	p := t.Problem(t.ctx, err)
	if where != "" {
		p.Errors = []wire.Detail{{Location: where, Message: p.Err().Error()}}
	}
	return p
}

// tellBatch waits as long as there is time, and then does without.
func (t *told) tellBatch() ([]multivac.Receipt, error) {
	if t.wait == multivac.WaitIndexed && t.waiting.Err() == nil {
		receipts, err := t.Teller.Tell(t.waiting, t.batch, multivac.WaitIndexed)
		if err == nil || t.waiting.Err() == nil {
			return receipts, err
		}
	}
	return t.Teller.Tell(t.ctx, t.batch, multivac.WaitStored)
}

// problem returns what to answer where err left something unread or untold,
// or where nothing was kept.
func (t *told) problem(err error, one bool) *wire.Problem {
	if err != nil {
		p := t.Problem(t.ctx, err)
		p.Documents = t.receipts
		return p
	}
	if len(t.receipts) == 0 {
		return t.Problem(t.ctx, multivac.Errorf(multivac.ErrInvalid, "send at least one document", "the request tells nothing"))
	}
	var details []wire.Detail
	for _, r := range t.receipts {
		if r.ID != "" || r.Error == nil {
			return nil
		}
		if len(details) < 100 {
			details = append(details, r.Error.Errors...)
		}
	}
	p := *t.receipts[0].Error
	if one {
		return &p
	}
	p.Errors, p.Documents = details, t.receipts
	if where := t.where[0]; where != "" {
		p.Detail = where + ": " + p.Detail
	}
	return &p
}
