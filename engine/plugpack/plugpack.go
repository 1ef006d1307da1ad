// Package plugpack is the format of connector packages: a zip file with a manifest
// that names every file by size and sum, signed with ed25519. It makes packages,
// opens them, and tells everything that is wrong with one before anything of it is
// written.
//
// Whom to trust is not decided here. It may import engine/plugpack/packfile, engine/plugpack/version,
// sdk/fault, sdk/manifest and sdk/declarative: never the engine, the server or a connector's process.
package plugpack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/plugpack/packfile"
	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/fault"
)

// Format is the version of the format of packages that hold programs, of signatures and of lists.
// DefinitionFormat is that of packages that hold a definition and no programs: programs that know
// only the first say so, rather than that something is missing.
const (
	Format           = 1
	DefinitionFormat = 2
)

// The files of every package that its manifest does not list, the connector's own manifest, and
// the definition of a connector without code.
const (
	ManifestFile   = "package.json"
	SignatureFile  = "signature.json"
	ConnectorFile  = declarative.ManifestFile
	DefinitionFile = declarative.DefinitionFile
)

// Extension is what the names of package files end with.
const Extension = ".kzp"

// The bounds of a package, in bytes where nothing else is said.
const (
	// MaxSize is the size of the package file itself.
	MaxSize = 256 << 20
	// maxFile and maxTotal bound what its files unpack to, one and all together.
	maxFile  = 192 << 20
	maxTotal = 512 << 20
	// maxFiles is the number of entries.
	maxFiles = 1000
	// maxManifest bounds the package's manifest, maxSignature the signature.
	maxManifest  = 1 << 20
	maxSignature = 4 << 10
)

func bounds() packfile.Bounds {
	return packfile.Bounds{Size: MaxSize, File: maxFile, Total: maxTotal, Files: maxFiles}
}

// Codes of what is wrong with a package.
const (
	// CodeUnreadable means that it is no zip file of the plain kind, or a broken one.
	CodeUnreadable = packfile.CodeUnreadable
	// CodeTooLarge, CodeTooMany and CodeBomb mean that it or its content is beyond a bound.
	CodeTooLarge = packfile.CodeTooLarge
	CodeTooMany  = packfile.CodeTooMany
	CodeBomb     = packfile.CodeBomb
	// CodeNameUnsafe and CodeNameTwice are about names, CodeNotAFile about links and the like.
	CodeNameUnsafe = packfile.CodeNameUnsafe
	CodeNameTwice  = packfile.CodeNameTwice
	CodeNotAFile   = packfile.CodeNotAFile
	// CodeNoManifest and CodeManifest mean that the package's manifest is absent or wrong.
	CodeNoManifest = "package.no_manifest"
	CodeManifest   = "package.manifest_invalid"
	// CodeNewer means that a newer program made it.
	CodeNewer = "package.format_newer"
	// CodeMissing, CodeExtra and CodeModified mean that its files are not those of its manifest.
	CodeMissing  = packfile.CodeMissing
	CodeExtra    = packfile.CodeExtra
	CodeModified = packfile.CodeModified
	// CodePlatform and CodeSDK mean that it does not run here.
	CodePlatform = "package.platform"
	CodeSDK      = "package.sdk_range"
	// CodeIdentity means that the connector inside is another one.
	CodeIdentity = "package.identity"
	// CodeSecret means that a definition that is passed on holds a secret.
	CodeSecret = "package.secret"
	// CodeSignature means that the signature is not one of this manifest.
	CodeSignature = "package.signature_invalid"
	// CodeKey means that a text is no key.
	CodeKey = "package.key_invalid"
	// CodeSource means that a package can't be made of a folder.
	CodeSource = "package.source_invalid"
	// CodeUnwritable means that a package or its files can't be written.
	CodeUnwritable = packfile.CodeUnwritable
)

// Manifest says what a package holds. Its canonical form is signed.
type Manifest struct {
	Format int `json:"format"`
	// Name and Version are those of the connector's own manifest.
	Name    string `json:"name"`
	Version string `json:"version"`
	// Publisher says who made it, in their own words.
	Publisher string `json:"publisher,omitempty"`
	// SDK is the range of wire versions that the connector speaks; a definition speaks none.
	SDK Range `json:"sdk,omitzero"`
	// Definition is the form of the definition in place of programs, 0 where there are programs.
	Definition int `json:"definition,omitempty"`
	// Programs are the executables, one for each platform.
	Programs []Program `json:"programs"`
	// Permissions are what the connector says that it needs.
	Permissions Permissions `json:"permissions"`
	// Files are all files in the order of their names.
	Files []File `json:"files"`
}

