package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"time"

	"multivac"
	"multivac/internal/store"
)

// The form of what processes hand to one another through the store, the queue
// and the cache. form is what this program can read; needs is the least form
// that it wants of all others, for it writes what older ones cannot read.
//
//	1  the first
//	2  MongoDB: the feed grows in transactions, and a row has the place of its
//	   first publication there. An older process would not wait for a
//	   transaction, and would drop that place.
const (
	form  = 2
	needs = 2
)

// forms are those of a program.
type forms struct{ form, needs int }

const (
	beat      = 2 * time.Second  // a process says that it is there
	missing   = 10 * time.Second // after how long without that it is taken to have gone
	farewell  = 2 * time.Second  // to say that it goes
	turnLasts = 10 * time.Second // a job is one process's
)

// A member is this process among those that have the store open.
type member struct {
	store.Process
	shared store.Shared
}

// join makes this process known to the others, or returns an ErrInUse that says
// which of them cannot live beside it, and what to do. It waits a while for
// those that may have gone without saying so. A store that is not shared has no
// others. The forms are those of this program if zero.
func join(ctx context.Context, s store.Store, role Role, f forms) (*member, error) {
	shared, ok := s.(store.Shared)
	if !ok {
		return nil, nil
	}
	f = cmp.Or(f, forms{form, needs})
	host, _ := os.Hostname() // for people
	m := &member{shared: shared, Process: store.Process{
		ID: rand.Text(), Role: string(role), Version: Version(), Host: fmt.Sprintf("%s/%d", host, os.Getpid()), Form: f.form, Needs: f.needs, Joining: true,
	}}
	for begin := time.Now(); ; {
		err := m.beat(ctx)
		if err == nil {
			m.Joining = false
			_, err = m.present(ctx)
			return m, err
		}
		// Of two that come at the same time, both step back.
		m.leave(ctx)
		if !errors.Is(err, multivac.ErrInUse) || time.Since(begin) > missing+beat {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(beat/2 + mathrand.N(beat/2)):
		}
	}
}

// present says that this process is there, and returns all that are.
func (m *member) present(ctx context.Context) ([]store.Process, error) {
	m.Seen = time.Now()
	return m.shared.Present(ctx, m.Process, m.Seen.Add(-missing))
}

// beat says that this process is there, and looks who else is. Those that are
// only about to come do not matter to one that is there.
func (m *member) beat(ctx context.Context) error {
	all, err := m.present(ctx)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Joining && !m.Joining || p.ID == m.ID {
			continue
		}
		if err := m.beside(p); err != nil {
			return err
		}
	}
	return nil
}

// beside returns an ErrInUse where this process cannot live beside another.
func (m *member) beside(p store.Process) error {
	switch {
	case m.Form < p.Needs:
		return multivac.Errorf(multivac.ErrInUse, fmt.Sprintf("upgrade this %s to version %s; all of an older version have to be gone before it", m.Role, p.Version),
			"a %s of version %s at %s has the store, whose data this version, %s, cannot read", p.Role, p.Version, p.Host, m.Version)
	case p.Form < m.Needs:
		return multivac.Errorf(multivac.ErrInUse, fmt.Sprintf("stop every %s of version %s first, then start version %s", p.Role, p.Version, m.Version),
			"a %s of version %s at %s has the store, and cannot read what this version, %s, writes", p.Role, p.Version, p.Host, m.Version)
	}
	return nil
}

// run beats until ctx ends, and returns nil then; the error of beside where a
// process came that this one cannot live beside: it was stopped too late, and
// may not go on.
func (m *member) run(ctx context.Context) error {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		trying, cancel := context.WithTimeout(ctx, beat)
		err := m.beat(trying)
		cancel()
		if errors.Is(err, multivac.ErrInUse) {
			return err
		}
		// While the store is away, the next beat tries again.
	}
}

// leave tells the others, who otherwise find out.
func (m *member) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	_ = m.shared.Leave(ctx, m.ID)
}

// turn returns what says whether a job is this process's now.
func (m *member) turn(job string) func(context.Context) bool {
	return func(ctx context.Context) bool {
		now := time.Now()
		mine, err := m.shared.Turn(ctx, job, m.ID, now, now.Add(turnLasts))
		return err == nil && mine // an error is the job's to meet, the next time
	}
}
