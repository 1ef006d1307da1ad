package compile_test

import (
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/enginetest"
)

// TestBaseDataOfASource: a source reads base data where a field that the system takes
// refers to what it reads.
func TestBaseDataOfASource(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string]string{"lists": "list", "orders": ""} {
		p := enginetest.Compile(t, strings.Replace(enginetest.Job, "operation: orders,", "operation: "+operation+", ", 1))
		if got := p.Sources[0].BaseData; got != want {
			t.Errorf("%s reads %q, want %q", operation, got, want)
		}
	}
}
