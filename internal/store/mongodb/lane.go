package mongodb

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
	"multivac/internal/store"
	"multivac/internal/store/mongodb/link"
)

const (
	maxGroup      = 100                  // changes in a transaction
	maxWeight     = 16 << 20             // bytes of their pieces
	changeTimeout = 10 * time.Second     // how long a change waits for its turn
	workTimeout   = time.Minute          // how long what a worker has made waits for it
	lostPause     = 3 * time.Millisecond // pause after another process was faster for every change of a group
)

// A change is a write of one row.
type change struct {
	id string
	// plan changes the row as it is now, and reports whether it did. It is
	// called again if another write was first. So each call has to set every
	// other result again, in c or for the caller.
	plan func(c *change, r *row) (changed bool, err error)
	// fresh is set by plan: pieces that have to be stored before the row refers
	// to them.
	fresh  []newPieces
	weight int // of the pieces, about, in bytes
	// patience is how long it waits for its turn; changeTimeout if 0.
	patience time.Duration

	// Entries that plan wants in the feed: of the row's publication or
	// deletion, or of its failure, or both.
	announce, announceFailure bool
	isFirst                   bool // the document had never been published; set by plan
	restored                  bool // by the plan of Restore

	row   *row // as it is after the change
	err   error
	done  chan struct{} // closed when row and err are set
	taken atomic.Bool   // by the lane, or given up by the caller
	until time.Time     // when the caller gives up

	// Only the lane uses these.
	begun  bool
	stored []litter // fresh pieces that are stored
}

// newPieces are pieces to write, and the litter to remove them by.
type newPieces struct {
	litter
	pieces []any
}

// bodyPieces returns the pieces of a body or text.
func (c *content) bodyPieces(b []byte) newPieces {
	return newPieces{c.textLitter(), split(c.ID, b)}
}

// cutPieces returns the pieces of a text's passages and their vectors.
func (c *content) cutPieces(passages []multivac.Passage, vectors []byte) []newPieces {
	if c.Cut == "" {
		return nil
	}
	return []newPieces{{c.cutLitter(), splitCut(c.Cut, passages, vectors)}}
}

// A lane makes changes, one group after the other. Changes that wait at the
// same time form a group, with at most one change per row.
type lane struct {
	db *DB
	tx *link.Transactor // of the goroutine run

	mu     sync.Mutex
	queue  []*change // guarded by mu
	closed bool      // guarded by mu
	wake   chan struct{}
}

// newLane returns a lane that works until the store is closed.
func newLane(db *DB) *lane {
	l := &lane{db: db, tx: db.conn.Transactor(), wake: make(chan struct{}, 1)}
	db.running.Go(l.run)
	return l
}

// do makes changes and returns once all are durable or have failed. Changes of
// the same row are made in order. Once ctx has ended, it begins no more.
func (l *lane) do(ctx context.Context, changes ...*change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(changes) == 0 {
		return nil
	}
	for _, c := range changes {
		c.done, c.until = make(chan struct{}), time.Now().Add(cmp.Or(c.patience, changeTimeout))
	}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return store.ErrClosed()
	}
	l.queue = append(l.queue, changes...)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
	var err error
	for _, c := range changes {
		if e := c.wait(ctx); err == nil {
			err = e
		}
	}
	return err
}

// wait waits until the change has ended, or until ctx ends before it was begun.
func (c *change) wait(ctx context.Context) error {
	select {
	case <-c.done:
	case <-ctx.Done():
		if c.taken.CompareAndSwap(false, true) {
			c.err = ctx.Err()
			return c.err
		}
		<-c.done
	}
	return c.err
}

func (c *change) end(r *row, err error) {
	c.row, c.err = r, err
	close(c.done)
}

func endAll(all []*change, err error) {
	for _, c := range all {
		c.end(nil, err)
	}
}

func (l *lane) run() {
	defer l.tx.Close()
	var waiting []*change // taken from the queue, but not done
	for {
		l.mu.Lock()
		waiting = append(waiting, l.queue...)
		l.queue = nil
		l.mu.Unlock()
		if l.db.isClosed() {
			l.shut(waiting)
			return
		}
		if len(waiting) == 0 {
			select {
			case <-l.wake:
			case <-l.db.ctx.Done():
			}
			continue
		}
		group, rest := choose(waiting)
		waiting = append(l.finally(group), rest...) // before the rest, so that changes of a row stay in order
	}
}

