package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/conformance"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/sandboxkit"
	"github.com/karezflow/karez/sdk/scaffold/skeleton/sandbox"
)

// TestConformance is what every connector has to pass.
func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	clock := clocktest.New(time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	vendor := sandbox.New(clock.Now)
	if err := vendor.Set("perSecond", json.RawMessage("0")); err != nil {
		t.Fatal(err)
	}
	kit := sandboxkit.New(vendor, clock.Now)
	server := httptest.NewServer(kit)
	t.Cleanup(server.Close)
	host := connectortest.NewHost(clock.Now)
	open := func(key string) func(connectortest.T) connector.Session {
		return func(t connectortest.T) connector.Session {
			t.Helper()
			s, err := newSystem(clock.Now).Open(t.Context(), connector.Account{
				ID: "c", Settings: fmt.Appendf(nil, `{"address":%q}`, server.URL), Secrets: map[string]string{"apiKey": key},
			}, host)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close(context.Background()) })
			return s
		}
	}
	zone := time.FixedZone("CST", 8*60*60)
	from, to := time.Date(2026, 2, 1, 0, 0, 0, 0, zone), time.Date(2026, 3, 1, 0, 0, 0, 0, zone)
	changed := func(page connector.PageRef, from, to time.Time) []byte {
		return fmt.Appendf(nil, `{"changed_from":%q,"changed_to":%q,"page":%d,"per_page":%d}`,
			from.In(zone).Format(time.DateTime), to.In(zone).Format(time.DateTime), page.Number, page.Size)
	}
	connectortest.Exercise(t, connectortest.Harness{
		Manifest: manifestYAML, Host: host, Wait: clock.Pass, Secrets: []string{sandbox.Key, "not-the-key"},
		Open: open(sandbox.Key), OpenBad: open("not-the-key"),
		Queries: []connectortest.Query{{
			Operation: "order.list", Size: 50, Rows: 120, Malformed: []byte(`{"changed_from":"2026-02-01 00:00:00","changed_to":"2026-01-01 00:00:00"}`),
			Params: func(page connector.PageRef) []byte { return changed(page, from, to) },
			Range:  &conformance.Range{From: from, To: to, Params: changed},
			Shift: func(t connectortest.T) {
				t.Helper()
				if err := vendor.Set("touch", json.RawMessage(`"SO00001"`)); err != nil {
					t.Fatal(err)
				}
			},
		}},
		Writes: []connectortest.Write{{
			Operation: "order.save",
			Row: func(n int) ([]byte, string) {
				number := fmt.Sprintf("N%d", n)
				return fmt.Appendf(nil, `{"number":%q,"customer":"甲商贸","amount":12345678901234567.89,"lines":[{"sku":"SKU-1","quantity":2,"price":10.50}]}`, number), number
			},
			BadRow: func(n int) ([]byte, string) { return []byte(`{"number":"","customer":"甲商贸"}`), fmt.Sprint(n) },
			LoseAnswer: func(t connectortest.T) {
				t.Helper()
				answer := httptest.NewRecorder()
				kit.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/_sandbox/faults", bytes.NewReader([]byte(`{"faults":[{"path":"/orders","kind":"lost_answer","times":1}]}`))))
				if answer.Code != http.StatusOK {
					t.Fatal(answer.Body)
				}
			},
			Count: func(_ connectortest.T, number string) int { return vendor.Count(number) },
		}},
	})
}
