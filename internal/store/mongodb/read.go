package mongodb

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
	"multivac/internal/store"
)

// Document implements store.Store.
func (db *DB) Document(ctx context.Context, id multivac.DocumentID) (d multivac.Document, err error) {
	defer multivac.Wrap(&err, "read document")
	if !store.ValidID(id) {
		return d, errors.Join(ctx.Err(), store.ErrNeverTold(id))
	}
	for range 10 {
		r, err := db.row(ctx, id)
		if err != nil {
			return d, err
		}
		if r == nil {
			return d, store.ErrNeverTold(id)
		}
		d := r.document()
		c := r.current()
		if c == nil {
			return d, nil
		}
		all, err := db.read(ctx, c)
		switch {
		case err != nil:
			return multivac.Document{}, err
		case all[0] == nil: // it has changed since the row was read
			continue
		case r.State == multivac.Indexed:
			d.Text, d.Places = string(all[0]), multivac.Places(c.Places)
		case len(all[0]) > 0:
			d.Body = all[0]
		}
		return d, nil
	}
	return d, damaged("the text of document %s is not whole", id)
}

// Original implements store.Store.
func (db *DB) Original(ctx context.Context, id multivac.DocumentID) (t multivac.Telling, err error) {
	defer multivac.Wrap(&err, "read what was told")
	_, t, err = db.original(ctx, id)
	return t, err
}

// original returns what was told of a document, and its row.
func (db *DB) original(ctx context.Context, id multivac.DocumentID) (r *row, t multivac.Telling, err error) {
	if !store.ValidID(id) {
		return nil, t, errors.Join(ctx.Err(), store.ErrNeverTold(id))
	}
	for range maxReads {
		if r, err = db.row(ctx, id); err != nil {
			return nil, t, err
		}
		if r == nil {
			return nil, t, store.ErrNeverTold(id)
		}
		c := r.told()
		if c == nil {
			return nil, t, store.ErrNotKept(id)
		}
		found, err := db.read(ctx, c)
		if err != nil {
			return nil, t, err
		}
		if found[0] == nil { // it has changed since the row was read
			continue
		}
		d := r.document()
		t = multivac.Telling{Collection: d.Collection, Source: d.Source, Title: d.Title, MediaType: d.MediaType, Body: found[0]}
		if r.State != multivac.Indexed {
			return r, t, nil
		}
		if t, same := store.AsTold(t, d.Hash); same {
			return r, t, nil
		}
		return nil, multivac.Telling{}, damaged("what is kept of document %s is not what was told", id)
	}
	return nil, t, damaged("what was told of document %s is not whole", id)
}

// Documents implements store.Store.
func (db *DB) Documents(ctx context.Context, list multivac.Listing) (page multivac.Page, err error) {
	defer multivac.Wrap(&err, "list documents")
	if list.Cursor != "" && !store.ValidID(multivac.DocumentID(list.Cursor)) {
		return page, store.ErrNoCursor(list.Cursor)
	}
	limit := list.Limit
	if limit <= 0 {
		limit = 100
	}
	filter := bson.D{at("_id", bson.D{at("$gt", list.Cursor)})}
	switch {
	case list.State == "":
		filter = append(filter, at("state", in([]multivac.State{multivac.Pending, multivac.Indexed, multivac.Failed})))
	case !slices.Contains(multivac.States, list.State):
		return page, store.ErrNoState(list.State)
	default:
		filter = append(filter, at("state", list.State))
	}
	if list.Collection != "" {
		filter = append(filter, at("collection", string(list.Collection)))
	}
	err = db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		page = multivac.Page{}
		return each(ctx, d.Collection(documents), filter, func(r *row) error {
			page.Documents = append(page.Documents, r.document())
			return nil
		}, options.Find().SetSort(bson.D{at("_id", 1)}).SetLimit(int64(limit)+1).SetProjection(bson.D{at("replaced", 0), at("litter", 0)}))
	})
	if len(page.Documents) > limit {
		page.Documents = page.Documents[:limit]
		page.Next = string(page.Documents[limit-1].ID)
	}
	return page, err
}

