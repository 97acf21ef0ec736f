//go:build !linux

package folder

import "os"

// lockAlone does nothing. On this system such a lock would be the process's, and
// SQLite's own locks would end with it.
func lockAlone(*os.File) error { return nil }
