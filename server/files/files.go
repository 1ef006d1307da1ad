// Package files keeps the files that people upload (文件) and watches the folders into
// which other programs put them, and gives their rows to the engine as a system gives
// its documents: page by page, each file checked as a whole before its first row is taken.
//
// What people call passes server/access; Open and Stamp are the program's own.
//
// It may import its rows, server/usage, server/access, engine/ledger, sdk/connector and sdk/fault:
// never a database, HTTP or another service.
package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/usage"
)

// MaxBytes is the largest file that is taken.
const MaxBytes = 256 << 20

// MaxName is how many bytes a file's name has at most.
const MaxName = 190

// File is an uploaded file.
type File struct {
	ID, Workspace ledger.ID
	// Name is unique in the workspace; flows refer to it.
	Name string
	// Sum is the SHA-256 of its content in hexadecimal digits.
	Sum  string
	Size int64
	// By is who uploaded the content, Uploaded when.
	By       string
	Uploaded ledger.Millis
	// UsedBy are the flows that read the file, in their draft or newest version.
	UsedBy []usage.Flow
}

// Store is what the service needs of a database.
type Store interface {
	// Files gives a workspace's files by name.
	Files(ctx context.Context, workspace ledger.ID) ([]File, error)
	// File gives one by its id; ledger.ErrNotFound.
	File(ctx context.Context, workspace, id ledger.ID) (File, error)
	// Named gives one by its name; ledger.ErrNotFound.
	Named(ctx context.Context, workspace ledger.ID, name string) (File, error)
	// Put makes a file, or gives the one of its name the new content where replace is
	// set; false when there is one and it is not. It gives the file as it is stored and
	// the sum of the content it had.
	Put(ctx context.Context, f File, replace bool) (stored File, before string, done bool, err error)
	// Delete removes a file; ledger.ErrNotFound.
	Delete(ctx context.Context, workspace, id ledger.ID) error
	// Holds reports whether a file of a workspace has the content.
	Holds(ctx context.Context, workspace ledger.ID, sum string) (bool, error)
	// Documents gives the drafts and newest versions of a workspace's flows that may read a file.
	Documents(ctx context.Context, workspace ledger.ID) ([]usage.Document, error)
}

// Config wires a Service.
type Config struct {
	Store Store
	// Dir is the folder of all workspaces' files. It is made at first use.
	Dir   string
	Clock func() time.Time
	Log   *slog.Logger
	// Quiet is how long a file in a folder must not have changed before it is read:
	// until then somebody may still be writing it. Default 2 s.
	Quiet time.Duration
	// MaxBytes is the largest file that is taken. Default the constant of that name.
	MaxBytes int64
}

// Service keeps files. It is safe for concurrent use.
type Service struct {
	Config

	// landing keeps content from being removed between its arrival and its file's.
	landing sync.Mutex
}

// New makes a Service with the defaults filled in.
func New(c Config) *Service {
	if c.Quiet == 0 {
		c.Quiet = 2 * time.Second
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = MaxBytes
	}
	return &Service{Config: c}
}

// List gives the files of the caller's workspace.
func (s *Service) List(ctx context.Context) ([]File, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	all, err := s.Store.Files(ctx, p.Workspace)
	if err != nil {
		return nil, err
	}
	users, err := s.users(ctx, p.Workspace)
	for i := range all {
		all[i].UsedBy = users[all[i].Name]
	}
	return all, err
}

// find gives a file of the caller's workspace for an action.
func (s *Service) find(ctx context.Context, action access.Action, id string) (File, error) {
	p, err := access.Of(ctx)
	if err != nil {
		return File{}, err
	}
	no, err := strconv.ParseInt(id, 10, 64)
	if err != nil || no <= 0 {
		return File{}, access.Missing()
	}
	f, err := s.Store.File(ctx, p.Workspace, ledger.ID(no))
	if errors.Is(err, ledger.ErrNotFound) {
		return f, access.Missing()
	}
	if err != nil {
		return f, err
	}
	return f, access.Authorize(ctx, action, f.Workspace)
}

// Upload takes a file's content. A file of the name is given the new content where
// replace is set, else it is "file.exists". What it reads fails as it does; more than
// MaxBytes are "file.too_large".
func (s *Service) Upload(ctx context.Context, name string, content io.Reader, replace bool) (File, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return File{}, err
	}
	if !validName(name) {
		return File{}, fault.New("file.name_invalid", "a file's name has 1 to %d bytes and none of the signs / \\ : * ? \" < > |", MaxName).At("name").Classed(fault.Data)
	}
	if !replace { // told before everything is sent, where the name is taken already
		if _, err := s.Store.Named(ctx, p.Workspace, name); err == nil {
			return File{}, exists(name)
		}
	}
	f := File{Workspace: p.Workspace, Name: name, By: p.Name, Uploaded: ledger.At(s.Clock())}
	half, err := s.take(&f, content)
	if err != nil {
		return File{}, err
	}
	defer func() { _ = os.Remove(half) }() // gone when it was renamed
	s.landing.Lock()
	defer s.landing.Unlock()
	if err := os.Rename(half, filepath.Join(s.uploads(p.Workspace), f.Sum)); err != nil {
		return File{}, unwritable(err)
	}
	stored, before, done, err := s.Store.Put(ctx, f, replace)
	switch {
	case err != nil:
		return File{}, errors.Join(err, s.drop(context.WithoutCancel(ctx), p.Workspace, f.Sum))
	case !done:
		return File{}, errors.Join(exists(name), s.drop(ctx, p.Workspace, f.Sum))
	case before != "" && before != f.Sum:
		if err := s.drop(ctx, p.Workspace, before); err != nil {
			s.Log.WarnContext(ctx, "the content that a file had could not be removed", "file", stored.ID, "error", err)
		}
	}
	s.Log.InfoContext(ctx, "a file was uploaded", "file", stored.ID, "name", name, "bytes", f.Size, "by", p.Name)
	return stored, nil
}

