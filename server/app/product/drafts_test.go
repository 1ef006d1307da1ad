package product_test

import (
	"fmt"
	"testing"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/server/access"
)

// A draft always saves, with its problems: a node of any type as the palette makes it.
func TestADraftAlwaysSaves(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, typ := range nodes.All() {
		name := typ.Declaration().Type
		for _, settings := range []string{`{}`, `null`, `{"code":""}`, `{"code":5,"operation":[],"fields":{},"conditions":"x"}`} {
			text := fmt.Sprintf(`{"apiVersion":"karez/v1","kind":"Flow","metadata":{"name":"n"},"spec":{"nodes":[{"id":"a","type":%q,"settings":%s}]}}`, name, settings)
			saved, err := h.e.Drafts.Create(h.as(1, access.Editor), "test", []byte(text))
			if err != nil || !flow.Blocking(saved.Problems) && name != "window" && name != "paginate" && name != "discard" {
				t.Errorf("%s with %s: %v, %d problems", name, settings, err, len(saved.Problems))
			}
		}
	}
}
