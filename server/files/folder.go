package files

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// doneFolder takes the files of a folder that were read.
const doneFolder = "done"

// Entry is a file in a folder.
type Entry struct {
	Name     string
	Size     int64
	Modified time.Time
	// Fresh says that it changed a moment ago: somebody may still be writing it.
	Fresh bool
}

// FolderPath is where a folder of a workspace lies on the server.
func (s *Service) FolderPath(workspace ledger.ID, folder string) string {
	return filepath.Join(s.Dir, strconv.FormatInt(int64(workspace), 10), "folders", filepath.FromSlash(folder))
}

// folder opens a folder of a workspace and makes it where it is not there. Nothing
// outside of the workspace's folders can be reached: not by its name, not by links in it.
func (s *Service) folder(workspace ledger.ID, name string) (*os.Root, error) {
	all := s.FolderPath(workspace, "")
	if err := os.MkdirAll(all, 0o700); err != nil {
		return nil, unreadable(err, name)
	}
	root, err := os.OpenRoot(all)
	if err != nil {
		return nil, unreadable(err, name)
	}
	defer func() { _ = root.Close() }() // it was only a step
	err = root.MkdirAll(filepath.FromSlash(name), 0o700)
	if err == nil || errors.Is(err, fs.ErrExist) {
		root, err := root.OpenRoot(filepath.FromSlash(name))
		if err == nil {
			return root, nil
		}
		return nil, unreadable(err, name)
	}
	return nil, unreadable(err, name)
}

func unreadable(err error, name string) error {
	return fault.Wrap(err, "file.folder_unreadable", "the folder %s can't be read", name).At("folder").Classed(fault.Config).
		Hinted("choose a folder of the workspace, and look whether the program may read it")
}

// list gives the files of a folder that fit a pattern, the oldest first. Hidden ones
// and those that programs write on the way are none; neither is a link or a folder.
func (s *Service) list(root *os.Root, pattern string) ([]Entry, error) {
	found, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, unreadable(err, filepath.Base(root.Name()))
	}
	var all []Entry
	for _, d := range found {
		fits, err := path.Match(pattern, d.Name())
		if err != nil {
			return nil, fault.New("file.pattern_invalid", "%s is no pattern of file names", pattern).At("pattern").Classed(fault.Config).Hinted("for example *.csv or order-*.xlsx")
		}
		if !fits || !d.Type().IsRegular() || onTheWay(d.Name()) {
			continue
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // it went meanwhile
		}
		if err != nil {
			return nil, unreadable(err, filepath.Base(root.Name()))
		}
		all = append(all, Entry{d.Name(), info.Size(), info.ModTime(), s.fresh(info.ModTime())})
	}
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Or(a.Modified.Compare(b.Modified), strings.Compare(a.Name, b.Name)) })
	return all, nil
}

// fresh reports whether a change is so near that it may go on. A time that lies far
// ahead is another clock's.
func (s *Service) fresh(at time.Time) bool { return s.Clock().Sub(at).Abs() < s.Quiet }

// onTheWay tells by its name that a file is not there for good.
func onTheWay(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || slices.ContainsFunc([]string{".part", ".tmp", ".crdownload", ".filepart"}, func(end string) bool {
		return strings.HasSuffix(lower, end)
	})
}

// Stamp tells when what a spec reads from a folder last changed: the zero time where it
// reads no folder, where no file fits, and while one of them is still being written.
// It grows when a file comes in, changes, or takes another one's place.
func (s *Service) Stamp(_ context.Context, workspace ledger.ID, settings []byte) (time.Time, error) {
	spec := ReadSpec(settings)
	if spec.From != FromFolder || spec.Folder == "" {
		return time.Time{}, nil
	}
	root, err := s.folder(workspace, spec.Folder)
	if err != nil {
		return time.Time{}, err
	}
	defer func() { _ = root.Close() }() // it was only read
	all, err := s.list(root, spec.Pattern)
	if err != nil || len(all) == 0 || slices.ContainsFunc(all, func(e Entry) bool { return e.Fresh }) {
		return time.Time{}, err
	}
	last := all[len(all)-1].Modified
	// A file that was moved here keeps the time of its last change: the folder has that of the move.
	if info, err := root.Stat("."); err == nil && info.ModTime().After(last) {
		last = info.ModTime()
	}
	if s.fresh(last) {
		return time.Time{}, nil
	}
	return last, nil
}

// away moves a file that was read into the folder done, or deletes it.
func away(root *os.Root, name, after string, at time.Time) error {
	if after == Remove {
		return root.Remove(name)
	}
	if err := root.Mkdir(doneFolder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	ending := path.Ext(name)
	to := name
	for n := 1; ; n++ {
		if _, err := root.Lstat(path.Join(doneFolder, to)); errors.Is(err, fs.ErrNotExist) {
			return root.Rename(name, path.Join(doneFolder, to))
		} else if err != nil {
			return err
		}
		to = strings.TrimSuffix(name, ending) + "-" + at.UTC().Format("20060102-150405")
		if n > 1 {
			to += "-" + strconv.Itoa(n)
		}
		to += ending
	}
}
