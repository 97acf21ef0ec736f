package servers

import (
	"os/exec"
	"syscall"
)

// EndWithParent kills the process of c when the test process dies.
func EndWithParent(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
