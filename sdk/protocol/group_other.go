//go:build !unix

package protocol

import (
	"errors"
	"os"
	"os/exec"
)

// endOwnGroup ends this process; there are no process groups here.
func endOwnGroup() { os.Exit(1) }

func ownGroup(*exec.Cmd) {}

func killGroup(process *os.Process) error {
	err := process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}
