package product_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/api"
	"github.com/karezflow/karez/server/app/product"
	"github.com/karezflow/karez/server/bulk"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/dryrun"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/ledgerview"
	"github.com/karezflow/karez/server/reconcile"
	"github.com/karezflow/karez/server/store/connectionstore"
	"github.com/karezflow/karez/server/store/reconcilestore"
	"github.com/karezflow/karez/server/store/storetest"
)

// route is an operation of the described interface.
type route struct{ method, path, id string }

// routes reads every operation from the interface's description, so that a new one is tested by being there.
func routes(t *testing.T) []route {
	t.Helper()
	text, err := os.ReadFile("../../api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var described struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(text, &described); err != nil {
		t.Fatal(err)
	}
	var all []route
	for _, path := range slices.Sorted(maps.Keys(described.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(described.Paths[path])) { // what is listed is asked for before it is made
			all = append(all, route{strings.ToUpper(method), path, described.Paths[path][method].OperationID})
		}
	}
	if len(all) < 45 {
		t.Fatalf("only %d operations", len(all))
	}
	return all
}

// house is the product in this process, with one object of every kind in the first workspace.
type house struct {
	t      *testing.T
	e      *product.Product
	server *httptest.Server
	// objects are the first workspace's, by the first word of a path.
	objects map[string]string
	// refuse pulls a record into the run that is refused at the door, and gives the document's id.
	refuse func(key string, why *ledger.Problem) string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	data := t.TempDir()
	storetest.Filled(t, "sqlite:"+filepath.Join(data, "karez.db"))
	e, err := product.Open(t.Context(), product.Config{
		Data: data, Plugins: t.TempDir(), ScriptWorker: []string{"/bin/false"}, Lease: time.Minute, Clock: time.Now,
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := api.New(api.Config{
		Accounts: e.Accounts, Flows: e.Drafts, Runs: e.Execution, Events: e.Events, Documents: e.Documents, Bulk: e.Bulk, Pauses: e.Pauses, Pins: e.Pins, Decisions: e.Decisions, Attempts: e.Attempts, PageLog: e.PageLog, Lineage: e.Lineage, Retention: e.Retention, Errands: e.Errands, Codes: e.Codes, Operations: e.Operations, Files: e.Files, Connections: e.Connections, BaseSets: e.BaseSets, Reconcile: e.Reconcile, Versions: e.Versions, Imports: e.Imports, DryRuns: e.DryRuns, Market: e.Market, Views: e.Views, Plugins: e.Connectors,
		Catalog: e.Catalog, Discovery: e.Discovery, Trial: e.Trial, Schedule: e.Schedule, Reading: e.Reading, Home: e.Home, FlowStates: e.FlowStates, Indexing: e.Indexing, Help: e.Help, Hooks: e.Hooks, Log: slog.New(slog.DiscardHandler), Clock: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, e: e, server: httptest.NewServer(handler)}
	t.Cleanup(func() {
		h.server.Close()
		if err := e.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	h.furnish()
	return h
}

const drawn = `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"id":"a-flow-of-ours","name":"ours","title":"ours"},
"spec":{"nodes":[{"id":"orders","type":"source","connection":"shop","settings":{}}]}}`

func (h *house) furnish() {
	h.t.Helper()
	ctx := h.as(1, access.Admin)
	docs, err := flow.Parse([]byte(drawn))
	h.must(err)
	version, err := h.e.Drafts.Publish(ctx, 1, docs[0], "")
	h.must(err)
	_, err = connectionstore.New(h.e.DB).PutConnection(ctx, connection.Connection{Workspace: 1, Name: "shop", Connector: "depot", Settings: []byte("{}")}, 1)
	h.must(err)
	run, err := h.e.Execution.Trigger(ctx, "a-flow-of-ours", execution.Manual, time.Time{})
	h.must(err)
	stream, err := h.e.Ledger.OpenStream(ctx, 1, version.Flow, "orders")
	h.must(err)
	window, err := h.e.Ledger.StartWindow(ctx, ledger.Window{Stream: stream.ID, Run: run, Kind: ledger.Live, From: 1, To: 2}, 1)
	h.must(err)
	page := 0
	h.refuse = func(key string, why *ledger.Problem) string {
		page++
		_, err := h.e.Ledger.CommitPage(ctx, ledger.PageCommit{
			Workspace: 1, Stream: stream.ID, Flow: version.Flow, Run: run, Version: version.ID, Window: window.ID, Attempt: window.Attempt, PageNo: page,
			Rows: 1, Total: -1, Now: 1, Docs: []ledger.Incoming{{Key: key, Number: "n", Body: []byte(`{"a":1}`), Problem: why}},
		})
		h.must(err)
		documents, err := h.e.Ledger.Documents(ctx, stream.ID, 0, 10)
		h.must(err)
		return fmt.Sprint(documents[len(documents)-1].ID)
	}
	document := h.refuse("k", &ledger.Problem{Code: "source.key_invalid", Message: "m", NodeID: "orders"})
	token, _, err := h.e.Accounts.CreateToken(ctx, "ours", access.Viewer, time.Time{})
	h.must(err)
	table, err := h.e.Codes.Create(ctx, "shops", "")
	h.must(err)
	file, err := h.e.Files.Upload(ctx, "ours.csv", strings.NewReader("no\n1\n"), false)
	h.must(err)
	job, err := h.e.Bulk.StartJob(ctx, bulk.Request{Kind: "retry", IDs: []string{document}})
	h.must(err)
	made, err := h.e.Operations.Create(ctx, "query#A", []byte(`{"connector":"erp"}`))
	h.must(err)
	kept := reconcilestore.New(h.e.DB)
	check, _, err := kept.Put(ctx, reconcile.Check{Workspace: 1, Title: "ours", Source: reconcile.Node{Flow: "a-flow-of-ours", Node: "orders"}, Days: 1})
	h.must(err)
	comparison, _, err := kept.Begin(ctx, reconcile.Run{Workspace: 1, Check: check.ID, Version: check.Version, State: reconcile.Running}, 0)
	h.must(err)
	h.must(kept.End(ctx, reconcile.Run{ID: comparison.ID, Version: check.Version, State: reconcile.Done}, nil))
	dry, err := h.e.DryRuns.Start(ctx, dryrun.Asked{Flow: "a-flow-of-ours", Document: []byte(drawn)})
	h.must(err)
	view, err := h.e.Views.Create(ctx, ledgerview.View{Name: "ours", Shared: true})
	h.must(err)
	h.e.PageLog.Heard(pull.Asked{Workspace: 1, Flow: version.Flow, Run: run, Window: window.ID, Node: "orders", Operation: "query", Started: ledger.At(time.Now())})
	h.e.PageLog.Flush(ctx)
	asked, err := h.e.PageLog.Of(ctx, "a-flow-of-ours", 1)
	h.must(err)
	h.objects = map[string]string{
		"page-requests":   fmt.Sprint(asked[0].ID),
		"views":           fmt.Sprint(view.ID),
		"dry-runs":        dry.ID,
		"reconciliations": fmt.Sprint(check.ID), "reconciliation-runs": fmt.Sprint(comparison.ID),
		"operations":  fmt.Sprint(made.ID),
		"bulk-jobs":   fmt.Sprint(job.ID),
		"files":       fmt.Sprint(file.ID),
		"templates":   "jushuitan-refund-to-kingdee-return",
		"code-tables": fmt.Sprint(table.ID),
		"flows":       "a-flow-of-ours", "runs": fmt.Sprint(run), "documents": document, "tokens": fmt.Sprint(token.ID), "connections": "shop",
	}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) as(workspace ledger.ID, role access.Role) context.Context {
	return access.With(h.t.Context(), access.Principal{Workspace: workspace, Name: "test", Role: role})
}

// token makes an API token.
func (h *house) token(workspace ledger.ID, role access.Role) string {
	h.t.Helper()
	_, secret, err := h.e.Accounts.CreateToken(h.as(workspace, access.Admin), "test", role, time.Time{})
	h.must(err)
	return secret
}

// bodies are what operations need at least, so that a refusal is about the caller.
func bodies() map[string]string {
	return map[string]string{
		"saveFlow": `{"document":` + drawn + `}`, "validateFlow": `{"document":` + drawn + `}`, "setUp": `{"token":"x","name":"eve","password":"long enough"}`,
		"logIn": `{"name":"eve","password":"long enough"}`, "createToken": `{"name":"x","role":"viewer"}`,
		"resendDocument": `{"node":"orders"}`, "createConnection": `{"name":"x"}`,
		"checkUnsaved": `{"name":"shop"}`, "discoverFields": `{"operation":"orders","form":"F"}`, "sampleSource": `{"node":"orders"}`, "sampleUnsaved": `{"document":` + drawn + `,"node":"orders"}`, "testFlow": `{"node":"orders","sample":{}}`, "pinSample": `{"items":[{}],"total":-1,"chosen":0,"origin":"taken"}`, "chooseSample": `{"chosen":0}`, "createView": `{"name":"x","filter":{}}`, "saveView": `{"name":"x","filter":{},"version":1}`, "explainMapping": `{"node":"orders","sample":{}}`,
		"changeConnection": `{"revision":1}`, "pullNumbers": `{"numbers":["1"]}`, "evaluateValue": `{"text":"x"}`, "checkScript": `{"source":"function transform(d){return d}"}`,
		"createCodeTable": `{"name":"x"}`, "createDerivedOperation": `{"name":"query#X","body":{"connector":"erp"}}`, "saveDerivedOperation": `{"version":1,"body":{"connector":"erp"}}`, "draftDerivedOperation": `{"connector":"erp","connection":"shop","operation":"orders","form":"X"}`, "draftDerivedOperations": "operation,field", "renameCodeTable": `{"title":"x"}`, "putCodeRows": `{"rows":[]}`, "deleteCodeRows": `{"sources":[]}`,
		"previewBulkJob": `{"kind":"retry","ids":["1"]}`, "startBulkJob": `{"kind":"retry","ids":["1"]}`,
		"setRetention": `{"payloads":90,"calls":30,"posts":30,"errands":90,"pages":90,"version":0}`,
		"testWebhook":  `{"body":"{}"}`, "uploadFile": "{}", "previewImport": `{"text":"x"}`, "importFlows": `{"text":"x"}`, "makeBaseData": `{"sets":[{"operation":"x"}]}`, "copyTemplate": `{"connections":{}}`, "draftTemplate": `{"flows":["a-flow-of-ours"]}`, "publishTemplate": `{"flows":["a-flow-of-ours"]}`, "inspectTemplate": "no package", "importTemplate": "no package", "setLimit": `{"calls":5,"perMs":1000,"own":3}`, "previewFile": `{"settings":{"file":"orders.csv"}}`,
		"inspectPlugin": "no package", "installPlugin": "no package", "activatePlugin": `{"version":"1.0.0"}`, "pinPlugin": `{"pinned":true}`,
		"createReconciliation": comparing(""), "saveReconciliation": comparing(`"version":1,`),
		"rollBackFlow": `{"no":1,"draft":"keep"}`, "compareFlows": `{"from":` + drawn + `,"to":` + drawn + `}`,
		"acceptDelivery":   `{"node":"orders"}`,
		"estimateBackfill": `{"from":"2026-01-01T00:00:00Z","to":"2026-02-01T00:00:00Z"}`, "backfillSource": `{"from":"2026-01-01T00:00:00Z","to":"2026-02-01T00:00:00Z"}`,
		"previewCursor": `{"to":"2026-01-01T00:00:00Z"}`, "resetCursor": `{"to":"2026-01-01T00:00:00Z","version":1}`,
	}
}

// comparing is a comparison as it is sent.
func comparing(more string) string {
	return `{` + more + `"title":"x","source":{"flow":"f","node":"n"},"target":{"flow":"f","node":"n"},"spec":{"key":{"title":"","source":"{{a}}","target":"{{b}}"}},"days":1}`
}

// call makes a request about the first workspace's objects and gives the status, the code and the text.
func (h *house) call(r route, token string) (status int, code, text string) {
	h.t.Helper()
	words := strings.Split(r.path, "/")
	path := strings.NewReplacer("{id}", h.objects[words[1]], "{name}", h.objects[words[1]], "{no}", "1", "{node}", "orders", "{request}", h.objects["page-requests"]).Replace(r.path)
	if path += map[string]string{"nextFirings": "?cron=0+*+*+*+*", "draftDerivedOperations": "?connector=erp", "uploadFile": "?name=x.csv", "diffVersions": "?from=1"}[r.id]; strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/x/")
	}
	var body io.Reader
	if r.method == http.MethodPost || r.method == http.MethodPut {
		text := bodies()[r.id]
		if text == "" {
			text = "{}"
		}
		body = bytes.NewReader([]byte(text))
	}
	ctx, cancel := context.WithCancel(h.t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, h.server.URL+"/api/v1"+path, body)
	h.must(err)
	req.Header.Set("Accept-Language", "en")
	req.Header.Set("If-Match", `"1"`)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	h.must(err)
	defer func() { _ = res.Body.Close() }()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return res.StatusCode, "", ""
	}
	answer, err := io.ReadAll(res.Body)
	h.must(err)
	var p struct {
		Code string `json:"code"`
	}
	if res.StatusCode >= 400 {
		if res.Header.Get("Content-Type") != "application/problem+json" || json.Unmarshal(answer, &p) != nil || p.Code == "" {
			h.t.Errorf("%s %s: an uncoded answer %d %s", r.method, r.path, res.StatusCode, answer)
		}
	}
	return res.StatusCode, p.Code, string(answer)
}

func TestEveryRouteRefusesTheAnonymous(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, r := range routes(t) {
		for _, token := range []string{"", "karez_guessed", "not even a token"} {
			if status, code, text := h.call(r, token); status != http.StatusUnauthorized || !strings.HasPrefix(code, "auth.") {
				t.Errorf("%s %s with token %q: %d %s %s", r.method, r.path, token, status, code, text)
			}
		}
	}
	for _, path := range []string{"/api/v1", "/api/v1/", "/api/v1/openapi.json", "/api/v1/nothing", "/api/v2/flows"} {
		res, err := http.Get(h.server.URL + path)
		h.must(err)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

// Another workspace's administrator finds nothing of ours, by any name.
func TestEveryRouteRefusesTheOtherWorkspace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stranger := h.token(2, access.Admin)
	own := map[string]bool{ // answers about nobody's objects
		"evaluateValue": true, "checkScript": true, "nextFirings": true, "listNodeTypes": true, "listConnectors": true, "validateFlow": true,
		"createFlow": true, "createToken": true, "logOut": true, "watchWorkspace": true, "checkUnsaved": true, "createCodeTable": true, "listHelp": true,
		"createDerivedOperation": true, "uploadFile": true, "previewFile": true, "setRetention": true, "purgeNow": true, "compareFlows": true, "previewImport": true, "importFlows": true,
		"listTemplates": true, "getTemplate": true, "copyTemplate": true, "downloadTemplate": true, "deleteTemplate": true, "fetchTemplate": true, "listTemplateRegistry": true,
	}
	for _, r := range routes(t) {
		status, code, text := h.call(r, stranger)
		for kind, id := range h.objects {
			if kind != "connections" && kind != "templates" && len(id) > 3 && strings.Contains(text, id) && r.id != "validateFlow" && r.id != "draftTemplate" && r.id != "publishTemplate" { // which say again what was asked
				t.Errorf("%s %s shows %s of another workspace: %s", r.method, r.path, id, text)
			}
		}
		switch {
		case own[r.id] && (status < 300 || code == "script.worker_unavailable" || code == "template.connector_missing" || code == "template.built_in" || code == "template.registry_none"):
		case strings.Contains(r.path, "{"):
			if status != http.StatusNotFound {
				t.Errorf("%s %s: %d %s %s", r.method, r.path, status, code, text)
			}
		case r.method == http.MethodGet && status < 300:
			if strings.Contains(text, `"items":[{`) && r.id != "listTokens" {
				t.Errorf("%s %s lists things: %s", r.method, r.path, text)
			}
		case r.id == "previewBulkJob" && strings.Contains(text, `"total":0`):
		case status >= 400 && status < 500:
		default:
			t.Errorf("%s %s: %d %s %s", r.method, r.path, status, code, text)
		}
	}
}

// Who may only look changes nothing.
func TestEveryRouteRefusesTheViewerAChange(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	viewer := h.token(1, access.Viewer)
	harmless := map[string]bool{"logOut": true, "evaluateValue": true, "checkScript": true, "validateFlow": true, "logIn": true, "setUp": true, "createView": true, "chooseView": true} // views of one's own
	for _, r := range routes(t) {
		status, code, text := h.call(r, viewer)
		switch changes := r.method != http.MethodGet; {
		case harmless[r.id]:
		case changes || r.id == "listTokens" || r.id == "estimateRetention":
			if status != http.StatusForbidden || code != "auth.forbidden" {
				t.Errorf("%s %s: %d %s %s", r.method, r.path, status, code, text)
			}
		case status >= 300 && !strings.HasPrefix(r.path, "/catalog/connectors/") && r.id != "getHelp" && r.id != "comparePlugin" && r.id != "listPluginPages" && r.id != "getPluginIcon" && r.id != "getDocumentChange" && r.path != "/documents/{id}/attempts/{no}" && r.path != "/documents/{id}/attempts/{no}/raw":
			t.Errorf("%s %s: %d %s %s", r.method, r.path, status, code, text)
		}
	}
}
