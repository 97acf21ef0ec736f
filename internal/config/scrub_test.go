package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multivac"
)

// A secret in the words of a server or a library is not passed on, in whatever
// way it is written. That holds for the current secret and the one before.
func TestWhatOthersSayIsScrubbed(t *testing.T) {
	dir := t.TempDir()
	old, odd := sesame, `p"ass<w>ord\é/ 1`
	write(t, dir, "queue.password", old)
	v, _ := live(t, filepath.Join(dir, "none.toml"), dir)
	write(t, dir, "queue.password", odd)
	v.Reload()
	if got := v.Now().Queue.Password.Reveal(); got != odd {
		t.Fatalf("got %q", got)
	}
	var out bytes.Buffer
	w := v.Writer(&out)
	for _, secret := range []string{old, odd} {
		html, _ := json.Marshal(secret)
		for _, said := range []string{secret, fmt.Sprintf("%q", secret), string(html), url.QueryEscape(secret), url.PathEscape(secret)} {
			out.Reset()
			if n, err := w.Write([]byte("before " + said + " after")); err != nil || n != len("before "+said+" after") {
				t.Errorf("wrote %d, %v", n, err)
			}
			if got := strings.ReplaceAll(out.String(), `"`, ""); got != "before <redacted> after" {
				t.Errorf("%s is written as %s", said, got)
			}
		}
		out.Reset()
		slog.New(slog.NewJSONHandler(w, nil)).Error("refused", "error", fmt.Errorf("unknown command AUTH, with args beginning with: %s", secret))
		slog.New(slog.NewTextHandler(w, nil)).Error("refused", "error", fmt.Errorf("unknown command AUTH, with args beginning with: %s", secret))
		if got := out.String(); strings.Count(got, Redacted) != 2 {
			t.Errorf("the log has %s", got)
		}
		err := v.Error(multivac.Errorf(multivac.ErrUnavailable, "try again", "the server said %s", secret))
		if got := err.Error(); got != "the server said <redacted>; try again" || !errors.Is(err, multivac.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	}
	if err := os.ErrNotExist; v.Error(err) != err || v.Error(nil) != nil {
		t.Error("an error without a secret is changed")
	}
}
