//go:build !linux

package pdfium

import (
	"runtime/debug"
	"time"
)

// confine asks the process to keep to its memory. That of PDFium is bounded.
func confine(memory int64) error {
	debug.SetMemoryLimit(memory + processMemory/2)
	return nil
}

// limitTime does nothing: the parent ends this process.
func limitTime(time.Duration) {}
