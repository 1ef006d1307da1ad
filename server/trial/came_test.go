package trial_test

import (
	"context"
	"errors"
	"fmt"
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
