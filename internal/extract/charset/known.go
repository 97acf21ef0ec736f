package charset

import (
	"hash/maphash"
	"sync"
)

// A memory keeps the last guesses. A text is looked at when it is told, when its
// receipt is written and when its text is read, and a guess takes much longer than
// to find it again.
type memory struct {
	guess func(b []byte) (Encoding, bool)

	seed maphash.Seed
	mu   sync.Mutex
	kept map[text64]*guessed
	next int // in order, the oldest
	// order are the texts that are kept, in a ring.
	order [maxKept]text64
}

// maxKept is how many guesses are kept.
const maxKept = 512

// A text64 stands for a text: by its hash, of which nobody knows the seed.
type text64 struct {
	hash uint64
	size int
}

// guessed is what a guess found.
type guessed struct {
	once     sync.Once
	encoding Encoding
	ok       bool
}

func newMemory(guess func([]byte) (Encoding, bool)) *memory {
	return &memory{guess: guess, seed: maphash.MakeSeed(), kept: map[text64]*guessed{}}
}

// of returns the guess of b. Those who ask for one text at the same time wait
// for one guess.
func (m *memory) of(b []byte) (Encoding, bool) {
	g := m.keep(text64{maphash.Bytes(m.seed, b), len(b)})
	g.once.Do(func() { g.encoding, g.ok = m.guess(b) })
	return g.encoding, g.ok
}

// keep returns the place of a guess, in that of the oldest where it is new.
func (m *memory) keep(t text64) *guessed {
	m.mu.Lock()
	defer m.mu.Unlock()
	if g, ok := m.kept[t]; ok {
		return g
	}
	delete(m.kept, m.order[m.next])
	m.order[m.next] = t
	m.next = (m.next + 1) % maxKept
	g := &guessed{}
	m.kept[t] = g
	return g
}
