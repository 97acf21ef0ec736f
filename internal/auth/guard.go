package auth

import (
	"cmp"
	"context"
	"slices"

	"multivac"
)

// Guard returns verbs that let the caller in the context do what their key
// allows, whichever way they come in: API, pages or the original's routes.
// Without a caller in the context they refuse, except for Status, which then
// says only whether it is ready.
func Guard(next multivac.Verbs) multivac.Verbs { return next.Through(guard{next}) }

// A guard does not embed the verbs behind it: a new verb must not pass
// unguarded because somebody forgot it here.
type guard struct{ next multivac.Verbs }

// Tell implements multivac.Teller. A telling for a collection that the key is not
// for is refused without the others.
func (g guard) Tell(ctx context.Context, tellings []multivac.Telling, wait multivac.Wait) ([]multivac.Receipt, error) {
	c, err := caller(ctx)
	if err == nil {
		err = c.Need(multivac.ScopeTell)
	}
	if err != nil {
		return nil, err
	}
	if len(c.Collections) == 0 {
		return g.next.Tell(ctx, tellings, wait)
	}
	receipts := make([]multivac.Receipt, len(tellings))
	var allowed []multivac.Telling
	var at []int
	for i, t := range tellings {
		if err := c.NeedIn(t.Collection); err != nil {
			receipts[i] = multivac.Receipt{Source: t.Source, Err: err}
			continue
		}
		allowed, at = append(allowed, t), append(at, i)
	}
	if len(allowed) == 0 {
		return receipts, nil
	}
	told, err := g.next.Tell(ctx, allowed, wait)
	if err != nil {
		return nil, err
	}
	for i, r := range told {
		receipts[at[i]] = r
	}
	return receipts, nil
}

// Ask implements multivac.Asker.
func (g guard) Ask(ctx context.Context, q multivac.Question) (multivac.Answer, error) {
	if _, err := g.reader(ctx, q.Collection); err != nil {
		return multivac.Answer{}, err
	}
	return g.next.Ask(ctx, q)
}

// reader returns the caller if they may ask of the collection.
func (g guard) reader(ctx context.Context, name multivac.CollectionName) (*Caller, error) {
	c, err := caller(ctx)
	if err == nil {
		err = c.Need(multivac.ScopeAsk)
	}
	if err == nil {
		err = c.NeedIn(name)
	}
	return c, err
}

// Document implements multivac.Library. A caller who may not ask sees the state of
// a document, but not its text. A document of a collection that the key is not for
// is not found, so that its existence stays unknown.
func (g guard) Document(ctx context.Context, id multivac.DocumentID) (multivac.Document, error) {
	c, err := caller(ctx)
	if err == nil {
		err = c.Need(multivac.ScopeAsk, multivac.ScopeTell)
	}
	if err != nil {
		return multivac.Document{}, err
	}
	d, err := g.find(ctx, c, id)
	if err == nil && !c.Has(multivac.ScopeAsk) {
		d.Text, d.Body = "", nil
	}
	return d, err
}

// Original implements multivac.Library. What was told says more than the text of a
// document, so a caller who may not ask gets neither.
func (g guard) Original(ctx context.Context, id multivac.DocumentID) (multivac.Telling, error) {
	c, err := caller(ctx)
	if err == nil {
		err = c.Need(multivac.ScopeAsk)
	}
	if err == nil && len(c.Collections) > 0 {
		_, err = g.find(ctx, c, id)
	}
	if err != nil {
		return multivac.Telling{}, err
	}
	return g.next.Original(ctx, id)
}

func (g guard) find(ctx context.Context, c *Caller, id multivac.DocumentID) (multivac.Document, error) {
	d, err := g.next.Document(ctx, id)
	if err == nil && !c.In(d.Collection) {
		return multivac.Document{}, multivac.Errorf(multivac.ErrNotFound, "list the documents to see what was told",
			"document %q was never told", multivac.Clip(string(id), 40))
	}
	return d, err
}

