package config

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// live starts from a settings file and a folder of secrets.
func live(t *testing.T, file, secrets string) (*Live, *bytes.Buffer) {
	t.Helper()
	from := Sources{Files: []string{file}, Environ: []string{"MULTIVAC_SECRETS=" + secrets}}
	l, err := Load(from)
	if err != nil {
		t.Fatal(err)
	}
	v, log := NewLive(l, from), &bytes.Buffer{}
	v.Log = slog.New(slog.NewTextHandler(log, nil))
	return v, log
}

// twice looks twice, after which a change is taken.
func twice(v *Live) {
	v.look(false)
	v.look(false)
}

func TestChangesAreTakenLive(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "settings.toml", "stop = 'strict'\nlog-level = 'warn'\nworkers = 4\n")
	v, log := live(t, file, "")
	write(t, dir, "settings.toml", "stop = 'eager'\nlog-level = 'debug'\nworkers = 4\n")
	v.look(false)
	if got := v.Now().Stop; got != "strict" {
		t.Errorf("what may be half a file is taken: %s", got)
	}
	v.look(false)
	if s := v.Now(); s.Stop != "eager" || s.Level() != slog.LevelDebug || v.Level() != slog.LevelDebug {
		t.Errorf("got %s, %s, want eager, debug", s.Stop, s.LogLevel)
	}
	if len(v.Notices()) > 0 || v.Counts() != (Counts{Taken: 1}) || !strings.Contains(log.String(), "setting=stop from=strict to=eager where="+file+":1") {
		t.Errorf("got notices %v, counts %v, log %s", v.Notices(), v.Counts(), log)
	}
	write(t, dir, "settings.toml", "stop = 'balanced'\n")
	v.Reload()
	if got := v.Now().Stop; got != "balanced" {
		t.Errorf("after a reload: %s", got)
	}
}

// A reader of Changed hears of changes when they can be read, once for several.
func TestChangesAreAnnounced(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "settings.toml", "stop = 'strict'\n")
	v, _ := live(t, file, "")
	heard := func() bool {
		select {
		case <-v.Changed():
			return true
		default:
			return false
		}
	}
	v.Reload()
	if heard() {
		t.Error("heard of a change where there was none")
	}
	for _, stop := range []string{"eager", "balanced"} {
		write(t, dir, "settings.toml", "stop = '"+stop+"'\n")
		v.Reload()
	}
	if !heard() || v.Now().Stop != "balanced" {
		t.Errorf("heard of no change, or before it can be read: the stop is %s", v.Now().Stop)
	}
	if heard() {
		t.Error("heard twice of changes that came before the first was heard of")
	}
}

// A setting that needs a restart keeps its value, and a notice says so until it
// is set back.
func TestChangesThatNeedARestart(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "settings.toml", "workers = 4\nstop = 'strict'\n")
	secrets := filepath.Join(dir, "secrets")
	write(t, secrets, "cache.password", sesame)
	v, log := live(t, file, secrets)
	write(t, dir, "settings.toml", "workers = 8\nstop = 'eager'\n")
	write(t, secrets, "queue.password", sesame) // there was no password at the start, so nobody asks for one
	twice(v)
	if s := v.Now(); s.Workers != 4 || s.Stop != "eager" || s.Queue.Password.Reveal() != "" {
		t.Errorf("got %d workers, stop %s, password %q", s.Workers, s.Stop, s.Queue.Password.Reveal())
	}
	want := []string{
		"workers is 4 since the start, and " + file + ":1 says 8: restart to have it",
		"queue.password is  since the start, and " + filepath.Join(secrets, "queue.password") + " says <redacted>: restart to have it",
	}
	if got := v.Notices(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	hides(t, "the log", log.String())
	os.Remove(filepath.Join(secrets, "queue.password"))
	write(t, dir, "settings.toml", "workers = 4\nstop = 'eager'\n")
	twice(v)
	if got := v.Notices(); len(got) > 0 {
		t.Errorf("it still says %q", got)
	}
}

