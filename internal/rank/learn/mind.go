package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"multivac"
	"multivac/internal/meaning"
)

// A mind is a model of meaning that remembers what it has computed, because
// that takes minutes. Goroutines may use it at the same time.
type mind struct {
	model *meaning.Model
	file  string // where it is remembered
	mu    sync.Mutex
	known memory
}

// memory is what a mind has computed, by the hash of the texts.
type memory struct {
	Passages, Questions map[[16]byte][]byte
	Readings            map[[16]byte][]float32
}

// openMind opens the weights in a file, or those in the binary if it is "". It
// remembers in the folder kept.
func openMind(file, kept string) (*mind, error) {
	if file == "" {
		m := &mind{model: meaning.Default(), file: filepath.Join(kept, "embedded.gob")}
		return m, m.load()
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	model, err := meaning.Load(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	sum := sha256.Sum256(data)
	m := &mind{model: model, file: filepath.Join(kept, hex.EncodeToString(sum[:8])+".gob")}
	return m, m.load()
}

func (m *mind) load() error {
	m.known = memory{map[[16]byte][]byte{}, map[[16]byte][]byte{}, map[[16]byte][]float32{}}
	data, err := os.ReadFile(m.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return gob.NewDecoder(bytes.NewReader(data)).Decode(&m.known)
}

// save writes what is known to the file.
func (m *mind) save() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(m.known); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(m.file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(m.file, b.Bytes(), 0o644)
}

// remember returns what is known by the key, or computes and remembers it.
func remember[T any](m *mind, known map[[16]byte]T, key [16]byte, compute func() T) T {
	m.mu.Lock()
	v, ok := known[key]
	m.mu.Unlock()
	if ok {
		return v
	}
	v = compute()
	m.mu.Lock()
	defer m.mu.Unlock()
	known[key] = v
	return v
}

func keyOf(texts ...string) (key [16]byte) {
	h := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	copy(key[:], h[:])
	return key
}

// vectors returns the vectors of a passage's sentences.
func (m *mind) vectors(title string, p multivac.Passage) []byte {
	return remember(m, m.known.Passages, keyOf(title, p.Heading, p.Lead, p.Text, fmt.Sprint(len(p.Sentences))), func() []byte {
		v, _ := m.model.Vectors(context.Background(), title, p) // the context does not end
		return v
	})
}

// vector returns the vector of a question.
func (m *mind) vector(question string) (v meaning.Vector) {
	kept := remember(m, m.known.Questions, keyOf(question), func() []byte {
		made := m.model.Vector(question)
		b := make([]byte, len(made))
		for i, x := range made {
			b[i] = byte(x)
		}
		return b
	})
	for i, x := range kept {
		v[i] = int8(x)
	}
	return v
}

// read reads sentences together with a question.
func (m *mind) read(question, title string, sentences []string) []float32 {
	texts := append([]string{question, title}, sentences...)
	return remember(m, m.known.Readings, keyOf(texts...), func() []float32 {
		return m.model.Read(question, title, sentences)
	})
}

// embed gives the paragraphs vectors.
func (c *corpus) embed(paragraphs []int) {
	parallel(len(paragraphs), func(i int) {
		p := &c.paragraphs[paragraphs[i]]
		p.vectors = nil
		for _, passage := range p.passages {
			p.vectors = append(p.vectors, c.meaning.vectors(p.Title, passage)...)
		}
	})
}
