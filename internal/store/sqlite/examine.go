package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"multivac"
	"multivac/internal/store"
)

// A rule is what must be true of the tables. Its query finds what breaks the rule.
// A row of it has what mend takes, and the document's identifier or NULL.
type rule struct {
	problem string
	query   string
	mend    func(w *writer, id int64) error
	mended  string
}

// rules returns all rules. In their queries, ?1 is the latest time to which a
// lease or a retry may be set.
func rules(now int64) []rule {
	lose := func(w *writer, key int64) error { return w.lose(key, now) }
	return []rule{
		{"a text or body belongs to no document", `SELECT r.id, d.id FROM revisions r LEFT JOIN documents d ON d.key = r.document
		WHERE d.key IS NULL OR r.id <> d.content AND r.id <> d.published AND r.replaced = 0`, (*writer).drop, "dropped"},
		{"a piece of text belongs to nothing", `SELECT DISTINCT id >> 24, NULL FROM chunks WHERE id >> 24 NOT IN (SELECT id FROM revisions)`, (*writer).drop, "dropped"},
		{"a passage belongs to nothing", `SELECT DISTINCT id >> 24, NULL FROM passages WHERE id >> 24 NOT IN (SELECT id FROM revisions WHERE text = 1)`, (*writer).uncut, "dropped"},
		{"vectors belong to nothing", `SELECT DISTINCT id >> 24, NULL FROM vectors WHERE id >> 24 NOT IN (SELECT vectors FROM revisions WHERE text = 1)`, (*writer).dropVectors, "dropped"},
		{"what was told belongs to nothing", `SELECT DISTINCT id >> 24, NULL FROM originals WHERE id >> 24 NOT IN (SELECT id FROM revisions WHERE original <> 0)`, (*writer).dropOriginal, "dropped"},
		{"what was told of it is lost, its text is there", `SELECT r.id, d.id FROM revisions r LEFT JOIN documents d ON d.key = r.document
		WHERE r.original <> 0 AND r.original <> ` + originalSize, (*writer).dropOriginal, "kept no more"},
		{"its text is lost", `SELECT d.key, d.id FROM documents d LEFT JOIN revisions r ON r.id = d.content AND r.document = d.key
		WHERE d.state <> 3 AND d.published IN (0, d.content) AND (r.id IS NULL OR r.text <> (d.state = 1) OR r.size <> ` + contentSize + `)`,
			lose, "forgotten, so that it can be told again"},
		{"what was told last is lost, what was told before is there; delete it and tell it again", `SELECT d.key, d.id FROM documents d
		LEFT JOIN revisions r ON r.id = d.content AND r.document = d.key
		WHERE d.published NOT IN (0, d.content) AND (r.id IS NULL OR r.text <> 0 OR r.size <> ` + contentSize + `)`, nil, ""},
		{"what is published of it is lost", `SELECT d.key, d.id FROM documents d LEFT JOIN revisions r ON r.id = d.published AND r.document = d.key
		WHERE d.published NOT IN (0, d.content) AND (r.id IS NULL OR r.text <> 1 OR r.size <> ` + contentSize + `)`, (*writer).unpublish, "published no more"},
		{"it is deleted, and something of it is there", `SELECT d.key, d.id FROM documents d WHERE d.state = 3 AND (d.content <> 0 OR d.published <> 0)`, lose, "forgotten"},
		{"it is indexed, and another revision is published", `SELECT d.key, d.id FROM documents d WHERE d.state = 1 AND d.published <> d.content`, lose, "forgotten, so that it can be told again"},
		{"the feed has an entry of nothing", `SELECT f.position, d.id FROM feed f LEFT JOIN documents d ON d.key = f.document
		WHERE d.key IS NULL OR f.position NOT IN (d.position, d.failed_position)`, (*writer).silence, "dropped"},
		{"the feed does not say what is published of it", `SELECT d.key, d.id FROM documents d LEFT JOIN revisions r ON r.id = d.published
		WHERE (d.published <> 0 OR d.state = 3) AND NOT EXISTS (SELECT 1 FROM feed f WHERE f.position = d.position AND f.document = d.key
			AND f.state = iif(d.state = 3, 3, 1) AND f.revision = iif(d.state = 3, d.revision, r.revision))`, (*writer).announceAgain, "said"},
		{"the feed does not say that it has failed", `SELECT d.key, d.id FROM documents d WHERE d.state = 2 AND NOT EXISTS (SELECT 1 FROM feed f
			WHERE f.position = d.failed_position AND f.document = d.key AND f.state = 2 AND f.revision = d.revision)`, (*writer).failAgain, "said"},
		{"it is leased or put off for too long", `SELECT d.key, d.id FROM documents d WHERE d.state = 0 AND max(d.lease, d.due) > ?1`, (*writer).free, "due at once"},
		{"a task is leased or put off for too long", `SELECT rowid, NULL FROM work WHERE state = 0 AND max(lease, due) > ?1`, (*writer).freeOther, "due at once"},
	}
}

