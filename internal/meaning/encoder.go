package meaning

import (
	"math"
	"slices"
	"sync"

	"multivac"
)

// Shapes of the networks: those of MiniLM-L6 (Wang et al., 2020).
const (
	width    = multivac.VectorSize // as stores keep it
	heads    = 12
	headSize = width / heads
	inner    = 1536
	longest  = 256 // pieces of an input
)

// A matrix is weights in 8 bits, packed for the kernels: what is computed of a
// row x of depth numbers is x·w·scale + bias, columns numbers.
type matrix struct {
	columns, depth int
	packed         []int8
	scale, bias    []float32 // of each column
}

// A norm is a layer's normalisation.
type norms struct{ gain, bias []float32 }

type layer struct {
	attend, join, up, down matrix
	attended, out          norms
}

// A network is layers over the sum of a piece's, its place's and its kind's
// vectors.
type network struct {
	words, places rows
	kinds         [][]float32 // 0 for the question or a text alone, 1 for a run beside a question
	in            norms
	layers        []layer
}

// rows are vectors in 8 bits, each with what 1 stands for.
type rows struct {
	numbers []int8
	scale   []float32
}

// embed writes the input of a piece into a row.
func (n *network) embed(row []float32, id int32, place, kind int) {
	word, at, kinds := n.words.numbers[int(id)*width:][:width], n.places.numbers[place*width:][:width], n.kinds[kind]
	wordScale, atScale := n.words.scale[id], n.places.scale[place]
	for i := range row {
		row[i] = mul(float32(word[i]), wordScale) + mul(float32(at[i]), atScale) + kinds[i]
	}
}

