package meaning

import "math"

// Fast reports whether this processor has instructions that a kernel is
// written for. Without them the numbers are the same, but take some twenty
// times as long to make: too long to wait for.
func Fast() bool { return fastest.name != generic.name }

// A tile is what a kernel multiplies at once: so many rows of so many columns.
const (
	tileRows    = 4
	tileColumns = 64
	lanes       = 16 // columns that lie side by side in a packed matrix, and numbers that are added up side by side
)

// Products are sums of 16-bit times 8-bit or 16-bit whole numbers in 32 bits.
// These are the largest numbers with which they fit: of rows that a matrix is
// multiplied with, whose weights are at most 127, and of queries and keys.
const (
	maxWide  = math.MaxInt16 // width·127·maxWide < 2³¹
	maxInner = 11008         // inner·127·maxInner < 2³¹
	maxHead  = 8191          // headSize·maxHead² < 2³¹
)

// weightOne is the attention weight of 1 in whole numbers; values of maxWide
// times weights that add up to it, but for rounding, fit.
const weightOne = math.MaxInt16

// A kernel is the inner loops. All kernels give the same numbers to the last
// bit: sums of whole numbers have no order, sums of others have one that is
// laid down here, and no product is fused with a sum. Slices of numbers have
// a multiple of lanes of them.
type kernel struct {
	name string

	// dot makes sums[r][c] of a tile the product of row r of a, which begins
	// every stride numbers, with column c of w, packed as pack does it, over
	// depth numbers. dot16 does it for one group of lanes of 16-bit numbers.
	dot   func(sums *[tileRows * tileColumns]int32, a []int16, stride int, w []int8, depth int)
	dot16 func(sums *[tileRows * lanes]int32, a []int16, stride int, w []int16, depth int)

	// rescale makes to[i] = sums[i]·by·scale[i] + bias[i].
	rescale func(to []float32, sums []int32, by float32, scale, bias []float32)

	// largest returns the largest absolute value.
	largest func(x []float32) float32

	// round makes q[i] = x[i]·by, rounded to the nearest; none may be more
	// than maxWide.
	round func(q []int16, x []float32, by float32)

	// gelu makes x[i] = x[i]·Φ(x[i]) (Hendrycks and Gimpel, 2016), to 3e-6
	// from -8 to 8.
	gelu func(x []float32)

	// softmax writes the softmax of scores, in parts of weightOne; it leaves
	// something else in scores.
	softmax func(weights []int16, scores []float32)

	// normalise makes x the normalised x+y, times gain, plus bias (Ba, Kiros
	// and Hinton, 2016).
	normalise func(x, y, gain, bias []float32)
}

// fastest is the kernel that this processor computes with.
var fastest = kernels()[0]

var generic = kernel{"generic", dotGeneric, dot16Generic, rescaleGeneric, largestGeneric, roundGeneric, geluGeneric, softmaxGeneric, normaliseGeneric}

func dotGeneric(sums *[tileRows * tileColumns]int32, a []int16, stride int, w []int8, depth int) {
	for g := range tileColumns / lanes {
		block := w[g*depth*lanes:][:depth*lanes]
		for r := range tileRows {
			row := a[r*stride:][:depth]
			out := (*[lanes]int32)(sums[r*tileColumns+g*lanes:])
			*out = [lanes]int32{}
			for k := 0; k < depth; k += 2 {
				x, y := int32(row[k]), int32(row[k+1])
				pairs := (*[2 * lanes]int8)(block[k*lanes:])
				for c := range lanes {
					out[c] += x*int32(pairs[2*c]) + y*int32(pairs[2*c+1])
				}
			}
		}
	}
}

func dot16Generic(sums *[tileRows * lanes]int32, a []int16, stride int, w []int16, depth int) {
	for r := range tileRows {
		row := a[r*stride:][:depth]
		out := (*[lanes]int32)(sums[r*lanes:])
		*out = [lanes]int32{}
		for k := 0; k < depth; k += 2 {
			x, y := int32(row[k]), int32(row[k+1])
			pairs := (*[2 * lanes]int16)(w[k*lanes:])
			for c := range lanes {
				out[c] += x*int32(pairs[2*c]) + y*int32(pairs[2*c+1])
			}
		}
	}
}

// pack puts the rows of a matrix, the columns of a product, into the order
// in which a kernel reads them: lanes of them side by side, two numbers of
// each at a time. columns is a multiple of lanes and depth is even.
func pack(rows []int8, columns, depth int) {
	var group [lanes * inner]int8
	for ; columns > 0; columns -= lanes {
		for c := range lanes {
			for k, x := range rows[c*depth:][:depth] {
				group[(k/2*lanes+c)*2+k%2] = x
			}
		}
		copy(rows, group[:lanes*depth])
		rows = rows[lanes*depth:]
	}
}

