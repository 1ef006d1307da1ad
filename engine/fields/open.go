package fields

import (
	"strings"

	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// Opened gives the paths of the fields that are declared to hold JSON as a text.
func Opened(known []Known) []string {
	var paths []string
	for _, k := range known {
		if k.Type == field.JSON {
			paths = append(paths, k.Field)
		}
	}
	return paths
}

// Open puts the JSON objects and lists that stand as texts at paths in the place of
// those texts, byte for byte, so that paths reach into them; in lists it does so in
// every line. Texts that hold anything else stay, and so does a record that would
// become deeper than records may be. raw itself is not changed.
func Open(raw []byte, paths []string) []byte {
	out := raw
	for _, path := range paths {
		if next := open(nil, item.Of(out), path); next != nil && item.Check(next) == nil {
			out = next
		}
	}
	return out
}

// open appends a value with what its path leads to opened; nil where nothing was.
func open(dst []byte, v item.Value, path string) []byte {
	switch v.Kind() {
	case item.Object:
		return openMember(dst, v, path)
	case item.Array:
		return openLines(dst, v, path)
	case item.String:
		if path == "" {
			return opened(dst, v)
		}
		return nil
	default:
		return nil
	}
}

func opened(dst []byte, v item.Value) []byte {
	inner := strings.TrimSpace(v.Text())
	if inner == "" || inner[0] != '{' && inner[0] != '[' || item.Check([]byte(inner)) != nil {
		return nil
	}
	return append(dst, inner...)
}

// openMember opens below the member that the path begins with: the longest name first.
func openMember(dst []byte, v item.Value, path string) []byte {
	for cut := len(path); cut > 0; cut = strings.LastIndexByte(path[:cut], '.') {
		start, end, ok := item.Locate(v.Raw(), path[:cut])
		if !ok || v.Field(path[:cut]).Kind() == item.None {
			continue
		}
		rest := strings.TrimPrefix(path[cut:], ".")
		dst = append(dst, v.Raw()[:start]...)
		if dst = open(dst, item.Of(v.Raw()[start:end]), rest); dst != nil {
			return append(dst, v.Raw()[end:]...)
		}
		return nil
	}
	return nil
}

func openLines(dst []byte, v item.Value, path string) []byte {
	found := false
	dst = append(dst, '[')
	begin := len(dst)
	for e := range v.Elements() {
		if len(dst) > begin {
			dst = append(dst, ',')
		}
		if next := open(dst, e, path); next != nil {
			dst, found = next, true
		} else {
			dst = append(dst, e.Raw()...)
		}
	}
	if !found {
		return nil
	}
	return append(dst, ']')
}