func (db *DB) count(ctx context.Context, filter bson.D) (n int, err error) {
	err = db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		all, err := d.Collection(documents).CountDocuments(ctx, filter)
		n = int(all)
		return err
	})
	return n, err
}

// Pending implements store.Store.
func (db *DB) Pending(ctx context.Context) (n int, err error) {
	defer multivac.Wrap(&err, "count pending documents")
	return db.count(ctx, bson.D{at("state", multivac.Pending)})
}

// Due implements store.Store.
func (db *DB) Due(ctx context.Context, kind multivac.TaskKind, now time.Time, limit int) (tasks []multivac.Task, err error) {
	defer multivac.Wrap(&err, "list what is due")
	if kind != multivac.ReadDocument {
		return db.dueOther(ctx, kind, now, limit)
	}
	before := bson.D{at("$lte", store.Micros(now))}
	err = db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		tasks = nil
		return each(ctx, d.Collection(documents), bson.D{at("state", multivac.Pending), at("lease", before), at("due", before)}, func(r *row) error {
			tasks = append(tasks, r.task())
			return nil
		}, options.Find().SetSort(bson.D{at("told", 1), at("_id", 1)}).SetLimit(int64(limit)).SetProjection(bson.D{at("revision", 1), at("attempts", 1)}))
	})
	return tasks, err
}

// Outdated implements store.Store.
func (db *DB) Outdated(ctx context.Context, v store.Version, limit int) (tasks []multivac.Task, err error) {
	defer multivac.Wrap(&err, "list what is cut by an older version")
	err = db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		tasks = nil
		return each(ctx, d.Collection(documents), outdated(v), func(r *row) error {
			tasks = append(tasks, multivac.Task{Document: multivac.DocumentID(r.ID), Revision: multivac.Revision(r.Published.Revision)})
			return nil
		}, options.Find().SetLimit(int64(limit)).SetProjection(bson.D{at("published.revision", 1)}))
	})
	return tasks, err
}

func outdated(v store.Version) bson.D {
	return bson.D{at("published.segmenter", bson.D{at("$lt", pack(v))})}
}

// CountOutdated implements store.Store.
func (db *DB) CountOutdated(ctx context.Context, v store.Version) (n int, err error) {
	defer multivac.Wrap(&err, "count what is cut by an older version")
	return db.count(ctx, outdated(v))
}

// Datum implements store.Store.
func (db *DB) Datum(ctx context.Context, collection multivac.CollectionName) (text string, err error) {
	defer multivac.Wrap(&err, "read datum")
	for range maxReads {
		r, err := db.datum(ctx, string(collection))
		if err != nil {
			return "", err
		}
		if r == nil {
			return "", store.ErrNoDatum(collection)
		}
		texts, err := db.read(ctx, r.Published)
		if err != nil {
			return "", err
		}
		if texts[0] != nil {
			return string(texts[0]), nil
		}
	}
	return "", damaged("the datum of collection %s is not whole", collection)
}

// datum returns the document of a collection that was published first and is
// not deleted, or nil. It looks only up to the place of the last known datum,
// so that a server need not sort all documents.
func (db *DB) datum(ctx context.Context, collection string) (first *row, err error) {
	db.mu.Lock()
	place, known := db.firsts[collection]
	db.mu.Unlock()
	if known {
		first, err = db.firstBefore(ctx, collection, place+1)
	}
	if first == nil && err == nil {
		first, err = db.firstBefore(ctx, collection, math.MaxInt64)
	}
	if first != nil {
		db.mu.Lock()
		db.firsts[collection] = first.First
		db.mu.Unlock()
	}
	return first, err
}

// firstBefore returns the document that was published first, if that was before
// this place in the feed.
func (db *DB) firstBefore(ctx context.Context, collection string, before int64) (first *row, err error) {
	err = db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		first = nil
		return each(ctx, d.Collection(documents), bson.D{at("collection", collection), at("first", bson.D{at("$lt", before)})}, func(r *row) error { first = r; return nil },
			options.Find().SetSort(bson.D{at("first", 1), at("told", 1), at("_id", 1)}).SetLimit(1))
	})
	return first, err
}

