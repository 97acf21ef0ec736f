package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// write writes a file into a folder and returns its path.
func write(t testing.TB, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// flags parses a command line.
func flags(t testing.TB, args ...string) *pflag.FlagSet {
	t.Helper()
	f := pflag.NewFlagSet("test", pflag.ContinueOnError)
	AddFlags(f)
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestLayers(t *testing.T) {
	dir := t.TempDir()
	system := write(t, dir, "etc.toml", "listen = ':1'\nworkers = 1\naudit-log = 'etc'\ndata = 'etc'\nstop = 'strict'\n[store.mongodb]\ndatabase = 'etc'\n")
	project := write(t, dir, "settings.toml", "[default]\nworkers = 2\naudit-log = 'default'\n[production]\naudit-log = 'production'\n[testing]\naudit-log = 'testing'\n")
	local := write(t, dir, "settings.local.toml", "workers = 3\ncollection-stop = {laws = 'strict'}\n")
	secrets := filepath.Join(dir, "secrets")
	write(t, secrets, "queue.password", "hunter2\n")
	write(t, secrets, "store.mongodb.database", "secret")
	l, err := Load(Sources{
		Files: []string{system, project, local, filepath.Join(dir, "none.toml")},
		Environ: []string{"MULTIVAC_ENV=production", "MULTIVAC_WORKERS=4", "MULTIVAC_STORE__MONGODB__DATABASE=variable", "MULTIVAC_SECRETS=" + secrets,
			"MULTIVAC_CACHE__ADDRS=a:1,b:2", "MULTIVAC_LISTEN=:2", "PATH=/bin"},
		Flags: flags(t, "--listen", ":3", "--cache.timeout=40ms", "--open", "--cache.near-bytes", "2MiB"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Warnings) > 0 {
		t.Errorf("warns of %v", l.Warnings)
	}
	want := Settings{Role: "all", Listen: ":3", Open: true, AuditLog: "production", Data: "etc", Secrets: secrets, Stop: "strict", CollectionStop: map[string]string{"laws": "strict"},
		Meaning: "read", Workers: 4, LogFormat: "auto", LogLevel: "info"}
	want.Store.MongoDB.Database = "secret"
	want.Queue.Password = NewSecret("hunter2")
	want.Cache.Addrs, want.Cache.Timeout, want.Cache.NearBytes = []string{"a:1", "b:2"}, 40*time.Millisecond, 2<<20
	want.Traces.Sample = 1
	want.Extract = Extract{MaxText: 128 << 20, MaxUnpacked: 256 << 20, MaxRatio: 200, MaxDepth: 8, MaxMembers: 50_000, MaxPages: 5000, MaxCells: 2_000_000, MaxTime: 10 * time.Minute}
	want.Request = Request{MaxDocuments: 50_000, MaxUnpacked: 256 << 20, MaxTime: 5 * time.Minute}
	if d := cmp.Diff(want, l.Settings, cmp.Comparer(func(a, b Secret) bool { return a.Reveal() == b.Reveal() })); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for key, where := range map[string]string{
		"audit-log": project + ":5", "stop": system + ":5", "workers": "MULTIVAC_WORKERS", "listen": "--listen", "log-level": "default",
		"queue.password": filepath.Join(secrets, "queue.password"), "collection-stop": local + ":2",
	} {
		if got := l.where(key); got != where {
			t.Errorf("%s is from %s, want %s", key, got, where)
		}
	}
}

// Each problem says where it is, what it is and what to do. All problems are
// reported at once.
func TestProblems(t *testing.T) {
	dir := t.TempDir()
	f := func(toml, environ string, args []string, want ...string) {
		t.Helper()
		file := write(t, dir, "settings.toml", toml)
		_, err := Load(Sources{Files: []string{file}, Environ: strings.Fields(environ), Flags: flags(t, args...)})
		got := ""
		if err != nil {
			got = strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), "")
		}
		if want := strings.Join(want, "\n"); got != want {
			t.Errorf("%q %q %q\ngot  %s\nwant %s", toml, environ, args, got, want)
		}
	}
	// Keys and environments that do not exist.
	f("\n[tesing]\nworkers = 2\n", "", nil, `settings.toml:2: there is no environment and no setting "tesing"; did you mean testing?`)
	f("wrokers = 2\n", "", nil, `settings.toml:1: there is no setting "wrokers"; did you mean workers?`)
	f("tls_cert = 'x'\n", "", nil, `settings.toml:1: there is no setting "tls_cert"; did you mean tls-cert?`)
	f("LISTEN = ':1'\n", "", nil, `settings.toml:1: there is no setting "LISTEN"; did you mean listen?`)
	f("[production.store.mogodb]\nuri = 'x'\n", "", nil, `settings.toml:1: there is no setting "store.mogodb"; did you mean store.mongodb?`)
	f("[production]\nstore.mongodb.url = 'x'\n", "", nil, `settings.toml:2: there is no setting "store.mongodb.url"; did you mean store.mongodb.uri?`)
	f("store = { mongodb = { url = 'x' } }\n", "", nil, `settings.toml:1: there is no setting "store.mongodb.url"; did you mean store.mongodb.uri?`)
	f("uri = 'x'\n", "", nil, `settings.toml:1: there is no setting "uri"; did you mean store.mongodb.uri?`)
	f("colour = 'red'\n", "", nil, "settings.toml:1: there is no setting \"colour\"; `multivac config list` shows all")
	f("", "MULTIVAC_ENV=prod", nil, `MULTIVAC_ENV: there is no environment "prod"; did you mean production?`)
	f("", "MULTIVAC_ENV=here MULTIVAC_ROLE=web", nil, `MULTIVAC_ENV: there is no environment "here"; use default, development, testing or production`)
	f("production = 5\n", "", nil, `settings.toml:1: production is an environment and wants a table; begin it with [production]`)
	f("[[production]]\nworkers = 1\n", "", nil, `settings.toml:1: production is an environment and wants a table; begin it with [production]`)
	f("store = 5\n", "", nil, "settings.toml:1: store has settings in it and wants a table; begin it with [store]")

	// Values, also in sections that are not chosen.
	f("[testing]\nworkers = 'many'\n[production]\nworkers = -1\n", "", nil, `settings.toml:2: workers: it wants a whole number, but text is given`, `settings.toml:4: workers: -1 is out of range; give 0 or more`)
	f("listen = 5000\n", "", nil, `settings.toml:1: listen: it wants text, but a whole number is given`)
	f("cache.timeout = 25\n", "", nil, `settings.toml:1: cache.timeout: it wants a duration, such as 25ms, 5s or 2m, in quotes, but a whole number is given`)
	f("cache.timeout = '25'\n", "", nil, `settings.toml:1: cache.timeout: "25" is not a duration, such as 25ms, 5s or 2m; give it as a duration, such as 25ms, 5s or 2m`)
	f("cache.addrs = [1]\n", "", nil, `settings.toml:1: cache.addrs: it wants a list of texts, but a list is given`)
	f("collection-stop = { laws = 'sure' }\n", "", nil, `settings.toml:1: collection-stop: unknown stop "sure"; use strict, balanced or eager`)
	f("stop = 'strikt'\n", "", nil, `settings.toml:1: stop: unknown stop "strikt"; did you mean strict?`)
	f("", "MULTIVAC_WORKERS=many", []string{"--listen=nowhere"}, `--listen: "nowhere" is no address; give it as host:port, such as 127.0.0.1:5000`, `MULTIVAC_WORKERS: "many" is not a whole number; give it as a whole number`)
	f("", "", []string{"--traces.sample=2", "--log-level=loud", "--listen="}, `--listen: listen is empty; give it as host:port, such as 127.0.0.1:5000`, `--log-level: unknown level "loud"; use debug, info, warn or error`, `--traces.sample: 2 is out of range; give 0 to 1`)
	f("", "", []string{"--log-format=xml"}, `--log-format: unknown format "xml"; use auto, text or json`)
	f("", "", []string{"--store.mongodb.uri=localhost:27017"}, `--store.mongodb.uri: it is no URI of mongodb; begin it with mongodb://`)
	f("", "", []string{"--data=a\nb"}, `--data: it contains a control character; write it on one line`)

	// Text that is not TOML.
	f("a = 1\n\nlisten = 'x\n", "", nil, `settings.toml:3: this is not TOML, in column 12; texts stand in quotes, and a key stands once`)
	f("workers = 1\nworkers = 2\n", "", nil, `settings.toml:2: this is not TOML, at "workers"; texts stand in quotes, and a key stands once`)
	f("workers = 1\n[default]\nworkers = 2\n", "", nil, `settings.toml:1: workers stands twice, outside of all environments and in [default]; keep one of them`)

	// Settings against each other, reported once, at the place of the first.
	f("role = 'worker'\n", "", nil, `settings.toml:1: role worker needs a queue that others can reach; set queue.addr`, `settings.toml:1: role worker needs a store that others can reach; set store.mongodb.uri`)
	f("role = 'worker'\nqueue.addr = 'redis:6379'\n", "MULTIVAC_STORE__MONGODB__URI=mongodb://db", nil)
	f("role = 'wroker'\n", "", nil, `settings.toml:1: role: unknown role "wroker"; did you mean worker?`)
	f("role = 'web'\nqueue.addr = 5\nstore.mongodb.uri = 5\n", "", nil, `settings.toml:2: queue.addr: it wants text, but a whole number is given`, `settings.toml:3: store.mongodb.uri: it wants text, but a whole number is given`)
	f("", "", []string{"--tls-key=x"}, `--tls-key: tls-key and tls-cert belong together; give tls-cert, too`)
	f("[queue]\ntls-ca = 'ca.pem'\n", "", nil, `settings.toml:2: queue.tls-ca is for TLS, and queue.tls is not set; set queue.tls = true`)
	f("[cache]\naddrs = ['a:1']\nusername = 'multivac'\n", "", nil, `settings.toml:3: cache.username needs cache.password; give cache.password, too`)
	f("[cache]\naddrs = ['a:1']\nusername = 'multivac'\n", "MULTIVAC_ROLE=worker MULTIVAC_STORE__MONGODB__URI=mongodb://db MULTIVAC_QUEUE__ADDR=b:1", nil)
	f("[cache]\naddrs = ['a:1']\nusername = 'multivac'\n", "MULTIVAC_SECRETS=/nowhere/4711", nil, `MULTIVAC_SECRETS: secrets: "/nowhere/4711": cannot read it: no such file or directory`)
	f("listen = ':1'\nadmin-listen = ':1'\n", "", nil, `settings.toml:2: listen and admin-listen are the same address; give them different ports`)
}

// A file that cannot be read is reported, not skipped.
func TestUnreadableFiles(t *testing.T) {
	dir := t.TempDir()
	f := func(path string, want string) {
		t.Helper()
		_, err := Load(Sources{Files: []string{path}})
		if err == nil || err.Error() != path+want {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
	f(dir, ": it is no plain file; name a file")
	f(write(t, dir, "large", strings.Repeat("#", maxFile+1)), ": it has more than 1048576 bytes; keep it smaller")
	if _, err := Load(Sources{Files: []string{filepath.Join(dir, "none")}}); err != nil {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestEnvironments(t *testing.T) {
	file := write(t, t.TempDir(), "settings.toml", "stop = 'eager'\n[default]\nworkers = 1\n[development]\nworkers = 2\n[production]\nworkers = 3\nstop = 'strict'\n")
	f := func(environment string, workers int, stop string, warnings int) {
		t.Helper()
		l, err := Load(Sources{Files: []string{file}, Environ: []string{"MULTIVAC_ENV=" + environment}})
		if err != nil {
			t.Fatal(err)
		}
		if l.Workers != workers || l.Stop != stop || len(l.Warnings) != warnings {
			t.Errorf("MULTIVAC_ENV=%s: got %d %s %v, want %d %s and %d warnings", environment, l.Workers, l.Stop, l.Warnings, workers, stop, warnings)
		}
	}
	f("", 1, "eager", 1) // a warning that two sections are not read
	f("default", 1, "eager", 0)
	f("testing", 1, "eager", 0)
	f("development", 2, "eager", 0)
	f("production", 3, "strict", 0)
}

// An unknown variable is a warning, not an error: Kubernetes sets some by
// itself.
func TestUnknownVariables(t *testing.T) {
	l, err := Load(Sources{Environ: []string{
		"MULTIVAC_SERVER_PORT=tcp://10.0.0.1:5000", "MULTIVAC_SERVER_SERVICE_HOST=10.0.0.1", "MULTIVAC_SERVER_PORT_5000_TCP_ADDR=10.0.0.1", "MULTIVAC_SERVER_SERVICE_PORT_HTTP=5000",
		"MULTIVAC_STORE_MONGODB_URI=mongodb://user:hunter2@db", "MULTIVAC_COLOUR=hunter2",
		"MULTIVAC_QUEUE__PASSWORD: aHVudGVyMg==", "MULTIVAC_CACHE:hunter2_PORT=1",
		"MULTIVAC_SERVER=http://127.0.0.1:1", "MULTIVAC_KEY_FILE=x", "MULTIVAC_TEST_REQUIRE=x", "MULTIVAC_EVAL_DATA=x", "MULTIVAC_WORKERS=", "multivac_workers=x", "OTHER=x",
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"MULTIVAC_CACHE…: no setting has this variable; write it as NAME=value",
		"MULTIVAC_COLOUR: no setting has this variable; `multivac config list` shows all settings",
		"MULTIVAC_QUEUE__PASSWORD…: no setting has this variable; write it as NAME=value",
		"MULTIVAC_STORE_MONGODB_URI: no setting has this variable; did you mean MULTIVAC_STORE__MONGODB__URI?",
		"MULTIVAC_SERVER_PORT, MULTIVAC_SERVER_PORT_5000_TCP_ADDR, MULTIVAC_SERVER_SERVICE_HOST, MULTIVAC_SERVER_SERVICE_PORT_HTTP: these are no settings; " +
			"Kubernetes sets them for Services whose names begin with multivac; write `enableServiceLinks: false` into the pod's spec to be rid of them",
	}
	if d := cmp.Diff(strings.Join(want, "\n"), l.Warnings.Error()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// Every row has a field, a help text that names its value, and a default that
// passes its own checks.
func TestTable(t *testing.T) {
	defaults, seen := defaults(), map[string]bool{}
	for _, s := range table {
		if seen[s.Key] {
			t.Errorf("%s stands twice", s.Key)
		}
		seen[s.Key] = true
		if err := s.check(defaults[s.Key].value); err != nil {
			t.Errorf("%s: its default is refused: %v", s.Key, err)
		}
		if s.Kind != Switch && s.what() == "" {
			t.Errorf("%s: its help %q names no `value`", s.Key, s.Help)
		}
		if value, err := s.Kind.parse(s.Kind.show(defaults[s.Key].value)); s.Kind != Text && (err != nil || cmp.Diff(s.Kind.show(value), s.Kind.show(defaults[s.Key].value)) != "") {
			t.Errorf("%s: its default is shown as %q, which is read as %v, %v", s.Key, s.Kind.show(defaults[s.Key].value), value, err)
		}
	}
	decode([]layer{{values: defaults}}) // panics if a row has no field
}

// Lists and names of a layer replace those of lower layers as a whole.
func TestNothingIsMerged(t *testing.T) {
	file := write(t, t.TempDir(), "settings.toml", "[default]\ncollection-stop = { laws = 'strict', notes = 'eager' }\ncache.addrs = ['a:1', 'b:1']\n"+
		"[production.collection-stop]\nnotes = 'strict'\n[production.cache]\naddrs = ['c:1']\n")
	l, err := Load(Sources{Files: []string{file}, Environ: []string{"MULTIVAC_ENV=production"}})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]string{"notes": "strict"}, l.CollectionStop) + cmp.Diff([]string{"c:1"}, l.Cache.Addrs); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestNearest(t *testing.T) {
	f := func(word, want string) {
		t.Helper()
		if got := Nearest(word, []string{"collection", "count", "data", "json"}); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
	f("colection", "collection")
	f("conut", "count")
	f("jsno", "json")
	f("dta", "data")
	f("verbose", "")
}