// mul is a product that is rounded before anything is added to it.
func mul(x, y float32) float32 { return float32(x * y) }

func rescaleGeneric(to []float32, sums []int32, by float32, scale, bias []float32) {
	for i := range to {
		to[i] = mul(float32(sums[i]), mul(by, scale[i])) + bias[i]
	}
}

func largestGeneric(x []float32) float32 {
	largest := float32(0)
	for _, v := range x {
		largest = max(largest, v, -v)
	}
	return largest
}

// Adding this before cutting off the fraction rounds to the nearest, for what
// is cut is never negative.
const (
	roundUnder  = maxWide + 1
	roundOffset = roundUnder + 0.5
)

func roundGeneric(q []int16, x []float32, by float32) {
	for i, v := range x {
		q[i] = int16(int32(mul(v, by)+roundOffset) - roundUnder)
	}
}

// Φ(x) = 1/2 + x·P(x²)/Q(x²), fitted to the least error of x·Φ(x) on
// [-geluRange, geluRange]; beyond, Φ stays.
const (
	geluRange = 5
	geluP0    = 0.39896613
	geluP1    = 0.029379178
	geluP2    = 0.0043204078
	geluP3    = 6.2534396e-5
	geluQ1    = 0.24049222
	geluQ2    = 0.025722107
	geluQ3    = 0.0015058218
	geluQ4    = 3.8166982e-6
)

func geluGeneric(x []float32) {
	for i, v := range x {
		c := min(max(v, -geluRange), geluRange)
		u := mul(c, c)
		p := mul(geluP3, u) + geluP2
		p = mul(p, u) + geluP1
		p = mul(p, u) + geluP0
		q := mul(geluQ4, u) + geluQ3
		q = mul(q, u) + geluQ2
		q = mul(q, u) + geluQ1
		q = mul(q, u) + 1
		x[i] = mul(v, mul(c, p)/q+0.5)
	}
}

// e^x = 2^n·e^r with the polynomial of Cephes' expf for e^r (Moshier, 1989).
const (
	expLeast = -80
	expLog2e = 1.44269504
	expHigh  = 0.693359375 // with expLow, the natural logarithm of 2
	expLow   = -2.12194440e-4
	exp0     = 1.9875691500e-4
	exp1     = 1.3981999507e-3
	exp2     = 8.3334519073e-3
	exp3     = 4.1665795894e-2
	exp4     = 1.6666665459e-1
	exp5     = 5.0000001201e-1
)

// exp is e^x for x at most 0, to about 2e-7 of itself.
func exp(x float32) float32 {
	if x < expLeast {
		return 0
	}
	n := int32(mul(x, expLog2e) - 0.5)
	r := x - mul(float32(n), expHigh)
	r -= mul(float32(n), expLow)
	p := mul(exp0, r) + exp1
	p = mul(p, r) + exp2
	p = mul(p, r) + exp3
	p = mul(p, r) + exp4
	p = mul(p, r) + exp5
	p = mul(mul(p, r), r) + r
	return mul(p+1, math.Float32frombits(uint32(n+127)<<23))
}

// fold adds up what was added up in lanes.
func fold(sums *[lanes]float32) float32 {
	for n := lanes / 2; n > 0; n /= 2 {
		for i := range n {
			sums[i] += sums[n+i]
		}
	}
	return sums[0]
}

func softmaxGeneric(weights []int16, scores []float32) {
	largest := scores[0]
	for _, v := range scores {
		largest = max(largest, v)
	}
	var sums [lanes]float32
	for i, v := range scores {
		scores[i] = exp(v - largest)
		sums[i%lanes] += scores[i]
	}
	by := weightOne / fold(&sums)
	for i, v := range scores {
		weights[i] = int16(mul(v, by) + 0.5)
	}
}

// epsilon keeps a row of zeros from being divided by nothing.
const epsilon = 1e-12

func normaliseGeneric(x, y, gain, bias []float32) {
	var sums, squares [lanes]float32
	for i := range x {
		x[i] += y[i]
		sums[i%lanes] += x[i]
	}
	n := float32(len(x))
	mean := fold(&sums) / n
	for i, v := range x {
		d := v - mean
		squares[i%lanes] += mul(d, d)
	}
	by := 1 / float32(math.Sqrt(float64(fold(&squares)/n+epsilon)))
	for i, v := range x {
		x[i] = mul(mul(v-mean, by), gain[i]) + bias[i]
	}
}