// Range is one of wire versions, both ends included.
type Range struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// Program is the executable for a platform, by the names of Go.
type Program struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	Path string `json:"path"`
}

// Permissions are for people to judge by. Secrets are those of the connector's own
// connections, which it gets anyway; hosts are what its author names.
type Permissions struct {
	// Hosts are those it calls; a name in braces stands for that setting of a connection.
	Hosts []string `json:"hosts"`
	// Secrets are the settings that are secret.
	Secrets []string `json:"secrets"`
}

// File is one file of a package.
type File = packfile.File

// Canonical gives the one form in which a manifest is written and signed.
func (m *Manifest) Canonical() ([]byte, error) {
	c := *m
	c.Programs, c.Files = append([]Program{}, m.Programs...), append([]File{}, m.Files...)
	c.Permissions.Hosts, c.Permissions.Secrets = append([]string{}, m.Permissions.Hosts...), append([]string{}, m.Permissions.Secrets...)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(&c)
	return out.Bytes(), err
}

// File gives the file of a name.
func (m *Manifest) File(name string) (File, bool) {
	i, ok := slices.BinarySearchFunc(m.Files, name, func(f File, name string) int { return strings.Compare(f.Path, name) })
	if !ok {
		return File{}, false
	}
	return m.Files[i], true
}

// Program gives the executable for a platform: "package.platform" where there is none.
func (m *Manifest) Program(os, arch string) (File, error) {
	var have []string
	for _, p := range m.Programs {
		if p.OS == os && p.Arch == arch {
			f, _ := m.File(p.Path)
			return f, nil
		}
		have = append(have, p.OS+"/"+p.Arch)
	}
	return File{}, fault.New(CodePlatform, "the package has no program for %s, only for %s", os+"/"+arch, strings.Join(have, ", ")).At("programs").
		Hinted("ask its publisher for one for this system").Classed(fault.Config)
}

// Start gives what is started on a platform, and the sum that it has to have: the file of the
// program, or the folder, ".", of a definition, which the product's own program serves on any.
func (m *Manifest) Start(os, arch string) (place, sum string, err error) {
	if m.Definition == 0 {
		f, err := m.Program(os, arch)
		return f.Path, f.SHA256, err
	}
	declared, _ := m.File(ConnectorFile) // both are there: see wrongFiles
	defined, _ := m.File(DefinitionFile)
	return ".", declarative.SumOf(declared.SHA256, defined.SHA256), nil
}

// Speaks refuses a connector none of whose wire versions is among those given, "package.sdk_range",
// and a definition of a form that this program does not know, "definition.newer".
func (m *Manifest) Speaks(versions []int) error {
	if m.Definition > 0 {
		if m.Definition > declarative.Format {
			return declarative.NewerThan(m.Definition).InFile(ManifestFile)
		}
		return nil
	}
	if slices.ContainsFunc(versions, func(v int) bool { return m.SDK.Min <= v && v <= m.SDK.Max }) {
		return nil
	}
	return fault.New(CodeSDK, "the connector needs versions %d to %d of the connector interface, and this program speaks %s", m.SDK.Min, m.SDK.Max, strings.Trim(fmt.Sprint(versions), "[]")).At("sdk").
		Hinted("take another version of the connector, or of Karez").Classed(fault.Config)
}

// ParseManifest reads a manifest in its canonical form and checks it by itself. Its
// error is a *fault.Fault with the path of the bad member.
func ParseManifest(text []byte) (*Manifest, error) {
	invalid := func(at, format string, args ...any) error {
		return fault.New(CodeManifest, "%s", fmt.Sprintf(format, args...)).At(at).Under(ManifestFile).
			Hinted("have the package made again with karez plugin pack").Classed(fault.Data)
	}
	if len(text) > maxManifest {
		return nil, invalid("", "the package's manifest has more than %d KiB", maxManifest>>10)
	}
	// A newer format may have anything but its number, so that is read first.
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, invalid("", "the package's manifest is no JSON: %s", err)
	}
	if head.Format > DefinitionFormat {
		return nil, fault.New(CodeNewer, "the package is of format %d, and this program knows formats up to %d", head.Format, DefinitionFormat).At(ManifestFile + ".format").
			Hinted("install a newer Karez first").Classed(fault.Config)
	}
	m := &Manifest{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, invalid("", "the package's manifest has other members: %s", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("", "something follows the package's manifest")
	}
	if at, why := m.wrong(); why != "" {
		return nil, invalid(at, "%s", why)
	}
	canonical, err := m.Canonical()
	if err != nil || !bytes.Equal(canonical, text) {
		return nil, invalid("", "the package's manifest is not written in its one form")
	}
	return m, nil
}

