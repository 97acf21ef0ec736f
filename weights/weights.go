// Package weights holds the numbers that the encoder of internal/meaning has
// learned, as internal/meaning/train/export.py writes them. It is a module of
// its own, so that it can move to a repository of its own. A retraining then
// changes a version in the code's go.mod, and no clone of the code grows. The
// package does not know what is in the file.
package weights

import _ "embed"

// Deflated is the file, about 23 MB. It is a string because nothing may write
// to it.
//
//go:embed weights.bin
var Deflated string
