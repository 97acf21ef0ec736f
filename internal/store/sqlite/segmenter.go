package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"

	"multivac"
	"multivac/internal/store"
)

// The migration that notes which version of the segmenter made the passages
// of a text; 0 while the content is a body.
const addSegmenter = `
ALTER TABLE revisions ADD COLUMN segmenter INTEGER NOT NULL DEFAULT 0;
UPDATE revisions SET segmenter = 1 WHERE text = 1;
CREATE INDEX revisions_segmenter ON revisions (segmenter) WHERE text = 1;
`

// The migration that makes room for the vectors of a text's passages. They lie
// apart from the passages, for who reads those to quote them has no use for
// vectors; one by one, and the latest last: ten of them fill a page of the file,
// and hardly a byte is lost between them.
const addVectors = `
ALTER TABLE revisions ADD COLUMN vectors INTEGER NOT NULL DEFAULT 0; -- the group of its vectors; 0 for none
CREATE TABLE vectors (
	id    INTEGER PRIMARY KEY, -- group << 24 + number of the sentence, through all passages
	bytes BLOB NOT NULL
);
`

// outdated are the published revisions of an older version than ?1, found by
// a range of the index: where there are none it costs nothing.
const outdated = ` FROM (SELECT id, document, revision FROM revisions WHERE text = 1 AND segmenter < ?1) r
	CROSS JOIN documents d ON d.key = r.document AND d.published = r.id `

// Outdated implements store.Store.
func (db *DB) Outdated(ctx context.Context, segmenter, limit int) (tasks []multivac.Task, err error) {
	defer multivac.Wrap(&err, "list what is cut by an older version")
	err = db.read(ctx, func(c *conn) error {
		return c.each(func(rows *sql.Rows) error {
			var id []byte
			var t multivac.Task
			err := rows.Scan(&id, &t.Revision)
			t.Document = documentID(id)
			tasks = append(tasks, t)
			return err
		}, `SELECT d.id, r.revision`+outdated+`LIMIT ?2`, segmenter, limit)
	})
	return tasks, err
}

// CountOutdated implements store.Store.
func (db *DB) CountOutdated(ctx context.Context, segmenter int) (n int, err error) {
	defer multivac.Wrap(&err, "count what is cut by an older version")
	err = db.read(ctx, func(c *conn) error {
		return c.get([]any{&n}, `SELECT count(*)`+outdated, segmenter)
	})
	return n, err
}

// Resegment implements store.Store.
func (db *DB) Resegment(ctx context.Context, task multivac.Task, segmenter int, cut store.Cut) (err error) {
	defer multivac.Wrap(&err, "cut document anew")
	title, text, err := db.publishedText(ctx, task)
	if err != nil {
		return err
	}
	passages, err := cut(title, text)
	if err != nil {
		return err
	}
	if err := (store.Publication{Text: text, Passages: passages}).Validate(); err != nil {
		return err
	}
	return db.write(ctx, func(w *writer) error {
		d, hash, err := w.published(task)
		if err != nil {
			return err
		}
		if _, err := w.exec(`UPDATE revisions SET segmenter = ? WHERE id = ?`, segmenter, d.published); err != nil || len(passages) == 0 {
			return err
		}
		return w.recut(d, task.Revision, hash, passages)
	})
}

func (db *DB) publishedText(ctx context.Context, task multivac.Task) (title, text string, err error) {
	err = db.snapshot(ctx, func(c *conn) error {
		var content int64
		err := c.get([]any{&content, &title}, `SELECT r.id, r.title FROM documents d JOIN revisions r ON r.id = d.published WHERE d.id = ? AND r.revision = ?`,
			rawID(task.Document), int64(task.Revision))
		if errors.Is(err, sql.ErrNoRows) {
			return store.ErrSuperseded(task)
		}
		if err != nil {
			return err
		}
		b, err := c.content(content)
		text = string(b)
		return err
	})
	return title, text, err
}

// published returns the record of a document of which task's revision is
// published, and that revision's hash.
func (w *writer) published(task multivac.Task) (d record, hash []byte, err error) {
	d, found, err := w.find(rawID(task.Document))
	if err != nil || !found {
		return d, nil, cmp.Or(err, store.ErrSuperseded(task))
	}
	err = w.get([]any{&hash}, `SELECT hash FROM revisions WHERE id = ? AND revision = ?`, d.published, int64(task.Revision))
	if errors.Is(err, sql.ErrNoRows) {
		err = store.ErrSuperseded(task)
	}
	return d, hash, err
}

// recut puts passages in the place of those of what is published, and says so
// in the feed. What the feed says of a later revision that failed stays.
func (w *writer) recut(d record, revision multivac.Revision, hash []byte, passages []multivac.Passage) error {
	if err := w.dropPassages(d.published); err != nil {
		return err
	}
	if err := w.cut(d.published, passages); err != nil {
		return err
	}
	d.failedPosition = 0
	end, err := w.announce(d, int64(revision), indexed, hash)
	if err != nil {
		return err
	}
	_, err = w.exec(`UPDATE documents SET position = ? WHERE key = ?`, end, d.key)
	return err
}
