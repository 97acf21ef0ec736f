package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"multivac"
	"multivac/internal/store"
	"multivac/internal/store/sqlite/link"
)

// The migration that makes room for what was told, next to the text that was read
// from it. Whether an older text is what was told is not known.
const addOriginals = `
ALTER TABLE revisions ADD COLUMN original INTEGER NOT NULL DEFAULT 0; -- size of what was told, where originals has it; else 0
ALTER TABLE revisions ADD COLUMN verbatim INTEGER NOT NULL DEFAULT 0; -- 1: the text is what was told, byte for byte
CREATE TABLE originals (
	id    INTEGER PRIMARY KEY, -- revisions.id << 24 + number of the chunk
	bytes BLOB NOT NULL
);
`

// hasOriginal is whether what was told of a revision r is there.
const hasOriginal = `coalesce(r.text = 0 OR r.verbatim OR r.original <> 0, 0)`

// An origin is where what was told of a document is: a revision, and the table
// that has it.
type origin struct {
	content int64
	table   string // chunks or originals
	size    int
}

// Original implements store.Store.
func (db *DB) Original(ctx context.Context, id multivac.DocumentID) (t multivac.Telling, err error) {
	defer multivac.Wrap(&err, "read what was told")
	_, t, err = db.original(ctx, id)
	return t, err
}

// original returns what was told of a document, and where it is.
func (db *DB) original(ctx context.Context, id multivac.DocumentID) (from origin, t multivac.Telling, err error) {
	var d multivac.Document
	err = db.snapshot(ctx, func(c *conn) error {
		if d, from, err = c.origin(id); err != nil {
			return err
		}
		t = multivac.Telling{Collection: d.Collection, Source: d.Source, Title: d.Title, MediaType: d.MediaType}
		t.Body, err = c.bytes(from.table, from.content)
		return err
	})
	if err == nil && len(t.Body) != from.size {
		err = link.Damaged(fmt.Errorf("what was told of document %s is not whole", id))
	}
	if err == nil && d.State == multivac.Indexed {
		var same bool
		if t, same = store.AsTold(t, d.Hash); !same {
			err = link.Damaged(fmt.Errorf("what is kept of document %s is not what was told", id))
		}
	}
	if err != nil {
		return from, multivac.Telling{}, err
	}
	return from, t, nil
}

// origin finds where what was told of a document is.
func (c *conn) origin(id multivac.DocumentID) (d multivac.Document, from origin, err error) {
	var size, original int
	err = c.Each(func(rows *sql.Rows) (err error) {
		d, err = scanDocument(rows, &from.content, &size, &original)
		return err
	}, documentColumns+`, d.content, coalesce(r.size, 0), coalesce(r.original, 0)`+documentTables+`WHERE d.id = ?`, rawID(id))
	switch {
	case err != nil:
	case d.ID == "":
		err = store.ErrNeverTold(id)
	case !d.Original:
		err = store.ErrNotKept(id)
	case original > 0:
		from.table, from.size = "originals", original
	default:
		from.table, from.size = "chunks", size
	}
	return d, from, err
}

// Reread implements store.Store. It reads what was told before the write, and
// looks in the write whether it is still that.
func (db *DB) Reread(ctx context.Context, id multivac.DocumentID, now time.Time) (r multivac.Receipt, err error) {
	defer multivac.Wrap(&err, "read document again")
	for {
		from, told, err := db.original(ctx, id)
		if err != nil {
			return multivac.Receipt{}, err
		}
		err = db.write(ctx, func(w *writer) error {
			d, found, err := w.find(rawID(id))
			if err == nil && (!found || d.content != from.content) {
				err = errChanged
			}
			if err != nil {
				return err
			}
			r = multivac.Receipt{ID: id, Source: told.Source, Revision: multivac.Revision(d.revision), State: multivac.Pending, Changed: d.state != pending}
			if r.Changed {
				r.Revision++
			}
			switch d.state {
			case failed:
				return w.again(d, store.Micros(now))
			case indexed:
				return w.reread(d, from, told, store.Micros(now))
			}
			return nil
		})
		if !errors.Is(err, errChanged) {
			return r, err
		}
	}
}

// errChanged means that a document is not as it was read before the write.
var errChanged = errors.New("document has changed")

// reread makes an indexed document pending at its next revision, with what was
// told as its body.
func (w *writer) reread(d record, from origin, told multivac.Telling, now int64) error {
	content := w.nextContent()
	if _, err := w.Exec(`INSERT INTO revisions (id, document, revision, hash, title, media_type, size, text, replaced) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)`,
		content, d.key, d.revision+1, d.hash, told.Title, told.MediaType, from.size); err != nil {
		return err
	}
	if err := w.fill(content, told.Body); err != nil {
		return err
	}
	_, err := w.Exec(`UPDATE documents SET revision = ?, state = ?, content = ?, step = '', attempts = 0, last_error = '', changed = ?, lease = 0, due = 0 WHERE key = ?`,
		d.revision+1, pending, content, now, d.key)
	return err
}

// keepBody keeps the body of a revision next to the text that comes in its place.
func (w *writer) keepBody(content int64) error {
	if _, err := w.Exec(`INSERT INTO originals (id, bytes) SELECT id, bytes FROM chunks WHERE id BETWEEN ? AND ?`, content<<idBits, (content+1)<<idBits-1); err != nil {
		return err
	}
	_, err := w.Exec(`UPDATE revisions SET original = size WHERE id = ?`, content)
	return err
}

// addOriginal stores what was told of a revision that has a text.
func (w *writer) addOriginal(content int64, b []byte) error {
	if err := w.fillIn("originals", content, b); err != nil {
		return err
	}
	_, err := w.Exec(`UPDATE revisions SET original = ? WHERE id = ?`, len(b), content)
	return err
}

// dropOriginal removes what was told of a revision from next to its text.
func (w *writer) dropOriginal(content int64) error {
	if _, err := w.Exec(`DELETE FROM originals WHERE id BETWEEN ? AND ?`, content<<idBits, (content+1)<<idBits-1); err != nil {
		return err
	}
	_, err := w.Exec(`UPDATE revisions SET original = 0 WHERE id = ? AND original <> 0`, content)
	return err
}
