// Package fleet knows which processes have one store open at the same time. It
// keeps out a program whose data the others cannot read, or that cannot read
// theirs, and gives a job that one process is enough for to one of them.
package fleet

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
	"multivac/internal/clock"
	"multivac/internal/store"
)

// Forms are the versions of the data that processes hand to one another
// through the store, the queue and the cache. A program writes Form and reads
// all forms up to it. Needs is the least Form that every other process must
// have, because this program writes data that older ones cannot read.
type Forms struct{ Form, Needs int }

// The forms of this program.
//
//	1  the first
//	2  MongoDB: the feed grows in transactions, and a row has the place of its
//	   first publication there. An older process would not wait for a
//	   transaction, and would drop that place.
const (
	form  = 2
	needs = 2
)

const (
	heartbeatInterval = 2 * time.Second  // between two notes that this process is there
	goneAfter         = 10 * time.Second // a process that was silent for so long has gone
	leaveTimeout      = 2 * time.Second  // for the note that this process goes
	turnDuration      = 10 * time.Second // a job belongs to one process for so long
)

// A Shared store is what a fleet needs of the store that it shares.
type Shared interface {
	Turn(ctx context.Context, job, holder string, now, until time.Time) (bool, error)
	Present(ctx context.Context, p store.Process, since time.Time) ([]store.Process, error)
	Leave(ctx context.Context, id string) error
}

// A Member is this process among those that have the store open.
type Member struct {
	process store.Process
	shared  Shared
}

// Join makes this process known to the others. It returns an ErrInUse that
// names a process that this one cannot run next to, and says what to do. Before
// that it waits up to 12 seconds, in case that process has died without saying
// so. The forms are those of this program if zero.
func Join(ctx context.Context, s Shared, role, version string, f Forms) (*Member, error) {
	f = cmp.Or(f, Forms{form, needs})
	host, _ := os.Hostname() // for people
	m := &Member{shared: s, process: store.Process{
		ID: rand.Text(), Role: role, Version: version, Host: fmt.Sprintf("%s/%d", host, os.Getpid()), Form: f.Form, Needs: f.Needs, Joining: true,
	}}
	for begin := time.Now(); ; {
		err := m.beat(ctx)
		if err == nil {
			m.process.Joining = false
			_, err = m.present(ctx)
			return m, err
		}
		m.Leave(ctx)
		if !errors.Is(err, multivac.ErrInUse) || time.Since(begin) > goneAfter+heartbeatInterval {
			return nil, err
		}
		// Where two join at the same time, each sees the other and both step
		// back. The random pause lets one of them come first the next time.
		if err := clock.Sleep(ctx, heartbeatInterval/2+mathrand.N(heartbeatInterval/2)); err != nil {
			return nil, err
		}
	}
}

// present notes that this process is there, and returns all that are.
func (m *Member) present(ctx context.Context) ([]store.Process, error) {
	m.process.Seen = time.Now()
	return m.shared.Present(ctx, m.process, m.process.Seen.Add(-goneAfter))
}

// beat notes that this process is there, and compares it with the others. A
// member ignores those that are still joining: they have to give way to it.
func (m *Member) beat(ctx context.Context) error {
	all, err := m.present(ctx)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Joining && !m.process.Joining || p.ID == m.process.ID {
			continue
		}
		if err := fits(m.process, p); err != nil {
			return err
		}
	}
	return nil
}

// fits returns an ErrInUse where a process cannot run next to another.
func fits(own, other store.Process) error {
	switch {
	case own.Form < other.Needs:
		return multivac.Errorf(multivac.ErrInUse, fmt.Sprintf("upgrade this %s to version %s; all of an older version have to be gone before it", own.Role, other.Version),
			"a %s of version %s at %s has the store, whose data this version, %s, cannot read", other.Role, other.Version, other.Host, own.Version)
	case other.Form < own.Needs:
		return multivac.Errorf(multivac.ErrInUse, fmt.Sprintf("stop every %s of version %s first, then start version %s", other.Role, other.Version, own.Version),
			"a %s of version %s at %s has the store, and cannot read what this version, %s, writes", other.Role, other.Version, other.Host, own.Version)
	}
	return nil
}

// Run sends heartbeats until ctx ends, and returns nil then. It returns an
// ErrInUse where a process has joined that this one cannot run next to: that
// process could not see this one, which must not go on.
func (m *Member) Run(ctx context.Context) error {
	tick := time.NewTicker(heartbeatInterval) // a store that does not answer must not make them rarer
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		trying, cancel := context.WithTimeout(ctx, heartbeatInterval)
		err := m.beat(trying)
		cancel()
		if errors.Is(err, multivac.ErrInUse) {
			return err
		}
		// Any other error is of a store that is away: the next beat tries again.
	}
}

// Leave tells the others that this process goes. Where it cannot, they find
// out after 10 seconds.
func (m *Member) Leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	_ = m.shared.Leave(ctx, m.process.ID)
}

// Turn returns a function that reports whether a job belongs to this process
// now. A job belongs to the process that asked first, until it has not asked
// for 10 seconds. While the store is away the function returns false.
func (m *Member) Turn(job string) func(context.Context) bool {
	return func(ctx context.Context) bool {
		now := time.Now()
		mine, err := m.shared.Turn(ctx, job, m.process.ID, now, now.Add(turnDuration))
		return err == nil && mine
	}
}