// contentSize is the size of the content of a revision r, as its chunks have it.
const contentSize = `(SELECT coalesce(sum(length(c.bytes)), 0) FROM chunks c WHERE c.id BETWEEN r.id << 24 AND (r.id << 24) + 16777215)`

// originalSize is the same of what is kept next to it.
const originalSize = `(SELECT coalesce(sum(length(o.bytes)), 0) FROM originals o WHERE o.id BETWEEN r.id << 24 AND (r.id << 24) + 16777215)`

// maxDelay is the longest that a lease or the wait for a retry may be.
const maxDelay = 24 * time.Hour

// Examine implements store.Store.
func (db *DB) Examine(ctx context.Context, repair bool, now time.Time, report func(multivac.Fault)) (err error) {
	defer multivac.Wrap(&err, "examine the database")
	if away := db.InPlace(); away != nil {
		report(multivac.Fault{Problem: away.Error()})
	}
	if err := db.integrity(ctx, repair, report); err != nil {
		return err
	}
	for _, r := range rules(store.Micros(now)) {
		if err := db.examine(ctx, r, repair, store.Micros(now.Add(maxDelay)), report); err != nil {
			return fmt.Errorf("whether %s: %w", r.problem, err)
		}
	}
	if err := db.examinePassages(ctx, repair, report); err != nil || !repair {
		return err
	}
	return db.rewriteWhole(ctx)
}

// integrity has SQLite check its file. It can repair an index. Anything else needs
// a backup.
func (db *DB) integrity(ctx context.Context, repair bool, report func(multivac.Fault)) error {
	problems, err := db.integrityProblems(ctx)
	if err != nil || len(problems) == 0 {
		return err
	}
	var left map[string]bool
	if repair {
		if err := db.write(ctx, func(w *writer) error { _, err := w.Exec(`REINDEX`); return err }); err != nil {
			return err
		}
		after, err := db.integrityProblems(ctx)
		if err != nil {
			return err
		}
		left = make(map[string]bool, len(after))
		for _, p := range after {
			left[p] = true
		}
	}
	for _, p := range problems {
		f := multivac.Fault{Problem: "database file: " + p}
		if repair && !left[p] {
			f.Repair = "indexes made anew"
		}
		report(f)
	}
	return nil
}

func (db *DB) integrityProblems(ctx context.Context) (problems []string, err error) {
	err = db.read(ctx, func(c *conn) error {
		return c.Each(func(rows *sql.Rows) error {
			var p string
			err := rows.Scan(&p)
			if p != "ok" {
				problems = append(problems, p)
			}
			return err
		}, `PRAGMA integrity_check`)
	})
	return problems, err
}

// A broken is what breaks a rule.
type broken struct {
	id       int64 // what mend takes
	document multivac.DocumentID
}

// examine checks one rule.
func (db *DB) examine(ctx context.Context, r rule, repair bool, latest int64, report func(multivac.Fault)) error {
	all, err := db.breaks(ctx, r, latest)
	if err != nil {
		return err
	}
	for _, one := range all {
		f := multivac.Fault{Document: one.document, Problem: r.problem}
		if repair && r.mend != nil {
			if err := db.write(ctx, func(w *writer) error { return r.mend(w, one.id) }); err != nil {
				return err
			}
			f.Repair = r.mended
		}
		report(f)
	}
	return nil
}

// breaks returns what breaks a rule.
func (db *DB) breaks(ctx context.Context, r rule, latest int64) (all []broken, err error) {
	var args []any
	if strings.Contains(r.query, "?1") {
		args = []any{latest}
	}
	err = db.read(ctx, func(c *conn) error {
		return c.Each(func(rows *sql.Rows) error {
			var one broken
			var id []byte
			err := rows.Scan(&one.id, &id)
			if id != nil {
				one.document = documentID(id)
			}
			all = append(all, one)
			return err
		}, r.query, args...)
	})
	return all, err
}

