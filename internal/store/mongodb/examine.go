package mongodb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
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
	maxLease    = 24 * time.Hour // the longest time for which a document may be leased or put off
	strayAge    = time.Hour      // of unreferenced pieces: younger ones may belong to a change under way
	namesAtOnce = 10_000         // names of pieces that a query returns
)

// An examination looks for faults in the database, row by row. It ignores rows
// that change while it looks.
type examination struct {
	*DB
	ctx    context.Context
	repair bool
	now    time.Time
	begun  time.Time // by the clock that names pieces
	report func(multivac.Fault)
	known  map[string]bool // names of contents and cuts that rows refer to
}

// Examine implements store.Store.
func (db *DB) Examine(ctx context.Context, repair bool, now time.Time, report func(multivac.Fault)) (err error) {
	defer multivac.Wrap(&err, "examine the database")
	x := &examination{db, ctx, repair, now, time.Now(), report, make(map[string]bool)}
	for _, look := range []func() error{x.feedEnd, x.rows, x.entries, x.strays} {
		if err := look(); err != nil {
			return err
		}
	}
	return nil
}

// A flaw is a fault of a row.
type flaw struct {
	problem string
	mend    func(c *change, r *row) // called if the row has not changed since; nil if nothing repairs it
	mended  string                  // what mend does, for the report
}

func (x *examination) rows() error {
	return x.walk(x.ctx, bson.D{}, func(rows []*row) error {
		feed, err := x.feedOf(rows)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := x.row(r, feed); err != nil {
				return fmt.Errorf("document %s: %w", r.ID, err)
			}
		}
		return nil
	})
}

// row reports the first flaw of a row.
func (x *examination) row(r *row, feed map[multivac.Position]entry) error {
	for _, c := range append(slices.Clone(r.Replaced), deref(r.Content, r.Published)...) {
		x.known[c.ID], x.known[c.Cut], x.known[c.Original] = true, true, true
	}
	for _, l := range r.Litter {
		x.known[l.ID] = true
	}
	body, err := x.whole(r.Content)
	if err != nil {
		return err
	}
	text, err := x.whole(r.Published)
	if err != nil {
		return err
	}
	f := cmp.Or(x.stateFlaw(r), x.lossFlaw(r, body, text), feedFlaw(r, feed), x.leaseFlaw(r))
	if f == nil {
		if f, err = x.originalFlaw(r); err != nil {
			return err
		}
	}
	if f == nil && text {
		if f, err = x.passagesFlaw(r); err != nil {
			return err
		}
	}
	if f == nil {
		return nil
	}
	return x.fault(r, f)
}

// fault reports a flaw of a row. It repairs it if wanted, unless the row has
// changed since it was read.
func (x *examination) fault(r *row, f *flaw) error {
	now, err := x.DB.row(x.ctx, multivac.DocumentID(r.ID))
	if err != nil || now == nil || now.Version != r.Version {
		return err
	}
	fault := multivac.Fault{Document: multivac.DocumentID(r.ID), Problem: f.problem}
	if x.repair && f.mend != nil {
		err := x.announcing.do(x.ctx, &change{id: r.ID, plan: func(c *change, now *row) (bool, error) {
			if now.Version != r.Version {
				return false, nil
			}
			f.mend(c, now)
			return true, nil
		}})
		if err != nil {
			return err
		}
		fault.Repair = f.mended
	}
	x.report(fault)
	return nil
}

const forgotten = "forgotten, so that it can be told again"

// lose deletes a document whose text is lost.
func (x *examination) lose(c *change, r *row) {
	r.delete(max(store.Micros(x.now), r.Told))
	c.announce = true
}

// stateFlaw finds a state that does not fit the rest of the row.
func (x *examination) stateFlaw(r *row) *flaw {
	switch {
	case !slices.Contains(multivac.States, r.State):
		return &flaw{fmt.Sprintf("it is in the unknown state %q", multivac.Clip(string(r.State), 40)), x.lose, forgotten}
	case r.State == multivac.Deleted && (r.Content != nil || r.Published != nil || len(r.Replaced) > 0):
		return &flaw{"it is deleted, and something of it is there", x.lose, "forgotten"}
	case r.State == multivac.Indexed && (r.Published == nil || r.Published.Revision != r.Revision):
		return &flaw{"it is indexed, and another revision is published", x.lose, forgotten}
	}
	return nil
}

