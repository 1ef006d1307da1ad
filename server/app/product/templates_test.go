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
	req.Header.Set("Accept-Language", "en")
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
	ID          string   `json:"id"`
	Version     string   `json:"version"`
	Origin      string   `json:"origin"`
	Status      any      `json:"status"`
	PublishedBy string   `json:"publishedBy"`
	Code        string   `json:"code"`
	Sum         string   `json:"sum"`
	Versions    []string `json:"versions"`
	Connections []struct {
		Slot string `json:"slot"`
	} `json:"connections"`
	FlowSlots []struct {
		Alias string `json:"alias"`
	} `json:"flowSlots"`
	CodeTables []struct {
		Rows int `json:"rows"`
	} `json:"codeTables"`
	Changelog []struct {
		Version string `json:"version"`
	} `json:"changelog"`
	Documents []json.RawMessage `json:"documents"`
	Template  *said             `json:"template"`
	Problems  []said            `json:"problems"`
	Secrets   []struct {
		Path   string `json:"path"`
		Reason string `json:"reason"`
	} `json:"secrets"`
	Objections []said `json:"objections"`
	Items      []said `json:"items"`
	Here       bool   `json:"here"`
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

// tableFlow needs nothing that this house lacks.
const tableFlow = `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"name":"NAME","title":"表格"},"spec":{
"nodes":[{"id":"rows","type":"file","settings":{"file":"ours.csv","key":"{{no}}"}},{"id":"ask","type":"lookup","settings":{"in":"table","table":"shops","code":"{{no}}","into":"shop"}},
{"id":"bill","type":"map","settings":{"fields":[{"field":"no","value":"{{no}}"},{"field":"note","value":"WHY"}]}},{"id":"keep","type":"discard"}],
"edges":[{"from":"rows","to":"ask"},{"from":"ask","to":"bill"},{"from":"bill","to":"keep"}]}}`

