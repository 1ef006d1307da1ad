package script

import (
	"os/exec"
	"syscall"
)

// separate puts the process into a group of its own that dies with the thread
// that started it.
func separate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// killGroup ends the process and everything it may have started. The process
// must not have been waited for.
func killGroup(cmd *exec.Cmd) {
	// It may be gone already, which is as good.
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}
