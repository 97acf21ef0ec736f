package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"multivac"
	"multivac/internal/store"
)

// A record is what a write needs to know of a document.
type record struct {
	key                      int64
	id                       []byte
	collection               string
	revision                 int64
	state                    int
	content, published       int64
	due                      int64
	first                    int64 // position of the first publication, where something is published
	position, failedPosition int64
	hash                     []byte // of the revision whose id is content
}

// find returns the record of a document, and false where it was never told.
func (w *writer) find(id []byte) (d record, found bool, err error) {
	d.id = id
	err = w.Get([]any{&d.key, &d.collection, &d.revision, &d.state, &d.content, &d.published, &d.due, &d.first, &d.position, &d.failedPosition, &d.hash},
		`SELECT d.key, d.collection, d.revision, d.state, d.content, d.published, d.due, d.first, d.position, d.failed_position, r.hash
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
		if same, err := w.same(d, t, hash); err != nil || same {
			return unchanged(receipt, d), err
		}
		if err := w.succeed(d, content, now); err != nil {
			return receipt, err
		}
		key, receipt.Revision = d.key, multivac.Revision(d.revision+1)
	}
	if _, err := w.Exec(`INSERT INTO revisions (id, document, revision, hash, title, media_type, size, text, replaced) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)`,
		content, key, int64(receipt.Revision), hash[:], t.Title, mediaType, len(t.Body)); err != nil {
		return receipt, err
	}
	return receipt, w.fill(content, t.Body)
}

// add makes a document pending at its first revision. Where it was told before,
// add changes nothing. Most documents are told once, and need no query before.
func (w *writer) add(t multivac.Telling, id []byte, content, now int64) (key int64, added bool, err error) {
	r, err := w.Exec(`INSERT INTO documents
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

// same reports whether a telling changes nothing.
func (w *writer) same(d record, t multivac.Telling, hash multivac.ContentHash) (bool, error) {
	if d.state != pending && d.state != indexed || string(d.hash) != string(hash[:]) {
		return false, nil
	}
	kept := true
	if !t.Keep {
		return kept, nil
	}
	err := w.Get([]any{&kept}, `SELECT `+hasOriginal+` FROM revisions r WHERE r.id = ?`, d.content)
	return kept, err
}

// unchanged completes the receipt of a telling that changes nothing.
func unchanged(r multivac.Receipt, d record) multivac.Receipt {
	r.Revision, r.State, r.Changed = multivac.Revision(d.revision), multivac.States[d.state], false
	if d.state == indexed {
		r.Position = position(d.position)
	}
	return r
}

// succeed makes a document pending at its next revision, which has that content.
func (w *writer) succeed(d record, content, now int64) error {
	if d.content != 0 && d.content != d.published {
		if err := w.drop(d.content); err != nil {
			return err
		}
	}
	_, err := w.Exec(`UPDATE documents SET revision = ?, state = 0, content = ?, step = '', attempts = 0, last_error = '',
		told = ?, changed = ?, lease = 0, due = 0 WHERE key = ?`, d.revision+1, content, now, now, d.key)
	return err
}

// nextContent returns an id for a new row of revisions.
func (w *writer) nextContent() int64 {
	w.content++
	return w.content
}

func (w *writer) insert(query string, args ...any) (int64, error) {
	r, err := w.Exec(query, args...)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// fill stores the content of a revision.
func (w *writer) fill(content int64, b []byte) error { return w.fillIn("chunks", content, b) }

// fillIn stores the chunks of a revision in a table of chunks.
func (w *writer) fillIn(table string, content int64, b []byte) error {
	for id := content << idBits; len(b) > 0; id++ {
		n := min(len(b), chunkSize)
		if _, err := w.Exec(`INSERT INTO `+table+` (id, bytes) VALUES (?, ?)`, id, b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// drop removes a revision with its content, its original and its passages.
func (w *writer) drop(content int64) error {
	if err := w.empty(content); err != nil {
		return err
	}
	if err := w.dropOriginal(content); err != nil {
		return err
	}
	if err := w.dropPassages(content); err != nil {
		return err
	}
	w.forgot = true
	_, err := w.Exec(`DELETE FROM revisions WHERE id = ?`, content)
	return err
}

// dropPassages removes the passages of a revision and their vectors.
func (w *writer) dropPassages(content int64) error {
	if _, err := w.Exec(`DELETE FROM passages WHERE id BETWEEN ? AND ?`, content<<idBits, (content+1)<<idBits-1); err != nil {
		return err
	}
	return w.dropVectorsOf(content)
}

// dropVectorsOf removes the vectors of a revision.
func (w *writer) dropVectorsOf(content int64) error {
	var group int64
	err := w.Get([]any{&group}, `SELECT vectors FROM revisions WHERE id = ?`, content)
	if errors.Is(err, sql.ErrNoRows) || err == nil && group == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if err := w.dropVectors(group); err != nil {
		return err
	}
	_, err = w.Exec(`UPDATE revisions SET vectors = 0 WHERE id = ?`, content)
	return err
}

// dropVectors removes a group of vectors.
func (w *writer) dropVectors(group int64) error {
	_, err := w.Exec(`DELETE FROM vectors WHERE id BETWEEN ? AND ?`, group<<idBits, (group+1)<<idBits-1)
	return err
}

// empty removes the content of a revision.
func (w *writer) empty(content int64) error {
	_, err := w.Exec(`DELETE FROM chunks WHERE id BETWEEN ? AND ?`, content<<idBits, (content+1)<<idBits-1)
	return err
}

// announce adds an entry about a document to the feed, and returns its position.
// It removes the entries that the new one makes void.
func (w *writer) announce(d record, revision int64, state int, hash []byte) (int64, error) {
	void := []int64{d.position, d.failedPosition}
	if state == failed {
		void = void[1:] // what was published before stays published
	}
	for _, p := range void {
		if p == 0 {
			continue
		}
		if _, err := w.Exec(`DELETE FROM feed WHERE position = ? AND document = ?`, p, d.key); err != nil {
			return 0, err
		}
	}
	w.position++
	_, err := w.Exec(`INSERT INTO feed (position, document, revision, state, hash) VALUES (?, ?, ?, ?, ?)`,
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
		if err := w.Get([]any{&r.Source}, `SELECT source FROM documents WHERE key = ?`, d.key); err != nil {
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

// delete removes all revisions of a document and marks it deleted.
func (w *writer) delete(d record, now int64) (int64, error) {
	var contents []int64
	err := w.Each(func(rows *sql.Rows) error {
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
	_, err = w.Exec(`UPDATE documents SET revision = ?, state = ?, content = 0, published = 0, step = '', attempts = 0, last_error = '',
		changed = ?, lease = 0, due = 0, position = ?, failed_position = 0 WHERE key = ?`, d.revision+1, deleted, now, end, d.key)
	return end, err
}

// pending returns the record of a task's document, or ErrSuperseded where it is no
// longer pending at the task's revision.
func (w *writer) pending(task multivac.Task) (record, error) {
	d, found, err := w.find(rawID(task.Document))
	if err == nil && (!found || d.state != pending || d.revision != int64(task.Revision)) {
		err = store.ErrSuperseded(task)
	}
	return d, err
}

// Purge implements store.Store.
func (db *DB) Purge(ctx context.Context, before time.Time) (err error) {
	defer multivac.Wrap(&err, "purge")
	const batchRevisions = 64 // in one write, so that other writes get their turn
	for n := batchRevisions; n == batchRevisions; {
		err := db.write(ctx, func(w *writer) error {
			n, err = w.purge(store.Micros(before), batchRevisions)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// purge removes up to limit revisions that were replaced before the time, and
// returns how many.
func (w *writer) purge(before int64, limit int) (int, error) {
	var contents []int64
	err := w.Each(func(rows *sql.Rows) error {
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
