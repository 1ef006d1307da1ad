package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// ordersOnly collects the orders of the simulated 聚水潭 and writes them nowhere.
const ordersOnly = `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"name":"orders","title":"订单采集"},"spec":{"nodes":[
{"id":"orders","type":"source","connection":"jst","settings":{"operation":"orders.single.query","startFrom":"` + since + `"}},
{"id":"keep","type":"discard","settings":{}}],"edges":[{"from":"orders","to":"keep"}]}}`

// returnsOnly collects returns of the simulated 金蝶: flat rows, regrouped, of a time that the flow's own filter leaves out.
const returnsOnly = `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"name":"returns","title":"退货单采集"},"spec":{"nodes":[
{"id":"returns","type":"source","connection":"k3","settings":{"operation":"executeBillQuery","startFrom":"2021-05-28 00:00:00",
"regroup":{"by":["FID","FBillNo"],"lines":{"into":"lines","rest":true}},"params":[{"field":"FormId","value":"SAL_RETURNSTOCK"},
{"field":"FBillNo","value":"FBillNo"},{"field":"FRealQty","value":"FRealQty"},
{"field":"FilterString","value":"FModifyDate >= '{{LAST_SYNC_TIME|datetime}}' and FModifyDate < '2001-01-01'"}]}},
{"id":"keep","type":"discard","settings":{}}],"edges":[{"from":"returns","to":"keep"}]}}`

// fetched is a run that was to fetch documents by number.
type fetched struct {
	seen

	Trigger string   `json:"trigger"`
	Numbers []string `json:"numbers"`
	Missing []string `json:"missing"`
	Code    string   `json:"code"`
	Message string   `json:"message"`
}

// pull asks for documents by number and waits for the run.
func (s *served) pull(flow string, numbers ...string) fetched {
	s.t.Helper()
	var started seen
	if code := s.ask("POST", "/flows/"+flow+"/pull", map[string]any{"numbers": numbers}, &started); code != http.StatusAccepted {
		s.t.Errorf("a pull by numbers answers %d", code)
	}
	s.watch(started.ID, "")
	var run fetched
	s.ask("GET", "/runs/"+started.ID, nil, &run)
	if run.State != "done" || !run.Balanced || run.Trigger != "numbers" {
		s.t.Errorf("%+v", run)
	}
	return run
}

// orderNumber is the online number of an order.
func (s *served) orderNumber(document string) string {
	s.t.Helper()
	var detail struct {
		Number string `json:"number"`
		Source struct {
			Number string `json:"so_id"`
		} `json:"source"`
	}
	s.ask("GET", "/documents/"+document, nil, &detail)
	if detail.Source.Number == "" || detail.Number != detail.Source.Number {
		s.t.Errorf("%+v", detail)
	}
	return detail.Number
}

