package meaning

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Each kernel of this processor must do what the generic one does, and that
// what it says, to the last bit.

func TestDot(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for depth, limit := range map[int]int{2: maxWide, headSize: maxHead, 130: maxInner, width: maxWide, inner: maxInner} {
		a := make([]int16, tileRows*depth)
		rows := make([]int8, tileColumns*depth)
		for i := range a {
			a[i] = int16(r.IntN(2*limit+1) - limit)
		}
		for i := range rows {
			rows[i] = int8(r.IntN(255) - 127)
		}
		for i := range depth { // the largest sums there are
			a[i], a[depth+i], rows[i] = int16(limit), int16(-limit), 127
		}
		packed := slices.Clone(rows)
		pack(packed, tileColumns, depth)
		wide := make([]int16, lanes*depth) // as 16-bit numbers, the first lanes
		for i := range wide {
			wide[i] = int16(packed[i])
		}
		var want [tileRows * tileColumns]int32
		var want16 [tileRows * lanes]int32
		for i := range tileRows {
			for c := range tileColumns {
				sum := int64(0)
				for k := range depth {
					sum += int64(a[i*depth+k]) * int64(rows[c*depth+k])
				}
				if sum != int64(int32(sum)) {
					t.Fatalf("depth %d: the sum %d does not fit", depth, sum)
				}
				want[i*tileColumns+c] = int32(sum)
			}
			copy(want16[i*lanes:], want[i*tileColumns:][:lanes])
		}
		if depth == headSize { // queries and keys have more bits
			for k := range depth {
				wide[k/2*2*lanes+k%2] = maxHead
			}
			for i := range tileRows {
				want16[i*lanes] = 0
				for k := range depth {
					want16[i*lanes] += int32(a[i*depth+k]) * maxHead
				}
			}
			if want16[0] != headSize*maxHead*maxHead {
				t.Fatalf("the sum %d does not fit", want16[0])
			}
		}
		for _, k := range kernels() {
			var got [tileRows * tileColumns]int32
			if k.dot(&got, a, depth, packed, depth); got != want {
				t.Errorf("%s: dot, depth %d: got %v…, want %v…", k.name, depth, got[:8], want[:8])
			}
			var got16 [tileRows * lanes]int32
			if k.dot16(&got16, a, depth, wide, depth); got16 != want16 {
				t.Errorf("%s: dot16, depth %d: got %v…, want %v…", k.name, depth, got16[:8], want16[:8])
			}
		}
	}
}

func TestKernels(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	numbers := func(n int, size float64) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64() * size)
		}
		return x
	}
	same := func(k kernel, what string, got, want []float32) {
		t.Helper()
		for i := range want {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Errorf("%s: %s of %d: [%d] is %v, and %v by the generic kernel", k.name, what, len(want), i, got[i], want[i])
				return
			}
		}
	}
	for _, k := range kernels() {
		for n := lanes; n <= inner; n += lanes * (1 + n/100) {
			for _, size := range []float64{1e-20, 0.1, 3, 1000} {
				x := numbers(n, size)
				if got, want := k.largest(x), generic.largest(x); got != want {
					t.Errorf("%s: largest of %d: %v, want %v", k.name, n, got, want)
				}

				q, wantQ := make([]int16, n), make([]int16, n)
				by := maxWide / generic.largest(x)
				k.round(q, x, by)
				if generic.round(wantQ, x, by); !slices.Equal(q, wantQ) {
					t.Errorf("%s: round of %d differs", k.name, n)
				}

				sums, scale, bias := make([]int32, n), numbers(n, size), numbers(n, size)
				for i := range sums {
					sums[i] = r.Int32() - math.MaxInt32/2
				}
				to, wantTo := make([]float32, n), make([]float32, n)
				k.rescale(to, sums, 0.37, scale, bias)
				generic.rescale(wantTo, sums, 0.37, scale, bias)
				same(k, "rescale", to, wantTo)

				got, want := slices.Clone(x), slices.Clone(x)
				k.gelu(got)
				generic.gelu(want)
				same(k, "gelu", got, want)

				got, want = slices.Clone(x), slices.Clone(x)
				got[n-1], want[n-1] = -math.MaxFloat32, -math.MaxFloat32
				k.softmax(q, got)
				if generic.softmax(wantQ, want); !slices.Equal(q, wantQ) {
					t.Errorf("%s: softmax of %d by %v differs", k.name, n, size)
				}

				y, gain := numbers(n, size), numbers(n, 1)
				got, want = slices.Clone(x), slices.Clone(x)
				k.normalise(got, y, gain, bias)
				generic.normalise(want, y, gain, bias)
				same(k, "normalise", got, want)
			}
		}
	}
}