// A scratch is what one pass needs; kept for the next one. Rows that only fill
// up a tile hold what was there before: what becomes of them is not looked at.
type scratch struct {
	cutter cutter
	pieces []piece

	x, y    []float32 // rows of width, and of what a product gives
	q       []int16   // the rows of a product, quantised, rounded up to whole tiles
	scale   []float32 // of each of its rows
	keys    []int16   // of one head, packed
	values  []int16
	weights []int16 // of attention: rows of one head
	scores  []float32
	mixed   []float32

	sums     [tileRows * tileColumns]int32
	sums16   [tileRows * lanes]int32
	row      [headSize]int16
	keyScale []float32
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func grow[T any](s *[]T, n int) []T {
	*s = slices.Grow((*s)[:0], n)[:n]
	return *s
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// run runs the network over the rows in s.x, in place.
func (n *network) run(s *scratch, rows int) {
	for i := range rows {
		fastest.normalise(s.x[i*width:][:width], zeros[:], n.in.gain, n.in.bias)
	}
	for i := range n.layers {
		n.layers[i].run(s, rows)
	}
}

func (l *layer) run(s *scratch, rows int) {
	x := s.x[:rows*width]
	y := grow(&s.y, max(rows*3*width, min(rows, block)*inner))
	s.quantise(x, width, maxWide)
	l.attend.product(s, y, rows, nil)
	mixed := grow(&s.mixed, rows*width)
	s.attention(y, mixed, rows)
	s.quantise(mixed, width, maxWide)
	l.join.product(s, y, rows, nil)
	l.attended.apply(x, y)
	for some := range slices.Chunk(x, block*width) {
		l.feedForward(s, some, y)
	}
}

// block is how many rows are fed forward at once: what lies between is wide.
const block = 64

func (l *layer) feedForward(s *scratch, x, y []float32) {
	rows := len(x) / width
	s.quantise(x, width, maxWide)
	l.up.product(s, y, rows, fastest.gelu)
	s.quantise(y[:rows*inner], inner, maxInner)
	l.down.product(s, y, rows, nil)
	l.out.apply(x, y)
}

// quantise writes rows of so many numbers, rounded to whole ones of at most
// limit, into s.q, each with its scale.
func (s *scratch) quantise(x []float32, depth int, limit float32) {
	rows := len(x) / depth
	q, scale := grow(&s.q, roundUp(rows, tileRows)*depth), grow(&s.scale, rows)
	for r := range rows {
		scale[r] = quantiseRow(q[r*depth:][:depth], x[r*depth:][:depth], limit)
	}
}

// quantiseRow rounds x to whole numbers of at most limit and returns what one
// of them stands for.
func quantiseRow(q []int16, x []float32, limit float32) float32 {
	largest := fastest.largest(x)
	if largest == 0 {
		clear(q)
		return 0
	}
	fastest.round(q, x, limit/largest)
	return largest / limit
}

// product computes what stands in s.q, rows of depth numbers, by the matrix,
// into out, rows of columns numbers, each through f where there is one.
func (m *matrix) product(s *scratch, out []float32, rows int, f func([]float32)) {
	for c := 0; c < m.columns; c += tileColumns {
		w := m.packed[c*m.depth:]
		scale, bias := m.scale[c:][:tileColumns], m.bias[c:][:tileColumns]
		for r := 0; r < rows; r += tileRows {
			fastest.dot(&s.sums, s.q[r*m.depth:], m.depth, w, m.depth)
			for i := range min(tileRows, rows-r) {
				to := out[(r+i)*m.columns+c:][:tileColumns]
				fastest.rescale(to, s.sums[i*tileColumns:], s.scale[r+i], scale, bias)
				if f != nil {
					f(to)
				}
			}
		}
	}
}

// attention mixes the values of rows by how their queries suit the keys: y has
// query, key and value of each row, mixed gets rows of width.
func (s *scratch) attention(y, mixed []float32, rows int) {
	const each = 3 * width
	tall, even := roundUp(rows, tileRows), roundUp(rows, lanes)
	q := grow(&s.q, tall*headSize)
	qScale, kScale := grow(&s.scale, rows), grow(&s.keyScale, even)
	keys, values := grow(&s.keys, even*headSize), grow(&s.values, even*headSize)
	scores, weights := grow(&s.scores, rows*even), grow(&s.weights, tall*even)
	for h := range heads {
		for r := range rows {
			head := y[r*each+h*headSize:]
			qScale[r] = quantiseRow(q[r*headSize:][:headSize], head[:headSize], maxHead)
			kScale[r] = quantiseRow(s.row[:], head[width:][:headSize], maxHead) / rootHeadSize
			group := keys[r/lanes*lanes*headSize+r%lanes*2:]
			for k := 0; k < headSize; k += 2 {
				pair := group[k*lanes:][:2]
				pair[0], pair[1] = s.row[k], s.row[k+1]
			}
		}
		vScale := s.packValues(values, y[2*width+h*headSize:], rows, even)
		for c := 0; c < even; c += lanes {
			for r := 0; r < rows; r += tileRows {
				fastest.dot16(&s.sums16, q[r*headSize:], headSize, keys[c*headSize:], headSize)
				for i := range min(tileRows, rows-r) {
					fastest.rescale(scores[(r+i)*even+c:][:lanes], s.sums16[i*lanes:], qScale[r+i], kScale[c:], zeros[:])
				}
			}
		}
		for r := range rows {
			row := scores[r*even:][:even]
			for i := rows; i < even; i++ {
				row[i] = -math.MaxFloat32 // there is no such key
			}
			fastest.softmax(weights[r*even:][:even], row)
		}
		for c := 0; c < headSize; c += lanes {
			for r := 0; r < rows; r += tileRows {
				fastest.dot16(&s.sums16, weights[r*even:], even, values[c*even:], even)
				for i := range min(tileRows, rows-r) {
					fastest.rescale(mixed[(r+i)*width+h*headSize+c:][:lanes], s.sums16[i*lanes:], vScale, ones[:], zeros[:])
				}
			}
		}
	}
}

// rootHeadSize is the square root of headSize: what scores are divided by.
const rootHeadSize = 5.656854249

var (
	zeros = [width]float32{}
	ones  = [lanes]float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
)

// packValues packs one head's values, and returns what one of a weight times a
// value stands for.
func (s *scratch) packValues(values []int16, y []float32, rows, even int) float32 {
	const each = 3 * width
	largest := float32(1e-30)
	for r := range rows {
		largest = max(largest, fastest.largest(y[r*each:][:headSize]))
	}
	for r := range rows {
		fastest.round(s.row[:], y[r*each:][:headSize], maxWide/largest)
		for c := 0; c < headSize; c += lanes {
			group := values[c*even+r/2*2*lanes+r%2:][:2*lanes-1]
			for i, v := range s.row[c:][:lanes] {
				group[2*i] = v
			}
		}
	}
	return largest / maxWide / weightOne
}

func add(x, y []float32) {
	y = y[:len(x)]
	for i := range x {
		x[i] += y[i]
	}
}

// apply makes rows of width the normalised x+y.
func (n *norms) apply(x, y []float32) {
	for i := 0; i < len(x); i += width {
		fastest.normalise(x[i:i+width], y[i:i+width], n.gain, n.bias)
	}
}
