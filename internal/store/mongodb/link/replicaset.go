package link

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
)

// lookTimeout is how long a server may take to describe itself.
const lookTimeout = 2 * time.Second

var hello = bson.D{{Key: "hello", Value: 1}}

// checkReplicaSet refuses a server that has no change streams and no
// transactions.
func (c *Conn) checkReplicaSet(ctx context.Context) error {
	var reply helloReply
	ask := func(ctx context.Context) error {
		return c.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
			return d.Client().Database("admin").RunCommand(ctx, hello).Decode(&reply)
		})
	}
	soon, stop := context.WithTimeout(ctx, lookTimeout)
	defer stop()
	err := ask(soon)
	if err != nil {
		// The driver waits for a server that fits the URI, and does not say
		// which servers it found instead.
		if found := c.look(ctx); found != nil {
			return found
		}
		err = ask(ctx)
	}
	if err != nil {
		return err
	}
	return reply.check()
}

type helloReply struct {
	SetName      string `bson:"setName"`
	Msg          string `bson:"msg"`
	IsReplicaSet bool   `bson:"isreplicaset"`
}

func (h helloReply) check() error {
	const initiate = "`mongosh --eval 'rs.initiate()'`"
	switch {
	case h.SetName != "" || h.Msg == "isdbgrid":
		return nil
	case h.IsReplicaSet:
		return multivac.Errorf(multivac.ErrInvalid, "initiate it: "+initiate, "MongoDB's replica set was never initiated")
	}
	return multivac.Errorf(multivac.ErrInvalid,
		"make it a replica set of one: start it as `mongod --replSet rs0`, with all else as before, and initiate it once: "+initiate,
		"MongoDB runs standalone, and has no change streams then")
}

// look asks each server to describe itself. It returns nil if that explains
// nothing.
func (c *Conn) look(ctx context.Context) error {
	o, err := c.clientOptions()
	if err != nil {
		return nil
	}
	for _, host := range o.Hosts {
		reply, err := askServer(ctx, host, o)
		if err != nil {
			continue
		}
		if err := reply.check(); err != nil {
			return err
		}
		if o.ReplicaSet != nil && reply.SetName != *o.ReplicaSet {
			return multivac.Errorf(multivac.ErrInvalid, fmt.Sprintf("write replicaSet=%s in store.mongodb.uri", reply.SetName),
				"MongoDB's replica set is %q, not %q", reply.SetName, *o.ReplicaSet)
		}
	}
	return nil
}

// askServer asks one server, without signing in.
func askServer(ctx context.Context, host string, o *options.ClientOptions) (reply helloReply, err error) {
	one := options.Client().SetHosts([]string{host}).SetDirect(true).SetServerSelectionTimeout(lookTimeout)
	one.TLSConfig, one.Dialer = o.TLSConfig, o.Dialer
	c, err := mongo.Connect(one)
	if err != nil {
		return reply, err
	}
	err = c.Database("admin").RunCommand(ctx, hello).Decode(&reply)
	if e := c.Disconnect(ctx); err == nil {
		err = e
	}
	return reply, err
}
