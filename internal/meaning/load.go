package meaning

import (
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"multivac.example/weights"

	"multivac/internal/memory"
)

// Default returns the model in the binary. The first call unpacks it, which takes
// about half a second.
var Default = sync.OnceValue(func() *Model {
	m, err := load(strings.NewReader(weights.Deflated), memory.Allocate)
	if err != nil {
		panic(err) // the build is broken
	}
	memory.Release(weights.Deflated)
	return m
})

// Load reads a model of weights in the form that they have in the binary, so that
// other models can be tried. The error says what they lack.
func Load(r io.Reader) (*Model, error) { return load(r, memory.Allocate) }

// Larger files are not weights of this package.
const (
	mostHead    = 4 << 20
	mostNumbers = 48 << 20
)

// load reads a model as train/export.py writes it: deflated, the length of a JSON
// head, the head, and the numbers of its tensors, one tensor after the other.
// Memory for the whole numbers comes from allocate.
func load(r io.Reader, allocate func(n int) []byte) (*Model, error) {
	f, err := readFile(flate.NewReader(r), allocate)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	m := &Model{vocabulary: newVocabulary(f.Vocabulary)}
	if !m.vocabulary.whole() {
		return nil, errors.New("weights: the vocabulary lacks a mark")
	}
	words := f.rows("words", len(f.Vocabulary))
	m.finder, m.reader = f.network("finder", words, 2), f.network("reader", words, 4)
	logit := f.floats("reader.logit", width+1)
	if f.err != nil {
		return nil, fmt.Errorf("weights: %w", f.err)
	}
	m.flags = m.reader.kinds[2:]
	m.logit, m.bias = logit[:width], logit[width]
	return m, nil
}

// A file is the content of a file of weights. err has the tensors that were asked
// for and are missing, or have another size.
type file struct {
	Vocabulary []string           `json:"vocabulary"`
	Tensors    map[string]*tensor `json:"tensors"`
	err        error
}

type tensor struct {
	Type   string
	Shape  []int
	At     int
	int8s  []int8
	floats []float32
}

func readFile(r io.Reader, allocate func(n int) []byte) (*file, error) {
	var size uint32
	if err := binary.Read(r, binary.LittleEndian, &size); err != nil {
		return nil, err
	}
	if size > mostHead {
		return nil, fmt.Errorf("a head of %d bytes", size)
	}
	head := make([]byte, size)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	var f file
	if err := json.Unmarshal(head, &f); err != nil {
		return nil, err
	}
	var inOrder []*tensor
	for name, t := range f.Tensors {
		if t == nil {
			return nil, fmt.Errorf("%s is nothing", name)
		}
		inOrder = append(inOrder, t)
	}
	slices.SortFunc(inOrder, func(a, b *tensor) int { return a.At - b.At })
	at := 0
	for _, t := range inOrder {
		if t.At != at {
			return nil, fmt.Errorf("a tensor at %d, and not at %d", t.At, at)
		}
		n, err := t.read(r, mostNumbers-at, allocate)
		if err != nil {
			return nil, err
		}
		at += n
	}
	if _, err := io.ReadFull(r, make([]byte, 1)); err != io.EOF {
		return nil, errors.New("there is more than the head says")
	}
	return &f, nil
}

// read reads the numbers, of at most most bytes, and returns how many bytes they
// have.
func (t *tensor) read(r io.Reader, most int, allocate func(n int) []byte) (int, error) {
	each, ok := map[string]int{"i8": 1, "f32": 4}[t.Type]
	if !ok {
		return 0, fmt.Errorf("numbers of type %q", t.Type)
	}
	size := each
	for _, n := range t.Shape {
		if n <= 0 || n > most/size {
			return 0, fmt.Errorf("a shape of %v", t.Shape)
		}
		size *= n
	}
	if t.Type == "i8" {
		b := allocate(size)
		t.int8s = unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(b))), size)
		_, err := io.ReadFull(r, b)
		return size, err
	}
	t.floats = make([]float32, size/each)
	if err := binary.Read(r, binary.LittleEndian, t.floats); err != nil {
		return 0, err
	}
	for _, x := range t.floats {
		if x-x != 0 {
			return 0, errors.New("a number that is none")
		}
	}
	return size, nil
}

func (f *file) fail(name string, n int) {
	f.err = errors.Join(f.err, fmt.Errorf("%s does not have %d numbers", name, n))
}

func (f *file) floats(name string, n int) []float32 {
	t := f.Tensors[name]
	if t == nil || len(t.floats) != n {
		f.fail(name, n)
		return make([]float32, n)
	}
	return t.floats
}

func (f *file) int8s(name string, n int) []int8 {
	t := f.Tensors[name]
	if t == nil || len(t.int8s) != n {
		f.fail(name, n)
		return make([]int8, n)
	}
	return t.int8s
}

func (f *file) rows(name string, n int) rows {
	return rows{f.int8s(name, n*width), f.floats(name+".scale", n)}
}

func (f *file) norms(name string) norms {
	return norms{f.floats(name+".gain", width), f.floats(name+".bias", width)}
}

func (f *file) matrix(name string, columns, depth int) matrix {
	m := matrix{columns, depth, f.int8s(name, columns*depth), f.floats(name+".scale", columns), f.floats(name+".bias", columns)}
	pack(m.packed, columns, depth)
	return m
}

func (f *file) network(name string, words rows, kinds int) network {
	n := network{words: words, places: f.rows(name+".places", longest), in: f.norms(name + ".in")}
	for all := f.floats(name+".kinds", kinds*width); len(all) > 0; all = all[width:] {
		n.kinds = append(n.kinds, all[:width])
	}
	for i := 0; ; i++ {
		p := fmt.Sprintf("%s.%d.", name, i)
		if f.Tensors[p+"attend"] == nil {
			return n
		}
		n.layers = append(n.layers, layer{
			attend: f.matrix(p+"attend", 3*width, width), join: f.matrix(p+"join", width, width),
			up: f.matrix(p+"up", inner, width), down: f.matrix(p+"down", width, inner),
			attended: f.norms(p + "attended"), out: f.norms(p + "out"),
		})
	}
}
