package config

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// lookEvery is how often files are read again. What changed is taken when it
// was read twice alike, so that nobody's half-written file is.
const lookEvery = 400 * time.Millisecond

// Live settings follow their files. It reads them again and again, which sees
// what a rename, a write, or Kubernetes' swap of a link changed alike, on any
// file system.
type Live struct {
	Log *slog.Logger // set it before Run

	from  Sources
	start *Loaded
	now   atomic.Pointer[Settings]

	mu      sync.Mutex
	taken   [len(Loaded{}.read)]byte // what was taken last, or refused
	seen    [len(Loaded{}.read)]byte // what was seen last
	applied values
	notices []string
	counts  Counts
}

// NewLive returns what follows the sources that l was loaded from.
func NewLive(l *Loaded, from Sources) *Live {
	v := &Live{Log: slog.New(slog.DiscardHandler), from: from, start: l, taken: l.read, seen: l.read, applied: l.winners()}
	s := l.Settings
	v.now.Store(&s)
	return v
}

// Now returns the settings as they are. A reader that uses several takes them
// from one Now, so that they belong together.
func (v *Live) Now() *Settings { return v.now.Load() }

// Level is that of the log, now.
func (v *Live) Level() slog.Level { return v.Now().Level() }

// Credentials returns name and password, now, of a section that signs in
// somewhere: store.mongodb, queue or cache. It is nil where the settings had
// neither at the start.
func (v *Live) Credentials(section string) func() (username, password string) {
	read, ok := map[string]func(*Settings) (string, Secret){
		"store.mongodb": func(s *Settings) (string, Secret) { return s.Store.MongoDB.Username, s.Store.MongoDB.Password },
		"queue":         func(s *Settings) (string, Secret) { return s.Queue.Username, s.Queue.Password },
		"cache":         func(s *Settings) (string, Secret) { return s.Cache.Username, s.Cache.Password },
	}[section]
	if !ok {
		panic("no section " + section + " signs in")
	}
	if name, password := read(&v.start.Settings); name == "" && password.Reveal() == "" {
		return nil
	}
	return func() (string, string) {
		name, password := read(v.Now())
		return name, password.Reveal()
	}
}

// Notices say what a restart would change, and why a change was not taken.
func (v *Live) Notices() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.notices)
}

// Counts are of the changes since the start.
type Counts struct{ Taken, Refused int }

// Counts returns how many changes were taken and refused.
func (v *Live) Counts() Counts {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.counts
}

// Run follows until ctx ends.
func (v *Live) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			v.look(false)
		}
	}
}

// Reload reads the files now.
func (v *Live) Reload() { v.look(true) }

func (v *Live) look(atOnce bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	looked := read(v.from)
	now := looked.Loaded.read
	settled := now == v.seen || atOnce
	v.seen = now
	if now == v.taken || !settled {
		return
	}
	v.taken = now
	next, err := looked.finish()
	if err != nil {
		v.counts.Refused++
		text := strings.ReplaceAll(err.Error(), "\n", "; ")
		v.notices = []string{"the settings were changed and cannot be used, so that those from before are: " + text}
		v.Log.Error("the settings were changed and cannot be used; going on with those from before", "error", text)
		return
	}
	v.counts.Taken++
	v.take(next)
}

// take puts the new settings where all read them, in one step.
func (v *Live) take(next *Loaded) {
	now, running := next.winners(), v.start.winners()
	v.notices = nil
	for _, s := range table {
		was, is, at := running[s.Key], now[s.Key], v.applied[s.Key]
		if !s.Live || s.Secret && was.value == "" {
			now[s.Key] = was
			if !same(was, is) {
				notice := fmt.Sprintf("%s is %s since the start, and %s says %s: restart to have it", s.Key, s.shown(was), is.where, s.shown(is))
				v.notices = append(v.notices, notice)
				v.Log.Warn("a setting was changed that needs a restart", "setting", s.Key, "runs", s.shown(was), "wanted", s.shown(is), "where", is.where)
			}
			continue
		}
		if !same(at, is) {
			v.Log.Info("a setting was changed", "setting", s.Key, "from", s.shown(at), "to", s.shown(is), "where", is.where)
		}
	}
	settings := decode([]layer{{values: now}})
	v.applied = now
	v.now.Store(&settings)
	for _, w := range next.Warnings {
		if !slices.Contains(v.start.Warnings, w) {
			v.Log.Warn(w.Message, "where", w.Where, "remedy", w.Remedy)
		}
	}
}

func same(a, b given) bool { return reflect.DeepEqual(a.value, b.value) }

// winners returns the values that count.
func (l *Loaded) winners() values {
	v := values{}
	for _, s := range table {
		if g, layer := l.winner(s.Key); layer != "" {
			v[s.Key] = g
		}
	}
	return v
}

// shown is a value as it may be shown.
func (s Setting) shown(g given) string {
	if g.value == nil {
		return ""
	}
	text := s.Kind.show(g.value)
	if s.Secret && text != "" {
		return Redacted
	}
	return text
}
