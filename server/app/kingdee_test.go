package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/item"
)

// toKingdee begins what a flow to 金蝶 says of itself, up to its nodes.
const toKingdee = `spec:
  connections:
    k3: {connector: kingdee-k3cloud, settings: {address: env:K3_ADDRESS, acctId: env:K3_ACCT_ID, username: env:K3_USERNAME, login: password}, secrets: {password: env:K3_PASSWORD}}
  nodes:
`

// returnHead is the map of a return, with what stands in the head of every one.
const returnHead = `    - id: bill
      type: map
      settings:
        fields:
          - {field: FBillTypeID, value: XSTHD01_SYS}
          - {field: FSaleOrgId, value: "100"}
          - {field: FDate, value: "2021-05-28"}
          - {field: FStockOrgId, value: "100"}
          - {field: FSettleCurrId, value: PRE001}
          - {field: SubHeadEntity, type: object, children: [{field: FSettleOrgId, value: "100"}]}
`

// listed makes a return in 金蝶 of each row of a file; %s are further settings of the target.
const listed = `
apiVersion: karez/v1
kind: Flow
metadata: {id: listed, name: listed, title: 退货表 → 金蝶}
` + toKingdee + `    - {id: refunds, type: file, settings: {from: folder, folder: in, key: "{{no}}", onSeen: revise, columns: [{column: qty, type: decimal}, {column: price, type: decimal}]}}
` + returnHead + `          - {field: FBillNo, value: "{{no}}"}
          - {field: FRetcustId, value: "10001"}
          - field: FEntity
            type: array
            children:
              - {field: FMaterialId, value: "{{sku}}"}
              - {field: FRealQty, value: "{{qty}}"}
              - {field: FTaxPrice, value: "{{price}}"}
              - {field: FOwnerTypeId, value: BD_OwnerOrg}
              - {field: FOwnerId, value: "100"}
              - {field: FStockId, value: "1"}
    - {id: k3, type: target, connection: k3, settings: {operation: batchSave, key: "{{FBillNo}}", params: [{field: FormId, value: SAL_RETURNSTOCK}]%s}}
  edges: [{from: refunds, to: bill}, {from: bill, to: k3}]
`

// materials reads all materials of the simulated 金蝶 and writes them nowhere.
const materials = `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"name":"materials","title":"物料采集"},"spec":{"nodes":[
{"id":"materials","type":"source","connection":"k3","settings":{"operation":"executeBillQuery","startFrom":"2021-04-01 00:00:00",
"params":[{"field":"FormId","value":"BD_MATERIAL"},{"field":"FNumber","value":"FNumber"},{"field":"FName","value":"FName"},{"field":"FModifyDate","value":"FModifyDate"}]}},
{"id":"keep","type":"discard","settings":{}}],"edges":[{"from":"materials","to":"keep"}]}}`

// listing gives a world whose flow makes a return of each row; target are further settings
// of its target.
func listing(t *testing.T, target string) *world {
	t.Helper()
	w := newWorld(t)
	w.lists(target)
	return w
}

func (w *world) lists(target string) {
	w.t.Helper()
	w.flow = filepath.Join(w.t.TempDir(), "listed.yaml")
	w.must(os.WriteFile(w.flow, fmt.Appendf(nil, listed, target), 0o600))
}

// rows puts a file of returns into the folder.
func (w *world) rows(name string, rows ...string) {
	w.t.Helper()
	w.table(name, "no,sku,qty,price", rows...)
}

// ledgers is what 金蝶 was asked for, and what became of it.
type ledgers struct {
	Writes  map[string]int `json:"writeCalls"`
	Creates int            `json:"creates"`
	Updates int            `json:"updates"`
	Refused map[string]int `json:"refused"`
}

func (w *world) ledgers() (l ledgers) {
	w.t.Helper()
	w.get(w.k3+"/_sandbox/state", &l)
	return l
}

// holds compares a bill that 金蝶 has: its id, quantity, price, status and number of lines.
func (w *world) holds(no, want string) {
	w.t.Helper()
	bill := item.Of(w.bills()[no])
	lines := 0
	for range bill.Field("FEntity").Elements() {
		lines++
	}
	got := fmt.Sprintf("%s %s %s %d", bill.Path("FEntity.0.FRealQty").Text(), bill.Path("FEntity.0.FTaxPrice").Text(), bill.Field("FDocumentStatus").Text(), lines)
	if got != want {
		w.t.Errorf("bill %s is %s, want %s", no, got, want)
	}
}

