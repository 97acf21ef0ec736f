package config

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
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

	changed chan struct{}            // a token after settings were taken
	secrets atomic.Pointer[[][]byte] // as they may be written, to be looked for in what is

	mu      sync.Mutex
	taken   [len(Loaded{}.read)]byte // what was taken last, or refused
	seen    [len(Loaded{}.read)]byte // what was seen last
	applied values
	notices []string
	counts  Counts
}

// NewLive returns what follows the sources that l was loaded from.
func NewLive(l *Loaded, from Sources) *Live {
	v := &Live{Log: slog.New(slog.DiscardHandler), changed: make(chan struct{}, 1), from: from, start: l, taken: l.read, seen: l.read, applied: l.winners()}
	s := l.Settings
	v.now.Store(&s)
	v.secrets.Store(&[][]byte{})
	v.remember(&s)
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

// Changed receives after new settings were taken, once for several that came
// soon after each other. It is for one reader.
func (v *Live) Changed() <-chan struct{} { return v.changed }

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
func (v *Live) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
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

// take puts the new settings where all read them, in one step, and tells of it.
func (v *Live) take(next *Loaded) {
	wanted, running, before := next.winners(), v.start.winners(), v.applied
	now := maps.Clone(wanted)
	v.notices = nil
	for _, s := range table {
		was, is := running[s.Key], wanted[s.Key]
		if s.Live && (!s.Secret || was.value != "") {
			continue
		}
		now[s.Key] = was
		if !same(was, is) {
			v.notices = append(v.notices, fmt.Sprintf("%s is %s since the start, and %s says %s: restart to have it", s.Key, s.shown(was), is.where, s.shown(is)))
		}
	}
	settings := decode([]layer{{values: now}})
	v.applied = now
	v.remember(&settings) // before anyone can send it
	v.now.Store(&settings)

	for _, s := range table { // as the new level of the log wants
		was, is := before[s.Key], now[s.Key]
		if !same(was, is) {
			v.Log.Info("a setting was changed", "setting", s.Key, "from", s.shown(was), "to", s.shown(is), "where", is.where)
		}
		if want := wanted[s.Key]; !same(is, want) {
			v.Log.Warn("a setting was changed that needs a restart", "setting", s.Key, "runs", s.shown(is), "wanted", s.shown(want), "where", want.where)
		}
	}
	for _, w := range next.Warnings {
		if !slices.Contains(v.start.Warnings, w) {
			v.Log.Warn(w.Message, "where", w.Where, "remedy", w.Remedy)
		}
	}
	select {
	case v.changed <- struct{}{}:
	default: // the reader has not yet seen the change before
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
