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

// lookEvery is how often the files are read. A change is taken after two equal
// reads, so that a file is not taken while somebody writes it.
const lookEvery = 400 * time.Millisecond

// Live settings follow their files by reading them again and again. That
// notices a rename, a write, and Kubernetes' swap of a link alike, on any file
// system.
type Live struct {
	Log *slog.Logger // set it before Run

	from  Sources
	start *Loaded
	now   atomic.Pointer[Settings]

	changed chan struct{}            // a token after settings were taken
	secrets atomic.Pointer[[][]byte] // as they may be written, to be looked for in what is

	mu      sync.Mutex
	taken   [len(Loaded{}.read)]byte // the files as they were when a change was last taken or refused
	seen    [len(Loaded{}.read)]byte // the files as they were at the last look
	applied values
	notices []string
	counts  Counts
}

// NewLive returns settings that follow the sources that l was loaded from.
func NewLive(l *Loaded, from Sources) *Live {
	v := &Live{Log: slog.New(slog.DiscardHandler), changed: make(chan struct{}, 1), from: from, start: l, taken: l.read, seen: l.read, applied: l.winners()}
	s := l.Settings
	v.now.Store(&s)
	v.secrets.Store(&[][]byte{})
	v.remember(&s)
	return v
}

// Now returns the current settings. A reader that needs several takes them from
// one Now, so that they belong together.
func (v *Live) Now() *Settings { return v.now.Load() }

// Level returns the current level of the log.
func (v *Live) Level() slog.Level { return v.Now().Level() }

// Credentials returns a function that returns the current name and password of
// a section: store.mongodb, queue or cache. It returns nil if the settings had
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

// Counts counts the changes since the start.
type Counts struct{ Taken, Refused int }

// Counts returns how many changes were taken and refused.
func (v *Live) Counts() Counts {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.counts
}

// Run follows the files until ctx ends.
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

// take publishes the new settings to all readers in one step, and logs what
// changed.
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
	v.remember(&settings) // before anyone can send the new secrets
	v.now.Store(&settings)

	for _, s := range table { // after the new level of the log is in force
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

// shown returns a value as it may be shown.
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
