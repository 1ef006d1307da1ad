package document_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/karezflow/karez/server/document"
)

func TestCells(t *testing.T) {
	t.Parallel()
	payload := []byte(`{"no":"A-1","amount":12345678901507334.98,"buyer":{"name":"李雷"},"a.b":"dotted","paid":true,"none":null,"tags":["x","y"],
		"items":[{"sku":"S1","qty":1},{"sku":"S2","qty":1},{"sku":"S1","ext":{"c":7}}],"many":[{"n":1},{"n":2},{"n":3},{"n":4},{"n":5},{"n":6}],
		"raw":"{\"inner\":[{\"k\":\"deep\"}]}","bad":"{\"inner\"","long":"` + strings.Repeat("长", 300) + `"}`)
	for path, want := range map[string]string{
		"no": "A-1", "amount": "12345678901507334.98", "buyer.name": "李雷", "a.b": "dotted", "paid": "true", "none": "", "nothing": "", "no.more": "",
		"items.sku": "S1; S2", "items.qty": "1", "items.ext.c": "7", "many.n": "1; 2; 3; 4; 5; …", "tags": `["x","y"]`, "raw.inner.k": "deep", "bad.inner": "",
		"long": strings.Repeat("长", 200) + "…", "buyer": `{"name":"李雷"}`, "tags.x": "",
	} {
		if got := document.Cells(payload, []string{path}); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if got := document.Cells(nil, []string{"a", "b"}); !slices.Equal(got, []string{"", ""}) {
		t.Errorf("of nothing: %q", got)
	}
}
