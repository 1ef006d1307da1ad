package packfile

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

// Entry is a file that no manifest lists.
type Entry struct {
	Name string
	Text []byte
}

// Write writes a package: its own entries, then the files in their order. Nothing of it
// depends on when or where it is made.
func Write(w io.Writer, own []Entry, files []File, fill func(to io.Writer, f File) error) error {
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
	for _, e := range own {
		err := entry(e.Name, func(to io.Writer) error {
			_, err := to.Write(e.Text)
			return err
		})
		if err != nil {
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

func unwritten(err error) error {
	return fault.Wrap(err, CodeUnwritable, "the package can't be written").Classed(fault.Config)
}

// Sum is a SHA-256 in the making.
type Sum struct{ hash.Hash }

// NewSum begins one.
func NewSum() Sum { return Sum{sha256.New()} }

// Text gives it in hex.
func (s Sum) Text() string { return hex.EncodeToString(s.Sum(nil)) }

// SumOf gives the SHA-256 of a text in hex.
func SumOf(text []byte) string {
	hash := NewSum()
	_, _ = hash.Write(text) // a hash takes everything
	return hash.Text()
}
