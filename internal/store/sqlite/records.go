package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"multivac"
	"multivac/internal/store"
)

// Retry implements store.Store.
func (db *DB) Retry(ctx context.Context, id multivac.DocumentID, now time.Time) (r multivac.Receipt, err error) {
	defer multivac.Wrap(&err, "retry document")
	err = db.write(ctx, func(w *writer) error {
		d, found, err := w.find(rawID(id))
		if err == nil && !found {
			err = store.ErrNeverTold(id)
		}
		if err != nil {
			return err
		}
		r = multivac.Receipt{ID: id, Revision: multivac.Revision(d.revision), State: multivac.States[d.state]}
		if d.state == indexed || d.state == deleted {
			r.Position = position(d.position)
		}
		if err := w.Get([]any{&r.Source}, `SELECT source FROM documents WHERE key = ?`, d.key); err != nil {
			return err
		}
		switch {
		case d.state == failed:
			r.Revision, r.State, r.Changed = r.Revision+1, multivac.Pending, true
			return w.again(d, store.Micros(now))
		case d.state == pending && d.due != 0:
			r.Changed = true
			_, err = w.Exec(`UPDATE documents SET due = 0 WHERE key = ?`, d.key)
		}
		return err
	})
	return r, err
}

// again makes a failed document pending at its next revision, with the same body.
func (w *writer) again(d record, now int64) error {
	if _, err := w.Exec(`UPDATE revisions SET revision = ? WHERE id = ?`, d.revision+1, d.content); err != nil {
		return err
	}
	_, err := w.Exec(`UPDATE documents SET revision = ?, state = ?, step = '', attempts = 0, last_error = '', changed = ?, lease = 0, due = 0 WHERE key = ?`,
		d.revision+1, pending, now, d.key)
	return err
}

// Records implements store.Store.
func (db *DB) Records(ctx context.Context, parts store.Parts, fn func(store.Record) error) error {
	for after := []byte{}; ; {
		batch, err := db.records(ctx, parts, after)
		if err != nil {
			return fmt.Errorf("read records: %w", err)
		}
		if len(batch) == 0 {
			return nil
		}
		for i, r := range batch {
			after = rawID(r.ID)
			batch[i] = store.Record{} // frees it: fn may take its time
			if err := fn(r); err != nil {
				return err
			}
		}
	}
}

// records returns the next few records after an identifier.
func (db *DB) records(ctx context.Context, parts store.Parts, after []byte) (batch []store.Record, err error) {
	type contents struct {
		content, published int64
		original           int // size
	}
	err = db.snapshot(ctx, func(c *conn) error {
		var all []contents
		size := 0
		err := c.Each(func(rows *sql.Rows) error {
			if size >= batchBytes {
				return nil
			}
			var of contents
			var n int
			r, err := scanRecord(rows, &of.content, &of.published, &n, &of.original)
			batch, all = append(batch, r), append(all, of)
			if size += n; parts.Originals {
				size += of.original
			}
			return err
		}, recordColumns, after, batchChanges)
		for i, of := range all {
			if err == nil {
				err = c.complete(&batch[i], of.content, of.published, parts.Passages)
			}
			if err == nil && parts.Originals && of.original > 0 {
				batch[i].Published.Original, err = c.bytes("originals", of.published)
			}
		}
		return err
	})
	return batch, err
}

var recordColumns = `SELECT d.id, d.collection, d.source, coalesce(r.title, ''), coalesce(r.media_type, ''), r.hash, d.revision, d.state,
		d.step, d.attempts, d.last_error, d.told, d.changed, d.content,
		coalesce(p.id, 0), coalesce(p.revision, 0), p.hash, coalesce(p.title, ''), coalesce(p.media_type, ''), coalesce(p.segmenter, 0), coalesce(p.encoder, 0),
		coalesce(p.places, x''), d.published <> 0 AND d.key = ` + datumOf(`d.collection`) + `, coalesce(r.size, 0) + coalesce(p.size, 0),
		` + hasOriginal + `, coalesce(p.verbatim, 0), coalesce(p.original, 0)
	FROM documents d LEFT JOIN revisions r ON r.id = d.content LEFT JOIN revisions p ON p.id = d.published
	WHERE d.id > ? ORDER BY d.id LIMIT ?`

func scanRecord(rows *sql.Rows, content, published *int64, size, original *int) (r store.Record, err error) {
	var id, hash, publishedHash, places []byte
	var state int
	var told, changed int64
	var p store.Published
	err = rows.Scan(&id, &r.Collection, &r.Source, &r.Title, &r.MediaType, &hash, &r.Revision, &state,
		&r.Step, &r.Attempts, &r.LastError, &told, &changed, content,
		published, &p.Revision, &publishedHash, &p.Title, &p.MediaType, &p.Version.Segmenter, &p.Version.Vectors, &places, &r.Datum, size,
		&r.Document.Original, &p.IsBody, original)
	if err != nil {
		return r, err
	}
	r.ID, r.Told, r.Changed = documentID(id), store.FromMicros(told), store.FromMicros(changed)
	copy(r.Hash[:], hash)
	copy(p.Hash[:], publishedHash)
	p.Places = multivac.Places(places)
	if *published != 0 {
		r.Published = &p
	}
	r.State, err = stateOf(state)
	return r, err
}

