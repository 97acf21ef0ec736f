package meaning

import "math"

// Fast reports whether a kernel uses special instructions of this processor.
// Without them the numbers are the same, but take about 20 times as long: too
// long to wait.
func Fast() bool { return fastest.name != generic.name }

// A tile is what a kernel multiplies at once: so many rows by so many columns.
const (
	tileRows    = 4
	tileColumns = 64
	lanes       = 16 // neighbouring columns in a packed matrix, and numbers that are added in parallel
)

// Products are sums, in 32 bits, of 16-bit numbers times 8-bit or 16-bit ones.
// These are the largest numbers for which the sums fit: numbers in rows that
// are multiplied by a matrix, whose weights are at most 127, and in queries and
// keys.
const (
	maxWide  = math.MaxInt16 // width·127·maxWide < 2³¹
	maxInner = 11008         // inner·127·maxInner < 2³¹
	maxHead  = 8191          // headSize·maxHead² < 2³¹
)

// weightOne is the whole number that stands for an attention weight of 1. The
// weights of a row add up to it, except for rounding, so that their sum of
// products with values of at most maxWide fits.
const weightOne = math.MaxInt16

// A kernel is a set of inner loops. All kernels give the same numbers to the
// last bit: sums of whole numbers do not depend on their order, the order of
// all other sums is defined here, and no product is fused with a sum. The
// length of a slice of numbers is a multiple of lanes.
type kernel struct {
	name string

	// dot sets sums[r][c] of a tile to the product of row r of a and column c
	// of w, over depth numbers. A row begins every stride numbers, and w is
	// packed by pack. dot16 does the same for lanes columns of 16-bit numbers.
	dot   func(sums *[tileRows * tileColumns]int32, a []int16, stride int, w []int8, depth int)
	dot16 func(sums *[tileRows * lanes]int32, a []int16, stride int, w []int16, depth int)

	// rescale sets to[i] = sums[i]·by·scale[i] + bias[i].
	rescale func(to []float32, sums []int32, by float32, scale, bias []float32)

	// largest returns the largest absolute value.
	largest func(x []float32) float32

	// round sets q[i] = x[i]·by, rounded to the nearest whole number, which
	// must be at most maxWide.
	round func(q []int16, x []float32, by float32)

	// gelu sets x[i] = x[i]·Φ(x[i]) (Hendrycks and Gimpel, 2016), with an error
	// of at most 3e-6 from -8 to 8.
	gelu func(x []float32)

	// softmax writes the softmax of scores, as fractions of weightOne. It
	// overwrites scores.
	softmax func(weights []int16, scores []float32)

	// normalise sets x to the normalised x+y, times gain, plus bias (Ba, Kiros
	// and Hinton, 2016).
	normalise func(x, y, gain, bias []float32)
}

// fastest is the kernel that this processor uses.
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

// pack arranges the rows of a matrix, which are the columns of a product, in
// the order in which a kernel reads them: lanes rows next to each other, 2
// numbers of each at a time. columns is a multiple of lanes, and depth is even.
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

// mul is a product that is rounded before something is added to it.
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

// Adding this before cutting off the fraction rounds to the nearest whole
// number, since the sum is never negative.
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
// [-geluRange, geluRange]. Outside, Φ is constant.
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

// e^x = 2^n·e^r, with the polynomial of Cephes' expf for e^r (Moshier, 1989).
const (
	expLeast = -80
	expLog2e = 1.44269504
	expHigh  = 0.693359375 // together with expLow the natural logarithm of 2
	expLow   = -2.12194440e-4
	exp0     = 1.9875691500e-4
	exp1     = 1.3981999507e-3
	exp2     = 8.3334519073e-3
	exp3     = 4.1665795894e-2
	exp4     = 1.6666665459e-1
	exp5     = 5.0000001201e-1
)

// exp returns e^x for x at most 0, with a relative error of about 2e-7.
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

// fold adds up the sums of the lanes.
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

// epsilon prevents a division by 0 for a row of zeros.
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
