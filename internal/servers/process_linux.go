package servers

import (
	"os/exec"
	"syscall"
)

// endWithParent has the server die with the test, should that be killed.
func endWithParent(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
