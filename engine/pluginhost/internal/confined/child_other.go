//go:build !linux

package confined

import (
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/karezflow/karez/sdk/protocol"
)

// Child is a process that is confined as far as this system can.
type Child struct{ protocol.Child }

// Attend does nothing here: the process's input is empty.
func (*Child) Attend() {}

// New gives a process that runs path with args and exactly the variables env. It is confined by its environment and, where there are
// groups, its group only. The engine is meant to run connectors on Linux.
func New(path, _ string, args, env []string, stderr io.Writer) *Child {
	return &Child{protocol.Command(path, args, env, stderr)}
}

// Gone is unknown here, so nothing is taken for gone.
func Gone(int) bool { return false }

// Executable reports whether the file may be executed.
func Executable(file string, info os.FileInfo) bool {
	if runtime.GOOS == "windows" {
		return filepath.Ext(file) == ".exe"
	}
	return info.Mode().Perm()&0o111 != 0
}
