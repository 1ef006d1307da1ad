package lookup

import (
	"strings"

	"github.com/karezflow/karez/sdk/item"
)

// Match gives what a document holds at find where all conditions hold; those on
// fields of one array hold within one of its lines, and so does find when it is a
// field of that array. false where they don't hold. A wanted value that the document
// lacks is a hit of nothing.
func Match(doc item.Value, where []item.Equal, find string) (item.Value, bool) {
	inLines, arrays, ok := sorted(doc, where)
	if !ok {
		return item.Value{}, false
	}
	found := doc
	array, rest, lines := "", "", false
	if find != "" {
		if array, rest, lines = crossed(doc, find); !lines {
			found = doc.Path(find)
		} else if inLines[array] == nil {
			found, _ = matchLine(doc.Path(array), nil, rest)
		}
	}
	for _, a := range arrays {
		if lines && a == array {
			if found, ok = matchLine(doc.Path(a), inLines[a], rest); !ok {
				return item.Value{}, false
			}
		} else if _, ok := matchLine(doc.Path(a), inLines[a], ""); !ok {
			return item.Value{}, false
		}
	}
	return found, true
}

// sorted tests the conditions on the document itself and gives those on lines, by
// their arrays; false where one does not hold.
func sorted(doc item.Value, where []item.Equal) (inLines map[string][]item.Equal, arrays []string, ok bool) {
	inLines = map[string][]item.Equal{}
	for _, w := range where {
		array, rest, lines := crossed(doc, w.Path)
		switch {
		case lines:
			if inLines[array] == nil {
				arrays = append(arrays, array)
			}
			inLines[array] = append(inLines[array], item.Equal{Path: rest, Value: w.Value})
		case doc.Path(w.Path).Text() != w.Value:
			return nil, nil, false
		}
	}
	return inLines, arrays, true
}

// matchLine is Match for the first line of an array that fits.
func matchLine(lines item.Value, where []item.Equal, find string) (item.Value, bool) {
	for line := range lines.Elements() {
		if v, ok := Match(line, where, find); ok {
			return v, true
		}
	}
	return item.Value{}, false
}

// crossed splits a path at the first array that it leads through.
func crossed(doc item.Value, path string) (array, rest string, lines bool) {
	if v := doc.Path(path); v.Kind() != item.None {
		return "", "", false // also a member whose name has dots
	}
	for at := 0; ; {
		dot := strings.IndexByte(path[at:], '.')
		if dot < 0 {
			return "", "", false
		}
		at += dot
		if doc.Path(path[:at]).Kind() == item.Array {
			return path[:at], path[at+1:], true
		}
		at++
	}
}

// Values calls yield with every text that a document holds at a path, through the
// lines of arrays. Blank ones are left out: nobody looks for them.
func Values(doc item.Value, path string, yield func(text string)) {
	array, rest, lines := crossed(doc, path)
	if !lines {
		if v := doc.Path(path); !v.Blank() {
			yield(v.Text())
		}
		return
	}
	for line := range doc.Path(array).Elements() {
		Values(line, rest, yield)
	}
}

// Prune gives the part of a document that paths lead to, in the document's shape.
func Prune(doc item.Value, paths []string) []byte { return prune(nil, doc, paths) }

func prune(dst []byte, v item.Value, paths []string) []byte {
	switch v.Kind() {
	case item.Array:
		dst = append(dst, '[')
		first := true
		for e := range v.Elements() {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = prune(dst, e, paths)
		}
		return append(dst, ']')
	case item.Object:
		dst = append(dst, '{')
		first := true
		for name, member := range v.Fields() {
			below, whole := under(paths, name)
			if !whole && below == nil {
				continue
			}
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = append(item.AppendText(dst, name), ':')
			if whole {
				dst = append(dst, member.Raw()...)
			} else {
				dst = prune(dst, member, below)
			}
		}
		return append(dst, '}')
	default:
		return append(dst, v.Raw()...)
	}
}

// under gives what remains of the paths that lead through a member, and whether one ends there.
func under(paths []string, name string) (below []string, whole bool) {
	for _, p := range paths {
		rest, ok := strings.CutPrefix(p, name)
		switch {
		case ok && rest == "":
			return nil, true
		case ok && rest[0] == '.':
			below = append(below, rest[1:])
		}
	}
	return below, false
}