// wrong gives the first member that is wrong, and why.
func (m *Manifest) wrong() (at, why string) {
	switch {
	case m.Format != m.format():
		return "format", "the format is not 1, or 2 with a definition"
	case m.Definition < 0:
		return "definition", "the form of the definition is none"
	case !regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`).MatchString(m.Name) || len(m.Name) > 63:
		return "name", "the name is not of small letters, digits and single hyphens"
	case !regexp.MustCompile(`^\d{1,9}\.\d{1,9}(\.\d{1,9})?(-[0-9A-Za-z]+([.-][0-9A-Za-z]+)*)?$`).MatchString(m.Version) || len(m.Version) > 60:
		return "version", "the version is not of numbers such as 1.2.0"
	case m.Definition == 0 && (m.SDK.Min < 1 || m.SDK.Max < m.SDK.Min):
		return "sdk", "the range of interface versions is empty"
	case m.Definition > 0 && m.SDK != Range{}:
		return "sdk", "a definition speaks no version of the interface by itself"
	case len(m.Publisher) > 200 || strings.ContainsFunc(m.Publisher, packfile.Unprintable):
		return "publisher", "the publisher is no short text"
	}
	if at, why := m.wrongFiles(); why != "" {
		return at, why
	}
	if at, why := m.wrongPrograms(); why != "" {
		return at, why
	}
	for _, list := range [][]string{m.Permissions.Hosts, m.Permissions.Secrets} {
		if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) || len(list) > 200 {
			return "permissions", "the permissions are not in order, each once"
		}
		if slices.ContainsFunc(list, func(s string) bool { return s == "" || len(s) > 255 || strings.ContainsFunc(s, packfile.Unprintable) }) {
			return "permissions", "a permission is no short text"
		}
	}
	return "", ""
}

// format is the one that a manifest of this kind has.
func (m *Manifest) format() int {
	if m.Definition != 0 {
		return DefinitionFormat
	}
	return Format
}

func (m *Manifest) wrongFiles() (at, why string) {
	if at, why := bounds().Wrong(m.Files, ManifestFile, SignatureFile); why != "" {
		return at, why
	}
	if _, ok := m.File(ConnectorFile); !ok {
		return "files", "there is no " + ConnectorFile
	}
	if _, ok := m.File(DefinitionFile); ok != (m.Definition > 0) {
		return "files", "a package holds programs, or a " + DefinitionFile + " that is named as one"
	}
	return "", ""
}

func (m *Manifest) wrongPrograms() (at, why string) {
	switch {
	case m.Definition > 0 && (len(m.Programs) > 0 || slices.ContainsFunc(m.Files, func(f File) bool { return strings.HasPrefix(f.Path, "bin/") })):
		return "programs", "a definition has no programs: the product's own serves it"
	case m.Definition == 0 && len(m.Programs) == 0:
		return "programs", "there is no program"
	}
	word := regexp.MustCompile(`^[a-z0-9]{2,16}$`)
	for i, p := range m.Programs {
		at := fmt.Sprintf("programs[%d]", i)
		_, listed := m.File(p.Path)
		switch {
		case !word.MatchString(p.OS) || !word.MatchString(p.Arch):
			return at, "the platform is none"
		case i > 0 && m.Programs[i-1].OS+"/"+m.Programs[i-1].Arch >= p.OS+"/"+p.Arch:
			return at, "the programs are not in the order of their platforms, each once"
		case !listed:
			return at, "the program is not among the files"
		case p.Path != programPath(p.OS, p.Arch, m.Name):
			return at, "the program does not lie at " + programPath(p.OS, p.Arch, m.Name)
		}
	}
	return "", ""
}

// programPath is where the program for a platform lies.
func programPath(os, arch, name string) string {
	if os == "windows" {
		name += ".exe"
	}
	return "bin/" + os + "-" + arch + "/" + name
}
