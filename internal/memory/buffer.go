package memory

// small is the size up to which a buffer lies in the heap.
const small = 64 << 10

// A Buffer is bytes that grow. Where they are many they lie outside the heap,
// take about their own size there, and are gone as soon as they are freed.
type Buffer struct {
	bytes []byte
	apart []byte // what Allocate gave; nil where bytes lie in the heap
}

// Bytes returns what was appended since Reset, until Free is called or more is
// appended.
func (b *Buffer) Bytes() []byte { return b.bytes }

// Append appends p.
func (b *Buffer) Append(p []byte) {
	b.Reserve(len(p))
	b.bytes = append(b.bytes, p...)
}

// Reserve makes place for n more bytes, and returns all places that are free.
// What is written there counts once Extend is called.
func (b *Buffer) Reserve(n int) []byte {
	if need := len(b.bytes) + n; need > cap(b.bytes) {
		b.enlarge(max(need, 2*cap(b.bytes), 4<<10))
	}
	return b.bytes[len(b.bytes):cap(b.bytes)]
}

// Extend counts n bytes that were written to what Reserve returned.
func (b *Buffer) Extend(n int) { b.bytes = b.bytes[:len(b.bytes)+n] }

// Reset forgets the bytes and keeps their places.
func (b *Buffer) Reset() { b.bytes = b.bytes[:0] }

// Free gives the memory back. The buffer is empty then.
func (b *Buffer) Free() {
	if b.apart != nil {
		Free(b.apart)
	}
	b.bytes, b.apart = nil, nil
}

func (b *Buffer) enlarge(size int) {
	if size <= small {
		b.bytes = append(make([]byte, 0, size), b.bytes...)
		return
	}
	apart := Allocate(size)
	bytes := append(apart[:0], b.bytes...)
	b.Free()
	b.bytes, b.apart = bytes, apart
}
