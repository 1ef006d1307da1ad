package trial_test

import (
	"testing"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

func TestRunCases(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	document := append(job("connection: shop", "connection: missing"), `  tests:
    - {name: good, node: check, input: {a: 1}, expect: {outputs: [{body: {a: 1}}]}}
    - {name: bad, node: bill, input: {"no": N1}, expect: {outputs: [{body: {"no": N2}}]}}
`...)
	got, err := r.service.RunCases(as(t, access.Editor), document, "")
	if err != nil || len(got) != 2 || !got[0].Passed || got[1].Passed || len(got[1].Differences) != 1 || got[1].Differences[0].Path != "outputs[0].body.no" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := r.service.RunCases(as(t, access.Editor), document, "check"); err != nil || len(got) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := r.service.RunCases(as(t, access.Editor), job(), ""); err != nil || got == nil || len(got) != 0 {
		t.Errorf("without tests: %+v, %v", got, err)
	}
	if _, err := r.service.RunCases(as(t, access.Editor), nil, ""); fault.CodeOf(err) != "flow.syntax" {
		t.Error(err)
	}
	r.unopened()
}
