package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"multivac"
	"multivac/internal/store"
	"multivac/internal/store/sqlite/link"
)

// The columns that scanDocument scans, and their tables.
const (
	documentColumns = `SELECT d.id, d.collection, d.source, coalesce(r.title, ''), coalesce(r.media_type, ''), r.hash, d.revision, d.state,
	d.step, d.attempts, d.last_error, d.told, d.changed, ` + hasOriginal
	documentTables = ` FROM documents d LEFT JOIN revisions r ON r.id = d.content `
)

// A row is a sql.Row or sql.Rows.
type row interface{ Scan(dest ...any) error }

func scanDocument(r row, more ...any) (d multivac.Document, err error) {
	var id, hash []byte
	var state int
	var told, changed int64
	err = r.Scan(append([]any{&id, &d.Collection, &d.Source, &d.Title, &d.MediaType, &hash, &d.Revision, &state,
		&d.Step, &d.Attempts, &d.LastError, &told, &changed, &d.Original}, more...)...)
	if err != nil {
		return d, err
	}
	d.ID, d.Told, d.Changed = documentID(id), store.FromMicros(told), store.FromMicros(changed)
	copy(d.Hash[:], hash)
	d.State, err = stateOf(state)
	return d, err
}

// Document implements store.Store.
func (db *DB) Document(ctx context.Context, id multivac.DocumentID) (d multivac.Document, err error) {
	defer multivac.Wrap(&err, "read document")
	found := false
	var b, places []byte
	// It is one statement, so that it sees one state of the store.
	err = db.read(ctx, func(c *conn) error {
		return c.Each(func(rows *sql.Rows) (err error) {
			found = true
			var chunk sql.RawBytes
			d, err = scanDocument(rows, &places, &chunk)
			b = append(b, chunk...)
			return err
		}, documentColumns+`, coalesce(r.places, x''), c.bytes`+documentTables+`LEFT JOIN chunks c ON c.id BETWEEN d.content << 24 AND ((d.content + 1) << 24) - 1
			WHERE d.id = ? ORDER BY c.id`, rawID(id))
	})
	switch {
	case err != nil:
		return multivac.Document{}, err
	case !found:
		return d, store.ErrNeverTold(id)
	case d.State == multivac.Indexed:
		d.Text, d.Places = string(b), multivac.Places(places)
	case len(b) > 0:
		d.Body = b
	}
	return d, nil
}

// content returns the content of a revision.
func (c *conn) content(revision int64) ([]byte, error) { return c.bytes("chunks", revision) }

// bytes returns what a table of chunks has of a revision.
func (c *conn) bytes(table string, revision int64) (all []byte, err error) {
	err = c.Each(func(rows *sql.Rows) error {
		var chunk sql.RawBytes
		err := rows.Scan(&chunk)
		all = append(all, chunk...)
		return err
	}, `SELECT bytes FROM `+table+` WHERE id BETWEEN ? AND ? ORDER BY id`, revision<<idBits, (revision+1)<<idBits-1)
	return all, err
}

// Pending implements store.Store.
func (db *DB) Pending(ctx context.Context) (n int, err error) {
	defer multivac.Wrap(&err, "count pending documents")
	err = db.read(ctx, func(c *conn) error {
		return c.Get([]any{&n}, `SELECT count(*) FROM documents WHERE state = 0`)
	})
	return n, err
}

// A datum is the one that was read last. It holds until the next commit. Many
// clients only ask for the datum.
type datum struct {
	collection multivac.CollectionName
	text       string
	commits    uint64 // how many commits there were before it was read
}

func (db *DB) isClosed() bool {
	select {
	case <-db.closed:
		return true
	default:
		return false
	}
}

// maxKeptDatum is the longest datum that is kept in memory, in bytes.
const maxKeptDatum = 64 << 10

// Datum implements store.Store.
func (db *DB) Datum(ctx context.Context, collection multivac.CollectionName) (text string, err error) {
	defer multivac.Wrap(&err, "read datum")
	commits := db.commits.Load()
	if d := db.datum.Load(); d != nil && d.collection == collection && d.commits == commits && !db.isClosed() {
		return d.text, ctx.Err()
	}
	defer func() {
		if err == nil && len(text) <= maxKeptDatum {
			db.datum.Store(&datum{collection, text, commits})
		}
	}()
	err = db.snapshot(ctx, func(c *conn) error {
		var content int64
		err := c.Get([]any{&content}, `SELECT published FROM documents WHERE key = `+datumOf(`?`), string(collection))
		if errors.Is(err, sql.ErrNoRows) {
			return store.ErrNoDatum(collection)
		}
		if err != nil {
			return err
		}
		b, err := c.content(content)
		text = string(b)
		return err
	})
	return text, err
}

