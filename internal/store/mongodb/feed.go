package mongodb

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
	"multivac/internal/store"
)

// What is read of the feed, or of what is published, at a time.
const (
	batchChanges = 64
	batchBytes   = 1 << 20
)

// window is how many batches of the feed are asked for by number.
const window = 16

// seen notes the end of the feed, and wakes those who follow it if it has
// grown.
func (db *DB) seen(number int64, index int32) {
	db.mu.Lock()
	defer db.mu.Unlock()
	grown := !db.last.seen || number != db.last.number
	db.last = batchEnd{number, index, true, time.Now()}
	if grown {
		db.ring()
	}
}

// ring wakes those who follow; mu is held.
func (db *DB) ring() {
	close(db.bell)
	db.bell = make(chan struct{})
}

// Position implements store.Store.
func (db *DB) Position(ctx context.Context) (multivac.Position, error) {
	end, err := db.end(ctx)
	return position(end.number, end.index), err
}

// end returns the end of the feed. It asks for the few batches that may have
// come since it was last seen, by their numbers.
func (db *DB) end(ctx context.Context) (end batchEnd, err error) {
	db.mu.Lock()
	last := db.last
	db.mu.Unlock()
	end = last
	err = db.call(ctx, func(ctx context.Context, d *mongo.Database) error {
		if last.seen {
			found, err := ends(ctx, d, last.number)
			if n := len(found); err != nil || n > 0 && n < window || n == 0 && last.number == 0 {
				if n > 0 {
					end = found[n-1]
				}
				return err
			}
		}
		end = batchEnd{seen: true}
		return each(ctx, d.Collection(feeds), bson.D{}, func(b *batch) error {
			end = batchEnd{number: b.Number, index: b.Last, seen: true}
			return nil
		}, options.Find().SetSort(bson.D{at("_id", -1)}).SetLimit(1).SetProjection(bson.D{at("last", 1)}))
	})
	if err == nil {
		db.seen(end.number, end.index)
	}
	return end, err
}

// ends returns those of a window of batches that are there without a gap, from
// a number on.
func ends(ctx context.Context, d *mongo.Database, from int64) (all []batchEnd, err error) {
	from = max(from, 1)
	err = each(ctx, d.Collection(feeds), bson.D{at("_id", in(numbers(from)))}, func(b *batch) error {
		all = append(all, batchEnd{number: b.Number, index: b.Last, seen: true})
		return nil
	}, options.Find().SetProjection(bson.D{at("last", 1)}))
	slices.SortFunc(all, func(a, b batchEnd) int { return int(a.number - b.number) })
	for i := range all {
		if all[i].number != from+int64(i) {
			return all[:i], err
		}
	}
	return all, err
}

func numbers(from int64) []int64 {
	all := make([]int64, window)
	for i := range all {
		all[i] = from + int64(i)
	}
	return all
}

// batches returns some batches from a number on, without a gap but at the
// number itself, which may have been removed.
func (db *DB) batches(ctx context.Context, from int64) (all []*batch, err error) {
	err = db.call(ctx, func(ctx context.Context, d *mongo.Database) error {
		all = nil
		return each(ctx, d.Collection(feeds), bson.D{at("_id", in(numbers(from)))}, func(b *batch) error { all = append(all, b); return nil })
	})
	slices.SortFunc(all, func(a, b *batch) int { return int(a.Number - b.Number) })
	if len(all) > 0 && all[0].Number == 0 { // the header
		all = all[1:]
	}
	if len(all) > 0 && all[0].Number == from+1 {
		from++
	}
	for i := range all {
		if all[i].Number != from+int64(i) {
			return all[:i], err
		}
	}
	return all, err
}

// Follow implements store.Store.
func (db *DB) Follow(ctx context.Context, after multivac.Position, fn func(store.Change) error) error {
	number, index, err := parsePosition(after)
	if err != nil {
		return err
	}
	end, err := db.Position(ctx)
	if err != nil {
		return err
	}
	if after > end {
		return store.ErrTooOld(after)
	}
	db.listening.Do(func() { db.running.Go(db.listen) })
	for {
		db.mu.Lock()
		bell := db.bell
		db.mu.Unlock()
		all, until, err := db.after(ctx, number)
		if err != nil {
			return err
		}
		moved := until > number
		for _, b := range all {
			n := len(b.Entries)
			b.Entries = slices.DeleteFunc(b.Entries, func(e entry) bool { return b.Number == number && e.Index <= index })
			if n == 0 || len(b.Entries) > 0 {
				if err := db.tell(ctx, b, fn); err != nil {
					return err
				}
			}
			number, index = b.Number, b.Last
		}
		if moved {
			if until > number {
				number, index = until, 0
			}
			continue
		}
		select {
		case <-bell:
		case <-time.After(pollEvery):
			if _, err := db.end(ctx); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-db.closed:
			return store.ErrClosed()
		}
	}
}

