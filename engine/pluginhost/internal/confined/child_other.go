//go:build !linux

package confined

import (
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/karezflow/karez/engine/pluginhost/internal/jail"
	"github.com/karezflow/karez/sdk/protocol"
)

// Child is a process that is confined as far as this system can.
type Child struct {
	protocol.Child

	spec *jail.Spec
}

// Attend does nothing here: the process's input is empty.
func (*Child) Attend() {}

// New gives a process that runs path with args and exactly the variables env. It is confined by its environment and, where there are
// groups, its group only. The engine is meant to run connectors on Linux.
func New(path, _ string, args, env []string, stderr io.Writer) *Child {
	return &Child{Child: protocol.Command(path, args, env, stderr)}
}

// Jails says that this system can confine a process.
const Jails = false

// Jail says what would be confined if this system could. It is called before Start.
func (c *Child) Jail(s jail.Spec) { c.spec = &s }

// Start starts the process, unless it is required to be confined.
func (c *Child) Start(env []string) error {
	if c.spec != nil && c.spec.Required {
		return &NotJailedError{Missing: c.Report().Missing}
	}
	return c.Child.Start(env)
}

// Report tells what confines the process.
func (c *Child) Report() jail.Report {
	r := jail.Report{InForce: []jail.Part{jail.Group, jail.Environment}}
	if c.spec != nil {
		for _, part := range []jail.Part{jail.Privileges, jail.Limits, jail.Files, jail.Processes, jail.Network} {
			r.Missing = append(r.Missing, jail.Missing{Part: part, Reason: "not on " + runtime.GOOS})
		}
	}
	return r
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
