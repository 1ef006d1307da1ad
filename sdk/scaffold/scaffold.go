// Package scaffold writes the beginning of a connector: a program that compiles, passes the
// conformance suite and can be changed from there into one for another system. What it
// writes in Go is the package skeleton, which is built and tested with everything else.
//
// It may import the standard library and sdk/fault.
package scaffold

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
)

//go:embed all:skeleton all:node all:definition
var files embed.FS

// WithoutCode is the language of a connector that has a definition in place of a program.
const WithoutCode = "yaml"

// Languages are those in which a connector can be begun.
func Languages() []string { return []string{"go", "node", WithoutCode} }

const (
	// sdk is the module that connectors import; sample what the skeleton is called.
	sdk    = "github.com/karezflow/karez"
	home   = sdk + "/sdk/scaffold/skeleton"
	sample = "sample-orders"
)

// Options say what is written.
type Options struct {
	// ID is the connector's: small letters, digits and hyphens.
	ID string
	// Language is one of Languages, "go" by default.
	Language string
	// Protocol is the text of the connector protocol, for programs in languages other than Go.
	Protocol []byte
	// Module is the Go module's path; the id by default.
	Module string
	// Version is the version of Karez whose SDK it is built with, for example v1.4.0. Source
	// is a folder with the SDK's source, in place of a published version.
	Version, Source string
}

// Write writes a connector into a new or empty folder and gives the files' names. It
// writes nothing where it refuses: "scaffold.id", "scaffold.language",
// "scaffold.version" and "scaffold.exists".
func Write(dir string, o Options) ([]string, error) {
	if !regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`).MatchString(o.ID) {
		return nil, fault.New("scaffold.id", "%q is not a connector's id", o.ID).Classed(fault.Config).
			Hinted("small letters, digits and hyphens, for example acme-orders")
	}
	if o.Language == "" {
		o.Language = "go"
	}
	if !slices.Contains(Languages(), o.Language) {
		return nil, fault.New("scaffold.language", "a connector in %s can't be begun", o.Language).Classed(fault.Config).
			Hinted("one of %s; any language that has gRPC can serve the protocol", strings.Join(Languages(), ", "))
	}
	if o.Language == "go" && o.Version == "" && o.Source == "" {
		return nil, fault.New("scaffold.version", "this build has no version that a connector could be built with").Classed(fault.Config).
			Hinted("name the folder of the source: --sdk DIR")
	}
	if o.Module == "" {
		o.Module = o.ID
	}
	if old, err := os.ReadDir(dir); err == nil && len(old) > 0 {
		return nil, fault.New("scaffold.exists", "%s is not empty", dir).Classed(fault.Config).Hinted("name a folder that does not exist yet")
	}
	written, err := o.files()
	if err != nil {
		return nil, err
	}
	return put(dir, written)
}

// files gives what is written, by name.
func (o Options) files() (map[string][]byte, error) {
	written := map[string][]byte{".gitignore": []byte("bin/\nnode_modules/\n")}
	if o.Language == WithoutCode {
		for _, name := range []string{"manifest.yaml", "icon.svg"} {
			if err := o.take(written, "skeleton/"+name); err != nil {
				return nil, err
			}
		}
		// Its package has no program, and so no simulation.
		written["manifest.yaml"] = bytes.Replace(written["manifest.yaml"], []byte("\ntimeZone:"), []byte("\nnoSandbox: true\ntimeZone:"), 1)
		return written, o.takeAll(written, "definition")
	}
	if o.Language == "node" {
		written["connector.proto"] = o.Protocol
		for _, name := range []string{"manifest.yaml", "conformance.yaml", "icon.svg"} {
			if err := o.take(written, "skeleton/"+name); err != nil {
				return nil, err
			}
		}
		return written, o.takeAll(written, "node")
	}
	mod, err := o.goMod()
	if err != nil {
		return nil, err
	}
	written["go.mod"] = mod
	return written, o.takeAll(written, "skeleton")
}

// takeAll takes the files of a folder.
func (o Options) takeAll(written map[string][]byte, folder string) error {
	return fs.WalkDir(files, folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return o.take(written, path)
	})
}

// take takes a file, with the connector's own names in it.
func (o Options) take(written map[string][]byte, path string) error {
	data, err := files.ReadFile(path)
	rename := strings.NewReplacer(home, o.Module, sample, o.ID, "示例订单系统", o.ID, "Sample orders", o.ID, `"sample.`, `"`+o.ID+`.`, `'sample.`, `'`+o.ID+`.`, " //nolint:forbidigo // the process's clock comes in here", "")
	_, name, _ := strings.Cut(path, "/")
	written[name] = []byte(rename.Replace(string(data)))
	return err
}

// goMod writes the module's file; `go mod tidy` completes it.
func (o Options) goMod() ([]byte, error) {
	version, replace := o.Version, ""
	if o.Source != "" {
		source, err := filepath.Abs(o.Source)
		if err != nil {
			return nil, err
		}
		version, replace = "v0.0.0", fmt.Sprintf("\nreplace %s => %s\n", sdk, source)
	}
	return fmt.Appendf(nil, "module %s\n\ngo 1.26\n\nrequire %s %s\n%s", o.Module, sdk, version, replace), nil
}

func put(dir string, all map[string][]byte) (names []string, err error) {
	for name, data := range all {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o750); err != nil {
			return nil, err
		}
		if err := os.WriteFile(at, data, 0o600); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}
