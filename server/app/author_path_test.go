package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/item"
)

// acmeFlow moves orders from one account of the author's system to another.
const acmeFlow = `
apiVersion: karez/v1
kind: Flow
metadata: {name: acme-orders, title: 订单 → 另一个账套}
spec:
  nodes:
    - {id: span, type: window, settings: {span: 24h, lag: 1m, lookBack: 10m}}
    - {id: pages, type: paginate, settings: {pageSize: 5}}
    - {id: orders, type: source, connection: from, settings: {operation: order.list, startFrom: "%s", params: [{field: changed_from, value: "{{LAST_SYNC_TIME|datetime}}"}, {field: changed_to, value: "{{WINDOW_END|datetime}}"}]}}
    - id: copy
      type: map
      settings:
        fields:
          - {field: number, value: "C-{{number}}"}
          - {field: customer, value: "{{customer}}"}
          - {field: amount, value: "{{amount}}"}
          - {field: lines, type: array, value: lines, children: [{field: sku, value: "{{lines.sku}}"}, {field: quantity, value: "{{lines.quantity}}"}, {field: price, value: "{{lines.price}}"}]}
    - {id: save, type: target, connection: to, settings: {operation: order.save, key: "{{number}}"}}
  edges: [{from: span, to: pages}, {from: pages, to: orders}, {from: orders, to: copy}, {from: copy, to: save}]
`

// path is what an author of a connector does, step by step, with the time that it takes.
type path struct {
	t     *testing.T
	dir   string
	began time.Time
	took  []string
}

// step notes how long the last step took.
func (p *path) step(name string) {
	p.took = append(p.took, fmt.Sprintf("%-34s %6.2fs", name, time.Since(p.began).Seconds()))
	p.began = time.Now()
}

