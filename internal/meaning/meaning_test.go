package meaning

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"multivac"
)

// reference has the results of PyTorch with the same weights.
// train/reference.py writes it.
var reference = sync.OnceValue(func() (r struct {
	Texts []struct {
		Text  string
		IDs   []int32
		Spans [][2]int32
	}
	Vectors []struct {
		Text   string
		Vector []byte
	}
	Readings []struct {
		Question, Title string
		Sentences       []string
		Scores          []float64
	}
}) {
	data, err := os.ReadFile("testdata/reference.json")
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		panic(err)
	}
	return r
})

func floats(b []byte) (x [width]float64) {
	for i := range x {
		x[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
	}
	return x
}

func TestPieces(t *testing.T) {
	for _, want := range reference().Texts {
		var ids []int32
		var spans [][2]int32
		c := cutter{vocabulary: Default().vocabulary}
		for _, p := range c.appendPieces(nil, want.Text, 1000) {
			ids, spans = append(ids, p.id), append(spans, [2]int32{p.start, p.end})
		}
		if !slices.Equal(ids, want.IDs) {
			t.Errorf("%q: ids %v, want %v", want.Text, ids, want.IDs)
		} else if !slices.Equal(spans, want.Spans) {
			t.Errorf("%q: spans %v, want %v", want.Text, spans, want.Spans)
		}
	}
}

// With every kernel, a vector of the finder, before it is rounded, differs by at
// most 1e-3 from the one computed in 32 bits with the same weights.
func TestVectorReference(t *testing.T) {
	for _, k := range kernels() {
		use(t, k)
		for i, want := range reference().Vectors {
			if i > 0 && k.name == generic.name {
				break // one is enough: it is slow
			}
			sum := Default().sum(want.Text)
			exact := floats(want.Vector)
			length, off := 0.0, 0.0
			for _, x := range sum {
				length += float64(x) * float64(x)
			}
			for i, x := range sum {
				got := float64(x) / math.Sqrt(length)
				off += (got - exact[i]) * (got - exact[i])
			}
			t.Logf("%s: %.30q: %.6f from the reference", k.name, want.Text, math.Sqrt(off))
			if math.Sqrt(off) > 1e-3 {
				t.Errorf("%s: %q: %.6f from the reference", k.name, want.Text, math.Sqrt(off))
			}
		}
	}
}

func TestReadReference(t *testing.T) {
	for _, k := range kernels() {
		use(t, k)
		for i, want := range reference().Readings {
			if i > 0 && k.name == generic.name {
				break
			}
			got := Default().Read(want.Question, want.Title, want.Sentences)
			t.Logf("%s: %q: %.4f, want %.4f", k.name, want.Question, got, want.Scores)
			all, allWanted := 1., 1. // the odds of all sentences, and of no answer
			for i, score := range want.Scores {
				all += math.Exp(float64(got[i]))
				allWanted += math.Exp(score)
			}
			for i, score := range want.Scores {
				if off := math.Exp(float64(got[i]))/all - math.Exp(score)/allWanted; !(math.Abs(off) <= 1e-3) {
					t.Errorf("%s: %q: the probability of sentence %d is %.6f off", k.name, want.Question, i, off)
				}
				if off := float64(got[i]) - max(-30, score); !(math.Abs(off) <= 3e-3) {
					t.Errorf("%s: %q: the logarithm of sentence %d is %.6f off", k.name, want.Question, i, off)
				}
			}
		}
	}
}

// use makes the package compute with a kernel for the rest of a test.
func use(t testing.TB, k kernel) {
	saved := fastest
	t.Cleanup(func() { fastest = saved })
	fastest = k
}

func TestSense(t *testing.T) {
	m := Default()
	asked := m.Vector("How do I get my money back?")
	right := m.Vector("Refunds are paid within ten days.")
	wrong := m.Vector("The city lies on the river.")
	if a, b := Cosine(&asked, &right), Cosine(&asked, &wrong); a < b+0.2 {
		t.Errorf("the refund has cosine %.2f to the question, the river %.2f", a, b)
	}
	if c := Cosine(&asked, &asked); math.Abs(float64(c)-1) > 1e-6 {
		t.Errorf("the cosine of a vector to itself is %v", c)
	}
	near, far, own := asked.Sketch(), right.Sketch(), wrong.Sketch()
	if near.Distance(&near) != 0 || near.Distance(&far) >= near.Distance(&own) {
		t.Errorf("sketches: %d to the refund, %d to the river", near.Distance(&far), near.Distance(&own))
	}
	if none := (Vector{}); Cosine(&none, &asked) != 0 {
		t.Error("nothing is like something")
	}
}

func TestRead(t *testing.T) {
	m := Default()
	long := strings.Repeat("The committee met again on the next day. ", 30)
	for _, sentences := range [][]string{nil, {""}, {"", "Yes."}, {long, "It ended in 1918.", ""}, {"\xff\xfe"}} {
		scores := m.Read(long+"?", long, sentences)
		if len(scores) != len(sentences) {
			t.Errorf("%d scores for %d sentences", len(scores), len(sentences))
		}
		for i, s := range scores {
			if s < -30 || s != s || sentences[i] == "" && s != -30 {
				t.Errorf("sentence %d of %.20q scores %v", i, sentences, s)
			}
		}
	}
}

func passage(heading, lead string, sentences ...string) multivac.Passage {
	p := multivac.Passage{Heading: heading, Lead: lead}
	for _, s := range sentences {
		p.Sentences = append(p.Sentences, multivac.Span{Start: len(p.Text), End: len(p.Text) + len(s)})
		p.Text += s
	}
	return p
}

func TestVectors(t *testing.T) {
	p := passage("Backups", "These are kept:", "- **tapes** for a year", "- disks for `30` days")
	got, err := Default().Vectors(t.Context(), "Operations", p)
	if err != nil {
		t.Fatal(err)
	}
	var want []byte
	for _, s := range []string{"Operations: Backups: These are kept:: - tapes for a year", "Operations: Backups: These are kept:: - disks for 30 days"} {
		v := Default().Vector(s)
		for _, x := range v {
			want = append(want, byte(x))
		}
	}
	if !slices.Equal(got, want) {
		t.Error("the vectors are not those of the sentences behind title, heading and lead")
	}

	ended, end := context.WithCancel(t.Context())
	end()
	if v, err := Default().Vectors(ended, "Operations", p); !errors.Is(err, context.Canceled) || v != nil {
		t.Errorf("after the end of its context: %d bytes, %v", len(v), err)
	}
}

func TestInContext(t *testing.T) {
	long := strings.Repeat("long ", 50)
	for _, c := range []struct{ title, heading, lead, sentence, want string }{
		{"T", "H", "L", "S", "T: H: L: S"},
		{"T", "T", "", "S", "T: S"},
		{"", "", "", "S", "S"},
		{"T", "H", long, "S", "T: H: S"},
		{"T", "H", "| a | b |", "| 1 | 2 |", "T: H: a b: 1 2"},
		{"", "", "", "  ", ""},
	} {
		if got := InContext(c.title, passage(c.heading, c.lead), c.sentence); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Many goroutines at the same time get the results that one alone gets.
func TestAtOnce(t *testing.T) {
	m := Default()
	var vectors []Vector
	var scores [][]float32
	for _, v := range reference().Vectors {
		vectors = append(vectors, m.Vector(v.Text))
	}
	for _, r := range reference().Readings {
		scores = append(scores, m.Read(r.Question, r.Title, r.Sentences))
	}
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range vectors {
				k := (i + n) % len(vectors)
				if m.Vector(reference().Vectors[k].Text) != vectors[k] {
					t.Errorf("another vector for text %d", k)
				}
				k = (i + n) % len(scores)
				if r := reference().Readings[k]; !slices.Equal(m.Read(r.Question, r.Title, r.Sentences), scores[k]) {
					t.Errorf("another reading of %q", r.Question)
				}
			}
		})
	}
	all.Wait()
}

