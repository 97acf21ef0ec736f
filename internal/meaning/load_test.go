package meaning

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"multivac.example/weights"
)

// small is a model of the right shapes with no layers, deflated.
func small(t testing.TB, change func(head map[string]any) (numbers int)) []byte {
	tensors, at := map[string]any{}, 0
	add := func(name, kind string, size int, shape ...int) {
		tensors[name] = map[string]any{"type": kind, "shape": shape, "at": at}
		for _, n := range shape {
			size *= n
		}
		at += size
	}
	words := []string{"[UNK]", "[CLS]", "[SEP]", ":", "a", "##b"}
	add("words", "i8", 1, len(words), width)
	add("words.scale", "f32", 4, len(words))
	for _, n := range []string{"finder", "reader"} {
		add(n+".places", "i8", 1, longest, width)
		add(n+".places.scale", "f32", 4, longest)
		add(n+".kinds", "f32", 4, map[string]int{"finder": 2, "reader": 4}[n], width)
		add(n+".in.gain", "f32", 4, width)
		add(n+".in.bias", "f32", 4, width)
	}
	add("reader.logit", "f32", 4, width+1)
	head := map[string]any{"vocabulary": words, "tensors": tensors}
	if change != nil {
		at += change(head)
	}
	h, err := json.Marshal(head)
	if err != nil {
		t.Fatal(err)
	}
	raw := binary.LittleEndian.AppendUint32(nil, uint32(len(h)))
	return deflated(t, append(append(raw, h...), make([]byte, at)...))
}

func deflated(t testing.TB, raw []byte) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// collected allocates memory that the garbage collector frees.
func collected(n int) []byte { return make([]byte, n) }

func TestLoad(t *testing.T) {
	tensor := func(head map[string]any, name string) map[string]any {
		return head["tensors"].(map[string]any)[name].(map[string]any)
	}
	for _, c := range []struct {
		name   string
		change func(head map[string]any) int
		err    string // or none
	}{
		{"whole", nil, ""},
		{"a mark too few", func(h map[string]any) int {
			h["vocabulary"] = []string{"[UNK]", "[CLS]", "[SEP]", ".", "a", "b"}
			return 0
		}, "lacks a mark"},
		{"a word too many", func(h map[string]any) int {
			h["vocabulary"] = append(h["vocabulary"].([]string), "c")
			return 0
		}, "words does not have"},
		{"cut off", func(map[string]any) int { return -1 }, "unexpected EOF"},
		{"too long", func(map[string]any) int { return 1 }, "more than the head says"},
		{"no tensor", func(h map[string]any) int { h["tensors"].(map[string]any)["words"] = nil; return 0 }, "words is nothing"},
		{"a hole", func(h map[string]any) int { tensor(h, "words")["at"] = 1; return 0 }, "a tensor at"},
		{"another type", func(h map[string]any) int { tensor(h, "words")["type"] = "i4"; return 0 }, `type "i4"`},
		{"floats for whole numbers", func(h map[string]any) int {
			w := tensor(h, "words")
			w["type"], w["shape"] = "f32", []int{6, width / 4}
			return 0
		}, "words does not have"},
		{"too large", func(h map[string]any) int { tensor(h, "words")["shape"] = []int{1 << 40, 1 << 40}; return 0 }, "a shape of"},
		{"less than nothing", func(h map[string]any) int { tensor(h, "words")["shape"] = []int{-6, -width}; return 0 }, "a shape of"},
		{"a layer of one matrix", func(h map[string]any) int {
			h["tensors"].(map[string]any)["reader.0.attend"] = map[string]any{"type": "i8", "shape": []int{1}, "at": tensor(h, "reader.logit")["at"].(int) + 4*(width+1)}
			return 1
		}, "reader.0.join does not have"},
	} {
		m, err := load(bytes.NewReader(small(t, c.change)), collected)
		switch {
		case c.err == "" && (err != nil || m.Vector("a") != Vector{}):
			t.Errorf("%s: %v", c.name, err)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: %v, want %q", c.name, err, c.err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	raw, err := io.ReadAll(flate.NewReader(bytes.NewReader(small(f, nil))))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw, true)
	f.Add(raw[:len(raw)/2], true)
	f.Add(small(f, nil), false)
	f.Add([]byte(weights.Deflated[:1000]), false)
	f.Add([]byte("\xff\xff\xff\xff{}"), true)
	f.Add(fmt.Appendf([]byte{100, 0, 0, 0}, "%-100s", `{"tensors":{"a":{"type":"i8","shape":[33000000]}}}`), true)
	f.Fuzz(func(t *testing.T, data []byte, deflate bool) {
		if deflate {
			data = deflated(t, data)
		}
		given := 0
		m, err := load(bytes.NewReader(data), func(n int) []byte { given += n; return make([]byte, n) })
		if given > mostNumbers {
			t.Fatalf("%d bytes were asked for", given)
		}
		if err == nil {
			m.Vector("a b: ab")
			m.Read("a?", "b", []string{"ab", "c"})
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := load(strings.NewReader(weights.Deflated), collected); err != nil {
			b.Fatal(err)
		}
	}
}

// Weights of another model can be read, and what are none cannot.
func TestLoadOthers(t *testing.T) {
	if _, err := Load(bytes.NewReader(small(t, nil))); err != nil {
		t.Error(err)
	}
	if _, err := Load(strings.NewReader("no weights")); err == nil {
		t.Error("a text is taken for weights")
	}
}
