package findtest

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/find"
	"multivac/internal/meaning"
	"multivac/internal/store"
)

// equalContent checks that two indexes with the same documents find the same,
// down to the last bit of each number, whatever was in them before.
func equalContent(t *testing.T, open func(testing.TB) Index) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for i := range uint64(6) {
		h := &history{Rand: rand.New(rand.NewPCG(seed, i)), x: open(t), live: map[multivac.DocumentID]store.Change{}}
		for range 150 {
			h.step(t, open)
			if h.IntN(10) == 0 {
				h.compare(t, open)
			}
		}
		h.compare(t, open)
	}
}

// A history does random things to an index, and knows what is in it.
type history struct {
	*rand.Rand
	x        Index
	live     map[multivac.DocumentID]store.Change
	revision int
}

var words = strings.Fields("the the the pump pump valve lamp cold warm red opens stops runs KubeAPIDown max_lag")

// body is a text with few different words, so that many passages are equally
// good.
func (h *history) body() string {
	var b strings.Builder
	for range 1 + h.IntN(4) {
		for range 1 + h.IntN(5) {
			b.WriteString(words[h.IntN(len(words))] + " ")
		}
		b.WriteString(". ")
		if h.IntN(3) == 0 {
			b.WriteString("\n\n# " + words[h.IntN(len(words))] + "\n\n")
		}
	}
	return b.String()
}

func (h *history) step(t *testing.T, open func(testing.TB) Index) {
	var changes []store.Change
	for range 1 + h.IntN(5) {
		h.revision++
		id := fmt.Sprintf("d%d", h.IntN(25))
		c, there := h.live[multivac.DocumentID(id)]
		switch h.IntN(6) {
		case 0:
			c = gone(id, h.revision, multivac.Deleted)
		case 1, 2:
			if there {
				c = enriched(c, Vectors)
				break
			}
			fallthrough
		default:
			c = published(id, h.revision, h.body())
			if h.IntN(3) == 0 {
				c = enriched(c, Vectors)
			}
		}
		changes = append(changes, c)
		if h.live[c.Document] = c; c.State == multivac.Deleted {
			delete(h.live, c.Document)
		}
	}
	apply(t, h.x, multivac.Position(fmt.Sprintf("%09d", h.revision)), changes...)
	if h.IntN(40) == 0 { // a restart
		h.x = h.filled(t, open)
	}
}

// filled returns a new index with the live documents, filled in random runs.
func (h *history) filled(t testing.TB, open func(testing.TB) Index) Index {
	all := slices.Collect(maps.Values(h.live))
	h.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	x := open(t)
	if err := x.Replace(t.Context(), "0", runs(slices.Collect(slices.Chunk(all, 1+h.IntN(9)))...)); err != nil {
		t.Fatal(err)
	}
	return x
}

// compare asks the index and one that is newly filled with the same documents.
func (h *history) compare(t *testing.T, open func(testing.TB) Index) {
	t.Helper()
	y := h.filled(t, open)
	v, w := view(h.x), view(y)
	want(t, "documents, passages, fingerprint", fmt.Sprint(v.Documents, v.Passages, v.Fingerprint), fmt.Sprint(w.Documents, w.Passages, w.Fingerprint))
	for range 5 {
		asked := stems(words[h.IntN(len(words))], words[h.IntN(len(words))], words[h.IntN(len(words))])
		sense := new(meaning.Vector)
		for i := range sense {
			sense[i] = int8(h.IntN(255) - 127)
		}
		got, same := h.ask(t, h.x, v, asked, sense), h.ask(t, y, w, asked, sense)
		if got != same {
			t.Fatalf("of the same documents, one that saw them come finds\n%s\nand one that was filled with them\n%s", got, same)
		}
	}
}

// ask returns everything that is found, with all digits of each number.
func (h *history) ask(t testing.TB, x Index, in find.View, asked []uint64, sense *meaning.Vector) string {
	known := look(t, x, find.Query{In: in, Stems: asked})
	var terms []find.Term
	for i, stem := range asked {
		terms = append(terms, find.Term{Stem: stem, Weight: math.Log(1 + float64(in.Passages)/float64(1+known.Counts[i]))})
	}
	f := look(t, x, find.Query{In: in, Terms: terms, Passages: 4, Vector: sense, Nearest: 3})
	s := fmt.Sprintln(known.Counts, f.ByTerms)
	for i, hit := range f.Hits {
		s += fmt.Sprintln(hit.PassageID, math.Float64bits(hit.Score), f.Cosines[i])
	}
	return s
}
