package version_test

import (
	"cmp"
	"testing"

	"github.com/karezflow/karez/engine/plugpack/version"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	ordered := []string{"0.9", "1.0.0-alpha", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0", "1.0.1", "1.2.9", "1.2.10", "1.10.0", "2.0", "10.0.0"}
	for i, a := range ordered {
		for j, b := range ordered {
			if got := version.Compare(a, b); got != cmp.Compare(i, j) {
				t.Errorf("%s against %s is %d", a, b, got)
			}
		}
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want, have string
		ok         bool
	}{{"", "1.2.3", true}, {"1.2", "1.2.3", true}, {"1.2", "1.20.3", false}, {"1.2.3", "1.2.3", true}, {"1.2.3", "1.2", false}} {
		if got := version.Matches(tt.want, tt.have); got != tt.ok {
			t.Errorf("%q matches %q: %t", tt.want, tt.have, got)
		}
	}
}
