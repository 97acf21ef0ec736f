package app

import (
	"context"
	"errors"
	"time"

	"multivac"
	"multivac/internal/auth"
)

// OpenKeeper opens the keeper of the store of the settings. It makes the store
// if missing. It runs nothing that needs a sound store. It returns an ErrInUse
// if a server has the data folder.
func OpenKeeper(ctx context.Context, s Settings) (multivac.Keeper, func() error, error) {
	db, shut, err := s.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	q, err := s.queue()
	if err != nil {
		return nil, nil, errors.Join(err, shut())
	}
	return newKeeper(db, q), func() error { return errors.Join(q.Close(), shut()) }, nil
}

// OpenKeys opens the keys in the store of the settings, and nothing else. It
// makes the store if missing. It returns an ErrInUse if a server has the data
// folder.
func OpenKeys(ctx context.Context, s Settings) (multivac.Keys, func() error, error) {
	db, shut, err := s.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	return auth.NewKeyring(db, time.Now), shut, nil
}
