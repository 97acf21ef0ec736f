package redisclient

import (
	"errors"
	"strings"
	"testing"
)

func TestRemedy(t *testing.T) {
	f := func(says, want string) {
		t.Helper()
		got := Remedy(errors.New(says), "queue")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("Remedy(%q): got %q, want %q in it", says, got, want)
		}
	}
	f("WRONGPASS invalid username-password pair or user is disabled.", "queue.username and queue.password")
	f("NOAUTH Authentication required.", "queue.username and queue.password")
	f("rdb: redis eval error: NOPERM User queue has no permissions to run the 'eval' command", "the rights")
	f("the last word is NOPERM", "the rights")
	f("dial tcp 127.0.0.1:6379: connect: connection refused", "")
	f("lookup NOPERMISSION.example: no such host", "")
}
