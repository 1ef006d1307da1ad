package trial_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// books are what came to the node "in" of the flow "job".
type books struct {
	bodies []string
	asked  string
	failed error
}

// Newest implements trial.Ledger.
func (b *books) Newest(_ context.Context, in ledger.ID, flow, node string, most int) ([][]byte, error) {
	b.asked = fmt.Sprintf("%d %s %s %d", in, flow, node, most)
	var out [][]byte
	for _, body := range b.bodies[:min(len(b.bodies), most)] {
		out = append(out, []byte(body))
	}
	return out, b.failed
}

// entered is a flow that others bring documents to. Its node is not set right, and what
// follows is not drawn.
func entered(kind string) []byte {
	return []byte(`{"apiVersion":"karez/v1","kind":"Flow","metadata":{"id":"job","title":"t"},"spec":{"nodes":[{"id":"in","type":"` + kind + `",
"settings":{"nonsense":1,"fields":[{"field":"no"}]}},{"id":"bill","type":"dream"}],"edges":[{"from":"in","to":"bill"}]}}`)
}

func TestASampleOfWhatCame(t *testing.T) {
	t.Parallel()
	for kind, nothing := range map[string]string{"webhook": "trial.nothing_posted", "inlet": "trial.nothing_handed"} {
		r, b := newRig(t), &books{}
		r.service.Ledger = b
		_, err := r.service.Sample(as(t, access.Editor), entered(kind), "in", 3)
		if f := fault.From(err); f.Code != nothing || f.Path != "node" || f.Hint == "" || b.asked != "7 job in 3" {
			t.Errorf("%s: asked %q: %v", kind, b.asked, err)
		}
		b.bodies = []string{`{"no":"b","paid":1.10}`, `{"no":"a"}`}
		got, err := r.service.Sample(as(t, access.Editor), entered(kind), "in", 3)
		if err != nil || len(got.Items) != 2 || string(got.Items[0]) != b.bodies[0] || got.Total != -1 || len(got.Discovered) != 1 || got.Discovered[0].Field != "paid" {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
		if got, err := r.service.Sample(as(t, access.Editor), entered(kind), "in", 0); err != nil || len(got.Items) != 1 {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
		if _, err := r.service.Sample(as(t, access.Viewer), entered(kind), "in", 3); err == nil {
			t.Errorf("%s: a viewer sees the sample", kind)
		}
		b.failed = errors.New("the disk is gone")
		if _, err := r.service.Sample(as(t, access.Editor), entered(kind), "in", 3); !errors.Is(err, b.failed) {
			t.Errorf("%s: %v", kind, err)
		}
		r.unopened()
	}
}

// What would be posted is a sample of a flow that was never published.
func TestASampleOfWhatWouldBePosted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := as(t, access.Editor)
	listed := []byte(strings.Replace(string(entered("webhook")), `"nonsense":1`, `"records":"data.list"`, 1))
	got, err := r.service.SamplePosted(ctx, listed, "in", []byte(`{"data":{"list":[{"no":"a","paid":1.10},{"no":"b"},{"no":"c"}]}}`), 2)
	if err != nil || len(got.Items) != 2 || string(got.Items[0]) != `{"no":"a","paid":1.10}` || string(got.Items[1]) != `{"no":"b"}` || len(got.Discovered) != 1 || got.Discovered[0].Field != "paid" {
		t.Errorf("%+v, %v", got, err)
	}
	for name, tt := range map[string]struct {
		document   []byte
		node, body string
		code       string
	}{
		"no JSON":         {listed, "in", `{"no":`, "webhook.body_invalid"},
		"a member twice":  {listed, "in", `{"no":1,"no":2}`, "webhook.member_repeated"},
		"no list":         {listed, "in", `{"no":1}`, "webhook.no_records"},
		"not one":         {entered("webhook"), "in", `[{"no":1}]`, "webhook.not_object"},
		"no such node":    {listed, "out", `{}`, "trial.no_such_node"},
		"not a webhook":   {entered("inlet"), "in", `{"no":1}`, "trial.not_a_webhook"},
		"another's place": {listed, "bill", `{"no":1}`, "trial.not_a_webhook"},
	} {
		if _, err := r.service.SamplePosted(ctx, tt.document, tt.node, []byte(tt.body), 5); fault.CodeOf(err) != tt.code {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
	if _, err := r.service.SamplePosted(as(t, access.Viewer), listed, "in", []byte(`{}`), 5); err == nil {
		t.Error("a viewer sees the sample")
	}
	r.unopened()
}
