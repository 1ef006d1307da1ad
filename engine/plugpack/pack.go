package plugpack

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/plugpack/packfile"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// Source is what a package is made of.
type Source struct {
	// Dir is a connector's folder: manifest.yaml, and beside it what is for people: the
	// icon that the manifest names, README*, LICENSE*, CHANGELOG*, docs/ and examples/.
	// bin/<os>-<arch>/<id> are the programs. With a connector.yaml it is a definition: whatever is
	// in bin/ stays out. A package.json there gives publisher, sdk (not of a definition)
	// and permissions.hosts; everything else of a package's manifest is worked out.
	Dir fs.FS
	// Programs are more programs, by "os/arch"; they go before those of the folder.
	Programs map[string]Opener
	// Here is the platform, as "os/arch", that a program at bin/<id> is of: what the author's own
	// build makes. It stays out where another of this platform is there. "" takes none.
	Here string
	// SDK is the range of wire versions where package.json gives none; a definition has none.
	SDK Range
}

// Opener opens a file, each time from its beginning.
type Opener func() (io.ReadCloser, error)

// Pack writes the package of a source, the same bytes for the same source. The files
// are read twice and must not change meanwhile. Its error is a *fault.Fault.
func Pack(w io.Writer, s Source) (*Manifest, error) {
	m, open, err := s.plan()
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(open)) {
		var f File
		err := m.looked(name, func(to io.Writer) (err error) {
			f, err = measured(to, name, open[name])
			return err
		})
		if err != nil {
			return nil, err
		}
		m.Files = append(m.Files, f)
	}
	text, err := m.Canonical()
	if err != nil {
		return nil, err
	}
	if _, err := ParseManifest(text); err != nil {
		return nil, err
	}
	return m, zipped(w, text, nil, m.Files, func(to io.Writer, f File) error {
		again, err := measured(to, f.Path, open[f.Path])
		if err == nil && again != f {
			err = unpackable("%s changed while it was packed", f.Path).At(f.Path)
		}
		return err
	})
}

// given is what the author writes of a package's manifest.
type given struct {
	Publisher   string `json:"publisher"`
	SDK         *Range `json:"sdk"`
	Permissions struct {
		Hosts []string `json:"hosts"`
	} `json:"permissions"`
}

// program notes a program by the place where it lies; false where something else lies among
// the programs.
func (m *Manifest) program(name string) bool {
	below, ok := strings.CutPrefix(name, "bin/")
	if !ok {
		return true
	}
	platform, _, _ := strings.Cut(below, "/")
	os, arch, _ := strings.Cut(platform, "-")
	m.Programs = append(m.Programs, Program{OS: os, Arch: arch, Path: name})
	return name == programPath(os, arch, m.Name)
}

// plan finds the files of a package, which are not measured yet.
func (s Source) plan() (*Manifest, map[string]Opener, error) {
	c, m, err := s.begin()
	if err != nil {
		return nil, nil, err
	}
	open := map[string]Opener{}
	var known packfile.Names
	add := func(name string, opener Opener) error {
		if f := packfile.CheckName(name); f != nil {
			return f
		}
		if f := known.Add(name); f != nil {
			return f
		}
		open[name] = opener
		return nil
	}
	if err := s.named(m, add); err != nil {
		return nil, nil, err
	}
	err = fs.WalkDir(s.Dir, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return unpackable("%s can't be read", name).At(name).Because(err)
		case d.IsDir():
			if name != "." && !m.folder(name) {
				return fs.SkipDir
			}
			return nil
		case !m.takes(name, c.Icon):
			return nil
		case !d.Type().IsRegular():
			return unpackable("%s is no plain file", name).At(name)
		}
		if s.Here != "" && name == "bin/"+m.Name {
			return nil // it comes last
		}
		if _, twice := open[name]; twice || !m.program(name) {
			return unpackable("%s is no program of %s, or one of the same platform was named besides", name, m.Name).At(name)
		}
		return add(name, func() (io.ReadCloser, error) { return s.Dir.Open(name) })
	})
	if err == nil {
		err = s.built(m, open)
	}
	slices.SortFunc(m.Programs, func(a, b Program) int { return strings.Compare(a.OS+"/"+a.Arch, b.OS+"/"+b.Arch) })
	return m, open, err
}

// named adds the programs that are not of the folder.
func (s Source) named(m *Manifest, add func(string, Opener) error) error {
	if m.Definition > 0 && len(s.Programs) > 0 {
		return unpackable("%s is served by the product's own program, and has no other", m.Name).At(DefinitionFile)
	}
	for platform, opener := range s.Programs {
		os, arch, ok := strings.Cut(platform, "/")
		if !ok {
			return unpackable("%s is no platform such as linux/amd64", platform)
		}
		p := Program{OS: os, Arch: arch, Path: programPath(os, arch, m.Name)}
		if err := add(p.Path, opener); err != nil {
			return err
		}
		m.Programs = append(m.Programs, p)
	}
	return nil
}

