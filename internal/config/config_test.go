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
		Workers: 4, LogFormat: "auto", LogLevel: "info"}
	want.Store.MongoDB.Database = "secret"
	want.Queue.Password = NewSecret("hunter2")
	want.Cache.Addrs, want.Cache.Timeout, want.Cache.NearBytes = []string{"a:1", "b:2"}, 40*time.Millisecond, 2<<20
	want.Traces.Sample = 1
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

// What is wrong is said with where it stands, what it is and what to do, and
// all of it at once.
func TestProblems(t *testing.T) {
	dir := t.TempDir()
	f := func(toml, environ string, args []string, want string) {
		t.Helper()
		file := write(t, dir, "settings.toml", toml)
		_, err := Load(Sources{Files: []string{file}, Environ: strings.Fields(environ), Flags: flags(t, args...)})
		got := ""
		if err != nil {
			got = strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), "")
		}
		if got != strings.TrimSpace(want) {
			t.Errorf("%q %q %q\ngot  %s\nwant %s", toml, environ, args, got, strings.TrimSpace(want))
		}
	}
	f("", "", nil, "")
	f("\n[tesing]\nworkers = 2\n", "", nil, `settings.toml:2: there is no environment and no setting "tesing"; did you mean testing?`)
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
