package shelf

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/packfile"
	"github.com/karezflow/karez/sdk/fault"
)

// Connector is an installed connector with its versions, from the oldest to the newest.
type Connector struct {
	ID string
	// Active is the version that serves, Previous the one before it, "" for none.
	Active, Previous string
	// Pinned says that a newer version is not made active when it is installed.
	Pinned   bool
	Versions []Version
	// Fault is why nothing is known of it.
	Fault *fault.Fault
}

// Version finds one of the versions.
func (c Connector) Version(version string) (Version, bool) {
	for _, v := range c.Versions {
		if v.Version == version {
			return v, true
		}
	}
	return Version{}, false
}

// Version is an installed version.
type Version struct {
	ID, Version string
	Active      bool
	Status      Status
	// Key is the id of the key that signed it and KeyName whose it is; "" where nobody
	// knows it.
	Key, KeyName string
	// Sum names exactly this content; Program and ProgramSum are the executable, or the folder of a
	// definition.
	Sum, Program, ProgramSum string
	// Manifest is the package's; nil where it can't be read.
	Manifest *plugpack.Manifest
	// AllowedUnsigned says that it may run though nobody vouches for it.
	AllowedUnsigned bool
	By              string
	At              time.Time
	// Fault is why it is not started.
	Fault *fault.Fault
}

// List gives what is installed, by id. It fails only where the folder can't be read.
func (s *Shelf) List(ctx context.Context) ([]Connector, error) {
	root, err := s.open()
	if err != nil || root == nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // it was only read
	all, err := ids(root)
	if err != nil {
		return nil, err
	}
	// Without knowing whom to trust, everything is there and nothing may start.
	t, untrusted := s.loadTrust(root)
	var list []Connector
	for _, id := range all {
		c, err := s.look(ctx, root, id, t, untrusted)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			list = append(list, Connector{ID: id, Fault: fault.From(err)})
		case c != nil:
			list = append(list, *c)
		}
	}
	return list, nil
}

// Stale is how old what Recent gives may be.
const Stale = time.Second

// Recent gives what List does, or gave at most Stale ago if this process has changed
// nothing since: for whoever asks often.
func (s *Shelf) Recent(ctx context.Context) ([]Connector, error) {
	now := s.config.Clock()
	s.mu.Lock()
	recent, changes := s.recent, s.changes
	age := now.Sub(s.seen)
	fresh := s.seenAt == changes && !s.seen.IsZero() && age >= 0 && age < Stale
	s.mu.Unlock()
	if fresh {
		return recent, nil
	}
	list, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recent, s.seen, s.seenAt = list, now, changes
	return list, nil
}

// Get gives one installed connector: "package.not_installed".
func (s *Shelf) Get(ctx context.Context, id string) (Connector, error) {
	all, err := s.List(ctx)
	if err != nil {
		return Connector{}, err
	}
	for _, c := range all {
		if c.ID == id && c.Fault != nil {
			return c, c.Fault
		}
		if c.ID == id {
			return c, nil
		}
	}
	return Connector{}, notInstalled(id, "")
}

// look gives an installed connector, nil where there is none.
func (s *Shelf) look(ctx context.Context, root *os.Root, id string, t *trust, untrusted error) (*Connector, error) {
	st, err := load(root, id)
	if err != nil || st == nil {
		return nil, err
	}
	c := &Connector{ID: id, Active: st.Active, Previous: st.Previous, Pinned: st.Pinned}
	for _, r := range st.Versions {
		v := s.version(ctx, root, id, r, t)
		if v.Active = r.Version == st.Active; untrusted != nil {
			v.Status, v.Fault = Unsigned, fault.From(untrusted)
		}
		c.Versions = append(c.Versions, v)
	}
	return c, nil
}

// version tells of an installed version whether its files are those that were
// installed, and whether it may run.
func (s *Shelf) version(ctx context.Context, root *os.Root, id string, r record, t *trust) Version {
	v := Version{ID: id, Version: r.Version, Status: Modified, Sum: r.Sum, AllowedUnsigned: r.Unsigned, By: r.By, At: r.At}
	l := s.examined(ctx, root, id, r)
	if v.Manifest = l.manifest; l.fault != nil {
		v.Fault = l.fault
		return v
	}
	if t == nil {
		return v
	}
	j := t.judge(s, connectorOf(l.manifest), l.text, l.signature)
	v.Status, v.Key, v.KeyName, v.Fault = j.status, j.key, j.by, j.fault
	if v.Fault == nil && v.Status == Unsigned && !r.Unsigned {
		v.Fault = Unvouched(l.manifest.Name, l.manifest.Version, j.key)
	}
	if place, sum, err := l.manifest.Start(s.config.OS, s.config.Arch); err != nil {
		v.Fault = fault.From(err)
	} else {
		v.Program, v.ProgramSum = filepath.Join(s.config.Dir, id, r.Version, filepath.FromSlash(place)), sum
	}
	if err := l.manifest.Speaks(s.config.SDK); err != nil {
		v.Fault = fault.From(err)
	}
	return v
}

// looked is what the files of a version are, for as long as they look the same.
type looked struct {
	sum    string
	stamps []stamp

	manifest  *plugpack.Manifest
	text      []byte
	signature *plugpack.Signature
	fault     *fault.Fault
}