func exists(name string) error {
	return fault.New("file.exists", "there is a file %s already", name).At("name").Classed(fault.Duplicate).
		Hinted("replace its content, or choose another name")
}

func validName(name string) bool {
	return name != "" && len(name) <= MaxName && utf8.ValidString(name) && strings.TrimSpace(name) == name && !strings.HasPrefix(name, ".") &&
		!strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune(`/\:*?"<>|`, r) })
}

// uploads is where the content of a workspace's uploads lies, by its sum.
func (s *Service) uploads(workspace ledger.ID) string {
	return filepath.Join(s.Dir, strconv.FormatInt(int64(workspace), 10), "uploads")
}

// take writes content beside the others under a name of its own, so that half of it
// never passes for the whole. The caller renames or removes it.
func (s *Service) take(f *File, content io.Reader) (half string, err error) {
	dir := s.uploads(f.Workspace)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", unwritable(err)
	}
	out, err := os.CreateTemp(dir, ".part-*")
	if err != nil {
		return "", unwritable(err)
	}
	hash := sha256.New()
	f.Size, err = io.Copy(io.MultiWriter(out, hash), io.LimitReader(content, s.MaxBytes+1))
	if err == nil && f.Size <= s.MaxBytes {
		err = out.Sync()
	}
	f.Sum = hex.EncodeToString(hash.Sum(nil))
	switch err = errors.Join(err, out.Close()); {
	case err != nil:
		err = fault.Wrap(err, "file.not_taken", "the file did not arrive whole").Classed(fault.Transient).Hinted("upload it again")
	case f.Size > s.MaxBytes:
		err = fault.New("file.too_large", "the file has more than %d MiB", s.MaxBytes>>20).Classed(fault.Data).Hinted("split it into several files")
	default:
		return out.Name(), nil
	}
	return "", errors.Join(err, os.Remove(out.Name()))
}

func unwritable(err error) error {
	return fault.Wrap(err, "file.unwritable", "the file can't be written to the server's data folder").Classed(fault.Internal).
		Hinted("look whether the disk is full")
}

// drop removes content that no file of the workspace has. The caller holds landing.
func (s *Service) drop(ctx context.Context, workspace ledger.ID, sum string) error {
	held, err := s.Store.Holds(ctx, workspace, sum)
	if err != nil || held {
		return err
	}
	err = os.Remove(filepath.Join(s.uploads(workspace), sum))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Content gives a file and what it holds. The caller closes it.
func (s *Service) Content(ctx context.Context, id string) (File, io.ReadCloser, error) {
	f, err := s.find(ctx, access.Read, id)
	if err != nil {
		return f, nil, err
	}
	in, err := s.content(f)
	if err != nil {
		return f, nil, err
	}
	return f, in, nil
}

// content opens what an uploaded file holds.
func (s *Service) content(f File) (*os.File, error) {
	in, err := os.Open(filepath.Join(s.uploads(f.Workspace), f.Sum))
	if err != nil {
		return nil, fault.Wrap(err, "file.content_missing", "what the file %s holds is not in the server's data folder", f.Name).Classed(fault.Internal).
			Hinted("upload it again")
	}
	return in, nil
}

// Delete removes a file that no flow reads.
func (s *Service) Delete(ctx context.Context, id string) error {
	f, err := s.find(ctx, access.Edit, id)
	if err != nil {
		return err
	}
	users, err := s.users(ctx, f.Workspace)
	if err != nil {
		return err
	}
	if by := users[f.Name]; len(by) > 0 {
		return usage.Refuse(fault.New("file.in_use", "%d flows read the file", len(by)), by)
	}
	s.landing.Lock()
	defer s.landing.Unlock()
	err = s.Store.Delete(ctx, f.Workspace, f.ID)
	if errors.Is(err, ledger.ErrNotFound) {
		return access.Missing()
	}
	if err != nil {
		return err
	}
	p, _ := access.Of(ctx)
	s.Log.InfoContext(ctx, "a file was deleted", "file", f.ID, "name", f.Name, "by", p.Name)
	return s.drop(ctx, f.Workspace, f.Sum)
}
