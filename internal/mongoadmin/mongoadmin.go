// Package mongoadmin makes a MongoDB ready for the store: it makes a server a
// member of a replica set, and makes the user that the store signs in as. No
// other part of MultiVAC needs rights to do so.
package mongoadmin

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
	"multivac/internal/clock"
)

// Credentials return a user name and a password as they are now.
type Credentials func() (username, password string)

// A Member is one server of a replica set. One process runs next to each
// server and looks after it.
type Member struct {
	Local    string      // address of the server for this process
	Host     string      // address of the server for everyone else; its first label ends in a number, as a StatefulSet names it
	Set      string      // name of the replica set
	Database string      // that User may read and write
	Admin    Credentials // of a user that exists and may do all this
	User     Credentials // of the user to make; its password is changed when this one changes
	CA       string      // file in PEM of the authorities that sign the servers' certificates; no TLS if empty
	Log      *slog.Logger
}

// Codes of MongoDB's errors.
const (
	codeUserNotFound         = 11
	codeAuthenticationFailed = 18
	codeAlreadyInitialized   = 23
	codeNotYetInitialized    = 94
)

const (
	maxMembers    = 50               // MongoDB's limit for a replica set
	initTimeout   = 10 * time.Second // for one call of Init
	selectTimeout = 5 * time.Second  // for the driver to find a server
	askTimeout    = 3 * time.Second  // for another member to answer
	lookInterval  = 2 * time.Second  // between two calls of Init in Watch
)

// Watch calls Init again and again until ctx ends, and returns nil then. It
// logs a failure once, and goes on.
func (m Member) Watch(ctx context.Context) error {
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
		if clock.Sleep(ctx, lookInterval) != nil {
			return nil
		}
	}
}

// Init makes the server a member of the set, and makes the user. It changes
// nothing where both are there. It returns ErrUnavailable where it has to wait
// for another member.
func (m Member) Init(ctx context.Context) (err error) {
	defer multivac.Wrap(&err, "replica set %s", m.Set)
	ctx, cancel := context.WithTimeout(ctx, initTimeout)
	defer cancel()
	s, err := m.dialer()
	if err != nil {
		return err
	}
	server, end, err := s.direct(ctx, m.Local, m.Admin)
	if err != nil {
		return err
	}
	defer end()
	switch err := run(ctx, server, bson.D{{Key: "replSetGetStatus", Value: 1}}, nil); {
	case code(err) == codeNotYetInitialized:
		return s.join(ctx, server)
	case err != nil:
		return fmt.Errorf("ask for its status: %w", err)
	}
	var hello struct{ IsWritablePrimary bool }
	if err := run(ctx, server, bson.D{{Key: "hello", Value: 1}}, &hello); err != nil || !hello.IsWritablePrimary {
		return err // only the process next to the primary can write the user
	}
	return s.user(ctx, server)
}

// A dialer is a Member with what its connections need.
type dialer struct {
	Member
	tls *tls.Config // nil without TLS
}

func (m Member) dialer() (dialer, error) {
	if m.CA == "" {
		return dialer{m, nil}, nil
	}
	c, err := certs.Client(certs.ClientFiles{CA: m.CA, Failed: func(err error) {
		m.Log.Warn("new certificates cannot be used; going on with those before", "service", "mongodb", "error", err)
	}})
	return dialer{m, c}, err
}

// A replicaSet is the part of a set's configuration that is used here.
type replicaSet struct {
	Config bson.M `bson:"config"`
}

// join adds the server to the set that another member is in. Where none is in
// a set, the first member makes it.
func (m dialer) join(ctx context.Context, server *mongo.Database) error {
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
	config := bson.D{{Key: "_id", Value: m.Set}, {Key: "members", Value: bson.A{newMember(0, m.Host)}}}
	err = run(ctx, server, bson.D{{Key: "replSetInitiate", Value: config}}, nil)
	if err != nil && code(err) != codeAlreadyInitialized {
		return fmt.Errorf("make it: %w", err)
	}
	m.Log.Info("the replica set is made", "set", m.Set, "member", m.Host)
	return nil
}

func newMember(id int64, host string) bson.D {
	return bson.D{{Key: "_id", Value: id}, {Key: "host", Value: host}}
}

// others returns the number in the name of the host, and the hosts of the other
// members that DNS knows. Example: the host "db-1.db:27017" has the number 1,
// and others called "db-0.db:27017", "db-2.db:27017" and so on.
func (m Member) others(ctx context.Context) (number int, hosts []string, err error) {
	name, rest, _ := strings.Cut(m.Host, ".")
	dash := strings.LastIndexByte(name, '-')
	number, err = strconv.Atoi(name[dash+1:])
	if err != nil || dash < 0 {
		return 0, nil, multivac.Errorf(multivac.ErrInvalid, "name it as a StatefulSet does, such as db-0.db:27017", "the name of %s ends in no number", m.Host)
	}
	for n := range maxMembers {
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
				break // numbers have no gaps, but for members that are starting
			}
			continue
		}
		hosts = append(hosts, host)
	}
	return number, hosts, nil
}

