package plugpack

import (
	"io"

	"github.com/karezflow/karez/engine/plugpack/packfile"
)

// zipped writes a package: its manifest, the signature if there is one, then the files.
func zipped(w io.Writer, manifest []byte, signature *Signature, files []File, fill func(to io.Writer, f File) error) error {
	own, err := Own(manifest, signature)
	if err != nil {
		return err
	}
	return packfile.Write(w, own, files, fill)
}

// Own gives what a package holds beside its files.
func Own(manifest []byte, signature *Signature) ([]packfile.Entry, error) {
	own := []packfile.Entry{{Name: ManifestFile, Text: manifest}}
	if signature == nil {
		return own, nil
	}
	text, err := signature.Text()
	return append(own, packfile.Entry{Name: SignatureFile, Text: text}), err
}

// WriteSigned writes the package again with a signature in place of the one it has.
// Its files are verified on the way.
func (p *Package) WriteSigned(w io.Writer, signature *Signature) error {
	return zipped(w, p.Text, signature, p.Manifest.Files, p.Copy)
}
