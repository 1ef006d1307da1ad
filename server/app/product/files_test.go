package product_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/execution"
)

// fileFlow publishes a flow that takes the rows of files and only collects them, and
// gives its public id.
func (h *house) fileFlow(settings string) string {
	h.t.Helper()
	ctx := h.as(1, access.Editor)
	saved, err := h.e.Drafts.Create(ctx, "files", fmt.Appendf(nil, `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"name":"files","title":"files"},
"spec":{"nodes":[{"id":"rows","type":"file","settings":%s},{"id":"kept","type":"discard","settings":{}}],"edges":[{"from":"rows","to":"kept"}]}}`, settings))
	h.must(err)
	for _, p := range saved.Problems {
		if p.Blocking {
			h.t.Fatalf("%+v", p)
		}
	}
	_, err = h.e.Drafts.PublishDraft(ctx, saved.PublicID, "")
	h.must(err)
	return saved.PublicID
}

// run runs a flow by hand until it is settled.
func (h *house) run(flow string) execution.View {
	h.t.Helper()
	run, err := h.e.Execution.Trigger(h.as(1, access.Editor), flow, execution.Manual, time.Time{})
	h.must(err)
	return h.over(run)
}

func (h *house) over(run ledger.ID) execution.View {
	h.t.Helper()
	snapshots, err := h.e.Execution.Watch(h.as(1, access.Editor), run)
	h.must(err)
	var last execution.View
	for s := range snapshots {
		last = s.View
	}
	return last
}

// stored gives the documents of a flow by their keys: state and body.
func (h *house) stored(flow string) map[string]string {
	h.t.Helper()
	return h.storedAt(flow, "rows")
}

func (h *house) storedAt(flow, node string) map[string]string {
	h.t.Helper()
	ctx := h.as(1, access.Editor)
	f, err := h.e.Drafts.Get(ctx, flow)
	h.must(err)
	stream, err := h.e.Ledger.OpenStream(ctx, 1, f.ID, node)
	h.must(err)
	documents, err := h.e.Ledger.Documents(ctx, stream.ID, 0, 10000)
	h.must(err)
	found := map[string]string{}
	for _, d := range documents {
		body, err := h.e.Ledger.Body(ctx, d.ID)
		h.must(err)
		found[d.Key] = d.State.String() + " " + string(body)
	}
	return found
}

// upload sends a file and gives the answer's status and text.
func (h *house) upload(name, query string, content []byte) (int, string) {
	h.t.Helper()
	status, _, text := h.send(http.MethodPost, "/files?name="+url.QueryEscape(name)+query, "application/octet-stream", h.token(1, access.Editor), content)
	return status, string(text)
}

const gbk = "\xb6\xa9\xb5\xa5\xba\xc5,\xbd\xf0\xb6\xee,\xc2\xeb\r\nA1,12.50,00123456789012345678\r\nA2,x,007\r\n" // 订单号,金额,码

// A file in GBK is uploaded, and its rows are documents; one that does not fit a type
// is rejected by itself. The same again brings nothing new, corrected it does.
func TestAnUploadedFileIsRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.e.Start(t.Context())
	if status, text := h.upload("orders.csv", "", []byte(gbk)); status != http.StatusCreated {
		t.Fatalf("%d %s", status, text)
	}
	flow := h.fileFlow(`{"file":"orders.csv","key":"{{订单号}}","columns":[{"column":"金额","field":"amount","type":"decimal"}]}`)
	got := h.run(flow)
	if got.State != ledger.RunDone || got.Counts[ledger.SlotPulled] != 2 || got.Counts[ledger.SlotOf(ledger.Collected)] != 1 || got.Counts[ledger.SlotOf(ledger.Rejected)] != 1 {
		t.Errorf("%+v", got)
	}
	want := map[string]string{
		"A1": `collected {"订单号":"A1","amount":12.50,"码":"00123456789012345678"}`,
		"A2": `rejected {"订单号":"A2","amount":"x","码":"007"}`,
	}
	if diff := cmp.Diff(want, h.stored(flow)); diff != "" {
		t.Error(diff)
	}
	if again := h.run(flow); again.Counts[ledger.SlotPulled] != 2 || again.Counts[ledger.SlotUnchanged] != 2 {
		t.Errorf("%+v", again.Counts)
	}
	if status, text := h.upload("orders.csv", "", []byte("x")); status != http.StatusConflict || !strings.Contains(text, "file.exists") {
		t.Errorf("%d %s", status, text)
	}
	if status, text := h.upload("orders.csv", "&replace=true", []byte(strings.Replace(gbk, ",x,", ",\"1,000.10\",", 1))); status != http.StatusCreated {
		t.Fatalf("%d %s", status, text)
	}
	if third := h.run(flow); third.Counts[ledger.SlotUnchanged] != 1 || third.Counts[ledger.SlotOf(ledger.Collected)] != 1 {
		t.Errorf("%+v", third.Counts)
	}
	if body := h.stored(flow)["A2"]; body != `collected {"订单号":"A2","amount":1000.10,"码":"007"}` {
		t.Error(body)
	}
}

