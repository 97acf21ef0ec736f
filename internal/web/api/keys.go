package api

import (
	"context"

	"multivac"
	"multivac/internal/web/wire"
)

type makeKeyInput struct{ Body wire.NewKey }

func (s *server) makeKey(ctx context.Context, in *makeKeyInput) (*body[wire.MadeKey], error) {
	k, text, err := s.Keys.MakeKey(ctx, in.Body.Key())
	if err != nil {
		return nil, err
	}
	return &body[wire.MadeKey]{wire.MadeKey{Key: wire.KeyOf(k), Text: string(text)}}, nil
}

func (s *server) keys(ctx context.Context, _ *struct{}) (*body[wire.Keys], error) {
	keys, err := s.Keys.ListKeys(ctx)
	if err != nil {
		return nil, err
	}
	out := wire.Keys{Keys: make([]wire.Key, len(keys))}
	for i, k := range keys {
		out.Keys[i] = wire.KeyOf(k)
	}
	return &body[wire.Keys]{out}, nil
}

type keyInput struct {
	ID string `path:"id" example:"k3jq7x2a4m" doc:"The key's id, not its text"`
}

func (s *server) revokeKey(ctx context.Context, in *keyInput) (*body[wire.Key], error) {
	k, err := s.Keys.RevokeKey(ctx, multivac.KeyID(in.ID))
	if err != nil {
		return nil, err
	}
	return &body[wire.Key]{wire.KeyOf(k)}, nil
}