// built adds the program that the author's own build made, where no other of its platform is there.
func (s Source) built(m *Manifest, open map[string]Opener) error {
	if m.Definition > 0 {
		return nil
	}
	os, arch, named := strings.Cut(s.Here, "/")
	p := Program{OS: os, Arch: arch, Path: programPath(os, arch, m.Name)}
	name := "bin/" + m.Name
	info, err := fs.Stat(s.Dir, name)
	if _, there := open[p.Path]; !named || there || err != nil {
		return nil //nolint:nilerr // there is no such program
	}
	if !info.Mode().IsRegular() {
		return unpackable("%s is no plain file", name).At(name)
	}
	open[p.Path] = func() (io.ReadCloser, error) { return s.Dir.Open(name) }
	m.Programs = append(m.Programs, p)
	return nil
}

// begin reads the connector's manifest and what the author says besides.
func (s Source) begin() (*manifest.Manifest, *Manifest, error) {
	text, err := fs.ReadFile(s.Dir, ConnectorFile)
	if err != nil {
		return nil, nil, unpackable("the folder holds no %s that can be read", ConnectorFile).At(ConnectorFile).Because(err)
	}
	form := 0
	if defined, err := fs.ReadFile(s.Dir, DefinitionFile); err == nil {
		d, err := definition(text, defined)
		if err != nil {
			return nil, nil, err
		}
		form = d.Format
	}
	c, err := manifest.Parse(text)
	if err != nil {
		return nil, nil, fault.From(err).InFile(ConnectorFile)
	}
	var about given
	if extra, err := fs.ReadFile(s.Dir, ManifestFile); err == nil {
		d := json.NewDecoder(bytes.NewReader(extra))
		d.DisallowUnknownFields()
		if err := d.Decode(&about); err != nil {
			return nil, nil, unpackable("%s may give publisher, sdk and permissions.hosts only: %s", ManifestFile, err).At(ManifestFile)
		}
	}
	m := &Manifest{Name: c.ID, Version: c.Version, Publisher: about.Publisher, Definition: form}
	m.Format = m.format()
	switch {
	case form > 0 && about.SDK != nil:
		return nil, nil, unpackable("%s gives versions of the interface, of which a definition speaks none", ManifestFile).At(ManifestFile)
	case form > 0:
	case about.SDK != nil:
		m.SDK = *about.SDK
	default:
		m.SDK = s.SDK
	}
	hosts := about.Permissions.Hosts
	switch {
	case c.Hosts == nil:
	case hosts == nil:
		hosts = c.Hosts
	case !slices.Equal(slices.Sorted(slices.Values(hosts)), slices.Sorted(slices.Values(c.Hosts))):
		return nil, nil, unpackable("%s names other hosts than %s, which are those that the engine lets it reach", ManifestFile, ConnectorFile).At("permissions.hosts")
	}
	m.Permissions = Permissions{Hosts: slices.Compact(slices.Sorted(slices.Values(hosts))), Secrets: secretsOf(c)}
	return c, m, nil
}

// folder reports whether a folder of the source is looked into.
func (m *Manifest) folder(name string) bool {
	top, _, _ := strings.Cut(name, "/")
	return top == "docs" || top == "examples" || top == "bin" && m.Definition == 0
}

// takes reports whether a file of the source goes into the package.
func (m *Manifest) takes(name, icon string) bool {
	if strings.Contains(name, "/") {
		return m.folder(name) && !strings.Contains("/"+name, "/.")
	}
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	return name == ConnectorFile || name == DefinitionFile || name == icon || stem == "README" || stem == "LICENSE" || stem == "CHANGELOG"
}

func unpackable(format string, args ...any) *fault.Fault {
	return fault.New(CodeSource, format, args...).
		Hinted("a connector's folder holds manifest.yaml and programs at bin/<os>-<arch>/<id>, or connector.yaml; karez plugin pack --help tells more").Classed(fault.Config)
}

// measured copies a file and gives its size and sum.
func measured(to io.Writer, name string, open Opener) (File, error) {
	from, err := open()
	if err != nil {
		return File{}, unpackable("%s can't be read", name).At(name).Because(err)
	}
	defer func() { _ = from.Close() }() // it was only read
	hash := packfile.NewSum()
	n, err := io.Copy(io.MultiWriter(to, hash), io.LimitReader(from, maxFile+1))
	if err != nil {
		return File{}, unpackable("%s can't be copied", name).At(name).Because(err)
	}
	if n > maxFile {
		return File{}, packfile.TooLarge(name, n, maxFile)
	}
	return File{Path: name, Size: n, SHA256: hash.Text()}, nil
}
