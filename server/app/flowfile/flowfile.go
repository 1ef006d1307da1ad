// Package flowfile reads files with flows for the command line, and knows the
// connections that are written into them.
//
// It may import engine/flow and the sdk: never a service, a store or the command line.
package flowfile

import (
	"context"
	"os"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// Plugins give the manifests of installed connectors.
type Plugins interface {
	// Manifest gives that of a version: "" is the newest.
	Manifest(ctx context.Context, id, version string) (*manifest.Manifest, error)
}

// Read reads a file. What is wrong with its text is a problem, not an error.
func Read(file string) ([]*flow.Document, []flow.Problem, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the user names the file
	if err != nil {
		return nil, nil, fault.Wrap(err, "file.unreadable", "the file can't be read")
	}
	docs, err := flow.Parse(data)
	if err != nil {
		return nil, []flow.Problem{flow.ProblemOf(fault.From(err), "")}, nil
	}
	if len(docs) == 0 {
		return nil, []flow.Problem{flow.ProblemOf(fault.New("flow.empty_file", "the file holds no flow"), "")}, nil
	}
	return docs, nil, nil
}

// Catalogue sees the connections written into a document, and those of the file's others.
type Catalogue struct {
	Ctx       context.Context //nolint:containedctx // lives for one call of compile.Flow only
	Installed Plugins
	Doc       *flow.Document
	Others    []*flow.Document
}

// Manifest implements compile.Catalogue.
func (c Catalogue) Manifest(name string) (*manifest.Manifest, error) {
	inline, ok := c.Doc.Spec.Connections[name]
	for n := 0; !ok && n < len(c.Others); n++ {
		inline, ok = c.Others[n].Spec.Connections[name]
	}
	if !ok {
		return nil, fault.New("connection.unknown", "there is no connection named %s", name).Classed(fault.Config).
			Hinted("write it into the file under spec.connections")
	}
	m, err := c.Installed.Manifest(c.Ctx, inline.Connector, inline.Version)
	if err != nil {
		return nil, err
	}
	return m.At(inline.Settings), nil
}

// Resolve reads the environment variables that a connection names.
func Resolve(env func(string) (string, bool), inline flow.InlineConnection, at string) (settings []byte, secrets map[string]string, problems []flow.Problem) {
	lookup := func(name, path string) string {
		text, ok := env(name)
		if !ok || text == "" {
			problems = append(problems, flow.ProblemOf(fault.New("connection.env_missing", "the environment variable %s is not set", name).
				Hinted("set %s, or use --sandbox to run against the simulated systems", name), path))
		}
		return text
	}
	settings = []byte{'{'}
	for key, v := range item.Of(inline.Settings).Fields() {
		raw := v.Raw()
		if name, ok := strings.CutPrefix(v.Text(), flow.EnvPrefix); ok && v.Kind() == item.String {
			raw = item.AppendText(nil, lookup(name, at+".settings."+key))
		}
		if len(settings) > 1 {
			settings = append(settings, ',')
		}
		settings = append(append(item.AppendText(settings, key), ':'), raw...)
	}
	secrets = map[string]string{}
	for key, v := range inline.Secrets {
		secrets[key] = lookup(strings.TrimPrefix(v, flow.EnvPrefix), at+".secrets."+key)
	}
	return append(settings, '}'), secrets, problems
}
