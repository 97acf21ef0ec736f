package sqlite

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"multivac"
)

// The content of a revision is its body until it is published, and its text from
// then on. It is cut into chunks. The chunks of the revision with the id r have
// the ids r<<idBits, r<<idBits + 1, …; its passages have the same ids in their own
// table, and so have the chunks of its body where that is kept next to the text. A
// passage has no copy of its text, so it cannot differ from the document's. Even a
// text of MaxBody bytes has fewer than 1<<idBits chunks and passages.
const (
	idBits    = 24
	chunkSize = 8192 // bytes; the queries have this number, too
)

// migrations lead from each version of the schema to the next. The pragma
// user_version is the version. Add to them, and never change one.
//
//  1. the first
//  2. keys
//  3. which segmenter made the passages of a text
//  4. vectors of the passages
//  5. what waits is apart in the listing of a collection
//  6. the datum is a query; a version of the segmenter and one of the vectors;
//     places; tasks of other kinds
//  7. calibrations
//  8. what was told, next to the text
var migrations = []string{`
-- state: an index into multivac.States. Times: microseconds of Unix, 0 for none.
CREATE TABLE documents (
	key             INTEGER PRIMARY KEY,
	id              BLOB    NOT NULL UNIQUE,
	collection      TEXT    NOT NULL,
	source          TEXT    NOT NULL,
	revision        INTEGER NOT NULL,
	state           INTEGER NOT NULL,
	content         INTEGER NOT NULL, -- revisions.id of revision; 0 where deleted
	published       INTEGER NOT NULL, -- revisions.id of what is published; 0 where nothing is
	step            TEXT    NOT NULL,
	attempts        INTEGER NOT NULL,
	last_error      TEXT    NOT NULL,
	told            INTEGER NOT NULL,
	changed         INTEGER NOT NULL,
	lease           INTEGER NOT NULL, -- until when it is leased
	due             INTEGER NOT NULL, -- not to be leased before
	position        INTEGER NOT NULL, -- in the feed, of its publication or deletion; 0 for none
	failed_position INTEGER NOT NULL  -- in the feed, of its failure; 0 for none
);
CREATE INDEX documents_collection ON documents (collection, id);
CREATE INDEX documents_pending    ON documents (state, told)          WHERE state = 0; -- state, so that a count needs no row
CREATE INDEX documents_failed     ON documents (id)                   WHERE state = 2;
CREATE INDEX documents_standing   ON documents (collection, told, id) WHERE published <> 0;

CREATE TABLE revisions (
	id         INTEGER PRIMARY KEY,
	document   INTEGER NOT NULL, -- documents.key
	revision   INTEGER NOT NULL,
	hash       BLOB    NOT NULL,
	title      TEXT    NOT NULL,
	media_type TEXT    NOT NULL,
	size       INTEGER NOT NULL, -- of the content, in bytes
	text       INTEGER NOT NULL, -- 0: the content is a body, 1: a published text
	replaced   INTEGER NOT NULL  -- when its successor was published; 0 while it stands
);
CREATE UNIQUE INDEX revisions_document ON revisions (document, revision);
CREATE INDEX revisions_replaced ON revisions (replaced) WHERE replaced <> 0;

CREATE TABLE chunks (
	id    INTEGER PRIMARY KEY, -- revisions.id << 24 + number of the chunk
	bytes BLOB NOT NULL
);

CREATE TABLE passages (
	id        INTEGER PRIMARY KEY, -- revisions.id << 24 + number of the passage
	kind      TEXT    NOT NULL,
	heading   TEXT    NOT NULL,
	lead      TEXT    NOT NULL,
	start     INTEGER NOT NULL,
	end       INTEGER NOT NULL,
	sentences BLOB    NOT NULL -- of each its distance from the one before, and its length, as varints
);

-- The first document that was published and still stands; 0 for none.
CREATE TABLE collections (name TEXT PRIMARY KEY, datum INTEGER NOT NULL) WITHOUT ROWID;

-- The last publication or deletion of each document, and its last failure
-- where that came later. Older entries say nothing that these do not say.
CREATE TABLE feed (
	position INTEGER PRIMARY KEY,
	document INTEGER NOT NULL,
	revision INTEGER NOT NULL,
	state    INTEGER NOT NULL,
	hash     BLOB    NOT NULL
);
`,
	addKeys,
	addSegmenter,
	addVectors,
	splitListing,
	noteFirst + splitVersion + addPlaces + addWork,
	addCalibrations,
	addOriginals,
}

// The migration that notes of each document when it was published first, so
// that its collection's datum is a query. What was published before has 0, so
// that those told first come first; what was the datum comes before all.
const noteFirst = `
ALTER TABLE documents ADD COLUMN first INTEGER NOT NULL DEFAULT 0; -- position of the first publication, where something is published
UPDATE documents SET first = -1 WHERE key IN (SELECT datum FROM collections);
DROP TABLE collections;
DROP INDEX documents_standing;
CREATE INDEX documents_first ON documents (collection, first, told, id) WHERE published <> 0;
`

// beforeAll is the first of a document that is the datum, whatever others are
// there.
const beforeAll = -1

// datumOf is a query for the key of the datum of a collection.
func datumOf(collection string) string {
	return `(SELECT s.key FROM documents s WHERE s.published <> 0 AND s.collection = ` + collection + ` ORDER BY s.first, s.told, s.id LIMIT 1)`
}

// migrate brings the data to the newest version. It returns the version that it
// found.
func migrate(c *conn) (from int, err error) {
	if from, err = c.version(); err != nil {
		return from, err
	}
	for version := from; version < len(migrations); version++ {
		script := fmt.Sprintf("BEGIN IMMEDIATE;\n%s;\nPRAGMA user_version = %d;\nCOMMIT", migrations[version], version+1)
		if _, err := c.ExecContext(context.Background(), script); err != nil {
			return from, fmt.Errorf("bring data to version %d: %w", version+1, err)
		}
	}
	return from, nil
}

// version returns the version of the data, or an error where this program does
// not know it.
func (c *conn) version() (from int, err error) {
	if err := c.Get([]any{&from}, `PRAGMA user_version`); err != nil {
		return 0, err
	}
	if from > len(migrations) {
		return from, multivac.Errorf(multivac.ErrInvalid, "use the newer program, or a backup from before it",
			"data is of version %d, written by a newer program; this one knows versions up to %d", from, len(migrations))
	}
	return from, nil
}

// drawNumber returns the number of this database, and draws one where it has none
// yet. A copy has the same number.
func (c *conn) drawNumber() (uint32, error) {
	ctx, n := context.Background(), int32(0)
	if err := c.QueryRowContext(ctx, "PRAGMA application_id").Scan(&n); err != nil || n != 0 {
		return uint32(n), err
	}
	n = 1 + rand.Int32N(math.MaxInt32) // not 0
	if _, err := c.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", n)); err != nil {
		return 0, nil // the disk may be full; the next Open draws one
	}
	return uint32(n), nil
}

// Number returns a number that this database and its copies have, and others have
// not.
func (db *DB) Number() uint32 { return db.number }

// Migrated returns the version of the schema that Open found, and the one that it
// brought the data to. They are the same unless an older program wrote the data.
// From is 0 where there were no data.
func (db *DB) Migrated() (from, to int) { return db.found, len(migrations) }
