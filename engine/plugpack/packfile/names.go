package packfile

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/karezflow/karez/sdk/fault"
)

// CheckName refuses a name that means another place, or that not every system can
// keep as it is. Names are told apart by their exact bytes, so anything that some
// file system would change is refused rather than changed.
func CheckName(name string) *fault.Fault {
	unsafe := func(why string) *fault.Fault {
		return fault.New(CodeNameUnsafe, "the package holds a file named %q, which %s", name, why).At(name).
			Hinted("a package holds plain relative names; do not use this one").Classed(fault.Data)
	}
	switch {
	case name == "" || len(name) > maxName || !utf8.ValidString(name):
		return unsafe("is empty, too long or no text")
	case strings.HasPrefix(name, "/"):
		return unsafe("begins at the root")
	case strings.Contains(name, `\`):
		return unsafe("has a backslash")
	case strings.ContainsRune(name, ':'):
		return unsafe("names a drive or a stream")
	case strings.ContainsFunc(name, Unprintable):
		return unsafe("has invisible characters")
	case strings.ContainsAny(name, `*?"<>|`):
		return unsafe("has characters that file names can't have everywhere")
	case !norm.NFC.IsNormalString(name):
		return unsafe("is not in the composed form of Unicode")
	}
	segments := strings.Split(name, "/")
	if len(segments) > maxDepth {
		return unsafe("lies too deep")
	}
	for _, s := range segments {
		switch {
		case s == "" || s == "." || s == "..":
			return unsafe("leads elsewhere")
		case strings.HasSuffix(s, ".") || strings.HasSuffix(s, " ") || strings.HasPrefix(s, " "):
			return unsafe("begins or ends with what some systems drop")
		case reserved(s):
			return unsafe("is a device on some systems")
		}
	}
	return nil
}

// Unprintable reports whether a character is not to be seen.
func Unprintable(r rune) bool { return !unicode.IsPrint(r) }

// reserved reports whether Windows takes a name for a device.
func reserved(segment string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(segment), ".")
	stem = strings.TrimRight(stem, " ")
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	return (strings.HasPrefix(stem, "COM") || strings.HasPrefix(stem, "LPT")) && utf8.RuneCountInString(stem) == 4 && strings.ContainsAny(stem[3:], "0123456789¹²³")
}

// folded gives the form in which two names are the same file on some system: without
// case, and without the ways of Unicode to write one letter.
func folded(name string) string { return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(name))) }

// Names are those of a package's entries.
type Names struct {
	taken map[string]string
	// folders are the folders that files lie in.
	folders map[string]string
}

// Add refuses a name that is there already in some writing, and a file that is the
// folder of another.
func (n *Names) Add(name string) *fault.Fault {
	if n.taken == nil {
		n.taken, n.folders = map[string]string{}, map[string]string{}
	}
	key := folded(name)
	other, twice := n.taken[key]
	if !twice {
		other, twice = n.folders[key]
	}
	for dir := path.Dir(key); !twice && dir != "."; dir = path.Dir(dir) {
		other, twice = n.taken[dir]
		n.folders[dir] = name
	}
	if twice {
		return fault.New(CodeNameTwice, "the package holds %q and %q, which are one file on some systems", other, name).At(name).
			Hinted("have the package made again with one of them").Classed(fault.Data)
	}
	n.taken[key] = name
	return nil
}