// Of a file that is broken nothing is taken, and the run says where.
func TestABrokenFileIsNotTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.e.Start(t.Context())
	var rows strings.Builder
	rows.WriteString("no,amount\n")
	for i := range 1500 {
		fmt.Fprintf(&rows, "%d,1.00\n", i)
	}
	h.upload("broken.csv", "", []byte(rows.String()+"1501,\"1\n"))
	flow := h.fileFlow(`{"file":"broken.csv","key":"{{no}}"}`)
	got := h.run(flow)
	if got.State != ledger.RunFailed || got.Code != "sheet.quotes" || !strings.HasPrefix(got.Message, "broken.csv: on line 1502") || got.Counts[ledger.SlotPulled] != 0 {
		t.Errorf("%+v", got)
	}
	if stored := h.stored(flow); len(stored) != 0 {
		t.Errorf("%d documents are there", len(stored))
	}
	h.upload("broken.csv", "&replace=true", []byte(rows.String()))
	if got := h.run(flow); got.State != ledger.RunDone || got.Counts[ledger.SlotOf(ledger.Collected)] != 1500 {
		t.Errorf("%+v", got)
	}
}

// A file that is put into a folder starts the enabled flow that reads it, and is moved
// away when its rows are documents.
func TestAFileStartsItsFlow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	flow := h.fileFlow(`{"from":"folder","folder":"bank/in","key":"{{no}}"}`)
	folder := h.e.Files.FolderPath(1, "bank/in")
	h.must(os.MkdirAll(folder, 0o700))
	h.must(os.WriteFile(filepath.Join(folder, "a.csv"), []byte("no\n007\n"), 0o600))
	for _, name := range []string{filepath.Join(folder, "a.csv"), folder} { // it has been there for a while
		h.must(os.Chtimes(name, time.Now().Add(-time.Hour), time.Now().Add(-time.Hour)))
	}
	events, err := h.e.Execution.WatchWorkspace(h.as(1, access.Viewer))
	h.must(err)
	h.e.Start(t.Context())
	_, err = h.e.Drafts.SetEnabled(h.as(1, access.Editor), flow, true)
	h.must(err)
	for {
		page, err := h.e.Execution.List(h.as(1, access.Viewer), execution.Filter{Flow: flow})
		h.must(err)
		if len(page.Items) == 1 {
			if got := h.over(page.Items[0].ID); got.Trigger != "files:bank/in/*" || got.State != ledger.RunDone || got.Counts[ledger.SlotOf(ledger.Collected)] != 1 {
				t.Errorf("%+v", got)
			}
			break
		}
		select {
		case <-events:
		case <-time.After(30 * time.Second):
			t.Fatal("nothing ran")
		}
	}
	if body := h.stored(flow)["007"]; body != `collected {"no":"007"}` {
		t.Error(body)
	}
	if _, err := os.Stat(filepath.Join(folder, "done", "a.csv")); err != nil {
		t.Error(err)
	}
}

// What is downloaded is what was uploaded; a file that a flow reads is kept.
func TestFilesOverHTTP(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token := h.token(1, access.Editor)
	big := strings.Repeat("no,一\n", 6<<20) // more than other requests may bring
	status, text := h.upload("大.csv", "", []byte(big))
	if status != http.StatusCreated || !strings.Contains(text, `"size":`+fmt.Sprint(len(big))) {
		t.Fatalf("%d %.200s", status, text)
	}
	_, id, _ := strings.Cut(text, `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	code, header, content := h.send(http.MethodGet, "/files/"+id+"/content", "", token, nil)
	if code != http.StatusOK || string(content) != big || !strings.Contains(header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d %v, %d bytes", code, header, len(content))
	}
	flow := h.fileFlow(`{"file":"大.csv","key":"{{no}}"}`)
	code, _, content = h.send(http.MethodDelete, "/files/"+id, "", token, nil)
	if code != http.StatusConflict || !strings.Contains(string(content), "file.in_use") {
		t.Errorf("%d %s", code, content)
	}
	code, _, content = h.send(http.MethodPost, "/files/preview", "application/json", token, []byte(`{"settings":{"file":"大.csv","header":0}}`))
	if code != http.StatusOK || !strings.Contains(string(content), `{"A":"no","B":"一"}`) {
		t.Errorf("%d %s", code, content)
	}
	got, err := h.e.Trial.Sample(h.as(1, access.Editor), []byte(`{"apiVersion":"karez/v1","kind":"Flow","metadata":{"id":"`+flow+`","title":"t"},"spec":{"nodes":[{"id":"rows","type":"file","settings":{"file":"ours.csv","key":"{{no}}"}}]}}`), "rows", 5)
	if err != nil || len(got.Items) != 1 || string(got.Items[0]) != `{"no":"1"}` || len(got.Discovered) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
