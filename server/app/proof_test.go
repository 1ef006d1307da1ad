package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// written gives how many bills 金蝶 was sent: calls of a save, and bills that it made of them.
func (w *world) written() (calls, creates int) {
	w.t.Helper()
	var state struct {
		Calls   map[string]int `json:"calls"`
		Creates int            `json:"creates"`
	}
	w.get(w.k3+"/_sandbox/state", &state)
	for path, n := range state.Calls {
		if strings.Contains(path, "BatchSave") {
			calls += n
		}
	}
	return calls, state.Creates
}

// repaired is a document with what was sent of it.
type repaired struct {
	State      string `json:"state"`
	Deliveries []struct {
		Node    string          `json:"node"`
		State   string          `json:"state"`
		Attempt int             `json:"attempt"`
		Mapped  json.RawMessage `json:"mapped"`
	} `json:"deliveries"`
}

// order sends an order about a document under a key. Where the answer is cut, it is
// carried out and nobody hears of it.
func (s *served) order(path, key string, body any, cut bool) (int, repaired) {
	s.t.Helper()
	text, err := json.Marshal(body)
	s.must(err)
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/api/v1"+path, bytes.NewReader(text))
	s.must(err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	client := &http.Client{Jar: s.client.Jar}
	if cut {
		client.Transport = cutting{}
	}
	res, err := client.Do(req)
	if cut {
		if err == nil {
			s.t.Fatal("the answer was not cut")
		}
		return 0, repaired{}
	}
	s.must(err)
	answer, err := io.ReadAll(res.Body)
	s.must(errors.Join(err, res.Body.Close()))
	var d repaired
	if res.StatusCode == http.StatusOK {
		s.must(json.Unmarshal(answer, &d))
	}
	return res.StatusCode, d
}

// cutting lets a request through and loses the answer.
type cutting struct{}

// RoundTrip implements http.RoundTripper.
func (cutting) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		_, _ = io.Copy(io.Discard, res.Body)
		err = errors.Join(res.Body.Close(), io.ErrUnexpectedEOF)
	}
	return nil, err
}

// until asks for a document until it shows what is wanted.
func (s *served) until(id string, want func(repaired) bool) repaired {
	s.t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	var d repaired
	for range 1200 {
		if s.ask("GET", "/documents/"+id, nil, &d); want(d) {
			return d
		}
		<-ticker.C
		d = repaired{}
	}
	s.t.Fatalf("document %s does not get there", id)
	return d
}

// TestOneOfAThousand: one refund of a thousand is refused. An order whose answer is cut is
// repeated and carried out once; the corrected body is sent alone, by exactly one call.
func TestOneOfAThousand(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t)
	bad := ""
	of := w.byOrder()
	for _, r := range w.refunds("") {
		if r.deliverable() && len(of[r.OID]) == 1 {
			bad = r.OID.String()
			break
		}
	}
	w.control(w.k3+"/_sandbox/faults", `{"set":{"refuseRows":[{"number":"`+bad+`","field":"FDate","message":"会计期间已关闭","msgCode":11}]}}`)
	s := w.serve()
	flow := s.settle()
	var run seen
	s.ask("POST", "/flows/"+flow+"/runs", struct{}{}, &run)
	events := s.watch(run.ID, "")
	last := events[len(events)-1].Data
	var failed struct {
		Items []grouped `json:"items"`
	}
	s.ask("GET", "/documents?state=rejected&run="+run.ID, nil, &failed)
	if !last.Balanced || last.Counts["accepted"] != 1000 || len(failed.Items) != 1 {
		t.Fatalf("%d failed of %+v", len(failed.Items), last)
	}
	id := failed.Items[0].ID
	calls, creates := w.written()
	step := func(what string, moreCalls, moreBills int) {
		t.Helper()
		if c, b := w.written(); c != calls+moreCalls || b != creates+moreBills {
			t.Errorf("%s: %d calls and %d bills more, want %d and %d", what, c-calls, b-creates, moreCalls, moreBills)
		}
	}
	before := s.until(id, func(d repaired) bool { return d.State == "rejected" }).Deliveries[0]
	again := map[string]any{"node": "k3"}
	s.order("/documents/"+id+"/resend", "the first", again, true)
	s.until(id, func(d repaired) bool {
		return d.State == "rejected" && d.Deliveries[0].State == "rejected" && d.Deliveries[0].Attempt == before.Attempt+1
	})
	step("an order whose answer was cut", 1, 0)
	for range 3 {
		if code, d := s.order("/documents/"+id+"/resend", "the first", again, false); code != http.StatusOK || d.State != "rejected" {
			t.Errorf("the order repeated answers %d and %s", code, d.State)
		}
	}
	step("the order repeated", 1, 0)

	w.control(w.k3+"/_sandbox/faults", `{"set":{"refuseRows":[]}}`)
	var body map[string]json.RawMessage
	w.must(json.Unmarshal(before.Mapped, &body))
	body["FHeadNote"] = json.RawMessage(`"改正后重发"`)
	if code, _ := s.order("/documents/"+id+"/resend", "the second", map[string]any{"node": "k3", "body": body}, false); code != http.StatusOK {
		t.Fatalf("the corrected body answers %d", code)
	}
	s.until(id, func(d repaired) bool { return d.State == "delivered" })
	step("the corrected body", 2, 1)
	var bill struct {
		Note string `json:"FHeadNote"`
	}
	w.must(json.Unmarshal(w.bills()[bad], &bill))
	if bill.Note != "改正后重发" {
		t.Errorf("金蝶 holds the note %q", bill.Note)
	}
	s.sentOnce()
}