// Excerpts implements store.Store.
func (db *DB) Excerpts(ctx context.Context, ids []multivac.PassageID) (_ []multivac.Excerpt, err error) {
	defer multivac.Wrap(&err, "read passages")
	for range 10 {
		all, err := db.tryExcerpts(ctx, ids)
		if !errors.Is(err, errGone) {
			return all, err
		}
	}
	return nil, damaged("passages are not whole")
}

// tryExcerpts reads rows, then passages, then texts. It returns errGone if
// something changed in between.
func (db *DB) tryExcerpts(ctx context.Context, ids []multivac.PassageID) ([]multivac.Excerpt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := db.rowsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	texts := textsOf(ids, rows)
	all, err := db.excerptsWithoutText(ctx, ids, rows, texts)
	if err != nil {
		return nil, err
	}
	var names []string
	for i, c := range texts {
		if c != nil {
			names = append(names, pieceNames(c.ID, all[i].Start/pieceSize, parts(all[i].End, pieceSize))...)
		}
	}
	found, err := db.findPieces(ctx, distinct(names))
	if err != nil {
		return nil, err
	}
	for i, c := range texts {
		if c == nil {
			continue
		}
		b, err := join(c, found, all[i].Start, all[i].End)
		if err != nil {
			return nil, err
		}
		all[i].Text = string(b)
	}
	return all, nil
}

// textsOf returns the texts that the passages belong to, and nil for passages
// that do not exist.
func textsOf(ids []multivac.PassageID, rows map[string]*row) []*content {
	texts := make([]*content, len(ids))
	for i, id := range ids {
		r := rows[string(id.Document)]
		if r == nil {
			continue
		}
		if c := r.text(id.Revision); c != nil && id.Number >= 0 && id.Number < c.Passages {
			texts[i] = c
		}
	}
	return texts
}

// excerptsWithoutText returns the excerpts of passages, without the bytes of
// the texts.
func (db *DB) excerptsWithoutText(ctx context.Context, ids []multivac.PassageID, rows map[string]*row, texts []*content) ([]multivac.Excerpt, error) {
	var names []string
	for i, c := range texts {
		if c != nil {
			names = append(names, pieceName(c.Cut, ids[i].Number/cutSize))
		}
	}
	found, err := db.findCuts(ctx, distinct(names), withoutVectors())
	if err != nil {
		return nil, err
	}
	all := make([]multivac.Excerpt, len(ids))
	for i, id := range ids {
		all[i] = multivac.Excerpt{Document: id.Document, Revision: id.Revision, Passage: multivac.Passage{Number: id.Number}}
		c := texts[i]
		if c == nil {
			continue
		}
		k := found[pieceName(c.Cut, id.Number/cutSize)]
		if k == nil {
			return nil, errGone
		}
		some, err := k.unpack(id.Number/cutSize*cutSize, c.Size)
		if err != nil {
			return nil, err
		}
		if id.Number%cutSize >= len(some) {
			return nil, damaged("passage %d of document %s is not there", id.Number, id.Document)
		}
		x := &all[i]
		x.Passage, x.Source, x.Title = some[id.Number%cutSize], rows[string(id.Document)].Source, c.Title
	}
	return all, nil
}

func (db *DB) rowsOf(ctx context.Context, ids []multivac.PassageID) (map[string]*row, error) {
	names := make([]string, 0, len(ids))
	for _, id := range ids {
		if store.ValidID(id.Document) {
			names = append(names, string(id.Document))
		}
	}
	return db.rows(ctx, distinct(names))
}

