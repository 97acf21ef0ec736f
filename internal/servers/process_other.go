//go:build !linux

package servers

import "os/exec"

// EndWithParent does nothing: only Linux can do this.
func EndWithParent(*exec.Cmd) {}