// id is the one by which 金蝶 knows a bill.
func (w *world) id(no string) string {
	w.t.Helper()
	id := item.Of(w.bills()[no]).Field("FID").Text()
	if id == "" {
		w.t.Errorf("there is no bill %s", no)
	}
	return id
}

// stepped is a document with what stands of its one delivery.
type stepped struct {
	State   string `json:"state"`
	Problem struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Path    string `json:"path"`
	} `json:"problem"`
	Deliveries []struct {
		State        string     `json:"state"`
		Step         string     `json:"step"`
		Code         string     `json:"code"`
		Message      string     `json:"message"`
		TargetID     string     `json:"targetId"`
		TargetNumber string     `json:"targetNumber"`
		Attempt      int        `json:"attempt"`
		NextAt       *time.Time `json:"nextAt"`
	} `json:"deliveries"`
}

// only gives the one document of a flow in a state.
func (s *served) only(flow, state string) (string, stepped) {
	s.t.Helper()
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	s.ask("GET", "/documents?state="+state+"&flow="+flow, nil, &list)
	if len(list.Items) != 1 {
		s.t.Fatalf("%d documents are %s", len(list.Items), state)
	}
	var d stepped
	s.ask("GET", "/documents/"+list.Items[0].ID, nil, &d)
	if len(d.Deliveries) != 1 {
		s.t.Fatalf("%+v", d)
	}
	return list.Items[0].ID, d
}

// start runs a flow and gives what came of it.
func (s *served) start(flow string) seen {
	s.t.Helper()
	var run seen
	s.ask("POST", "/flows/"+flow+"/runs", struct{}{}, &run)
	events := s.watch(run.ID, "")
	return events[len(events)-1].Data
}

// TestAnAuditThatIsRefused: of three bills that are saved, submitted and audited the audit
// of one is refused. Once it is not any more its document is retried alone, and the audit
// alone is called again.
func TestAnAuditThatIsRefused(t *testing.T) {
	t.Parallel()
	turn(t)
	w := listing(t, ", lastStep: audit")
	w.control(w.k3+"/_sandbox/faults", `{"set":{"refuseRows":[{"number":"B2","on":"audit","field":"FDate","message":"会计期间已关闭","msgCode":11}]}}`)
	w.rows("1.csv", "B1,SKU-0001,1,10.50", "B2,SKU-0002,2,20.00", "B3,SKU-0003,3,30.10")
	s := w.serve()
	flow := s.settle()
	if run := s.start(flow); !run.Balanced || run.Counts["delivered"] != 2 || run.Counts["rejected"] != 1 {
		t.Fatalf("%+v", run)
	}
	id, d := s.only(flow, "rejected")
	if d.Deliveries[0].Step != "submit" || d.Deliveries[0].TargetID != w.id("B2") || d.Deliveries[0].TargetNumber != "B2" || d.Problem.Message != "会计期间已关闭" {
		t.Errorf("%+v", d)
	}
	w.holds("B1", "1 10.50 C 1")
	w.holds("B2", "2 20.00 B 1")
	w.holds("B3", "3 30.10 C 1")
	before := w.ledgers()
	if before.Writes["batchsave"] != 1 || before.Writes["submit"] != 3 || before.Writes["audit"] != 3 || before.Creates != 3 {
		t.Errorf("%+v", before)
	}

	w.control(w.k3+"/_sandbox/faults", `{"set":{"refuseRows":[]}}`)
	s.order("/documents/"+id+"/retry", "the period is open", struct{}{}, false)
	s.until(id, func(d repaired) bool { return d.State == "delivered" })
	w.holds("B2", "2 20.00 C 1")
	after := w.ledgers()
	if after.Writes["batchsave"] != 1 || after.Writes["submit"] != 3 || after.Writes["audit"] != 4 || after.Creates != 3 || after.Updates != 0 {
		t.Errorf("after the retry %+v, before %+v", after, before)
	}
	w.sentOnce()
}

// asUser does what a person does in 金蝶 with returns.
func (w *world) asUser(method string, numbers ...string) {
	w.t.Helper()
	w.inForm("SAL_RETURNSTOCK", method, numbers...)
}

