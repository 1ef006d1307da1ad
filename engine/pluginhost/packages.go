package pluginhost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/karezflow/karez/engine/pluginhost/internal/copies"
	"github.com/karezflow/karez/engine/pluginhost/internal/restart"
	"github.com/karezflow/karez/sdk/fault"
)

// Program is the executable of an installed package, or its definition, which the interpreter serves.
type Program struct {
	ID, Version string
	// Path is the file, SHA256 the sum that it must have, in hex, and Manifest the one
	// that the manifest must have which it gives. Of a definition Path is the folder, and SHA256
	// that of its files, as declarative.SumOf gives it.
	Path, SHA256, Manifest string
	// Active says that it serves whoever asks for its connector and for no version that it
	// is not. If it can't be started nothing else is started in its place.
	Active bool
	// Fault is why it may not be started.
	Fault *fault.Fault
}

// Refresh looks at the folder and the packages and gives a number that is another one
// after every change of them.
func (h *Host) Refresh(ctx context.Context) (uint64, error) {
	if f := h.scan(ctx); f != nil {
		return 0, f
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.generation, nil
}

func (h *Host) newPlugin(file, id, version string) *plugin {
	return &plugin{host: h, file: file, id: id, named: version, breaker: restart.New(h.config.Restart)}
}

// addPackages adds the installed packages, and reports whether one that was known is
// otherwise now.
func (h *Host) addPackages(ctx context.Context, known, found map[string]*plugin) (changed bool) {
	programs, err := h.config.Packages(ctx)
	if err != nil {
		if ctx.Err() == nil {
			h.config.Log.ErrorContext(ctx, "the installed connectors cannot be read; those that were known go on", "error", err)
		}
		for file, p := range known {
			if p.program != nil {
				found[file] = p
			}
		}
		return false
	}
	active := map[string]string{}
	for _, program := range programs {
		if program.Active {
			active[program.ID] = program.Version
		}
		file := "package " + program.ID + "@" + program.Version
		from, is := copies.Look(program.Path, h.config.Interpreter)
		p := known[file]
		if p == nil || p.program == nil || !p.program.same(program) || is && program.Fault == nil && !p.stamp.Same(from.Stamp) {
			p, changed = h.packaged(file, program, from, is), true
		}
		found[file] = p
	}
	for _, p := range found {
		version, some := active[p.id]
		isActive := some && p.program != nil && p.program.Version == version
		p.mu.Lock()
		changed = changed || p.active != isActive
		p.active, p.superseded = isActive, some && !isActive
		p.mu.Unlock()
	}
	return changed
}

// packaged makes the plugin of a program that is there, or is not.
func (h *Host) packaged(file string, program Program, from copies.Source, is bool) *plugin {
	p := h.newPlugin(file, program.ID, program.Version)
	p.program = &program
	switch {
	case program.Fault != nil:
		p.broken = program.Fault.Unapplied()
	case !is:
		p.broken = missingFile(file)
	default:
		p.stamp = from.Stamp
		p.take(from, program.SHA256)
	}
	return p
}

// same reports whether nothing but Active is otherwise.
func (p *Program) same(other Program) bool {
	code := func(f *fault.Fault) string {
		if f == nil {
			return ""
		}
		return f.Error()
	}
	return p.ID == other.ID && p.Version == other.Version && p.Path == other.Path && p.SHA256 == other.SHA256 && p.Manifest == other.Manifest && code(p.Fault) == code(other.Fault)
}

// isActive reports whether the plugin is the version of its connector that serves.
func (p *plugin) isActive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.active
}

// isSuperseded reports whether another one is the active version.
func (p *plugin) isSuperseded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.superseded
}

// rank orders plugins that are the same connector.
func (p *plugin) rank() int {
	switch {
	case p.isActive():
		return 2
	case p.program != nil:
		return 1
	}
	return 0
}

// promised reports whether a manifest is the one that was installed with the program.
func (p *plugin) promised(yaml []byte) bool {
	if p.program == nil || p.program.Manifest == "" {
		return true
	}
	sum := sha256.Sum256(yaml)
	return hex.EncodeToString(sum[:]) == p.program.Manifest
}

// first is greater for the version that serves.
func (i Installed) first() int {
	if i.Active {
		return 1
	}
	return 0
}
