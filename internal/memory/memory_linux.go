// Package memory has bytes that the garbage collector does not count, and keeps
// the heap within the memory of the container. The collector lets the heap grow
// to about twice the size of what is alive in it. So what is large and lives
// long takes half the memory outside the heap.
package memory

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

var allocated atomic.Int64

// Allocated returns how many bytes outside the heap Allocate has returned and
// Free has not taken back.
func Allocated() int64 { return allocated.Load() }

// Allocate returns n bytes, all zero, which are there until Free is called with
// the same slice. They must hold no pointers. Where the system gives no memory,
// they lie in the heap.
func Allocate(n int) []byte {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return make([]byte, n)
	}
	allocated.Add(int64(n))
	return b
}

// Free gives back what Allocate returned. The bytes must not be used any more.
func Free(b []byte) {
	// Munmap does not know bytes of the heap. The collector frees those.
	if unix.Munmap(b) == nil {
		allocated.Add(-int64(len(b)))
	}
}

// Release gives back the memory of a string that is a part of the binary. The
// system reads it from the file again when it is used.
func Release(s string) {
	page := uintptr(unix.Getpagesize())
	start := uintptr(unsafe.Pointer(unsafe.StringData(s)))
	// Only whole pages can be given back. With pages of 4096 bytes and a string
	// from 5000 to 20000, those are the 2 pages from 8192 to 16384.
	skip := (page - start%page) % page
	if n := uintptr(len(s)); n > skip+page {
		whole := (n - skip) / page * page
		_ = unix.Madvise(unsafe.Slice(unsafe.StringData(s), n)[skip:][:whole], unix.MADV_DONTNEED) // on an error it stays in memory
	}
}
