package sqlite

import (
	"context"
	"database/sql"
	"strconv"

	"multivac"
	"multivac/internal/store"
)

// The migration that makes a telling cheaper. Identifiers come in no order, so each
// new document changes another page of an index by identifier, and a commit has to
// write all of these pages. So a pending document is only in an index in the order
// of telling. It gets its place among the identifiers when it is published.
const splitListing = `
DROP INDEX documents_collection;
CREATE INDEX documents_settled ON documents (collection, id) WHERE state <> 0;
CREATE INDEX documents_waiting ON documents (collection)     WHERE state = 0; -- in it, by key
`

// maxSorted is how many pending documents are sorted for each page of a listing.
// Where more are pending, the listing walks through the identifiers of all
// documents, and finds pending ones often enough: among a million documents, at
// least one in 60.
const maxSorted = 16 << 10

// Documents implements store.Store.
func (db *DB) Documents(ctx context.Context, list multivac.Listing) (page multivac.Page, err error) {
	defer multivac.Wrap(&err, "list documents")
	after := rawID(multivac.DocumentID(list.Cursor))
	if after == nil {
		if list.Cursor != "" {
			return page, store.ErrNoCursor(list.Cursor)
		}
		after = []byte{}
	}
	limit := list.Limit
	if limit <= 0 {
		limit = 100
	}
	if list.State != "" && stateCode(list.State) < 0 {
		return page, store.ErrNoState(list.State)
	}
	err = db.read(ctx, func(c *conn) error {
		where, err := c.listed(list.Collection, list.State)
		if err != nil {
			return err
		}
		return c.Each(func(rows *sql.Rows) error {
			d, err := scanDocument(rows)
			page.Documents = append(page.Documents, d)
			return err
		}, documentColumns+documentTables+`WHERE `+where+` ORDER BY d.id LIMIT ?3`, string(list.Collection), after, limit+1)
	})
	if len(page.Documents) > limit {
		page.Documents = page.Documents[:limit]
		page.Next = string(page.Documents[limit-1].ID)
	}
	return page, err
}

// listed returns the condition for the documents d of a listing: those of the
// collection ?1 with identifiers after ?2. A page has the first ?3 of them. The
// state is in the text, and no parameter, because SQLite uses a partial index only
// then. A plus before a column keeps its index from being used.
func (c *conn) listed(collection multivac.CollectionName, state multivac.State) (where string, err error) {
	is, of := `state <> `+strconv.Itoa(deleted), ``
	if state != "" {
		is = `state = ` + strconv.Itoa(stateCode(state))
	}
	if collection != "" {
		of = ` AND collection = ?1`
	}
	switch waits := state == "" || state == multivac.Pending; {
	case collection == "" && state != multivac.Pending:
		return is + ` AND d.id > ?2`, nil
	case !waits:
		return `state <> 0 AND ` + is + of + ` AND d.id > ?2`, nil
	}
	const waiting = `documents INDEXED BY documents_waiting WHERE state = 0`
	var many bool
	err = c.Get([]any{&many}, `SELECT count(*) > ?2 FROM (SELECT 1 FROM `+waiting+of+` LIMIT ?2 + 1)`, string(collection), maxSorted)
	if err != nil || many {
		return `+` + is + ` AND ?1 IN ('', collection) AND d.id > ?2`, err
	}
	first := func(from string) string {
		return `SELECT key FROM (SELECT key, id FROM ` + from + of + ` AND id > ?2 ORDER BY id LIMIT ?3)`
	}
	keys := first(waiting)
	if state == "" {
		keys += ` UNION ALL ` + first(`documents WHERE state <> 0 AND `+is)
	}
	return `d.key IN (` + keys + `)`, nil
}
