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
	"multivac/internal/clock"
)

const (
	// maxAge is how old the keys may be that a keyring uses. A key that was made or
	// revoked in this process counts at once.
	maxAge = 5 * time.Second
	// maxAgeShared is the same where other processes make and revoke keys, too:
	// after it, a key that was revoked anywhere is refused.
	maxAgeShared = time.Second
	// lookEvery is how often keys are read in that case, so that hardly any
	// request waits for them.
	lookEvery = 400 * time.Millisecond
	// lookAgain is the time between two reads for keys that are not known: a
	// request with such a key waits for it.
	lookAgain = 100 * time.Millisecond
	// readTimeout bounds reading the keys.
	readTimeout = 5 * time.Second
	// touchEvery is the precision of the last use of a key: a key costs a write a
	// minute and not one for each request.
	touchEvery = time.Minute
	// touchTimeout bounds writing the last uses when the keyring ends.
	touchTimeout = 5 * time.Second
)

// keeper is what a keyring needs of a store.
type keeper interface {
	PutKey(ctx context.Context, key multivac.Key) error
	Keys(ctx context.Context) ([]multivac.Key, error)
	RevokeKey(ctx context.Context, id multivac.KeyID, now time.Time) (multivac.Key, error)
	TouchKeys(ctx context.Context, used map[multivac.KeyID]time.Time) error
}

// A Keyring makes, matches and revokes keys, and counts the requests of their
// holders. It implements multivac.Keys.
type Keyring struct {
	Touched func(error) // called if the last uses could not be written; may be nil
	Shared  bool        // other processes make and revoke keys in the store, too

	store    keeper
	now      func() time.Time
	failures failures

	known atomic.Pointer[snapshot]
	load  chan struct{} // holds one while the keys are read
	used  chan multivac.KeyID
}

// A snapshot is the keys as they were read from the store.
type snapshot struct {
	read time.Time
	keys map[multivac.KeyID]*held
}

// held is a key with the counters of its holder, which outlive a snapshot.
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

// snapshot returns the keys, at most maxAge old.
func (r *Keyring) snapshot(ctx context.Context) (*snapshot, error) {
	if r.Shared {
		return r.read(ctx, maxAgeShared)
	}
	return r.read(ctx, maxAge)
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
	last, now := r.known.Load(), r.now() // another request may have read them since
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
		if last != nil && last.keys[k.ID] != nil { // the limits of a key never change
			h.counters = last.keys[k.ID].counters
		} else {
			h.counters = newCounters(k.Limits)
		}
		s.keys[k.ID] = h
	}
	r.known.Store(s)
	return s, nil
}

// after returns keys that were read after t.
func (r *Keyring) after(ctx context.Context, s *snapshot, t time.Time) (*snapshot, error) {
	for !s.read.After(t) {
		err := clock.Sleep(ctx, lookAgain-r.now().Sub(s.read))
		if err != nil {
			return nil, err
		}
		if s, err = r.read(ctx, lookAgain); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// forget makes the next snapshot read the store.
func (r *Keyring) forget() {
	r.load <- struct{}{}
	defer func() { <-r.load }()
	if s := r.known.Load(); s != nil {
		r.known.Store(&snapshot{keys: s.keys})
	}
}

// Needed reports whether a key is needed: it is once one was made.
func (r *Keyring) Needed(ctx context.Context) (bool, error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return true, err
	}
	return len(s.keys) > 0, nil
}

// Enter returns the caller who sends text from address, and counts them until leave
// is called. It returns ErrUnauthorized if the text is no valid key, and ErrLimited
// if the limits of the key are reached, or if too many wrong keys came from the
// address. A valid key is never refused for wrong ones: behind one proxy everyone
// has the same address, and 256 bits cannot be guessed anyway.
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

// match returns the key with a text.
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
	if !known && r.Shared { // another process may just have made it
		if s, err = r.after(ctx, s, r.now()); err != nil {
			return nil, err
		}
		h, known = s.keys[id]
	}
	if !known { // compared all the same, so that the time taken reveals nothing
		h = &held{}
	}
	if !matches(h.Hash, Hash(text)) {
		if _, err := Parse(text); err != nil {
			return nil, err // mistyped
		}
		return nil, multivac.Errorf(multivac.ErrUnauthorized, "check that it is of this server, or ask an admin for a new one", "the key is not known here")
	}
	return h, h.Standing(r.now())
}

// enter counts a request until leave is called, or returns an ErrLimited.
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

// touch makes Run write the use of a key. If Run is behind, it writes a later one.
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

// Run writes when keys are used until ctx ends, and then what is left to write. If
// the store is shared, it also reads what other processes do to the keys.
func (r *Keyring) Run(ctx context.Context) error {
	if r.Shared {
		var looking sync.WaitGroup
		looking.Go(func() { r.look(ctx) })
		defer looking.Wait()
	}
	whole := context.WithoutCancel(ctx) // a write that has begun may end, within touchTimeout
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

// look reads the keys every lookEvery until ctx ends. If that fails, the next
// request reads them and gets the error.
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

// note writes the use of ids, together with all others that wait.
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

// Adopt makes a key of scope admin with a given text, unless it was adopted before.
// It returns ErrUnauthorized if the text is no key, or one that was revoked or has
// expired.
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
	if errors.Is(err, multivac.ErrInvalid) { // another process was first
		r.forget()
		return r.adopted(ctx, text)
	}
	return k, err == nil, err
}

// adopted returns the key with a text, which has to have the scope admin.
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
