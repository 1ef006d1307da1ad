// Package templatepack is the format of template packages: a package file with a manifest
// that tells what a template needs, the template document and its samples, signed with
// ed25519. It makes packages, opens them, and tells everything that is wrong with one.
//
// Whom to trust is not decided here. It may import engine/plugpack with its packfile,
// server/market/template, sdk/fault and sdk/field: never a service, a database or HTTP.
package templatepack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/packfile"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/market/template"
)

// Format is the version of the format, Kind what the manifest calls itself.
const (
	Format = 1
	Kind   = "template"
)

// Extension is what the names of package files end with.
const Extension = ".kzt"

// DocumentFile is the template document, without its samples.
const DocumentFile = "template.json"

// MaxSize is the most bytes of a package file.
const MaxSize = 4 << 20

const (
	maxManifest = 256 << 10
	maxSamples  = 50
)

func bounds() packfile.Bounds {
	return packfile.Bounds{Size: MaxSize, File: template.MaxSize, Total: 2 * template.MaxSize, Files: maxSamples + 1}
}

// Codes of what is wrong with a template package; those about the file are packfile's.
const (
	// CodeOther means that the file is a package of something else, or of nothing.
	CodeOther = "template.not_package"
	// CodeManifest means that the package's manifest is wrong, CodeIdentity that it is not the
	// template's.
	CodeManifest = "template.manifest_invalid"
	CodeIdentity = "template.identity"
	// CodeNewer means that a newer program made it.
	CodeNewer = "template.newer"
)

// Manifest says what a package holds. Its canonical form is signed.
type Manifest struct {
	Format int    `json:"format"`
	Kind   string `json:"kind"`
	// ID to Karez are those of the template itself.
	ID      string     `json:"id"`
	Version string     `json:"version"`
	Title   field.Text `json:"title"`
	Author  string     `json:"author"`
	Licence string     `json:"licence"`
	Karez   string     `json:"karez,omitempty"`
	// Connectors are those that its slots want, in order, each once.
	Connectors []Connector `json:"connectors"`
	// Files are all files in the order of their names.
	Files []packfile.File `json:"files"`
}

// Connector is one that a template wants, with the range of its versions; "" is any.
type Connector struct {
	ID       string `json:"id"`
	Versions string `json:"versions,omitempty"`
}

// Package is a package that was read whole, and in which nothing is wrong.
type Package struct {
	Manifest *Manifest
	Template *template.Template
	// Text is the manifest as it is signed, Sum its SHA-256 in hex: the name of exactly
	// this content.
	Text []byte
	Sum  string
	// Signature is nil where the package is not signed.
	Signature *plugpack.Signature

	files []content
}

type content struct {
	packfile.File

	text []byte
}

// Name gives the name of a package's file.
func (p *Package) Name() string { return p.Manifest.ID + "-" + p.Manifest.Version + Extension }

