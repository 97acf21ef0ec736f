package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"multivac"
	"multivac/internal/store"
)

// A record is what a write has to know of a document.
type record struct {
	key                      int64
	id                       []byte
	collection               string
	revision                 int64
	state                    int
	content, published       int64
	attempts                 int
	lease, due               int64
	position, failedPosition int64
	hash                     []byte // of content
}

// find returns the record of a document, and false where it was never told.
func (w *writer) find(id []byte) (d record, found bool, err error) {
	d.id = id
	err = w.get([]any{&d.key, &d.collection, &d.revision, &d.state, &d.content, &d.published, &d.attempts, &d.lease, &d.due, &d.position, &d.failedPosition, &d.hash},
		`SELECT d.key, d.collection, d.revision, d.state, d.content, d.published, d.attempts, d.lease, d.due, d.position, d.failed_position, r.hash
		FROM documents d LEFT JOIN revisions r ON r.id = d.content WHERE d.id = ?`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return d, false, nil
	}
	if err == nil {
		_, err = stateOf(d.state)
	}
	return d, err == nil, err
}

var (
	pending = stateCode(multivac.Pending)
	indexed = stateCode(multivac.Indexed)
	failed  = stateCode(multivac.Failed)
	deleted = stateCode(multivac.Deleted)
)

