package exact_test

import (
	"testing"

	"github.com/karezflow/karez/engine/script/internal/exact"
)

func TestRead(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]struct {
		whole   int64
		float   float64
		isWhole bool
		safe    bool
	}{
		"0": {0, 0, true, true}, "-12": {-12, 0, true, true}, "123456789012345": {123456789012345, 0, true, true},
		"1.10": {0, 1.1, false, true}, "9007199254740993": {0, 9007199254740992, false, false}, "1E400": {0, 0, false, false},
		"0.0120e3": {0, 12, false, true}, "1e-400": {0, 0, false, false},
	} {
		whole, float, isWhole, safe := exact.Read(raw)
		if whole != want.whole || isWhole != want.isWhole || safe != want.safe || safe && float != want.float {
			t.Errorf("%s reads as %d %v %v %v", raw, whole, float, isWhole, safe)
		}
	}
}

func TestIsDecimal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"1": true, "-1.50": true, "+2e-3": true, "1E+10": true, "": false, ".5": false, "5.": false, "--1": false, "1e": false, "1e+-3": false,
		"1,000": false, "¥5": false, "0x10": false, " 1": false,
	} {
		if exact.IsDecimal(text) != want {
			t.Errorf("%q is a decimal: %v", text, !want)
		}
	}
}
