package plugins

import (
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/leaflet"
)

// packed are the files of an installed package, each read against its sum.
type packed struct {
	*Service

	manifest *plugpack.Manifest
}

// Names implements leaflet.Files.
func (p packed) Names() ([]string, error) {
	names := make([]string, len(p.manifest.Files))
	for i, f := range p.manifest.Files {
		names[i] = f.Path
	}
	return names, nil
}

// Size implements leaflet.Files.
func (p packed) Size(name string) (int64, error) {
	f, ok := p.manifest.File(name)
	if !ok {
		return 0, access.Missing()
	}
	return f.Size, nil
}

// Read implements leaflet.Files.
func (p packed) Read(name string) ([]byte, error) {
	return p.Shelf.Read(p.manifest.Name, p.manifest.Version, name)
}

// nothing is of a program beside which nothing lies.
type nothing struct{}

// Names implements leaflet.Files.
func (nothing) Names() ([]string, error) { return nil, nil }

// Size implements leaflet.Files.
func (nothing) Size(string) (int64, error) { return 0, access.Missing() }

// Read implements leaflet.Files.
func (nothing) Read(string) ([]byte, error) { return nil, access.Missing() }

// folder are the files in a folder; what is linked leads nowhere else.
type folder struct{ root *os.Root }

// mostFiles bounds how many files of a folder are looked at.
const mostFiles = 1000

// Names implements leaflet.Files.
func (f folder) Names() ([]string, error) {
	var names []string
	err := fs.WalkDir(f.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && name != "docs" && !strings.HasPrefix(name, "docs/"):
			return fs.SkipDir
		case d.Type().IsRegular():
			names = append(names, name)
		}
		if len(names) >= mostFiles {
			return fs.SkipAll
		}
		return nil
	})
	if err != nil {
		return nil, unreadable(err)
	}
	return names, nil
}

// Size implements leaflet.Files.
func (f folder) Size(name string) (int64, error) {
	info, err := f.root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return 0, access.Missing()
	}
	return info.Size(), nil
}

// Read implements leaflet.Files.
func (f folder) Read(name string) ([]byte, error) {
	size, err := f.Size(name)
	if err != nil {
		return nil, err
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, unreadable(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, size))
	if err != nil {
		return nil, unreadable(err)
	}
	return text, nil
}

func unreadable(err error) error {
	return fault.Wrap(err, leaflet.CodeUnreadable, "what lies beside the program can't be read").
		Hinted("look at the permissions of the folder of connectors").Classed(fault.Config)
}
