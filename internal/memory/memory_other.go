//go:build !linux

// Package memory has bytes that the garbage collector does not know where
// the system is Linux; here it has ordinary ones.
package memory

// Allocate returns n zeros.
func Allocate(n int) []byte { return make([]byte, n) }

// Free leaves b to the garbage collector.
func Free([]byte) {}

// Release does nothing.
func Release(string) {}
