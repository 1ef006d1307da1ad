package shelf

import (
	"context"
	"errors"
	"io"
	"os"
	"path"
	"slices"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/version"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// Options say what an administrator allows.
type Options struct {
	// Unsigned allows exactly this package to run though nobody vouches for it.
	Unsigned bool
	// Downgrade allows a version older than the active one.
	Downgrade bool
	// Inactive installs the version and lets the active one serve on.
	Inactive bool
	// Sum is that of the package which was looked at before, "" for none.
	Sum string
	// By says who installs it.
	By string
}

// Found is what a package is that is not installed yet. What of it stands against
// installing it without being allowed is in Objections.
type Found struct {
	Manifest  *plugpack.Manifest
	Connector *manifest.Manifest
	Status    Status
	// Key is the id of the key that signed it, KeyName whose it is.
	Key, KeyName string
	Sum          string
	// Installed says that exactly this package is installed; Active is the version that
	// serves now, "" for none.
	Installed bool
	Active    string
	// Objections are what Options can allow: "package.unsigned", "package.downgrade".
	Objections []*fault.Fault
}

// Inspect tells what a package is, and refuses one that can't be installed whatever is
// allowed. Nothing is written.
func (s *Shelf) Inspect(ctx context.Context, from io.ReaderAt, size int64) (Found, error) {
	_, f, err := s.inspect(ctx, from, size)
	return f, err
}

func (s *Shelf) inspect(ctx context.Context, from io.ReaderAt, size int64) (*plugpack.Package, Found, error) {
	p, err := plugpack.Open(from, size)
	if err != nil {
		return nil, Found{}, err
	}
	m := p.Manifest
	if err := m.Speaks(s.config.SDK); err != nil {
		return nil, Found{}, err
	}
	if _, _, err := m.Start(s.config.OS, s.config.Arch); err != nil {
		return nil, Found{}, err
	}
	if err := p.Verify(ctx); err != nil {
		return nil, Found{}, err
	}
	f := Found{Manifest: m, Sum: p.Sum}
	if f.Connector, err = p.Connector(); err != nil {
		return nil, Found{}, err
	}
	root, err := s.open()
	if err != nil {
		return nil, Found{}, err
	}
	t, st := &trust{keys: coreKeys(s.config.Core)}, (*state)(nil)
	if root != nil {
		defer func() { _ = root.Close() }() // it was only read
		if t, err = s.loadTrust(root); err != nil {
			return nil, Found{}, err
		}
		if st, err = load(root, m.Name); err != nil {
			return nil, Found{}, err
		}
	}
	j := t.judge(s, connectorOf(m), p.Text, p.Signature)
	f.Status, f.Key, f.KeyName = j.status, j.key, j.by
	switch {
	case j.fault != nil:
		return nil, f, j.fault
	case j.expired:
		return nil, f, Expired(m.Name, m.Version, j.key, j.by)
	case j.status == Unsigned:
		f.Objections = append(f.Objections, Unvouched(m.Name, m.Version, j.key))
	}
	return p, f, f.against(st)
}

// against compares the package with what is installed.
func (f *Found) against(st *state) error {
	if st == nil {
		return nil
	}
	m := f.Manifest
	f.Active = st.Active
	if r := st.find(m.Version); r != nil && r.Sum == f.Sum {
		f.Installed = true
		return nil
	} else if r != nil {
		return fault.New(CodeExists, "another package of %s %s is installed", m.Name, m.Version).Arg("connector", m.Name).
			Hinted("a version never changes: ask its publisher for a new version, or remove the installed one first").Classed(fault.Config)
	}
	if newest := st.newest(); version.Compare(m.Version, newest) < 0 {
		f.Objections = append(f.Objections, fault.New(CodeDowngrade, "%s %s is older than the installed version %s", m.Name, m.Version, newest).Arg("connector", m.Name).
			Hinted("an older version may have faults that the newer one mended; allow it if you know why").Classed(fault.Config))
	}
	return nil
}

// Install installs a package and makes it active, unless Options or a pin say otherwise;
// one that is older never takes the place of the active one by being installed.
// Everything is checked before anything is written; what is written appears in one step.
// Installing what is there already mends its files.
func (s *Shelf) Install(ctx context.Context, from io.ReaderAt, size int64, o Options) (Version, error) {
	p, f, err := s.inspect(ctx, from, size)
	if err != nil {
		return Version{}, err
	}
	if o.Sum != "" && o.Sum != f.Sum {
		return Version{}, fault.New(CodeOther, "this is not the package that was looked at").Hinted("look at it again").Classed(fault.Config)
	}
	err = s.locked(func(root *os.Root) error { return s.install(ctx, root, p, o) })
	if err != nil {
		return Version{}, err
	}
	c, err := s.Get(ctx, f.Manifest.Name)
	v, _ := c.Version(f.Manifest.Version)
	return v, err
}

// install puts a package in its place. What is installed is looked at again, since
// another process may have changed it.
func (s *Shelf) install(ctx context.Context, root *os.Root, p *plugpack.Package, o Options) error {
	m := p.Manifest
	st, err := load(root, m.Name)
	if err != nil {
		return err
	}
	f, status, err := s.accepted(root, p, st, o)
	if err != nil {
		return err
	}
	// What is whole stays where it is: a process may run it.
	if !f.Installed || examine(ctx, root, path.Join(m.Name, m.Version), *st.find(m.Version), s.config).fault != nil {
		if err := s.place(ctx, root, p); err != nil {
			return err
		}
	}
	if st == nil {
		st = &state{}
	}
	forward := st.Active == "" || version.Compare(m.Version, st.Active) > 0
	if r := st.find(m.Version); r != nil {
		r.Unsigned = r.Unsigned || o.Unsigned && status == Unsigned
	} else {
		st.Versions = append(st.Versions, record{Version: m.Version, Sum: p.Sum, Unsigned: o.Unsigned && status == Unsigned, By: o.By, At: s.config.Clock().UTC()})
	}
	if st.Active == "" || !o.Inactive && !st.Pinned && (forward || o.Downgrade) {
		st.activate(m.Version)
	}
	return save(root, m.Name, st)
}

// accepted refuses what neither trust nor the options allow.
func (s *Shelf) accepted(root *os.Root, p *plugpack.Package, st *state, o Options) (Found, Status, error) {
	m := p.Manifest
	f := Found{Manifest: m, Sum: p.Sum}
	t, err := s.loadTrust(root)
	if err != nil {
		return f, "", err
	}
	j := t.judge(s, connectorOf(m), p.Text, p.Signature)
	if j.fault != nil {
		return f, j.status, j.fault
	}
	if err := f.against(st); err != nil {
		return f, j.status, err
	}
	if j.status == Unsigned && !o.Unsigned {
		return f, j.status, Unvouched(m.Name, m.Version, j.key)
	}
	if len(f.Objections) > 0 && !o.Downgrade {
		return f, j.status, f.Objections[0]
	}
	return f, j.status, nil
}

// place unpacks a package into a fresh folder, and moves that to where it belongs.
func (s *Shelf) place(ctx context.Context, root *os.Root, p *plugpack.Package) (err error) {
	// Whoever left something here is gone: the lock is held.
	if err := errors.Join(root.RemoveAll(incoming), root.Mkdir(incoming, 0o700)); err != nil {
		return unwritable(err)
	}
	defer func() { err = errors.Join(err, root.RemoveAll(incoming)) }()
	fresh, err := root.OpenRoot(incoming)
	if err != nil {
		return unwritable(err)
	}
	err = p.Extract(ctx, fresh, s.config.OS, s.config.Arch)
	if err := errors.Join(err, fresh.Close()); err != nil {
		return err
	}
	if err := root.MkdirAll(p.Manifest.Name, 0o700); err != nil {
		return unwritable(err)
	}
	place := path.Join(p.Manifest.Name, p.Manifest.Version)
	if err := root.RemoveAll(place); err != nil {
		return unwritable(err)
	}
	if err := root.Rename(incoming, place); err != nil {
		return unwritable(err)
	}
	return synced(root, p.Manifest.Name)
}

// Activate lets an installed version serve.
func (s *Shelf) Activate(ctx context.Context, id, version string) error {
	c, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	v, ok := c.Version(version)
	if !ok {
		return notInstalled(id, version)
	}
	if v.Fault != nil {
		return v.Fault
	}
	return s.change(id, version, func(st *state) error {
		st.activate(version)
		return nil
	})
}

// Rollback lets the version serve again that did before.
func (s *Shelf) Rollback(ctx context.Context, id string) (string, error) {
	c, err := s.Get(ctx, id)
	if err != nil {
		return "", err
	}
	if _, ok := c.Version(c.Previous); !ok {
		return "", fault.New(CodeNoPrevious, "%s has no version that served before", id).Arg("connector", id).
			Hinted("choose one of the installed versions").Classed(fault.Config)
	}
	return c.Previous, s.Activate(ctx, id, c.Previous)
}

// Pin says whether a newer version is left inactive when it is installed.
func (s *Shelf) Pin(id string, on bool) error {
	return s.change(id, "", func(st *state) error {
		st.Pinned = on
		return nil
	})
}

// change changes the state of an installed connector.
func (s *Shelf) change(id, version string, change func(*state) error) error {
	return s.locked(func(root *os.Root) error {
		st, err := must(root, id, version)
		if err != nil {
			return err
		}
		if err := change(st); err != nil {
			return err
		}
		return save(root, id, st)
	})
}

// Remove deletes a version: the active one only as the last. The state goes first, so
// that what a power cut leaves is rubbish and no broken version.
func (s *Shelf) Remove(id, version string) error {
	return s.locked(func(root *os.Root) error {
		st, err := must(root, id, version)
		if err != nil {
			return err
		}
		if st.Active == version && len(st.Versions) > 1 {
			return fault.New(CodeActive, "%s %s is the version that serves", id, version).Arg("connector", id).
				Hinted("make another version active first").Classed(fault.Config)
		}
		st.Versions = slices.DeleteFunc(st.Versions, func(r record) bool { return r.Version == version })
		if st.Previous == version {
			st.Previous = ""
		}
		if len(st.Versions) == 0 {
			if err := root.RemoveAll(id); err != nil {
				return unwritable(err)
			}
			return synced(root, ".")
		}
		if err := save(root, id, st); err != nil {
			return err
		}
		if err := root.RemoveAll(path.Join(id, version)); err != nil {
			return unwritable(err)
		}
		return nil
	})
}
