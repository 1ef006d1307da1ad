package product_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/fields"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/access"
)

// sampled is the answer to who asks for a sample.
type sampled struct {
	Items      []json.RawMessage `json:"items"`
	Request    json.RawMessage   `json:"request"`
	From       string            `json:"from"`
	Total      int               `json:"total"`
	Discovered []fields.Known    `json:"discovered"`

	Code string `json:"code"`
	Hint string `json:"hint"`
}

// lines gives the items, one a line.
func (s sampled) lines() string {
	out := make([]string, len(s.Items))
	for i, item := range s.Items {
		out[i] = string(item)
	}
	return strings.Join(out, "\n")
}

// sample asks for a sample of the node "in" of a saved draft.
func (h *house) sample(flow string, count int, workspace ledger.ID) (int, sampled) {
	h.t.Helper()
	status, _, text := h.send(http.MethodPost, "/flows/"+flow+"/sample", "application/json", h.token(workspace, access.Editor), fmt.Appendf(nil, `{"node":"in","count":%d}`, count))
	var got sampled
	h.must(json.Unmarshal(text, &got))
	return status, got
}

// What was posted is the sample of a webhook: the newest first, as it is stored, in any
// state, and once also where it was posted again.
func TestWhatWasPostedIsASample(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.hook(`{"key":"{{no}}","fields":[{"field":"no","type":"string"}]}`, kept, toKept, false)
	status, got := h.sample(k.flow, 20, 1)
	if status != http.StatusUnprocessableEntity || got.Code != "trial.nothing_posted" || !strings.Contains(got.Hint, "发送测试") {
		t.Errorf("before anything was posted: %d %+v", status, got)
	}
	for i, body := range []string{
		`{"no":"a","amount":1}`, `{"no":"b","amount":12345678901234567890.10,"lines":[{"sku":"x"}]}`, `{"amount":3}`, `{"no":"c"}`, `{"no":"a","amount":2,"paid":"2026-01-02 03:04:05"}`,
	} {
		if got := k.post(fmt.Sprint("m", i), body); got.status != http.StatusAccepted && got.member("code") != "source.key_invalid" {
			t.Fatalf("%s: %+v", body, got)
		}
	}
	token := k.token(1, access.Editor)
	if code, _, text := k.send(http.MethodPost, "/flows/"+k.flow+"/webhooks/in/test", "application/json", token, []byte(`{"body":"{\"no\":\"t\"}"}`)); code != http.StatusOK {
		t.Fatalf("%d %s", code, text)
	}
	status, got = h.sample(k.flow, 20, 1)
	want := `{"no":"t"}
{"no":"a","amount":2,"paid":"2026-01-02 03:04:05"}
{"no":"c"}
{"amount":3}
{"no":"b","amount":12345678901234567890.10,"lines":[{"sku":"x"}]}`
	if diff := cmp.Diff(want, got.lines()); diff != "" || status != http.StatusOK || got.Total != -1 || got.Request != nil || got.From != "" {
		t.Errorf("%d %+v (-want +got):\n%s", status, got, diff)
	}
	kinds := map[string]field.Type{}
	for _, f := range got.Discovered {
		kinds[f.Field] = f.Type
		if f.Origin != fields.Auto || f.FirstSeen == "" {
			t.Errorf("%+v", f)
		}
		if f.Field == "lines.sku" && f.Sample != "x" {
			t.Errorf("%+v", f)
		}
	}
	if diff := cmp.Diff(map[string]field.Type{"amount": field.Decimal, "paid": field.Datetime, "lines": field.Array, "lines.sku": field.String}, kinds); diff != "" {
		t.Errorf("new fields (-want +got):\n%s", diff)
	}
	if _, got = h.sample(k.flow, 2, 1); got.lines() != strings.Join(strings.Split(want, "\n")[:2], "\n") {
		t.Errorf("the newest two: %s", got.lines())
	}
	if status, got = h.sample(k.flow, 20, 2); status != http.StatusNotFound || len(got.Items) > 0 {
		t.Errorf("in another workspace: %d %+v", status, got)
	}
}

// What came to an inlet is its sample.
func TestWhatWasReadIsASample(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.e.Start(t.Context())
	k := h.hook(`{"key":"{{no}}"}`, kept, toKept, false)
	ctx := h.as(1, access.Editor)
	saved, err := h.e.Drafts.Create(ctx, "reads", fmt.Appendf(nil, `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"name":"reads","title":"reads"},
"spec":{"uses":{"posted":{"flow":%q}},"nodes":[{"id":"in","type":"inlet","settings":{"from":"posted","states":["waiting"]}},%s],"edges":[%s]}}`, k.flow, kept, toKept))
	h.must(err)
	_, err = h.e.Drafts.PublishDraft(ctx, saved.PublicID, "")
	h.must(err)
	if status, got := h.sample(saved.PublicID, 5, 1); status != http.StatusUnprocessableEntity || got.Code != "trial.nothing_handed" || got.Hint == "" {
		t.Errorf("%d %+v", status, got)
	}
	if got := k.post("m1", `{"no":"a","amount":1.50}`); got.status != http.StatusAccepted {
		t.Fatalf("%+v", got)
	}
	if view := h.run(saved.PublicID); view.State != ledger.RunDone {
		t.Fatalf("%+v", view)
	}
	if status, got := h.sample(saved.PublicID, 5, 1); status != http.StatusOK || got.lines() != `{"no":"a","amount":1.50}` || len(got.Discovered) != 2 {
		t.Errorf("%d %+v", status, got)
	}
}

// What would be posted is the sample of a flow that is not published yet.
func TestATestIsASampleBeforeAnythingIsPublished(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	saved, err := h.e.Drafts.Create(h.as(1, access.Editor), "drawn", fmt.Appendf(nil, `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"name":"drawn","title":"drawn"},
"spec":{"nodes":[{"id":"in","type":"webhook","settings":{"records":"$"}},%s],"edges":[%s]}}`, kept, toKept))
	h.must(err)
	status, _, text := h.send(http.MethodPost, "/flows/"+saved.PublicID+"/sample", "application/json", h.token(1, access.Editor), []byte(`{"node":"in","count":5,"posted":"[{\"no\":12345678901234567890.10}]"}`))
	var got sampled
	h.must(json.Unmarshal(text, &got))
	if status != http.StatusOK || got.lines() != `{"no":12345678901234567890.10}` || len(got.Discovered) != 1 {
		t.Errorf("%d %s", status, text)
	}
	if came := h.storedAt(saved.PublicID, "in"); len(came) != 0 {
		t.Errorf("stored %v", came)
	}
}
