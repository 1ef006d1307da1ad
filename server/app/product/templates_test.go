package product_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/store/connectionstore"
)

// ask makes a request with a body as it is, and gives the status and the answer.
func (h *house) ask(token, method, path string, body []byte) (int, []byte) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL+"/api/v1"+path, bytes.NewReader(body))
	h.must(err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	if len(body) > 0 && body[0] != '{' {
		req.Header.Set("Content-Type", "application/octet-stream")
	}
	res, err := http.DefaultClient.Do(req)
	h.must(err)
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	h.must(err)
	return res.StatusCode, answer
}

// said is what answers about templates have.
type said struct {
	ID          string                          `json:"id"`
	Version     string                          `json:"version"`
	Origin      string                          `json:"origin"`
	Status      string                          `json:"status"`
	PublishedBy string                          `json:"publishedBy"`
	Code        string                          `json:"code"`
	Sum         string                          `json:"sum"`
	Versions    []string                        `json:"versions"`
	Connections []struct{ Slot string }         `json:"connections"`
	FlowSlots   []struct{ Alias string }        `json:"flowSlots"`
	CodeTables  []struct{ Rows int }            `json:"codeTables"`
	Changelog   []struct{ Version string }      `json:"changelog"`
	Documents   []json.RawMessage               `json:"documents"`
	Template    *said                           `json:"template"`
	Problems    []said                          `json:"problems"`
	Secrets     []struct{ Path, Reason string } `json:"secrets"`
	Objections  []said                          `json:"objections"`
	Items       []said                          `json:"items"`
	Here        bool                            `json:"here"`
}

func (h *house) says(token, method, path, body string, want int) said {
	h.t.Helper()
	status, answer := h.ask(token, method, path, []byte(body))
	if status != want {
		h.t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	var s said
	if len(answer) > 0 {
		h.must(json.Unmarshal(answer, &s))
	}
	return s
}

// shopFlow is a flow with an account, a code table and a look-up into another flow.
const shopFlow = `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"name":"shop-orders","title":"东区店铺账套订单"},"spec":{
"uses":{"goods":{"flow":"a-flow-of-ours","title":"商品"}},"params":[{"key":"org","title":"组织","default":"100"}],
"nodes":[{"id":"orders","type":"source","title":"东区店铺账套取数","connection":"东区店铺账套","settings":{"operation":"orders","key":"{{no}}","startFrom":"2026-01-01 00:00:00"}},
{"id":"ask","type":"lookup","settings":{"in":"table","table":"shops","code":"{{shop}}"}},{"id":"keep","type":"discard","settings":{"why":"WHY"}}],
"edges":[{"from":"orders","to":"ask"},{"from":"ask","to":"keep"}]}}`

func (h *house) shop() {
	h.t.Helper()
	_, err := connectionstore.New(h.e.DB).PutConnection(h.as(1, access.Admin), connection.Connection{Workspace: 1, Name: "东区店铺账套", Connector: "depot", Settings: []byte("{}")}, 1)
	h.must(err)
}

func (h *house) draw(token, title, document string) string {
	h.t.Helper()
	return h.says(token, http.MethodPost, "/flows", fmt.Sprintf(`{"title":%q,"document":%s}`, title, document), http.StatusCreated).ID
}

// A template of a flow holds slots in place of accounts and of other flows, and nothing that
// belongs to the workspace; it is told what stands against it before it is stored.
func TestATemplateOfAFlow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.shop()
	editor := h.token(1, access.Editor)
	flow := h.draw(editor, "", strings.Replace(shopFlow, "WHY", "x", 1))
	d := h.says(editor, http.MethodPost, "/templates/drafts", `{"flows":["`+flow+`"],"codeTables":{"shops":{"rows":true}}}`, http.StatusOK)
	v := d.Template
	if v.ID != "shop-orders" || v.Version != "1.0.0" || len(v.Connections) != 1 || v.Connections[0].Slot != "depot" || len(v.FlowSlots) != 1 || len(v.CodeTables) != 1 || len(d.Secrets) > 0 {
		t.Fatalf("%+v", d)
	}
	for _, private := range []string{"东区", "a-flow-of-ours", flow} {
		if strings.Contains(string(v.Documents[0]), private) {
			t.Errorf("%s is in the template: %s", private, v.Documents[0])
		}
	}
	for _, p := range d.Problems { // the connector is not installed here, so the flow has problems of its own
		if p.Code != "template.flow_broken" {
			t.Errorf("%+v", p)
		}
	}
	if all := h.says(editor, http.MethodGet, "/templates", "", http.StatusOK); strings.Contains(fmt.Sprint(all), "shop-orders") {
		t.Error("the preview was stored")
	}
}
