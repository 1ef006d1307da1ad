package trial_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/trial"
)

// shown writes what a document met, a line a node.
func shown(got trial.Tested) string {
	var out strings.Builder
	for _, n := range got.Nodes {
		fmt.Fprintf(&out, "%s:", n.ID)
		for _, o := range n.Outputs {
			fmt.Fprintf(&out, " %s=%s", o.Port, o.Body)
		}
		if n.Fault != nil {
			fmt.Fprintf(&out, " %s at %q", n.Fault.Code, n.Fault.Path)
		}
		out.WriteString("\n")
	}
	for _, r := range got.Requests {
		fmt.Fprintf(&out, "-> %s on %s: %s %s %v %s\n", r.Node, r.Connection, r.Operation, r.Mode, r.Keys, r.Body)
	}
	return out.String()
}

const (
	paid = `{"id":"a","no":"N1","state":"paid","amount":12345678901234567.89,"note":"中文 😀"}`
	bill = `{"no":"N1","amount":12345678901234567.89,"note":"中文 😀"}`
)

func TestTest(t *testing.T) {
	t.Parallel()
	pass := "orders: =" + paid + "\nlive: true=" + paid + "\ncheck: out=" + paid + "\nbill: out=" + bill + "\n"
	call := `-> erp on erp: bills create [N1] {"form":"F1","rows":[` + bill + "]}\n"
	keep := "operation: orders, keep: [[{field: state, logic: eq, value: paid}]],"
	tests := map[string]struct {
		edits        []string
		node, sample string
		want         string
	}{
		"a whole flow": {nil, "orders", paid, pass + "erp:\n" + call},
		"a filtered document": {
			nil, "orders", `{"id":"a","state":"void"}`,
			"orders: ={\"id\":\"a\",\"state\":\"void\"}\nlive: false={\"id\":\"a\",\"state\":\"void\"}\n",
		},
		"a failure and its branch": {
			[]string{"  edges:", "    - {id: aside, type: discard}\n  edges:\n    - {from: check.error, to: aside}"},
			"check", `{"bad":true}`,
			`check: error={"bad":true,"error":{"code":"test.bad","message":"the document says that it is bad","field":"","hint":"","node":"check"}} test.bad at ""` + "\naside:\n",
		},
		"a failing field": {
			[]string{"{{amount}}", "{{amount|datetime}}"},
			"bill", `{"no":"N1","amount":"soon"}`,
			"bill: value.not_a_date at \"amount\"\n",
		},
		"a record that is dropped": {[]string{"operation: orders,", keep}, "orders", `{"id":"a","state":"open"}`, "orders:\n"},
		"a record that is kept":    {[]string{"operation: orders,", keep}, "orders", paid, pass + "erp:\n" + call},
		"a record without a key":   {nil, "orders", `{"id":""}`, "orders: source.key_invalid at \"\"\n"},
		"an empty target key":      {nil, "erp", `{"amount":1}`, "erp: delivery.key_empty at \"\"\n"},
		"from the middle":          {nil, "bill", paid, "bill: out=" + bill + "\nerp:\n" + call},
		"from the target":          {nil, "erp", bill, "erp:\n" + call},
		"from a writeback":         {nil, "mark", bill, "mark: push.answer_needed at \"\"\n"},
		"a target that is not done yet": {
			[]string{"operation: bills", "operation: nothing"}, "orders", paid, pass + "erp: operation.unknown at \"spec.nodes[6].settings.operation\"\n",
		},
		"a target without a connection": {
			[]string{"connection: erp", "connection: missing"}, "orders", paid, pass + "erp: connection.unknown at \"spec.nodes[6].connection\"\n",
		},
		"a node in the middle that is not done yet": {
			[]string{"type: break", "type: dream"},
			"orders", paid,
			"orders: =" + paid + "\nlive: true=" + paid + "\ncheck: node.unknown_type at \"spec.nodes[4].type\"\n",
		},
		"a node before the beginning that is not done yet": {
			[]string{"type: break", "type: dream"}, "bill", paid, "bill: out=" + bill + "\nerp:\n" + call,
		},
		"the node itself is not done yet": {
			[]string{"{{amount}}", "{{amount|nonsense}}", "{{note}}", "{{note|nonsense}}"}, "bill", paid, "bill: value.syntax at \"spec.nodes[5].settings.fields[1].value\"\n",
		},
		"the source is not done yet": {
			[]string{"operation: orders", "operation: nothing"}, "bill", paid, "orders: operation.unknown at \"spec.nodes[2].settings.operation\"\n",
		},
		"an edge to a port that is not there": {
			[]string{"{from: live, to: check}", "{from: live.maybe, to: check}"},
			"orders", paid,
			"orders: =" + paid + "\nlive: true=" + paid + "\ncheck: edge.unknown_port at \"spec.edges[3].from\"\n",
		},
		"a circle": {
			[]string{"{from: erp, to: mark}", "{from: bill, to: live}"},
			"orders", paid,
			"orders: =" + paid + "\nlive: flow.cycle at \"spec.edges[6]\"\n",
		},
		"no trigger, and problems of triggers": {[]string{"spec:", "spec:\n  triggers: [{schedule: never}]"}, "erp", bill, "erp:\n" + call},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			got, err := r.service.Test(as(t, access.Editor), job(tt.edits...), tt.node, "", []byte(tt.sample))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, shown(got)); diff != "" {
				t.Errorf("wanted (-), got (+):\n%s", diff)
			}
			if got.Nodes == nil || got.Requests == nil {
				t.Error("a list is missing")
			}
			r.unopened()
		})
	}
}

