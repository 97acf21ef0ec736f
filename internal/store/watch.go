package store

import (
	"context"
	"time"

	"multivac"
)

// Watched are the names of the operations that Watch reports.
var Watched = []string{"put", "delete", "document", "due", "lease", "publish", "fail", "excerpts", "quote", "position", "pending"}

// A Begin is called when an operation begins. The operation has the context that
// it returns. The function that it returns is called when the operation ends, with
// its error.
type Begin func(ctx context.Context, operation string) (context.Context, func(error))

// Watch returns s with begin called for each of the operations that are Watched.
// The result is no Shared, even if s is one: ask s itself.
func Watch(s Store, begin Begin) Store {
	return watched{s, begin}
}

type watched struct {
	Store
	begin Begin
}

// watch runs an operation, and reports it.
func watch[T any](ctx context.Context, w watched, operation string, do func(context.Context) (T, error)) (T, error) {
	ctx, end := w.begin(ctx, operation)
	result, err := do(ctx)
	end(err)
	return result, err
}

func (w watched) Put(ctx context.Context, tellings []multivac.Telling, now time.Time) ([]multivac.Receipt, error) {
	return watch(ctx, w, "put", func(ctx context.Context) ([]multivac.Receipt, error) { return w.Store.Put(ctx, tellings, now) })
}

func (w watched) Delete(ctx context.Context, id multivac.DocumentID, now time.Time) (multivac.Receipt, error) {
	return watch(ctx, w, "delete", func(ctx context.Context) (multivac.Receipt, error) { return w.Store.Delete(ctx, id, now) })
}

func (w watched) Document(ctx context.Context, id multivac.DocumentID) (multivac.Document, error) {
	return watch(ctx, w, "document", func(ctx context.Context) (multivac.Document, error) { return w.Store.Document(ctx, id) })
}

func (w watched) Due(ctx context.Context, kind multivac.TaskKind, now time.Time, limit int) ([]multivac.Task, error) {
	return watch(ctx, w, "due", func(ctx context.Context) ([]multivac.Task, error) { return w.Store.Due(ctx, kind, now, limit) })
}

func (w watched) Lease(ctx context.Context, task multivac.Task, now, until time.Time) (multivac.Task, multivac.Document, error) {
	ctx, end := w.begin(ctx, "lease")
	task, d, err := w.Store.Lease(ctx, task, now, until)
	end(err)
	return task, d, err
}

func (w watched) Publish(ctx context.Context, task multivac.Task, p Publication, now time.Time) (multivac.Position, error) {
	return watch(ctx, w, "publish", func(ctx context.Context) (multivac.Position, error) { return w.Store.Publish(ctx, task, p, now) })
}

func (w watched) Fail(ctx context.Context, task multivac.Task, cause string, final bool, now, retry time.Time) error {
	ctx, end := w.begin(ctx, "fail")
	err := w.Store.Fail(ctx, task, cause, final, now, retry)
	end(err)
	return err
}

func (w watched) Excerpts(ctx context.Context, ids []multivac.PassageID) ([]multivac.Excerpt, error) {
	return watch(ctx, w, "excerpts", func(ctx context.Context) ([]multivac.Excerpt, error) { return w.Store.Excerpts(ctx, ids) })
}

func (w watched) Quotes(ctx context.Context, quotes []Quote) ([]string, error) {
	return watch(ctx, w, "quote", func(ctx context.Context) ([]string, error) { return w.Store.Quotes(ctx, quotes) })
}

func (w watched) Position(ctx context.Context) (multivac.Position, error) {
	return watch(ctx, w, "position", w.Store.Position)
}

func (w watched) Pending(ctx context.Context) (int, error) {
	return watch(ctx, w, "pending", w.Store.Pending)
}
