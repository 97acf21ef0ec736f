package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

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
// apart from the passages, because a quotation needs no vectors. There is a row
// for each, and the latest come last: ten of them fill a page of the file, and
// hardly a byte is lost between them.
const addVectors = `
ALTER TABLE revisions ADD COLUMN vectors INTEGER NOT NULL DEFAULT 0; -- the group of its vectors; 0 for none
CREATE TABLE vectors (
	id    INTEGER PRIMARY KEY, -- group << 24 + number of the sentence, through all passages
	bytes BLOB NOT NULL
);
`

// The migration that notes the version of the vectors in a column of its own.
// Before, both versions were in one number: 3<<8 + 1 is segmenter 3 and vectors 1.
// Older programs wrote the segmenter's version alone, and all vectors that they
// made are of version 1.
const splitVersion = `
ALTER TABLE revisions ADD COLUMN encoder INTEGER NOT NULL DEFAULT 0; -- the version of what made the vectors; 0 where nothing did
DROP INDEX revisions_segmenter;
UPDATE revisions SET encoder = 1 WHERE vectors <> 0;
UPDATE revisions SET encoder = segmenter & 255, segmenter = segmenter >> 8 WHERE segmenter > 255;
CREATE INDEX revisions_version ON revisions (segmenter, encoder) WHERE text = 1;
`

// The migration that makes room for places.
const addPlaces = `
ALTER TABLE revisions ADD COLUMN places BLOB NOT NULL DEFAULT x''; -- of the text
ALTER TABLE passages  ADD COLUMN places BLOB NOT NULL DEFAULT x'';
`

// Publish implements store.Store.
func (db *DB) Publish(ctx context.Context, task multivac.Task, p store.Publication, now time.Time) (at multivac.Position, err error) {
	defer multivac.Wrap(&err, "publish document")
	if err := p.Validate(); err != nil {
		return "", err
	}
	err = db.write(ctx, func(w *writer) error {
		d, err := w.pending(task)
		if err != nil {
			return err
		}
		if !p.IsBody {
			if err := w.exchange(d, p); err != nil {
				return err
			}
		}
		if err := w.setText(d.content, p); err != nil {
			return err
		}
		end, err := w.publish(d, store.Micros(now))
		at = position(end)
		return err
	})
	if err != nil {
		return "", err
	}
	return at, nil
}

// exchange puts the text in the place of the body, which it drops or keeps.
func (w *writer) exchange(d record, p store.Publication) error {
	keeps := p.KeepBody
	if !keeps && d.published != 0 {
		if err := w.Get([]any{&keeps}, `SELECT r.hash = ? AND `+hasOriginal+` FROM revisions r WHERE r.id = ?`, d.hash, d.published); err != nil {
			return err
		}
	}
	if keeps {
		if err := w.keepBody(d.content); err != nil {
			return err
		}
	}
	if err := w.empty(d.content); err != nil {
		return err
	}
	return w.fill(d.content, []byte(p.Text))
}

// setText says that the content of a revision is its text, and adds the passages.
func (w *writer) setText(content int64, p store.Publication) error {
	if _, err := w.Exec(`UPDATE revisions SET title = iif(title = '', ?, title), size = ?, text = 1, verbatim = ?, segmenter = ?, encoder = ?, places = ? WHERE id = ?`,
		p.Title, len(p.Text), p.IsBody, p.Version.Segmenter, p.Version.Vectors, []byte(p.Places), content); err != nil {
		return err
	}
	return w.addPassages(content, p.Passages, p.Vectors)
}