// TestPullByNumbers asks the real connector for documents by their numbers.
func TestPullByNumbers(t *testing.T) {
	t.Parallel()
	turn(t)
	s := newWorld(t).recent().serve()
	refunds := s.settle()
	var made seen
	s.ask("POST", "/flows", map[string]any{"document": json.RawMessage(ordersOnly)}, &made)
	s.ask("POST", "/flows/"+made.ID+"/publish", map[string]string{}, &ignored{})
	flow := made.ID

	// What the flow reads by itself is unchanged when it is asked for by number.
	var started seen
	s.ask("POST", "/flows/"+flow+"/runs", struct{}{}, &started)
	s.watch(started.ID, "")
	var documents struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	s.ask("GET", "/documents?limit=200&flow="+flow, nil, &documents)
	if len(documents.Items) == 0 {
		t.Fatal("no order was read")
	}
	var numbers []string
	for _, d := range documents.Items[:min(25, len(documents.Items))] { // more than one request takes
		if n := s.orderNumber(d.ID); !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	run := s.pull(flow, append(numbers, " "+numbers[0]+" ", "没有这张单")...)
	if !slices.Equal(run.Missing, []string{"没有这张单"}) || !slices.Equal(run.Numbers, append(slices.Clone(numbers), "没有这张单")) ||
		run.Counts["accepted"] != 0 || run.Counts["unchanged"] < len(numbers) {
		t.Errorf("%+v", run)
	}

	// An older one, which no window of the flow reaches, comes as well, and once.
	old := s.olderOrder()
	for turn, accepted := range []int{1, 0} {
		if run := s.pull(flow, old); len(run.Missing) != 0 || run.Counts["accepted"] != accepted || run.Counts["collected"] != accepted || run.Counts["unchanged"] != turn {
			t.Errorf("%+v", run)
		}
	}
	// The next run goes on where the last one ended.
	s.ask("POST", "/flows/"+flow+"/runs", struct{}{}, &started)
	if last := s.watch(started.ID, ""); last[len(last)-1].Data.Counts["accepted"] != 0 {
		t.Errorf("%+v", last[len(last)-1])
	}
	s.olderRefund(refunds)
	s.returns()
	s.refusals(flow, refunds)
}

// returns fetches what the shipped flow wrote to 金蝶.
func (s *served) returns() {
	s.t.Helper()
	var bills []struct {
		Number string `json:"FBillNo"`
	}
	s.get(s.k3+"/_sandbox/objects/SAL_RETURNSTOCK", &bills)
	if len(bills) == 0 {
		s.t.Fatal("nothing was written")
	}
	var made seen
	s.ask("POST", "/flows", map[string]any{"document": json.RawMessage(returnsOnly)}, &made)
	s.ask("POST", "/flows/"+made.ID+"/publish", map[string]string{}, &ignored{})
	for turn, accepted := range []int{1, 0} {
		run := s.pull(made.ID, "O'Reilly", bills[0].Number)
		if !slices.Equal(run.Missing, []string{"O'Reilly"}) || run.Counts["accepted"] != accepted || run.Counts["collected"] != accepted || run.Counts["unchanged"] != turn {
			s.t.Errorf("%+v", run)
		}
	}
}

// olderRefund fetches a refund by its number with the shipped flow, which reads later ones.
func (s *served) olderRefund(flow string) {
	s.t.Helper()
	var all []struct {
		Number   string `json:"so_id"`
		Modified string `json:"modified"`
	}
	s.get(s.jst+"/_sandbox/objects/refund", &all)
	of := map[string]int{}
	number := ""
	for _, refund := range all {
		if of[refund.Number]++; refund.Modified < since {
			number = refund.Number
		}
	}
	run := s.pull(flow, number, "没有这张单")
	if !slices.Equal(run.Missing, []string{"没有这张单"}) || run.Counts["pulled"] != of[number] || run.Counts["accepted"] != of[number] {
		s.t.Errorf("%d refunds of %s: %+v", of[number], number, run)
	}
	if run = s.pull(flow, number); len(run.Missing) != 0 || run.Counts["unchanged"] != of[number] || run.Counts["accepted"] != 0 {
		s.t.Errorf("%+v", run)
	}
}

// olderOrder gives the number of an order that the flow did not read.
func (s *served) olderOrder() string {
	s.t.Helper()
	var all []struct {
		Number   string `json:"so_id"`
		Modified string `json:"modified"`
	}
	s.get(s.jst+"/_sandbox/objects/order", &all)
	for _, order := range all {
		if order.Modified < since {
			return order.Number
		}
	}
	s.t.Fatal("every order was read")
	return ""
}

// refusals asks for what can't be fetched.
func (s *served) refusals(flow, refunds string) {
	s.t.Helper()
	for _, tt := range []struct {
		flow string
		body any
		code string
		path string
	}{
		{flow, map[string]any{"numbers": []string{"A", " "}}, "pull.numbers_invalid", "numbers[1]"},
		{flow, map[string]any{"numbers": []string{}}, "pull.numbers_invalid", "numbers"},
		{flow, map[string]any{"numbers": []string{strings.Repeat("x", 101)}}, "pull.numbers_invalid", "numbers[0]"},
		{flow, map[string]any{}, "request.invalid", "body"},
		{refunds + "x", map[string]any{"numbers": []string{"A"}}, "object.missing", ""},
	} {
		var refusal struct {
			Code     string `json:"code"`
			Message  string `json:"message"`
			Problems []struct {
				Path    string `json:"path"`
				Message string `json:"message"`
			} `json:"problems"`
		}
		body, err := json.Marshal(tt.body)
		s.must(err)
		res, err := s.client.Post(s.url+"/api/v1/flows/"+tt.flow+"/pull", "application/json", bytes.NewReader(body))
		s.must(err)
		s.must(errors.Join(json.NewDecoder(res.Body).Decode(&refusal), res.Body.Close()))
		if refusal.Code != tt.code || refusal.Message == "" || tt.path != "" && (len(refusal.Problems) != 1 || refusal.Problems[0].Path != tt.path || refusal.Problems[0].Message == "") {
			s.t.Errorf("%v: %+v", tt.body, refusal)
		}
	}
}
