package pluginhost

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/karezflow/karez/engine/pluginhost/internal/confined"
	"github.com/karezflow/karez/engine/pluginhost/internal/copies"
	"github.com/karezflow/karez/engine/plugpack/version"
	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// scan looks at the folder and the packages: new and exchanged files are copied, what
// is gone gets no new calls. It starts nothing.
func (h *Host) scan(ctx context.Context) *fault.Fault {
	h.scanning.Lock()
	defer h.scanning.Unlock()
	h.mu.Lock()
	known, closed := h.plugins, h.closed
	h.mu.Unlock()
	if closed {
		return closedFault()
	}
	found := map[string]*plugin{}
	if f := h.look(known, found); f != nil {
		return f
	}
	h.addMissing(found)
	changed := h.addPackages(ctx, known, found)
	var old []*plugin
	for file, p := range known {
		if found[file] != p {
			old = append(old, p)
		}
	}
	h.mu.Lock()
	closed = h.closed
	if !closed {
		h.plugins = found
	}
	if changed || len(old) > 0 || len(found) != len(known) {
		h.generation++
	}
	h.mu.Unlock()
	if closed {
		return closedFault()
	}
	for _, p := range old {
		p.retire(context.WithoutCancel(ctx))
	}
	return nil
}

// look adds the executables of the folder, and the folders of declarative connectors in it.
func (h *Host) look(known, found map[string]*plugin) *fault.Fault {
	entries, err := os.ReadDir(h.config.Dir)
	if err != nil {
		return fault.Wrap(err, CodeUnreadable, "the folder of connectors cannot be read").Unapplied().Classed(fault.Config)
	}
	for _, entry := range entries {
		id, version, ok := copies.NameOf(entry.Name())
		from, is := copies.Look(filepath.Join(h.config.Dir, entry.Name()), h.config.Interpreter)
		if !ok || !is || id == declarative.Program {
			continue
		}
		if p := known[entry.Name()]; p != nil && p.stamp.Same(from.Stamp) {
			found[p.file] = p
			continue
		}
		p := h.newPlugin(entry.Name(), id, version)
		p.stamp = from.Stamp
		found[p.file] = p
		p.take(from, h.config.Pinned[p.file])
	}
	return nil
}

// addMissing lists the pinned files that are not there.
func (h *Host) addMissing(found map[string]*plugin) {
	for file := range h.config.Pinned {
		if found[file] == nil {
			id, version, _ := copies.NameOf(file)
			found[file] = h.newPlugin(file, id, version)
			found[file].broken = missingFile(file)
		}
	}
}

func missingFile(file string) *fault.Fault {
	return fault.New(CodeMissing, "the connector's file %s is missing", file).Unapplied().Classed(fault.Config)
}

// take copies the files of a plugin if it may be run, and is the wanted one.
func (p *plugin) take(from copies.Source, want string) {
	h, name := p.host, filepath.Base(from.Program)
	info, err := os.Stat(from.Program)
	if err != nil {
		p.broken = missingFile(name).Hinted("the connector %s has no program of its own and is served by this one", p.id)
	} else if !confined.Executable(name, info) {
		p.broken = fault.New(CodeNotExecutable, "the file %s may not be executed", name).
			Hinted("set its permission, for example chmod +x").Unapplied().Classed(fault.Config)
	} else {
		p.broken = h.needStore()
	}
	if p.broken != nil {
		return
	}
	p.sockets = h.store.Sockets()
	c, f := h.store.Take(from)
	switch {
	case f != nil:
		p.broken = f.Unapplied()
	case want != "" && !c.Is(want):
		c.Drop()
		p.broken = fault.New(CodeChecksum, "the file %s is not the one that was installed: its sum is %s", p.file, c.Sum).
			Hinted("install the connector again").Arg("sha256", c.Sum).Unapplied().Classed(fault.Config)
	default:
		if p.broken = c.Check(); p.broken != nil {
			c.Drop()
			return
		}
		p.copy = c
	}
}

// needStore makes the folder of copies when the first one is taken.
func (h *Host) needStore() *fault.Fault {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.store != nil {
		return nil
	}
	store, err := copies.New(h.config.Work)
	if err != nil {
		return fault.From(err).Unapplied()
	}
	h.store = store
	return nil
}