// pushes stands before 金蝶 and answers the calls of Push itself.
type pushes struct {
	mu sync.Mutex
	// came counts the calls by the number that they name, made what came of them.
	came, made map[string]int
	// lose loses answers, and drop calls before anything is made.
	lose, drop bool
}

func (p *pushes) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text, _ := io.ReadAll(r.Body)
	var form struct {
		Data string `json:"data"`
	}
	number := string(text)
	if json.Unmarshal(text, &form) == nil && form.Data != "" {
		number = form.Data
	}
	if _, after, ok := strings.Cut(number, `"Numbers":["`); ok {
		number, _, _ = strings.Cut(after, `"`)
	}
	if p.came[number]++; !p.drop {
		p.made[number]++
	}
	if p.lose || p.drop {
		panic(http.ErrAbortHandler) // the connection is cut
	}
	_, _ = io.WriteString(w, `{"Result":{"ResponseStatus":{"IsSuccess":true,"Errors":[],"SuccessEntitys":[{"Id":200001,"Number":"XS`+number+`","DIndex":0}],"SuccessMessages":[],"MsgCode":0},"ConvertResponseStatus":{}}}`)
}

// counts gives the calls that name a number and what was made of them.
func (p *pushes) counts(number string) [2]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return [2]int{p.came[number], p.made[number]}
}

func (p *pushes) total() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.came {
		n += c
	}
	return n
}

