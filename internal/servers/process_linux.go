package servers

import (
	"os/exec"
	"syscall"
)

// EndWithParent has a process die with the test, should that be killed.
func EndWithParent(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
