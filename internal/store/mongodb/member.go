package mongodb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
	"multivac/internal/certs"
)

// A Member is a server that is to be one of a replica set. It is responsible
// for making the set, or for joining it, and for the user that stores sign in
// as. It runs beside its server, one for each.
type Member struct {
	Local    string // address of the server here
	Host     string // its address for everyone else; its name ends in a number, and the others are called like it
	Set      string // name of the replica set
	Database string // that the user may read and write
	// Admin signs in here, and there has to be such a user; User is made, and
	// has his password changed when it is another.
	Admin, User func() (username, password string)
	TLS         *tls.Config // plain if nil
	Log         *slog.Logger
}

// Codes of MongoDB's errors.
const (
	codeUserNotFound       = 11
	codeAlreadyInitialized = 23
	codeNotYetInitialized  = 94
)

// mostMembers is how many servers a replica set may have.
const mostMembers = 50

// Watch looks after the member until ctx ends, each time that every is over.
// What fails is logged, once while it stays the same, and tried again.
func (m Member) Watch(ctx context.Context, every time.Duration) error {
	said := ""
	for {
		switch err := m.Init(ctx); {
		case ctx.Err() != nil:
			return nil
		case err == nil && said != "":
			m.Log.Info("the member is as it should be")
			said = ""
		case err != nil && err.Error() != said:
			m.Log.Warn("trying again", "error", err)
			said = err.Error()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}

// Init makes the server a member of the set, and the user in it. Where that
// was done, it changes nothing. It returns ErrUnavailable where it has to wait
// for another.
func (m Member) Init(ctx context.Context) (err error) {
	defer multivac.Wrap(&err, "replica set %s", m.Set)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	server, end, err := m.direct(ctx, m.Local, m.Admin)
	if err != nil {
		return err
	}
	defer end()
	switch err := run(ctx, server, bson.D{at("replSetGetStatus", 1)}, nil); {
	case code(err) == codeNotYetInitialized:
		return m.join(ctx, server)
	case err != nil:
		return fmt.Errorf("ask for its status: %w", err)
	}
	var hello struct{ IsWritablePrimary bool }
	if err := run(ctx, server, bson.D{at("hello", 1)}, &hello); err != nil || !hello.IsWritablePrimary {
		return err // the primary's looks after the user
	}
	return m.user(ctx, server)
}

// A replicaSet is the configuration of one, as far as it matters here.
type replicaSet struct {
	Config bson.M `bson:"config"`
}

// join adds the server to the set of the others, or makes the set where it is
// the first of those that have none.
func (m Member) join(ctx context.Context, server *mongo.Database) error {
	number, others, err := m.others(ctx)
	if err != nil {
		return err
	}
	for _, other := range others {
		added, err := m.addBy(ctx, other)
		if added || err != nil {
			return err
		}
	}
	if number != 0 {
		return multivac.Errorf(multivac.ErrUnavailable, "see whether the first member runs", "no other member is in a set yet")
	}
	config := bson.D{at("_id", m.Set), at("members", bson.A{bson.D{at("_id", 0), at("host", m.Host)}})}
	err = run(ctx, server, bson.D{at("replSetInitiate", config)}, nil)
	if err != nil && code(err) != codeAlreadyInitialized {
		return fmt.Errorf("make it: %w", err)
	}
	m.Log.Info("the replica set is made", "set", m.Set, "member", m.Host)
	return nil
}

// others returns the number in the name of the host, and the names like it
// that stand for an address.
func (m Member) others(ctx context.Context) (number int, hosts []string, err error) {
	name, rest, _ := strings.Cut(m.Host, ".")
	dash := strings.LastIndexByte(name, '-')
	number, err = strconv.Atoi(name[dash+1:])
	if err != nil || dash < 0 {
		return 0, nil, multivac.Errorf(multivac.ErrInvalid, "name it as a StatefulSet does, such as db-0.db:27017", "the name of %s ends in no number", m.Host)
	}
	for n := range mostMembers {
		host := name[:dash+1] + strconv.Itoa(n) + "." + rest
		if n == number {
			continue
		}
		only, _, err := net.SplitHostPort(host)
		if err != nil {
			return 0, nil, multivac.Errorf(multivac.ErrInvalid, "give it as host:port", "%s is no address", m.Host)
		}
		if _, err := net.DefaultResolver.LookupHost(ctx, only); err != nil {
			if n > number {
				break // they are numbered without gaps, but for those that are starting
			}
			continue
		}
		hosts = append(hosts, host)
	}
	return number, hosts, nil
}

// addBy has the primary of another's set add this server. It says no where the
// other is in no set, or cannot be asked.
func (m Member) addBy(ctx context.Context, other string) (added bool, err error) {
	asking, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	server, end, err := m.direct(asking, other, m.Admin)
	if err != nil {
		return false, err
	}
	defer end()
	if err := run(asking, server, bson.D{at("replSetGetConfig", 1)}, nil); err != nil {
		return false, nil // it will be asked again
	}
	o := m.options(m.Admin).SetHosts([]string{other}).SetReplicaSet(m.Set)
	client, err := mongo.Connect(o)
	if err != nil {
		return false, errURI(err)
	}
	defer client.Disconnect(context.WithoutCancel(ctx))
	primary := client.Database("admin")
	var set replicaSet
	if err := run(ctx, primary, bson.D{at("replSetGetConfig", 1)}, &set); err != nil {
		return false, fmt.Errorf("ask %s for the set: %w", other, err)
	}
	config, known := set.with(m.Host)
	if known {
		return true, nil // it will hear of it
	}
	if err := run(ctx, primary, bson.D{at("replSetReconfig", config)}, nil); err != nil {
		return false, fmt.Errorf("be added to it: %w", err)
	}
	m.Log.Info("added to the replica set", "set", m.Set, "member", m.Host)
	return true, nil
}

// with returns the next configuration, with a member at the host, and whether
// there is one already.
func (r replicaSet) with(host string) (next bson.M, known bool) {
	members, _ := r.Config["members"].(bson.A)
	id := int64(0)
	for _, one := range members {
		member := asMap(one)
		if member["host"] == host {
			return r.Config, true
		}
		id = max(id, number(member["_id"])+1)
	}
	r.Config["members"] = append(members, bson.D{at("_id", id), at("host", host)})
	r.Config["version"] = number(r.Config["version"]) + 1
	return r.Config, false
}

func asMap(v any) bson.M {
	switch v := v.(type) {
	case bson.M:
		return v
	case bson.D:
		m := bson.M{}
		for _, e := range v {
			m[e.Key] = e.Value
		}
		return m
	}
	return nil
}

func number(v any) int64 {
	switch n := v.(type) {
	case int32:
		return int64(n)
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return 0
}

// user makes the user, or gives him his password. Whether it is the one that
// he has is found out by signing in.
func (m Member) user(ctx context.Context, server *mongo.Database) error {
	name, password := m.User()
	as, end, err := m.direct(ctx, m.Local, m.User)
	if err != nil {
		return err
	}
	defer end()
	if err := run(ctx, as, bson.D{at("connectionStatus", 1)}, nil); !refused(err) {
		return err
	}
	err = run(ctx, server, bson.D{at("updateUser", name), at("pwd", password)}, nil)
	if code(err) == codeUserNotFound {
		role := bson.D{at("role", "readWrite"), at("db", m.Database)}
		err = run(ctx, server, bson.D{at("createUser", name), at("pwd", password), at("roles", bson.A{role})}, nil)
	}
	if err != nil {
		return fmt.Errorf("give user %s his password: %w", name, err)
	}
	m.Log.Info("the user has a new password", "user", name)
	return nil
}

// direct returns the database admin of one server, whatever it is.
func (m Member) direct(ctx context.Context, addr string, who func() (username, password string)) (*mongo.Database, func(), error) {
	client, err := mongo.Connect(m.options(who).SetHosts([]string{addr}).SetDirect(true))
	if err != nil {
		return nil, nil, errURI(err)
	}
	return client.Database("admin"), func() { _ = client.Disconnect(context.WithoutCancel(ctx)) }, nil
}

func (m Member) options(who func() (username, password string)) *options.ClientOptions {
	o := options.Client().SetAppName("multivac member").SetServerSelectionTimeout(patience / 2)
	name, password := who()
	o.SetAuth(options.Credential{Username: name, Password: password, PasswordSet: true, AuthSource: "admin"})
	if m.TLS != nil {
		o.SetDialer(certs.Dialer{Config: m.TLS})
	}
	return o
}

func run(ctx context.Context, db *mongo.Database, command bson.D, result any) error {
	r := db.RunCommand(ctx, command)
	if result == nil {
		return r.Err()
	}
	return r.Decode(result)
}

// code is that of MongoDB's error; 0 where it is none.
func code(err error) int32 {
	if command, ok := errors.AsType[mongo.CommandError](err); ok {
		return command.Code
	}
	return 0
}