// Excerpts implements store.Store.
func (db *DB) Excerpts(ctx context.Context, ids []multivac.PassageID) (excerpts []multivac.Excerpt, err error) {
	defer multivac.Wrap(&err, "read passages")
	excerpts = make([]multivac.Excerpt, len(ids))
	wanted := make(batch, 0, 64*len(ids))
	for i, id := range ids {
		excerpts[i] = multivac.Excerpt{Document: id.Document, Revision: id.Revision, Passage: multivac.Passage{Number: id.Number}}
		if rawID(id.Document) != nil && id.Number >= 0 && id.Number < 1<<idBits {
			wanted.add(i, id.Document, id.Revision, id.Number)
		}
	}
	if len(wanted) == 0 {
		return excerpts, ctx.Err()
	}
	err = db.read(ctx, func(c *conn) error {
		return c.Each(func(rows *sql.Rows) error { return scanExcerpt(rows, excerpts) }, excerptsQuery, wanted.json())
	})
	for _, x := range excerpts {
		if err == nil && len(x.Text) != x.End-x.Start {
			err = link.Damaged(fmt.Errorf("passage %d is not whole", x.Number))
		}
	}
	return excerpts, err
}

// excerptsQuery has a row for each chunk of each passage, with the part of the
// chunk that is in the passage. For example, a passage from 8000 to 8300 has two
// rows: bytes 8000 to 8192 of the chunk 0, and bytes 0 to 108 of the chunk 1.
const excerptsQuery = `SELECT w.value->>0, d.source, r.title, p.kind, p.heading, p.lead, p.start, p.end, p.sentences, p.places,
	substr(c.bytes, max(p.start - (c.id - (r.id << 24)) * 8192, 0) + 1, p.end - max(p.start, (c.id - (r.id << 24)) * 8192))
FROM json_each(?) w CROSS JOIN documents d CROSS JOIN revisions r CROSS JOIN passages p CROSS JOIN chunks c
WHERE d.id = unhex(w.value->>1) AND r.document = d.key AND r.revision = w.value->>2 AND p.id = (r.id << 24) + (w.value->>3)
	AND c.id BETWEEN (r.id << 24) + p.start / 8192 AND (r.id << 24) + (p.end - 1) / 8192
ORDER BY w.id, c.id`

// scanExcerpt adds a row to the excerpt that it is of.
func scanExcerpt(rows *sql.Rows, excerpts []multivac.Excerpt) error {
	var i int
	var x multivac.Excerpt
	var spans, places, text sql.RawBytes
	err := rows.Scan(&i, &x.Source, &x.Title, &x.Kind, &x.Heading, &x.Lead, &x.Start, &x.End, &spans, &places, &text)
	if err != nil {
		return err
	}
	if before := &excerpts[i]; before.Text != "" {
		before.Text += string(text)
		return nil
	}
	x.Text, x.Places = string(text), multivac.Places(places)
	x.Document, x.Revision, x.Number = excerpts[i].Document, excerpts[i].Revision, excerpts[i].Number
	if x.Start < 0 || x.Start >= x.End {
		return link.Damaged(fmt.Errorf("passage %d is not in the text", x.Number))
	}
	x.Sentences, err = unpackSpans(spans, x.Start, x.End)
	excerpts[i] = x
	return err
}

// Quotes implements store.Store.
func (db *DB) Quotes(ctx context.Context, quotes []store.Quote) (texts []string, err error) {
	defer multivac.Wrap(&err, "read quotes")
	texts = make([]string, len(quotes))
	var wanted batch
	for i, q := range quotes {
		if rawID(q.Document) != nil && q.Span.Start >= 0 && q.Span.Start < q.Span.End {
			wanted.add(i, q.Document, q.Revision, q.Span.Start, q.Span.End)
		}
	}
	if len(wanted) == 0 {
		return texts, ctx.Err()
	}
	err = db.read(ctx, func(c *conn) error {
		return c.Each(func(rows *sql.Rows) error {
			var i int
			var part sql.RawBytes
			err := rows.Scan(&i, &part)
			texts[i] += string(part)
			return err
		}, quotesQuery, wanted.json())
	})
	if err != nil {
		return nil, err
	}
	for i, q := range quotes {
		if len(texts[i]) != q.Span.End-q.Span.Start {
			texts[i] = ""
		}
	}
	return texts, nil
}

// quotesQuery has a row for each chunk of each quote, as excerptsQuery has.
const quotesQuery = `SELECT w.value->>0,
	substr(c.bytes, max((w.value->>3) - (c.id - (r.id << 24)) * 8192, 0) + 1, (w.value->>4) - max(w.value->>3, (c.id - (r.id << 24)) * 8192))
FROM json_each(?) w CROSS JOIN documents d CROSS JOIN revisions r CROSS JOIN chunks c
WHERE d.id = unhex(w.value->>1) AND r.document = d.key AND r.revision = w.value->>2 AND r.text = 1 AND r.size >= w.value->>4
	AND c.id BETWEEN (r.id << 24) + (w.value->>3) / 8192 AND (r.id << 24) + ((w.value->>4) - 1) / 8192
ORDER BY w.id, c.id`

// A batch is the JSON array of what one statement is to read: arrays of
// [place in the answer, document, revision, numbers...].
type batch []byte

func (b *batch) add(place int, id multivac.DocumentID, revision multivac.Revision, numbers ...int) {
	j := append(*b, ',', '[')
	j = strconv.AppendInt(j, int64(place), 10)
	j = append(append(append(j, `,"`...), id...), `",`...)
	j = strconv.AppendUint(j, uint64(revision), 10)
	for _, n := range numbers {
		j = strconv.AppendInt(append(j, ','), int64(n), 10)
	}
	*b = append(j, ']')
}

func (b batch) json() string { return "[" + string(b[1:]) + "]" }