// TestWhatCannotBeRepeatedIsDecided: the answers to pushes are lost, which can't be looked
// up. Nothing is pushed again, over a restart and another run; people see what was sent,
// and each of their answers leads to the right number of bills.
func TestWhatCannotBeRepeatedIsDecided(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t).recent()
	p := &pushes{came: map[string]int{}, made: map[string]int{}, lose: true}
	to, err := url.Parse(w.k3)
	w.must(err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, ".Push.") {
			p.serve(rw, r)
			return
		}
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(front.Close)
	w.rewrite(
		"          - {field: FBillTypeID, value: XSTHD01_SYS}\n", "          - {field: Numbers, value: \"{{o_id}}\"}\n",
		"        operation: batchSave\n        key: \"{{FBillNo}}\"\n        rows: 20\n", "        operation: push\n",
	)
	w.pushOnly()
	erp := w.k3
	s := w.serve()
	w.k3 = front.URL
	flow := s.settle()
	w.k3 = erp
	var run seen
	s.ask("POST", "/flows/"+flow+"/runs", struct{}{}, &run)
	s.watch(run.ID, "")
	s.delivered(run.ID) // what is not known yet is looked at once more, and then asked of people
	waiting := func() []grouped {
		var list struct {
			Items []grouped `json:"items"`
		}
		s.ask("GET", "/documents?limit=200&state=needs_decision&flow="+flow, nil, &list)
		return list.Items
	}
	docs := waiting()
	sent := p.total()
	if len(docs) < 3 || sent != len(docs) {
		t.Fatalf("%d documents need a decision after %d pushes", len(docs), sent)
	}
	w.must(s.cmd.Process.Signal(syscall.SIGTERM))
	w.must(s.cmd.Wait())
	jar := s.client.Jar
	s = w.serve()
	s.client.Jar = jar
	s.ask("POST", "/login", map[string]string{"name": "amy", "password": "correct horse"}, &ignored{})
	s.ask("POST", "/flows/"+flow+"/runs", struct{}{}, &run)
	s.watch(run.ID, "")
	s.delivered(run.ID)
	if n := p.total(); n != sent || len(waiting()) != len(docs) {
		t.Fatalf("%d more pushes after a restart, %d wait for a decision", n-sent, len(waiting()))
	}
	p.mu.Lock()
	p.lose = false
	p.mu.Unlock()

	for i, path := range []string{"accept", "resend", "skip"} {
		id := docs[i].ID
		var sheet struct {
			Questions []struct {
				Node                 string          `json:"node"`
				Code                 string          `json:"code"`
				Sent                 json.RawMessage `json:"sent"`
				SentAt               string          `json:"sentAt"`
				Asked                bool            `json:"asked"`
				Sendable, Acceptable bool
			} `json:"questions"`
		}
		s.ask("GET", "/documents/"+id+"/decisions", nil, &sheet)
		if len(sheet.Questions) != 1 {
			t.Fatalf("%+v", sheet)
		}
		q := sheet.Questions[0]
		var body struct {
			Numbers []string `json:"Numbers"`
		}
		w.must(json.Unmarshal(q.Sent, &body))
		if q.Code != "delivery.unknown" || q.SentAt == "" || q.Asked || !q.Sendable || !q.Acceptable || len(body.Numbers) != 1 {
			t.Fatalf("%+v", q)
		}
		wants := map[string]struct {
			body  map[string]any
			state string
			more  int
		}{
			"accept": {map[string]any{"node": q.Node, "targetNumber": "XS1"}, "delivered", 0},
			"resend": {map[string]any{"node": q.Node, "decided": true}, "delivered", 1},
			"skip":   {map[string]any{"note": "已在金蝶手工处理"}, "skipped", 0},
		}[path]
		was := p.counts(body.Numbers[0])
		for range 2 { // a client may repeat it
			if code, _ := s.order("/documents/"+id+"/"+path, "order of "+path, wants.body, false); code != http.StatusOK {
				t.Fatalf("%s answers %d", path, code)
			}
		}
		s.until(id, func(d repaired) bool { return d.State == wants.state })
		if is := p.counts(body.Numbers[0]); is[0] != was[0]+wants.more || is[1] != was[1]+wants.more {
			t.Errorf("after %s there are %v pushes, before %v", path, is, was)
		}
	}
	if n := p.total(); n != sent+1 {
		t.Errorf("%d pushes in all, want %d", n, sent+1)
	}
}

// pushOnly leaves of the mapping what a push needs, of the target its parameters, and no
// tests of what is left out.
func (w *world) pushOnly() {
	w.t.Helper()
	raw, err := os.ReadFile(w.flow)
	w.must(err)
	text := string(raw)
	between := func(from, to, put string) {
		at := strings.Index(text, from)
		text = text[:at] + put + text[at+strings.Index(text[at:], to):]
	}
	between("          - {field: FBillNo", "    - id: k3\n", "")
	between("          - {field: Operation, value: Save}", "    - id: mark\n", "          - {field: RuleId, value: rule-1}\n")
	between("  tests:\n", "  edges:\n", "")
	w.must(os.WriteFile(w.flow, []byte(text), 0o600))
}
