package mongodb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"multivac"
	"multivac/internal/store"
)

// Put implements store.Store. If it fails half way, some of the tellings may
// have been stored. Telling them again changes nothing.
func (db *DB) Put(ctx context.Context, tellings []multivac.Telling, now time.Time) (receipts []multivac.Receipt, err error) {
	defer multivac.Wrap(&err, "put documents")
	for _, t := range tellings {
		if err := t.Validate(); err != nil {
			return nil, err
		}
	}
	receipts = make([]multivac.Receipt, len(tellings))
	changes := make([]*change, len(tellings))
	for i, t := range tellings {
		changes[i] = put(t, store.Micros(now), &receipts[i])
	}
	if err := db.tellings.do(ctx, changes...); err != nil {
		return nil, err
	}
	return receipts, nil
}

func put(t multivac.Telling, now int64, receipt *multivac.Receipt) *change {
	hash := t.Hash()
	body := content{ID: newName(), Size: len(t.Body), Sum: sum(t.Body), Hash: hash[:], Title: t.Title, MediaType: t.MediaType}
	if body.MediaType == "" {
		body.MediaType = multivac.Markdown
	}
	c := &change{id: string(t.ID()), weight: len(t.Body)}
	c.plan = func(c *change, r *row) (bool, error) {
		*receipt = multivac.Receipt{ID: multivac.DocumentID(c.id), Source: t.Source, State: multivac.Pending}
		if old := r.current(); old != nil && r.State != multivac.Failed && string(old.Hash) == string(hash[:]) && (!t.Keep || r.told() != nil) {
			receipt.Revision, receipt.State = multivac.Revision(r.Revision), r.State
			placed(receipt, r)
			return false, nil
		}
		if r.Version == 0 {
			r.Collection, r.Source = string(t.Collection.OrDefault()), t.Source
		}
		if r.Content != nil {
			r.Litter = append(r.Litter, r.Content.litter()...)
		}
		r.Revision++
		body.Revision = r.Revision
		r.Content = &body
		r.State, r.Step, r.Attempts, r.LastError, r.Told, r.Changed, r.Lease, r.Due = multivac.Pending, "", 0, "", now, now, 0, 0
		c.fresh = []newPieces{body.bodyPieces(t.Body)}
		receipt.Revision, receipt.Changed = multivac.Revision(r.Revision), true
		return true, nil
	}
	return c
}

// Delete implements store.Store.
func (db *DB) Delete(ctx context.Context, id multivac.DocumentID, now time.Time) (r multivac.Receipt, err error) {
	defer multivac.Wrap(&err, "delete document")
	if !store.ValidID(id) {
		return r, errors.Join(ctx.Err(), store.ErrNeverTold(id))
	}
	c := &change{id: string(id), plan: func(c *change, d *row) (bool, error) {
		if d.Version == 0 {
			return false, store.ErrNeverTold(id)
		}
		r = multivac.Receipt{ID: id, Source: d.Source, State: multivac.Deleted, Revision: multivac.Revision(d.Revision)}
		if d.State == multivac.Deleted {
			placed(&r, d)
			return false, nil
		}
		d.delete(store.Micros(now))
		c.announce = true
		r.Revision, r.Changed = multivac.Revision(d.Revision), true
		return true, nil
	}}
	if err := db.announcing.do(ctx, c); err != nil {
		return multivac.Receipt{}, err
	}
	r.Position = c.row.At.position()
	return r, nil
}

// delete makes the document deleted at its next revision.
func (r *row) delete(now int64) {
	for _, c := range append(slices.Clone(r.Replaced), deref(r.Content, r.Published)...) {
		r.Litter = append(r.Litter, c.litter()...)
	}
	r.Content, r.Published, r.Replaced, r.First = nil, nil, nil, 0
	r.Revision++
	r.State, r.Step, r.Attempts, r.LastError, r.Changed, r.Lease, r.Due = multivac.Deleted, "", 0, "", now, 0, 0
	r.Failed = place{}
}

func deref(all ...*content) (there []content) {
	for _, c := range all {
		if c != nil {
			there = append(there, *c)
		}
	}
	return there
}

// placed sets the position of a receipt if nothing was changed.
func placed(r *multivac.Receipt, d *row) {
	if d.State == multivac.Indexed || d.State == multivac.Deleted {
		r.Position = d.At.position()
	}
}

