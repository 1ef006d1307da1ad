package packfile

import (
	"archive/zip"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"github.com/karezflow/karez/sdk/fault"
)

// Archive is an open package file: plain files with safe names, within the bounds by what
// the file says of them.
type Archive struct {
	bounds  Bounds
	entries map[string]*zip.File
}

// Open reads the list of a package file of size bytes. It trusts nothing that the file says
// of itself: every number is bounded before memory is taken for it. Its error is a
// *fault.Fault with a code below "package.".
func Open(r io.ReaderAt, size int64, b Bounds) (*Archive, error) {
	if err := checkEnd(r, size, b); err != nil {
		return nil, err
	}
	archive, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are checked here
		return nil, unreadable(err)
	}
	// Nothing else than what Text and Copy inflate is ever inflated.
	archive.RegisterDecompressor(zip.Deflate, flate.NewReader)
	a := &Archive{b, make(map[string]*zip.File, len(archive.File))}
	return a, a.list(archive.File, size)
}

// Has reports whether there is an entry.
func (a *Archive) Has(name string) bool { return a.entries[name] != nil }

// The end record of a zip file: 22 bytes, and no comment, so that there is one only.
const (
	endSize   = 22
	endRecord = 0x06054b50
)

// checkEnd reads the record at the end of a zip file and refuses what a plain package
// does not have: comments, several volumes, 64-bit sizes, anything before or between.
// The directory's size is bounded here, since reading it takes memory by its entries.
func checkEnd(r io.ReaderAt, size int64, b Bounds) error {
	if size > b.Size {
		return TooLarge("the package", size, b.Size)
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
			Hinted("download it again, or have it made anew").Classed(fault.Data)
	case int(entries) > b.Files || directory > int64(b.Files)*(46+maxName+64):
		return tooMany(b.Files)
	}
	return nil
}

// list checks the entries by what the directory says of them.
func (a *Archive) list(files []*zip.File, size int64) error {
	if len(files) > a.bounds.Files+2 {
		return tooMany(a.bounds.Files)
	}
	var known Names
	var packed, total uint64
	for _, f := range files {
		if f.Mode().IsDir() || !f.Mode().IsRegular() || f.Flags&1 != 0 || f.Method != zip.Store && f.Method != zip.Deflate {
			return fault.New(CodeNotAFile, "the package holds %q, which is a folder, a link or another thing that is no plain file", f.Name).At(f.Name).
				Hinted("a package holds plain files only; do not use this one").Classed(fault.Data)
		}
		if err := CheckName(f.Name); err != nil {
			return err
		}
		if err := known.Add(f.Name); err != nil {
			return err
		}
		switch {
		case f.UncompressedSize64 > uint64(a.bounds.File): //nolint:gosec // a bound is not negative
			return TooLarge(f.Name, int64(min(f.UncompressedSize64, 1<<62)), a.bounds.File)
		case f.UncompressedSize64 > freeRatio && f.UncompressedSize64/maxRatio > f.CompressedSize64:
			return bomb(f.Name)
		}
		packed += f.CompressedSize64
		total += f.UncompressedSize64
		if packed > uint64(size) { //nolint:gosec // not negative; such entries share their bytes
			return bomb(f.Name)
		}
		a.entries[f.Name] = f
	}
	if total > uint64(a.bounds.Total) { //nolint:gosec // a bound is not negative
		return TooLarge("everything in the package", int64(total), a.bounds.Total)
	}
	return nil
}

// Compare refuses entries that are not listed, and the reverse; those beside the files are
// the manifest and the signature.
func (a *Archive) Compare(files []File, beside ...string) error {
	listed := make(map[string]bool, len(files))
	for _, f := range files {
		listed[f.Path] = true
		entry := a.entries[f.Path]
		switch {
		case entry == nil:
			return Missing(f.Path)
		case entry.UncompressedSize64 != uint64(f.Size): //nolint:gosec // not negative
			return modified(f.Path)
		}
	}
	for name := range a.entries {
		if !listed[name] && !slices.Contains(beside, name) {
			return fault.New(CodeExtra, "the package holds %s, which its manifest does not list", name).At(name).
				Hinted("somebody added it after the package was made; do not use it").Classed(fault.Data)
		}
	}
	return nil
}

// Copy writes a file's content to w, and fails with "package.modified" where that is
// not what the manifest says. What was written then is to be thrown away.
func (a *Archive) Copy(w io.Writer, f File) error {
	entry := a.entries[f.Path]
	if entry == nil {
		return Missing(f.Path)
	}
	from, err := entry.Open()
	if err != nil {
		return unreadable(err).At(f.Path)
	}
	defer func() { _ = from.Close() }() // it was only read
	to := &sink{Writer: w}
	hash := NewSum()
	// One byte more than is announced tells a file that is longer.
	n, err := io.Copy(io.MultiWriter(to, hash), io.LimitReader(from, f.Size+1))
	switch {
	case to.err != nil:
		return fault.Wrap(to.err, CodeUnwritable, "%s can't be written", f.Path).At(f.Path).Classed(fault.Config)
	case n > f.Size:
		return modified(f.Path)
	case err != nil && !errors.Is(err, zip.ErrChecksum):
		return unreadable(err).At(f.Path)
	case err != nil || n != f.Size || hash.Text() != f.SHA256:
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

// Text gives the content of an entry that the manifest does not list; most are bytes.
func (a *Archive) Text(name string, most int64) ([]byte, error) {
	entry := a.entries[name]
	if entry == nil {
		return nil, Missing(name)
	}
	if entry.UncompressedSize64 > uint64(most) { //nolint:gosec // a constant
		return nil, TooLarge(name, int64(entry.UncompressedSize64), most) //nolint:gosec // bounded by list
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
		return nil, TooLarge(name, int64(len(text)), most)
	}
	return text, nil
}
