package auth

import (
	"context"
	"io"

	"multivac"
)

// keeper returns an error unless the caller may export, import and examine
// everything, and calibrate: an admin may, and anyone where no key is needed.
func (g guard) keeper(ctx context.Context) error {
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
func (g guard) Retry(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	if err := g.mayTell(ctx, id); err != nil {
		return multivac.Receipt{}, err
	}
	return g.next.Retry(ctx, id)
}

// Reread implements multivac.Keeper.
func (g guard) Reread(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	if err := g.mayTell(ctx, id); err != nil {
		return multivac.Receipt{}, err
	}
	return g.next.Reread(ctx, id)
}

// Export implements multivac.Keeper.
func (g guard) Export(ctx context.Context, w io.Writer, originals bool) error {
	if err := g.keeper(ctx); err != nil {
		return err
	}
	return g.next.Export(ctx, w, originals)
}

// Import implements multivac.Keeper.
func (g guard) Import(ctx context.Context, r io.Reader, merge bool) (multivac.Imported, error) {
	if err := g.keeper(ctx); err != nil {
		return multivac.Imported{}, err
	}
	return g.next.Import(ctx, r, merge)
}

// Examine implements multivac.Keeper.
func (g guard) Examine(ctx context.Context, repair bool) (multivac.Examination, error) {
	if err := g.keeper(ctx); err != nil {
		return multivac.Examination{}, err
	}
	return g.next.Examine(ctx, repair)
}

// Calibrate implements multivac.Calibrator. It changes the answers of everyone
// who asks the collection.
func (g guard) Calibrate(ctx context.Context, name multivac.CollectionName, questions []multivac.LabelledQuestion, keep bool) (multivac.Calibration, error) {
	if err := g.keeper(ctx); err != nil {
		return multivac.Calibration{}, err
	}
	return g.next.Calibrate(ctx, name, questions, keep)
}

// Calibration implements multivac.Calibrator.
func (g guard) Calibration(ctx context.Context, name multivac.CollectionName) (multivac.Calibration, error) {
	if _, err := g.reader(ctx, name); err != nil {
		return multivac.Calibration{}, err
	}
	return g.next.Calibration(ctx, name)
}

// Uncalibrate implements multivac.Calibrator.
func (g guard) Uncalibrate(ctx context.Context, name multivac.CollectionName) (bool, error) {
	if err := g.keeper(ctx); err != nil {
		return false, err
	}
	return g.next.Uncalibrate(ctx, name)
}
