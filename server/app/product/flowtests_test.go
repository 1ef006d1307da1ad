package product_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/cases"
	"github.com/karezflow/karez/server/access"
)

// The tests of a draft run as it is saved, or as it is on the screen; what failed is
// said in the reader's language, and nothing of it is stored.
func TestDraftsAreTestedOverHTTP(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const draft = `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"name":"tested","title":"tested"},"spec":{"nodes":[
		{"id":"rows","type":"file","settings":{"file":"a.csv","key":"{{no}}"}},
		{"id":"bill","type":"map","settings":{"fields":[{"field":"day","value":"{{day|datetime}}"},{"field":"n","value":"{{n}}","type":"decimal"}]}},
		{"id":"kept","type":"discard"}],
		"edges":[{"from":"rows","to":"bill"},{"from":"bill","to":"kept"}],
		"tests":[
			{"name":"exact","node":"bill","input":{"n":0.10},"expect":{"outputs":[{"body":{"n":0.10}}]}},
			{"name":"no number","node":"bill","input":{"n":"x"},"expect":{"outputs":[]}},
			{"name":"of another","node":"kept","input":{},"expect":{"outputs":[]}}]}}`
	f, err := h.e.Drafts.Create(h.as(1, access.Editor), "tested", []byte(draft))
	h.must(err)
	type answer struct {
		OK    bool           `json:"ok"`
		Code  string         `json:"code"`
		Tests []cases.Result `json:"tests"`
	}
	ask := func(role access.Role, body string) (int, answer) {
		t.Helper()
		status, _, text := h.send(http.MethodPost, "/flows/"+f.PublicID+"/tests", "application/json", h.token(1, role), []byte(body))
		var got answer
		h.must(json.Unmarshal(text, &got))
		return status, got
	}

	status, got := ask(access.Editor, `{"node":"bill"}`)
	if status != http.StatusOK || got.OK || len(got.Tests) != 2 || !got.Tests[0].Passed || got.Tests[1].Passed {
		t.Fatalf("%d %+v", status, got)
	}
	if bad := got.Tests[1]; bad.Fault == nil || bad.Fault.Code != bad.Got.Fault.Code || bad.Fault.Path != "n" || !strings.Contains(bad.Fault.Message, "数") || len(bad.Differences) != 2 {
		t.Errorf("%+v, %+v", bad, bad.Fault)
	}
	if _, got := ask(access.Editor, `{}`); len(got.Tests) != 3 || got.Tests[2].Problem == nil {
		t.Errorf("%+v", got)
	}
	status, got = ask(access.Editor, `{"node":"bill","document":`+strings.Replace(draft, `"n":"x"},"expect":{"outputs":[]}`, `"n":7},"expect":{"outputs":[{"body":{"n":7}}]}`, 1)+`}`)
	if status != http.StatusOK || !got.OK || len(got.Tests) != 2 {
		t.Errorf("as on the screen: %d %+v", status, got)
	}
	if now, err := h.e.Drafts.Get(h.as(1, access.Editor), f.PublicID); err != nil || now.DraftVersion != f.DraftVersion {
		t.Errorf("%v, %v", now.DraftVersion, err)
	}
	if status, got := ask(access.Viewer, `{}`); status != http.StatusForbidden || len(got.Tests) != 0 {
		t.Errorf("%d %+v", status, got)
	}
}