func TestTestsThatCannotBe(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		document     []byte
		node, sample string
		code, path   string
	}{
		"no document":                {nil, "orders", `{}`, "flow.syntax", ""},
		"no such node":               {job(), "nobody", `{}`, "trial.no_such_node", "node"},
		"a node of requests":         {job(), "pages", `{}`, "push.no_such_node", ""},
		"half a sample":              {job(), "orders", `{"a":`, "item.invalid_json", "sample"},
		"a sample that is no record": {job(), "orders", `[1]`, "trial.not_a_record", "sample"},
		"no sample":                  {job(), "orders", ``, "item.invalid_json", "sample"},
		"a problem of the whole":     {job("spec:", "spec:\n  settings: {timezone: Moon/Sea}"), "orders", paid, "flow.problems", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			_, err := r.service.Test(as(t, access.Editor), tt.document, tt.node, "", []byte(tt.sample))
			if fault.CodeOf(err) != tt.code || fault.From(err).Path != tt.path {
				t.Errorf("%v, want %s at %q", err, tt.code, tt.path)
			}
			r.unopened()
			if refused, ok := errors.AsType[*trial.ProblemsError](err); ok && (len(refused.Problems) != 1 || refused.Problems[0].Path != "spec.settings.timezone") {
				t.Errorf("%+v", refused.Problems)
			}
		})
	}
}

// TestATrialTellsWhatARunDoes samples a source, tests every record, and runs the
// same flow for real: what the trial says would be written is what is written.
func TestATrialTellsWhatARunDoes(t *testing.T) {
	t.Parallel()
	document := job("{field: note, value: \"{{note}}\"}", "{field: note, value: \"{{note}} {{FLOW_ID}} {{WINDOW_END|datetime}} {{LAST_SYNC_TIME|datetime}}\"}")
	r := newRig(t)
	orders(r.shop, 40, oclock(1))
	r.shop.Put(enginetest.Order{ID: "void", No: "void", State: "void", Modified: oclock(2)})
	r.shop.Put(enginetest.Order{ID: "bad", No: "bad", Bad: true, Modified: oclock(2)})
	ctx := as(t, access.Editor)
	sample, err := r.service.Sample(ctx, document, "orders", 100)
	r.must(err)
	if len(sample.Items) != 42 {
		t.Fatalf("%d items", len(sample.Items))
	}
	told := map[string]string{}
	for _, body := range sample.Items {
		got, err := r.service.Test(ctx, document, "orders", "", body)
		r.must(err)
		for _, req := range got.Requests {
			told[req.Keys[0]] = string(item.Of(req.Body).Field("rows").Raw())
		}
	}
	written := map[string]string{}
	for no, body := range r.bills(document) {
		written[no] = "[" + string(body) + "]"
	}
	if diff := cmp.Diff(written, told); diff != "" || len(written) != 40 {
		t.Errorf("written (-), told (+): %s", diff)
	}
}

