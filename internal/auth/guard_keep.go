package auth

import (
	"context"
	"io"

	"multivac"
)

// keeper says whether the caller may copy, fill and examine the store as a
// whole: an admin, or anyone where no key is needed.
func (g Guard) keeper(ctx context.Context) error {
	c, err := caller(ctx)
	switch {
	case err != nil:
		return err
	case !c.Anonymous:
		return c.Need(multivac.ScopeAdmin)
	case len(c.Collections) > 0:
		return multivac.NoKey()
	}
	return nil
}

// Retry implements multivac.Keeper.
func (g Guard) Retry(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	if err := g.mayTell(ctx, id); err != nil {
		return multivac.Receipt{}, err
	}
	return g.Keeper.Retry(ctx, id)
}

// Export implements multivac.Keeper.
func (g Guard) Export(ctx context.Context, w io.Writer) error {
	if err := g.keeper(ctx); err != nil {
		return err
	}
	return g.Keeper.Export(ctx, w)
}

// Import implements multivac.Keeper.
func (g Guard) Import(ctx context.Context, r io.Reader, merge bool) (multivac.Imported, error) {
	if err := g.keeper(ctx); err != nil {
		return multivac.Imported{}, err
	}
	return g.Keeper.Import(ctx, r, merge)
}

// Examine implements multivac.Keeper.
func (g Guard) Examine(ctx context.Context, repair bool) (multivac.Examination, error) {
	if err := g.keeper(ctx); err != nil {
		return multivac.Examination{}, err
	}
	return g.Keeper.Examine(ctx, repair)
}
