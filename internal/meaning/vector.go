package meaning

import (
	"math"
	"math/bits"
)

// Width is how many numbers a Vector has.
const Width = width

// A Vector is the sense of a text: a direction, its numbers scaled so that the
// largest is 127.
type Vector [Width]int8

// Length is its Euclidean length.
func (v *Vector) Length() float32 { return float32(math.Sqrt(float64(Product(v, v)))) }

// Product is the inner product; over both lengths it is how alike two senses
// are, from -1 to 1.
func Product(a, b *Vector) float32 {
	var sum int32
	for i, x := range a {
		sum += int32(x) * int32(b[i])
	}
	return float32(sum)
}

// Cosine is how alike two senses are, from -1 to 1; 0 where one has none.
func Cosine(a, b *Vector) float32 {
	return Product(a, b) / max(1e-9, a.Length()*b.Length())
}

// A Sketch is the signs of a Vector: the more of them differ, the less alike
// are two senses, about.
type Sketch [Width / 64]uint64

// SketchBytes is the size of a Sketch.
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

// Distance is in how many signs two sketches differ.
func (s *Sketch) Distance(t *Sketch) int {
	return bits.OnesCount64(s[0]^t[0]) + bits.OnesCount64(s[1]^t[1]) + bits.OnesCount64(s[2]^t[2]) +
		bits.OnesCount64(s[3]^t[3]) + bits.OnesCount64(s[4]^t[4]) + bits.OnesCount64(s[5]^t[5])
}

// direction scales x.
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
