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

// MongoOptions say what to start that speaks MongoDB's wire protocol.
type MongoOptions struct {
	Users       []MongoUser // clients have to be one of them; anyone may do anything if there are none
	CA          *CA         // TLS with a certificate of this CA; plain if nil
	Hosts       []string    // that the certificate is for; 127.0.0.1 and localhost if empty
	ClientCerts bool        // with CA: clients need one of its certificates
	Standalone  bool        // it is no replica set
	Unsynced    bool        // it is quicker, and Kill may lose what it has acknowledged
	Args        []string    // more of its command line
}

// A MongoUser may read and write one database.
type MongoUser struct {
	Name, Password, Database string
}

// A MongoServer is a server of a test: SecantusDB, a replica set of one. What
// it has acknowledged is on its disk, but for Unsynced.
type MongoServer struct {
	Addr string // host:port
	URI  string // without a user
	Cert Pair   // what it shows, with TLS

	process
	dir        string
	options    MongoOptions
	auth       bool
	tls        *tls.Config
	advertised string // host:port; Addr if empty
}

const (
	secantus   = "secantusdb==0.7.0b3"
	mongoAdmin = "of-the-test"
)

// MongoProgram returns the path of what Mongo starts.
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
		m.tls.InsecureSkipVerify = true // a test of names may give it any
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
		m.Restart()
	}
	return m
}

// run returns what starts it. By which address its clients are to call it, a
// member of a replica set has in its configuration; this server has no setting
// for it.
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

// Behind restarts it as a member of its replica set that is known by another
// address, which is the URI's then: a proxy's in front of it.
func (m *MongoServer) Behind(addr string) {
	m.t.Helper()
	m.advertised = addr
	m.URI = "mongodb://" + addr + "/?replicaSet=secantus"
	m.Kill() // at SIGTERM it may take its time
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

// AddUser adds a user; one without a database may do anything.
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

// StepDown has it be no primary for some seconds. The member it is has no other
// to take its place.
func (m *MongoServer) StepDown(seconds int) {
	m.t.Helper()
	must(m.t, m.Do(m.t.Context(), bson.D{{Key: "replSetStepDown", Value: seconds}, {Key: "force", Value: true}, {Key: "secondaryCatchUpPeriodSecs", Value: 0}}))
}

// Primary says whether it takes writes.
func (m *MongoServer) Primary() bool {
	var hello struct {
		IsWritablePrimary bool `bson:"isWritablePrimary"`
	}
	err := m.do(m.t.Context(), bson.D{{Key: "hello", Value: 1}}, &hello)
	return err == nil && hello.IsWritablePrimary
}

// Do runs a command on the database admin as a user who may do all.
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
