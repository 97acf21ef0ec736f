package memory_test

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"testing"

	"multivac/internal/memory"
)

// A buffer holds what was appended, in the heap and outside it.
func TestBuffer(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var b memory.Buffer
	for range 3 {
		var want []byte
		for len(want) < 1<<20 {
			p := bytes.Repeat([]byte{byte(random.Uint32())}, random.IntN(50_000))
			if random.IntN(2) == 0 {
				b.Append(p)
			} else {
				b.Extend(copy(b.Reserve(len(p)), p))
			}
			want = append(want, p...)
			if !bytes.Equal(b.Bytes(), want) {
				t.Fatalf("after %d bytes they differ", len(want))
			}
		}
		b.Reset()
	}
	if memory.Allocated() == 0 && runtime.GOOS == "linux" {
		t.Error("it lies in the heap")
	}
	b.Free()
	b.Free()
	if n := memory.Allocated(); n != 0 {
		t.Errorf("%d bytes were not freed", n)
	}
	if b.Append([]byte("a")); string(b.Bytes()) != "a" {
		t.Errorf("after Free: got %q", b.Bytes())
	}
	b.Free()
}
