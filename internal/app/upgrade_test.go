package app

import (
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"multivac/internal/store"
	"multivac/internal/text"
)

// A data folder of the first version is answered from at once. Then the
// documents that an older segmenter cut are refreshed.
func TestUpgradeOfTheFirstVersion(t *testing.T) {
	data := t.TempDir()
	f, err := os.Open("../store/sqlite/testdata/v1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err == nil {
		err = os.WriteFile(filepath.Join(data, "multivac.db"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	a, stop := running(t, Settings{Data: data})
	if answer := askOne(t, a, "At how many degrees does the pump stop?"); answer.Text() != "The pump stops at 80 degrees." {
		t.Errorf("the answer is %q", answer.Text())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for n := 1; n > 0; {
		if n, err = a.store.CountOutdated(ctx, store.Version{Segmenter: text.Version}); err != nil {
			t.Fatalf("%d documents are still of the older version: %v", n, err)
		}
		if st, err := a.Status(ctx); err != nil || n == 0 && st.Documents < 3 {
			t.Errorf("status %+v, %v", st, err)
		}
	}
	if answer := askOne(t, a, "At how many degrees does the pump stop?"); answer.Text() != "The pump stops at 80 degrees." {
		t.Errorf("cut anew, the answer is %q", answer.Text())
	}
	e, err := a.Examine(t.Context(), false)
	if err != nil || !e.Sound() {
		t.Errorf("examined: %+v, %v", e, err)
	}
	stop()

	// A MultiVAC that imports a copy of it answers the same.
	k, shut, err := OpenKeeper(t.Context(), Settings{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	var copied strings.Builder
	if err := k.Export(t.Context(), &copied, true); err != nil {
		t.Fatal(err)
	}
	if err := shut(); err != nil {
		t.Fatal(err)
	}
	twin, _ := running(t, Settings{Data: t.TempDir()})
	if i, err := twin.Import(t.Context(), strings.NewReader(copied.String()), false); err != nil || i.Documents != 6 || i.Broken > 0 {
		t.Fatalf("imported %+v, %v", i, err)
	}
	if err := twin.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if answer := askOne(t, twin, "At how many degrees does the pump stop?"); answer.Text() != "The pump stops at 80 degrees." {
		t.Errorf("the copy answers %q", answer.Text())
	}
}