// pending returns an error if the task is not to be done any more.
func (r *row) pending(task multivac.Task) error {
	if r.State != multivac.Pending || r.Revision != int64(task.Revision) {
		return store.ErrSuperseded(task)
	}
	return nil
}

// leased returns an error if the task's lease was given back or taken over.
func (r *row) leased(task multivac.Task) error {
	if err := r.pending(task); err != nil {
		return err
	}
	if r.Lease == 0 || r.Attempts != task.Attempt {
		return store.ErrSuperseded(task)
	}
	return nil
}

// change makes a change of a task's document. weight is that of its pieces.
func (db *DB) change(ctx context.Context, l *lane, task multivac.Task, weight int, plan func(c *change, r *row) (bool, error)) (*row, error) {
	if !store.ValidID(task.Document) {
		return nil, errors.Join(ctx.Err(), store.ErrSuperseded(task))
	}
	c := &change{id: string(task.Document), plan: plan, weight: weight}
	if l == db.announcing { // nobody waits for it, and made once more it would make a slow server slower
		c.patience = workTimeout
	}
	err := l.do(ctx, c)
	return c.row, err
}

// Lease implements store.Store.
func (db *DB) Lease(ctx context.Context, task multivac.Task, now, until time.Time) (_ multivac.Task, doc multivac.Document, err error) {
	defer multivac.Wrap(&err, "lease document")
	if task.Kind != multivac.ReadDocument {
		return db.leaseOther(ctx, task, now, until)
	}
	r, err := db.change(ctx, db.leases, task, 0, func(_ *change, r *row) (bool, error) {
		if err := r.pending(task); err != nil {
			return false, err
		}
		if n := store.Micros(now); r.Lease > n || r.Due > n {
			return false, store.ErrSuperseded(task)
		}
		r.Attempts++
		r.Lease = store.Micros(until)
		return true, nil
	})
	if err != nil {
		return multivac.Task{}, doc, err
	}
	bodies, err := db.read(ctx, r.Content)
	if err == nil && bodies[0] == nil { // replaced or deleted by now
		err = store.ErrSuperseded(task)
	}
	if err != nil {
		return multivac.Task{}, doc, err
	}
	doc = r.document()
	doc.Body = bodies[0]
	task.Attempt = r.Attempts
	return task, doc, nil
}

// Step implements store.Store.
func (db *DB) Step(ctx context.Context, task multivac.Task, step string, until time.Time) (err error) {
	defer multivac.Wrap(&err, "note step %q", step)
	if task.Kind != multivac.ReadDocument {
		return db.updateOther(ctx, task, bson.D{at("$set", bson.D{at("step", step), at("lease", store.Micros(until))})})
	}
	_, err = db.change(ctx, db.leases, task, 0, func(_ *change, r *row) (bool, error) {
		err := r.leased(task)
		r.Step, r.Lease = step, store.Micros(until)
		return err == nil, err
	})
	return err
}

// Release implements store.Store.
func (db *DB) Release(ctx context.Context, task multivac.Task) (err error) {
	defer multivac.Wrap(&err, "release document")
	if task.Kind != multivac.ReadDocument {
		return db.updateOther(ctx, task, bson.D{at("$set", bson.D{at("lease", 0)}), at("$inc", bson.D{at("attempts", -1)})})
	}
	_, err = db.change(ctx, db.leases, task, 0, func(_ *change, r *row) (bool, error) {
		err := r.leased(task)
		r.Attempts--
		r.Lease = 0
		return err == nil, err
	})
	return err
}

// Fail implements store.Store.
func (db *DB) Fail(ctx context.Context, task multivac.Task, cause string, final bool, now, retry time.Time) (err error) {
	defer multivac.Wrap(&err, "note failure")
	if task.Kind != multivac.ReadDocument {
		return db.failOther(ctx, task, cause, final, now, retry)
	}
	l := db.leases
	if final {
		l = db.announcing
	}
	_, err = db.change(ctx, l, task, 0, func(c *change, r *row) (bool, error) {
		if err := r.leased(task); err != nil {
			return false, err
		}
		r.LastError, r.Lease = cause, 0
		if !final {
			r.Due = store.Micros(retry)
			return true, nil
		}
		r.State, r.Changed, r.Due = multivac.Failed, store.Micros(now), 0
		c.announceFailure = true
		return true, nil
	})
	return err
}