// finally makes a group of changes, and returns those that are left when the
// store is closed.
//
// The group is lost if another write was first in only one of its rows, as a
// worker's note of its step is. So no others join a group that was lost, and one
// that is lost again is halved. Otherwise, while documents go on to come, each
// with its note, a slow server would publish none of them.
func (l *lane) finally(group []*change) (left []*change) {
	for losses := 0; len(group) > 0 && !l.db.isClosed(); losses++ {
		half := len(group)
		if losses > 1 {
			half = (half + 1) / 2
		}
		group, left = l.commit(l.db.ctx, group[:half]), slices.Concat(group[half:], left)
		if len(group) == 0 {
			group, left, losses = left, nil, 0
		}
	}
	return append(group, left...)
}

func (l *lane) shut(waiting []*change) {
	l.mu.Lock()
	l.closed = true
	waiting = append(waiting, l.queue...)
	l.mu.Unlock()
	for _, c := range waiting {
		if c.begin() {
			c.end(nil, store.ErrClosed())
		}
	}
}

// begin reports whether the change is begun, now or before, and not given up.
func (c *change) begin() bool {
	c.begun = c.begun || c.taken.CompareAndSwap(false, true)
	return c.begun
}

// choose takes the next group: the first change of each row, up to the limits.
func choose(waiting []*change) (group, rest []*change) {
	rows := make(map[string]bool)
	weight := 0
	for _, c := range waiting {
		if rows[c.id] || len(group) == maxGroup || len(group) > 0 && weight+c.weight > maxWeight {
			rows[c.id] = true // later changes of this row have to wait, too
			rest = append(rest, c)
			continue
		}
		rows[c.id] = true
		weight += c.weight
		group = append(group, c)
	}
	return group, rest
}

// commit makes a group of changes, each of another row, and ends them. It
// returns the changes to try again.
func (l *lane) commit(ctx context.Context, group []*change) (again []*change) {
	group = slices.DeleteFunc(group, func(c *change) bool {
		if !c.begin() {
			return true
		}
		late := time.Now().After(c.until)
		if late {
			c.end(nil, link.Unavailable("try again", "MongoDB did not answer in time"))
		}
		return late
	})
	changed, err := l.db.plan(ctx, group)
	if err != nil {
		endAll(group, err)
		return nil
	}
	if len(changed) == 0 {
		return nil
	}
	if err = l.db.store(ctx, changed); err == nil {
		err = l.write(ctx, changed)
	}
	switch {
	case errors.Is(err, errLost):
		select {
		case <-time.After(lostPause):
		case <-ctx.Done():
		}
		return changed
	case err != nil:
		endAll(changed, err)
	default:
		l.db.finish(ctx, changed)
	}
	return nil
}

// plan has changes planned on the current rows. It ends the changes that change
// nothing, and returns the others.
func (db *DB) plan(ctx context.Context, group []*change) (changed []*change, err error) {
	if len(group) == 0 {
		return nil, nil
	}
	rows, err := db.rows(ctx, idsOf(group))
	if err != nil {
		return nil, err
	}
	for _, c := range group {
		if db.planned(ctx, c, rows[c.id]) {
			changed = append(changed, c)
		}
	}
	return changed, nil
}

func idsOf(changes []*change) []string {
	ids := make([]string, len(changes))
	for i, c := range changes {
		ids[i] = c.id
	}
	return ids
}

// planned has the change planned on its row, and reports whether the row has to
// be written. If not, it has ended the change.
func (db *DB) planned(ctx context.Context, c *change, now *row) bool {
	if now == nil {
		now = &row{ID: c.id}
	}
	next := now.clone()
	c.fresh, c.announce, c.announceFailure, c.isFirst = nil, false, false, false
	changed, err := c.plan(c, next)
	if err != nil || !changed {
		db.forget(ctx, c, now)
		c.end(next, err)
		return false
	}
	next.Version = now.Version + 1
	c.row = next
	return true
}