// Make makes the package of a template, the same for the same template. One with problems
// is refused with the first of them.
func Make(t *template.Template) (*Package, error) {
	if found := t.Problems(); len(found) > 0 {
		return nil, found[0]
	}
	p := &Package{Manifest: head(t), Template: t}
	bare := *t
	bare.Spec.Samples = nil
	document, err := bare.JSON()
	if err != nil {
		return nil, err
	}
	p.add(DocumentFile, document)
	for i, s := range t.Spec.Samples {
		text, err := written(s)
		if err != nil {
			return nil, err
		}
		p.add(sampleFile(i), text)
	}
	slices.SortFunc(p.files, func(a, b content) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range p.files {
		p.Manifest.Files = append(p.Manifest.Files, f.File)
	}
	if p.Text, err = written(p.Manifest); err != nil {
		return nil, err
	}
	p.Sum = packfile.SumOf(p.Text)
	_, err = parse(p.Text)
	return p, err
}

func (p *Package) add(name string, text []byte) {
	p.files = append(p.files, content{packfile.File{Path: name, Size: int64(len(text)), SHA256: packfile.SumOf(text)}, text})
}

func sampleFile(i int) string { return fmt.Sprintf("samples/%03d.json", i+1) }

// written is the one form of what a package holds.
func written(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(v)
	return out.Bytes(), err
}

// head gives what a manifest says of a template.
func head(t *template.Template) *Manifest {
	m := t.Metadata
	h := &Manifest{Format: Format, Kind: Kind, ID: m.ID, Version: m.Version, Title: m.Title, Author: m.Author, Licence: m.Licence, Karez: m.Karez, Connectors: []Connector{}}
	for _, s := range t.Spec.Connections {
		if c := (Connector{s.Connector, s.Versions}); !slices.Contains(h.Connectors, c) {
			h.Connectors = append(h.Connectors, c)
		}
	}
	slices.SortFunc(h.Connectors, func(a, b Connector) int { return strings.Compare(a.ID+" "+a.Versions, b.ID+" "+b.Versions) })
	return h
}

// Write writes the package file.
func (p *Package) Write(w io.Writer) error {
	own, err := plugpack.Own(p.Text, p.Signature)
	if err != nil {
		return err
	}
	return packfile.Write(w, own, p.Manifest.Files, func(to io.Writer, f packfile.File) error {
		i := slices.IndexFunc(p.files, func(c content) bool { return c.Path == f.Path })
		_, err := to.Write(p.files[i].text)
		return err
	})
}

// Bytes gives the package file.
func (p *Package) Bytes() ([]byte, error) {
	var out bytes.Buffer
	err := p.Write(&out)
	if err == nil && out.Len() > MaxSize {
		err = packfile.TooLarge("the package", int64(out.Len()), MaxSize)
	}
	return out.Bytes(), err
}

// Sign signs the package, in place of who signed it before.
func (p *Package) Sign(k plugpack.PrivateKey) { p.Signature = k.SignAs(plugpack.Templates, p.Text) }

// Open reads a package file whole, and refuses one in which anything is wrong: its shape, a
// file that is not what the manifest says, a manifest that is not the template's, and whatever
// Problems tells of the template. Its error is a *fault.Fault.
func Open(file []byte) (*Package, error) {
	p, err := Look(file)
	if err != nil {
		return nil, err
	}
	if found := p.Template.Problems(); len(found) > 0 {
		return nil, found[0]
	}
	return p, nil
}

// Look is Open for a person: the template may have problems.
func Look(file []byte) (*Package, error) {
	archive, err := packfile.Open(bytes.NewReader(file), int64(len(file)), bounds())
	if err != nil {
		return nil, err
	}
	p := &Package{}
	if !archive.Has(plugpack.ManifestFile) {
		return nil, other()
	}
	if p.Text, err = archive.Text(plugpack.ManifestFile, maxManifest); err != nil {
		return nil, err
	}
	if p.Manifest, err = parse(p.Text); err != nil {
		return nil, err
	}
	p.Sum = packfile.SumOf(p.Text)
	if archive.Has(plugpack.SignatureFile) {
		text, err := archive.Text(plugpack.SignatureFile, 4<<10)
		if err != nil {
			return nil, err
		}
		if p.Signature, err = plugpack.ParseSignature(text); err != nil {
			return nil, err
		}
	}
	if err := archive.Compare(p.Manifest.Files, plugpack.ManifestFile, plugpack.SignatureFile); err != nil {
		return nil, err
	}
	for _, f := range p.Manifest.Files {
		var out bytes.Buffer
		if err := archive.Copy(&out, f); err != nil {
			return nil, err
		}
		p.files = append(p.files, content{f, out.Bytes()})
	}
	return p, p.read()
}

func other() *fault.Fault {
	return fault.New(CodeOther, "the file is no template package").Classed(fault.Data).
		Hinted("choose a file ending in %s that karez template export or the page of templates made; connector packages are installed on the page of plugins", Extension)
}

// parse reads a manifest in its canonical form.
func parse(text []byte) (*Manifest, error) {
	invalid := func(at, format string, args ...any) error {
		return fault.New(CodeManifest, "the package's manifest is wrong: %s", fmt.Sprintf(format, args...)).At(at).Under(plugpack.ManifestFile).Classed(fault.Data).
			Hinted("have the package made again")
	}
	// A newer format may have anything but its number and its kind, so those are read first.
	var begin struct {
		Format int    `json:"format"`
		Kind   string `json:"kind"`
	}
	if err := json.Unmarshal(text, &begin); err != nil {
		return nil, invalid("", "it is no JSON")
	}
	if begin.Kind != Kind {
		return nil, other()
	}
	if begin.Format > Format {
		return nil, fault.New(CodeNewer, "the template is of format %d, and this program knows %d", begin.Format, Format).At(plugpack.ManifestFile + ".format").Classed(fault.Config).
			Hinted("install a newer Karez first")
	}
	m := &Manifest{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, invalid("", "it has other members")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || m.Format != Format {
		return nil, invalid("format", "something follows it, or its format is none")
	}
	if at, why := bounds().Wrong(m.Files, plugpack.ManifestFile, plugpack.SignatureFile); why != "" {
		return nil, invalid(at, "%s", why)
	}
	if !slices.ContainsFunc(m.Files, func(f packfile.File) bool { return f.Path == DocumentFile }) {
		return nil, invalid("files", "there is no %s", DocumentFile)
	}
	if one, err := written(m); err != nil || !bytes.Equal(one, text) {
		return nil, invalid("", "it is not written in its one form")
	}
	return m, nil
}

// read puts the template together and compares it with what the manifest says.
func (p *Package) read() error {
	samples := []template.Sample{}
	for _, f := range p.files {
		switch f.Path {
		case DocumentFile:
			t, err := template.Parse(f.text)
			if err != nil {
				return fault.From(err).InFile(DocumentFile)
			}
			p.Template = t
		case sampleFile(len(samples)):
			var s template.Sample
			d := json.NewDecoder(bytes.NewReader(f.text))
			d.DisallowUnknownFields()
			if err := d.Decode(&s); err != nil {
				return fault.New("template.member", "the template has a member that can't be read: %s", "sample").At(f.Path).Classed(fault.Data).Because(err).
					Hinted("take it out, or install a newer Karez")
			}
			samples = append(samples, s)
		default:
			return fault.New(packfile.CodeExtra, "the package holds %s, which its manifest does not list", f.Path).At(f.Path).Classed(fault.Data).
				Hinted("a template package holds its document and samples only")
		}
	}
	same, err := written(withFiles(head(p.Template), p.Manifest.Files))
	if err != nil {
		return err
	}
	if !bytes.Equal(same, p.Text) || len(p.Template.Spec.Samples) > 0 {
		return fault.New(CodeIdentity, "the package is said to be %s %s, and the template in it is another one", p.Manifest.ID, p.Manifest.Version).At(plugpack.ManifestFile).Classed(fault.Data).
			Hinted("have the package made again")
	}
	if len(samples) > 0 {
		p.Template.Spec.Samples = samples
	}
	return nil
}

func withFiles(m *Manifest, files []packfile.File) *Manifest {
	m.Files = files
	return m
}
