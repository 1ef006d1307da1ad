// Package copies keeps the private copies of executables. What is executed is the copy whose
// sum was taken, so a file that is exchanged after the look does not run.
//
// It may import the standard library, internal/confined and sdk/fault, and nothing else.
package copies

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/karezflow/karez/engine/pluginhost/internal/confined"
	"github.com/karezflow/karez/sdk/fault"
)

// CodeUnreadable means that a file could not be copied.
const CodeUnreadable = "plugin.unreadable"

// Store is the folder of the copies of one engine.
type Store struct{ dir string }

const storePrefix = "karez-"

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

// Remove removes all that is left.
func (s *Store) Remove() { _ = os.RemoveAll(s.dir) }

// Copy is an executable in the store.
type Copy struct {
	// Path is the file, Home the folder that its processes work in, Sum the SHA-256 of the
	// file in hex.
	Path, Home, Sum string
}

// Take copies the file, and gives the sum of exactly the bytes that it wrote.
func (s *Store) Take(file string) (Copy, *fault.Fault) {
	from, err := os.Open(file) //nolint:gosec // the folder is the administrator's
	if err != nil {
		return Copy{}, unreadable(err)
	}
	defer func() { _ = from.Close() }()
	folder, err := os.MkdirTemp(s.dir, "")
	if err != nil {
		return Copy{}, unreadable(err)
	}
	// While the copy is open for writing, a process that is forked elsewhere would
	// inherit it, and executing it would fail with "text file busy".
	syscall.ForkLock.RLock()
	sum, err := write(from, filepath.Join(folder, filepath.Base(file)))
	syscall.ForkLock.RUnlock()
	if err != nil {
		return Copy{}, unreadable(err)
	}
	home := filepath.Join(folder, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		return Copy{}, unreadable(err)
	}
	return Copy{Path: filepath.Join(folder, filepath.Base(file)), Home: home, Sum: sum}, nil
}

func write(from io.Reader, path string) (sum string, err error) {
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o500) //nolint:gosec // it is executed by this user alone
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
