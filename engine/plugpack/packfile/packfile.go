// Package packfile is what all packages are made of that are handed from one to another: a
// zip file of plain files with safe names, bounded in every number, that a manifest lists
// by size and sum. What a package is for, its manifest and whom to trust is not known here.
//
// It may import sdk/fault and the Unicode tables of golang.org/x/text only.
package packfile

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/karezflow/karez/sdk/fault"
)

// Bounds are those of a kind of packages, in bytes where nothing else is said.
type Bounds struct {
	// Size is of the package file itself, File and Total of what its files unpack to, one and
	// all together.
	Size, File, Total int64
	// Files is the number of entries.
	Files int
}

const (
	// maxRatio is how many times its packed size a file may have, once it has more
	// than freeRatio.
	maxRatio  = 200
	freeRatio = 1 << 20
	maxName   = 240
	maxDepth  = 10
)

// Codes of what is wrong with a package file.
const (
	// CodeUnreadable means that it is no zip file of the plain kind, or a broken one.
	CodeUnreadable = "package.unreadable"
	// CodeTooLarge, CodeTooMany and CodeBomb mean that it or its content is beyond a bound.
	CodeTooLarge = "package.too_large"
	CodeTooMany  = "package.too_many_files"
	CodeBomb     = "package.bomb"
	// CodeNameUnsafe and CodeNameTwice are about names, CodeNotAFile about links and the like.
	CodeNameUnsafe = "package.name_unsafe"
	CodeNameTwice  = "package.name_duplicate"
	CodeNotAFile   = "package.not_a_file"
	// CodeMissing, CodeExtra and CodeModified mean that its files are not those of its manifest.
	CodeMissing  = "package.file_missing"
	CodeExtra    = "package.file_extra"
	CodeModified = "package.modified"
	// CodeUnwritable means that a package or its files can't be written.
	CodeUnwritable = "package.unwritable"
)

// File is one file of a package, as its manifest lists it.
type File struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Wrong gives the first file of a list that no package of these bounds can have, and why;
// own are the names that are never listed.
func (b Bounds) Wrong(files []File, own ...string) (at, why string) {
	if len(files) > b.Files {
		return "files", fmt.Sprintf("more than %d files", b.Files)
	}
	sum := regexp.MustCompile(`^[0-9a-f]{64}$`)
	var total int64
	for i, f := range files {
		at := fmt.Sprintf("files[%d]", i)
		switch {
		case i > 0 && files[i-1].Path >= f.Path:
			return at, "the files are not in the order of their names, each once"
		case slices.Contains(own, f.Path):
			return at, "the manifest lists itself or its signature"
		case f.Size < 0 || f.Size > b.File:
			return at, fmt.Sprintf("%s is larger than %d MiB", f.Path, b.File>>20)
		case !sum.MatchString(f.SHA256):
			return at, "the sum is not SHA-256 in small hex digits"
		}
		if total += f.Size; total > b.Total {
			return at, fmt.Sprintf("all files are larger than %d MiB", b.Total>>20)
		}
	}
	return "", ""
}

func unreadable(err error) *fault.Fault {
	return fault.Wrap(err, CodeUnreadable, "the package can't be read").
		Hinted("download it again, or have it made anew").Classed(fault.Data)
}

// TooLarge says that something is beyond a bound; both are bytes.
func TooLarge(what string, size, most int64) *fault.Fault {
	return fault.New(CodeTooLarge, "%s has %d MiB and may have %d", what, size>>20, most>>20).At(what).
		Hinted("have it made without what nobody needs").Classed(fault.Data)
}

func tooMany(most int) *fault.Fault {
	return fault.New(CodeTooMany, "the package holds more than %d files", most).
		Hinted("have it made without what nobody needs").Classed(fault.Data)
}

func bomb(name string) *fault.Fault {
	return fault.New(CodeBomb, "%q unpacks to far more than its bytes: the package is made to fill the disk", name).At(name).
		Hinted("do not use it").Classed(fault.Data)
}

// Missing says that a listed file is not there.
func Missing(name string) *fault.Fault {
	return fault.New(CodeMissing, "the package lacks %s, which its manifest lists", name).At(name).
		Hinted("download it again, or have it made anew").Classed(fault.Data)
}

func modified(name string) *fault.Fault {
	return fault.New(CodeModified, "%s is not what the package's manifest says", name).At(name).
		Hinted("somebody changed it after the package was made; do not use it").Classed(fault.Data)
}
