package mongodb

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
)

// The feed is a list of batches, numbered from 1 without gaps: a batch is
// inserted under the number after the last one that is there, and of two that
// try, one has to take the next. So its order is that in which it is read, by
// everyone, and what is read of it has nothing before it that may still come.
//
// A row is written first, with the group that it was written with, and marked
// as open; the batch of the group's entries comes next, one for a group; then
// the row learns its place and is open no more. Whoever finds a row that stays
// open, its writer having died, makes the batch and the rest.
type batch struct {
	Number  int64         `bson:"_id"`
	Token   bson.ObjectID `bson:"token"` // the group's
	Last    int32         `bson:"last"`  // the greatest index
	Entries []entry       `bson:"entries"`
}

type entry struct {
	Index    int32          `bson:"i"`
	Document string         `bson:"d"`
	Revision int64          `bson:"r"`
	State    multivac.State `bson:"s"`
	Hash     []byte         `bson:"h,omitempty"`
}

// batchEnd is the end of the feed, as it was last seen.
type batchEnd struct {
	number int64
	index  int32
	seen   bool
	when   time.Time // it was seen
}

// entries are those of a row's group that are not known to be in the feed.
func (r *row) entries(token bson.ObjectID) (all []entry) {
	for _, p := range []place{r.At, r.Failed} {
		if p.Group == token && p.Batch == 0 {
			all = append(all, entry{p.Index, r.ID, p.Revision, p.State, p.Hash})
		}
	}
	return all
}

// announce adds the entries of changes that are written to the feed.
func (db *DB) announce(ctx context.Context, token bson.ObjectID, changes []*change) error {
	var entries []entry
	rows := make([]*row, len(changes))
	for i, c := range changes {
		rows[i] = c.row
		entries = append(entries, c.row.entries(token)...)
	}
	b, ours, err := db.append(ctx, token, entries)
	if err != nil {
		return err
	}
	if ours {
		return db.mark(ctx, b, rows)
	}
	// Another took this process for dead and has done it, perhaps in part.
	if err := db.help(ctx, token); err != nil {
		return err
	}
	for _, c := range changes {
		r, err := db.row(ctx, multivac.DocumentID(c.id))
		if err != nil {
			return err
		}
		c.row.At, c.row.Failed = r.At, r.Failed
	}
	return nil
}

// append adds a batch to the feed, or finds the one that the group has
// already, and says whether the batch is this one.
func (db *DB) append(ctx context.Context, token bson.ObjectID, entries []entry) (b *batch, ours bool, err error) {
	// Who helps has them in the order of the rows.
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.Index, b.Index) })
	b = &batch{Token: token, Entries: entries}
	for _, e := range entries {
		b.Last = max(b.Last, e.Index)
	}
	tried := false // perhaps in vain
	for {
		db.mu.Lock()
		last := db.last
		db.mu.Unlock()
		if time.Since(last.when) > fresh { // by now the number after it may be one that was removed
			if last, err = db.end(ctx); err != nil {
				return nil, false, err
			}
		}
		b.Number = last.number + 1
		err := db.insist(ctx, func(ctx context.Context, d *mongo.Database) error {
			_, err := d.Collection(feeds).InsertOne(ctx, b)
			if mongo.IsDuplicateKeyError(err) {
				return errTaken
			}
			tried = tried || err != nil
			return err
		})
		if err == nil {
			db.seen(b.Number, b.Last)
			return b, true, nil
		}
		if !errors.Is(err, errTaken) {
			return nil, false, err
		}
		if there, err := db.batchOf(ctx, token); err != nil || there != nil {
			return there, there != nil && tried && len(there.Entries) == len(entries), err
		}
		if _, err := db.end(ctx); err != nil {
			return nil, false, err
		}
	}
}

// errTaken is returned where another batch has the number, or the group has
// one.
var errTaken = multivac.Errorf(multivac.ErrSuperseded, "", "taken")

// batchOf returns the batch of a group, or nil where it has none.
func (db *DB) batchOf(ctx context.Context, token bson.ObjectID) (there *batch, err error) {
	err = db.insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		there = nil
		return each(ctx, d.Collection(feeds), bson.D{at("token", token)}, func(b *batch) error { there = b; return nil })
	})
	return there, err
}

