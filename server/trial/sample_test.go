package trial_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/fields"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/trial"
)

// half is a flow that is only begun: behind the source nothing fits.
const half = `
apiVersion: karez/v1
kind: Flow
metadata: {id: half, title: Half}
spec:
  triggers: [{schedule: "never"}]
  nodes:
    - {id: erp, type: target, settings: {}}
    - {id: span, type: window, settings: {lag: 1m}}
    - {id: pages, type: paginate, settings: {pageSize: 4}}
    - {id: orders, type: source, connection: shop, settings: {operation: orders, startFrom: "2026-01-01 00:00:00"}}
    - {id: bill, type: dream}
  edges:
    - {from: bill, to: nowhere}
    - {from: span, to: pages}
    - {from: orders, to: bill}
    - {from: pages, to: orders}
`

func TestSampleOfAFlowThatIsHalfDrawn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	orders(r.shop, 30, oclock(1))
	got, err := r.service.Sample(as(t, access.Editor), []byte(half), "orders", 6)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Items) != 6 || got.Total != 30 || r.shop.Calls != 2 || len(r.opened) != 1 || r.opened[0] != "shop" {
		t.Errorf("%d items of %d in %d calls on %v", len(got.Items), got.Total, r.shop.Calls, r.opened)
	}
	if want := `{"from":"2026-01-01 00:00:00","to":"2026-01-01 11:59:00","page":1,"size":4}`; string(got.Request) != want {
		t.Errorf("asked with %s, want %s", got.Request, want)
	}
	if want := string(r.shop.Orders()[2].JSON()); string(got.Items[2]) != want {
		t.Errorf("item 2 is %s, want %s", got.Items[2], want)
	}
	if !got.From.Equal(oclock(0)) || got.Dropped != 0 || got.Refused != nil {
		t.Errorf("%+v", got)
	}
}

func TestASampleTellsNewFields(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.shop.Put(enginetest.Order{ID: "a", No: "N1", Note: `{"memo":"x"}`, Amount: "1.10", Modified: oclock(1), Lines: []enginetest.Line{{No: "l1", Amount: "2"}}})
	document := job("operation: orders,", `operation: orders, fields: [{field: id, type: string}, {field: note, type: json}, {field: amount, type: int}],`)
	got, err := r.service.Sample(as(t, access.Editor), document, "orders", 5)
	if err != nil {
		t.Fatal(err)
	}
	seen := func(path string, kind field.Type, sample string) fields.Known {
		return fields.Known{Field: path, Type: kind, Origin: fields.Auto, FirstSeen: "2026-01-01 12:00:00", Sample: sample}
	}
	want := []fields.Known{
		seen("no", field.String, "N1"), seen("state", "", ""), seen("note.memo", field.String, "x"),
		seen("modified", field.Datetime, "2026-01-01 01:00:00"), seen("lines", field.Array, ""), seen("lines.no", field.String, "l1"), seen("lines.amount", field.Int, "2"),
	}
	if diff := cmp.Diff(want, got.Discovered); diff != "" {
		t.Errorf("new fields differ (-want +got):\n%s", diff)
	}
}

func TestASampleIsAsTheLedgerStoresIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, id := range []string{"a", "b", "c", "d"} {
		no := "N1"
		if id > "b" {
			no = ""
		}
		r.shop.Put(enginetest.Order{ID: id, No: no, State: id, Amount: "1.10", Modified: oclock(1)})
	}
	got, err := r.service.Sample(as(t, access.Editor), job(
		"pageSize: 10", "pageSize: 10, direction: forward",
		"operation: orders,", `operation: orders, key: "{{no}}", regroup: {by: ["no"], lines: {into: lines, fields: [id]}},`,
	), "orders", 100)
	want := []string{
		`{"no":"N1","state":"a","amount":1.10,"note":"","modified":"2026-01-01 01:00:00","lines":[{"id":"a"},{"id":"b"}]}`,
		`{"no":"","state":"c","amount":1.10,"note":"","modified":"2026-01-01 01:00:00","lines":[{"id":"c"},{"id":"d"}]}`,
	}
	if err != nil || len(got.Items) != 2 || string(got.Items[0]) != want[0] || string(got.Items[1]) != want[1] || got.Total != 4 {
		t.Fatalf("%s, %v", got.Items, err)
	}
	if len(got.Refused) != 1 || got.Refused[0].Item != 1 || got.Refused[0].Fault.Code != "source.key_invalid" || got.Refused[0].Fault.Hint == "" {
		t.Errorf("refused: %+v", got.Refused)
	}
	got, err = r.service.Sample(as(t, access.Editor), job("operation: orders,", "operation: orders, keep: [[{field: state, logic: eq, value: b}]],"), "orders", 0)
	if err != nil || len(got.Items) != 1 || got.Dropped != 3 || !strings.Contains(string(got.Items[0]), `"state":"b"`) {
		t.Errorf("kept %s, %d dropped, %v", got.Items, got.Dropped, err)
	}
}

