package plugpack

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// Package is an open package whose shape is right: its entries are the files of its
// manifest, neither more nor fewer. What they hold is checked by Verify.
type Package struct {
	Manifest *Manifest
	// Text is the manifest as it is signed, Sum its SHA-256 in hex: the name of exactly
	// this content.
	Text []byte
	Sum  string
	// Signature is nil where the package is not signed.
	Signature *Signature

	entries map[string]*zip.File
}

// Open reads the shape of a package of size bytes. It trusts nothing that the file
// says of itself: every number is bounded before memory is taken for it. Its error is
// a *fault.Fault with a code below "package.".
func Open(r io.ReaderAt, size int64) (*Package, error) {
	if err := checkEnd(r, size); err != nil {
		return nil, err
	}
	archive, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are checked here
		return nil, unreadable(err)
	}
	// Nothing else than what Open and Verify themselves inflate is ever inflated.
	archive.RegisterDecompressor(zip.Deflate, flate.NewReader)
	p := &Package{entries: make(map[string]*zip.File, len(archive.File))}
	if err := p.list(archive.File, size); err != nil {
		return nil, err
	}
	if err := p.describe(); err != nil {
		return nil, err
	}
	return p, p.compare()
}

// The end record of a zip file: 22 bytes, and no comment, so that there is one only.
const (
	endSize   = 22
	endRecord = 0x06054b50
)

// checkEnd reads the record at the end of a zip file and refuses what a plain package
// does not have: comments, several volumes, 64-bit sizes, anything before or between.
// The directory's size is bounded here, since reading it takes memory by its entries.
func checkEnd(r io.ReaderAt, size int64) error {
	if size > MaxSize {
		return tooLarge("the package", size, MaxSize)
	}
	end := make([]byte, endSize)
	if size < endSize {
		return unreadable(io.ErrUnexpectedEOF)
	}
	if _, err := r.ReadAt(end, size-endSize); err != nil {
		return unreadable(err)
	}
	little := binary.LittleEndian
	entries, directory, offset := little.Uint16(end[10:]), int64(little.Uint32(end[12:])), int64(little.Uint32(end[16:]))
	switch {
	case little.Uint32(end) != endRecord || little.Uint16(end[20:]) != 0,
		little.Uint16(end[4:]) != 0 || little.Uint16(end[6:]) != 0 || little.Uint16(end[8:]) != entries,
		directory+offset != size-endSize:
		return fault.New(CodeUnreadable, "the file is no plain zip file: its end is not the end of its directory").
			Hinted("download it again, or have it made with karez plugin pack").Classed(fault.Data)
	case entries > maxFiles || directory > maxFiles*(46+maxName+64):
		return fault.New(CodeTooMany, "the package holds more than %d files", maxFiles).
			Hinted("have it made without what the connector does not need").Classed(fault.Data)
	}
	return nil
}

// list checks the entries by what the directory says of them.
func (p *Package) list(files []*zip.File, size int64) error {
	if len(files) > maxFiles+2 {
		return fault.New(CodeTooMany, "the package holds more than %d files", maxFiles).
			Hinted("have it made without what the connector does not need").Classed(fault.Data)
	}
	var known names
	var packed, total uint64
	for _, f := range files {
		if f.Mode().IsDir() || !f.Mode().IsRegular() || f.Flags&1 != 0 || f.Method != zip.Store && f.Method != zip.Deflate {
			return fault.New(CodeNotAFile, "the package holds %q, which is a folder, a link or another thing that is no plain file", f.Name).At(f.Name).
				Hinted("a connector package holds plain files only; do not install this one").Classed(fault.Data)
		}
		if err := checkName(f.Name); err != nil {
			return err
		}
		if err := known.add(f.Name); err != nil {
			return err
		}
		switch {
		case f.UncompressedSize64 > maxFile:
			return tooLarge(f.Name, int64(min(f.UncompressedSize64, 1<<62)), maxFile)
		case f.UncompressedSize64 > freeRatio && f.UncompressedSize64/maxRatio > f.CompressedSize64:
			return bomb(f.Name)
		}
		packed += f.CompressedSize64
		total += f.UncompressedSize64
		if packed > uint64(size) { //nolint:gosec // not negative; such entries share their bytes
			return bomb(f.Name)
		}
		p.entries[f.Name] = f
	}
	if total > maxTotal {
		return tooLarge("everything in the package", int64(total), maxTotal)
	}
	return nil
}

