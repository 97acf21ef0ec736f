// Package memory has bytes that the garbage collector does not know. What it
// counts as living it lets the heap outgrow by as much again: so what is large
// and lives long costs half of what it would there.
package memory

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

var allocated atomic.Int64

// Allocated returns how many bytes Allocate has given that were not freed, as
// far as they lie outside the heap.
func Allocated() int64 { return allocated.Load() }

// Allocate returns n zeros, which are there until Free is called with all of
// them. They must hold no pointers.
func Allocate(n int) []byte {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return make([]byte, n)
	}
	allocated.Add(int64(n))
	return b
}

// Free gives back what Allocate returned. Nothing may be read from it any more.
func Free(b []byte) {
	if unix.Munmap(b) == nil { // what the heap gave is not known there, and left to the collector
		allocated.Add(-int64(len(b)))
	}
}

// Release gives back the pages of a part of the binary, which come again from
// its file where they are read again.
func Release(s string) {
	page := uintptr(unix.Getpagesize())
	start := uintptr(unsafe.Pointer(unsafe.StringData(s)))
	skip := (page - start%page) % page
	if n := uintptr(len(s)); n > skip+page {
		whole := (n - skip) / page * page
		_ = unix.Madvise(unsafe.Slice(unsafe.StringData(s), n)[skip:][:whole], unix.MADV_DONTNEED) // it stays where it is, then
	}
}