// Publish implements store.Store.
func (db *DB) Publish(ctx context.Context, task multivac.Task, p store.Publication, now time.Time) (_ multivac.Position, err error) {
	defer multivac.Wrap(&err, "publish document")
	if err := p.Validate(); err != nil {
		return "", err
	}
	r, err := db.change(ctx, db.announcing, task, len(p.Text)+len(p.Vectors), publish(task, p, store.Micros(now)))
	if err != nil {
		return "", err
	}
	return r.At.position(), nil
}

func publish(task multivac.Task, p store.Publication, now int64) func(*change, *row) (bool, error) {
	text := newText(p)
	return func(c *change, r *row) (bool, error) {
		if err := r.pending(task); err != nil {
			return false, err
		}
		body := r.Content
		t := *text
		t.Revision, t.Hash, t.Title, t.MediaType = body.Revision, body.Hash, body.Title, body.MediaType
		if t.Title == "" {
			t.Title = p.Title
		}
		c.fresh = t.cutPieces(p.Passages, p.Vectors)
		keeps := p.KeepBody || r.keeps(body)
		if body.is(text.Size, text.Sum) { // the same, as for Markdown: it need not be written again
			t.ID, t.Verbatim = body.ID, p.IsBody || keeps
		} else {
			c.fresh = append(c.fresh, t.bodyPieces([]byte(p.Text)))
			if keeps {
				t.keep(body.ID, body.Size)
			} else {
				r.Litter = append(r.Litter, body.litter()...)
			}
		}
		c.isFirst = r.replace(&t, now)
		r.Content = nil
		r.State, r.Step, r.LastError, r.Changed, r.Lease, r.Due = multivac.Indexed, "", "", now, 0, 0
		c.announce = true
		return true, nil
	}
}

func newText(p store.Publication) *content {
	t := &content{ID: newName(), Size: len(p.Text), Sum: sum([]byte(p.Text)), Passages: len(p.Passages), Version: pack(p.Version), Places: []byte(p.Places)}
	if len(p.Passages) > 0 {
		t.Cut = newName()
	}
	return t
}

// replace replaces the published text by t. It reports whether nothing was
// published.
func (r *row) replace(t *content, now int64) (isFirst bool) {
	if old := r.Published; old != nil {
		replaced := *old
		replaced.Replaced = max(now, 1)
		r.Replaced = append(r.Replaced, replaced)
	} else {
		isFirst = true
	}
	r.Published = t
	r.Failed = place{}
	return isFirst
}

// Retry implements store.Store.
func (db *DB) Retry(ctx context.Context, id multivac.DocumentID, now time.Time) (r multivac.Receipt, err error) {
	defer multivac.Wrap(&err, "retry document")
	if !store.ValidID(id) {
		return r, errors.Join(ctx.Err(), store.ErrNeverTold(id))
	}
	err = db.tellings.do(ctx, &change{id: string(id), plan: func(_ *change, d *row) (bool, error) {
		if d.Version == 0 {
			return false, store.ErrNeverTold(id)
		}
		r = multivac.Receipt{ID: id, Source: d.Source, Revision: multivac.Revision(d.Revision), State: d.State}
		switch {
		case d.State == multivac.Failed:
			d.again(store.Micros(now))
			r.Revision, r.State = multivac.Revision(d.Revision), multivac.Pending
		case d.State == multivac.Pending && d.Due != 0:
			d.Due = 0
		default:
			placed(&r, d)
			return false, nil
		}
		r.Changed = true
		return true, nil
	}})
	return r, err
}

