package multivac_test

import (
	"context"
	"testing"
	"time"

	"multivac"
)

func TestOrigin(t *testing.T) {
	if got := multivac.OriginOf(t.Context()); got != (multivac.Origin{}) {
		t.Errorf("a context without origin has %+v", got)
	}
	want := multivac.Origin{RequestID: "r", Trace: "t"}
	inner := multivac.Origin{RequestID: "s"}
	type key struct{}
	ctx := multivac.WithOrigin(context.WithValue(t.Context(), key{}, "value"), want)
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	if got := multivac.OriginOf(ctx); got != want || ctx.Value(key{}) != "value" {
		t.Errorf("got %+v and %v, want %+v", got, ctx.Value(key{}), want)
	}
	if got := multivac.OriginOf(multivac.WithOrigin(ctx, inner)); got != inner {
		t.Errorf("got %+v within, want %+v", got, inner)
	}
	cancel()
	if ctx.Err() == nil {
		t.Error("it does not end with its parent")
	}
}
