package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"

	"multivac"
	"multivac/internal/store"
	"multivac/internal/store/sqlite/link"
)

// How much of the feed, or of what is published, is read at a time. The log of
// writes can be emptied between reads, and fn can take its time.
const (
	batchChanges = 64
	batchBytes   = 1 << 20 // of texts
)

// Position implements store.Store.
func (db *DB) Position(ctx context.Context) (multivac.Position, error) {
	end, err := db.end(ctx)
	return position(end), cmp.Or(err, ctx.Err())
}

// end returns the position of the last entry that any reader can see. During a
// commit, the database knows it before db.position does.
func (db *DB) end(ctx context.Context) (end int64, err error) {
	if !db.committing.Load() {
		return db.position.Load(), nil
	}
	err = db.snapshot(ctx, func(c *conn) error { return c.Get([]any{&end}, `SELECT coalesce(max(position), 0) FROM feed`) })
	return max(end, db.position.Load()), err
}

// An entry is a change, and what is needed to complete it.
type entry struct {
	store.Change
	order   int64 // where the next batch begins: a position or the key of a document
	content int64 // the revision whose passages it has; 0 where it has none
	size    int   // of the text, in bytes
}

// Scan implements store.Store.
func (db *DB) Scan(ctx context.Context, fn func(store.Change) error) error {
	for after := int64(0); ; {
		batch, err := db.batch(ctx, `SELECT d.key, 0, r.revision, 1, r.hash, d.id, d.collection, d.source, r.title, r.segmenter, r.encoder, r.id, r.size
			FROM documents d JOIN revisions r ON r.id = d.published WHERE d.key > ? ORDER BY d.key LIMIT ?`, after)
		if err != nil {
			return fmt.Errorf("scan documents: %w", err)
		}
		if len(batch) == 0 {
			return nil
		}
		for _, e := range batch {
			if err := fn(e.Change); err != nil {
				return err
			}
			after = e.order
		}
	}
}

// Follow implements store.Store.
func (db *DB) Follow(ctx context.Context, after multivac.Position, fn func(store.Change) error) error {
	last, err := parsePosition(after)
	if err != nil {
		return err
	}
	end, err := db.end(ctx)
	if err != nil {
		return err
	}
	if last > end {
		return store.ErrTooOld(after)
	}
	for {
		db.mu.Lock()
		grown := db.grown
		db.mu.Unlock()
		batch, err := db.batch(ctx, `SELECT f.position, f.position, f.revision, f.state, f.hash, d.id, d.collection, d.source, coalesce(r.title, ''),
				iif(f.state = 1, r.segmenter, 0), iif(f.state = 1, r.encoder, 0), iif(f.state = 1, r.id, 0), coalesce(r.size, 0)
			FROM feed f JOIN documents d ON d.key = f.document LEFT JOIN revisions r ON r.document = f.document AND r.revision = f.revision
			WHERE f.position > ? ORDER BY f.position LIMIT ?`, last)
		if err != nil {
			return fmt.Errorf("follow the feed: %w", err)
		}
		for _, e := range batch {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := fn(e.Change); err != nil {
				return err
			}
			last = e.order
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		case <-db.closed:
			return store.ErrClosed()
		}
	}
}

// batch returns the next few entries of a query, with their passages.
func (db *DB) batch(ctx context.Context, query string, after int64) (batch []entry, err error) {
	err = db.snapshot(ctx, func(c *conn) error {
		size := 0
		var entries []entry
		err := c.Each(func(rows *sql.Rows) error {
			e, err := scanEntry(rows)
			if size < batchBytes {
				entries = append(entries, e)
			}
			size += e.size
			return err
		}, query, after, batchChanges)
		for i := range entries {
			if err == nil && entries[i].content != 0 {
				_, entries[i].Passages, entries[i].Vectors, err = c.textOf(entries[i].content)
			}
		}
		batch = entries
		return err
	})
	return batch, err
}

func scanEntry(rows *sql.Rows) (e entry, err error) {
	var at int64
	var state int
	var hash, id []byte
	err = rows.Scan(&e.order, &at, &e.Revision, &state, &hash, &id, &e.Collection, &e.Source, &e.Title, &e.Version.Segmenter, &e.Version.Vectors, &e.content, &e.size)
	if err != nil {
		return e, err
	}
	e.Position, e.Document = position(at), documentID(id)
	copy(e.Hash[:], hash)
	e.State, err = stateOf(state)
	return e, err
}

// passages returns the text of a revision, and its passages with their text.
func (c *conn) passages(content int64) (text string, passages []multivac.Passage, err error) {
	b, err := c.content(content)
	if err != nil {
		return "", nil, err
	}
	text = string(b) // the passages share it
	err = c.Each(func(rows *sql.Rows) error {
		p := multivac.Passage{Number: len(passages)}
		var spans, places sql.RawBytes
		if err := rows.Scan(&p.Kind, &p.Heading, &p.Lead, &p.Start, &p.End, &spans, &places); err != nil {
			return err
		}
		if p.Start < 0 || p.Start >= p.End || p.End > len(text) {
			return link.Damaged(fmt.Errorf("passage %d is not in the text", p.Number))
		}
		p.Text, p.Places = text[p.Start:p.End], multivac.Places(places)
		var err error
		p.Sentences, err = unpackSpans(spans, p.Start, p.End)
		passages = append(passages, p)
		return err
	}, `SELECT kind, heading, lead, start, end, sentences, places FROM passages WHERE id BETWEEN ? AND ? ORDER BY id`, content<<idBits, (content+1)<<idBits-1)
	return text, passages, err
}

// textOf returns the text of a revision with its passages and their vectors.
func (c *conn) textOf(content int64) (text string, passages []multivac.Passage, vectors []byte, err error) {
	if text, passages, err = c.passages(content); err != nil {
		return "", nil, nil, err
	}
	err = c.Each(func(rows *sql.Rows) error {
		var v sql.RawBytes
		err := rows.Scan(&v)
		vectors = append(vectors, v...)
		return err
	}, `SELECT v.bytes FROM revisions r CROSS JOIN vectors v WHERE r.id = ? AND v.id BETWEEN r.vectors << 24 AND (r.vectors << 24) + 16777215 ORDER BY v.id`, content)
	if err != nil {
		return "", nil, nil, err
	}
	if n := store.Sentences(passages); len(vectors) != 0 && len(vectors) != n*store.VectorSize {
		return "", nil, nil, link.Damaged(fmt.Errorf("%d sentences have %d bytes of vectors", n, len(vectors)))
	}
	return text, passages, vectors, nil
}
