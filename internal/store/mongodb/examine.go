package mongodb

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
	"multivac/internal/store"
)

const (
	// longest is how long a document may be leased or put off.
	longest = 24 * time.Hour
	// settled is how old pieces are that no change under way has just made.
	settled = time.Hour
	// namesAtOnce is how many names of pieces a query returns.
	namesAtOnce = 10_000
)

// An examination holds the database against what must be true of it, a row at
// a time. What changes meanwhile is left alone.
type examination struct {
	*DB
	ctx    context.Context
	repair bool
	now    time.Time
	report func(multivac.Fault)
	known  map[string]bool // names of contents and cuts that rows name
}

// Examine implements store.Store.
func (db *DB) Examine(ctx context.Context, repair bool, now time.Time, report func(multivac.Fault)) (err error) {
	defer multivac.Wrap(&err, "examine the database")
	x := &examination{db, ctx, repair, now, report, make(map[string]bool)}
	stand := make(map[string]bool) // collections that have something published
	err = db.walk(ctx, bson.D{}, func(rows []*row) error {
		feed, err := x.feedOf(rows)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := x.row(r, feed); err != nil {
				return fmt.Errorf("document %s: %w", r.ID, err)
			}
			if r.Published != nil {
				stand[r.Collection] = true
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, look := range []func() error{x.feed, func() error { return x.datums(stand) }, x.strays} {
		if err := look(); err != nil {
			return err
		}
	}
	return nil
}

// A mend is a change of a row that is still as it was seen.
type mend func(c *change, r *row) (changed bool)

func (x *examination) fault(r *row, problem string, m mend, mended string) error {
	f := multivac.Fault{Document: multivac.DocumentID(r.ID), Problem: problem}
	if x.repair && m != nil {
		c := &change{id: r.ID, plan: func(c *change, now *row) (bool, error) {
			if now.Version != r.Version {
				return false, nil
			}
			return m(c, now), nil
		}}
		if err := x.announcing.do(x.ctx, c); err != nil {
			return err
		}
		f.Repair = mended
	}
	x.report(f)
	return nil
}

// feedOf returns the entries of the feed that rows are said to have, by their
// positions.
func (x *examination) feedOf(rows []*row) (map[multivac.Position]entry, error) {
	wanted := make(map[int64]bool)
	for _, r := range rows {
		wanted[r.At.Batch], wanted[r.Failed.Batch] = true, true
	}
	all := make(map[multivac.Position]entry)
	for some := range slices.Chunk(slices.Sorted(maps.Keys(wanted)), share) {
		err := x.call(x.ctx, func(ctx context.Context, d *mongo.Database) error {
			return each(ctx, d.Collection(feeds), bson.D{at("_id", in(some))}, func(b *batch) error {
				for _, e := range b.Entries {
					all[position(b.Number, e.Index)] = e
				}
				return nil
			})
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// says reports whether the feed has the entry that a place names.
func (p place) says(r *row, feed map[multivac.Position]entry) bool {
	e, ok := feed[p.position()]
	return p.Batch != 0 && ok && e.Document == r.ID && e.Revision == p.Revision && e.State == p.State
}

func (x *examination) row(r *row, feed map[multivac.Position]entry) error {
	for _, c := range append(slices.Clone(r.Replaced), deref(r.Content, r.Published)...) {
		x.known[c.ID], x.known[c.Cut] = true, true
	}
	for _, l := range r.Litter {
		x.known[l.ID] = true
	}
	body, text, err := x.whole(r)
	if err != nil {
		return err
	}
	lose := func(c *change, r *row) bool {
		r.delete(max(store.Micros(x.now), r.Told))
		c.announce = true
		return true
	}
	const forgotten = "forgotten, so that it can be told again"
	waits := r.State == multivac.Pending || r.State == multivac.Failed
	switch {
	case !slices.Contains(multivac.States, r.State):
		return x.fault(r, fmt.Sprintf("it is in the unknown state %q", multivac.Clip(string(r.State), 40)), lose, forgotten)
	case r.State == multivac.Deleted && (r.Content != nil || r.Published != nil || len(r.Replaced) > 0):
		return x.fault(r, "it is deleted, and something of it is there", lose, "forgotten")
	case r.State == multivac.Indexed && (r.Published == nil || r.Published.Revision != r.Revision):
		return x.fault(r, "it is indexed, and another revision is published", lose, forgotten)
	case waits && !body && r.Published == nil, r.State == multivac.Indexed && !text:
		return x.fault(r, "its text is lost", lose, forgotten)
	case waits && !body:
		return x.fault(r, "what was told last is lost, what was told before is there; delete it and tell it again", nil, "")
	case waits && r.Published != nil && !text:
		return x.fault(r, "what is published of it is lost", unpublish, "published no more")
	}
	if r.Open.IsZero() { // else another is at it
		announce := func(c *change, r *row) bool { c.announce = true; return true }
		if (r.Published != nil || r.State == multivac.Deleted) && !r.At.says(r, feed) {
			return x.fault(r, "the feed does not say what is published of it", announce, "said")
		}
		if r.State == multivac.Failed && !r.Failed.says(r, feed) {
			return x.fault(r, "the feed does not say that it has failed", func(c *change, r *row) bool { c.announceFailure = true; return true }, "said")
		}
	}
	if latest := store.Micros(x.now.Add(longest)); r.State == multivac.Pending && max(r.Lease, r.Due) > latest {
		return x.fault(r, "it is leased or put off for too long", func(_ *change, r *row) bool { r.Lease, r.Due = 0, 0; return true }, "due at once")
	}
	return x.passages(r)
}

// unpublish leaves of a document only what was told last.
func unpublish(_ *change, r *row) bool {
	r.Litter = append(r.Litter, r.Published.litter()...)
	r.Published, r.At = nil, place{}
	return true
}

// whole reports whether a row's body and text are there, byte for byte.
func (x *examination) whole(r *row) (body, text bool, err error) {
	check := func(c *content) bool {
		if c == nil || err != nil {
			return false
		}
		var all [][]byte
		if all, err = x.read(x.ctx, c); err != nil || all[0] == nil {
			return false
		}
		return c.is(len(all[0]), sum(all[0]))
	}
	body, text = check(r.Content), check(r.Published)
	if err == nil && (r.Content != nil && !body || r.Published != nil && !text) { // it may have changed meanwhile
		var now *row
		if now, err = x.DB.row(x.ctx, multivac.DocumentID(r.ID)); err == nil && now != nil && now.Version != r.Version {
			*r = *now
			body, text = check(r.Content), check(r.Published)
		}
	}
	return body, text, err
}

// passages makes sure that the passages of what is published quote its text.
func (x *examination) passages(r *row) error {
	if r.Published == nil {
		return nil
	}
	found, err := x.readCut(x.ctx, r.Published)
	var broken string
	switch {
	case errors.Is(err, errDamaged):
		broken = err.Error()
	case err != nil:
		return err
	case found[0] == nil:
		broken = "some are not there"
	default:
		for _, p := range found[0].passages {
			if err := p.Validate(found[0].text); err != nil {
				broken = err.Error()
			}
		}
	}
	if broken == "" {
		return nil
	}
	return x.fault(r, "its passages are broken: "+broken, func(_ *change, r *row) bool {
		t := *r.Published
		if t.Cut != "" {
			r.Litter = append(r.Litter, t.cutLitter())
		}
		t.Cut, t.Passages, t.Segmenter = "", 0, 0
		r.Published = &t
		return true
	}, "dropped, to be cut anew from the text")
}

// feed looks for batches that are missing and entries of nothing.
func (x *examination) feed() error {
	end, err := x.end(x.ctx)
	if err != nil {
		return err
	}
	h, err := x.header(x.ctx)
	if err != nil {
		return err
	}
	for from := int64(1); from <= end.number; from += window {
		found := make(map[int64]*batch)
		var ids []string
		err := x.call(x.ctx, func(ctx context.Context, d *mongo.Database) error {
			return each(ctx, d.Collection(feeds), bson.D{at("_id", in(numbers(from)))}, func(b *batch) error {
				found[b.Number] = b
				for _, e := range b.Entries {
					ids = append(ids, e.Document)
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
		rows, err := x.rows(x.ctx, distinct(ids))
		if err != nil {
			return err
		}
		for n := from; n < from+window && n <= end.number; n++ {
			if err := x.batch(n, found[n], rows, h.Floor); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *examination) batch(n int64, b *batch, rows map[string]*row, floor int64) error {
	if b == nil && n <= floor {
		return nil
	}
	if b == nil {
		return x.mend(fmt.Sprintf("batch %d of the feed is missing, and nobody can follow it further", n), "an empty one is there", func(ctx context.Context, d *mongo.Database) error {
			_, err := d.Collection(feeds).InsertOne(ctx, batch{Number: n, Token: bson.NewObjectID(), Entries: []entry{}})
			return err
		})
	}
	for _, e := range b.Entries {
		if rows[e.Document] != nil {
			continue
		}
		err := x.mend("the feed has an entry of nothing", "dropped", func(ctx context.Context, d *mongo.Database) error {
			_, err := d.Collection(feeds).UpdateOne(ctx, bson.D{at("_id", n)}, bson.D{at("$pull", bson.D{at("entries", bson.D{at("d", e.Document)})})})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// mend reports a fault that is no document's, and mends it with fn.
func (x *examination) mend(problem, mended string, fn func(context.Context, *mongo.Database) error) error {
	f := multivac.Fault{Problem: problem}
	if x.repair {
		if err := x.call(x.ctx, fn); err != nil {
			return err
		}
		f.Repair = mended
	}
	x.report(f)
	return nil
}

// datums makes sure that each collection with something published has a datum
// that stands.
func (x *examination) datums(stand map[string]bool) error {
	all, err := x.DB.datums(x.ctx, bson.D{})
	if err != nil {
		return err
	}
	for collection := range stand {
		all[collection] += ""
	}
	for _, collection := range slices.Sorted(maps.Keys(all)) {
		var r *row
		if id := all[collection]; id != "" {
			if r, err = x.DB.row(x.ctx, multivac.DocumentID(id)); err != nil {
				return err
			}
		}
		if r != nil && r.Published != nil && r.Collection == collection || all[collection] == "" && !stand[collection] {
			continue
		}
		mended := "the first told of those that stand is"
		if !stand[collection] {
			mended = "there is none"
		}
		err := x.mend("the datum of collection "+collection+" is not one that stands", mended, func(ctx context.Context, _ *mongo.Database) error {
			_, err := x.nextDatum(ctx, collection, all[collection])
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// strays looks for pieces that no row names. They are what a process leaves
// that dies between writing them and the row.
func (x *examination) strays() error {
	for collection, problem := range map[string]string{pieces: "a piece of text belongs to nothing", cuts: "passages belong to nothing"} {
		for after := ""; ; {
			names, err := x.names(collection, after)
			if err != nil {
				return err
			}
			if len(names) == 0 {
				break
			}
			after = names[len(names)-1]
			if err := x.dropStrays(collection, problem, names); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *examination) dropStrays(collection, problem string, names []string) error {
	lost := slices.DeleteFunc(names, func(name string) bool { return !x.stray(name) })
	for some := range slices.Chunk(lost, share) {
		err := x.mend(problem, "dropped", func(ctx context.Context, d *mongo.Database) error {
			_, err := d.Collection(collection).DeleteMany(ctx, bson.D{at("_id", in(some))})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// names returns some names of pieces after one, in order. All of them are more
// than a call has time for.
func (x *examination) names(collection, after string) (all []string, err error) {
	err = x.call(x.ctx, func(ctx context.Context, d *mongo.Database) error {
		all = nil
		return each(ctx, d.Collection(collection), bson.D{at("_id", bson.D{at("$gt", after)})}, func(p *struct {
			ID string `bson:"_id"`
		}) error {
			all = append(all, p.ID)
			return nil
		}, options.Find().SetProjection(bson.D{at("_id", 1)}).SetSort(bson.D{at("_id", 1)}).SetLimit(namesAtOnce))
	})
	return all, err
}

func (x *examination) stray(name string) bool {
	of, _, _ := strings.Cut(name, "-")
	id, err := bson.ObjectIDFromHex(of)
	return err != nil || !x.known[of] && time.Since(id.Timestamp()) > settled
}