// mark has rows learn their places in a batch.
func (db *DB) mark(ctx context.Context, b *batch, rows []*row) error {
	var published, failed, all []string
	for _, r := range rows {
		all = append(all, r.ID)
		if r.At.Group == b.Token && r.At.Batch == 0 {
			published = append(published, r.ID)
			r.At.Batch = b.Number
		}
		if r.Failed.Group == b.Token && r.Failed.Batch == 0 {
			failed = append(failed, r.ID)
			r.Failed.Batch = b.Number
		}
	}
	closing := bson.D{at("$unset", bson.D{at("open", "")}), at("$inc", bson.D{at("version", 1)})}
	place := func(field string) bson.E { return at("$set", bson.D{at(field+".batch", b.Number)}) }
	update := func(ids []string, field string, last bool) error {
		if len(ids) == 0 {
			return nil
		}
		change := bson.D{place(field), at("$inc", bson.D{at("version", 1)})}
		if last {
			change = append(bson.D{place(field)}, closing...)
		}
		return db.updateMany(ctx, bson.D{at("_id", in(ids)), at(field+".group", b.Token), at(field+".batch", 0)}, change)
	}
	both := len(published) > 0 && len(failed) > 0
	if err := update(failed, "failed", !both); err != nil {
		return err
	}
	if err := update(published, "at", !both); err != nil || !both {
		return err
	}
	return db.updateMany(ctx, bson.D{at("_id", in(all)), at("open", b.Token)}, closing)
}

func (db *DB) updateMany(ctx context.Context, filter, change bson.D) error {
	return db.insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(documents).UpdateMany(ctx, filter, change)
		return err
	})
}

// help finishes what a group has left half done.
func (db *DB) help(ctx context.Context, token bson.ObjectID) error {
	var rows []*row
	err := db.insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		rows = nil
		return each(ctx, d.Collection(documents), bson.D{at("open", token)}, func(r *row) error { rows = append(rows, r); return nil })
	})
	if err != nil || len(rows) == 0 {
		return err
	}
	var entries []entry
	changes := make([]*change, len(rows))
	for i, r := range rows {
		entries = append(entries, r.entries(token)...)
		changes[i] = &change{id: r.ID, row: r}
	}
	b, err := db.batchOf(ctx, token)
	if err == nil && b == nil {
		b, _, err = db.append(ctx, token, entries)
	}
	if err != nil {
		return err
	}
	in := make(map[string]bool)
	for _, e := range b.Entries {
		in[e.Document] = true
	}
	var there, late []*row
	for _, r := range rows {
		if in[r.ID] {
			there = append(there, r)
		} else {
			late = append(late, r)
		}
	}
	if len(there) > 0 {
		if err := db.mark(ctx, b, there); err != nil {
			return err
		}
	}
	if err := db.moveDatums(ctx, changes); err != nil {
		return err
	}
	return db.regroup(ctx, token, late)
}

// regroup makes a group of its own of rows that were written after their
// group's batch was.
func (db *DB) regroup(ctx context.Context, token bson.ObjectID, late []*row) error {
	if len(late) == 0 {
		return nil
	}
	fresh := bson.NewObjectID()
	for _, r := range late {
		set := bson.D{at("open", fresh)}
		if r.At.Group == token {
			set = append(set, at("at.group", fresh))
		}
		if r.Failed.Group == token {
			set = append(set, at("failed.group", fresh))
		}
		if err := db.updateMany(ctx, bson.D{at("_id", r.ID), at("open", token), at("version", r.Version)},
			bson.D{at("$set", set), at("$inc", bson.D{at("version", 1)})}); err != nil {
			return err
		}
	}
	return db.help(ctx, fresh)
}

// tidy finishes, now and again, what processes have left half done that are
// gone, and takes new credentials.
func (db *DB) tidy() {
	open := make(map[bson.ObjectID]bool) // as of the last look
	look, tidy := time.NewTicker(lookEvery), time.NewTicker(tidyEvery)
	defer look.Stop()
	defer tidy.Stop()
	for {
		select {
		case <-db.closed:
			return
		case <-look.C:
			l := db.acquire()
			db.relink(db.ctx, l)
			db.release(l)
		case <-tidy.C:
			now, err := db.tidyOnce(db.ctx, open)
			if err != nil {
				db.log.Debug("MongoDB: cannot look for what is half done", "error", err)
				continue
			}
			open = now
		}
	}
}

// tidyOnce finishes what was open at the last look, too, and returns what is
// open now.
func (db *DB) tidyOnce(ctx context.Context, before map[bson.ObjectID]bool) (map[bson.ObjectID]bool, error) {
	now := make(map[bson.ObjectID]bool)
	err := db.call(ctx, func(ctx context.Context, d *mongo.Database) error {
		return each(ctx, d.Collection(documents), bson.D{at("open", bson.D{at("$exists", true)})}, func(r *struct {
			Open bson.ObjectID `bson:"open"`
		}) error {
			now[r.Open] = true
			return nil
		}, options.Find().SetProjection(bson.D{at("open", 1)}).SetLimit(1000))
	})
	for token := range now {
		if err == nil && before[token] {
			err = db.help(ctx, token)
		}
	}
	return now, err
}