// Pieces and layers allocate nothing, except for letters with accents.
func TestAllocations(t *testing.T) {
	if raced {
		t.Skip("the race detector empties the pool")
	}
	m := Default()
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it would empty the pool
	text := reference().Vectors[1].Text
	if n := testing.AllocsPerRun(5, func() { m.Vector(text) }); n >= 1 {
		t.Errorf("%v allocations for a vector", n)
	}
	r := reference().Readings[2]
	if n := testing.AllocsPerRun(5, func() { m.Read(r.Question, r.Title, r.Sentences) }); n > 60 {
		t.Errorf("%v allocations for a reading of %d sentences", n, len(r.Sentences))
	}
}

func FuzzPieces(f *testing.F) {
	for _, r := range reference().Texts {
		f.Add(r.Text, 1000)
	}
	f.Add("\xff\xc3(\xed\xa0\x80", 3)
	f.Add(strings.Repeat("é", 500)+" end", 2)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = max(0, min(limit, 1000))
		c := cutter{vocabulary: Default().vocabulary}
		pieces := c.appendPieces(nil, text, limit)
		if len(pieces) > limit {
			t.Fatalf("%d pieces, of %d at most", len(pieces), limit)
		}
		borders := map[int32]bool{int32(len(text)): true}
		for i := range text {
			borders[int32(i)] = true
		}
		last := piece{word: -1}
		for _, p := range pieces {
			switch {
			case p.id < 0 || int(p.id) >= len(Default().finder.words.scale):
				t.Fatalf("there is no piece %d", p.id)
			case p.start >= p.end || int(p.end) > len(text) || !borders[p.start] || !borders[p.end]:
				t.Fatalf("%v is no part of %q", p, text)
			case p.word != last.word && (p.word != last.word+1 || p.start < last.end):
				t.Fatalf("word %v after %v of %q", p, last, text)
			case p.word == last.word && (p.start < last.start || p.end < last.end):
				t.Fatalf("piece %v after %v of %q", p, last, text)
			case strings.TrimSpace(text[p.start:p.end]) == "":
				t.Fatalf("%v of %q is nothing", p, text)
			}
			last = p
		}
		keys := appendKeys(nil, text, pieces)
		if len(keys) != len(pieces) {
			t.Fatalf("%d keys for %d pieces", len(keys), len(pieces))
		}
	})
}

