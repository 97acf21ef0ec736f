package meaning

import (
	"math"
	"math/bits"
)

// Width is the number of elements of a Vector.
const Width = width

// A Vector is the meaning of a text: a direction, scaled so that its largest
// number is 127.
type Vector [Width]int8

// Length returns the Euclidean length.
func (v *Vector) Length() float32 { return float32(math.Sqrt(float64(Product(v, v)))) }

// Product returns the inner product. Divided by both lengths, it is the cosine.
func Product(a, b *Vector) float32 {
	var sum int32
	for i, x := range a {
		sum += int32(x) * int32(b[i])
	}
	return float32(sum)
}

// Cosine returns how similar two meanings are, from -1 to 1; 0 if one has none.
func Cosine(a, b *Vector) float32 {
	return Product(a, b) / max(1e-9, a.Length()*b.Length())
}

// A Sketch is the signs of a Vector. The more signs differ, the less similar
// are two meanings, roughly.
type Sketch [Width / 64]uint64

// SketchBytes is the size of a Sketch, in bytes.
const SketchBytes = Width / 8

// Sketch returns the sketch of v.
func (v *Vector) Sketch() (s Sketch) {
	for i, x := range v {
		if x < 0 {
			s[i/64] |= 1 << (i % 64)
		}
	}
	return s
}

// Distance returns in how many signs two sketches differ.
func (s *Sketch) Distance(t *Sketch) int {
	return bits.OnesCount64(s[0]^t[0]) + bits.OnesCount64(s[1]^t[1]) + bits.OnesCount64(s[2]^t[2]) +
		bits.OnesCount64(s[3]^t[3]) + bits.OnesCount64(s[4]^t[4]) + bits.OnesCount64(s[5]^t[5])
}

// direction scales x to a Vector.
func direction(x *[width]float32) (v Vector) {
	largest := float32(0)
	for _, f := range x {
		largest = max(largest, f, -f)
	}
	if largest == 0 {
		return v
	}
	by := 127 / largest
	for i, f := range x {
		v[i] = int8(math.RoundToEven(float64(f * by)))
	}
	return v
}
