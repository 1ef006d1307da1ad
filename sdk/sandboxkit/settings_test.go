package sandboxkit_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/sandboxkit"
)

func TestWith(t *testing.T) {
	t.Parallel()
	type settings struct {
		Words []string       `json:"words"`
		Calls map[string]int `json:"calls"`
		Most  int            `json:"most"`
	}
	given := func() settings { return settings{[]string{"a", "b"}, map[string]int{"x": 1}, 5} }
	for _, tt := range []struct {
		name, value string
		want        settings
		err         string
	}{
		{"most", "7", settings{[]string{"a", "b"}, map[string]int{"x": 1}, 7}, ""},
		{"words", `["c"]`, settings{[]string{"c"}, map[string]int{"x": 1}, 5}, ""},
		{"calls", `{"y":2}`, settings{[]string{"a", "b"}, map[string]int{"x": 1, "y": 2}, 5}, ""},
		{"least", "1", given(), `unknown field "least"`},
		{"most", `"many"`, given(), "setting most: "},
		{"most", `{`, given(), "setting most is not JSON"},
	} {
		before := given()
		got, err := sandboxkit.With(before, tt.name, json.RawMessage(tt.value))
		if !reflect.DeepEqual(got, tt.want) || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s %s: %+v, %v", tt.name, tt.value, got, err)
		}
		if !reflect.DeepEqual(before, given()) {
			t.Errorf("%s %s: what was given is %+v now", tt.name, tt.value, before)
		}
	}
}
