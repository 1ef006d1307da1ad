package runtest_test

import (
	"testing"

	"github.com/karezflow/karez/engine/runtest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	runtest.Exercise(t, func(*testing.T) runtest.Store { return runtest.NewStore() })
}
