//go:build race

package pdfium

// processMemory is as in memory.go, and what the race detector needs, which keeps
// a record of all memory several times its size.
const processMemory = 4 << 30
