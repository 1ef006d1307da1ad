// Package index is a list of packages in a folder that any web server can hand out, and
// how a package is found in it. Nothing in it is trusted: what is installed is checked by
// its own signature.
//
// It may import engine/plugpack, its version, sdk/fault and sdk/field only.
package index

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/version"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
)

// File is the name of the list beside the packages.
const File = "index.json"

// MaxSize bounds the list, in bytes.
const MaxSize = 8 << 20

// Codes of failures.
const (
	// CodeInvalid means that the list can't be read or made.
	CodeInvalid = "package.index_invalid"
	// CodeMismatch means that a file is not the one of the list.
	CodeMismatch = "package.index_mismatch"
	// CodeAbsent means that the list has no such package for this system.
	CodeAbsent = "package.index_absent"
)

// Index is the list, by name and version.
type Index struct {
	Format   int     `json:"format"`
	Packages []Entry `json:"packages"`
}

// Entry is one package file.
type Entry struct {
	Name      string     `json:"name"`
	Version   string     `json:"version"`
	Title     field.Text `json:"title"`
	Publisher string     `json:"publisher,omitempty"`
	// Key is the id of the key that signed it, "" for none.
	Key       string         `json:"key,omitempty"`
	SDK       plugpack.Range `json:"sdk,omitzero"`
	Platforms []string       `json:"platforms"`
	// Definition is the form of a definition, which runs on every platform; 0 for programs.
	Definition int `json:"definition,omitempty"`
	// File is its name beside the list, Size and SHA256 are the file's.
	File   string `json:"file"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Build lists the packages of a folder, the same text for the same files. A file that is
// no whole package fails it.
func Build(ctx context.Context, dir fs.FS) ([]byte, error) {
	names, err := fs.Glob(dir, "*"+plugpack.Extension)
	if err != nil {
		return nil, invalid(".", err)
	}
	list := Index{Format: plugpack.Format, Packages: []Entry{}}
	for _, name := range names {
		content, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, invalid(name, err)
		}
		e, err := entry(ctx, name, content)
		if err != nil {
			return nil, fault.From(err).InFile(name)
		}
		list.Packages = append(list.Packages, e)
	}
	slices.SortFunc(list.Packages, func(a, b Entry) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return version.Compare(a.Version, b.Version)
	})
	for i := 1; i < len(list.Packages); i++ {
		if a, b := list.Packages[i-1], list.Packages[i]; a.Name == b.Name && a.Version == b.Version {
			return nil, invalid(b.File, errors.New("the same connector and version as "+a.File))
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err = encoder.Encode(list)
	return out.Bytes(), err
}

func entry(ctx context.Context, name string, content []byte) (Entry, error) {
	p, err := plugpack.Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return Entry{}, err
	}
	if err := p.Verify(ctx); err != nil {
		return Entry{}, err
	}
	c, err := p.Connector()
	if err != nil {
		return Entry{}, err
	}
	m := p.Manifest
	e := Entry{
		Name: m.Name, Version: m.Version, Title: c.Title, Publisher: m.Publisher, SDK: m.SDK, Definition: m.Definition, Platforms: []string{},
		File: name, Size: int64(len(content)), SHA256: plugpack.SumOf(content),
	}
	if p.Signature != nil {
		e.Key = p.Signature.Key
	}
	for _, program := range m.Programs {
		e.Platforms = append(e.Platforms, program.OS+"/"+program.Arch)
	}
	return e, nil
}

// Parse reads a list.
func Parse(text []byte) (*Index, error) {
	if len(text) > MaxSize {
		return nil, invalid(File, errors.New("too large"))
	}
	list := &Index{}
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(list); err != nil {
		return nil, invalid(File, err)
	}
	if list.Format > plugpack.Format {
		return nil, fault.New(plugpack.CodeNewer, "the package is of format %d, and this program knows formats up to %d", list.Format, plugpack.Format).At(File).
			Hinted("install a newer Karez first").Classed(fault.Config)
	}
	plain := regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._+@-]*$`)
	for _, e := range list.Packages {
		if !plain.MatchString(e.File) || path.Base(e.File) != e.File || e.Size < 0 || e.Size > plugpack.MaxSize {
			return nil, invalid(File, errors.New("a file lies elsewhere"))
		}
	}
	return list, nil
}

// Pick gives the newest package of a name whose version is want, or begins with it, and
// that runs here, where the wire versions are spoken. A pre-release has to be asked for by its
// whole version.
func (x *Index) Pick(name, want, platform string, versions []int) (Entry, error) {
	var best Entry
	for _, e := range x.Packages {
		speaks := (&plugpack.Manifest{SDK: e.SDK, Definition: e.Definition}).Speaks(versions) == nil
		fits := e.Name == name && version.Matches(want, e.Version) && (e.Definition > 0 || slices.Contains(e.Platforms, platform)) && speaks
		if !fits || strings.Contains(e.Version, "-") && e.Version != want {
			continue
		}
		if best.Name == "" || version.Compare(e.Version, best.Version) > 0 {
			best = e
		}
	}
	if best.Name == "" {
		return best, fault.New(CodeAbsent, "the list has no package of %s for %s", strings.TrimRight(name+" "+want, " "), platform).
			Hinted("look at the names and versions in the list").Classed(fault.Config)
	}
	return best, nil
}

// Fetch copies a package's file, and refuses one that is not the entry's: what was
// written then is to be thrown away.
func (e Entry) Fetch(to io.Writer, from io.Reader) error {
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, hash), io.LimitReader(from, e.Size+1))
	if err != nil {
		return invalid(e.File, err)
	}
	if n != e.Size || hex.EncodeToString(hash.Sum(nil)) != e.SHA256 {
		return fault.New(CodeMismatch, "%s is not the file of the list", e.File).At(e.File).
			Hinted("make the list anew, or find out where the file comes from").Classed(fault.Data)
	}
	return nil
}

func invalid(name string, err error) error {
	return fault.Wrap(err, CodeInvalid, "the list of packages can't be used because of %s", name).At(name).
		Hinted("make it anew with karez plugin index").Classed(fault.Config)
}
