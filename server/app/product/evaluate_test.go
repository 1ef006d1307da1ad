package product_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
)

// A text is tried on what is stored, though nobody looked for it before; never on what
// another workspace stores.
func TestALookupIsTriedOverHTTP(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []struct{ workspace, text, want string }{
		{"1", "_findCollection find a from ours where a=1", `"value":1`},
		{"1", "_findCollection find a from a-flow-of-ours.orders where a=1", `"value":1`},
		{"1", "_findCollection find a from ours where a=2", `"type":"null"`},
		{"1", "_findCollection find a from others where a=1", `"code":"lookup.flow_missing"`},
		{"2", "_findCollection find a from ours where a=1", `"code":"lookup.flow_missing"`},
	} {
		token := h.token(map[string]ledger.ID{"1": 1, "2": 2}[c.workspace], access.Viewer)
		status, _, text := h.send(http.MethodPost, "/values/evaluate", "application/json", token,
			[]byte(`{"text":"`+c.text+`","source":{},"uses":{"ours":{"flow":"a-flow-of-ours"}}}`))
		if status != http.StatusOK || !strings.Contains(string(text), c.want) {
			t.Errorf("%s in workspace %s: %d %s", c.text, c.workspace, status, text)
		}
	}
}