// lossFlaw finds what is missing of a row whose state fits. body and text say
// which of the two are complete.
func (x *examination) lossFlaw(r *row, body, text bool) *flaw {
	waits := r.State == multivac.Pending || r.State == multivac.Failed
	switch {
	case waits && !body && r.Published == nil, r.State == multivac.Indexed && !text:
		return &flaw{"its text is lost", x.lose, forgotten}
	case waits && !body:
		return &flaw{"what was told last is lost, what was told before is there; delete it and tell it again", nil, ""}
	case waits && r.Published != nil && !text:
		return &flaw{"what is published of it is lost", unpublish, "published no more"}
	}
	return nil
}

// unpublish keeps only the last telling of a document.
func unpublish(_ *change, r *row) {
	r.Litter = append(r.Litter, r.Published.litter()...)
	r.Published, r.At, r.First = nil, place{}, 0
}

// originalFlaw finds texts next to which what was told is not whole. mend names
// it no more: its pieces are litter.
func (x *examination) originalFlaw(r *row) (*flaw, error) {
	lost := make(map[string]bool)
	for _, c := range append(slices.Clone(r.Replaced), deref(r.Published)...) {
		o := c.original()
		if o == nil {
			continue
		}
		all, err := x.read(x.ctx, o)
		if err != nil {
			return nil, err
		}
		if all[0] == nil {
			lost[o.ID] = true
		}
	}
	if len(lost) == 0 {
		return nil, nil
	}
	return &flaw{"what was told of it is lost, its text is there", func(_ *change, r *row) {
		drop := func(c *content) {
			if lost[c.Original] {
				r.Litter = append(r.Litter, c.original().textLitter())
				c.keep("", 0)
			}
		}
		if r.Published != nil {
			t := *r.Published
			drop(&t)
			r.Published = &t
		}
		for i := range r.Replaced {
			drop(&r.Replaced[i])
		}
	}, "kept no more"}, nil
}

// feedFlaw finds a row with a place in the feed where the feed has no entry for
// it.
func feedFlaw(r *row, feed map[multivac.Position]entry) *flaw {
	if (r.Published != nil || r.State == multivac.Deleted) && !r.At.says(r, feed) {
		return &flaw{"the feed does not say what is published of it", func(c *change, _ *row) { c.announce = true }, "said"}
	}
	if r.State == multivac.Failed && !r.Failed.says(r, feed) {
		return &flaw{"the feed does not say that it has failed", func(c *change, _ *row) { c.announceFailure = true }, "said"}
	}
	return nil
}

// leaseFlaw finds a document that no worker could lease soon.
func (x *examination) leaseFlaw(r *row) *flaw {
	if latest := store.Micros(x.now.Add(maxLease)); r.State != multivac.Pending || max(r.Lease, r.Due) <= latest {
		return nil
	}
	return &flaw{"it is leased or put off for too long", func(_ *change, r *row) { r.Lease, r.Due = 0, 0 }, "due at once"}
}

// passagesFlaw finds passages that do not quote the published text.
func (x *examination) passagesFlaw(r *row) (*flaw, error) {
	found, err := x.readCut(x.ctx, []*content{r.Published})
	var broken string
	switch {
	case errors.Is(err, errDamaged):
		broken = err.Error()
	case err != nil:
		return nil, err
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
		return nil, nil
	}
	return &flaw{"its passages are broken: " + broken, dropCut, "dropped, to be cut again from the text"}, nil
}

func dropCut(_ *change, r *row) {
	t := *r.Published
	if t.Cut != "" {
		r.Litter = append(r.Litter, t.cutLitter())
	}
	t.Cut, t.Passages, t.Version = "", 0, 0
	r.Published = &t
}