// Reread implements store.Store. It reads what was told before the change, and
// looks in the change whether it is still that.
func (db *DB) Reread(ctx context.Context, id multivac.DocumentID, now time.Time) (r multivac.Receipt, err error) {
	defer multivac.Wrap(&err, "read document again")
	for {
		was, told, err := db.original(ctx, id)
		if err != nil {
			return multivac.Receipt{}, err
		}
		changed := false
		body := content{ID: newName(), Size: len(told.Body), Sum: sum(told.Body), Title: told.Title, MediaType: told.MediaType}
		err = db.tellings.do(ctx, &change{id: string(id), weight: len(told.Body), plan: func(c *change, d *row) (bool, error) {
			if changed = d.Revision != was.Revision || d.State != was.State; changed {
				return false, nil
			}
			r = multivac.Receipt{ID: id, Source: d.Source, Revision: multivac.Revision(d.Revision), State: multivac.Pending}
			if d.State == multivac.Pending {
				return false, nil
			}
			if d.State == multivac.Indexed {
				body.Hash = d.Published.Hash
				d.Content = &body
				c.fresh = []newPieces{body.bodyPieces(told.Body)}
			}
			d.again(store.Micros(now))
			r.Revision, r.Changed = multivac.Revision(d.Revision), true
			return true, nil
		}})
		if err != nil || !changed {
			return r, err
		}
	}
}

// again makes a document pending at its next revision, with the body that it has.
func (r *row) again(now int64) {
	r.Revision++
	body := *r.Content
	body.Revision = r.Revision
	r.Content = &body
	r.State, r.Step, r.Attempts, r.LastError, r.Changed, r.Lease, r.Due = multivac.Pending, "", 0, "", now, 0, 0
}

// Published implements store.Store.
func (db *DB) Published(ctx context.Context, task multivac.Task) (p store.Publication, err error) {
	defer multivac.Wrap(&err, "read what is published of document %s", task.Document)
	if !store.ValidID(task.Document) {
		return p, errors.Join(ctx.Err(), store.ErrSuperseded(task))
	}
	for range 10 {
		r, err := db.row(ctx, task.Document)
		if err != nil {
			return p, err
		}
		if r == nil || r.Published == nil || r.Published.Revision != int64(task.Revision) {
			return p, store.ErrSuperseded(task)
		}
		found, err := db.readCut(ctx, []*content{r.Published}, withoutVectors())
		if err != nil {
			return p, err
		}
		if t := found[0]; t != nil {
			return store.Publication{Title: r.Published.Title, Text: t.text, IsBody: r.Published.Verbatim, Places: multivac.Places(r.Published.Places), Version: r.Published.version(), Passages: t.passages}, nil
		}
	}
	return p, damaged("the text of document %s is not whole", task.Document)
}

// Replace implements store.Store.
func (db *DB) Replace(ctx context.Context, task multivac.Task, p store.Publication) (err error) {
	defer multivac.Wrap(&err, "replace passages")
	if err := p.Validate(); err != nil {
		return err
	}
	return db.replace(ctx, task, p, func(t *content) error {
		if !t.is(len(p.Text), sum([]byte(p.Text))) {
			return store.ErrOtherText(task)
		}
		return nil
	})
}

// Attach implements store.Store.
func (db *DB) Attach(ctx context.Context, task multivac.Task, v store.Version, vectors []byte) (err error) {
	defer multivac.Wrap(&err, "attach vectors")
	p, err := db.Published(ctx, task)
	if err == nil && p.Version.Segmenter != v.Segmenter {
		err = store.ErrSuperseded(task)
	}
	if err == nil {
		err = store.ValidVectors(vectors, v, p.Passages)
	}
	if err != nil {
		return err
	}
	p.Version, p.Vectors = v, vectors
	return db.replace(ctx, task, p, func(t *content) error {
		if t.version().Segmenter != v.Segmenter {
			return store.ErrSuperseded(task)
		}
		return nil
	})
}

// replace replaces the published passages, unless check returns an error.
func (db *DB) replace(ctx context.Context, task multivac.Task, p store.Publication, check func(*content) error) error {
	fresh := newText(p)
	_, err := db.change(ctx, db.announcing, task, len(p.Vectors), func(c *change, r *row) (bool, error) {
		if r.Published == nil || r.Published.Revision != int64(task.Revision) {
			return false, store.ErrSuperseded(task)
		}
		if err := check(r.Published); err != nil {
			return false, err
		}
		t := *r.Published
		if t.Cut != "" {
			r.Litter = append(r.Litter, t.cutLitter())
		}
		t.Version, t.Cut, t.Passages = fresh.Version, fresh.Cut, fresh.Passages
		c.fresh = t.cutPieces(p.Passages, p.Vectors)
		c.announce = true
		r.Published = &t
		return true, nil
	})
	return err
}

