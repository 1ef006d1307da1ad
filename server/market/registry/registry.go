// Package registry is a list of template packages in a folder that any web server can hand
// out: a private registry of templates. Nothing in it is trusted: what is stored is checked by
// the package's own signature.
//
// It may import engine/plugpack with its packfile and version, server/depot,
// server/market/template, server/market/templatepack, sdk/fault and sdk/field: never a service
// or a database.
package registry

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/plugpack/packfile"
	"github.com/karezflow/karez/engine/plugpack/version"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/depot"
	"github.com/karezflow/karez/server/market/template"
	"github.com/karezflow/karez/server/market/templatepack"
)

// File is the name of the list beside the packages: a folder may hold connectors' packages and
// their list too.
const File = "templates.json"

// MaxSize bounds the list, in bytes; patience how long a file may take to come.
const (
	MaxSize  = 8 << 20
	patience = time.Minute
)

// Codes of failures.
const (
	// CodeInvalid means that the list can't be read or made.
	CodeInvalid = "template.index_invalid"
	// CodeMismatch means that a file is not the one of the list.
	CodeMismatch = "template.index_mismatch"
)

// Index is the list, by id and version.
type Index struct {
	Format    int     `json:"format"`
	Templates []Entry `json:"templates"`
}

// Entry is one package file, as the list says.
type Entry struct {
	ID         string                   `json:"id"`
	Version    string                   `json:"version"`
	Title      field.Text               `json:"title"`
	Summary    field.Text               `json:"summary"`
	Author     string                   `json:"author"`
	Karez      string                   `json:"karez,omitempty"`
	Connectors []templatepack.Connector `json:"connectors"`
	// Key is the id of the key that signed it, "" for none.
	Key string `json:"key,omitempty"`
	// File is its name beside the list, Size and SHA256 are the file's.
	File   string `json:"file"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Build lists the packages of a folder, the same text for the same files. A file that is no
// whole package, or whose template has problems, fails it.
func Build(dir fs.FS) ([]byte, error) {
	names, err := fs.Glob(dir, "*"+templatepack.Extension)
	if err != nil {
		return nil, invalid(".", err)
	}
	list := Index{Format: templatepack.Format, Templates: []Entry{}}
	for _, name := range names {
		content, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, invalid(name, err)
		}
		p, err := templatepack.Open(content)
		if err != nil {
			return nil, fault.From(err).InFile(name)
		}
		m := p.Manifest
		e := Entry{
			ID: m.ID, Version: m.Version, Title: m.Title, Summary: p.Template.Metadata.Summary, Author: m.Author, Karez: m.Karez, Connectors: m.Connectors,
			File: name, Size: int64(len(content)), SHA256: packfile.SumOf(content),
		}
		if p.Signature != nil {
			e.Key = p.Signature.Key
		}
		list.Templates = append(list.Templates, e)
	}
	slices.SortFunc(list.Templates, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), version.Compare(a.Version, b.Version))
	})
	for i := 1; i < len(list.Templates); i++ {
		if a, b := list.Templates[i-1], list.Templates[i]; a.ID == b.ID && a.Version == b.Version {
			return nil, invalid(b.File, errors.New("the same template and version as "+a.File))
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err = encoder.Encode(list)
	return out.Bytes(), err
}

// Parse reads a list.
func Parse(text []byte) (*Index, error) {
	if len(text) > MaxSize {
		return nil, invalid(File, errors.New("too large"))
	}
	list := &Index{}
	if err := json.Unmarshal(text, list); err != nil {
		return nil, invalid(File, err)
	}
	if list.Format > templatepack.Format {
		return nil, fault.New(templatepack.CodeNewer, "the template is of format %d, and this program knows %d", list.Format, templatepack.Format).At(File).
			Hinted("install a newer Karez first").Classed(fault.Config)
	}
	plain := regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._+@-]*$`)
	for _, e := range list.Templates {
		if !plain.MatchString(e.File) || path.Base(e.File) != e.File || e.Size < 0 || e.Size > templatepack.MaxSize || !template.Semantic(e.Version) {
			return nil, invalid(File, errors.New("a file lies elsewhere, or has no version"))
		}
	}
	return list, nil
}

// Pick gives a version of a template, "" for the newest; false where it is not in the list.
func (x *Index) Pick(id, want string) (Entry, bool) {
	var best Entry
	for _, e := range x.Templates {
		if e.ID == id && (want == "" || e.Version == want) && (best.ID == "" || version.Compare(e.Version, best.Version) > 0) {
			best = e
		}
	}
	return best, best.ID != ""
}

// Registry is a place with a list.
type Registry struct {
	// From is the folder or the address, as an administrator wrote it.
	From string

	get depot.Source
}

// Open takes a folder or an address; plain allows an address without HTTPS. Nothing is fetched yet.
func Open(from string, plain bool) (*Registry, error) {
	get, err := depot.Open(from, File, plain)
	if err != nil {
		return nil, err
	}
	return &Registry{from, get}, nil
}

// List fetches the list.
func (r *Registry) List(ctx context.Context) (*Index, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	text, err := r.get.Read(ctx, File, MaxSize)
	if err != nil {
		return nil, err
	}
	return Parse(text)
}

// Fetch fetches a package's file, and refuses one that is not the entry's.
func (r *Registry) Fetch(ctx context.Context, e Entry) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	file, err := r.get.Read(ctx, e.File, e.Size)
	if err != nil {
		return nil, err
	}
	if int64(len(file)) != e.Size || packfile.SumOf(file) != e.SHA256 {
		return nil, fault.New(CodeMismatch, "%s is not the file of the list", e.File).At(e.File).
			Hinted("make the list anew, or find out where the file comes from").Classed(fault.Data)
	}
	return file, nil
}

func invalid(name string, err error) error {
	return fault.Wrap(err, CodeInvalid, "the list of templates can't be used because of %s", name).At(name).
		Hinted("make it anew with karez template index").Classed(fault.Config)
}
