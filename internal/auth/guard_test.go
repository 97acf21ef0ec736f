package auth_test

import (
	"errors"
	"slices"
	"testing"

	"multivac"
	"multivac/internal/auth"
	"multivac/internal/web/webtest"
)

// TestEveryVerbIsGuarded holds that a call without a caller, or with a key that
// has no scope, does not come through. Reach and Status say nothing of what was
// told.
func TestEveryVerbIsGuarded(t *testing.T) {
	nothing := auth.With(t.Context(), &auth.Caller{Key: multivac.Key{ID: "k"}})
	var called webtest.Called
	guarded := auth.Guard(multivac.VerbsOf(&called))
	for verb, err := range webtest.Each(t.Context(), guarded) {
		if verb != "Status" && !errors.Is(err, multivac.ErrUnauthorized) {
			t.Errorf("%s without a caller: got %v, want %v", verb, err, multivac.ErrUnauthorized)
		}
	}
	for verb, err := range webtest.Each(nothing, guarded) {
		if verb != "Status" && verb != "Reach" && !errors.Is(err, multivac.ErrForbidden) {
			t.Errorf("%s without a scope: got %v, want %v", verb, err, multivac.ErrForbidden)
		}
	}
	if want := []string{"Status", "Reach", "Status"}; !slices.Equal(called, want) {
		t.Errorf("came through: %v, want %v", called, want)
	}
}

// TestWhatIsNotThere holds that a guard has the parts that are behind it, and
// no others: a server makes its routes by that.
func TestWhatIsNotThere(t *testing.T) {
	got := auth.Guard(multivac.Verbs{Library: &webtest.Memory{}})
	if got.Library == nil || got.Teller != nil || got.Asker != nil || got.Keys != nil || got.Keeper != nil {
		t.Errorf("got %+v, want a library and nothing else", got)
	}
}