// addPassages stores the passages of a revision that has none.
func (w *writer) addPassages(content int64, passages []multivac.Passage, vectors []byte) error {
	for i, one := range passages {
		if _, err := w.Exec(`INSERT INTO passages (id, kind, heading, lead, start, end, sentences, places) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			content<<idBits+int64(i), string(one.Kind), one.Heading, one.Lead, one.Start, one.End, store.PackSpans(one.Sentences, one.Start), []byte(one.Places)); err != nil {
			return err
		}
	}
	return w.addVectors(content, vectors)
}

// addVectors stores the vectors of a revision that has none, as a group of
// their own.
func (w *writer) addVectors(content int64, vectors []byte) error {
	if len(vectors) == 0 {
		return nil
	}
	var group int64
	if err := w.Get([]any{&group}, `SELECT (coalesce(max(id), 0) >> 24) + 1 FROM vectors`); err != nil {
		return err
	}
	id := group << idBits
	for v := range slices.Chunk(vectors, store.VectorSize) {
		if _, err := w.Exec(`INSERT INTO vectors (id, bytes) VALUES (?, ?)`, id, v); err != nil {
			return err
		}
		id++
	}
	_, err := w.Exec(`UPDATE revisions SET vectors = ? WHERE id = ?`, group, content)
	return err
}

// publish makes the content of a document the published one.
func (w *writer) publish(d record, now int64) (int64, error) {
	if d.published != 0 {
		if _, err := w.Exec(`UPDATE revisions SET replaced = ? WHERE id = ?`, max(now, 1), d.published); err != nil {
			return 0, err
		}
	}
	end, err := w.announce(d, d.revision, indexed, d.hash)
	if err != nil {
		return 0, err
	}
	_, err = w.Exec(`UPDATE documents SET state = ?, published = content, first = iif(published = 0, ?, first), step = '', last_error = '',
		changed = ?, lease = 0, due = 0, position = ?, failed_position = 0 WHERE key = ?`, indexed, end, now, end, d.key)
	return end, err
}

// outdated are the published revisions of a version before ?1 and ?2. They are two
// ranges of an index, so that it costs nothing where there are none. For
// (segmenter, encoder) < (?1, ?2) SQLite would walk through all of segmenter ?1.
const outdated = ` FROM (
		SELECT id, document, revision FROM revisions WHERE text = 1 AND segmenter < ?1
		UNION ALL SELECT id, document, revision FROM revisions WHERE text = 1 AND segmenter = ?1 AND encoder < ?2) r
	CROSS JOIN documents d ON d.key = r.document AND d.published = r.id `

// Outdated implements store.Store.
func (db *DB) Outdated(ctx context.Context, v store.Version, limit int) (tasks []multivac.Task, err error) {
	defer multivac.Wrap(&err, "list outdated documents")
	err = db.read(ctx, func(c *conn) error {
		return c.Each(func(rows *sql.Rows) error {
			var id []byte
			var t multivac.Task
			err := rows.Scan(&id, &t.Revision)
			t.Document = documentID(id)
			tasks = append(tasks, t)
			return err
		}, `SELECT d.id, r.revision`+outdated+`LIMIT ?3`, v.Segmenter, v.Vectors, limit)
	})
	return tasks, err
}

// CountOutdated implements store.Store.
func (db *DB) CountOutdated(ctx context.Context, v store.Version) (n int, err error) {
	defer multivac.Wrap(&err, "count outdated documents")
	err = db.read(ctx, func(c *conn) error {
		return c.Get([]any{&n}, `SELECT count(*)`+outdated, v.Segmenter, v.Vectors)
	})
	return n, err
}

// Published implements store.Store.
func (db *DB) Published(ctx context.Context, task multivac.Task) (p store.Publication, err error) {
	defer multivac.Wrap(&err, "read what is published of document %s", task.Document)
	err = db.snapshot(ctx, func(c *conn) error {
		var content int64
		var places []byte
		err := c.Get([]any{&content, &p.Title, &p.IsBody, &p.Version.Segmenter, &p.Version.Vectors, &places},
			`SELECT r.id, r.title, r.verbatim, r.segmenter, r.encoder, r.places FROM documents d JOIN revisions r ON r.id = d.published WHERE d.id = ? AND r.revision = ?`,
			rawID(task.Document), int64(task.Revision))
		if errors.Is(err, sql.ErrNoRows) {
			return store.ErrSuperseded(task)
		}
		if err != nil {
			return err
		}
		p.Places = multivac.Places(places)
		p.Text, p.Passages, err = c.passages(content)
		return err
	})
	if err != nil {
		return store.Publication{}, err
	}
	return p, nil
}

// Replace implements store.Store.
func (db *DB) Replace(ctx context.Context, task multivac.Task, p store.Publication) (err error) {
	defer multivac.Wrap(&err, "replace passages")
	if err := p.Validate(); err != nil {
		return err
	}
	return db.write(ctx, func(w *writer) error {
		d, of, err := w.published(task)
		if err != nil {
			return err
		}
		if of.size != len(p.Text) { // the text of a revision never changes
			return store.ErrOtherText(task)
		}
		if err := w.dropPassages(d.published); err != nil {
			return err
		}
		if err := w.addPassages(d.published, p.Passages, p.Vectors); err != nil {
			return err
		}
		return w.republish(d, of, p.Version)
	})
}

// Attach implements store.Store.
func (db *DB) Attach(ctx context.Context, task multivac.Task, v store.Version, vectors []byte) (err error) {
	defer multivac.Wrap(&err, "attach vectors")
	return db.write(ctx, func(w *writer) error {
		d, of, err := w.published(task)
		if err == nil && of.segmenter != v.Segmenter {
			err = store.ErrSuperseded(task)
		}
		if err != nil {
			return err
		}
		_, passages, err := w.passages(d.published)
		if err != nil {
			return err
		}
		if err := store.ValidVectors(vectors, v, passages); err != nil {
			return err
		}
		if err := w.dropVectorsOf(d.published); err != nil {
			return err
		}
		if err := w.addVectors(d.published, vectors); err != nil {
			return err
		}
		return w.republish(d, of, v)
	})
}

// A publishedText is what a write has to know of a published text.
type publishedText struct {
	revision  int64
	hash      []byte
	size      int
	segmenter int
}

// published returns the record of a document of which task's revision is
// published, and what is published.
func (w *writer) published(task multivac.Task) (d record, of publishedText, err error) {
	d, found, err := w.find(rawID(task.Document))
	if err != nil || !found {
		return d, of, cmp.Or(err, store.ErrSuperseded(task))
	}
	err = w.Get([]any{&of.revision, &of.hash, &of.size, &of.segmenter}, `SELECT revision, hash, size, segmenter FROM revisions WHERE id = ? AND revision = ?`,
		d.published, int64(task.Revision))
	if errors.Is(err, sql.ErrNoRows) {
		err = store.ErrSuperseded(task)
	}
	return d, of, err
}

// republish notes the version of what is published, and says in the feed that
// its passages or vectors are others now. What the feed says of a later
// revision that failed stays.
func (w *writer) republish(d record, of publishedText, v store.Version) error {
	if _, err := w.Exec(`UPDATE revisions SET segmenter = ?, encoder = ? WHERE id = ?`, v.Segmenter, v.Vectors, d.published); err != nil {
		return err
	}
	d.failedPosition = 0
	end, err := w.announce(d, of.revision, indexed, of.hash)
	if err != nil {
		return err
	}
	_, err = w.Exec(`UPDATE documents SET position = ? WHERE key = ?`, end, d.key)
	return err
}