func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// Quotes implements store.Store.
func (db *DB) Quotes(ctx context.Context, quotes []store.Quote) (texts []string, err error) {
	defer multivac.Wrap(&err, "read quotes")
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var ids []string
	for _, q := range quotes {
		if store.ValidID(q.Document) && q.Span.Start >= 0 && q.Span.Start < q.Span.End {
			ids = append(ids, string(q.Document))
		}
	}
	rows, err := db.rows(ctx, distinct(ids))
	if err != nil {
		return nil, err
	}
	of := make([]*content, len(quotes)) // nil for a quote whose text does not exist
	var names []string
	for i, q := range quotes {
		r := rows[string(q.Document)]
		if r == nil || q.Span.Start < 0 || q.Span.Start >= q.Span.End {
			continue
		}
		if c := r.text(q.Revision); c != nil && q.Span.End <= c.Size {
			of[i] = c
			names = append(names, pieceNames(c.ID, q.Span.Start/pieceSize, parts(q.Span.End, pieceSize))...)
		}
	}
	found, err := db.findPieces(ctx, distinct(names))
	if err != nil {
		return nil, err
	}
	texts = make([]string, len(quotes))
	for i, q := range quotes {
		if of[i] == nil {
			continue
		}
		if b, err := join(of[i], found, q.Span.Start, q.Span.End); err == nil { // otherwise it was deleted or purged just now
			texts[i] = string(b)
		}
	}
	return texts, nil
}

// Records implements store.Store.
func (db *DB) Records(ctx context.Context, parts store.Parts, fn func(store.Record) error) (err error) {
	defer multivac.Wrap(&err, "read records")
	datums := make(map[string]string)
	return db.walk(ctx, bson.D{}, func(rows []*row) error {
		for _, r := range rows {
			record, err := db.record(ctx, r, parts)
			if err != nil {
				return err
			}
			if _, known := datums[r.Collection]; !known {
				first, err := db.datum(ctx, r.Collection)
				if err != nil {
					return err
				}
				datums[r.Collection] = ""
				if first != nil {
					datums[r.Collection] = first.ID
				}
			}
			record.Datum = datums[r.Collection] == r.ID
			if err := fn(record); err != nil {
				return err
			}
		}
		return nil
	})
}

// record completes the record of a row, or of its newer state.
func (db *DB) record(ctx context.Context, r *row, parts store.Parts) (store.Record, error) {
	for range 10 {
		record, err := db.tryRecord(ctx, r, parts)
		if !errors.Is(err, errGone) {
			return record, err
		}
		if r, err = db.row(ctx, multivac.DocumentID(r.ID)); err != nil {
			return store.Record{}, err
		}
	}
	return store.Record{}, damaged("the text of document %s is not whole", r.ID)
}

func (db *DB) tryRecord(ctx context.Context, r *row, parts store.Parts) (store.Record, error) {
	record := store.Record{Document: r.document()}
	if p := r.Published; p != nil {
		found, err := db.readPublished(ctx, p, parts.Passages)
		if err != nil {
			return record, fmt.Errorf("document %s: %w", r.ID, err)
		}
		if found == nil {
			return record, errGone
		}
		record.Published = &store.Published{
			Publication: store.Publication{Title: p.Title, Text: found.text, IsBody: p.Verbatim, Places: multivac.Places(p.Places), Version: p.version(), Passages: found.passages, Vectors: found.vectors},
			Revision:    multivac.Revision(p.Revision), MediaType: p.MediaType,
		}
		copy(record.Published.Hash[:], p.Hash)
		if o := p.original(); o != nil && parts.Originals {
			originals, err := db.read(ctx, o)
			if err != nil {
				return record, err
			}
			if originals[0] == nil {
				return record, errGone
			}
			record.Published.Original = originals[0]
		}
		if r.State == multivac.Indexed {
			record.Text, record.Places = record.Published.Text, record.Published.Places
		}
	}
	if r.Content != nil {
		bodies, err := db.read(ctx, r.Content)
		if err != nil {
			return record, err
		}
		if bodies[0] == nil {
			return record, errGone
		}
		record.Body = bodies[0]
	}
	return record, nil
}

// readPublished returns a text, with its passages if wanted, or nil if it is
// gone.
func (db *DB) readPublished(ctx context.Context, c *content, passages bool) (*cutText, error) {
	if passages {
		found, err := db.readCut(ctx, []*content{c})
		if err != nil {
			return nil, err
		}
		return found[0], nil
	}
	found, err := db.read(ctx, c)
	if err != nil || found[0] == nil {
		return nil, err
	}
	return &cutText{text: string(found[0])}, nil
}