// What the generic kernel makes is what its formulas say.
func TestGeneric(t *testing.T) {
	for x := float32(-8); x <= 8; x += 1.0 / 1024 {
		row := []float32{x}
		generic.gelu(row)
		want := float64(x) * (1 + math.Erf(float64(x)/math.Sqrt2)) / 2
		if d := math.Abs(float64(row[0]) - want); d > 3e-6 {
			t.Fatalf("gelu(%v) = %v, want %v", x, row[0], want)
		}
	}
	for x := float32(0); x >= expLeast; x -= 1.0 / 128 {
		if got, want := float64(exp(x)), math.Exp(float64(x)); math.Abs(got-want) > 2e-7*want {
			t.Fatalf("exp(%v) = %v, want %v", x, got, want)
		}
	}
	scores := []float32{0, 1, 2, -1000, 0, 1, 2, -1000, 0, 0, 0, 0, 0, 0, 0, 0}
	weights := make([]int16, len(scores))
	generic.softmax(weights, slices.Clone(scores))
	sum := 0.0
	for _, s := range scores {
		sum += math.Exp(float64(s))
	}
	for i, s := range scores {
		if want := math.Round(math.Exp(float64(s)) / sum * weightOne); float64(weights[i]) != want {
			t.Errorf("the weight of %v is %d, want %v", s, weights[i], want)
		}
	}
	x, q := []float32{0, 0.5, 0.49, -0.49, -1, -1.51, 32767, -32767}, make([]int16, 8)
	generic.round(q, x, 1)
	if want := []int16{0, 1, 0, 0, -1, -2, 32767, -32767}; !slices.Equal(q, want) {
		t.Errorf("rounded: %v, want %v", q, want)
	}
	row, zero, one := make([]float32, lanes), make([]float32, lanes), make([]float32, lanes)
	for i := range row {
		row[i], one[i] = float32(i), 1
	}
	generic.normalise(row, one, one, zero)
	for i, v := range row {
		if want := (float64(i) - 7.5) / math.Sqrt((lanes*lanes-1)/12.); math.Abs(float64(v)-want) > 1e-6 {
			t.Errorf("normalised: [%d] = %v, want %v", i, v, want)
		}
	}
}

func BenchmarkKernels(b *testing.B) {
	const depth = width
	a, w := make([]int16, tileRows*depth), make([]int8, tileColumns*depth)
	var sums [tileRows * tileColumns]int32
	x, y, q := make([]float32, width), make([]float32, width), make([]int16, width)
	for _, k := range kernels() {
		for _, f := range []struct {
			name string
			work float64 // multiplications, or numbers
			f    func()
		}{
			{"dot", tileRows * tileColumns * depth, func() { k.dot(&sums, a, depth, w, depth) }},
			{"round", width, func() { k.round(q, x, 1) }},
			{"gelu", width, func() { k.gelu(x) }},
			{"softmax", width, func() { k.softmax(q, x) }},
			{"normalise", width, func() { k.normalise(x, y, y, y) }},
		} {
			b.Run(k.name+"/"+f.name, func(b *testing.B) {
				for b.Loop() {
					f.f()
				}
				b.ReportMetric(f.work*float64(b.N)/b.Elapsed().Seconds()/1e9, "G/s")
			})
		}
	}
}
