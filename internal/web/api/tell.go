package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/web/bodies"
	"multivac/internal/web/route"
	"multivac/internal/web/wire"
)

// Limits of one request that tells, and of its answer.
const (
	maxExplained = 256 // documents whose refusal is explained at length
	maxDetails   = 100 // errors in a problem

	sizeOfReceipt = 160 // bytes of memory for a receipt, besides its source
)

// Limits are what one request that tells may use.
type Limits struct {
	Documents int
	Unpacked  int64 // bytes of documents, and of what unpacks of them
	Time      time.Duration
}

// DefaultLimits are the limits where no setting says otherwise.
var DefaultLimits = Limits{Documents: 50_000, Unpacked: 256 << 20, Time: route.TellTimeout}

// Bounds returns the bounds of a route that tells.
func (l Limits) Bounds() route.Bounds {
	b := route.Large
	b.Time = l.Time
	return b
}

const sendTheRest = "send the rest in other requests, or raise the setting "

func (l Limits) errDocuments() error {
	return multivac.Errorf(multivac.ErrTooLarge, sendTheRest+"request.max-documents", "request is over the limit of %d documents", l.Documents)
}

func (l Limits) errUnpacked() error {
	return multivac.Errorf(multivac.ErrTooLarge, sendTheRest+"request.max-unpacked", "request is over the limit of %d bytes unpacked", l.Unpacked)
}

func (l Limits) errTime() error {
	return multivac.Errorf(multivac.ErrTooLarge, sendTheRest+"request.max-time", "the request takes longer than %s", l.Time)
}

// How many documents, and bytes, are told together.
const (
	batchDocuments = 256
	batchBytes     = 8 << 20
)

// tell answers POST /api/v1/documents. It is not a typed handler, because a
// typed one reads the whole body and knows only one form of it.
func (s *server) tell(w http.ResponseWriter, r *http.Request) {
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		wire.WriteProblem(w, s.Problem(r.Context(), err))
		return
	}
	hold := s.Room.Hold()
	defer hold.Release()
	all, one, err := s.read(r, q, hold)
	if err != nil {
		hold.Finish()
		wire.WriteProblem(w, s.Problem(r.Context(), err))
		return
	}
	t := &told{server: s, ctx: r.Context(), waiting: r.Context(), hold: hold}
	if q.wait {
		t.wait = multivac.WaitIndexed
		waiting, cancel := context.WithTimeout(r.Context(), s.Wait)
		defer cancel()
		t.waiting = waiting
	}
	err = t.all(all)
	hold.Finish() // a client that reads the answer slowly does not make others wait
	if p := t.problem(err, one); p != nil {
		wire.WriteProblem(w, p)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	if one {
		wire.WriteJSON(w, t.receipts[0])
	} else {
		wire.WriteReceipts(w, t.receipts)
	}
}

// told holds the tellings of one request and their receipts.
type told struct {
	*server
	ctx      context.Context // of the request
	waiting  context.Context // ends when the time to wait is over
	wait     multivac.Wait
	hold     *bodies.Hold
	receipts []wire.Receipt
	kept     int                      // documents
	refused  int                      // documents
	first    place                    // place of the first document
	short    map[string]*wire.Problem // by detail: problems that the documents share whose refusal is not explained at length
	bytes    int64                    // of all documents, and of what unpacks of them

	batch      []multivac.Telling
	batchAt    []int   // the positions of the batch's documents in receipts
	batchWhere []place // its documents
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
	t.bytes += int64(len(i.Body) + extract.UnpackedSize(i.Body, t.Limits.Unpacked))
	switch {
	case len(t.receipts) == t.Limits.Documents:
		return errors.Join(t.Limits.errDocuments(), t.flush())
	case t.bytes > t.Limits.Unpacked:
		return errors.Join(t.Limits.errUnpacked(), t.flush())
	}
	if i.err == nil {
		i.err = i.Validate()
	}
	receipt := wire.Receipt{Source: multivac.Clip(i.Source, multivac.MaxSource)}
	if len(t.receipts) >= maxExplained { // fewer receipts take no more memory than their body
		if err := t.hold.Receipt(t.ctx, sizeOfReceipt+len(receipt.Source)); err != nil {
			return errors.Join(err, t.flush())
		}
	}
	if len(t.receipts) == 0 {
		t.first = i.where
	}
	full := false // there is no room for more documents, so the batch is told at once
	if i.err != nil {
		receipt.Error = t.refuse(i.err, i.where)
	} else {
		full = !t.hold.Document(len(i.Body))
		t.batch = append(t.batch, i.Telling)
		t.batchAt = append(t.batchAt, len(t.receipts))
		t.batchWhere = append(t.batchWhere, i.where)
		t.batchBytes += len(i.Body)
	}
	t.receipts = append(t.receipts, receipt)
	if full || len(t.batch) >= batchDocuments || t.batchBytes >= batchBytes {
		return t.flush()
	}
	return nil
}