// karez runs a command of the product.
func (p *path) karez(args ...string) string {
	p.t.Helper()
	code, out, errs := karez(p.t, nil, args...)
	if code != 0 {
		p.t.Fatalf("karez %s ends with %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}

// workshop is a running server that has no connector of the author's yet.
func workshop(t *testing.T) (*world, *served) {
	t.Helper()
	w := &world{t: t, data: t.TempDir(), env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}}
	s := w.serve()
	s.ask("POST", "/setup", map[string]string{"token": s.token, "name": "amy", "password": "correct horse"}, &ignored{})
	if s.serves("acme-orders") {
		t.Fatal("the connector is there before it is written")
	}
	return w, s
}

// TestTheAuthorsPath goes from an empty folder to a connector that moves documents in a
// server that has been running all the while.
func TestTheAuthorsPath(t *testing.T) {
	t.Parallel()
	turn(t)
	w, s := workshop(t)
	source, err := filepath.Abs("../..")
	w.must(err)

	p := &path{t: t, dir: filepath.Join(t.TempDir(), "acme-orders"), began: time.Now()}
	p.karez("plugin", "new", "--sdk", source, p.dir)
	p.step("karez plugin new")
	sums, err := os.ReadFile(filepath.Join(source, "go.sum"))
	w.must(err)
	w.must(os.WriteFile(filepath.Join(p.dir, "go.sum"), sums, 0o600))
	program := filepath.Join("bin", "acme-orders")
	build := exec.CommandContext(t.Context(), "go", "build", "-mod=mod", "-ldflags", "-s -w", "-o", program, ".")
	build.Dir, build.Env = p.dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	p.step("go build")
	if out := p.karez("plugin", "test", p.dir); !strings.Contains(out, "acme-orders 0.1.0 conforms") {
		t.Errorf("%s", out)
	}
	p.step("karez plugin test")
	key, packed := filepath.Join(t.TempDir(), "acme.key"), filepath.Join(t.TempDir(), "acme-orders-0.1.0")
	p.karez("plugin", "key", "new", "--name", "Acme", "--out", key)
	p.step("karez plugin key new")
	p.karez("plugin", "pack", p.dir, "--out", packed)
	p.step("karez plugin pack")
	if code, out, errs := karez(t, nil, "plugin", "install", packed, "--data", w.data); code == 0 {
		t.Errorf("a package that nobody signed is installed: %s%s", out, errs)
	}
	p.began = time.Now()
	p.karez("plugin", "sign", packed, "--key", key)
	p.step("karez plugin sign")
	if code, out, errs := karez(t, nil, "plugin", "install", packed, "--data", w.data); code == 0 {
		t.Errorf("a package of an unknown key is installed: %s%s", out, errs)
	}
	p.began = time.Now()
	p.karez("plugin", "key", "trust", key+".pub", "--data", w.data)
	p.karez("plugin", "install", packed, "--data", w.data)
	p.step("karez plugin key trust, install")
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for !s.serves("acme-orders") {
		if at := <-look.C; at.Sub(p.began) > time.Minute {
			t.Fatal("the running server does not take the connector up")
		}
	}
	p.step("the running server serves it")
	moved := s.moves(filepath.Join(p.dir, program))
	p.step(fmt.Sprintf("a flow moves %d documents", moved))
	t.Logf("from an empty folder:\n%s", strings.Join(p.took, "\n"))
}

// serves tells whether the running server has a connector.
func (s *served) serves(id string) bool {
	s.t.Helper()
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	s.ask("GET", "/catalog/connectors", nil, &list)
	for _, c := range list.Items {
		if c.ID == id {
			return true
		}
	}
	return false
}

// sameLine compares two lines, their numbers as they are written.
func sameLine(a, b item.Value) bool {
	return !slices.ContainsFunc([]string{"sku", "quantity", "price"}, func(name string) bool { return a.Field(name).Text() != b.Field(name).Text() })
}

// moves runs a flow between two simulated systems of the connector, and compares every order.
func (s *served) moves(program string) int {
	s.t.Helper()
	const now, from = "2026-03-01T12:00:00+08:00", "2026-02-22 00:00:00"
	urls := map[string]string{}
	for _, name := range []string{"from", "to"} {
		urls[name] = s.started(program, "--now", now)
		var given map[string]string
		s.get(urls[name]+"/_sandbox/credentials", &given)
		s.ask("POST", "/connections", map[string]any{
			"name": name, "connector": "acme-orders", "settings": map[string]string{"address": urls[name]}, "secrets": map[string]string{"apiKey": given["apiKey"]},
		}, &ignored{})
	}
	docs, err := flow.Parse(fmt.Appendf(nil, acmeFlow, from))
	s.must(err)
	var made struct {
		ID       string         `json:"id"`
		Problems []flow.Problem `json:"problems"`
	}
	s.ask("POST", "/flows", map[string]any{"document": json.RawMessage(docs[0].JSON())}, &made)
	if flow.Blocking(made.Problems) {
		s.t.Fatalf("%+v", made.Problems)
	}
	s.ask("POST", "/flows/"+made.ID+"/publish", map[string]string{}, &ignored{})
	run := s.start(made.ID)

	orders := func(of, prefix string) map[string]item.Value {
		var raw []json.RawMessage
		s.get(urls[of]+"/_sandbox/objects/order", &raw)
		list := map[string]item.Value{}
		for _, r := range raw {
			if no, ours := strings.CutPrefix(item.Of(r).Field("number").Text(), prefix); ours {
				list[no] = item.Of(r)
			}
		}
		return list
	}
	arrived, moved := orders("to", "C-"), 0
	for no, order := range orders("from", "") {
		if order.Field("changed").Text() < from {
			continue
		}
		moved++
		is := arrived[no]
		if is.Field("customer").Text() != order.Field("customer").Text() || exact(s.t, is.Field("amount")).Cmp(exact(s.t, order.Field("amount"))) != 0 ||
			!slices.EqualFunc(slices.Collect(is.Field("lines").Elements()), slices.Collect(order.Field("lines").Elements()), sameLine) {
			s.t.Errorf("order %s is %s, arrived as %s", no, order.Raw(), is.Raw())
		}
	}
	if !run.Balanced || run.Counts["delivered"] != moved || len(arrived) != moved || moved == 0 {
		s.t.Errorf("%d orders were to move, %d arrived: %+v", moved, len(arrived), run)
	}
	return moved
}