// describe reads the manifest and the signature.
func (p *Package) describe() error {
	if p.entries[ManifestFile] == nil {
		return fault.New(CodeNoManifest, "the file holds no %s, so it is no connector package", ManifestFile).At(ManifestFile).
			Hinted("choose a file that karez plugin pack made").Classed(fault.Data)
	}
	var err error
	if p.Text, err = p.read(ManifestFile, maxManifest); err != nil {
		return err
	}
	if p.Manifest, err = ParseManifest(p.Text); err != nil {
		return err
	}
	p.Sum = SumOf(p.Text)
	if p.entries[SignatureFile] == nil {
		return nil
	}
	text, err := p.read(SignatureFile, maxSignature)
	if err != nil {
		return err
	}
	p.Signature, err = ParseSignature(text)
	return err
}

// compare refuses entries that the manifest does not list, and the reverse.
func (p *Package) compare() error {
	for _, f := range p.Manifest.Files {
		entry := p.entries[f.Path]
		switch {
		case entry == nil:
			return missing(f.Path)
		case entry.UncompressedSize64 != uint64(f.Size): //nolint:gosec // not negative
			return modified(f.Path)
		}
	}
	if len(p.entries) == len(p.Manifest.Files)+1 || len(p.entries) == len(p.Manifest.Files)+2 && p.Signature != nil {
		return nil
	}
	for name := range p.entries {
		if _, ok := p.Manifest.File(name); !ok && name != ManifestFile && name != SignatureFile {
			return fault.New(CodeExtra, "the package holds %s, which its manifest does not list", name).At(name).
				Hinted("somebody added it after the package was made; do not install it").Classed(fault.Data)
		}
	}
	return nil
}

// Verify reads every file and compares it with the manifest, and the connector inside
// with the package's name; of a definition it compiles every expression. Nothing is written.
func (p *Package) Verify(ctx context.Context) error {
	for _, f := range p.Manifest.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.Manifest.looked(f.Path, func(to io.Writer) error { return p.Copy(to, f) }); err != nil {
			return err
		}
	}
	_, err := p.Connector()
	return err
}

// Connector gives the connector's own manifest, which has to be that of the package's
// name and version.
func (p *Package) Connector() (*manifest.Manifest, error) {
	text, err := p.Read(ConnectorFile)
	if err != nil {
		return nil, err
	}
	if p.Manifest.Definition == 0 {
		return p.Manifest.connector(text)
	}
	defined, err := p.Read(DefinitionFile)
	if err != nil {
		return nil, err
	}
	// The definition comes first: a newer form may need a manifest that is newer too.
	d, err := definition(text, defined)
	if err != nil {
		return nil, err
	}
	if d.Format != p.Manifest.Definition {
		return nil, fault.New(CodeIdentity, "the package is said to hold a definition of form %d and holds one of form %d", p.Manifest.Definition, d.Format).At(ManifestFile + ".definition").
			Hinted("have the package made again with karez plugin pack").Classed(fault.Data)
	}
	return p.Manifest.connector(text)
}

// connector reads a connector's manifest for a package.
func (m *Manifest) connector(text []byte) (*manifest.Manifest, error) {
	c, err := manifest.Parse(text)
	if err != nil {
		return nil, fault.From(err).InFile(ConnectorFile)
	}
	if c.ID != m.Name || c.Version != m.Version {
		return nil, fault.New(CodeIdentity, "the package is named %s %s and holds the connector %s %s", m.Name, m.Version, c.ID, c.Version).At(ConnectorFile).
			Hinted("have the package made again with karez plugin pack").Classed(fault.Data)
	}
	if c.Hosts != nil && !slices.Equal(slices.Compact(slices.Sorted(slices.Values(c.Hosts))), m.Permissions.Hosts) {
		return nil, fault.New(CodeIdentity, "the package names other hosts than the connector %s %s may reach", c.ID, c.Version).At(ManifestFile+".permissions.hosts").
			Hinted("ask its publisher for a package that names those of its %s", ConnectorFile).Classed(fault.Config)
	}
	if !slices.Equal(secretsOf(c), m.Permissions.Secrets) {
		return nil, fault.New(CodeIdentity, "the package names other secrets than the connector %s %s asks for", c.ID, c.Version).At(ManifestFile + ".permissions.secrets").
			Hinted("have the package made again with karez plugin pack").Classed(fault.Data)
	}
	return c, nil
}

