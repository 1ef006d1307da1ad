// Package confined runs an executable so that it can do as little harm as a process
// of the same user can: on Linux in a process group of its own that is killed as a
// whole and does not outlive the engine, and in a jail if one is asked for.
//
// It may import the standard library, golang.org/x/sys, internal/jail and sdk/protocol, whose
// Child it implements, and nothing else.
package confined

import (
	"strings"

	"github.com/karezflow/karez/engine/pluginhost/internal/jail"
)

// socketsKey begins the variable by which a process is told the folder of its sockets.
const socketsKey = "PLUGIN_UNIX_SOCKET_DIR="

// NotJailedError tells that a process was not started since it could not be confined as
// was required.
type NotJailedError struct{ Missing []jail.Missing }

// Error implements error.
func (e *NotJailedError) Error() string {
	reasons := make([]string, len(e.Missing))
	for i, m := range e.Missing {
		reasons[i] = string(m.Part) + " (" + m.Reason + ")"
	}
	return "this system does not let a connector be confined as is required: " + strings.Join(reasons, ", ")
}
