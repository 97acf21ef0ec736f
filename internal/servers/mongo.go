package servers

import (
	"context"
	"crypto/tls"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// MongoOptions describe the server that Mongo starts.
type MongoOptions struct {
	Users       []MongoUser // who may connect; empty: everyone, and they may do anything
	CA          *CA         // nil: no TLS; else TLS with a certificate of this CA
	Hosts       []string    // names in the certificate; empty: 127.0.0.1 and localhost
	ClientCerts bool        // with CA: clients need a certificate of it
	Standalone  bool        // not a member of a replica set
	Unsynced    bool        // faster, but Kill may lose acknowledged writes
	Args        []string    // more arguments of its command line
}

// A MongoUser may read and write one database.
type MongoUser struct {
	Name, Password, Database string
}

// A MongoServer is a server that speaks MongoDB's wire protocol: SecantusDB, as
// a replica set of one member. It has written to disk what it acknowledges,
// unless Unsynced is set.
type MongoServer struct {
	Addr string // host:port
	URI  string // without a user
	Cert Pair   // its certificate, with TLS

	process
	dir        string
	options    MongoOptions
	auth       bool
	tls        *tls.Config
	advertised string // host:port that it tells clients; empty: Addr
}

const (
	secantus   = "secantusdb==0.7.0b3"
	mongoAdmin = "of-the-test"
)

// MongoProgram returns the path of the program that Mongo starts.
func MongoProgram(t testing.TB) string {
	t.Helper()
	return Python(t, "mongo", secantus, "secantusd-py")
}

// Mongo starts a server that ends with the test.
func Mongo(t testing.TB, o MongoOptions) *MongoServer {
	t.Helper()
	program := MongoProgram(t)
	m := &MongoServer{dir: t.TempDir(), options: o}
	m.process = process{t: t, name: "secantusd", ready: m.ping, log: filepath.Join(m.dir, "log")}
	if o.CA != nil {
		m.Cert, m.tls = o.CA.Server(t, o.Hosts...), o.CA.client(t)
		m.tls.InsecureSkipVerify = true // tests give certificates of other names
	}
	m.begin(func(port string) {
		m.Addr = net.JoinHostPort("127.0.0.1", port)
		m.URI = "mongodb://" + m.Addr + "/?replicaSet=secantus"
		if o.Standalone {
			m.URI = "mongodb://" + m.Addr + "/"
		}
		m.command = func() *exec.Cmd { return m.run(program, port) }
	})
	if len(o.Users) > 0 {
		m.AddUser(MongoUser{Name: mongoAdmin, Password: mongoAdmin})
		for _, u := range o.Users {
			m.AddUser(u)
		}
		m.auth = true
		if o.Unsynced {
			m.Restart()
		} else {
			m.Kill() // SIGTERM may take long
			m.Start()
		}
	}
	return m
}

// run returns the command that starts the server. A member of a replica set
// tells clients its address. This server has no setting for another one than it
// listens at, so a line of Python sets it.
func (m *MongoServer) run(program, port string) *exec.Cmd {
	if m.advertised == "" {
		return exec.Command(program, m.args(port)...)
	}
	host, at, _ := net.SplitHostPort(m.advertised)
	const advertise = "import sys, secantus.cli, secantus.server as s\n" +
		"s.SecantusDBServer.address = property(lambda _: (sys.argv[-2], int(sys.argv[-1])))\n" +
		"sys.exit(secantus.cli.main(sys.argv[1:-2]))"
	return exec.Command(filepath.Join(filepath.Dir(program), "python3"), append(append([]string{"-c", advertise}, m.args(port)...), host, at)...)
}

// Behind restarts the server so that it tells clients another address than its
// own: that of a proxy in front of it. URI has that address then.
func (m *MongoServer) Behind(addr string) {
	m.t.Helper()
	m.advertised = addr
	m.URI = "mongodb://" + addr + "/?replicaSet=secantus"
	m.Kill() // SIGTERM may take long
	m.Start()
}

func (m *MongoServer) args(port string) []string {
	args := []string{"--host", "127.0.0.1", "--port", port, "--storage-path", filepath.Join(m.dir, "data"), "--cache-size", "256M"}
	if !m.options.Unsynced {
		args = append(args, "--sync-on-commit")
	}
	if m.options.Standalone {
		args = append(args, "--standalone")
	}
	if m.auth {
		args = append(args, "--auth")
	}
	if m.options.CA != nil {
		args = append(args, "--tls-cert-file", m.Cert.Cert, "--tls-key-file", m.Cert.Key, "--tls-ca-file", m.options.CA.File)
		if m.options.ClientCerts {
			args = append(args, "--tls-require-client-cert")
		}
	}
	return append(args, m.options.Args...)
}

// AddUser adds a user. A user without a Database may do anything.
func (m *MongoServer) AddUser(u MongoUser) {
	m.t.Helper()
	roles := bson.A{"root"}
	if u.Database != "" {
		roles = bson.A{bson.D{{Key: "role", Value: "readWrite"}, {Key: "db", Value: u.Database}}}
	}
	must(m.t, m.Do(m.t.Context(), bson.D{{Key: "createUser", Value: u.Name}, {Key: "pwd", Value: u.Password}, {Key: "roles", Value: roles}}))
}

// SetPassword gives a user another password.
func (m *MongoServer) SetPassword(user, password string) {
	m.t.Helper()
	must(m.t, m.Do(m.t.Context(), bson.D{{Key: "updateUser", Value: user}, {Key: "pwd", Value: password}}))
}

// DropUser removes a user.
func (m *MongoServer) DropUser(user string) {
	m.t.Helper()
	must(m.t, m.Do(m.t.Context(), bson.D{{Key: "dropUser", Value: user}}))
}

// StepDown makes the server a secondary for some seconds. No other member takes
// its place.
func (m *MongoServer) StepDown(seconds int) {
	m.t.Helper()
	must(m.t, m.Do(m.t.Context(), bson.D{{Key: "replSetStepDown", Value: seconds}, {Key: "force", Value: true}, {Key: "secondaryCatchUpPeriodSecs", Value: 0}}))
}

// Primary reports whether the server takes writes.
func (m *MongoServer) Primary() bool {
	var hello struct {
		IsWritablePrimary bool `bson:"isWritablePrimary"`
	}
	err := m.do(m.t.Context(), bson.D{{Key: "hello", Value: 1}}, &hello)
	return err == nil && hello.IsWritablePrimary
}

// Do runs a command on the database admin, as a user with all rights.
func (m *MongoServer) Do(ctx context.Context, command bson.D) error {
	return m.do(ctx, command, &bson.M{})
}

func (m *MongoServer) do(ctx context.Context, command bson.D, result any) error {
	o := options.Client().ApplyURI("mongodb://" + m.Addr + "/?directConnection=true").SetConnectTimeout(5 * time.Second).SetServerSelectionTimeout(5 * time.Second)
	if m.tls != nil {
		o.SetTLSConfig(m.tls)
	}
	if m.auth {
		o.SetAuth(options.Credential{Username: mongoAdmin, Password: mongoAdmin})
	}
	c, err := mongo.Connect(o)
	if err != nil {
		return err
	}
	defer func() { _ = c.Disconnect(context.WithoutCancel(ctx)) }()
	return c.Database("admin").RunCommand(ctx, command).Decode(result)
}

func (m *MongoServer) ping() error {
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	return m.Do(ctx, bson.D{{Key: "ping", Value: 1}})
}
