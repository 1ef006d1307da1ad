package pluginhost

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/karezflow/karez/engine/pluginhost/internal/confined"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// stamp tells whether a file was exchanged since it was looked at.
type stamp struct {
	info os.FileInfo
}

func (s stamp) same(now os.FileInfo) bool {
	return s.info != nil && os.SameFile(s.info, now) && s.info.Size() == now.Size() &&
		s.info.ModTime().Equal(now.ModTime()) && s.info.Mode() == now.Mode()
}

// nameOf splits a file's name into the connector's id and its version; ok is false
// for a file that is no connector's.
func nameOf(file string) (id, version string, ok bool) {
	name := strings.TrimSuffix(file, ".exe")
	parts := regexp.MustCompile(`^([a-z][a-z0-9]*(?:[-_][a-z0-9]+)*)(?:@([0-9A-Za-z][0-9A-Za-z.+-]*))?$`).FindStringSubmatch(name)
	if parts == nil {
		return "", "", false
	}
	return parts[1], parts[2], true
}

// scan looks at the folder: new and exchanged files are copied, what is gone gets
// no new calls. It starts nothing.
func (h *Host) scan(ctx context.Context) *fault.Fault {
	h.scanning.Lock()
	defer h.scanning.Unlock()
	h.mu.Lock()
	known, closed := h.plugins, h.closed
	h.mu.Unlock()
	if closed {
		return closedFault()
	}
	entries, err := os.ReadDir(h.config.Dir)
	if err != nil {
		return fault.Wrap(err, CodeUnreadable, "the folder of connectors cannot be read").Unapplied().Classed(fault.Config)
	}
	found := map[string]*plugin{}
	var old []*plugin
	for _, entry := range entries {
		id, version, ok := nameOf(entry.Name())
		info, err := os.Stat(filepath.Join(h.config.Dir, entry.Name()))
		if !ok || err != nil || !info.Mode().IsRegular() {
			continue
		}
		if p := known[entry.Name()]; p != nil && p.stamp.same(info) {
			found[p.file] = p
			continue
		}
		p := &plugin{host: h, file: entry.Name(), id: id, named: version, stamp: stamp{info}, breaker: newBreaker(h.config.Restart)}
		if p.copy, p.broken = h.take(entry.Name(), info); p.broken == nil {
			p.sockets = h.store.sockets()
		}
		found[p.file] = p
	}
	h.addMissing(found)
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
	h.mu.Unlock()
	if closed {
		return closedFault()
	}
	for _, p := range old {
		p.retire(context.WithoutCancel(ctx))
	}
	return nil
}

// addMissing lists the pinned files that are not there.
func (h *Host) addMissing(found map[string]*plugin) {
	for file := range h.config.Pinned {
		if found[file] == nil {
			id, version, _ := nameOf(file)
			found[file] = &plugin{
				host: h, file: file, id: id, named: version, breaker: newBreaker(h.config.Restart),
				broken: fault.New(CodeMissing, "the connector's file %s is missing", file).Unapplied().Classed(fault.Config),
			}
		}
	}
}

// take copies a file that may be run.
func (h *Host) take(file string, info os.FileInfo) (copied, *fault.Fault) {
	if !confined.Executable(file, info) {
		return copied{}, fault.New(CodeNotExecutable, "the file %s may not be executed", file).
			Hinted("set its permission, for example chmod +x").Unapplied().Classed(fault.Config)
	}
	if f := h.needStore(); f != nil {
		return copied{}, f
	}
	c, f := h.store.take(filepath.Join(h.config.Dir, file))
	if f != nil {
		return copied{}, f.Unapplied()
	}
	if want, pinned := h.config.Pinned[file]; pinned && !strings.EqualFold(want, c.sum) {
		c.drop()
		return copied{}, fault.New(CodeChecksum, "the file %s is not the one that was installed: its sum is %s", file, c.sum).
			Hinted("install the connector again").Arg("sha256", c.sum).Unapplied().Classed(fault.Config)
	}
	return c, nil
}

// needStore makes the folder of copies when the first one is taken.
func (h *Host) needStore() *fault.Fault {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.store != nil {
		return nil
	}
	store, err := newStore(h.config.Work)
	if err != nil {
		return fault.From(err).Unapplied()
	}
	h.store = store
	return nil
}

// List gives every executable in the folder, by id and from the newest version to
// the oldest, those that cannot be used with the reason. It looks at the folder
// anew and starts each one that it does not know yet for a moment. It fails only
// when the folder cannot be read or ctx ends.
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
	seen := map[string]string{}
	for _, p := range plugins {
		in := p.installed()
		name := in.ID + "@" + in.Version
		if first, twice := seen[name]; twice && in.Fault == nil {
			in.Fault = fault.New(CodeDuplicate, "the file %s holds the same connector as %s, which is used", p.file, first).Classed(fault.Config)
		} else if in.Fault == nil {
			seen[name] = p.file
		}
		list = append(list, in)
	}
	slices.SortStableFunc(list, func(a, b Installed) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), -compareVersions(a.Version, b.Version))
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

// installed gives the plugins that which accepts, by file name.
func (h *Host) installed(which func(*plugin) bool) []*plugin {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []*plugin
	for _, p := range h.plugins {
		if which(p) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *plugin) int { return cmp.Compare(a.file, b.file) })
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
	var best *manifest.Manifest
	missing := notInstalled(id, want)
	for _, p := range plugins {
		in := p.installed()
		switch {
		case in.Manifest == nil && in.Fault != nil:
			missing = in.Fault
		case in.Manifest != nil && matches(want, in.Version) && (best == nil || compareVersions(in.Version, best.Version) > 0):
			best = in.Manifest
		}
	}
	if best == nil {
		return nil, missing
	}
	return best, nil
}

// candidates gives the plugins that may be a version of a connector, by file name.
func (h *Host) candidates(id, want string) []*plugin {
	return h.installed(func(p *plugin) bool { return p.id == id && (p.named == "" || matches(want, p.named)) })
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
	var best *plugin
	var newest string
	missing := notInstalled(id, want)
	for _, p := range h.candidates(id, want) {
		if f := p.describe(ctx); f != nil {
			missing = f
			continue
		}
		version := p.known().Version
		if matches(want, version) && (best == nil || compareVersions(version, newest) > 0) {
			best, newest = p, version
		}
	}
	if best == nil {
		return nil, missing
	}
	return best, nil
}

// matches reports whether have is want or a more exact form of it.
func matches(want, have string) bool {
	return want == "" || have == want || strings.HasPrefix(have, want+".")
}

// compareVersions compares dotted versions: numbers by value, anything else as
// text, and a pre-release ("1.0.0-rc1") before its release.
func compareVersions(a, b string) int {
	mainA, preA, hasA := strings.Cut(a, "-")
	mainB, preB, hasB := strings.Cut(b, "-")
	if c := compareDotted(mainA, mainB); c != 0 {
		return c
	}
	if hasA != hasB {
		if hasA {
			return -1
		}
		return 1
	}
	return compareDotted(preA, preB)
}

func compareDotted(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		var p, q string
		if i < len(x) {
			p = x[i]
		}
		if i < len(y) {
			q = y[i]
		}
		m, errP := strconv.ParseUint(p, 10, 64)
		n, errQ := strconv.ParseUint(q, 10, 64)
		c := cmp.Compare(p, q)
		if errP == nil && errQ == nil {
			c = cmp.Compare(m, n)
		}
		if c != 0 {
			return c
		}
	}
	return 0
}