// complete reads the body or text of a record, and the passages if wanted.
func (c *conn) complete(r *store.Record, content, published int64, passages bool) (err error) {
	if r.Published != nil {
		p := r.Published
		if passages {
			p.Text, p.Passages, p.Vectors, err = c.textOf(published)
		} else {
			var b []byte
			b, err = c.content(published)
			p.Text = string(b)
		}
		if err != nil {
			return fmt.Errorf("document %s: %w", r.ID, err)
		}
	}
	switch r.State {
	case multivac.Indexed:
		if r.Published != nil {
			r.Text, r.Places = r.Published.Text, r.Published.Places
		}
	case multivac.Pending, multivac.Failed:
		r.Body, err = c.content(content)
	}
	return err
}

// Restore implements store.Store.
func (db *DB) Restore(ctx context.Context, records []store.Record, now time.Time) (taken int, err error) {
	defer multivac.Wrap(&err, "restore documents")
	for _, r := range records {
		if err := r.Validate(); err != nil {
			return 0, fmt.Errorf("document %q: %w", r.ID, err)
		}
	}
	err = db.write(ctx, func(w *writer) error {
		taken = 0
		for _, r := range records {
			d, found, err := w.find(rawID(r.ID))
			if err != nil {
				return err
			}
			if found && d.revision >= int64(r.Revision) {
				continue
			}
			if err := w.restore(r, d, found, store.Micros(now)); err != nil {
				return err
			}
			taken++
		}
		return nil
	})
	return taken, err
}

// restore makes a document what a record says. The record has a higher revision.
func (w *writer) restore(r store.Record, d record, found bool, now int64) (err error) {
	if !found {
		if d.key, err = w.insert(`INSERT INTO documents
			(id, collection, source, revision, state, content, published, step, attempts, last_error, told, changed, lease, due, position, failed_position)
			VALUES (?, ?, ?, 0, 0, 0, 0, '', 0, '', 0, 0, 0, 0, 0, 0)`, d.id, string(r.Collection), r.Source); err != nil {
			return err
		}
		d.collection = string(r.Collection)
	}
	d.revision = int64(r.Revision)
	if r.State == multivac.Deleted {
		d.revision--
		_, err := w.delete(d, store.Micros(r.Changed))
		if err == nil {
			_, err = w.Exec(`UPDATE documents SET told = ? WHERE key = ?`, store.Micros(r.Told), d.key)
		}
		return err
	}
	if d.content != 0 && d.content != d.published {
		if err := w.drop(d.content); err != nil {
			return err
		}
	}
	if err := w.restorePublished(r, &d, now); err != nil {
		return err
	}
	if r.Datum {
		d.first = beforeAll
	}
	if err := w.restoreContent(r, &d); err != nil {
		return err
	}
	_, err = w.Exec(`UPDATE documents SET revision = ?, state = ?, content = ?, published = ?, first = ?, step = ?, attempts = ?, last_error = ?,
			told = ?, changed = ?, lease = 0, due = 0, position = ?, failed_position = ? WHERE key = ?`,
		d.revision, stateCode(r.State), d.content, d.published, d.first, r.Step, r.Attempts, r.LastError,
		store.Micros(r.Told), store.Micros(r.Changed), d.position, d.failedPosition, d.key)
	return err
}

// restorePublished publishes what the record says is published, where its revision
// is higher than the one that is published here.
func (w *writer) restorePublished(r store.Record, d *record, now int64) error {
	var revision int64
	if d.published != 0 {
		if err := w.Get([]any{&revision}, `SELECT revision FROM revisions WHERE id = ?`, d.published); err != nil {
			return err
		}
	}
	p := r.Published
	if p == nil || int64(p.Revision) <= revision {
		return nil
	}
	content, err := w.revision(d.key, int64(p.Revision), p.Hash, p.Title, p.MediaType)
	if err != nil {
		return err
	}
	if err := w.fill(content, []byte(p.Text)); err != nil {
		return err
	}
	if err := w.addOriginal(content, p.Original); err != nil {
		return err
	}
	if err := w.setText(content, p.Publication); err != nil {
		return err
	}
	if d.published != 0 {
		if _, err := w.Exec(`UPDATE revisions SET replaced = ? WHERE id = ?`, max(now, 1), d.published); err != nil {
			return err
		}
	}
	first := d.published == 0
	d.published = content
	d.position, err = w.announce(*d, int64(p.Revision), indexed, p.Hash[:])
	d.failedPosition = 0
	if first {
		d.first = d.position
	}
	return err
}

// restoreContent stores the body of a document that is pending or failed.
func (w *writer) restoreContent(r store.Record, d *record) (err error) {
	if r.State == multivac.Indexed {
		d.content = d.published
		return nil
	}
	if d.content, err = w.revision(d.key, d.revision, r.Hash, r.Title, r.MediaType); err != nil {
		return err
	}
	if _, err := w.Exec(`UPDATE revisions SET size = ? WHERE id = ?`, len(r.Body), d.content); err != nil {
		return err
	}
	if err := w.fill(d.content, r.Body); err != nil {
		return err
	}
	if r.State == multivac.Failed {
		d.failedPosition, err = w.announce(*d, d.revision, failed, r.Hash[:])
	}
	return err
}

// revision adds a row of revisions, without content, and returns its id.
func (w *writer) revision(key, revision int64, hash multivac.ContentHash, title, mediaType string) (int64, error) {
	return w.insert(`INSERT INTO revisions (id, document, revision, hash, title, media_type, size, text, replaced) VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0)`,
		w.nextContent(), key, revision, hash[:], title, mediaType)
}