func BenchmarkVector(b *testing.B) {
	m := Default()
	text := "How long are the backups of the billing database kept, and where do they go afterwards?"
	var c cutter
	c.vocabulary = m.vocabulary
	b.Logf("%d pieces", len(c.appendPieces(nil, text, longestText))+2)
	for b.Loop() {
		m.Vector(text)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "texts/s")
}

func BenchmarkVectors(b *testing.B) {
	m := Default()
	p := passage("Billing › Databases › Retention", "", "Backups of the billing database are kept for thirty days in the second data centre. ",
		"They go onto tape afterwards. ", "A restore takes about two hours, and is asked for by mail. ")
	for b.Loop() {
		if _, err := m.Vectors(b.Context(), "Backups and restores", p); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(p.Sentences))/b.Elapsed().Seconds(), "sentences/s")
}

func BenchmarkRead(b *testing.B) {
	sentences := slices.Repeat([]string{"Backups of the billing database are kept for thirty days in the second data centre."}, 5)
	for b.Loop() {
		Default().Read("How long are the backups of the billing database kept?", "Backups and restores", sentences)
	}
}

func ExampleModel_Read() {
	scores := Default().Read("When did the war end?", "War", []string{"The war began in 1914.", "It ended in November 1918.", "Many died."})
	fmt.Println(slices.Index(scores, slices.Max(scores)))
	// Output: 1
}
