package app

import (
	"context"

	"multivac"
)

// noticing has an examination tell what the process knows of itself, too.
type noticing struct {
	multivac.Keeper
	notices func() []string
}

func (k noticing) Examine(ctx context.Context, repair bool) (multivac.Examination, error) {
	e, err := k.Keeper.Examine(ctx, repair)
	e.Notices = append(e.Notices, k.notices()...)
	return e, err
}