func TestRequestsOfOneRow(t *testing.T) {
	t.Parallel()
	r := newRig(t, "rowsKey: rows", `rowsKey: ""`, "maxRows: 50", "maxRows: 1", "defaultRows: 5", "defaultRows: 1")
	got, err := r.service.Test(as(t, access.Editor), job(), "erp", "", []byte(bill))
	if err != nil || len(got.Requests) != 1 || string(got.Requests[0].Body) != `{"form":"F1",`+bill[1:] {
		t.Errorf("%s, %v", shown(got), err)
	}
	without, err := r.service.Test(as(t, access.Editor), job(", params: [{field: form, value: F1}]", ""), "erp", "", []byte(bill))
	if err != nil || len(without.Requests) != 1 || string(without.Requests[0].Body) != bill {
		t.Errorf("%s, %v", shown(without), err)
	}
}

// A target without a key of its own takes the document's, which the source makes
// with the flow's parameters.
func TestTheDocumentHasItsKey(t *testing.T) {
	t.Parallel()
	r := newRig(t, `      key: "{{no}}"`+"\n", "", "class: B, probe: true, readLag: 2s, compare: [no, amount]", "class: A")
	document := job("spec:", "spec:\n  params: [{key: org, default: o1}]", "operation: orders,", `operation: orders, key: "{{params.org}}-{{id}}",`)
	got, err := r.service.Test(as(t, access.Editor), document, "orders", "", []byte(paid))
	if err != nil || len(got.Requests) != 1 || got.Requests[0].Keys[0] != "o1-a/0" {
		t.Errorf("%s, %v", shown(got), err)
	}
}

// The loose end that a part is given stays out of sight and out of the way.
func TestAFlowMayUseTheNameOfTheLooseEnd(t *testing.T) {
	t.Parallel()
	document := job("id: erp,", "id: loose_end,", "to: erp}", "to: loose_end}", "from: erp,", "from: loose_end,")
	got, err := newRig(t).service.Test(as(t, access.Editor), document, "loose_end", "", []byte(bill))
	if err != nil || len(got.Nodes) != 1 || got.Nodes[0].ID != "loose_end" || len(got.Requests) != 1 {
		t.Errorf("%s, %v", shown(got), err)
	}
}

// A test up to a node shows what the same walk shows as far as there, and no request of what follows.
func TestUpToANode(t *testing.T) {
	t.Parallel()
	for until, want := range map[string]string{
		"orders": "orders: =" + paid + "\n",
		"bill":   "orders: =" + paid + "\nlive: true=" + paid + "\ncheck: out=" + paid + "\nbill: out=" + bill + "\n",
		"erp": "orders: =" + paid + "\nlive: true=" + paid + "\ncheck: out=" + paid + "\nbill: out=" + bill + "\nerp:\n" +
			`-> erp on erp: bills create [N1] {"form":"F1","rows":[` + bill + "]}\n",
	} {
		got, err := newRig(t).service.Test(as(t, access.Editor), job(), "orders", until, []byte(paid))
		if err != nil || shown(got) != want {
			t.Errorf("up to %s: %s, %v, want %s", until, shown(got), err, want)
		}
	}
	for until, code := range map[string]string{"orders": "trial.not_before", "nowhere": "trial.no_such_node"} {
		if _, err := newRig(t).service.Test(as(t, access.Editor), job(), "bill", until, []byte(bill)); fault.CodeOf(err) != code || fault.From(err).Path != "until" {
			t.Errorf("from bill to %s: %v", until, err)
		}
	}
}