func TestASampleAsksWithTheFlowsParameters(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	orders(r.shop, 1, oclock(1))
	got, err := r.service.Sample(as(t, access.Editor), job("spec:", "spec:\n  params: [{key: org, default: o1}]",
		"operation: orders,", `operation: orders, key: "{{params.org}}", params: [{field: shop, value: "{{params.org}}-{{FLOW_ID}}"}],`), "orders", 1)
	if err != nil || !strings.Contains(string(got.Request), `"shop":"o1-job"`) || got.Refused != nil {
		t.Errorf("%s, %+v, %v", got.Request, got.Refused, err)
	}
}

func TestSampleIsBounded(t *testing.T) {
	t.Parallel()
	for count, want := range map[int]int{-5: 1, 0: 1, 7: 7, 1_000_000: 100} {
		r := newRig(t)
		orders(r.shop, 300, oclock(1))
		got, err := r.service.Sample(as(t, access.Editor), job("pageSize: 10", "pageSize: 50"), "orders", count)
		if err != nil || len(got.Items) != want {
			t.Errorf("asked for %d: %d items, %v", count, len(got.Items), err)
		}
	}
}

func TestAnEmptySampleIsAList(t *testing.T) {
	t.Parallel()
	got, err := newRig(t).service.Sample(as(t, access.Editor), job(), "orders", 5)
	if err != nil || got.Items == nil || len(got.Items) != 0 || got.Total != 0 || len(got.Request) == 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestSamplesThatCannotBe(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		document []byte
		node     string
		prepare  func(*rig)
		code     string
		path     string
	}{
		"no document":     {nil, "orders", nil, "flow.syntax", ""},
		"two flows":       {[]byte(enginetest.Job + "---\n" + enginetest.Job), "orders", nil, "trial.one_flow", "document"},
		"no such node":    {job(), "nobody", nil, "trial.no_such_node", "node"},
		"no node":         {job(), "", nil, "trial.no_such_node", "node"},
		"not a source":    {job(), "bill", nil, "trial.not_a_source", "node"},
		"a window":        {job(), "span", nil, "trial.not_a_source", "node"},
		"a broken source": {job("operation: orders", "operation: nothing"), "orders", nil, "flow.problems", ""},
		"no connection":   {job(), "orders", func(r *rig) { r.closed = fault.New("connection.unknown", "gone") }, "connection.unknown", ""},
		"a refusal": {job(), "orders", func(r *rig) {
			r.shop.Fail = func(int) error { return fault.New("vendor.40001", "the session was refused").Classed(fault.Auth) }
		}, "vendor.40001", ""},
		"not started": {job(), "orders", func(r *rig) { r.shop.Now = oclock(0) }, "source.not_started", "startFrom"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			orders(r.shop, 3, oclock(1))
			if tt.prepare != nil {
				tt.prepare(r)
			}
			_, err := r.service.Sample(as(t, access.Editor), tt.document, tt.node, 1)
			if fault.CodeOf(err) != tt.code || fault.From(err).Path != tt.path {
				t.Errorf("%v, want %s at %q", err, tt.code, tt.path)
			}
		})
	}
}

// Problems of the part are told with their places in the whole.
func TestProblemsOfASourceNameTheirPlace(t *testing.T) {
	t.Parallel()
	broken := strings.Replace(half, `startFrom: "2026-01-01 00:00:00"`, "nonsense: 1", 1)
	broken = strings.Replace(broken, "from: pages, to: orders", "from: pages.out, to: orders.wrong", 1)
	_, err := newRig(t).service.Sample(as(t, access.Editor), []byte(broken), "orders", 6)
	refused, ok := errors.AsType[*trial.ProblemsError](err)
	if !ok {
		t.Fatal(err)
	}
	want := map[string]string{
		"setting.unknown": "spec.nodes[3].settings.nonsense", "source.start_missing": "spec.nodes[3].settings.startFrom", "edge.unknown_port": "spec.edges[3].to",
	}
	for _, p := range refused.ListProblems() {
		if !p.Blocking {
			continue
		}
		if want[p.Code] != p.Path {
			t.Errorf("%s at %s, want %q", p.Code, p.Path, want[p.Code])
		}
		delete(want, p.Code)
	}
	if len(want) > 0 {
		t.Errorf("%v are missing in %+v", want, refused.Problems)
	}
	if err.Error() != "flow.problems: the flow has 3 problems that must be solved first" {
		t.Error(err)
	}
}