// flush tells the documents of the batch.
func (t *told) flush() error {
	if len(t.batch) == 0 {
		return nil
	}
	receipts, err := t.tellBatch()
	if err == nil && len(receipts) != len(t.batch) {
		err = fmt.Errorf("%d tellings got %d receipts", len(t.batch), len(receipts))
	}
	var failed *wire.Problem
	if err != nil {
		failed = t.Problem(t.ctx, err)
	}
	for n, at := range t.batchAt {
		if err != nil {
			t.receipts[at].Error = failed
			continue
		}
		t.receipts[at] = wire.NewReceipt(receipts[n])
		if receipts[n].ID != "" {
			t.kept++
		}
		if receipts[n].Err != nil {
			t.receipts[at].Error = t.refuse(receipts[n].Err, t.batchWhere[n])
		}
	}
	t.hold.Told()
	t.batch, t.batchAt, t.batchWhere, t.batchBytes = nil, nil, nil, 0
	return err
}

// refuse returns the problem of one document, with its place. The first
// maxExplained are explained in full; the others share one problem per detail.
func (t *told) refuse(err error, where place) *wire.Problem {
	p := t.Problem(t.ctx, err)
	if t.refused++; t.refused <= maxExplained {
		if name := where.String(); name != "" {
			p.Errors = []wire.Detail{{Location: name, Message: p.Err().Error()}}
		}
		return p
	}
	same, key := t.short[p.Detail], p.Detail
	if same == nil && len(t.short) >= maxExplained {
		key = p.Type
		p.Detail = "refused as others before it"
		same = t.short[key]
	}
	if same == nil {
		if t.short == nil {
			t.short = map[string]*wire.Problem{}
		}
		same = &wire.Problem{Type: p.Type, Title: p.Title, Status: p.Status, Detail: p.Detail}
		t.short[key] = same
	}
	return same
}

// tellBatch waits for the documents to be indexed while there is time. After
// that it tells without waiting.
func (t *told) tellBatch() ([]multivac.Receipt, error) {
	if t.wait == multivac.WaitIndexed && t.waiting.Err() == nil {
		receipts, err := t.Teller.Tell(t.waiting, t.batch, multivac.WaitIndexed)
		if err == nil || t.waiting.Err() == nil {
			return receipts, err
		}
	}
	return t.Teller.Tell(t.ctx, t.batch, multivac.WaitStored)
}

// problem returns the answer if err left something unread or untold, or if
// nothing was kept. Otherwise it returns nil.
func (t *told) problem(err error, one bool) *wire.Problem {
	if err == nil && len(t.receipts) == 0 {
		err = multivac.Errorf(multivac.ErrInvalid, "send at least one document", "the request tells nothing")
	}
	if errors.Is(err, context.DeadlineExceeded) && errors.Is(t.ctx.Err(), context.DeadlineExceeded) {
		err = t.Limits.errTime()
	}
	if err != nil {
		p := t.Problem(t.ctx, err)
		p.Documents = t.shown()
		return p
	}
	if t.refused < len(t.receipts) || t.kept > 0 {
		return nil
	}
	p := *t.receipts[0].Error
	if one {
		return &p
	}
	p.Errors, p.Documents = nil, t.shown()
	for _, r := range p.Documents[:min(len(p.Documents), maxDetails)] {
		p.Errors = append(p.Errors, r.Error.Errors...)
	}
	p.Omitted = t.refused - len(p.Errors)
	if where := t.first.String(); where != "" {
		p.Detail = where + ": " + p.Detail
	}
	return &p
}

// shown returns the receipts that a problem comes with. If a document was
// stored, these are all receipts, because the client has to know which
// documents were stored. Otherwise it is the first.
func (t *told) shown() []wire.Receipt {
	if t.kept > 0 {
		return t.receipts
	}
	return t.receipts[:min(len(t.receipts), maxExplained)]
}
