package plugpack

import (
	"bytes"
	"context"
	"io"
	"slices"

	"github.com/karezflow/karez/engine/plugpack/packfile"
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

	archive *packfile.Archive
}

// Open reads the shape of a package of size bytes. It trusts nothing that the file
// says of itself: every number is bounded before memory is taken for it. Its error is
// a *fault.Fault with a code below "package.".
func Open(r io.ReaderAt, size int64) (*Package, error) {
	archive, err := packfile.Open(r, size, bounds())
	if err != nil {
		return nil, err
	}
	p := &Package{archive: archive}
	if err := p.describe(); err != nil {
		return nil, err
	}
	return p, archive.Compare(p.Manifest.Files, ManifestFile, SignatureFile)
}

// describe reads the manifest and the signature.
func (p *Package) describe() error {
	if !p.archive.Has(ManifestFile) {
		return fault.New(CodeNoManifest, "the file holds no %s, so it is no connector package", ManifestFile).At(ManifestFile).
			Hinted("choose a file that karez plugin pack made").Classed(fault.Data)
	}
	var err error
	if p.Text, err = p.archive.Text(ManifestFile, maxManifest); err != nil {
		return err
	}
	if p.Manifest, err = ParseManifest(p.Text); err != nil {
		return err
	}
	p.Sum = SumOf(p.Text)
	if !p.archive.Has(SignatureFile) {
		return nil
	}
	text, err := p.archive.Text(SignatureFile, maxSignature)
	if err != nil {
		return err
	}
	p.Signature, err = ParseSignature(text)
	return err
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
		return nil, packfile.Missing(name)
	}
	if f.Size > manifest.MaxSize {
		return nil, packfile.TooLarge(name, f.Size, manifest.MaxSize)
	}
	var out bytes.Buffer
	err := p.Copy(&out, f)
	return out.Bytes(), err
}

// Copy writes a file's content to w, and fails with "package.modified" where that is
// not what the manifest says. What was written then is to be thrown away.
func (p *Package) Copy(w io.Writer, f File) error { return p.archive.Copy(w, f) }

// SumOf gives the SHA-256 of a text in hex.
func SumOf(text []byte) string { return packfile.SumOf(text) }
