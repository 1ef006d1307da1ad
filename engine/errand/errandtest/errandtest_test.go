package errandtest_test

import (
	"testing"

	"github.com/karezflow/karez/engine/errand/errandtest"
	"github.com/karezflow/karez/engine/runtest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	store := runtest.NewStore()
	errandtest.Exercise(t, store, store.Errands())
}