// Documents implements multivac.Library.
func (g guard) Documents(ctx context.Context, list multivac.Listing) (multivac.Page, error) {
	c, err := caller(ctx)
	if err == nil {
		err = c.Need(multivac.ScopeAsk, multivac.ScopeTell)
	}
	if err == nil && list.Collection != "" {
		err = c.NeedIn(list.Collection)
	}
	switch {
	case err != nil:
		return multivac.Page{}, err
	case list.Collection != "" || len(c.Collections) == 0:
		return g.next.Documents(ctx, list)
	}
	return g.merged(ctx, list, c.Collections)
}

// merged lists the documents of several collections. A cursor is the last
// document's identifier, whichever collection it is of.
func (g guard) merged(ctx context.Context, list multivac.Listing, names []multivac.CollectionName) (all multivac.Page, err error) {
	more := false
	for _, name := range names {
		list.Collection = name
		p, err := g.next.Documents(ctx, list)
		if err != nil {
			return multivac.Page{}, err
		}
		all.Documents = append(all.Documents, p.Documents...)
		more = more || p.Next != ""
	}
	slices.SortFunc(all.Documents, func(a, b multivac.Document) int { return cmp.Compare(a.ID, b.ID) })
	if limit := cmp.Or(list.Limit, 100); len(all.Documents) > limit {
		all.Documents, more = all.Documents[:limit], true
	}
	if n := len(all.Documents); more && n > 0 {
		all.Next = string(all.Documents[n-1].ID)
	}
	return all, nil
}

// mayTell returns an error unless the caller may tell and the document is in a
// collection that their key is for.
func (g guard) mayTell(ctx context.Context, id multivac.DocumentID) error {
	c, err := caller(ctx)
	if err == nil {
		err = c.Need(multivac.ScopeTell)
	}
	if err == nil && len(c.Collections) > 0 {
		_, err = g.find(ctx, c, id)
	}
	return err
}

// Delete implements multivac.Library.
func (g guard) Delete(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	if err := g.mayTell(ctx, id); err != nil {
		return multivac.Receipt{}, err
	}
	return g.next.Delete(ctx, id)
}

// Datum implements multivac.Library.
func (g guard) Datum(ctx context.Context, name multivac.CollectionName) (string, error) {
	if _, err := g.reader(ctx, name); err != nil {
		return "", err
	}
	return g.next.Datum(ctx, name)
}

// Reach implements multivac.Library. Every caller may wait.
func (g guard) Reach(ctx context.Context, p multivac.Position) error {
	if _, err := caller(ctx); err != nil {
		return err
	}
	return g.next.Reach(ctx, p)
}

// Status implements multivac.Library. It counts only the collections that the key is
// for; Pending counts all.
func (g guard) Status(ctx context.Context) (multivac.Status, error) {
	st, err := g.next.Status(ctx)
	if err != nil {
		return st, err
	}
	c, ok := From(ctx)
	switch {
	case !ok:
		return multivac.Status{Ready: st.Ready, Reason: st.Reason}, nil
	case len(c.Collections) == 0:
		return st, nil
	}
	var mine []multivac.Collection
	st.Documents, st.Passages = 0, 0
	for _, one := range st.Collections {
		if c.In(one.Name) {
			mine = append(mine, one)
			st.Documents, st.Passages = st.Documents+one.Documents, st.Passages+one.Passages
		}
	}
	st.Collections = mine
	return st, nil
}

// admin returns an error unless the caller may make and revoke keys.
func (g guard) admin(ctx context.Context) error {
	c, err := caller(ctx)
	if err == nil {
		err = c.Need(multivac.ScopeAdmin)
	}
	return err
}

// MakeKey implements multivac.Keys.
func (g guard) MakeKey(ctx context.Context, k multivac.Key) (multivac.Key, multivac.KeyText, error) {
	if err := g.admin(ctx); err != nil {
		return multivac.Key{}, "", err
	}
	return g.next.MakeKey(ctx, k)
}

// ListKeys implements multivac.Keys.
func (g guard) ListKeys(ctx context.Context) ([]multivac.Key, error) {
	if err := g.admin(ctx); err != nil {
		return nil, err
	}
	return g.next.ListKeys(ctx)
}

// RevokeKey implements multivac.Keys.
func (g guard) RevokeKey(ctx context.Context, id multivac.KeyID) (multivac.Key, error) {
	if err := g.admin(ctx); err != nil {
		return multivac.Key{}, err
	}
	return g.next.RevokeKey(ctx, id)
}