// secretsOf gives the settings of a connector that are secret, in order.
func secretsOf(c *manifest.Manifest) []string {
	secrets := []string{}
	for _, s := range c.Settings {
		if s.Secret {
			secrets = append(secrets, s.Key)
		}
	}
	slices.Sort(secrets)
	return secrets
}

// Read gives the content of a listed file of at most some MiB, checked by its sum.
func (p *Package) Read(name string) ([]byte, error) {
	f, ok := p.Manifest.File(name)
	if !ok {
		return nil, missing(name)
	}
	if f.Size > manifest.MaxSize {
		return nil, tooLarge(name, f.Size, manifest.MaxSize)
	}
	var out bytes.Buffer
	err := p.Copy(&out, f)
	return out.Bytes(), err
}

// Copy writes a file's content to w, and fails with "package.modified" where that is
// not what the manifest says. What was written then is to be thrown away.
func (p *Package) Copy(w io.Writer, f File) error {
	entry := p.entries[f.Path]
	if entry == nil {
		return missing(f.Path)
	}
	from, err := entry.Open()
	if err != nil {
		return unreadable(err).At(f.Path)
	}
	defer func() { _ = from.Close() }() // it was only read
	to := &sink{Writer: w}
	hash := newSum()
	// One byte more than is announced tells a file that is longer.
	n, err := io.Copy(io.MultiWriter(to, hash), io.LimitReader(from, f.Size+1))
	switch {
	case to.err != nil:
		return fault.Wrap(to.err, CodeUnwritable, "%s can't be written", f.Path).At(f.Path).Classed(fault.Config)
	case n > f.Size:
		return modified(f.Path)
	case err != nil && !errors.Is(err, zip.ErrChecksum):
		return unreadable(err).At(f.Path)
	case err != nil || n != f.Size || hash.text() != f.SHA256:
		return modified(f.Path)
	}
	return nil
}

// sink tells a failure to write from one to read.
type sink struct {
	io.Writer

	err error
}

// Write writes, and remembers why it could not.
func (s *sink) Write(p []byte) (int, error) {
	n, err := s.Writer.Write(p)
	s.err = err
	return n, err
}

// read gives the content of an entry that the manifest does not list.
func (p *Package) read(name string, most int64) ([]byte, error) {
	entry := p.entries[name]
	if entry.UncompressedSize64 > uint64(most) { //nolint:gosec // a constant
		return nil, tooLarge(name, int64(entry.UncompressedSize64), most) //nolint:gosec // at most maxFile
	}
	from, err := entry.Open()
	if err != nil {
		return nil, unreadable(err).At(name)
	}
	defer func() { _ = from.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(from, most+1))
	if err != nil {
		return nil, unreadable(err).At(name)
	}
	if int64(len(text)) > most {
		return nil, tooLarge(name, int64(len(text)), most)
	}
	return text, nil
}

// SumOf gives the SHA-256 of a text in hex.
func SumOf(text []byte) string {
	hash := newSum()
	_, _ = hash.Write(text) // a hash takes everything
	return hash.text()
}

func unreadable(err error) *fault.Fault {
	return fault.Wrap(err, CodeUnreadable, "the package can't be read").
		Hinted("download it again, or have it made with karez plugin pack").Classed(fault.Data)
}

func tooLarge(what string, size, most int64) *fault.Fault {
	return fault.New(CodeTooLarge, "%s has %d MiB and may have %d", what, size>>20, most>>20).At(what).
		Hinted("have it made without what the connector does not need").Classed(fault.Data)
}

func bomb(name string) *fault.Fault {
	return fault.New(CodeBomb, "%q unpacks to far more than its bytes: the package is made to fill the disk", name).At(name).
		Hinted("do not install it").Classed(fault.Data)
}

func missing(name string) *fault.Fault {
	return fault.New(CodeMissing, "the package lacks %s, which its manifest lists", name).At(name).
		Hinted("download it again, or have it made with karez plugin pack").Classed(fault.Data)
}

func modified(name string) *fault.Fault {
	return fault.New(CodeModified, "%s is not what the package's manifest says", name).At(name).
		Hinted("somebody changed it after the package was made; do not use it").Classed(fault.Data)
}
