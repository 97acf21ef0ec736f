// Package position marks the positions that are given out with the store that
// they are of. Positions of two stores look alike, and one of another store
// would be taken for one of this store's past or future.
package position

import (
	"context"
	"fmt"
	"strings"

	"multivac"
)

// A Mark is the end of each position of a store, as in "17-0000002a". The empty
// Mark leaves positions as they are.
type Mark string

// Of returns the mark of a store that has a number of its own. A store that many
// processes share has none, because programs of another version do not know
// marks.
func Of(store any) Mark {
	if numbered, ok := store.(interface{ Number() uint32 }); ok && numbered.Number() != 0 {
		return Mark(fmt.Sprintf("-%08x", numbered.Number()))
	}
	return ""
}

// out returns a position with the mark.
func (m Mark) out(p multivac.Position) multivac.Position {
	if p == "" {
		return ""
	}
	return p + multivac.Position(m)
}

// in returns the store's own position, or an ErrInvalid for one with another
// mark. A position without a mark is accepted: older versions gave out such.
func (m Mark) in(p multivac.Position) (multivac.Position, error) {
	own, of, marked := strings.Cut(string(p), "-")
	if marked && "-"+of != string(m) {
		return "", multivac.Errorf(multivac.ErrInvalid, "use one that a receipt or an answer of this store gave, or none",
			"%q is no position of this store", multivac.Clip(string(p), 80))
	}
	return multivac.Position(own), nil
}

// Teller returns next with marked positions.
func (m Mark) Teller(next multivac.Teller) multivac.Teller { return teller{next, m} }

// Asker returns next with marked positions.
func (m Mark) Asker(next multivac.Asker) multivac.Asker { return asker{next, m} }

// Library returns next with marked positions.
func (m Mark) Library(next multivac.Library) multivac.Library { return library{next, m} }

// Keeper returns next with marked positions.
func (m Mark) Keeper(next multivac.Keeper) multivac.Keeper { return keeper{next, m} }

type teller struct {
	multivac.Teller
	Mark
}

func (t teller) Tell(ctx context.Context, tellings []multivac.Telling, wait multivac.Wait) ([]multivac.Receipt, error) {
	receipts, err := t.Teller.Tell(ctx, tellings, wait)
	for i := range receipts {
		receipts[i].Position = t.out(receipts[i].Position)
	}
	return receipts, err
}

type asker struct {
	multivac.Asker
	Mark
}

func (k asker) Ask(ctx context.Context, q multivac.Question) (a multivac.Answer, err error) {
	if q.After, err = k.in(q.After); err != nil {
		return a, err
	}
	a, err = k.Asker.Ask(ctx, q)
	a.Position = k.out(a.Position)
	return a, err
}

type library struct {
	multivac.Library
	Mark
}

func (l library) Reach(ctx context.Context, p multivac.Position) error {
	p, err := l.in(p)
	if err != nil {
		return err
	}
	return l.Library.Reach(ctx, p)
}

func (l library) Delete(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	r, err := l.Library.Delete(ctx, id)
	r.Position = l.out(r.Position)
	return r, err
}

func (l library) Status(ctx context.Context) (multivac.Status, error) {
	st, err := l.Library.Status(ctx)
	st.Position = l.out(st.Position)
	return st, err
}

type keeper struct {
	multivac.Keeper
	Mark
}

func (k keeper) Retry(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	r, err := k.Keeper.Retry(ctx, id)
	r.Position = k.out(r.Position)
	return r, err
}

func (k keeper) Reread(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	r, err := k.Keeper.Reread(ctx, id)
	r.Position = k.out(r.Position)
	return r, err
}
