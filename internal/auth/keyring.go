package auth

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"multivac"
)

const (
	// fresh is for how long a keyring believes what it has read. A key that
	// was made or revoked here counts at once.
	fresh = 5 * time.Second
	// freshShared is the same where others make and revoke keys, too: after
	// this long a key that was revoked anywhere lets nobody in.
	freshShared = time.Second
	// lookEvery is how often keys are read then, so that hardly any request
	// has to wait for them.
	lookEvery = 400 * time.Millisecond
	// lookAgain is the time between two reads for keys that are not in what was
	// read: whoever sends such has to wait for it.
	lookAgain = 100 * time.Millisecond
	// readTimeout bounds reading the keys.
	readTimeout = 5 * time.Second
	// touchEvery is how exactly the last use of a key is known, so that a key
	// costs a write a minute and not one each request.
	touchEvery = time.Minute
	// touchTimeout bounds noting the last use when the keyring ends.
	touchTimeout = 5 * time.Second
)

// keeper is what a keyring needs of a store.
type keeper interface {
	PutKey(ctx context.Context, key multivac.Key) error
	Keys(ctx context.Context) ([]multivac.Key, error)
	RevokeKey(ctx context.Context, id multivac.KeyID, now time.Time) (multivac.Key, error)
	TouchKeys(ctx context.Context, used map[multivac.KeyID]time.Time) error
}

// A Keyring is responsible for the keys: it makes, matches and revokes them,
// and counts what their holders ask for. It implements multivac.Keys.
type Keyring struct {
	Touched func(error) // told where the last use could not be noted; may be nil
	Shared  bool        // other processes make and revoke keys in the store, too

	store    keeper
	now      func() time.Time
	failures failures

	known atomic.Pointer[snapshot]
	load  chan struct{} // holds one while the keys are read
	used  chan multivac.KeyID
}

// A snapshot is what was read of the store, for a while.
type snapshot struct {
	read time.Time
	keys map[multivac.KeyID]*held
}

// held is a key with what its holder is at, which outlives a snapshot.
type held struct {
	Caller
	*counters
}

type counters struct {
	rate    *rate.Limiter // nil for no limit
	running atomic.Int64
	touched atomic.Int64 // when its use was noted last, in Unix seconds
	leave   func()       // counts a request out
}

func newCounters(l multivac.Limits) *counters {
	c := &counters{}
	c.leave = func() { c.running.Add(-1) }
	if l.Rate > 0 {
		c.rate = rate.NewLimiter(rate.Limit(l.Rate), max(l.Burst, 1))
	}
	return c
}

// NewKeyring returns the keyring of a store. now is time.Now but in tests.
func NewKeyring(s keeper, now func() time.Time) *Keyring {
	return &Keyring{store: s, now: now, load: make(chan struct{}, 1), used: make(chan multivac.KeyID, 256)}
}

// snapshot returns the keys, at most fresh old.
func (r *Keyring) snapshot(ctx context.Context) (*snapshot, error) {
	if r.Shared {
		return r.read(ctx, freshShared)
	}
	return r.read(ctx, fresh)
}

