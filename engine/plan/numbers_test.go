package plan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

func TestRequestNumbers(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 3, 0, 0, 0, 0, enginetest.Zone())
	params := `startFrom: "2026-01-01 00:00:00", params: `
	for name, tt := range map[string]struct{ params, want string }{
		"the manifest's rows": {`[]`, `{"page":3,"size":10,"nos":["A1","\"退\"\\"]}`},
		"the flow's rows, but not those of the window": {
			`[{field: shop, value: "7"}, {field: from, value: "{{DAYS_AGO_3|datetime}}"}, {field: cond, value: "t > {{LAST_SYNC_TIME}}"}, {field: till, value: "{{WINDOW_END|datetime}}"}, {field: now, value: "{{CURRENT_TIME|datetime}}"}]`,
			`{"shop":"7","now":"2026-01-03 00:00:00","page":3,"size":10,"nos":["A1","\"退\"\\"]}`,
		},
		"the numbers of the flow give way": {`[{field: nos, value: "[\"Z\"]"}]`, `{"page":3,"size":10,"nos":["A1","\"退\"\\"]}`},
	} {
		src := enginetest.Compile(t, strings.Replace(enginetest.Job, `startFrom: "2026-01-01 00:00:00"`, params+tt.params, 1)).Sources[0]
		got, err := src.RequestNumbers([]string{"A1", `"退"\`}, at, connector.PageRef{Number: 3, Offset: 20, Size: 10}, item.Value{}, nil, "f", "r")
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: request is %s, %v, want %s", name, got, err, tt.want)
		}
	}
}

func TestSourcesThatCannotSelectByNumber(t *testing.T) {
	t.Parallel()
	src := enginetest.Compile(t, enginetest.Job).Sources[0]
	if f := src.NoNumbers(); f != nil {
		t.Errorf("%v", f)
	}
	src = enginetest.Compile(t, strings.Replace(enginetest.Job, "operation: orders", "operation: lists", 1)).Sources[0]
	_, err := src.RequestNumbers([]string{"A1"}, time.Now(), connector.PageRef{}, item.Value{}, nil, "f", "r")
	if f := src.NoNumbers(); f == nil || f.Hint == "" || f.Class != fault.Config || fault.CodeOf(err) != "source.by_number_not_offered" || f.Args["operation"] != "lists" {
		t.Errorf("%v, %v", f, err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	src := enginetest.Compile(t, strings.Replace(enginetest.Job, "operation: orders,", `operation: orders, number: "{{outer}}",`, 1)).Sources[0]
	scope := src.Scope(time.Time{}, time.Time{}, item.Value{}, "f", "r")
	scope.Doc = item.Of([]byte(`{"id":7,"no":" N1 ","outer":"X"}`))
	scope.Source = scope.Doc
	if got := src.Names(scope); !slices.Equal(got, []string{"N1", "X", "7"}) {
		t.Errorf("names are %q", got)
	}
}

func TestNumbersInAText(t *testing.T) {
	t.Parallel()
	src := enginetest.Compile(t, enginetest.Job).Sources[0]
	for i := range src.Operation.Request {
		if f := &src.Operation.Request[i]; f.Name == "nos" {
			f.Type = field.String
		}
	}
	got, err := src.RequestNumbers([]string{"A1", "B2"}, time.Now(), connector.PageRef{Number: 1, Size: 10}, item.Value{}, nil, "f", "r")
	if err != nil || string(got) != `{"page":1,"size":10,"nos":"A1,B2"}` {
		t.Errorf("%s, %v", got, err)
	}
}
