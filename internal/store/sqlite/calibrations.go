package sqlite

import (
	"context"
	"database/sql"

	"multivac"
	"multivac/internal/store"
)

// The migration that added calibrations.
const addCalibrations = `
CREATE TABLE calibrations (
	collection TEXT    PRIMARY KEY,
	factor     REAL    NOT NULL,
	offset     REAL    NOT NULL,
	questions  INTEGER NOT NULL,
	answerable INTEGER NOT NULL,
	right      INTEGER NOT NULL,
	made       INTEGER NOT NULL,
	model      TEXT    NOT NULL,
	measures   TEXT    NOT NULL -- JSON of store.MeasuresOf
) WITHOUT ROWID;
`

// PutCalibration implements store.Store.
func (db *DB) PutCalibration(ctx context.Context, c multivac.Calibration) (err error) {
	defer multivac.Wrap(&err, "put calibration")
	measures, err := store.MeasuresOf(c)
	if err != nil {
		return err
	}
	return db.write(ctx, func(w *writer) error {
		_, err := w.Exec(`INSERT OR REPLACE INTO calibrations (collection, factor, offset, questions, answerable, right, made, model, measures)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			string(c.Collection), c.Factor, c.Offset, c.Questions, c.Answerable, c.Right, store.Micros(c.At), c.Model, string(measures))
		return err
	})
}

// Calibrations implements store.Store.
func (db *DB) Calibrations(ctx context.Context) (all []multivac.Calibration, err error) {
	defer multivac.Wrap(&err, "read calibrations")
	err = db.read(ctx, func(c *conn) error {
		return c.Each(func(rows *sql.Rows) error {
			var one multivac.Calibration
			var made int64
			var measures []byte
			err := rows.Scan(&one.Collection, &one.Factor, &one.Offset, &one.Questions, &one.Answerable, &one.Right, &made, &one.Model, &measures)
			one.At = store.FromMicros(made)
			store.SetMeasures(&one, measures)
			all = append(all, one)
			return err
		}, `SELECT collection, factor, offset, questions, answerable, right, made, model, measures FROM calibrations ORDER BY collection`)
	})
	return all, err
}

// RemoveCalibration implements store.Store.
func (db *DB) RemoveCalibration(ctx context.Context, collection multivac.CollectionName) (removed bool, err error) {
	defer multivac.Wrap(&err, "remove calibration")
	err = db.write(ctx, func(w *writer) error {
		r, err := w.Exec(`DELETE FROM calibrations WHERE collection = ?`, string(collection))
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		removed = n > 0
		return err
	})
	return removed, err
}
