package connection

import (
	"testing"

	"github.com/karezflow/karez/sdk/fault"
)

// Whatever comes of a check, a person reads what to do about it, in both languages.
func TestEveryClassIsAdvised(t *testing.T) {
	t.Parallel()
	for _, class := range []fault.Class{"", fault.Transient, fault.Rate, fault.Auth, fault.Data, fault.Config, fault.BusinessWait, fault.Duplicate, fault.Internal} {
		got := advised(fault.New("vendor.x", "no").Classed(class))
		if got.Hint == "" || got.Args[fault.HintZH] == "" {
			t.Errorf("%q: %q, %q", class, got.Hint, got.Args[fault.HintZH])
		}
	}
	own := fault.New("vendor.x", "no").Hinted("do this")
	if got := advised(own); got.Hint != "do this" || got.Args[fault.HintZH] != "" {
		t.Errorf("its own hint became %q", got.Hint)
	}
	if advised(nil) != nil {
		t.Error("nothing is advised")
	}
}
