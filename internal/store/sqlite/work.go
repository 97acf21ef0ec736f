package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"multivac"
	"multivac/internal/store"
)

// The migration that makes room for the tasks of other kinds than reading a
// document. The columns that documents has, too, mean the same there, so that
// the statements of a lease are the same for both.
const addWork = `
CREATE TABLE work (
	kind       TEXT    NOT NULL,
	id         TEXT    NOT NULL, -- of the subject
	revision   INTEGER NOT NULL,
	state      INTEGER NOT NULL, -- pending or failed
	step       TEXT    NOT NULL,
	attempts   INTEGER NOT NULL,
	last_error TEXT    NOT NULL,
	told       INTEGER NOT NULL,
	changed    INTEGER NOT NULL,
	lease      INTEGER NOT NULL,
	due        INTEGER NOT NULL,
	PRIMARY KEY (kind, id)
);
CREATE INDEX work_pending ON work (kind, told) WHERE state = 0;
`

// A lane is where the tasks of a kind are kept: a table, and the condition that
// finds the row of a task in it by ?1 and ?2, its kind and subject.
type lane struct{ table, row, pending string }

var (
	documentLane = lane{"documents", `id = ?2`, `state = 0`}
	otherLane    = lane{"work", `kind = ?1 AND id = ?2`, `state = 0 AND kind = ?1`}
)

func laneOf(kind multivac.TaskKind) lane {
	if kind == multivac.ReadDocument {
		return documentLane
	}
	return otherLane
}

// subject returns ?1 and ?2 of the statements about a task.
func subject(task multivac.Task) (kind string, id any) {
	if task.Kind == multivac.ReadDocument {
		return "", rawID(task.Document)
	}
	return string(task.Kind), string(task.Document)
}

// AddTask implements store.Store.
func (db *DB) AddTask(ctx context.Context, task multivac.Task, now time.Time) (err error) {
	defer multivac.Wrap(&err, "add task")
	if task.Kind == multivac.ReadDocument {
		return store.ErrReadDocument()
	}
	return db.write(ctx, func(w *writer) error {
		_, err := w.Exec(`INSERT INTO work (kind, id, revision, state, step, attempts, last_error, told, changed, lease, due)
			VALUES (?1, ?2, ?3, 0, '', 0, '', ?4, ?4, 0, 0)
			ON CONFLICT (kind, id) DO UPDATE SET revision = ?3, state = 0, step = '', attempts = 0, last_error = '',
				told = ?4, changed = ?4, lease = 0, due = 0 WHERE revision < ?3`,
			string(task.Kind), string(task.Document), int64(task.Revision), store.Micros(now))
		return err
	})
}

// EndTask implements store.Store.
func (db *DB) EndTask(ctx context.Context, task multivac.Task) (err error) {
	defer multivac.Wrap(&err, "end task")
	if task.Kind == multivac.ReadDocument {
		return store.ErrReadDocument()
	}
	return db.write(ctx, func(w *writer) error {
		r, err := w.Exec(`DELETE FROM work WHERE kind = ? AND id = ? AND revision = ?`, string(task.Kind), string(task.Document), int64(task.Revision))
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return store.ErrSuperseded(task)
	})
}

// Due implements store.Store.
func (db *DB) Due(ctx context.Context, kind multivac.TaskKind, now time.Time, limit int) (tasks []multivac.Task, err error) {
	defer multivac.Wrap(&err, "list what is due")
	of := laneOf(kind)
	err = db.read(ctx, func(c *conn) error {
		return c.Each(func(rows *sql.Rows) error {
			t := multivac.Task{Kind: kind}
			var id []byte
			err := rows.Scan(&id, &t.Revision, &t.Attempt)
			if t.Document = multivac.DocumentID(id); kind == multivac.ReadDocument {
				t.Document = documentID(id)
			}
			tasks = append(tasks, t)
			return err
		}, `SELECT id, revision, attempts FROM `+of.table+` WHERE `+of.pending+` AND lease <= ?2 AND due <= ?2 ORDER BY told, rowid LIMIT ?3`,
			string(kind), store.Micros(now), limit)
	})
	return tasks, err
}