// List gives every executable in the folder and every package, by id, the active
// version first and the others from the newest to the oldest, those that cannot be
// used with the reason. A file of the version of a package that can be used is left out. It
// looks at the folder anew and starts each one that it does not know yet for a
// moment. It fails only when the folder cannot be read or ctx ends.
func (h *Host) List(ctx context.Context) ([]Installed, error) {
	if f := h.scan(ctx); f != nil {
		return nil, f
	}
	plugins := h.installed(func(*plugin) bool { return true })
	h.describeAll(ctx, plugins)
	if err := ctx.Err(); err != nil {
		return nil, givenUp(ctx)
	}
	list := make([]Installed, 0, len(plugins))
	seen, packaged := map[string]string{}, map[string]bool{}
	for _, p := range plugins {
		in := p.installed()
		name := in.ID + "@" + in.Version
		if packaged[name] {
			continue // the package serves in the file's place
		}
		packaged[name] = in.Packaged && (in.Fault == nil || in.Active)
		if first, twice := seen[name]; twice && in.Fault == nil {
			in.Fault = fault.New(CodeDuplicate, "the file %s holds the same connector as %s, which is used", p.file, first).Classed(fault.Config)
		} else if in.Fault == nil {
			seen[name] = p.file
		}
		list = append(list, in)
	}
	slices.SortStableFunc(list, func(a, b Installed) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(b.first(), a.first()), -version.Compare(a.Version, b.Version))
	})
	return list, nil
}

// describeAll reads the manifests that are not known, two at a time, and ends the
// processes that were started for it.
func (h *Host) describeAll(ctx context.Context, plugins []*plugin) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, 2)
	for _, p := range plugins {
		if p.known() != nil || p.hopeless() {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() == nil && p.describe(ctx) == nil {
				p.rest(ctx)
			}
		})
	}
	wg.Wait()
}

// installed gives the plugins that which accepts, packages first, then by file name.
func (h *Host) installed(which func(*plugin) bool) []*plugin {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []*plugin
	for _, p := range h.plugins {
		if which(p) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *plugin) int {
		// The active one is asked first and a package before a loose file of its version.
		return cmp.Or(cmp.Compare(b.rank(), a.rank()), cmp.Compare(a.file, b.file))
	})
	return list
}

// Manifest gives the manifest of the newest usable connector of an id whose version
// is want or begins with it, or why there is none. It looks at the folder anew and
// starts, for a moment, only what may be that connector and is not known yet:
// another one that is slow or broken holds nobody up.
func (h *Host) Manifest(ctx context.Context, id, want string) (*manifest.Manifest, error) {
	if f := h.scan(ctx); f != nil {
		return nil, f
	}
	plugins := h.candidates(id, want)
	h.describeAll(ctx, plugins)
	if ctx.Err() != nil {
		return nil, givenUp(ctx)
	}
	p, f := choose(plugins, id, want, func(p *plugin) *fault.Fault {
		if in := p.installed(); in.Manifest == nil {
			return in.Fault
		}
		return nil
	})
	if f != nil {
		return nil, f
	}
	return p.known(), nil
}

// candidates gives the plugins that may be a version of a connector, by file name.
func (h *Host) candidates(id, want string) []*plugin {
	return h.installed(func(p *plugin) bool { return p.id == id && (p.named == "" || version.Matches(want, p.named)) })
}

func notInstalled(id, want string) *fault.Fault {
	f := fault.New(CodeMissing, "the connector %s is not installed", id)
	if want != "" {
		f = fault.New(CodeMissing, "version %s of the connector %s is not installed", want, id)
	}
	return f.Hinted("install it, or pin another version").Arg("connector", id).Arg("version", want).Unapplied().Classed(fault.Config)
}

// find gives the newest usable plugin of a connector whose version is want or
// begins with it ("1.2" is any 1.2.x, "" is any).
func (h *Host) find(ctx context.Context, id, want string) (*plugin, *fault.Fault) {
	h.mu.Lock()
	closed := h.closed
	h.mu.Unlock()
	if closed {
		return nil, closedFault()
	}
	return choose(h.candidates(id, want), id, want, func(p *plugin) *fault.Fault { return p.describe(ctx) })
}

// choose gives the plugin among candidates that serves a connector where want is asked
// for: the active one if it is wanted, whatever is wrong with it, else the newest that
// can be used. broken tells why one can't be.
func choose(candidates []*plugin, id, want string, broken func(*plugin) *fault.Fault) (*plugin, *fault.Fault) {
	var best *plugin
	missing := notInstalled(id, want)
	for _, p := range candidates {
		f := broken(p)
		active := p.isActive() && version.Matches(want, p.named)
		switch {
		case f != nil && active:
			return nil, f
		case f != nil:
			missing = f
		case active:
			return p, nil
		case p.known() != nil && version.Matches(want, p.known().Version) && (best == nil || version.Compare(p.known().Version, best.known().Version) > 0):
			best = p
		}
	}
	if best == nil {
		return nil, missing
	}
	return best, nil
}