// A template is published, grows, goes out as a package, and comes back where an administrator
// allows it; another workspace has nothing of it.
func TestPublishingATemplate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	editor, admin, viewer, stranger := h.token(1, access.Editor), h.token(1, access.Admin), h.token(1, access.Viewer), h.token(2, access.Admin)
	table := h.objects["code-tables"]
	if status, answer := h.ask(editor, http.MethodPut, "/code-tables/"+table+"/rows", []byte(`{"rows":[{"source":"1","target":"x"}]}`)); status != http.StatusOK {
		t.Fatalf("%d %s", status, answer)
	}
	flow := h.draw(editor, "", strings.NewReplacer("NAME", "sheets", "WHY", "x").Replace(tableFlow))
	body := `{"flows":["` + flow + `"],"codeTables":{"shops":{"rows":true}},"samples":[{"given":{"no":"1"},"expected":{}}]}`
	v := h.says(editor, http.MethodPost, "/templates", body, http.StatusCreated)
	if v.ID != "sheets" || v.Version != "1.0.0" || v.Origin != "workspace" || v.Status != "loose" || v.PublishedBy != "test" || v.CodeTables[0].Rows != 1 {
		t.Fatalf("%+v", v)
	}
	if again := h.says(editor, http.MethodPost, "/templates", strings.Replace(body, "{", `{"version":"1.0.0",`, 1), http.StatusUnprocessableEntity); again.Problems[0].Code != "template.version_grows" {
		t.Errorf("%+v", again)
	}
	if v = h.says(editor, http.MethodPost, "/templates", body, http.StatusCreated); v.Version != "1.0.1" || len(v.Versions) != 2 || len(v.Changelog) != 2 {
		t.Errorf("%+v", v)
	}
	if v = h.says(viewer, http.MethodGet, "/templates/sheets?version=1.0.0", "", http.StatusOK); v.Version != "1.0.0" {
		t.Errorf("%+v", v)
	}
	if taken := h.says(editor, http.MethodPost, "/templates", strings.Replace(body, "{", `{"id":"kingdee-base-data",`, 1), http.StatusConflict); taken.Code != "template.id_taken" {
		t.Errorf("%+v", taken)
	}
	for path := range map[string]bool{"/templates/sheets": true, "/templates/sheets/package": true} {
		h.says(stranger, http.MethodGet, path, "", http.StatusNotFound)
	}

	status, file := h.ask(viewer, http.MethodGet, "/templates/sheets/package?version=1.0.1", nil)
	if status != http.StatusOK || !bytes.HasPrefix(file, []byte("PK")) || bytes.Contains(file, []byte(flow)) {
		t.Fatalf("%d %s", status, file)
	}
	there := string(file)
	i := h.says(stranger, http.MethodPost, "/templates/packages/inspect", there, http.StatusOK)
	if i.Here || len(i.Objections) != 1 || i.Objections[0].Code != "package.unsigned" || i.Template.ID != "sheets" || len(i.Problems) > 0 || i.Template.Status != "unsigned" {
		t.Errorf("%+v", i)
	}
	if refused := h.says(stranger, http.MethodPost, "/templates/packages", there, http.StatusUnprocessableEntity); refused.Code != "package.unsigned" {
		t.Errorf("%+v", refused)
	}
	if other := h.says(stranger, http.MethodPost, "/templates/packages?unsigned=true&sum=x", there, http.StatusConflict); other.Code != "package.other" {
		t.Errorf("%+v", other)
	}
	if v = h.says(stranger, http.MethodPost, "/templates/packages?unsigned=true&sum="+i.Sum, there, http.StatusCreated); v.Version != "1.0.1" || v.Status != "unsigned" {
		t.Errorf("%+v", v)
	}
	copied := h.says(stranger, http.MethodPost, "/templates/sheets/copy", `{"connections":{}}`, http.StatusCreated)
	if copied.Code != "" {
		t.Errorf("%+v", copied)
	}
	h.says(stranger, http.MethodDelete, "/templates/sheets", "", http.StatusNoContent)
	h.says(stranger, http.MethodGet, "/templates/sheets", "", http.StatusNotFound)
	h.says(viewer, http.MethodGet, "/templates/sheets", "", http.StatusOK)
	h.says(admin, http.MethodDelete, "/templates/sheets?version=1.0.1", "", http.StatusNoContent)
	if v = h.says(viewer, http.MethodGet, "/templates/sheets", "", http.StatusOK); v.Version != "1.0.0" {
		t.Errorf("%+v", v)
	}
	if none := h.says(admin, http.MethodDelete, "/templates/kingdee-base-data", "", http.StatusUnprocessableEntity); none.Code != "template.built_in" {
		t.Errorf("%+v", none)
	}
}

// What looks like a credential is told with its place, and keeps a template from being published.
func TestATemplateGivesNoSecretAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	editor := h.token(1, access.Editor)
	flow := h.draw(editor, "", strings.NewReplacer("NAME", "leaks", "WHY", "Bearer abcdefghijklmnop").Replace(tableFlow))
	d := h.says(editor, http.MethodPost, "/templates/drafts", `{"flows":["`+flow+`"]}`, http.StatusOK)
	if len(d.Secrets) != 1 || d.Secrets[0].Reason != "a token" || d.Secrets[0].Path != "spec.flows[0].spec.nodes[2].settings.fields[1].value" || len(d.Problems) > 0 {
		t.Errorf("%+v %+v", d.Secrets, d.Problems)
	}
	if p := h.says(editor, http.MethodPost, "/templates", `{"flows":["`+flow+`"]}`, http.StatusUnprocessableEntity); p.Code != "template.secret" || len(p.Problems) != 1 {
		t.Errorf("%+v", p)
	}
	for body, code := range map[string]string{
		`{"flows":["nobody"]}`: "template.flow_unknown", `{"flows":["` + flow + `","` + flow + `"]}`: "template.flows",
	} {
		if p := h.says(editor, http.MethodPost, "/templates/drafts", body, http.StatusUnprocessableEntity); p.Code != code {
			t.Errorf("%s: %+v", body, p)
		}
	}
}
