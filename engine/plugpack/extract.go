package plugpack

import (
	"context"
	"errors"
	"os"
	"path"
	"strings"

	"github.com/karezflow/karez/engine/plugpack/packfile"
	"github.com/karezflow/karez/sdk/fault"
)

// Extract writes what a platform needs into an empty folder: everything but the
// programs for others. Names lead nowhere else, since the folder is opened as a root;
// what is written is compared with the manifest again. What an error leaves is to be
// thrown away.
func (p *Package) Extract(ctx context.Context, to *os.Root, goos, arch string) error {
	program, _, err := p.Manifest.Start(goos, arch)
	if err != nil {
		return err
	}
	for _, f := range p.Manifest.Installed(goos, arch) {
		if err := ctx.Err(); err != nil {
			return err
		}
		mode := os.FileMode(0o600)
		if f.Path == program {
			mode = 0o700
		}
		if err := create(to, f.Path, mode, func(file *os.File) error { return p.Copy(file, f) }); err != nil {
			return err
		}
	}
	if err := create(to, ManifestFile, 0o600, func(file *os.File) error { return write(file, p.Text) }); err != nil {
		return err
	}
	if p.Signature == nil {
		return nil
	}
	text, err := p.Signature.Text()
	if err != nil {
		return err
	}
	return create(to, SignatureFile, 0o600, func(file *os.File) error { return write(file, text) })
}

// Installed gives the files that Extract writes for a platform, besides the manifest
// and the signature.
func (m *Manifest) Installed(goos, arch string) []File {
	program, _, err := m.Start(goos, arch)
	if err != nil {
		return nil
	}
	var files []File
	for _, f := range m.Files {
		if m.needed(f.Path, program) {
			files = append(files, f)
		}
	}
	return files
}

// needed reports whether a file is written where program runs.
func (m *Manifest) needed(name, program string) bool {
	return name == program || !strings.HasPrefix(name, "bin/")
}

// create makes a file that is not there yet, with what fill writes, and sees it to the disk.
func create(to *os.Root, name string, mode os.FileMode, fill func(*os.File) error) (err error) {
	if dir := path.Dir(name); dir != "." {
		if err := to.MkdirAll(dir, 0o700); err != nil {
			return unwritable(name, err)
		}
	}
	file, err := to.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return unwritable(name, err)
	}
	if err := fill(file); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return unwritable(name, err)
	}
	return nil
}

func write(file *os.File, text []byte) error {
	if _, err := file.Write(text); err != nil {
		return unwritable(file.Name(), err)
	}
	return nil
}

func unwritable(name string, err error) error {
	return fault.Wrap(err, packfile.CodeUnwritable, "%s can't be written", path.Base(name)).At(path.Base(name)).
		Hinted("look at the space and the permissions of the data folder").Classed(fault.Config)
}
