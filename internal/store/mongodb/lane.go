package mongodb

import (
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
)

const (
	maxGroup  = 100      // writes that go together
	maxWeight = 16 << 20 // bytes of what lies beside the rows that goes with them

	helpAfter = time.Second // what another process leaves half done for so long, is finished here
)

// A change is a write of one row.
type change struct {
	id string
	// plan changes the row as it is now, and says whether it did. It is called
	// again where another write was first: what else it sets, in c or for who
	// waits for c, it sets anew each time.
	plan func(c *change, r *row) (changed bool, err error)
	// beside is set by plan: what has to be there before the row names it.
	beside []beside
	weight int // of it, about, in bytes

	// The entry of the feed that plan wants: of its publication or deletion,
	// or of its failure, or both.
	announce, announceFailure bool

	restored bool // by the plan of Restore
	datum    bool // it is to be its collection's, if published

	row   *row // as it is in the end
	err   error
	done  chan struct{} // closed when row and err are there
	taken atomic.Bool   // by the lane, or given up by the caller
	until time.Time     // when it is given up

	// For the lane alone.
	begun  bool
	stored []litter      // what was beside and is there
	since  time.Time     // when it was first found blocked
	by     bson.ObjectID // by this group
}

// beside is something that lies in pieces.
type beside struct {
	litter
	pieces []any
}

// beside is what lies beside the row of a body or text.
func (c *content) beside(b []byte) beside {
	return beside{c.textLitter(), split(c.ID, b)}
}

// cutBeside is what lies beside the row of a text's passages.
func (c *content) cutBeside(passages []multivac.Passage, vectors []byte) []beside {
	if c.Cut == "" {
		return nil
	}
	return []beside{{c.cutLitter(), splitCut(c.Cut, passages, vectors)}}
}

// errBlocked is what plan returns where it has to wait for the row's last
// change to be in the feed.
var errBlocked = errors.New("its last change is not in the feed yet")

// A lane is responsible for writes of rows: those that wait go together, but
// one of a row at a time.
type lane struct {
	db *DB

	mu     sync.Mutex
	queue  []*change
	closed bool
	wake   chan struct{}
}

func newLane(db *DB) *lane { return &lane{db: db, wake: make(chan struct{}, 1)} }

// do makes changes and returns once all are durable or have failed. Of changes
// of the same row, the first comes first. Once ctx has ended, none is begun.
func (l *lane) do(ctx context.Context, changes ...*change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(changes) == 0 {
		return nil
	}
	for _, c := range changes {
		c.done, c.until = make(chan struct{}), time.Now().Add(patience)
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
		select {
		case <-c.done:
		case <-ctx.Done():
			if c.taken.CompareAndSwap(false, true) {
				c.err = ctx.Err()
				break
			}
			<-c.done
		}
		if err == nil {
			err = c.err
		}
	}
	return err
}

func (c *change) end(r *row, err error) {
	c.row, c.err = r, err
	close(c.done)
}

func (l *lane) run() {
	var waiting []*change // taken, but not done
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
			case <-l.db.closed:
			}
			continue
		}
		group, rest := choose(waiting)
		again := l.db.commit(l.db.ctx, group)
		if len(again) > 0 && len(again) == len(group) {
			l.pause()
		}
		waiting = append(again, rest...) // before the others, so that the first of a row stays the first
	}
}