// Restore implements store.Store.
func (db *DB) Restore(ctx context.Context, records []store.Record, now time.Time) (taken int, err error) {
	defer multivac.Wrap(&err, "restore documents")
	changes := make([]*change, len(records))
	for i, r := range records {
		if err := r.Validate(); err != nil {
			return 0, fmt.Errorf("document %q: %w", r.ID, err)
		}
		changes[i] = restore(r, store.Micros(now))
	}
	err = db.announcing.do(ctx, changes...)
	for _, c := range changes {
		if c.err == nil && c.restored {
			taken++
		}
	}
	return taken, err
}

// restore sets a document to the state of a record, if that has a higher
// revision.
func restore(from store.Record, now int64) *change {
	c := &change{id: string(from.ID), weight: len(from.Body)}
	var text *content
	if from.Published != nil {
		text = newText(from.Published.Publication)
		text.Revision, text.Hash = int64(from.Published.Revision), from.Published.Hash[:]
		text.Title, text.MediaType, text.Verbatim = from.Published.Title, from.Published.MediaType, from.Published.IsBody
		if original := from.Published.Original; len(original) > 0 {
			text.keep(newName(), len(original))
		}
		c.weight += text.Size + text.OriginalSize
	}
	body := &content{ID: newName(), Size: len(from.Body), Sum: sum(from.Body), Revision: int64(from.Revision), Hash: from.Hash[:],
		Title: from.Title, MediaType: from.MediaType}
	c.plan = func(c *change, r *row) (bool, error) {
		c.restored = false
		if r.Version != 0 && r.Revision >= int64(from.Revision) {
			return false, nil
		}
		c.restored = true
		if r.Version == 0 {
			r.Collection, r.Source = string(from.Collection), from.Source
		}
		r.Told = store.Micros(from.Told)
		if from.State == multivac.Deleted {
			r.Revision = int64(from.Revision) - 1
			r.delete(store.Micros(from.Changed))
			c.announce = true
			return true, nil
		}
		if r.Content != nil {
			r.Litter = append(r.Litter, r.Content.litter()...)
		}
		r.Content = nil
		if text != nil && (r.Published == nil || r.Published.Revision < text.Revision) {
			c.fresh = append(text.cutPieces(from.Published.Passages, from.Published.Vectors), text.bodyPieces([]byte(from.Published.Text)))
			if o := text.original(); o != nil {
				c.fresh = append(c.fresh, o.bodyPieces(from.Published.Original))
			}
			c.isFirst = r.replace(text, now)
			c.announce = true
		}
		if from.Datum {
			c.isFirst, r.First = false, firstDatum
		}
		if from.State != multivac.Indexed {
			c.fresh = append(c.fresh, body.bodyPieces(from.Body))
			r.Content = body
			c.announceFailure = from.State == multivac.Failed
		}
		r.Revision, r.State, r.Step, r.Attempts, r.LastError = int64(from.Revision), from.State, from.Step, from.Attempts, from.LastError
		r.Changed, r.Lease, r.Due = store.Micros(from.Changed), 0, 0
		return true, nil
	}
	return c
}

// Purge implements store.Store.
func (db *DB) Purge(ctx context.Context, before time.Time) (err error) {
	defer multivac.Wrap(&err, "purge")
	if err := db.compact(ctx, time.Now().Add(-db.batchLife)); err != nil {
		return err
	}
	limit := store.Micros(before)
	filter := bson.D{at("$or", bson.A{
		bson.D{at("replaced.replaced", bson.D{at("$gt", 0), at("$lt", limit)})},
		bson.D{at("litter.id", bson.D{at("$gt", "")})}, // of a process that has died
	})}
	return db.walk(ctx, filter, func(rows []*row) error {
		changes := make([]*change, len(rows))
		for i, r := range rows {
			changes[i] = &change{id: r.ID, plan: func(_ *change, r *row) (bool, error) { return r.purge(limit), nil }}
		}
		return db.announcing.do(ctx, changes...)
	})
}

// purge makes litter of texts that were replaced before the time. It reports
// whether there is any.
func (r *row) purge(before int64) bool {
	r.Replaced = slices.DeleteFunc(r.Replaced, func(c content) bool {
		old := c.Replaced < before
		if old {
			r.Litter = append(r.Litter, c.litter()...)
		}
		return old
	})
	return len(r.Litter) > 0
}
