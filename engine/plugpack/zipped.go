package plugpack

import (
	"archive/zip"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// zipped writes a package: its manifest, the signature if there is one, then the files
// in their order. Nothing of it depends on when or where it is made.
func zipped(w io.Writer, manifest []byte, signature *Signature, files []File, fill func(to io.Writer, f File) error) error {
	archive := zip.NewWriter(w)
	archive.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(to, flate.BestCompression)
	})
	entry := func(name string, fill func(to io.Writer) error) error {
		// The first day that a zip file knows, as no other is the same for everybody.
		header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		header.SetMode(0o644)
		to, err := archive.CreateHeader(header)
		if err != nil {
			return unwritten(err)
		}
		return fill(to)
	}
	if err := entry(ManifestFile, text(manifest)); err != nil {
		return err
	}
	if signature != nil {
		written, err := signature.Text()
		if err != nil {
			return err
		}
		if err := entry(SignatureFile, text(written)); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := entry(f.Path, func(to io.Writer) error { return fill(to, f) }); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return unwritten(err)
	}
	return nil
}

func text(of []byte) func(io.Writer) error {
	return func(to io.Writer) error {
		_, err := to.Write(of)
		return err
	}
}

// WriteSigned writes the package again with a signature in place of the one it has.
// Its files are verified on the way.
func (p *Package) WriteSigned(w io.Writer, signature *Signature) error {
	return zipped(w, p.Text, signature, p.Manifest.Files, p.Copy)
}

func unwritten(err error) error {
	return fault.Wrap(err, CodeUnwritable, "the package can't be written").Classed(fault.Config)
}

// sum is a SHA-256 in the making.
type sum struct{ hash.Hash }

func newSum() sum { return sum{sha256.New()} }

func (s sum) text() string { return hex.EncodeToString(s.Sum(nil)) }
