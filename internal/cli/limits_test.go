package cli

import (
	"testing"

	"multivac/internal/config"
	"multivac/internal/extract"
	"multivac/internal/web"
)

// The defaults of the settings are those of the rooms that keep to them, and each
// error that names a setting names one that there is.
func TestDefaultLimits(t *testing.T) {
	loaded, err := config.Load(config.Sources{})
	if err != nil {
		t.Fatal(err)
	}
	if got := limitsOf(loaded.Settings); got.Limits != extract.Default {
		t.Errorf("got %+v, want %+v", got, extract.Default)
	}
	if got := services(loaded.Settings, config.NewLive(loaded, config.Sources{})).Requests; got != web.DefaultLimits {
		t.Errorf("got %+v, want %+v", got, web.DefaultLimits)
	}
	for _, b := range []extract.Bound{extract.MaxText, extract.MaxUnpacked, extract.MaxRatio, extract.MaxDepth, extract.MaxMembers, extract.MaxPages, extract.MaxCells, extract.MaxTime} {
		if _, err := loaded.Explain(string(b)); err != nil {
			t.Error(err)
		}
	}
}
