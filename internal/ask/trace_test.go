package ask

import (
	"context"
	"slices"
	"testing"

	"multivac"
	"multivac/internal/rank"
)

func TestStepsAreTraced(t *testing.T) {
	s := newShelf(library)
	asker := New(s, s, s, rank.Default(), nil)
	var begun, ended []string
	asker.Events.Began = func(ctx context.Context, what string) (context.Context, func(error)) {
		begun = append(begun, what)
		return ctx, func(error) {
			if !slices.Contains(ended, what) {
				ended = append(ended, what)
			}
		}
	}
	ask(t, asker, multivac.Question{Text: "Who wrote The Last Question?"})
	if want := []string{"cache", "index", "store", "rank", "store"}; !slices.Equal(begun, want) {
		t.Errorf("steps begun are %q, want %q", begun, want)
	}
	if want := []string{"cache", "index", "store", "rank"}; !slices.Equal(ended, want) {
		t.Errorf("steps ended are %q, want %q", ended, want)
	}
}
