package main

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/qeasy/sandbox"
	"github.com/karezflow/karez/sdk/conformance"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/item"
)

// TestConformance is what every connector has to pass.
func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	b := newBench(t, "v2")
	h := b.harness(map[string]string{"appSecret": "not-the-secret"}, sandbox.AppSecret, "not-the-secret")
	h.Expire = func(connectortest.T) { b.set("expireTokens", "true") }
	traces := b.trial(dataLinks)
	traces.Malformed = []byte(`{"scheme_id":"no-such","begin_at":1,"end_at":2,"pageSize":10}`)
	h.Queries = append(h.Queries, traces)
	wake := func(operation string) connectortest.Write {
		return connectortest.Write{
			Operation: operation, Params: []byte(`{"scheme_id":"` + sandbox.Orders + `"}`), LoseAnswer: b.lose(operation),
			Row: func(int) ([]byte, string) { return []byte(`{}`), "" },
		}
	}
	h.Writes = append(h.Writes, wake(wakeSource), wake(wakeTarget))
	connectortest.Exercise(t, h)
}

// TestConformanceFirst is the same for what V1 has. A token of it is a scheme's, so that the
// rows go into the scheme that is read too.
func TestConformanceFirst(t *testing.T) { // not parallel: the suite looks for goroutines
	b := newBench(t, "v1")
	h := b.harness(map[string]string{"token": "not-the-token"}, sandbox.Token, "not-the-token")
	manifest := *connectortest.Manifest(t, manifestYAML)
	manifest.Operations = manifest.Operations[:0:0]
	for _, o := range connectortest.Manifest(t, manifestYAML).Operations {
		if o.Name == queryRows || o.Name == storeRows || o.Name == storeOnce {
			manifest.Operations = append(manifest.Operations, o)
		}
	}
	h.Manifest, h.Declared = nil, &manifest
	for n := range h.Writes {
		h.Writes[n].Params = []byte(`{"scheme_id":"` + sandbox.Orders + `"}`)
		h.Writes[n].Count = b.countOf("order")
		h.Writes[n].LoseAnswer = b.lose("/operation/")
	}
	connectortest.Exercise(t, h)
}

// harness tries what both versions have, with bad credentials in place of good ones.
func (b *bench) harness(bad map[string]string, secrets ...string) connectortest.Harness {
	open := func(given map[string]string, host *connectortest.Host) func(connectortest.T) connector.Session {
		return func(t connectortest.T) connector.Session {
			t.Helper()
			other := *b
			other.host, other.given = host, maps.Clone(b.given)
			maps.Copy(other.given, given)
			s := other.open()
			t.Cleanup(func() { _ = s.Close(context.Background()) })
			return s
		}
	}
	return connectortest.Harness{
		Manifest: manifestYAML, Host: b.host, Wait: b.clock.Pass, Secrets: secrets,
		Open: open(nil, b.host), OpenBad: open(bad, connectortest.NewHost(b.clock.Now)),
		Queries: []connectortest.Query{b.trial(queryRows)},
		Writes: []connectortest.Write{
			{
				Operation: storeRows, Params: []byte(`{"scheme_id":"` + sandbox.Inbox + `"}`), LoseAnswer: b.lose("/store"), Count: b.countOf("inbox"),
				Row: func(n int) ([]byte, string) {
					key := fmt.Sprintf("R%d/报销?&", n)
					return fmt.Appendf(nil, `{"id":%q,"FNumber":"M%d","FAmount":12345678901234567.89}`, key, n), key
				},
				BadRow: func(n int) ([]byte, string) {
					return fmt.Appendf(nil, `{"id":"B%d"}`, n), fmt.Sprint("B", n)
				},
			},
			{
				Operation: storeOnce, Params: []byte(`{"scheme_id":"` + sandbox.Inbox + `"}`), LoseAnswer: b.lose("/store"),
				Row: func(n int) ([]byte, string) { return fmt.Appendf(nil, `{"FNumber":"M%d"}`, n), "" },
			},
		},
	}
}

func (b *bench) trial(operation string) connectortest.Query {
	from, to := start().Add(-30*24*time.Hour), start()
	of := func(page connector.PageRef, from, to time.Time) []byte {
		return fmt.Appendf(nil, `{"scheme_id":%q,"begin_at":%d,"end_at":%d,"page":%d,"pageSize":%d}`, sandbox.Orders, from.Unix(), to.Unix(), page.Number, page.Size)
	}
	return connectortest.Query{
		Operation: operation, Size: 100, Rows: 330, Range: &conformance.Range{From: from, To: to, Params: of},
		Params:    func(page connector.PageRef) []byte { return of(page, from, to) },
		Malformed: []byte(`{"scheme_id":"` + sandbox.Orders + `","begin_at":1,"end_at":2,"pageSize":101}`),
		Shift:     func(connectortest.T) { b.set("touch", `"XSDD000001"`) },
	}
}

func (b *bench) lose(path string) func(connectortest.T) {
	return func(connectortest.T) {
		connectortest.Control(b.t, b.kit, `{"faults":[{"path":"`+path+`","kind":"lost_answer","times":1}]}`)
	}
}

func (b *bench) countOf(kind string) func(connectortest.T, string) int {
	return func(_ connectortest.T, want string) (n int) {
		raws, _ := b.vendor.Objects(kind)
		for _, raw := range raws {
			if item.Of(raw).Field("id").Text() == want {
				n++
			}
		}
		return n
	}
}
