package memory

// maxInHeap is the size, in bytes, up to which a buffer lies in the heap.
const maxInHeap = 64 << 10

// A Buffer is a growing slice of bytes. A large one lies outside the heap. There
// it takes about its own size, and is gone as soon as it is freed.
type Buffer struct {
	bytes   []byte
	outside []byte // what Allocate gave; nil where bytes lie in the heap
}

// Bytes returns what was appended since Reset. The slice is valid until more is
// appended or Free is called.
func (b *Buffer) Bytes() []byte { return b.bytes }

// Append appends p.
func (b *Buffer) Append(p []byte) {
	b.Reserve(len(p))
	b.bytes = append(b.bytes, p...)
}

// Reserve makes room for n more bytes, and returns all the room that there is
// behind the last byte. What the caller writes there counts once Extend is
// called.
func (b *Buffer) Reserve(n int) []byte {
	if need := len(b.bytes) + n; need > cap(b.bytes) {
		b.enlarge(max(need, 2*cap(b.bytes), 4<<10))
	}
	return b.bytes[len(b.bytes):cap(b.bytes)]
}

// Extend counts n bytes that were written to what Reserve returned.
func (b *Buffer) Extend(n int) { b.bytes = b.bytes[:len(b.bytes)+n] }

// Reset drops the bytes and keeps the room.
func (b *Buffer) Reset() { b.bytes = b.bytes[:0] }

// Free gives the memory back. After that the buffer is empty.
func (b *Buffer) Free() {
	if b.outside != nil {
		Free(b.outside)
	}
	b.bytes, b.outside = nil, nil
}

func (b *Buffer) enlarge(size int) {
	if size <= maxInHeap {
		b.bytes = append(make([]byte, 0, size), b.bytes...)
		return
	}
	outside := Allocate(size)
	bytes := append(outside[:0], b.bytes...)
	b.Free()
	b.bytes, b.outside = bytes, outside
}
