package plan

import (
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
)

// BaseData gives the name of a type of base data as the ledger compares it: systems are
// not particular about the case of theirs.
func BaseData(name string) string { return strings.ToLower(name) }

// Refers reports whether a field that a system takes refers to a type of base data.
func Refers(m *manifest.Manifest, name string) bool {
	return name != "" && slices.ContainsFunc(m.Operations, func(o manifest.Operation) bool {
		return refers(o.Request, name) || slices.ContainsFunc(o.Forms, func(f manifest.Form) bool { return refers(f.Request, name) })
	})
}

func refers(fields []field.Field, name string) bool {
	return slices.ContainsFunc(fields, func(f field.Field) bool { return strings.EqualFold(f.BaseData, name) || refers(f.Children, name) })
}

// Missing gives the type of base data that a field refers to which a vendor blames, by its
// path or by its last part alone; "" where it refers to none.
func Missing(fields []field.Field, path string) string {
	if path == "" {
		return ""
	}
	if f := field.Find(fields, path); f != nil {
		return BaseData(f.BaseData)
	}
	last := path[strings.LastIndexByte(path, '.')+1:]
	for _, f := range fields {
		if strings.EqualFold(f.Name, last) && f.BaseData != "" {
			return BaseData(f.BaseData)
		}
		if found := Missing(f.Children, path); found != "" {
			return found
		}
	}
	return ""
}