// addBy has the primary of another member's set add this server. It returns
// false where the other is in no set or does not answer.
func (m dialer) addBy(ctx context.Context, other string) (added bool, err error) {
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	server, end, err := m.direct(asking, other, m.Admin)
	if err != nil {
		return false, err
	}
	defer end()
	if err := run(asking, server, bson.D{{Key: "replSetGetConfig", Value: 1}}, nil); err != nil {
		return false, nil // the next Init asks it again
	}
	client, err := mongo.Connect(m.options(m.Admin).SetHosts([]string{other}).SetReplicaSet(m.Set))
	if err != nil {
		return false, errAddress(err)
	}
	defer client.Disconnect(context.WithoutCancel(ctx))
	primary := client.Database("admin")
	var set replicaSet
	if err := run(ctx, primary, bson.D{{Key: "replSetGetConfig", Value: 1}}, &set); err != nil {
		return false, fmt.Errorf("ask %s for the set: %w", other, err)
	}
	config, known := set.with(m.Host)
	if known {
		return true, nil // the primary will tell this server
	}
	if err := run(ctx, primary, bson.D{{Key: "replSetReconfig", Value: config}}, nil); err != nil {
		return false, fmt.Errorf("be added to it: %w", err)
	}
	m.Log.Info("added to the replica set", "set", m.Set, "member", m.Host)
	return true, nil
}

// with returns the next configuration, which has a member at the host, and
// whether the set has that member already.
func (r replicaSet) with(host string) (next bson.M, known bool) {
	members, _ := r.Config["members"].(bson.A)
	id := int64(0)
	for _, one := range members {
		member := asMap(one)
		if member["host"] == host {
			return r.Config, true
		}
		id = max(id, asInt(member["_id"])+1)
	}
	r.Config["members"] = append(members, newMember(id, host))
	r.Config["version"] = asInt(r.Config["version"]) + 1
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

func asInt(v any) int64 {
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

// user makes the user, or changes its password. It signs in as the user to see
// whether the password is the right one.
func (m dialer) user(ctx context.Context, server *mongo.Database) error {
	name, password := m.User()
	as, end, err := m.direct(ctx, m.Local, m.User)
	if err != nil {
		return err
	}
	defer end()
	err = run(ctx, as, bson.D{{Key: "connectionStatus", Value: 1}}, nil)
	if c := code(err); c != codeAuthenticationFailed && c != codeUserNotFound {
		return err
	}
	err = run(ctx, server, bson.D{{Key: "updateUser", Value: name}, {Key: "pwd", Value: password}}, nil)
	if code(err) == codeUserNotFound {
		role := bson.D{{Key: "role", Value: "readWrite"}, {Key: "db", Value: m.Database}}
		err = run(ctx, server, bson.D{{Key: "createUser", Value: name}, {Key: "pwd", Value: password}, {Key: "roles", Value: bson.A{role}}}, nil)
	}
	if err != nil {
		return fmt.Errorf("give user %s his password: %w", name, err)
	}
	m.Log.Info("the user has a new password", "user", name)
	return nil
}

// direct connects to one server, whether it is a member of a set or not. It
// returns the server's database admin and what ends the connection.
func (m dialer) direct(ctx context.Context, addr string, who Credentials) (*mongo.Database, func(), error) {
	client, err := mongo.Connect(m.options(who).SetHosts([]string{addr}).SetDirect(true))
	if err != nil {
		return nil, nil, errAddress(err)
	}
	return client.Database("admin"), func() { _ = client.Disconnect(context.WithoutCancel(ctx)) }, nil
}

func (m dialer) options(who Credentials) *options.ClientOptions {
	o := options.Client().SetAppName("multivac member").SetServerSelectionTimeout(selectTimeout)
	name, password := who()
	o.SetAuth(options.Credential{Username: name, Password: password, PasswordSet: true, AuthSource: "admin"})
	if m.tls != nil {
		o.SetDialer(certs.Dialer{Config: m.tls})
	}
	return o
}

func errAddress(err error) error {
	return multivac.Errorf(multivac.ErrInvalid, "write it as host:27017", "MongoDB's address cannot be used: %v", err)
}

// run runs a command, and decodes its reply into result unless that is nil.
func run(ctx context.Context, db *mongo.Database, command bson.D, result any) error {
	r := db.RunCommand(ctx, command)
	if result == nil {
		return r.Err()
	}
	return r.Decode(result)
}

// code returns the code of MongoDB's error, or 0 where err is none.
func code(err error) int32 {
	if command, ok := errors.AsType[mongo.CommandError](err); ok {
		return command.Code
	}
	return 0
}