// after returns some batches from a number on, and the number up to which that
// is all there is.
func (db *DB) after(ctx context.Context, number int64) (all []*batch, until int64, err error) {
	if all, err = db.batches(ctx, number); err != nil {
		return nil, number, err
	}
	if n := len(all); n > 0 && all[n-1].Number > number {
		return all, all[n-1].Number, nil
	}
	db.mu.Lock()
	more := db.last.number > number
	db.mu.Unlock()
	if !more {
		return all, number, nil
	}
	next, until, err := db.older(ctx, number)
	return append(all, next...), until, err
}

// tell calls fn with the changes of a batch.
func (db *DB) tell(ctx context.Context, b *batch, fn func(store.Change) error) error {
	for some := range slices.Chunk(b.Entries, batchChanges) {
		changes, err := db.changes(ctx, b, some)
		if err != nil {
			return err
		}
		for _, c := range changes {
			if err := ctx.Err(); err != nil {
				return err
			}
			if db.isClosed() {
				return store.ErrClosed()
			}
			if err := fn(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// changes returns what entries say, but for those that a later one makes void.
func (db *DB) changes(ctx context.Context, b *batch, entries []entry) ([]store.Change, error) {
	for range 100 {
		all, err := db.tryChanges(ctx, b, entries)
		if !errors.Is(err, errGone) {
			return all, err
		}
	}
	return nil, damaged("texts in the feed are not whole")
}

func (db *DB) tryChanges(ctx context.Context, b *batch, entries []entry) ([]store.Change, error) {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.Document
	}
	rows, err := db.rows(ctx, ids)
	if err != nil {
		return nil, err
	}
	all := make([]store.Change, 0, len(entries))
	var texts []*content
	var of []int
	for _, e := range entries {
		r := rows[e.Document]
		if r == nil || r.void(b, e) {
			continue
		}
		c := r.change(e.State)
		c.Position, c.Revision = position(b.Number, e.Index), multivac.Revision(e.Revision)
		copy(c.Hash[:], e.Hash)
		if e.State == multivac.Indexed {
			of, texts = append(of, len(all)), append(texts, r.Published)
		}
		all = append(all, c)
	}
	return all, db.addPassages(ctx, all, of, texts)
}

// void reports whether a later entry says what is to be said of the document.
// A row whose place in the feed is not known yet has its entry still to come,
// unless this is it.
func (r *row) void(b *batch, e entry) bool {
	here := position(b.Number, e.Index)
	later := r.At.Batch != 0 && r.At.position() > here
	switch e.State {
	case multivac.Failed:
		this := r.Failed.Group == b.Token || r.Failed.Batch != 0 && r.Failed.position() <= here
		return !this || later && r.At.Revision > e.Revision
	case multivac.Deleted:
		return later || r.Published != nil && r.At.Group != b.Token
	}
	return later || r.Published == nil || r.Published.Revision != e.Revision
}

// change says what is published of a document, or that it failed or is
// deleted.
func (r *row) change(state multivac.State) store.Change {
	c := store.Change{Collection: multivac.CollectionName(r.Collection), Document: multivac.DocumentID(r.ID), Source: r.Source, State: state}
	switch {
	case state == multivac.Indexed:
		c.Revision, c.Title, c.Version = multivac.Revision(r.Published.Revision), r.Published.Title, r.Published.version()
		copy(c.Hash[:], r.Published.Hash)
	case state == multivac.Failed && r.State == multivac.Failed:
		c.Title = r.Content.Title
	}
	return c
}

// addPassages reads the passages of some of the changes; errGone where they
// are gone.
func (db *DB) addPassages(ctx context.Context, all []store.Change, of []int, texts []*content) error {
	for len(of) > 0 {
		n, size := 0, 0
		for n < len(of) && (n == 0 || size+texts[n].Size < batchBytes) {
			size += texts[n].Size
			n++
		}
		found, err := db.readCut(ctx, texts[:n]...)
		if err != nil {
			return err
		}
		for i, one := range found {
			if one == nil {
				return errGone
			}
			all[of[i]].Passages, all[of[i]].Vectors = one.passages, one.vectors
		}
		of, texts = of[n:], texts[n:]
	}
	return nil
}

// Scan implements store.Store.
func (db *DB) Scan(ctx context.Context, fn func(store.Change) error) (err error) {
	defer multivac.Wrap(&err, "scan documents")
	return db.walk(ctx, bson.D{at("published.revision", bson.D{at("$gt", 0)})}, func(rows []*row) error {
		changes, err := db.scanned(ctx, rows)
		if err != nil {
			return err
		}
		for _, c := range changes {
			if err := fn(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// scanned returns what is published of documents, read anew where it has
// changed meanwhile.
func (db *DB) scanned(ctx context.Context, rows []*row) ([]store.Change, error) {
	for range 100 {
		all, texts, of := make([]store.Change, 0, len(rows)), make([]*content, 0, len(rows)), make([]int, 0, len(rows))
		for _, r := range rows {
			if r.Published != nil {
				of, texts = append(of, len(all)), append(texts, r.Published)
				all = append(all, r.change(multivac.Indexed))
			}
		}
		err := db.addPassages(ctx, all, of, texts)
		if !errors.Is(err, errGone) {
			return all, err
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		found, err := db.rows(ctx, ids)
		if err != nil {
			return nil, err
		}
		rows = rows[:0]
		for _, id := range ids {
			if r := found[id]; r != nil {
				rows = append(rows, r)
			}
		}
	}
	return nil, damaged("texts are not whole")
}

// walk calls fn with all rows that match, some at a time, by identifier. A
// cursor that is lost is opened again where it was.
func (db *DB) walk(ctx context.Context, filter bson.D, fn func([]*row) error) error {
	after := ""
	for {
		where, broken := append(slices.Clone(filter), at("_id", bson.D{at("$gt", after)})), error(nil)
		before := after
		err := db.stream(ctx, where, func(rows []*row) error {
			if broken = fn(rows); broken == nil {
				after = rows[len(rows)-1].ID
			}
			return broken
		})
		if broken != nil || err == nil || after == before || !errors.Is(err, multivac.ErrUnavailable) || db.isClosed() {
			return err
		}
	}
}

// stream is walk with one cursor, which has no deadline: fn may take its time.
func (db *DB) stream(ctx context.Context, filter bson.D, fn func([]*row) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if db.isClosed() {
		return store.ErrClosed()
	}
	l := db.acquire()
	defer db.release(l)
	cursor, err := l.db.Collection(documents).Find(ctx, filter, options.Find().SetSort(bson.D{at("_id", 1)}).SetBatchSize(batchChanges))
	if err != nil {
		return db.why(ctx, err)
	}
	defer cursor.Close(context.WithoutCancel(ctx))
	for {
		var rows []*row
		size := 0
		for len(rows) == 0 || len(rows) < batchChanges && size < batchBytes && cursor.RemainingBatchLength() > 0 {
			if !cursor.Next(ctx) {
				break
			}
			r := &row{}
			if err := cursor.Decode(r); err != nil {
				return damaged("%v", err)
			}
			if c := r.Published; c != nil {
				size += c.Size
			}
			if c := r.Content; c != nil {
				size += c.Size
			}
			rows = append(rows, r)
		}
		if len(rows) == 0 {
			return db.why(ctx, cursor.Err())
		}
		if err := fn(rows); err != nil {
			return err
		}
	}
}

// why explains an error that came outside of call.
func (db *DB) why(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case db.isClosed():
		return store.ErrClosed()
	}
	return explain(err)
}

// listen rings the bell whenever any process adds to the feed: a change stream
// says so. It goes on by itself after a fail-over; where that does not help,
// another is opened. What it has missed is read from the feed itself, so that
// no stream is ever too old.
func (db *DB) listen() {
	for pause := 10 * time.Millisecond; !db.isClosed(); pause = min(2*pause, time.Second) {
		l := db.acquire()
		heard, err := db.hear(db.ctx, l)
		db.release(l)
		if db.isClosed() {
			return
		}
		if heard {
			pause = 10 * time.Millisecond
		}
		db.log.Debug("MongoDB: the change stream has ended; another is opened", "error", err)
		select {
		case <-time.After(pause):
		case <-db.closed:
		}
	}
}

func (db *DB) hear(ctx context.Context, l *link) (heard bool, err error) {
	inserts := mongo.Pipeline{{at("$match", bson.D{at("operationType", "insert")})}, {at("$project", bson.D{at("documentKey", 1)})}}
	stream, err := l.db.Collection(feeds).Watch(ctx, inserts, options.ChangeStream().SetMaxAwaitTime(10*time.Second))
	if err != nil {
		return false, err
	}
	defer stream.Close(context.WithoutCancel(ctx))
	for {
		db.mu.Lock()
		db.ring() // at the start, too: for what came before
		db.mu.Unlock()
		for more := true; more; { // until an event comes
			more = !stream.TryNext(ctx)
			if err := stream.Err(); err != nil || db.isClosed() || db.replaced(l) {
				return heard, err
			}
		}
		heard = true
		for stream.RemainingBatchLength() > 0 && stream.TryNext(ctx) {
		}
	}
}