// Put implements store.Store.
func (db *DB) Put(ctx context.Context, tellings []multivac.Telling, now time.Time) (receipts []multivac.Receipt, err error) {
	defer multivac.Wrap(&err, "put documents")
	type identity struct {
		id   multivac.DocumentID
		hash multivac.ContentHash
	}
	identities := make([]identity, len(tellings))
	for i, t := range tellings {
		if err := t.Validate(); err != nil {
			return nil, err
		}
		identities[i] = identity{t.ID(), t.Hash()}
	}
	receipts = make([]multivac.Receipt, len(tellings))
	err = db.writeFirst(ctx, func(w *writer) error {
		for i, t := range tellings {
			var err error
			if receipts[i], err = w.put(t, identities[i].id, identities[i].hash, store.Micros(now)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return receipts, nil
}

func (w *writer) put(t multivac.Telling, id multivac.DocumentID, hash multivac.ContentHash, now int64) (multivac.Receipt, error) {
	receipt := multivac.Receipt{ID: id, Source: t.Source, State: multivac.Pending, Revision: 1, Changed: true}
	mediaType := t.MediaType
	if mediaType == "" {
		mediaType = multivac.Markdown
	}
	content := w.nextContent()
	key, added, err := w.add(t, rawID(id), content, now)
	if err != nil {
		return receipt, err
	}
	if !added {
		d, _, err := w.find(rawID(id))
		if err != nil {
			return receipt, err
		}
		if (d.state == pending || d.state == indexed) && string(d.hash) == string(hash[:]) {
			return unchanged(receipt, d), nil
		}
		if err := w.succeed(d, content, now); err != nil {
			return receipt, err
		}
		key, receipt.Revision = d.key, multivac.Revision(d.revision+1)
	}
	if _, err := w.exec(`INSERT INTO revisions (id, document, revision, hash, title, media_type, size, text, replaced) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)`,
		content, key, int64(receipt.Revision), hash[:], t.Title, mediaType, len(t.Body)); err != nil {
		return receipt, err
	}
	return receipt, w.fill(content, t.Body)
}

// add makes a document pending at its first revision, unless it was told
// before: then it changes nothing. Most are told once, and that costs them no look.
func (w *writer) add(t multivac.Telling, id []byte, content, now int64) (key int64, added bool, err error) {
	r, err := w.exec(`INSERT INTO documents
		(id, collection, source, revision, state, content, published, step, attempts, last_error, told, changed, lease, due, position, failed_position)
		VALUES (?, ?, ?, 1, 0, ?, 0, '', 0, '', ?, ?, 0, 0, 0, 0) ON CONFLICT (id) DO NOTHING`,
		id, string(t.Collection.OrDefault()), t.Source, content, now, now)
	if err != nil {
		return 0, false, err
	}
	n, err := r.RowsAffected()
	if err != nil || n == 0 {
		return 0, false, err
	}
	key, err = r.LastInsertId()
	return key, true, err
}

// unchanged completes the receipt of what was told before and is no other now.
func unchanged(r multivac.Receipt, d record) multivac.Receipt {
	r.Revision, r.State, r.Changed = multivac.Revision(d.revision), multivac.States[d.state], false
	if d.state == indexed {
		r.Position = position(d.position)
	}
	return r
}

// succeed makes a document pending at its next revision, with that content.
func (w *writer) succeed(d record, content, now int64) error {
	if d.content != 0 && d.content != d.published {
		if err := w.drop(d.content); err != nil {
			return err
		}
	}
	_, err := w.exec(`UPDATE documents SET revision = ?, state = 0, content = ?, step = '', attempts = 0, last_error = '',
		told = ?, changed = ?, lease = 0, due = 0 WHERE key = ?`, d.revision+1, content, now, now, d.key)
	return err
}

// nextContent returns the number of a revision that is to be stored.
func (w *writer) nextContent() int64 {
	w.content++
	return w.content
}

func (w *writer) insert(query string, args ...any) (int64, error) {
	r, err := w.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// fill stores the content of a revision.
func (w *writer) fill(content int64, b []byte) error {
	for id := content << idBits; len(b) > 0; id++ {
		n := min(len(b), chunkSize)
		if _, err := w.exec(`INSERT INTO chunks (id, bytes) VALUES (?, ?)`, id, b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// drop removes a revision with its content and passages.
func (w *writer) drop(content int64) error {
	if err := w.empty(content); err != nil {
		return err
	}
	if err := w.dropPassages(content); err != nil {
		return err
	}
	w.forgot = true
	_, err := w.exec(`DELETE FROM revisions WHERE id = ?`, content)
	return err
}

// dropPassages removes the passages of a revision and their vectors.
func (w *writer) dropPassages(content int64) error {
	if _, err := w.exec(`DELETE FROM passages WHERE id BETWEEN ? AND ?`, content<<idBits, (content+1)<<idBits-1); err != nil {
		return err
	}
	var group int64
	err := w.get([]any{&group}, `SELECT vectors FROM revisions WHERE id = ?`, content)
	if errors.Is(err, sql.ErrNoRows) || err == nil && group == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if err := w.dropVectors(group); err != nil {
		return err
	}
	_, err = w.exec(`UPDATE revisions SET vectors = 0 WHERE id = ?`, content)
	return err
}

func (w *writer) dropVectors(group int64) error {
	_, err := w.exec(`DELETE FROM vectors WHERE id BETWEEN ? AND ?`, group<<idBits, (group+1)<<idBits-1)
	return err
}

// empty removes the content of a revision.
func (w *writer) empty(content int64) error {
	_, err := w.exec(`DELETE FROM chunks WHERE id BETWEEN ? AND ?`, content<<idBits, (content+1)<<idBits-1)
	return err
}

// announce adds to the feed what became of a document, in place of the
// entries that it makes void, and returns its position.
func (w *writer) announce(d record, revision int64, state int, hash []byte) (int64, error) {
	void := []int64{d.position, d.failedPosition}
	if state == failed {
		void = void[1:] // what was published before stays so
	}
	for _, p := range void {
		if p == 0 {
			continue
		}
		if _, err := w.exec(`DELETE FROM feed WHERE position = ? AND document = ?`, p, d.key); err != nil {
			return 0, err
		}
	}
	w.position++
	_, err := w.exec(`INSERT INTO feed (position, document, revision, state, hash) VALUES (?, ?, ?, ?, ?)`,
		w.position, d.key, revision, state, hash)
	return w.position, err
}

// Delete implements store.Store.
func (db *DB) Delete(ctx context.Context, id multivac.DocumentID, now time.Time) (r multivac.Receipt, err error) {
	defer multivac.Wrap(&err, "delete document")
	err = db.writeFirst(ctx, func(w *writer) error {
		d, found, err := w.find(rawID(id))
		if err != nil {
			return err
		}
		if !found {
			return store.ErrNeverTold(id)
		}
		r = multivac.Receipt{ID: id, State: multivac.Deleted, Revision: multivac.Revision(d.revision), Position: position(d.position)}
		if err := w.get([]any{&r.Source}, `SELECT source FROM documents WHERE key = ?`, d.key); err != nil {
			return err
		}
		if d.state == deleted {
			return nil
		}
		end, err := w.delete(d, store.Micros(now))
		r.Revision, r.Position, r.Changed = multivac.Revision(d.revision+1), position(end), true
		return err
	})
	return r, err
}

func (w *writer) delete(d record, now int64) (int64, error) {
	var contents []int64
	err := w.each(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		contents = append(contents, id)
		return err
	}, `SELECT id FROM revisions WHERE document = ?`, d.key)
	if err != nil {
		return 0, err
	}
	for _, id := range contents {
		if err := w.drop(id); err != nil {
			return 0, err
		}
	}
	end, err := w.announce(d, d.revision+1, deleted, make([]byte, len(multivac.ContentHash{})))
	if err != nil {
		return 0, err
	}
	if _, err := w.exec(`UPDATE documents SET revision = ?, state = ?, content = 0, published = 0, step = '', attempts = 0, last_error = '',
		changed = ?, lease = 0, due = 0, position = ?, failed_position = 0 WHERE key = ?`, d.revision+1, deleted, now, end, d.key); err != nil {
		return 0, err
	}
	_, err = w.exec(`UPDATE collections SET datum = coalesce((SELECT key FROM documents
			WHERE collection = ?1 AND published <> 0 ORDER BY told, id LIMIT 1), 0)
		WHERE name = ?1 AND datum = ?2`, d.collection, d.key)
	return end, err
}

// Lease implements store.Store. The writer, which has just written the document
// and knows its pages, reads what fits into a chunk; more than that is read
// beside it, lest other writes wait.
func (db *DB) Lease(ctx context.Context, task multivac.Task, now, until time.Time) (_ multivac.Task, doc multivac.Document, err error) {
	defer multivac.Wrap(&err, "lease document")
	var size int
	err = db.write(ctx, func(w *writer) (err error) {
		doc, size, err = w.lease(task, store.Micros(now), store.Micros(until))
		return err
	})
	if err != nil {
		return multivac.Task{}, multivac.Document{}, err
	}
	task.Attempt = doc.Attempts
	if size <= len(doc.Body) {
		return task, doc, nil
	}
	if doc, err = db.Document(ctx, task.Document); err != nil {
		return multivac.Task{}, multivac.Document{}, err
	}
	if doc.Revision != task.Revision || doc.State != multivac.Pending {
		return multivac.Task{}, multivac.Document{}, store.ErrSuperseded(task)
	}
	return task, doc, nil
}

// lease returns the document with the first chunk of its body, and the size of
// all of it.
func (w *writer) lease(task multivac.Task, now, until int64) (d multivac.Document, size int, err error) {
	var key, leased, due int64
	var body []byte
	err = w.each(func(rows *sql.Rows) (err error) {
		d, err = scanDocument(rows, &key, &leased, &due, &size, &body)
		return err
	}, documentColumns+`, d.key, d.lease, d.due, coalesce(r.size, 0), c.bytes`+documentTables+`LEFT JOIN chunks c ON c.id = d.content << 24 WHERE d.id = ?`, rawID(task.Document))
	if err == nil && (key == 0 || d.State != multivac.Pending || d.Revision != task.Revision || leased > now || due > now) {
		err = store.ErrSuperseded(task)
	}
	if err != nil {
		return d, 0, err
	}
	d.Attempts++
	d.Body = body
	_, err = w.exec(`UPDATE documents SET attempts = ?, lease = ? WHERE key = ?`, d.Attempts, until, key)
	return d, size, err
}

// pending returns the record of a task that is still to be done.
func (w *writer) pending(task multivac.Task) (record, error) {
	d, found, err := w.find(rawID(task.Document))
	if err == nil && (!found || d.state != pending || d.revision != int64(task.Revision)) {
		err = store.ErrSuperseded(task)
	}
	return d, err
}

// leased returns the record of a task whose lease was not given back nor
// taken over.
func (w *writer) leased(task multivac.Task) (record, error) {
	d, err := w.pending(task)
	if err == nil && (d.lease == 0 || d.attempts != task.Attempt) {
		err = store.ErrSuperseded(task)
	}
	return d, err
}

// Step implements store.Store.
func (db *DB) Step(ctx context.Context, task multivac.Task, step string, until time.Time) (err error) {
	defer multivac.Wrap(&err, "note step %q", step)
	return db.write(ctx, func(w *writer) error {
		d, err := w.leased(task)
		if err != nil {
			return err
		}
		_, err = w.exec(`UPDATE documents SET step = ?, lease = ? WHERE key = ?`, step, store.Micros(until), d.key)
		return err
	})
}

// Release implements store.Store.
func (db *DB) Release(ctx context.Context, task multivac.Task) (err error) {
	defer multivac.Wrap(&err, "release document")
	return db.write(ctx, func(w *writer) error {
		d, err := w.leased(task)
		if err != nil {
			return err
		}
		_, err = w.exec(`UPDATE documents SET attempts = attempts - 1, lease = 0 WHERE key = ?`, d.key)
		return err
	})
}

// EndLeases ends all leases, their attempts counted: for who has just opened
// the folder, and so knows that those who held them are gone. Without it, what
// they worked on would wait for the leases to run out.
func (db *DB) EndLeases(ctx context.Context) (err error) {
	defer multivac.Wrap(&err, "end leases")
	return db.write(ctx, func(w *writer) error {
		_, err := w.exec(`UPDATE documents SET lease = 0 WHERE state = 0 AND lease > 0`)
		return err
	})
}

// Fail implements store.Store.
func (db *DB) Fail(ctx context.Context, task multivac.Task, cause string, final bool, now, retry time.Time) (err error) {
	defer multivac.Wrap(&err, "note failure")
	return db.write(ctx, func(w *writer) error {
		d, err := w.leased(task)
		if err != nil {
			return err
		}
		if !final {
			_, err = w.exec(`UPDATE documents SET last_error = ?, lease = 0, due = ? WHERE key = ?`, cause, store.Micros(retry), d.key)
			return err
		}
		end, err := w.announce(d, d.revision, failed, d.hash)
		if err != nil {
			return err
		}
		_, err = w.exec(`UPDATE documents SET state = ?, last_error = ?, changed = ?, lease = 0, due = 0, failed_position = ? WHERE key = ?`,
			failed, cause, store.Micros(now), end, d.key)
		return err
	})
}

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

// setText makes the content of a revision its text, with passages.
func (w *writer) setText(content int64, p store.Publication) error {
	if !p.IsBody {
		if err := w.empty(content); err != nil {
			return err
		}
		if err := w.fill(content, []byte(p.Text)); err != nil {
			return err
		}
	}
	if _, err := w.exec(`UPDATE revisions SET title = iif(title = '', ?, title), size = ?, text = 1, segmenter = ? WHERE id = ?`, p.Title, len(p.Text), p.Segmenter, content); err != nil {
		return err
	}
	return w.cut(content, p.Passages)
}

// cut stores the passages of a revision.
func (w *writer) cut(content int64, passages []multivac.Passage) error {
	for i, one := range passages {
		if _, err := w.exec(`INSERT INTO passages (id, kind, heading, lead, start, end, sentences) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			content<<idBits+int64(i), string(one.Kind), one.Heading, one.Lead, one.Start, one.End, store.PackSpans(one.Sentences, one.Start)); err != nil {
			return err
		}
	}
	return w.enrich(content, store.PackVectors(passages))
}

// enrich stores the vectors of a revision as a group of their own.
func (w *writer) enrich(content int64, vectors []byte) error {
	if len(vectors) == 0 {
		return nil
	}
	var group int64
	if err := w.get([]any{&group}, `SELECT (coalesce(max(id), 0) >> 24) + 1 FROM vectors`); err != nil {
		return err
	}
	id := group << idBits
	for v := range slices.Chunk(vectors, multivac.VectorSize) {
		if _, err := w.exec(`INSERT INTO vectors (id, bytes) VALUES (?, ?)`, id, v); err != nil {
			return err
		}
		id++
	}
	_, err := w.exec(`UPDATE revisions SET vectors = ? WHERE id = ?`, group, content)
	return err
}

// publish makes the content of a document the published one.
func (w *writer) publish(d record, now int64) (int64, error) {
	if d.published != 0 {
		if _, err := w.exec(`UPDATE revisions SET replaced = ? WHERE id = ?`, max(now, 1), d.published); err != nil {
			return 0, err
		}
	}
	end, err := w.announce(d, d.revision, indexed, d.hash)
	if err != nil {
		return 0, err
	}
	if _, err := w.exec(`UPDATE documents SET state = ?, published = content, step = '', last_error = '', changed = ?, lease = 0, due = 0,
		position = ?, failed_position = 0 WHERE key = ?`, indexed, now, end, d.key); err != nil {
		return 0, err
	}
	_, err = w.exec(`INSERT INTO collections (name, datum) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET datum = excluded.datum WHERE datum = 0`, d.collection, d.key)
	return end, err
}

// Purge implements store.Store.
func (db *DB) Purge(ctx context.Context, before time.Time) (err error) {
	defer multivac.Wrap(&err, "purge")
	const share = 64 // revisions at a time: other writes get their turn
	for n := share; n == share; {
		err := db.write(ctx, func(w *writer) error {
			n, err = w.purge(store.Micros(before), share)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) purge(before int64, limit int) (int, error) {
	var contents []int64
	err := w.each(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		contents = append(contents, id)
		return err
	}, `SELECT id FROM revisions WHERE replaced <> 0 AND replaced < ? LIMIT ?`, before, limit)
	if err != nil {
		return 0, err
	}
	for _, id := range contents {
		if err := w.drop(id); err != nil {
			return 0, err
		}
	}
	return len(contents), nil
}