// forget deletes the pieces of an abandoned change. If the row already refers
// to them, an earlier try succeeded, and they stay.
func (db *DB) forget(ctx context.Context, c *change, now *row) {
	lost := slices.DeleteFunc(slices.Clone(c.stored), func(l litter) bool { return now.names(l.ID) })
	if err := db.sweep(ctx, lost); err != nil { // Examine finds them later, and they do no harm
		db.log.Debug("MongoDB: pieces of nothing were left", "error", err)
	}
}

// store writes the pieces of changes.
func (db *DB) store(ctx context.Context, changed []*change) error {
	all := make(map[string][]any)
	for _, c := range changed {
		if len(c.stored) > 0 {
			continue
		}
		for _, b := range c.fresh {
			all[b.collection()] = append(all[b.collection()], b.pieces...)
		}
	}
	for collection, some := range all {
		if err := db.insert(ctx, collection, some); err != nil {
			return err
		}
	}
	for _, c := range changed {
		if len(c.stored) == 0 {
			for _, b := range c.fresh {
				c.stored = append(c.stored, b.litter)
			}
		}
	}
	return nil
}

// errLost is returned if another process has written one of the rows since it
// was read.
var errLost = multivac.Errorf(multivac.ErrSuperseded, "", "another write was first")

// write writes the rows of changes and their entries in the feed, all or
// nothing.
func (l *lane) write(ctx context.Context, changed []*change) error {
	last, announces := lastIndex(changed)
	err := l.tx.Run(ctx, func(ctx context.Context, d *mongo.Database) error {
		if !announces {
			return writeRows(ctx, d, changed)
		}
		number, err := nextBatch(ctx, d, last)
		if err != nil {
			return err
		}
		b := newBatch(number, last, changed)
		if err := writeRows(ctx, d, changed); err != nil {
			return err
		}
		_, err = d.Collection(feeds).InsertOne(ctx, b)
		if mongo.IsDuplicateKeyError(err) {
			return damaged("batch %d of the feed is there before its turn", number)
		}
		return err
	})
	if err == nil && announces {
		l.db.ring()
	}
	return err
}

// writeRows writes rows, each only if it has not changed since it was read.
func writeRows(ctx context.Context, d *mongo.Database, changed []*change) error {
	models := make([]mongo.WriteModel, len(changed))
	for i, c := range changed {
		if c.row.Version == 1 {
			models[i] = mongo.NewInsertOneModel().SetDocument(c.row)
		} else {
			models[i] = mongo.NewReplaceOneModel().SetFilter(bson.D{at("_id", c.id), at("version", c.row.Version-1)}).SetReplacement(c.row)
		}
	}
	result, err := d.Collection(documents).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	switch {
	case mongo.IsDuplicateKeyError(err):
		return errLost
	case err != nil:
		return err
	case result.MatchedCount+result.InsertedCount != int64(len(changed)):
		return errLost
	}
	return nil
}

// finish removes the pieces that the changes made unnecessary, and ends the
// changes.
func (db *DB) finish(ctx context.Context, changed []*change) {
	var all []litter
	var models []mongo.WriteModel
	for _, c := range changed {
		if len(c.row.Litter) == 0 {
			continue
		}
		all = append(all, c.row.Litter...)
		ids := make([]string, len(c.row.Litter))
		for i, l := range c.row.Litter {
			ids[i] = l.ID
		}
		models = append(models, mongo.NewUpdateOneModel().SetFilter(bson.D{at("_id", c.id), at("litter.id", in(ids))}).
			SetUpdate(bson.D{at("$pull", bson.D{at("litter", bson.D{at("id", in(ids))})}), at("$inc", bson.D{at("version", 1)})}))
	}
	err := db.clean(ctx, all, models)
	for _, c := range changed {
		if len(c.row.Litter) > 0 {
			c.end(c.row, err)
		} else {
			c.end(c.row, nil)
		}
	}
}

// clean removes litter, and then removes it from the rows' lists.
func (db *DB) clean(ctx context.Context, all []litter, forget []mongo.WriteModel) error {
	if len(all) == 0 {
		return nil
	}
	if err := db.sweep(ctx, all); err != nil {
		return err
	}
	return db.conn.Insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(documents).BulkWrite(ctx, forget, options.BulkWrite().SetOrdered(false))
		return err
	})
}
