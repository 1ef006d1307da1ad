// Package copies keeps private copies of what connectors are made of: their executables and,
// of declarative ones, their definitions. What is run is the copy whose sum was taken, so that
// a file which is exchanged after the look does not run.
//
// It may import engine/pluginhost/internal/confined, sdk/declarative and sdk/fault only.
package copies

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/karezflow/karez/engine/pluginhost/internal/confined"
	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/fault"
)

// CodeUnreadable means that a file could not be copied.
const CodeUnreadable = "plugin.unreadable"

// Store is the folder of the copies.
type Store struct{ dir string }

const storePrefix = "karez-"

// Stamp tells whether files were exchanged since they were looked at.
type Stamp []os.FileInfo

// Same reports whether the files are those that they were.
func (s Stamp) Same(now Stamp) bool {
	return len(s) > 0 && slices.EqualFunc(s, now, func(a, b os.FileInfo) bool {
		return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && a.Mode() == b.Mode()
	})
}

// Source is what a connector is made of: its program and, of a declarative connector, the
// folder of its definition, which another program serves.
type Source struct {
	Program, Definition string
	Stamp               Stamp
}

// Look looks at an entry of a folder, and reports whether it is a connector: a file, or a
// folder with a definition, which the interpreter serves.
func Look(path, interpreter string) (Source, bool) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return Source{}, false
	case info.Mode().IsRegular():
		return Source{Program: path, Stamp: Stamp{info}}, true
	case !info.IsDir():
		return Source{}, false
	}
	s := Source{Program: interpreter, Definition: path}
	for _, file := range append([]string{interpreter}, definitionFiles(path)...) {
		info, err := os.Stat(file)
		switch {
		case err == nil && info.Mode().IsRegular():
			s.Stamp = append(s.Stamp, info)
		case file != interpreter: // whoever takes it finds that the interpreter is missing
			return Source{}, false
		}
	}
	return s, true
}

// Interpreter is the program that serves declarative connectors among those of a folder.
func Interpreter(dir string) string {
	name := declarative.Program
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(dir, name)
}

func definitionFiles(dir string) []string {
	return []string{filepath.Join(dir, declarative.ManifestFile), filepath.Join(dir, declarative.DefinitionFile)}
}

// New makes a folder for this process's copies, and removes those of engines
// that were killed and could not.
func New(parent string) (*Store, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	left, _ := filepath.Glob(filepath.Join(parent, storePrefix+"*"))
	for _, dir := range left {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), storePrefix), "-")
		if pid, err := strconv.Atoi(owner); err == nil && confined.Gone(pid) {
			_ = os.RemoveAll(dir)
		}
	}
	dir, err := os.MkdirTemp(parent, fmt.Sprintf("%s%d-", storePrefix, os.Getpid()))
	if err != nil {
		return nil, fault.Wrap(err, CodeUnreadable, "no folder for the copies of connectors").Classed(fault.Config)
	}
	return &Store{dir: dir}, nil
}

// Sockets is where the folders of sockets are made: here, where those of an engine
// that is killed are removed by the next one, unless the path is too long for them.
func (s *Store) Sockets() string {
	if len(s.dir) > 48 {
		return ""
	}
	return s.dir
}

// Remove removes the store with all copies.
func (s *Store) Remove() { _ = os.RemoveAll(s.dir) }

// Copy is an executable in the store, with the folder of the definition that it serves.
type Copy struct {
	// Path is the executable, Home an empty folder for its process, Sum the SHA-256 in hex.
	Path, Home, Sum string

	definition string
	// defined is the sum of the definition without the program that serves it.
	defined string
}

// Is reports whether a sum in hex is the copy's; the sum of a definition alone is as well, since
// the program that serves it is that of this installation, whoever made the definition.
func (c Copy) Is(sum string) bool {
	return strings.EqualFold(sum, c.Sum) || c.defined != "" && strings.EqualFold(sum, c.defined)
}

// Args are what the executable is started with before anything else.
func (c Copy) Args() []string {
	if c.definition == "" {
		return nil
	}
	return []string{declarative.Flag, c.definition}
}

// Files are those that the executable reads.
func (c Copy) Files() []string {
	if c.definition == "" {
		return []string{c.Path}
	}
	return []string{c.Path, c.definition}
}

// Check refuses a definition that no program could serve.
func (c Copy) Check() *fault.Fault {
	if c.definition == "" {
		return nil
	}
	if _, err := declarative.Load(c.definition); err != nil {
		return fault.From(err).Unapplied()
	}
	return nil
}

// Take copies the files, and gives the sum of exactly the bytes that it wrote: that of the
// program or, of a declarative connector, that of the sums of all.
func (s *Store) Take(from Source) (Copy, *fault.Fault) {
	folder, err := os.MkdirTemp(s.dir, "")
	if err != nil {
		return Copy{}, unreadable(err)
	}
	c := Copy{Path: filepath.Join(folder, filepath.Base(from.Program)), Home: filepath.Join(folder, "home")}
	if c.Sum, err = copyFile(from.Program, c.Path, 0o500); err == nil {
		err = os.Mkdir(c.Home, 0o700)
	}
	if err == nil && from.Definition != "" {
		err = define(&c, from.Definition, filepath.Join(folder, "definition"))
	}
	if err != nil {
		c.Drop()
		return Copy{}, unreadable(err)
	}
	return c, nil
}

// define copies the files of a definition.
func define(c *Copy, from, to string) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	sums := []string{c.Sum}
	for _, file := range definitionFiles(from) {
		sum, err := copyFile(file, filepath.Join(to, filepath.Base(file)), 0o400)
		if err != nil {
			return err
		}
		sums = append(sums, sum)
	}
	c.Sum, c.defined, c.definition = declarative.SumOf(sums...), declarative.SumOf(sums[1:]...), to
	return nil
}

func copyFile(path, to string, mode os.FileMode) (sum string, err error) {
	from, err := os.Open(path) //nolint:gosec // the folder is the administrator's
	if err != nil {
		return "", err
	}
	defer func() { _ = from.Close() }()
	// While the copy is open for writing, a process that is forked elsewhere would
	// inherit it, and executing it would fail with "text file busy".
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return write(from, to, mode)
}

func write(from io.Reader, path string, mode os.FileMode) (sum string, err error) {
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) //nolint:gosec // this user's alone
	if err != nil {
		return "", err
	}
	defer func() {
		if closeErr := to.Close(); err == nil {
			err = closeErr
		}
	}()
	hash := sha256.New()
	if _, err = io.Copy(io.MultiWriter(to, hash), from); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// Drop removes a copy that nothing runs any more.
func (c Copy) Drop() {
	if c.Path != "" {
		_ = os.RemoveAll(filepath.Dir(c.Path))
	}
}

func unreadable(err error) *fault.Fault {
	return fault.Wrap(err, CodeUnreadable, "the connector's file cannot be copied").Classed(fault.Config)
}
