package charset

import (
	"fmt"
	"sync"
	"testing"
)

// A text is guessed once, however many ask, until many others were.
func TestGuessedOnce(t *testing.T) {
	var mu sync.Mutex
	guesses := map[string]int{}
	m := newMemory(func(b []byte) (Encoding, bool) {
		mu.Lock()
		defer mu.Unlock()
		guesses[string(b)]++
		return Encoding{Name: "of " + string(b)}, true
	})
	ask := func(text string) {
		t.Helper()
		if e, ok := m.of([]byte(text)); !ok || e.Name != "of "+text {
			t.Errorf("%s: got %q, %v", text, e.Name, ok)
		}
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { ask("a"); ask("b") })
	}
	all.Wait()
	if guesses["a"] != 1 || guesses["b"] != 1 {
		t.Errorf("got %v, want one guess each", guesses)
	}
	for i := range 3 * maxKept {
		ask(fmt.Sprint(i))
	}
	if len(m.kept) > maxKept {
		t.Errorf("%d guesses are kept, want at most %d", len(m.kept), maxKept)
	}
	if ask("a"); guesses["a"] != 2 {
		t.Errorf("got %d guesses of what was long ago, want 2", guesses["a"])
	}
}

// What Guess says of a text stays what it is once it is remembered.
func TestGuessAgain(t *testing.T) {
	for range 2 {
		if e, ok := Guess(encoded(t, texts[0].text, "windows-1252")); !ok || e.Name != "windows-1252" {
			t.Errorf("got %q, %v", e.Name, ok)
		}
		if e, ok := Guess([]byte("caf\xe9")); ok {
			t.Errorf("got %q, want none", e.Name)
		}
	}
}
