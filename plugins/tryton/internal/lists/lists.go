// Package lists holds what records have in their lists at Tryton, so that the lines of an
// update take the places of those that are there.
//
// It may import the standard library and sdk/item only.
package lists

import (
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/item"
)

// There are the records that an updated one has in its lists, by the list's name.
type There map[string][]Record

// Record is a record in a list, with those in its own.
type Record struct {
	ID    string
	Lists There
}

// In reads the lists of a record that was read with fields such as lines and lines.taxes.
func In(record item.Value, names []string) There {
	below := map[string][]string{}
	for _, name := range names {
		if head, rest, nested := strings.Cut(name, "."); nested {
			below[head] = append(below[head], rest)
		} else if below[head] == nil {
			below[head] = []string{}
		}
	}
	of := There{}
	for head, rests := range below {
		for id := range record.Field(head).Elements() {
			of[head] = append(of[head], Record{ID: id.Text()})
		}
		for one := range record.Field(head + ".").Elements() {
			at := slices.IndexFunc(of[head], func(l Record) bool { return l.ID == one.Field("id").Text() })
			if at >= 0 && len(rests) > 0 {
				of[head][at].Lists = In(one, rests)
			}
		}
	}
	return of
}

// IDs are those of the records in a list.
func (t There) IDs(name string) (ids []string) {
	for _, l := range t[name] {
		ids = append(ids, l.ID)
	}
	return ids
}

// Joined gives ids with commas between them.
func Joined(ids []string) (out []byte) {
	for i, id := range ids {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, id...)
	}
	return out
}