// inForm does what a person does in 金蝶 with bills: by the WebAPI as well, in a session of its own.
func (w *world) inForm(form, method string, numbers ...string) {
	w.t.Helper()
	var account map[string]string
	w.get(w.k3+"/_sandbox/credentials", &account)
	jar, err := cookiejar.New(nil)
	w.must(err)
	client := &http.Client{Jar: jar}
	post := func(call string, body any) string {
		text, err := json.Marshal(body)
		w.must(err)
		req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.k3+"/k3cloud/Kingdee.BOS.WebApi.ServicesStub."+call+".common.kdsvc", bytes.NewReader(text))
		w.must(err)
		res, err := client.Do(req)
		w.must(err)
		answer, err := io.ReadAll(res.Body)
		w.must(errors.Join(err, res.Body.Close()))
		return string(answer)
	}
	post("AuthService.ValidateUser", map[string]any{"acctID": account["acctId"], "username": account["username"], "password": account["password"], "lcid": 2052})
	answer := post("DynamicFormService."+method, map[string]any{"formid": form, "data": map[string]any{"Numbers": numbers}})
	if !strings.Contains(answer, `"IsSuccess":true`) {
		w.t.Fatalf("%s answers %s", method, answer)
	}
}

// TestARefundThatChangesAfterTheAudit: 金蝶 changes no audited bill. Once a person took the
// audit back the document is retried: the same bill is changed, submitted and audited.
func TestARefundThatChangesAfterTheAudit(t *testing.T) {
	t.Parallel()
	turn(t)
	w := listing(t, ", lastStep: audit, onRevised: update")
	w.rows("1.csv", "B1,SKU-0001,1,10.50")
	s := w.serve()
	flow := s.settle()
	if run := s.start(flow); !run.Balanced || run.Counts["delivered"] != 1 {
		t.Fatalf("%+v", run)
	}
	was := w.id("B1")
	w.rows("2.csv", "B1,SKU-0002,5,10.55")
	if run := s.start(flow); !run.Balanced || run.Counts["rejected"] != 1 {
		t.Fatalf("%+v", run)
	}
	w.holds("B1", "1 10.50 C 1")
	id, d := s.only(flow, "rejected")
	if d.Problem.Message != "单据[B1]已审核，不允许修改" || d.Deliveries[0].TargetID != was {
		t.Errorf("%+v", d)
	}
	w.asUser("UnAudit", "B1")
	s.order("/documents/"+id+"/retry", "the audit is taken back", struct{}{}, false)
	s.until(id, func(d repaired) bool { return d.State == "delivered" })
	w.holds("B1", "5 10.55 C 1")
	want := map[string]int{"batchsave": 3, "submit": 2, "audit": 2, "unaudit": 1}
	if l := w.ledgers(); !maps.Equal(l.Writes, want) || w.id("B1") != was || l.Creates != 1 || l.Updates != 1 {
		t.Errorf("the bill was %s, is %s: %+v", was, w.id("B1"), l)
	}
}