// whole reports whether a body or text exists, byte for byte.
func (x *examination) whole(c *content) (bool, error) {
	if c == nil {
		return false, nil
	}
	all, err := x.read(x.ctx, c)
	if err != nil || all[0] == nil {
		return false, err
	}
	return c.is(len(all[0]), sum(all[0])), nil
}

// feedOf returns the entries of the feed at the places of the rows, by
// position.
func (x *examination) feedOf(rows []*row) (map[multivac.Position]entry, error) {
	wanted := make(map[int64]bool)
	for _, r := range rows {
		wanted[r.At.Batch], wanted[r.Failed.Batch] = true, true
	}
	all := make(map[multivac.Position]entry)
	for some := range slices.Chunk(slices.Sorted(maps.Keys(wanted)), maxNames) {
		err := x.conn.Call(x.ctx, func(ctx context.Context, d *mongo.Database) error {
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

// says reports whether the feed has the entry that belongs to the place.
func (p place) says(r *row, feed map[multivac.Position]entry) bool {
	e, ok := feed[p.position()]
	return p.Batch != 0 && ok && e.Document == r.ID && e.Revision == p.Revision && e.State == p.State
}

// feedEnd looks for batches after the end of the feed. Such a batch blocks
// every addition to the feed.
func (x *examination) feedEnd() error {
	var end, found feedEnd
	err := x.conn.Call(x.ctx, func(ctx context.Context, d *mongo.Database) (err error) {
		if found, err = lastBatch(ctx, d); err != nil {
			return err
		}
		return ensure(ctx, d, endRow, bson.D{at("number", 0), at("last", 0)}, &end)
	})
	if err != nil || found.Number <= end.Number {
		return err
	}
	return x.mend("the feed goes on after its end", "the end is after the last batch", func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(metas).UpdateOne(ctx, endRow, bson.D{at("$set", bson.D{at("number", found.Number), at("last", found.Last)})})
		return err
	})
}

// entries looks for entries of documents that do not exist.
func (x *examination) entries() error {
	for from := int64(1); ; {
		all, err := x.batches(x.ctx, from, math.MaxInt64)
		if err != nil || len(all) == 0 {
			return err
		}
		var ids []string
		for _, b := range all {
			for _, e := range b.Entries {
				ids = append(ids, e.Document)
			}
		}
		rows, err := x.DB.rows(x.ctx, distinct(ids))
		if err != nil {
			return err
		}
		for _, b := range all {
			if err := x.batch(b, rows); err != nil {
				return err
			}
		}
		from = all[len(all)-1].Number + 1
	}
}

func (x *examination) batch(b *batch, rows map[string]*row) error {
	for _, e := range b.Entries {
		if rows[e.Document] != nil {
			continue
		}
		err := x.mend("the feed has an entry of nothing", "dropped", func(ctx context.Context, d *mongo.Database) error {
			_, err := d.Collection(feeds).UpdateOne(ctx, bson.D{at("_id", b.Number)}, bson.D{at("$pull", bson.D{at("entries", bson.D{at("d", e.Document)})})})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// mend reports a fault that belongs to no document. It repairs it with fn if
// wanted.
func (x *examination) mend(problem, mended string, fn func(context.Context, *mongo.Database) error) error {
	f := multivac.Fault{Problem: problem}
	if x.repair {
		if err := x.conn.Call(x.ctx, fn); err != nil {
			return err
		}
		f.Repair = mended
	}
	x.report(f)
	return nil
}

// strays looks for pieces that no row refers to. A process leaves them if it
// dies after writing them and before writing the row.
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
	for some := range slices.Chunk(lost, maxNames) {
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

// names returns some names of pieces after a name, in order. One call would not
// have enough time to read all of them.
func (x *examination) names(collection, after string) (all []string, err error) {
	err = x.conn.Call(x.ctx, func(ctx context.Context, d *mongo.Database) error {
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

// stray reports whether a piece belongs to no row. The rows were read since
// begun: a row may name a younger piece without being among them.
func (x *examination) stray(name string) bool {
	of, _, _ := strings.Cut(name, "-")
	id, err := bson.ObjectIDFromHex(of)
	return err != nil || !x.known[of] && x.begun.Sub(id.Timestamp()) > strayAge
}
