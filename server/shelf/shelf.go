// Package shelf keeps installed connector packages in a folder: versions side by side,
// which one is active, and whom to trust. It needs no database, so that the command line
// can use the folder of a program that runs, and that program takes up what changed.
//
//	<dir>/<id>/<version>/   what a package unpacks to, for this platform
//	<dir>/<id>/state.json   the versions with their sums, the active one, the pin
//	<dir>/trust.json        keys that administrators added
//	<dir>/revoked.json      what must not be used any more
//
// It may import engine/plugpack, its packfile and version, and sdk/fault: never a service, a database,
// HTTP or a connector's process.
package shelf

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/packfile"
	"github.com/karezflow/karez/engine/plugpack/version"
	"github.com/karezflow/karez/sdk/fault"
)

// Codes of refusals. Those about the package itself are in engine/plugpack.
const (
	// CodeRevoked, CodeUnsigned and CodeExpired are about trust.
	CodeRevoked  = "package.revoked"
	CodeUnsigned = "package.unsigned"
	CodeExpired  = "package.key_expired"
	// CodeExists means that another package of the same version is installed.
	CodeExists = "package.version_exists"
	// CodeDowngrade means that a newer version is installed.
	CodeDowngrade = "package.downgrade"
	// CodeOther means that the package is not the one that was looked at.
	CodeOther = "package.other"
	// CodeMissing means that no such connector or version is installed.
	CodeMissing = "package.not_installed"
	// CodeActive means that the version serves and others are there.
	CodeActive = "package.active"
	// CodeNoPrevious means that there is nothing to go back to.
	CodeNoPrevious = "package.no_previous"
	// CodeDamaged means that a file of this program's own can't be read.
	CodeDamaged = "package.state_damaged"
	// CodeStatus, CodeKeyUnknown and CodeRevocation are about keys and the list of revocations.
	CodeStatus     = "package.key_status"
	CodeKeyUnknown = "package.key_unknown"
	CodeRevocation = "package.revocation_invalid"
)

// Config says where packages are kept and what runs here.
type Config struct {
	// Dir is the folder. It is made when something is installed.
	Dir string
	// Core are the keys of the makers of this program.
	Core []plugpack.Key
	// OS and Arch are this platform, SDK the wire versions that this program speaks.
	OS, Arch string
	SDK      []int
	Clock    func() time.Time
}

// Shelf is the folder. It is safe for concurrent use, also by several processes.
type Shelf struct {
	config Config

	// changing is held while this process changes the folder.
	changing sync.Mutex

	mu sync.Mutex
	// recent is what the last look gave, seen when that was; changes counts those of this
	// process, and seenAt how many had been made.
	recent          []Connector
	seen            time.Time
	changes, seenAt uint64
	// checked are versions that were looked at, by their folder.
	checked map[string]looked
}

// New makes a Shelf. It reads nothing yet.
func New(c Config) *Shelf { return &Shelf{config: c, checked: map[string]looked{}} }

// state is what is known of a connector's versions.
type state struct {
	Format int    `json:"format"`
	Active string `json:"active"`
	// Previous is the version that was active before, "" for none.
	Previous string   `json:"previous,omitempty"`
	Pinned   bool     `json:"pinned"`
	Versions []record `json:"versions"`
}

// record is an installed version.
type record struct {
	Version string `json:"version"`
	// Sum is that of the package's manifest, which names the sums of all files.
	Sum string `json:"sum"`
	// Unsigned says that it may run though nobody vouches for it.
	Unsigned bool      `json:"unsigned,omitempty"`
	By       string    `json:"by,omitempty"`
	At       time.Time `json:"at"`
}

func (s *state) find(version string) *record {
	for i := range s.Versions {
		if s.Versions[i].Version == version {
			return &s.Versions[i]
		}
	}
	return nil
}

// newest gives the newest version, "" where there is none.
func (s *state) newest() string {
	best := ""
	for _, r := range s.Versions {
		if best == "" || version.Compare(r.Version, best) > 0 {
			best = r.Version
		}
	}
	return best
}

