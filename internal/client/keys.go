package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"multivac"
	"multivac/internal/web/wire"
)

// MakeKey implements [multivac.Keys].
func (c *Client) MakeKey(ctx context.Context, k multivac.Key) (multivac.Key, multivac.KeyText, error) {
	body, err := json.Marshal(wire.NewNewKey(k))
	if err != nil {
		return multivac.Key{}, "", fmt.Errorf("make key: %w", err)
	}
	var made wire.MadeKey
	err = c.call(ctx, request{method: "POST", path: "/api/v1/keys", mediaType: "application/json", body: body}, &made)
	if err != nil {
		return multivac.Key{}, "", err
	}
	return made.Key.Key(), multivac.KeyText(made.Text), nil
}

// ListKeys implements [multivac.Keys]. The keys come without their hashes.
func (c *Client) ListKeys(ctx context.Context) ([]multivac.Key, error) {
	var all wire.Keys
	if err := c.call(ctx, request{method: "GET", path: "/api/v1/keys"}, &all); err != nil {
		return nil, err
	}
	keys := make([]multivac.Key, len(all.Keys))
	for i, w := range all.Keys {
		keys[i] = w.Key()
	}
	return keys, nil
}

// RevokeKey implements [multivac.Keys].
func (c *Client) RevokeKey(ctx context.Context, id multivac.KeyID) (multivac.Key, error) {
	var w wire.Key
	err := c.call(ctx, request{method: "DELETE", path: "/api/v1/keys/" + url.PathEscape(string(id))}, &w)
	if err != nil {
		return multivac.Key{}, err
	}
	return w.Key(), nil
}
