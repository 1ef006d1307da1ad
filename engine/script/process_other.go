//go:build !linux

package script

import "os/exec"

func separate(*exec.Cmd) {}

// killGroup ends the process, which may be gone already.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