// examinePassages checks that the passages of what is published quote its text and
// are numbered without gaps.
func (db *DB) examinePassages(ctx context.Context, repair bool, report func(multivac.Fault)) error {
	for after := int64(0); ; {
		var id []byte
		var broken error
		var content int64
		err := db.snapshot(ctx, func(c *conn) error {
			err := c.Get([]any{&after, &id, &content}, `SELECT d.key, d.id, d.published FROM documents d JOIN revisions r ON r.id = d.published
				WHERE d.key > ? ORDER BY d.key LIMIT 1`, after)
			if err == nil {
				broken = c.checkPassages(content)
			}
			return err
		})
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return nil
		case err != nil:
			return err
		case broken == nil:
			continue
		}
		f := multivac.Fault{Document: documentID(id), Problem: "its passages are broken: " + broken.Error()}
		if repair {
			if err := db.write(ctx, func(w *writer) error { return w.uncut(content) }); err != nil {
				return err
			}
			f.Repair = "dropped, to be cut anew from the text"
		}
		report(f)
	}
}

func (c *conn) checkPassages(content int64) error {
	text, passages, _, err := c.textOf(content)
	if err != nil {
		return err
	}
	var last int64
	if err := c.Get([]any{&last}, `SELECT coalesce(max(id), ?1 - 1) - ?1 FROM passages WHERE id BETWEEN ?1 AND ?2`,
		content<<idBits, (content+1)<<idBits-1); err != nil {
		return err
	}
	if last != int64(len(passages)-1) {
		return fmt.Errorf("there are %d, the last has the number %d", len(passages), last)
	}
	for _, p := range passages {
		if err := p.Validate(text); err != nil {
			return err
		}
	}
	return nil
}

// uncut drops the passages of a revision, so that it is outdated.
func (w *writer) uncut(content int64) error {
	if err := w.dropPassages(content); err != nil {
		return err
	}
	_, err := w.Exec(`UPDATE revisions SET segmenter = 0, encoder = 0 WHERE id = ?`, content)
	return err
}

func (w *writer) byKey(key int64) (record, error) {
	var id []byte
	if err := w.Get([]any{&id}, `SELECT id FROM documents WHERE key = ?`, key); err != nil {
		return record{}, err
	}
	d, _, err := w.find(id)
	return d, err
}

// lose deletes a document that has no text left to quote.
func (w *writer) lose(key, now int64) error {
	d, err := w.byKey(key)
	if err != nil {
		return err
	}
	_, err = w.delete(d, now)
	return err
}

// unpublish leaves of a document only what was told last.
func (w *writer) unpublish(key int64) error {
	d, err := w.byKey(key)
	if err != nil {
		return err
	}
	if err := w.drop(d.published); err != nil {
		return err
	}
	if _, err := w.Exec(`DELETE FROM feed WHERE position = ? AND document = ?`, d.position, key); err != nil {
		return err
	}
	_, err = w.Exec(`UPDATE documents SET published = 0, position = 0 WHERE key = ?`, key)
	return err
}

func (w *writer) silence(position int64) error {
	_, err := w.Exec(`DELETE FROM feed WHERE position = ?`, position)
	return err
}

// announceAgain adds to the feed what is published of a document.
func (w *writer) announceAgain(key int64) error {
	d, err := w.byKey(key)
	if err != nil {
		return err
	}
	revision, state, hash := d.revision, deleted, make([]byte, len(multivac.ContentHash{}))
	if d.published != 0 {
		state = indexed
		if err := w.Get([]any{&revision, &hash}, `SELECT revision, hash FROM revisions WHERE id = ?`, d.published); err != nil {
			return err
		}
	}
	d.failedPosition = 0 // the entry of a failure stays
	end, err := w.announce(d, revision, state, hash)
	if err != nil {
		return err
	}
	_, err = w.Exec(`UPDATE documents SET position = ? WHERE key = ?`, end, key)
	return err
}

func (w *writer) failAgain(key int64) error {
	d, err := w.byKey(key)
	if err != nil {
		return err
	}
	end, err := w.announce(d, d.revision, failed, d.hash)
	if err != nil {
		return err
	}
	_, err = w.Exec(`UPDATE documents SET failed_position = ? WHERE key = ?`, end, key)
	return err
}

func (w *writer) free(key int64) error {
	_, err := w.Exec(`UPDATE documents SET lease = 0, due = 0 WHERE key = ?`, key)
	return err
}

func (w *writer) freeOther(row int64) error {
	_, err := w.Exec(`UPDATE work SET lease = 0, due = 0 WHERE rowid = ?`, row)
	return err
}
