package flowfile

import (
	"context"
	"io/fs"
	"os"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// Manifests are plugins whose manifests may also stand in a folder, as
// <connector>/manifest.yaml: a flow can be checked before its connectors are there.
type Manifests struct {
	Installed Plugins
	// Dir is the folder, "" for none.
	Dir string
}

// Manifest implements Plugins: what is installed comes first.
func (m Manifests) Manifest(ctx context.Context, id, version string) (*manifest.Manifest, error) {
	found, err := m.Installed.Manifest(ctx, id, version)
	if m.Dir == "" || fault.CodeOf(err) != "connector.missing" {
		return found, err
	}
	text, failed := fs.ReadFile(os.DirFS(m.Dir), id+"/manifest.yaml")
	if failed != nil {
		return nil, err // which says what is missing
	}
	return manifest.Parse(text)
}
