package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/maycur/sandbox"
	"github.com/karezflow/karez/sdk/conformance"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
)

// TestConformance is what every connector has to pass.
func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	b := newBench(t)
	from, to := start().Add(-30*24*time.Hour), start()
	ranged := func(format string) (func(connector.PageRef, time.Time, time.Time) []byte, func(connector.PageRef) []byte) {
		of := func(page connector.PageRef, from, to time.Time) []byte {
			number := page.Offset
			if strings.Contains(format, "pageNum") {
				number = page.Number
			}
			return fmt.Appendf(nil, format, from.UnixMilli(), to.UnixMilli(), number, page.Size)
		}
		return of, func(page connector.PageRef) []byte { return of(page, from, to) }
	}
	query := func(operation, format string, size, rows int, malformed string) connectortest.Query {
		of, params := ranged(format)
		return connectortest.Query{
			Operation: operation, Size: size, Rows: rows, Params: params, Malformed: []byte(malformed),
			Range: &conformance.Range{From: from, To: to, Params: of},
		}
	}
	payments := query(paidList, `{"startPaidTime":%d,"endPaidTime":%d,"pageNum":%d,"pageSize":%d}`, 50, 160, `{"startPaidTime":2,"endPaidTime":1,"pageNum":1,"pageSize":50}`)
	payments.Shift = func(t connectortest.T) {
		t.Helper()
		if err := b.vendor.Set("touch", []byte(`"PB2026020001"`)); err != nil {
			t.Fatal(err)
		}
	}
	open := func(secret string) func(connectortest.T) connector.Session {
		return func(t connectortest.T) connector.Session {
			t.Helper()
			other := *b
			other.secret = secret
			if secret != b.secret {
				other.host = connectortest.NewHost(b.clock.Now)
			}
			s := other.open()
			t.Cleanup(func() { _ = s.Close(context.Background()) })
			return s
		}
	}
	lose := func(path string) func(connectortest.T) {
		return func(connectortest.T) { b.inject(`{"path":"` + path + `","kind":"lost_answer","times":1}`) }
	}
	connectortest.Exercise(t, connectortest.Harness{
		Manifest: manifestYAML, Host: b.host, Wait: b.clock.Pass,
		Open: open(sandbox.AppSecret), OpenBad: open("not-the-secret"), Secrets: []string{sandbox.AppSecret, "not-the-secret"},
		Expire: func(connectortest.T) { b.set("expireTokens", "true") },
		Queries: []connectortest.Query{
			payments,
			query(reimburse, `{"createdAtStart":%d,"createdAtEnd":%d,"offset":%d,"pageSize":%d}`, 50, 130, `{"createdAtStart":2,"createdAtEnd":1,"pageSize":50}`),
			query("org/subsidiaries", `{"start":%d,"end":%d,"x":[%d,%d]}`, 50, 6, `{"start":"yesterday"}`),
			query("org/departments", `{"start":%d,"end":%d,"x":[%d,%d]}`, 50, 20, `{"start":"yesterday"}`),
			{
				Operation: waitingList, Size: 50, Rows: 400, Malformed: []byte(`{"sequence":"x"}`),
				Params: func(page connector.PageRef) []byte { return fmt.Appendf(nil, `{"pageSize":%d}`, page.Size) },
			},
			{
				Operation: employees, Size: 50, Rows: 120, Malformed: []byte(`{"offset":"x"}`),
				Params: func(page connector.PageRef) []byte {
					return fmt.Appendf(nil, `{"offset":%d,"limit":%d}`, page.Offset, page.Size)
				},
			},
		},
		Writes: []connectortest.Write{
			{
				Operation: updateStatus, LoseAnswer: lose("/update"),
				Row: func(n int) ([]byte, string) {
					return fmt.Appendf(nil, `{"sequence":%d,"status":"PAY_SUCCESS","paidDate":1772681400000,"payerBankAccount":"6222000000000001"}`, n), fmt.Sprint(n)
				},
				BadRow: func(n int) ([]byte, string) {
					return []byte(`{"sequence":99999,"status":"PAY_SUCCESS"}`), fmt.Sprint(n)
				},
			},
			{
				Operation: "supplier/save", LoseAnswer: lose("/supplier/save"), Count: b.countOf("supplier", "businessCode"),
				Row: func(n int) ([]byte, string) {
					key := fmt.Sprintf("S%d", n)
					return fmt.Appendf(nil, `{"businessCode":%q,"name":"供应商"}`, key), key
				},
			},
			{
				Operation: "employee/save", LoseAnswer: lose("/employee/save"), Count: b.countOf("employee", "employeeId"),
				Row: func(n int) ([]byte, string) {
					key := fmt.Sprintf("N%d", n)
					return fmt.Appendf(nil, `{"employeeId":%q,"name":"员工","mobile":"13800000000","departments":[{"departmentBizCode":"DI0001"}]}`, key), key
				},
			},
			{
				Operation: importFees, LoseAnswer: lose("/receive/expense"), Params: []byte(`{"employeeId":"E0001"}`),
				Row: func(n int) ([]byte, string) {
					return fmt.Appendf(nil, `{"expenseTypeBizCode":"19002","consumeAmount":{"amount":12345678901234567.89,"currency":"CNY"},"note":"%d"}`, n), ""
				},
			},
		},
	})
}

func (b *bench) countOf(kind, key string) func(connectortest.T, string) int {
	return func(_ connectortest.T, want string) (n int) {
		raws, _ := b.vendor.Objects(kind)
		for _, raw := range raws {
			if got := b.member(raw, key); got == want {
				n++
			}
		}
		return n
	}
}
