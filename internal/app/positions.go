package app

import (
	"context"
	"fmt"
	"strings"

	"multivac"
	"multivac/internal/store"
)

// A mark ends every position that is given out, and says which store it is of,
// so that one of another store is refused: those of two stores look alike
// otherwise. It is empty where a store has no number of its own.
type mark string

// markOf returns the mark of a store. A store that others have, too, has none,
// for those of another version do not know marks.
func markOf(s store.Store) mark {
	if numbered, ok := s.(interface{ Number() uint32 }); ok && numbered.Number() != 0 {
		return mark(fmt.Sprintf("-%08x", numbered.Number()))
	}
	return ""
}

// out returns a position as it is given out.
func (m mark) out(p multivac.Position) multivac.Position {
	if p == "" {
		return ""
	}
	return p + multivac.Position(m)
}

// in returns the store's own position. One without a mark may be of before
// there were marks, and is believed.
func (m mark) in(p multivac.Position) (multivac.Position, error) {
	own, of, marked := strings.Cut(string(p), "-")
	if marked && "-"+of != string(m) {
		return "", multivac.Errorf(multivac.ErrInvalid, "use one that a receipt or an answer of this store gave, or none",
			"%q is no position of this store", multivac.Clip(string(p), 80))
	}
	return multivac.Position(own), nil
}

// marked has the verbs of a give and take positions with the store's mark.
func (a *App) marked() {
	m := markOf(a.store)
	if m == "" {
		return
	}
	a.Library = markedLibrary{a.Library, m}
	if a.role.serves() {
		a.Teller, a.Asker, a.Keeper = markedTeller{a.Teller, m}, markedAsker{a.Asker, m}, markedKeeper{a.Keeper, m}
	}
}

type markedTeller struct {
	multivac.Teller
	mark
}

// Tell implements multivac.Teller.
func (t markedTeller) Tell(ctx context.Context, tellings []multivac.Telling, wait multivac.Wait) ([]multivac.Receipt, error) {
	receipts, err := t.Teller.Tell(ctx, tellings, wait)
	for i := range receipts {
		receipts[i].Position = t.out(receipts[i].Position)
	}
	return receipts, err
}

type markedAsker struct {
	multivac.Asker
	mark
}

// Ask implements multivac.Asker.
func (k markedAsker) Ask(ctx context.Context, q multivac.Question) (a multivac.Answer, err error) {
	if q.After, err = k.in(q.After); err != nil {
		return a, err
	}
	a, err = k.Asker.Ask(ctx, q)
	a.Position = k.out(a.Position)
	return a, err
}

type markedLibrary struct {
	multivac.Library
	mark
}

// Reach implements multivac.Library.
func (l markedLibrary) Reach(ctx context.Context, p multivac.Position) error {
	p, err := l.in(p)
	if err != nil {
		return err
	}
	return l.Library.Reach(ctx, p)
}

// Delete implements multivac.Library.
func (l markedLibrary) Delete(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	r, err := l.Library.Delete(ctx, id)
	r.Position = l.out(r.Position)
	return r, err
}

// Status implements multivac.Library.
func (l markedLibrary) Status(ctx context.Context) (multivac.Status, error) {
	st, err := l.Library.Status(ctx)
	st.Position = l.out(st.Position)
	return st, err
}

type markedKeeper struct {
	multivac.Keeper
	mark
}

// Retry implements multivac.Keeper.
func (k markedKeeper) Retry(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	r, err := k.Keeper.Retry(ctx, id)
	r.Position = k.out(r.Position)
	return r, err
}
