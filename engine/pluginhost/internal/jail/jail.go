// Package jail takes from a program, before its first instruction, what a connector has no
// need for: files other than its own, other processes, the network, memory without end,
// privileges. The engine's own executable is started under another name, locks itself in and
// becomes the program; what it could not do it reports.
//
// It may import the standard library, golang.org/x/sys and engine/sysfilter only: every
// program that links it can be that executable.
package jail

// Part is one of the things that confine a process.
type Part string

// The parts. The first four are there on any Linux, the others where the kernel offers them
// and whoever runs the engine lets it.
const (
	// Group is a process group that is killed as a whole and does not outlive the engine.
	Group Part = "group"
	// Environment is exactly the variables that it is given.
	Environment Part = "environment"
	// Privileges are given up and can't be gained: no capabilities, no programs that run as
	// another user.
	Privileges Part = "privileges"
	// Limits bound memory, open files, the size of a file and core dumps.
	Limits Part = "limits"
	// Files are its own program and the system's to read, and its own folder to write.
	Files Part = "files"
	// Processes are its own only: it starts none and signals none.
	Processes Part = "processes"
	// Network is none but the engine's gate.
	Network Part = "network"
)

// Missing is a part that is not in force, and why.
type Missing struct {
	Part   Part   `json:"part"`
	Reason string `json:"reason"`
}

// Report is what confines a process.
type Report struct {
	InForce []Part    `json:"inForce"`
	Missing []Missing `json:"missing,omitempty"`
	// Errno is why the program could not be executed.
	Errno int `json:"errno,omitempty"`
	// Refused says that the program was not started since something is missing.
	Refused bool `json:"refused,omitempty"`
}

// Lacks adds what is not in force.
func (r *Report) lacks(part Part, err error) {
	r.Missing = append(r.Missing, Missing{part, err.Error()})
}

// Net says how far a process gets into the network by itself.
type Net string

// The reaches.
const (
	// NetNone leaves it sockets of this machine's file system, and with them the engine's gate.
	NetNone Net = "none"
	// NetListen lets it answer calls, as a simulated system does.
	NetListen Net = "listen"
	// NetOpen is any.
	NetOpen Net = "open"
)

// Spec is how a program is to be confined.
type Spec struct {
	// Read are the paths that it may read and execute besides the system's, Write the
	// folders that it may change.
	Read  []string `json:"read"`
	Write []string `json:"write"`
	Net   Net      `json:"net"`
	// Memory bounds its data in bytes, 0 for none; Open its open files.
	Memory int64  `json:"memory"`
	Open   uint64 `json:"open"`
	// Required has the program not started where a part is missing.
	Required bool `json:"required"`
}
