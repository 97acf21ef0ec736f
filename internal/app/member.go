package app

import (
	"context"
	"log/slog"
	"time"

	"multivac/internal/endpoint"
	"multivac/internal/store/mongodb"
)

// A MongoMember is a server of MongoDB that is to be one of a replica set, for
// MultiVAC to keep its documents in.
type MongoMember struct {
	Local, Host, Set, Database string
	Admin, User                func() (username, password string)
	TLS                        endpoint.Endpoint // its files
	Log                        *slog.Logger
}

// memberEvery is how often a member is looked after.
const memberEvery = 2 * time.Second

// Init makes it a member, and the user. With watch it goes on until ctx ends.
func (m MongoMember) Init(ctx context.Context, watch bool) error {
	files, err := m.TLS.Config("mongodb", m.Log)
	if err != nil {
		return err
	}
	member := mongodb.Member{Local: m.Local, Host: m.Host, Set: m.Set, Database: m.Database, Admin: m.Admin, User: m.User, TLS: files, Log: m.Log}
	if watch {
		return member.Watch(ctx, memberEvery)
	}
	return member.Init(ctx)
}
