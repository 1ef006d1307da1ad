// Package market offers flow templates (方案模板): those that ship with the product, those
// that people of a workspace publish of its flows or import as packages, and copies of them
// with connections of the workspace, all or nothing.
//
// It may import server/market's own rooms, server/access, server/catalog, server/connection,
// server/codetable, server/draft, server/shelf, engine/flow, engine/ledger, engine/plugpack with
// its version and the sdk's leaves: never a database or HTTP.
package market

import (
	"embed"
	"encoding/json"
	"io/fs"
	"path"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/market/template"
)

//go:embed templates/*.yaml catalogue/*.yaml samples/*.json
var files embed.FS

// Templates gives the shipped flow documents, one YAML file for each template.
func Templates() fs.FS {
	sub, err := fs.Sub(files, "templates")
	if err != nil {
		return files // the folder is embedded by name, so it is there
	}
	return sub
}

// Shipped gives the templates that ship with the product, in the order of their ids.
// One with problems is an error: it is not listed, and the tests tell.
func Shipped() ([]*template.Template, error) {
	names, err := fs.Glob(files, "catalogue/*.yaml")
	if err != nil {
		return nil, err
	}
	all := make([]*template.Template, 0, len(names))
	for _, name := range names {
		t, err := shipped(strings.TrimSuffix(path.Base(name), ".yaml"))
		if err != nil {
			return nil, fault.From(err).InFile(name)
		}
		all = append(all, t)
	}
	return all, nil
}

// shipped puts a template together: its head, its flows without the accounts that the
// command line reads, and its sample.
func shipped(id string) (*template.Template, error) {
	read := func(name string) []byte {
		text, _ := files.ReadFile(name) // a missing file is empty, which is refused below
		return text
	}
	t, err := template.Parse(read("catalogue/" + id + ".yaml"))
	if err != nil {
		return nil, err
	}
	if t.Spec.Flows, err = flow.Parse(read("templates/" + id + ".yaml")); err != nil {
		return nil, err
	}
	for _, doc := range t.Spec.Flows {
		doc.Spec.Connections = nil
	}
	t.Spec.Samples = []template.Sample{{
		Title: field.Text{ZH: "样例", EN: "Sample"},
		Given: json.RawMessage(read("samples/" + id + ".sample.json")), Expected: json.RawMessage(read("samples/" + id + ".expected.json")),
	}}
	if found := t.Problems(); len(found) > 0 {
		return nil, found[0]
	}
	if t.Metadata.ID != id {
		return nil, fault.New("template.id", "the file is called %s and the template %s", id, t.Metadata.ID)
	}
	return t, nil
}
