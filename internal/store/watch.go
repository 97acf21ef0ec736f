package store

import (
	"context"
	"time"

	"multivac"
)

// Watched are the operations that Watch tells of.
var Watched = []string{"put", "delete", "document", "due", "lease", "publish", "fail", "excerpts", "quote", "position", "pending"}

// Watch returns s, with begin called before each of the operations that are
// Watched; the function that it returns is called with what they end in. Who
// has to know whether s is Shared asks s itself.
func Watch(s Store, begin func(ctx context.Context, operation string) (context.Context, func(error))) Store {
	return watched{s, begin}
}

type watched struct {
	Store
	begin func(context.Context, string) (context.Context, func(error))
}

func (w watched) Put(ctx context.Context, tellings []multivac.Telling, now time.Time) ([]multivac.Receipt, error) {
	ctx, end := w.begin(ctx, "put")
	receipts, err := w.Store.Put(ctx, tellings, now)
	end(err)
	return receipts, err
}

func (w watched) Delete(ctx context.Context, id multivac.DocumentID, now time.Time) (multivac.Receipt, error) {
	ctx, end := w.begin(ctx, "delete")
	receipt, err := w.Store.Delete(ctx, id, now)
	end(err)
	return receipt, err
}

func (w watched) Document(ctx context.Context, id multivac.DocumentID) (multivac.Document, error) {
	ctx, end := w.begin(ctx, "document")
	d, err := w.Store.Document(ctx, id)
	end(err)
	return d, err
}

func (w watched) Due(ctx context.Context, kind multivac.TaskKind, now time.Time, limit int) ([]multivac.Task, error) {
	ctx, end := w.begin(ctx, "due")
	tasks, err := w.Store.Due(ctx, kind, now, limit)
	end(err)
	return tasks, err
}

func (w watched) Lease(ctx context.Context, task multivac.Task, now, until time.Time) (multivac.Task, multivac.Document, error) {
	ctx, end := w.begin(ctx, "lease")
	task, d, err := w.Store.Lease(ctx, task, now, until)
	end(err)
	return task, d, err
}

func (w watched) Publish(ctx context.Context, task multivac.Task, p Publication, now time.Time) (multivac.Position, error) {
	ctx, end := w.begin(ctx, "publish")
	at, err := w.Store.Publish(ctx, task, p, now)
	end(err)
	return at, err
}

func (w watched) Fail(ctx context.Context, task multivac.Task, cause string, final bool, now, retry time.Time) error {
	ctx, end := w.begin(ctx, "fail")
	err := w.Store.Fail(ctx, task, cause, final, now, retry)
	end(err)
	return err
}

func (w watched) Excerpts(ctx context.Context, ids []multivac.PassageID) ([]multivac.Excerpt, error) {
	ctx, end := w.begin(ctx, "excerpts")
	excerpts, err := w.Store.Excerpts(ctx, ids)
	end(err)
	return excerpts, err
}

func (w watched) Quotes(ctx context.Context, quotes []Quote) ([]string, error) {
	ctx, end := w.begin(ctx, "quote")
	texts, err := w.Store.Quotes(ctx, quotes)
	end(err)
	return texts, err
}

func (w watched) Position(ctx context.Context) (multivac.Position, error) {
	ctx, end := w.begin(ctx, "position")
	p, err := w.Store.Position(ctx)
	end(err)
	return p, err
}

func (w watched) Pending(ctx context.Context) (int, error) {
	ctx, end := w.begin(ctx, "pending")
	n, err := w.Store.Pending(ctx)
	end(err)
	return n, err
}
