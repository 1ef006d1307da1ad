package world_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/deploy/bench/orders"
	"github.com/karezflow/karez/deploy/bench/world"
)

// ticking is a clock that goes on by a second each time it is asked.
func ticking() func() time.Time {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	return func() time.Time {
		now = now.Add(time.Second)
		return now
	}
}

type page struct {
	Total int  `json:"total_count"`
	More  bool `json:"has_next"`
	Data  struct {
		Orders []struct {
			No string `json:"trade_no"`
		} `json:"orders"`
	} `json:"data"`
}

func call(t *testing.T, method, url string, body []byte) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || res.Body.Close() != nil {
		t.Fatal(res.StatusCode, err)
	}
	return answer
}

const first, docs = 2*orders.Kinds + 500, 200

// TestRun has a run of 200 orders end well, and badly in every way that is to be found.
func TestRun(t *testing.T) {
	t.Parallel()
	w, err := world.New(t.Context(), ticking())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	for name, c := range map[string]struct {
		spoil func([]orders.Bill) []orders.Bill
		want  string
	}{
		"well":    {func(b []orders.Bill) []orders.Bill { return b }, ""},
		"missing": {func(b []orders.Bill) []orders.Bill { return b[1:] }, "came 0 times"},
		"twice":   {func(b []orders.Bill) []orders.Bill { return append(b, b[7]) }, "came 2 times"},
		"dropped": {func(b []orders.Bill) []orders.Bill { return append(b, orders.BillOf(first+3)) }, "not sent"},
		"foreign": {func(b []orders.Bill) []orders.Bill { return append(b, orders.BillOf(first+docs)) }, "not sent"},
		"wrong": {func(b []orders.Bill) []orders.Bill {
			b[3].FEntity[4].FPrice = "0"
			return b
		}, "in place of"},
		"unknown field": {func(b []orders.Bill) []orders.Bill { return b }, "can't be read"},
	} {
		begun := 0
		done := w.Begin(first, docs, func() { begun++ })
		var bills []orders.Bill
		for no := 1; no <= docs/orders.Page; no++ {
			var p page
			if err := json.Unmarshal(call(t, http.MethodGet, fmt.Sprintf("%s/orders?page_no=%d", w.URL(), no), nil), &p); err != nil {
				t.Fatal(err)
			}
			if p.Total != docs || p.More != (no == 1) || len(p.Data.Orders) != orders.Page {
				t.Errorf("page %d: %d of %d, more %v", no, len(p.Data.Orders), p.Total, p.More)
			}
			for i, o := range p.Data.Orders {
				n := first + (no-1)*orders.Page + i
				if o.No != orders.Number(n) {
					t.Fatalf("%s in place of %d", o.No, n)
				}
				if !orders.Dropped(n) {
					bills = append(bills, orders.BillOf(n))
				}
			}
		}
		text, err := json.Marshal(c.spoil(bills))
		if err != nil {
			t.Fatal(err)
		}
		if name == "unknown field" {
			text = bytes.Replace(text, []byte(`{"FBillTypeID"`), []byte(`{"More":1,"FBillTypeID"`), 1)
		}
		call(t, http.MethodPost, w.URL()+"/batch", text)
		compared, err := w.Check()
		if begun != 1 || c.want == "" && (err != nil || compared != len(bills)) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: begun %d times, %d compared, %v", name, begun, compared, err)
		}
		if name != "missing" {
			<-done
			if w.Took() != time.Second {
				t.Errorf("%s took %s", name, w.Took())
			}
		}
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	w, err := world.New(t.Context(), ticking())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	var codes map[string]string
	if err := json.Unmarshal(call(t, http.MethodGet, w.URL()+"/codes", nil), &codes); err != nil {
		t.Fatal(err)
	}
	if len(codes) != orders.Codes || codes["W00138"] != "ORG001" {
		t.Errorf("%d codes, %s", len(codes), codes["W00138"])
	}
}
