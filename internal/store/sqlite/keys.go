package sqlite

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"multivac"
	"multivac/internal/store"
)

// The migration that added keys. A list is one text, with spaces between its
// words. Neither scopes nor collections have spaces in them.
const addKeys = `
CREATE TABLE keys (
	id          TEXT    PRIMARY KEY,
	hash        BLOB    NOT NULL, -- SHA-256 of the key's text
	name        TEXT    NOT NULL,
	scopes      TEXT    NOT NULL,
	collections TEXT    NOT NULL, -- '' for all
	rate        REAL    NOT NULL, -- requests per second; 0 for no limit, here and below
	burst       INTEGER NOT NULL,
	concurrent  INTEGER NOT NULL,
	created     INTEGER NOT NULL,
	expires     INTEGER NOT NULL, -- 0 for never, here and below
	last_used   INTEGER NOT NULL,
	revoked     INTEGER NOT NULL
) WITHOUT ROWID;
`

const keyColumns = `SELECT id, hash, name, scopes, collections, rate, burst, concurrent, created, expires, last_used, revoked FROM keys `

func scanKey(r row) (k multivac.Key, err error) {
	var hash []byte
	var scopes, collections string
	var created, expires, lastUsed, revoked int64
	err = r.Scan(&k.ID, &hash, &k.Name, &scopes, &collections, &k.Limits.Rate, &k.Limits.Burst, &k.Limits.Concurrent, &created, &expires, &lastUsed, &revoked)
	copy(k.Hash[:], hash)
	k.Scopes, k.Collections = words[multivac.Scope](scopes), words[multivac.CollectionName](collections)
	k.Created, k.Expires, k.LastUsed, k.Revoked = store.FromMicros(created), store.FromMicros(expires), store.FromMicros(lastUsed), store.FromMicros(revoked)
	return k, err
}

func words[S ~string](s string) (list []S) {
	for word := range strings.FieldsSeq(s) {
		list = append(list, S(word))
	}
	return list
}

func joined[S ~string](list []S) string {
	var b strings.Builder
	for i, s := range list {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(s))
	}
	return b.String()
}

// PutKey implements store.Store.
func (db *DB) PutKey(ctx context.Context, k multivac.Key) (err error) {
	defer multivac.Wrap(&err, "put key")
	return db.write(ctx, func(w *writer) error {
		r, err := w.Exec(`INSERT INTO keys (id, hash, name, scopes, collections, rate, burst, concurrent, created, expires, last_used, revoked)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
			string(k.ID), k.Hash[:], k.Name, joined(k.Scopes), joined(k.Collections), k.Limits.Rate, k.Limits.Burst, k.Limits.Concurrent,
			store.Micros(k.Created), store.Micros(k.Expires), store.Micros(k.LastUsed), store.Micros(k.Revoked))
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return store.ErrKeyThere(k.ID)
	})
}

// Keys implements store.Store.
func (db *DB) Keys(ctx context.Context) (keys []multivac.Key, err error) {
	defer multivac.Wrap(&err, "read keys")
	err = db.read(ctx, func(c *conn) error {
		return c.Each(func(rows *sql.Rows) error {
			k, err := scanKey(rows)
			keys = append(keys, k)
			return err
		}, keyColumns+`ORDER BY created, id`)
	})
	return keys, err
}

// RevokeKey implements store.Store.
func (db *DB) RevokeKey(ctx context.Context, id multivac.KeyID, now time.Time) (k multivac.Key, err error) {
	defer multivac.Wrap(&err, "revoke key")
	err = db.write(ctx, func(w *writer) error {
		if _, err := w.Exec(`UPDATE keys SET revoked = ? WHERE id = ? AND revoked = 0`, store.Micros(now), string(id)); err != nil {
			return err
		}
		found := false
		err := w.Each(func(rows *sql.Rows) (err error) {
			found = true
			k, err = scanKey(rows)
			return err
		}, keyColumns+`WHERE id = ?`, string(id))
		if err == nil && !found {
			err = store.ErrNoKey(id)
		}
		return err
	})
	return k, err
}

// TouchKeys implements store.Store.
func (db *DB) TouchKeys(ctx context.Context, used map[multivac.KeyID]time.Time) (err error) {
	defer multivac.Wrap(&err, "note the use of keys")
	if len(used) == 0 {
		return nil
	}
	return db.write(ctx, func(w *writer) error {
		for id, at := range used {
			if _, err := w.Exec(`UPDATE keys SET last_used = max(last_used, ?) WHERE id = ?`, store.Micros(at), string(id)); err != nil {
				return err
			}
		}
		return nil
	})
}
