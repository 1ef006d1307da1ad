package rules_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func alike() cmp.Option {
	empty := func(v any) bool {
		r := reflect.ValueOf(v)
		return r.IsValid() && (r.Kind() == reflect.Slice || r.Kind() == reflect.Map) && r.Len() == 0
	}
	return cmp.FilterValues(func(a, b any) bool { return empty(a) && empty(b) }, cmp.Comparer(func(_, _ any) bool { return true }))
}

// check compares two values; a nil slice or map and an empty one are alike.
func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, alike()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
