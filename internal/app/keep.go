package app

import (
	"context"
	"errors"
	"time"

	"multivac"
	"multivac/internal/auth"
)

// OpenKeeper opens what looks after the store of the settings, which it makes
// if missing. It runs nothing of what would need the store to be sound. It
// returns an ErrInUse where a server has the data folder.
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

// OpenKeys opens the keys in the store of the settings, which it makes if
// missing, and nothing else of it. It returns an ErrInUse where a server has
// the data folder.
func OpenKeys(ctx context.Context, s Settings) (multivac.Keys, func() error, error) {
	db, shut, err := s.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	return auth.NewKeyring(db, time.Now), shut, nil
}