// stamp tells whether a file was exchanged.
type stamp struct{ info os.FileInfo }

func (s stamp) same(now os.FileInfo) bool {
	return os.SameFile(s.info, now) && s.info.Size() == now.Size() && s.info.ModTime().Equal(now.ModTime()) && s.info.Mode() == now.Mode()
}

// examined reads the files of a version if they look otherwise than the last time.
func (s *Shelf) examined(ctx context.Context, root *os.Root, id string, r record) looked {
	dir := path.Join(id, r.Version)
	s.mu.Lock()
	known, ok := s.checked[dir]
	s.mu.Unlock()
	if ok && known.sum == r.Sum && known.fresh(root, dir, s.config) {
		return known
	}
	l := examine(ctx, root, dir, r, s.config)
	if ctx.Err() == nil {
		s.mu.Lock()
		s.checked[dir] = l
		s.mu.Unlock()
	}
	return l
}

// fresh reports whether no file looks otherwise than when it was read.
func (l *looked) fresh(root *os.Root, dir string, c Config) bool {
	if l.fault != nil || l.manifest == nil {
		return false
	}
	names := l.names(c)
	if len(names) != len(l.stamps) {
		return false
	}
	for i, name := range names {
		info, err := root.Lstat(path.Join(dir, name))
		if err != nil || !l.stamps[i].same(info) {
			return false
		}
	}
	return true
}

// names are the files of a version as it is installed.
func (l *looked) names(c Config) []string {
	names := []string{plugpack.ManifestFile}
	if l.signature != nil {
		names = append(names, plugpack.SignatureFile)
	}
	for _, f := range l.manifest.Installed(c.OS, c.Arch) {
		names = append(names, f.Path)
	}
	return names
}

// examine compares the files of a version with what was installed.
func examine(ctx context.Context, root *os.Root, dir string, r record, c Config) looked {
	l := looked{sum: r.Sum}
	altered := func(name string) looked {
		l.fault = fault.New(packfile.CodeModified, "%s is not what the package's manifest says", path.Join(dir, name)).At(name).
			Hinted("somebody changed it after it was installed; install the package again").Classed(fault.Config)
		return l
	}
	var err error
	if l.text, err = root.ReadFile(path.Join(dir, plugpack.ManifestFile)); err != nil || plugpack.SumOf(l.text) != r.Sum {
		return altered(plugpack.ManifestFile)
	}
	if l.manifest, err = plugpack.ParseManifest(l.text); err != nil {
		l.fault = fault.From(err)
		return l
	}
	if l.manifest.Name+"/"+l.manifest.Version != dir {
		return altered(plugpack.ManifestFile)
	}
	if text, err := root.ReadFile(path.Join(dir, plugpack.SignatureFile)); err == nil {
		if l.signature, err = plugpack.ParseSignature(text); err != nil {
			return altered(plugpack.SignatureFile)
		}
	}
	for _, name := range l.names(c) {
		info, err := root.Lstat(path.Join(dir, name))
		if err != nil || !info.Mode().IsRegular() {
			return altered(name)
		}
		l.stamps = append(l.stamps, stamp{info})
	}
	for _, f := range l.manifest.Installed(c.OS, c.Arch) {
		if ctx.Err() != nil {
			l.fault = fault.From(ctx.Err())
			return l
		}
		if sum, err := sumOf(root, path.Join(dir, f.Path), f.Size); err != nil || sum != f.SHA256 {
			return altered(f.Path)
		}
	}
	return l
}

// sumOf gives the sum of a file, of which no more than one byte beyond size is read.
func sumOf(root *os.Root, name string, size int64) (string, error) {
	file, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	hash := sha256.New()
	if _, err := io.Copy(hash, io.LimitReader(file, size+1)); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// Read gives a file of an installed version, checked by its sum.
func (s *Shelf) Read(id, version, name string) ([]byte, error) {
	root, err := s.open()
	if err != nil {
		return nil, err
	}
	if root == nil {
		return nil, notInstalled(id, version)
	}
	defer func() { _ = root.Close() }() // it was only read
	st, err := must(root, id, version)
	if err != nil {
		return nil, err
	}
	dir := path.Join(id, version)
	text, err := root.ReadFile(path.Join(dir, plugpack.ManifestFile))
	if err != nil || plugpack.SumOf(text) != st.find(version).Sum {
		return nil, changed(name)
	}
	m, err := plugpack.ParseManifest(text)
	if err != nil {
		return nil, err
	}
	f, ok := m.File(name)
	if !ok {
		return nil, changed(name)
	}
	content, err := readOf(root, path.Join(dir, name), f.Size)
	if err != nil || plugpack.SumOf(content) != f.SHA256 {
		return nil, changed(name)
	}
	return content, nil
}

// readOf gives the content of a file, of which no more than one byte beyond size is read.
func readOf(root *os.Root, name string, size int64) ([]byte, error) {
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(file, size+1))
}

func changed(name string) error {
	return fault.New(packfile.CodeModified, "%s is not what the package's manifest says", name).At(name).
		Hinted("somebody changed it after it was installed; install the package again").Classed(fault.Config)
}
