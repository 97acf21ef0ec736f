//go:build !linux

package sqlite

import "os"

// lockAlone does nothing: here a lock of this kind would be the process's, and
// SQLite's own would go with it.
func lockAlone(*os.File) error { return nil }
