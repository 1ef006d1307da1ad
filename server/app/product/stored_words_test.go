package product_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// told gives a path's answer in a language.
func (h *house) told(path, language, token string) string {
	h.t.Helper()
	req := h.request(h.t.Context(), path, "", token)
	req.Header.Set("Accept-Language", language)
	res, err := http.DefaultClient.Do(req)
	h.must(err)
	defer func() { _ = res.Body.Close() }()
	var answer any
	h.must(json.NewDecoder(res.Body).Decode(&answer))
	text, err := json.Marshal(answer)
	h.must(err)
	return string(text)
}

// What was kept with a document or a run is told later as it would have been at once:
// the whole sentence and the whole hint, with their values.
func TestWhatWasKeptIsToldInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	run, err := strconv.ParseInt(h.objects["runs"], 10, 64)
	h.must(err)
	why := fault.New("operation.unknown", "%s (%s) has no %s operation %s", "仓库", "depot", "write", "save_all").Hinted("it offers: %s", "save, submit")
	document := h.refuse("l", ledger.ProblemOf(why, "orders"))
	vendors := h.refuse("m", ledger.ProblemOf(fault.New("vendor.9", "%s", "库存不足").Advised("retried later", "稍后自动重试"), "orders"))
	h.must(h.e.Execution.Cancel(h.as(1, access.Admin), ledger.ID(run)))
	token := h.token(1, access.Viewer)
	const (
		sentence, hint    = "仓库（depot）没有名为 save_all 的接口", "可选：save, submit"
		original, advised = "仓库 (depot) has no write operation save_all", "it offers: save, submit"
	)
	tests := []struct{ path, chinese, english string }{
		{"/documents/" + document, sentence, original},
		{"/documents/" + document, hint, advised},
		{"/documents/" + vendors, "稍后自动重试", "retried later"},
		{"/documents/" + vendors, "库存不足", "库存不足"},
		{"/documents?code=operation.unknown", sentence, original},
		{"/documents/facets", sentence, original},
		{"/runs/" + h.objects["runs"], sentence, original},
		{"/runs/" + h.objects["runs"], "test 取消了这次执行", "the run was cancelled by test"},
		{"/runs", "test 取消了这次执行", "the run was cancelled by test"},
	}
	for _, tt := range tests {
		if got := h.told(tt.path, "zh-CN", token); !strings.Contains(got, `"`+tt.chinese+`"`) {
			t.Errorf("%s does not say %q: %s", tt.path, tt.chinese, got)
		}
		if got := h.told(tt.path, "en", token); !strings.Contains(got, `"`+tt.english+`"`) {
			t.Errorf("%s does not say %q: %s", tt.path, tt.english, got)
		}
	}
}