func (s *state) activate(version string) {
	if s.Active == version {
		return
	}
	s.Previous, s.Active = s.Active, version
}

const (
	stateFile = "state.json"
	lockFile  = ".lock"
	incoming  = ".incoming"
)

// open opens the folder; nil where it does not exist.
func (s *Shelf) open() (*os.Root, error) {
	root, err := os.OpenRoot(s.config.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // an absent folder holds nothing
	}
	if err != nil {
		return nil, damaged(".", err)
	}
	return root, nil
}

// locked runs a change of the folder; no other process changes it meanwhile.
func (s *Shelf) locked(change func(*os.Root) error) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if err := os.MkdirAll(s.config.Dir, 0o700); err != nil {
		return unwritable(err)
	}
	root, err := os.OpenRoot(s.config.Dir)
	if err != nil {
		return unwritable(err)
	}
	defer func() { _ = root.Close() }() // what was written is on the disk
	lock, err := root.OpenFile(lockFile, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return unwritable(err)
	}
	defer func() { _ = lock.Close() }() // which gives the lock back
	if err := hold(lock); err != nil {
		return unwritable(err)
	}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changes++
	}()
	return change(root)
}

// ids gives the connectors of the folder.
func ids(root *os.Root) ([]string, error) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, damaged(".", err)
	}
	var all []string
	for _, e := range entries {
		if e.IsDir() && isID(e.Name()) {
			all = append(all, e.Name())
		}
	}
	return all, nil
}

func isID(name string) bool { return regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`).MatchString(name) }

// load reads a connector's state, nil where it is not installed.
func load(root *os.Root, id string) (*state, error) {
	if !isID(id) {
		return nil, nil //nolint:nilnil // what has no such name is not installed
	}
	st := &state{}
	if err := readJSON(root, path.Join(id, stateFile), st); err != nil {
		return nil, err
	}
	if len(st.Versions) == 0 {
		return nil, nil //nolint:nilnil // as above
	}
	// What leads elsewhere was not written by this program.
	for _, r := range st.Versions {
		if !filepath.IsLocal(r.Version) || path.Base(r.Version) != r.Version {
			return nil, damaged(path.Join(id, stateFile), nil)
		}
	}
	return st, nil
}

// must reads the state of a connector that has to be installed.
func must(root *os.Root, id, version string) (*state, error) {
	st, err := load(root, id)
	if err != nil {
		return nil, err
	}
	if st == nil || version != "" && st.find(version) == nil {
		return nil, notInstalled(id, version)
	}
	return st, nil
}

func notInstalled(id, version string) error {
	return fault.New(CodeMissing, "%s is not installed as a package", join(id, version)).Arg("connector", id).
		Hinted("karez plugin list shows what is installed").Classed(fault.Config)
}

func join(id, version string) string {
	if version == "" {
		return id
	}
	return id + " " + version
}

// save writes a connector's state.
func save(root *os.Root, id string, st *state) error {
	st.Format = 1
	slices.SortFunc(st.Versions, func(a, b record) int { return version.Compare(a.Version, b.Version) })
	return writeJSON(root, path.Join(id, stateFile), st)
}

// writeJSON writes a file in one step: a reader sees the old one or the new one.
func writeJSON(root *os.Root, name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	file, err := root.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return unwritable(err)
	}
	_, err = file.Write(append(text, '\n'))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return unwritable(err)
	}
	if err := root.Rename(name+".new", name); err != nil {
		return unwritable(err)
	}
	return synced(root, path.Dir(name))
}

// synced sees to it that what was renamed in a folder survives a power cut.
func synced(root *os.Root, dir string) error {
	d, err := root.Open(dir)
	if err != nil {
		return unwritable(err)
	}
	if err := errors.Join(syncDir(d), d.Close()); err != nil {
		return unwritable(err)
	}
	return nil
}

func unwritable(err error) error {
	return fault.Wrap(err, packfile.CodeUnwritable, "the folder of connectors can't be written").
		Hinted("look at the space and the permissions of the data folder").Classed(fault.Config)
}