// pause waits a moment: all that could be done waits for another process.
func (l *lane) pause() {
	select {
	case <-time.After(3 * time.Millisecond):
	case <-l.db.closed:
	}
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

// choose takes the next group: the first change of each of some rows.
func choose(waiting []*change) (group, rest []*change) {
	rows := make(map[string]bool)
	weight := 0
	for _, c := range waiting {
		if rows[c.id] || len(group) == maxGroup || len(group) > 0 && weight+c.weight > maxWeight {
			rows[c.id] = true // no later one of this row either
			rest = append(rest, c)
			continue
		}
		rows[c.id] = true
		weight += c.weight
		group = append(group, c)
	}
	return group, rest
}

// commit makes a group of changes, each of another row, and ends them, but for
// those that it returns, to be tried again.
func (db *DB) commit(ctx context.Context, group []*change) (again []*change) {
	group = slices.DeleteFunc(group, func(c *change) bool {
		if !c.begin() {
			return true
		}
		late := time.Now().After(c.until)
		if late {
			c.end(nil, unavailable("try again", "MongoDB did not answer in time"))
		}
		return late
	})
	if len(group) == 0 {
		return nil
	}
	ids := make([]string, len(group))
	for i, c := range group {
		ids[i] = c.id
	}
	rows, err := db.rows(ctx, ids)
	if err != nil {
		endAll(group, err)
		return nil
	}
	token := bson.NewObjectID()
	var changed []*change
	for i, c := range group {
		next, ok := db.planned(ctx, c, rows[c.id], token, int32(i))
		switch {
		case ok:
			c.row = next
			changed = append(changed, c)
		case next == nil:
			again = append(again, c)
		}
	}
	if err := db.store(ctx, changed); err != nil {
		endAll(changed, err)
		return again
	}
	done, lost, err := db.write(ctx, token, changed)
	if err != nil {
		endAll(changed, err)
		return again
	}
	again = append(again, lost...)
	db.finish(ctx, token, done)
	return again
}

func endAll(all []*change, err error) {
	for _, c := range all {
		c.end(nil, err)
	}
}

// planned has the change planned on its row. It returns the new row and true
// where it is to be written; nil where it has to be planned again later; else
// it has ended the change.
func (db *DB) planned(ctx context.Context, c *change, now *row, token bson.ObjectID, index int32) (*row, bool) {
	if now == nil {
		now = &row{ID: c.id}
	}
	next := now.clone()
	c.beside, c.announce, c.announceFailure = nil, false, false
	changed, err := c.plan(c, next)
	if errors.Is(err, errBlocked) {
		if time.Now().Before(c.until) {
			db.wait(ctx, c, now)
			return nil, false
		}
		err = unavailable("try again", "document %s is being changed by another process", c.id)
	}
	if err != nil || !changed {
		db.forget(ctx, c, now)
		c.end(next, err)
		return next, false
	}
	next.Version = now.Version + 1
	next.remember(token)
	if c.announce {
		next.At, next.Open = place{Group: token, Index: 2 * index, Revision: next.Revision, State: multivac.Deleted}, token
		if p := next.Published; p != nil {
			next.At.Revision, next.At.State, next.At.Hash = p.Revision, multivac.Indexed, p.Hash
		}
	}
	if c.announceFailure {
		next.Failed, next.Open = place{token, 0, 2*index + 1, next.Revision, multivac.Failed, next.Content.Hash}, token
	}
	return next, true
}

// wait notes that the change waits for the feed, and after a while finishes
// what another process has left half done.
func (db *DB) wait(ctx context.Context, c *change, now *row) {
	if c.since.IsZero() || c.by != now.Open {
		c.since, c.by = time.Now(), now.Open
		return
	}
	if time.Since(c.since) < helpAfter {
		return
	}
	if err := db.help(ctx, now.Open); err != nil {
		db.log.Debug("MongoDB: what another process left half done is not finished yet", "error", err)
	}
}

// forget removes what was stored for a change that comes to nothing, unless
// the row names it: then the change was made, and this is another try of it.
func (db *DB) forget(ctx context.Context, c *change, now *row) {
	lost := slices.DeleteFunc(slices.Clone(c.stored), func(l litter) bool { return now.names(l.ID) })
	if err := db.sweep(ctx, lost); err != nil { // Examine finds it, and it harms nobody
		db.log.Debug("MongoDB: pieces of nothing were left", "error", err)
	}
}

// store writes what goes with the changes.
func (db *DB) store(ctx context.Context, changed []*change) error {
	all := make(map[string][]any)
	for _, c := range changed {
		if len(c.stored) > 0 {
			continue
		}
		for _, b := range c.beside {
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
			for _, b := range c.beside {
				c.stored = append(c.stored, b.litter)
			}
		}
	}
	return nil
}

// write writes the rows, each only where it is as it was read, and says which
// were written and which have lost to another write.
func (db *DB) write(ctx context.Context, token bson.ObjectID, changed []*change) (done, lost []*change, err error) {
	if len(changed) == 0 {
		return nil, nil, nil
	}
	models := make([]mongo.WriteModel, len(changed))
	for i, c := range changed {
		if c.row.Version == 1 {
			models[i] = mongo.NewInsertOneModel().SetDocument(c.row)
		} else {
			models[i] = mongo.NewReplaceOneModel().SetFilter(bson.D{at("_id", c.id), at("version", c.row.Version-1)}).SetReplacement(c.row)
		}
	}
	var result *mongo.BulkWriteResult
	err = db.call(ctx, func(ctx context.Context, d *mongo.Database) (err error) {
		result, err = d.Collection(documents).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
		return err
	})
	if err == nil && result.MatchedCount+result.InsertedCount == int64(len(changed)) {
		return changed, nil, nil
	}
	if err != nil && !errors.Is(err, multivac.ErrUnavailable) {
		return nil, nil, err
	}
	// Some have lost, or nobody can say: the rows know.
	ids := make([]string, len(changed))
	for i, c := range changed {
		ids[i] = c.id
	}
	rows, err := db.rows(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range changed {
		if r := rows[c.id]; r != nil && slices.Contains(r.Groups, token) {
			done = append(done, c)
		} else {
			lost = append(lost, c)
		}
	}
	return done, lost, nil
}

// finish does what follows from changes that are written, and ends them.
func (db *DB) finish(ctx context.Context, token bson.ObjectID, done []*change) {
	announced := slices.DeleteFunc(slices.Clone(done), func(c *change) bool { return !c.announce && !c.announceFailure })
	err := db.moveDatums(ctx, announced)
	if err == nil && len(announced) > 0 {
		err = db.announce(ctx, token, announced)
	}
	for _, c := range done {
		e := err
		if !c.announce && !c.announceFailure {
			e = nil
		}
		if e == nil && len(c.row.Litter) > 0 {
			e = db.clean(ctx, c.row)
		}
		c.end(c.row, e)
	}
}

// clean removes a row's litter.
func (db *DB) clean(ctx context.Context, r *row) error {
	if err := db.sweep(ctx, r.Litter); err != nil {
		return err
	}
	ids := make([]string, len(r.Litter))
	for i, l := range r.Litter {
		ids[i] = l.ID
	}
	return db.insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(documents).UpdateOne(ctx, bson.D{at("_id", r.ID)},
			bson.D{at("$pull", bson.D{at("litter", bson.D{at("id", in(ids))})}), at("$inc", bson.D{at("version", 1)})})
		return err
	})
}