// Settings that cannot be used change nothing, and a notice says so.
func TestChangesThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "settings.toml", "stop = 'strict'\n")
	v, log := live(t, file, "")
	write(t, dir, "settings.toml", "stop = 'eager'\nlog-level = 'loud'\n")
	twice(v)
	twice(v)
	if got := v.Now().Stop; got != "strict" {
		t.Errorf("half of it is taken: %s", got)
	}
	if n := v.Notices(); v.Counts() != (Counts{Refused: 1}) || len(n) != 1 || !strings.Contains(n[0], file+":2: log-level: unknown level \"loud\"") || strings.Count(log.String(), "loud") != 1 {
		t.Errorf("got %v, notices %q, log %s", v.Counts(), n, log)
	}
	write(t, dir, "settings.toml", "stop = 'eager'\n")
	twice(v)
	if got := v.Now().Stop; got != "eager" || len(v.Notices()) > 0 {
		t.Errorf("after it was mended: %s, %q", got, v.Notices())
	}
}

// swap changes a mounted folder as Kubernetes does: the files are links into
// ..data, which is a link to a folder. swap replaces that link.
func swap(t *testing.T, mount, version string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		write(t, filepath.Join(mount, version), name, content)
		_ = os.Symlink(filepath.Join("..data", name), filepath.Join(mount, name))
	}
	next := filepath.Join(mount, "..data_tmp")
	if err := os.Symlink(version, next); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, filepath.Join(mount, "..data")); err != nil {
		t.Fatal(err)
	}
}

// A new connection gets a rotated password together with its name. Both are of
// the same moment, whenever they are read.
func TestMountedFoldersAreFollowed(t *testing.T) {
	dir := t.TempDir()
	settings, secrets := filepath.Join(dir, "etc"), filepath.Join(dir, "secrets")
	pair := func(n string) map[string]string {
		return map[string]string{"queue.username": "user-" + n, "queue.password": "password-" + n}
	}
	swap(t, settings, "..1", map[string]string{"settings.toml": "stop = 'strict'\nlog-level = 'error'\nqueue.addr = 'redis:6379'\n"})
	swap(t, secrets, "..1", pair("1"))
	v, log := live(t, filepath.Join(settings, "settings.toml"), secrets)
	credentials := v.Credentials("queue")
	if v.Credentials("cache") != nil {
		t.Error("there are credentials without name and password")
	}

	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				name, password := credentials()
				if strings.TrimPrefix(name, "user-") != strings.TrimPrefix(password, "password-") {
					t.Errorf("read %s with %s", name, password)
					return
				}
				if s := v.Now(); (s.Stop == "eager") != (s.LogLevel == "debug") {
					t.Errorf("read %s with %s", s.Stop, s.LogLevel)
					return
				}
			}
		})
	}
	for _, n := range []string{"2", "3", "4"} {
		swap(t, secrets, ".."+n, pair(n))
		twice(v)
		if name, password := credentials(); name != "user-"+n || password != "password-"+n {
			t.Errorf("after swap %s: %s, %s", n, name, password)
		}
	}
	swap(t, settings, "..2", map[string]string{"settings.toml": "stop = 'eager'\nlog-level = 'debug'\nqueue.addr = 'redis:6379'\n"})
	twice(v)
	close(stop)
	readers.Wait()
	if s := v.Now(); s.Stop != "eager" || s.LogLevel != "debug" {
		t.Errorf("got %s, %s", s.Stop, s.LogLevel)
	}
	if strings.Contains(log.String(), "password-") {
		t.Errorf("the log shows a password: %s", log)
	}
}

func BenchmarkLook(b *testing.B) {
	dir := b.TempDir()
	file := write(b, dir, "settings.toml", "stop = 'strict'\n[production]\nworkers = 4\n[production.store.mongodb]\nuri = 'mongodb://db'\n")
	write(b, filepath.Join(dir, "secrets"), "queue.password", sesame)
	from := Sources{Files: []string{file}, Environ: []string{"MULTIVAC_SECRETS=" + filepath.Join(dir, "secrets")}}
	l, err := Load(from)
	if err != nil {
		b.Fatal(err)
	}
	v := NewLive(l, from)
	for b.Loop() {
		v.look(false)
	}
}
