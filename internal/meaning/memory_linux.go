package meaning

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// allocateApart returns n bytes that the garbage collector does not know: what
// it counts as living it lets the heap outgrow by as much again.
func allocateApart(n int) []byte {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return make([]byte, n)
	}
	return b
}

// release gives the pages of a part of the binary back, which come again from
// its file where they are read again.
func release(s string) {
	page := uintptr(unix.Getpagesize())
	start := uintptr(unsafe.Pointer(unsafe.StringData(s)))
	skip := (page - start%page) % page
	if n := uintptr(len(s)); n > skip+page {
		whole := (n - skip) / page * page
		_ = unix.Madvise(unsafe.Slice(unsafe.StringData(s), n)[skip:][:whole], unix.MADV_DONTNEED) // it stays where it is, then
	}
}