// TestAnAuditWhoseAnswerIsLost is called again, and that the bill is audited already is
// what was wanted.
func TestAnAuditWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	turn(t)
	w := listing(t, ", lastStep: audit, retry: {first: 1s}")
	to, err := url.Parse(w.k3)
	w.must(err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	var audits atomic.Int32
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, ".Audit.") && audits.Add(1) == 1 {
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler) // it is carried out, and the connection is cut
		}
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(front.Close)
	w.env = append(w.env, "K3_ADDRESS="+front.URL) // the later one counts
	w.rows("1.csv", "B1,SKU-0001,1,10.50", "B2,SKU-0002,2,20.00")
	got, err := w.run()
	w.must(err)
	if !got.Balanced || got.Counts["delivered"] != 2 {
		t.Errorf("%+v", got)
	}
	w.holds("B1", "1 10.50 C 1")
	w.holds("B2", "2 20.00 C 1")
	want := ledgers{Writes: map[string]int{"batchsave": 1, "submit": 2, "audit": 3}, Creates: 2, Refused: map[string]int{"status": 1}}
	if diff := cmp.Diff(want, w.ledgers()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestABillThatIsThereAlready: somebody else's bill with the number is changed where the
// target says so, unless it is equal, and there is no second one.
func TestABillThatIsThereAlready(t *testing.T) {
	t.Parallel()
	turn(t)
	w := listing(t, "")
	w.rows("1.csv", "B1,SKU-0001,1,10.50", "B3,SKU-0003,3,30.10")
	if got, err := w.run(); err != nil || got.Counts["delivered"] != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	was := w.id("B1")
	// Another installation, which knows nothing of the first one's bills.
	w.data = t.TempDir()
	w.lists(", onConflict: update")
	w.rows("1.csv", "B1,SKU-0002,7,99.90", "B2,SKU-0001,1,10.50", "B3,SKU-0003,3,30.1")
	got, err := w.run()
	w.must(err)
	if !got.Balanced || got.Counts["delivered"] != 3 {
		t.Errorf("%+v", got)
	}
	w.holds("B1", "7 99.90 A 1")
	w.holds("B2", "1 10.50 A 1")
	w.holds("B3", "3 30.10 A 1")
	// 金蝶 refuses the numbers once each, which is how they are found to be taken.
	want := ledgers{Writes: map[string]int{"batchsave": 3}, Creates: 3, Updates: 1, Refused: map[string]int{"duplicate": 2}}
	if diff := cmp.Diff(want, w.ledgers()); diff != "" || w.id("B1") != was || len(w.bills()) != 3 {
		t.Errorf("%d bills (-want +got):\n%s", len(w.bills()), diff)
	}
}

// TestARefundThatChangesAfterItsBill: the bill that it made is changed, and stays the one it was.
func TestARefundThatChangesAfterItsBill(t *testing.T) {
	t.Parallel()
	turn(t)
	w := listing(t, ", onRevised: update")
	w.rows("1.csv", "B1,SKU-0001,1,10.50", "B2,SKU-0002,2,20.00")
	if got, err := w.run(); err != nil || got.Counts["delivered"] != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	was := w.id("B1")
	w.rows("2.csv", "B1,SKU-0001,5,10.55", "B2,SKU-0002,2,20.00")
	got, err := w.run()
	w.must(err)
	if !got.Balanced || got.Counts["accepted"] != 1 || got.Counts["delivered"] != 1 || got.Counts["unchanged"] != 1 {
		t.Errorf("%+v", got)
	}
	w.holds("B1", "5 10.55 A 1")
	w.holds("B2", "2 20.00 A 1")
	if l := w.ledgers(); w.id("B1") != was || l.Creates != 2 || l.Updates != 1 {
		t.Errorf("the bill was %s, is %s: %+v", was, w.id("B1"), l)
	}
	w.sentOnce()
}

// TestAMaterialThatIsMissing: the return waits and says for what. When another flow reads
// the material it goes by itself, long before its time.
func TestAMaterialThatIsMissing(t *testing.T) {
	t.Parallel()
	turn(t)
	w := listing(t, "")
	w.rows("1.csv", "B1,SKU-0001,1,10.50", "B2,SKU-9001,2,20.00")
	s := w.serve()
	flow := s.settle()
	var collects seen
	s.ask("POST", "/flows", map[string]any{"document": json.RawMessage(materials)}, &collects)
	s.ask("POST", "/flows/"+collects.ID+"/publish", map[string]string{}, &ignored{})
	if run := s.start(flow); !run.Balanced || run.Counts["delivered"] != 1 || run.Counts["retry_at"] != 1 {
		t.Fatalf("%+v", run)
	}
	id, d := s.only(flow, "retry_at")
	if d.Problem.Message != `编码值["SKU-9001"]不存在` || d.Deliveries[0].Message != d.Problem.Message || d.Deliveries[0].NextAt == nil || time.Until(*d.Deliveries[0].NextAt) < time.Minute {
		t.Errorf("%+v", d)
	}
	w.control(w.k3+"/_sandbox/faults", `{"set":{"baseData":[{"form":"BD_MATERIAL","number":"SKU-9001","name":"新商品"}]}}`)
	if run := s.start(collects.ID); !run.Balanced || run.Counts["collected"] == 0 {
		t.Errorf("%+v", run)
	}
	s.until(id, func(d repaired) bool { return d.State == "delivered" })
	w.holds("B2", "2 20.00 A 1")
	if l := w.ledgers(); len(w.bills()) != 2 || l.Refused["base_data"] != 1 || l.Creates != 2 {
		t.Errorf("%d bills, %+v", len(w.bills()), l)
	}
	w.sentOnce()
}