// Lease implements store.Store. The writer has just written the document and
// knows its pages, so it reads what fits into a chunk. The caller's goroutine
// reads more than that, so that other writes need not wait.
func (db *DB) Lease(ctx context.Context, task multivac.Task, now, until time.Time) (_ multivac.Task, doc multivac.Document, err error) {
	defer multivac.Wrap(&err, "lease document")
	lease := (*writer).lease
	if task.Kind != multivac.ReadDocument {
		lease = (*writer).leaseOther
	}
	var size int
	err = db.write(ctx, func(w *writer) (err error) {
		doc, size, err = lease(w, task, store.Micros(now), store.Micros(until))
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
	err = w.Each(func(rows *sql.Rows) (err error) {
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
	_, err = w.Exec(`UPDATE documents SET attempts = ?, lease = ? WHERE key = ?`, d.Attempts, until, key)
	return d, size, err
}

// leaseOther is lease for a task of another kind.
func (w *writer) leaseOther(task multivac.Task, now, until int64) (d multivac.Document, _ int, err error) {
	kind, id := subject(task)
	var state int
	var told, changed, leased, due int64
	err = w.Get([]any{&d.Revision, &state, &d.Step, &d.Attempts, &d.LastError, &told, &changed, &leased, &due},
		`SELECT revision, state, step, attempts, last_error, told, changed, lease, due FROM work WHERE kind = ? AND id = ?`, kind, id)
	if errors.Is(err, sql.ErrNoRows) || err == nil && (state != pending || d.Revision != task.Revision || leased > now || due > now) {
		err = store.ErrSuperseded(task)
	}
	if err != nil {
		return d, 0, err
	}
	d.Attempts++
	d.State, d.Told, d.Changed = multivac.Pending, store.FromMicros(told), store.FromMicros(changed)
	_, err = w.Exec(`UPDATE work SET attempts = ?3, lease = ?4 WHERE kind = ?1 AND id = ?2`, kind, id, d.Attempts, until)
	return d, 0, err
}

// holds returns ErrSuperseded where the task is done or its lease is lost.
func (w *writer) holds(task multivac.Task) error {
	of := laneOf(task.Kind)
	kind, id := subject(task)
	var held bool
	err := w.Get([]any{&held}, `SELECT revision = ?3 AND state = 0 AND lease <> 0 AND attempts = ?4 FROM `+of.table+` WHERE `+of.row,
		kind, id, int64(task.Revision), task.Attempt)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !held {
		return store.ErrSuperseded(task)
	}
	return err
}

// update sets columns of the row of a task whose lease is not lost. In set, the
// arguments begin with ?3.
func (db *DB) update(ctx context.Context, task multivac.Task, set string, args ...any) error {
	of := laneOf(task.Kind)
	kind, id := subject(task)
	return db.write(ctx, func(w *writer) error {
		if err := w.holds(task); err != nil {
			return err
		}
		_, err := w.Exec(`UPDATE `+of.table+` SET `+set+` WHERE `+of.row, append([]any{kind, id}, args...)...)
		return err
	})
}

// Step implements store.Store.
func (db *DB) Step(ctx context.Context, task multivac.Task, step string, until time.Time) (err error) {
	defer multivac.Wrap(&err, "note step %q", step)
	return db.update(ctx, task, `step = ?3, lease = ?4`, step, store.Micros(until))
}

// Release implements store.Store.
func (db *DB) Release(ctx context.Context, task multivac.Task) (err error) {
	defer multivac.Wrap(&err, "release document")
	return db.update(ctx, task, `attempts = attempts - 1, lease = 0`)
}

// Fail implements store.Store.
func (db *DB) Fail(ctx context.Context, task multivac.Task, cause string, final bool, now, retry time.Time) (err error) {
	defer multivac.Wrap(&err, "note failure")
	switch {
	case !final:
		return db.update(ctx, task, `last_error = ?3, lease = 0, due = ?4`, cause, store.Micros(retry))
	case task.Kind != multivac.ReadDocument:
		return db.update(ctx, task, `state = ?3, last_error = ?4, changed = ?5, lease = 0, due = 0`, failed, cause, store.Micros(now))
	}
	return db.write(ctx, func(w *writer) error {
		if err := w.holds(task); err != nil {
			return err
		}
		d, err := w.pending(task)
		if err != nil {
			return err
		}
		end, err := w.announce(d, d.revision, failed, d.hash)
		if err != nil {
			return err
		}
		_, err = w.Exec(`UPDATE documents SET state = ?, last_error = ?, changed = ?, lease = 0, due = 0, failed_position = ? WHERE key = ?`,
			failed, cause, store.Micros(now), end, d.key)
		return err
	})
}

// EndLeases ends all leases. Their attempts count. It is for a caller that has
// just opened the folder, and so knows that the holders of the leases are gone.
// Without it, what they worked on would wait until the leases end.
func (db *DB) EndLeases(ctx context.Context) (err error) {
	defer multivac.Wrap(&err, "end leases")
	return db.write(ctx, func(w *writer) error {
		if _, err := w.Exec(`UPDATE work SET lease = 0 WHERE state = 0 AND lease > 0`); err != nil {
			return err
		}
		_, err := w.Exec(`UPDATE documents SET lease = 0 WHERE state = 0 AND lease > 0`)
		return err
	})
}
