package usage_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/usage"
)

func TestBy(t *testing.T) {
	t.Parallel()
	a, b := usage.Flow{ID: "1", Title: "A"}, usage.Flow{ID: "2", Title: "B"}
	got := usage.By([]usage.Document{{Flow: a, Text: []byte("x y")}, {Flow: a, Text: []byte("x")}, {Flow: b, Text: []byte("y")}, {Flow: b}}, func(text []byte) []string {
		return strings.Fields(string(text))
	})
	if diff := cmp.Diff(map[string][]usage.Flow{"x": {a}, "y": {a, b}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	var by []usage.Flow
	for title := range strings.FieldsSeq("f e d c b a") {
		by = append(by, usage.Flow{Title: title})
	}
	f := usage.Refuse(fault.New("thing.in_use", "%d flows use it", len(by)), by)
	if f.Class != fault.Config || f.Hint != "take it out of these flows first: a, b, c, d, e" {
		t.Errorf("%v: %s", f.Class, f.Hint)
	}
}
