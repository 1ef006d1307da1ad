package pluginhost

import (
	"errors"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/pluginhost/internal/confined"
	"github.com/karezflow/karez/engine/pluginhost/internal/console"
	"github.com/karezflow/karez/engine/pluginhost/internal/egress"
	"github.com/karezflow/karez/engine/pluginhost/internal/jail"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/outbound"
)

// Confinement says whether the processes of connectors are confined.
type Confinement string

// The confinements.
const (
	// Confined confines them as far as this system can, and tells what it can't.
	Confined Confinement = "on"
	// Required starts none that is not confined in all parts.
	Required Confinement = "required"
	// Unconfined leaves them to themselves, for developers.
	Unconfined Confinement = "off"
)

// Level says how well a process is isolated.
type Level string

// The levels.
const (
	// LevelFull is a process that is confined in all parts (L1).
	LevelFull Level = "L1"
	// LevelPartial is one that lacks some of them.
	LevelPartial Level = "partial"
	// LevelNone is a process of the same user that may what the engine may, but for its
	// group and its environment (L0).
	LevelNone Level = "L0"
)

// Part is one of the things that confine a process.
type Part = jail.Part

// Shortfall is a part that is not in force, and why.
type Shortfall = jail.Missing

// Isolation is what confines a process.
type Isolation struct {
	Level   Level       `json:"level"`
	InForce []Part      `json:"inForce"`
	Missing []Shortfall `json:"missing,omitempty"`
}

const (
	// openFiles and maxThreads bound a process; weighing is how often it is measured.
	openFiles, maxThreads = 512, 512
	weighing              = 250 * time.Millisecond
	// sandboxData is the memory of a simulated system, which keeps its documents there.
	sandboxData = 4 << 30
)

// child gives the process of a plugin with its confinement: that of a connector with its
// gate, if it has one, or of a simulated system where there are args.
func (h *Host) child(p *plugin, args []string, gate *egress.Gate, out *console.Console) *confined.Child {
	env := append(h.environment(), "TMPDIR="+p.copy.Home)
	spec := jail.Spec{
		Read: p.copy.Files(), Write: []string{p.copy.Home}, Net: jail.NetOpen, Open: openFiles, Required: h.config.Confinement == Required,
		// The kernel's bound is for what grows faster than it is measured; programs
		// have more mapped than they use, stacks of threads above all.
		Memory: 2*h.config.MemoryMax + 1<<30,
	}
	if gate != nil {
		spec.Net = jail.NetNone
		env = append(env, outbound.GateKey+"="+gate.Path())
	}
	if len(args) > 0 {
		spec.Net, spec.Memory = jail.NetListen, sandboxData
	}
	child := confined.New(p.copy.Path, p.copy.Home, slices.Concat(p.copy.Args(), args), env, out.Stream("stderr"))
	if h.config.Confinement != Unconfined {
		child.Jail(spec)
	}
	return child
}

// openGate gives the process a gate. Only one that is known to declare no hosts gets none,
// and the network: to tell its manifest it needs neither.
func (i *instance) openGate() *fault.Fault {
	m := i.plugin.known()
	if i.plugin.host.config.Confinement == Unconfined || !confined.Jails || m != nil && m.Hosts == nil {
		return nil
	}
	gate, err := egress.Open(i.plugin.sockets, func(host string) {
		i.output.Note("the connector wanted to reach %s, which neither it nor a connection declares; it was not let through", host)
	})
	if err != nil {
		return fault.Wrap(err, CodeUnreadable, "no gate for a connector").Unapplied().Classed(fault.Transient)
	}
	i.gate = gate
	return nil
}

func (i *instance) closeGate() {
	if i.gate != nil {
		i.gate.Close()
	}
}

// admit lets the process reach what its manifest and a connection's settings name.
func (i *instance) admit(settings []byte) {
	m := i.plugin.known()
	if i.gate != nil && m != nil {
		defaults := map[string]string{}
		for _, s := range m.Settings {
			defaults[s.Key] = s.Default
		}
		i.gate.Declare(m.Hosts, defaults, settings)
	}
}

// fits reports whether the process has the network that the manifest asks for.
func (i *instance) fits(m *manifest.Manifest) bool { return i.gate == nil || m.Hosts != nil }

// confinedBy keeps what confines the process, and warns once of what does not.
func (p *plugin) confinedBy(report jail.Report, gated bool) {
	is := Isolation{Level: LevelFull, InForce: report.InForce, Missing: report.Missing}
	switch {
	case p.host.config.Confinement == Unconfined:
		is.Level = LevelNone
	case !gated && confined.Jails:
		is.Missing = append(slices.Clone(is.Missing), Shortfall{Part: jail.Network, Reason: "the connector declares no hosts"})
		fallthrough
	case len(is.Missing) > 0:
		is.Level = LevelPartial
		if !slices.Contains(is.InForce, jail.Files) {
			is.Level = LevelNone
		}
	}
	p.mu.Lock()
	changed := is.Level != p.isolation.Level || !slices.Equal(is.Missing, p.isolation.Missing)
	p.isolation = is
	p.mu.Unlock()
	if changed && is.Level != LevelFull {
		p.host.config.Log.Warn("a connector is not confined in all parts", "connector", p.id, "level", is.Level, "missing", is.Missing)
	}
}

// guard kills a process that takes more than it may.
func (i *instance) guard() {
	ticker := time.NewTicker(weighing)
	defer ticker.Stop()
	for {
		select {
		case <-i.process.Ended():
			return
		case <-ticker.C:
		}
		usage, err := jail.Measure(i.process.PID())
		most := i.plugin.host.config.MemoryMax
		var f *fault.Fault
		switch {
		case err != nil:
		case usage.Memory > most:
			f = fault.New(CodeMemory, "the process took %d MiB of memory, more than the %d MiB that it may, and was killed", usage.Memory>>20, most>>20)
		case usage.Threads > maxThreads:
			f = fault.New(CodeThreads, "the process took %d threads, more than the %d that it may, and was killed", usage.Threads, maxThreads)
		}
		if f != nil {
			i.fail(f.Classed(fault.Transient))
			i.process.Stop(ended())
		}
	}
}

// notIsolated makes the fault of a start, which may have failed for want of confinement.
func notIsolated(err error) *fault.Fault {
	none, ok := errors.AsType[*confined.NotJailedError](err)
	if !ok {
		return fault.From(err)
	}
	return fault.New(CodeNotIsolated, "%s", none).Unapplied().Classed(fault.Config).Hinted("run the engine where the kernel offers landlock and system call filters, or let it confine what it can with --isolation on")
}

func undeclared(id string) *fault.Fault {
	return fault.New(CodeNotIsolated, "the connector %s does not declare which hosts it calls, so its network can't be confined as is required", id).Unapplied().Classed(fault.Config).Hinted("ask its publisher for a version that declares its hosts, or let it run with --isolation on")
}
