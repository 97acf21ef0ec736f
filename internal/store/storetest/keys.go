package storetest

import (
	"time"

	"multivac"
)

// keyTests are the sentences of the contract that are about keys.
var keyTests = []test{
	{"a key comes back as it was put", keyComesBack},
	{"a key is revoked once", keyRevoked},
	{"keys remember when they were used last", keyTouched},
	{"keys are there after reopening", keysReopen},
}

func (s *subject) putKey(id multivac.KeyID) multivac.Key {
	s.Helper()
	k := multivac.Key{ID: id, Name: "Schlüssel " + string(id), Scopes: []multivac.Scope{multivac.ScopeAsk}, Created: s.tick(), Hash: multivac.KeyHash{1, 2, byte(len(id))}}
	s.must(s.PutKey(s.ctx, k))
	return k
}

func (s *subject) keys() []multivac.Key {
	s.Helper()
	keys, err := s.Keys(s.ctx)
	s.must(err)
	return keys
}

func keyComesBack(s *subject) {
	if got := s.keys(); len(got) != 0 {
		s.Errorf("a new store has keys %+v", got)
	}
	first := s.putKey("zz")
	full := multivac.Key{
		ID: "aa", Name: "nightly", Scopes: []multivac.Scope{multivac.ScopeTell, multivac.ScopeAsk}, Collections: []multivac.CollectionName{"laws", "b"},
		Limits: multivac.Limits{Rate: 0.25, Burst: 3, Concurrent: 7}, Created: s.tick(), Expires: s.now.Add(time.Hour), Hash: multivac.KeyHash{31: 9},
	}
	s.must(s.PutKey(s.ctx, full))
	s.same("keys", []multivac.Key{first, full}, s.keys())

	again := full
	again.Name, again.Hash = "another", multivac.KeyHash{5}
	s.wants(multivac.ErrInvalid, s.PutKey(s.ctx, again))
	s.same("keys after one was put twice", []multivac.Key{first, full}, s.keys())
}

func keyRevoked(s *subject) {
	k, other := s.putKey("one"), s.putKey("two")
	_, err := s.RevokeKey(s.ctx, "three", s.tick())
	s.wants(multivac.ErrNotFound, err)
	k.Revoked = s.tick()
	got, err := s.RevokeKey(s.ctx, k.ID, s.now)
	s.must(err)
	s.same("revoked", k, got)
	got, err = s.RevokeKey(s.ctx, k.ID, s.tick())
	s.must(err)
	s.same("revoked twice", k, got)
	s.same("keys", []multivac.Key{k, other}, s.keys())
}

func keyTouched(s *subject) {
	a, b := s.putKey("a"), s.putKey("b")
	later := s.tick().Add(time.Minute)
	s.must(s.TouchKeys(s.ctx, map[multivac.KeyID]time.Time{"a": later, "gone": later}))
	s.must(s.TouchKeys(s.ctx, map[multivac.KeyID]time.Time{"a": s.now, "b": s.now}))
	s.must(s.TouchKeys(s.ctx, nil))
	a.LastUsed, b.LastUsed = later, s.now
	s.same("keys", []multivac.Key{a, b}, s.keys())
}

func keysReopen(s *subject) {
	k := s.putKey("one")
	s.must(s.TouchKeys(s.ctx, map[multivac.KeyID]time.Time{"one": s.tick()}))
	k.LastUsed = s.now
	k.Revoked = s.tick()
	_, err := s.RevokeKey(s.ctx, "one", s.now)
	s.must(err)
	s.reopen()
	s.same("keys", []multivac.Key{k}, s.keys())
}