// read returns the keys, younger than an age.
func (r *Keyring) read(ctx context.Context, age time.Duration) (*snapshot, error) {
	if s := r.known.Load(); s != nil && r.now().Sub(s.read) < age {
		return s, nil
	}
	select {
	case r.load <- struct{}{}:
		defer func() { <-r.load }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	last, now := r.known.Load(), r.now() // another may have read them meanwhile
	if last != nil && now.Sub(last.read) < age {
		return last, nil
	}
	reading, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	keys, err := r.store.Keys(reading)
	if reading.Err() != nil && ctx.Err() == nil {
		err = multivac.Errorf(multivac.ErrUnavailable, "try again in a moment", "the store does not say which keys there are")
	}
	if err != nil {
		return nil, err
	}
	s := &snapshot{read: now, keys: make(map[multivac.KeyID]*held, len(keys))}
	for _, k := range keys {
		h := &held{Caller: Caller{Key: k}}
		if last != nil && last.keys[k.ID] != nil { // a key's limits never change
			h.counters = last.keys[k.ID].counters
		} else {
			h.counters = newCounters(k.Limits)
		}
		s.keys[k.ID] = h
	}
	r.known.Store(s)
	return s, nil
}

// after returns the keys as they were read after a time.
func (r *Keyring) after(ctx context.Context, s *snapshot, t time.Time) (*snapshot, error) {
	for !s.read.After(t) {
		select {
		case <-time.After(lookAgain - r.now().Sub(s.read)):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		var err error
		if s, err = r.read(ctx, lookAgain); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// forget has the next snapshot read the store.
func (r *Keyring) forget() {
	r.load <- struct{}{}
	defer func() { <-r.load }()
	if s := r.known.Load(); s != nil {
		r.known.Store(&snapshot{keys: s.keys})
	}
}

// Needed says whether a key is needed, which is once one was made.
func (r *Keyring) Needed(ctx context.Context) (bool, error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return true, err
	}
	return len(s.keys) > 0, nil
}

// Enter returns who sends text from address, and counts him in until he calls
// leave. ErrUnauthorized where the text is of no key that holds, ErrLimited
// where the key's limits are reached, or where wrong ones come from the address
// again and again. A right key is never refused for the wrong ones: behind one
// proxy everyone has the same address, and 256 bits cannot be guessed anyway.
func (r *Keyring) Enter(ctx context.Context, text multivac.KeyText, address string) (c *Caller, leave func(), err error) {
	h, err := r.match(ctx, text)
	switch {
	case errors.Is(err, multivac.ErrUnauthorized):
		if wait := r.failures.add(address, r.now()); wait > 0 {
			limited := multivac.Errorf(multivac.ErrLimited, "give another key", "%s, and keys like that come from %s again and again", reason(err), address)
			limited.RetryAfter = wait
			err = limited
		}
		return nil, nil, err
	case err != nil:
		return nil, nil, err
	}
	now := r.now()
	r.touch(h, now)
	if err := h.enter(now); err != nil {
		return nil, nil, err
	}
	return &h.Caller, h.leave, nil
}

// reason returns the message of an error without its remedy.
func reason(err error) string {
	var e *multivac.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

// match returns the key that text is of.
func (r *Keyring) match(ctx context.Context, text multivac.KeyText) (*held, error) {
	if len(text) > longestInput {
		text = text[:longestInput]
	}
	id, err := shaped(text)
	if err != nil {
		return nil, err
	}
	s, err := r.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	h, known := s.keys[id]
	if !known && r.Shared { // it may have been made elsewhere, just now
		if s, err = r.after(ctx, s, r.now()); err != nil {
			return nil, err
		}
		h, known = s.keys[id]
	}
	if !known { // compared nevertheless, so that the time taken does not tell
		h = &held{}
	}
	if !matches(h.Hash, Hash(text)) {
		if _, err := Parse(text); err != nil {
			return nil, err // it was mistyped
		}
		return nil, multivac.Errorf(multivac.ErrUnauthorized, "check that it is of this server, or ask an admin for a new one", "the key is not known here")
	}
	return h, h.Standing(r.now())
}

// enter counts a request in, until leave, or returns an ErrLimited.
func (h *held) enter(now time.Time) error {
	limited := func(after time.Duration, format string, n any) error {
		err := multivac.Errorf(multivac.ErrLimited, "send less, or ask an admin for a key with a higher limit", format, h.ID, n)
		err.RetryAfter = after
		return err
	}
	if running := h.running.Add(1); h.Limits.Concurrent > 0 && running > int64(h.Limits.Concurrent) {
		h.running.Add(-1)
		return limited(time.Second, "key %s is over its limit of %v requests at the same time", h.Limits.Concurrent)
	}
	if h.rate != nil {
		reserved := h.rate.ReserveN(now, 1)
		if after := reserved.DelayFrom(now); after > 0 {
			reserved.CancelAt(now)
			h.running.Add(-1)
			return limited(after, "key %s is over its limit of %v requests per second", h.Limits.Rate)
		}
	}
	return nil
}

// touch has Run note the use of a key. Where Run is behind, a later use will do.
func (r *Keyring) touch(h *held, at time.Time) {
	now, last := at.Unix(), h.touched.Load()
	if now-last < int64(touchEvery/time.Second) || !h.touched.CompareAndSwap(last, now) {
		return
	}
	select {
	case r.used <- h.ID:
	default:
	}
}

// Run notes when keys are used until ctx ends, and then what is left to note.
// Where the store is shared, it also looks after what others do to the keys.
func (r *Keyring) Run(ctx context.Context) error {
	if r.Shared {
		var looking sync.WaitGroup
		looking.Go(func() { r.look(ctx) })
		defer looking.Wait()
	}
	whole := context.WithoutCancel(ctx) // what is begun is ended, within touchTimeout
	for {
		select {
		case <-ctx.Done():
			r.note(whole, nil)
			return nil
		case id := <-r.used:
			r.note(whole, []multivac.KeyID{id})
		}
	}
}

// look reads the keys again and again until ctx ends. Where that fails, who
// comes next reads them, and hears of it.
func (r *Keyring) look(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_, _ = r.read(ctx, lookEvery/2)
		}
	}
}

// note writes the use of ids, and of what else waits, together.
func (r *Keyring) note(ctx context.Context, ids []multivac.KeyID) {
	for n := len(r.used); n > 0; n-- {
		ids = append(ids, <-r.used)
	}
	if len(ids) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, touchTimeout)
	defer cancel()
	used := make(map[multivac.KeyID]time.Time, len(ids))
	for _, id := range ids {
		used[id] = r.now()
	}
	if err := r.store.TouchKeys(ctx, used); err != nil && r.Touched != nil {
		r.Touched(err)
	}
}

// MakeKey implements multivac.Keys.
func (r *Keyring) MakeKey(ctx context.Context, k multivac.Key) (multivac.Key, multivac.KeyText, error) {
	id, text := NewText()
	k, err := r.put(ctx, k, id, text)
	return k, text, err
}

// Adopt makes a key of scope admin of a text that is there already, unless it
// was adopted before. ErrUnauthorized where the text is of no key, or of one
// that does not hold any more.
func (r *Keyring) Adopt(ctx context.Context, text multivac.KeyText, name string) (k multivac.Key, adopted bool, err error) {
	id, err := Parse(text)
	if err != nil {
		return k, false, err
	}
	s, err := r.snapshot(ctx)
	if err != nil {
		return k, false, err
	}
	if _, known := s.keys[id]; known {
		return r.adopted(ctx, text)
	}
	k, err = r.put(ctx, multivac.Key{Name: name, Scopes: []multivac.Scope{multivac.ScopeAdmin}}, id, text)
	if errors.Is(err, multivac.ErrInvalid) { // another replica was first
		r.forget()
		return r.adopted(ctx, text)
	}
	return k, err == nil, err
}

// adopted returns the key that text is of, which has to be an admin's.
func (r *Keyring) adopted(ctx context.Context, text multivac.KeyText) (k multivac.Key, adopted bool, err error) {
	h, err := r.match(ctx, text)
	if err != nil {
		return k, false, err
	}
	return h.Key, false, h.Need(multivac.ScopeAdmin)
}

func (r *Keyring) put(ctx context.Context, k multivac.Key, id multivac.KeyID, text multivac.KeyText) (multivac.Key, error) {
	k.ID, k.Hash = id, Hash(text)
	k.Created, k.LastUsed, k.Revoked = r.now().UTC().Truncate(time.Millisecond), time.Time{}, time.Time{}
	if err := k.Validate(); err != nil {
		return k, err
	}
	needed, err := r.Needed(ctx)
	if err != nil {
		return k, err
	}
	if !needed && !slices.Contains(k.Scopes, multivac.ScopeAdmin) {
		return k, multivac.Errorf(multivac.ErrInvalid, "make one with --scope admin first", "the first key has to be of scope admin: with one made, it takes one to make more")
	}
	if err := r.store.PutKey(ctx, k); err != nil {
		return k, err
	}
	r.forget()
	return k, nil
}

// ListKeys implements multivac.Keys.
func (r *Keyring) ListKeys(ctx context.Context) ([]multivac.Key, error) { return r.store.Keys(ctx) }

// RevokeKey implements multivac.Keys.
func (r *Keyring) RevokeKey(ctx context.Context, id multivac.KeyID) (multivac.Key, error) {
	defer r.forget()
	return r.store.RevokeKey(ctx, id, r.now().UTC().Truncate(time.Millisecond))
}
