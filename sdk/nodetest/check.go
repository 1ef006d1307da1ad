package nodetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Settled is a case of CheckSettings: settings and what must be wrong with them.
type Settled struct {
	Name, Settings string
	// Want lists "code at path", in order; empty means that the settings are right.
	Want []string
}

// CheckSettings holds settings against the declaration and, where they fit it,
// against the type's own node.Checker, as the validator of flows does.
func CheckSettings(t *testing.T, typ node.Type, cases ...Settled) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.Want, faultsOf(typ, c.Settings)); diff != "" {
				t.Errorf("faults differ (-want +got):\n%s", diff)
			}
		})
	}
}

func faultsOf(typ node.Type, settings string) []string {
	found := field.Check(typ.Declaration().Settings, []byte(settings))
	if checker, ok := typ.(node.Checker); ok && len(found) == 0 {
		found = checker.CheckSettings([]byte(settings))
	}
	found = append(found, typ.Declaration().CheckPorts([]byte(settings))...)
	var got []string
	for _, f := range found {
		got = append(got, f.Code+" at "+f.Path)
	}
	return got
}
