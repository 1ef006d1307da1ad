package script_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/script"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/node"
)

// The test binary is its own worker, as the product's binary is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "probe":
			os.Exit(probe())
		case "parent":
			os.Exit(parent())
		case "script-worker":
			os.Exit(script.RunWorker(os.Stdin, os.Stdout))
		case "no-worker":
			_, _ = os.Stderr.WriteString("usage: something else\n")
			_, _ = os.Stdout.WriteString("hello, I am another program\n")
			os.Exit(3)
		}
	}
	leaktest.Main(m)
}

// newPool makes a pool that is closed with the test.
func newPool(tb testing.TB, change func(*script.Config)) *script.Pool {
	tb.Helper()
	config := script.Config{Command: []string{os.Args[0], "script-worker"}, Size: 1, Wall: 4 * time.Second, Kill: 8 * time.Second}
	if raceDetector {
		config.Memory = 4 << 30 // it keeps several bytes for each
		// and waits a second at the end of a process, which finds no variables of its own.
		config.Command = slices.Insert(config.Command, 0, "/usr/bin/env", "GORACE=atexit_sleep_ms=10")
	}
	if change != nil {
		change(&config)
	}
	p := script.NewPool(config)
	tb.Cleanup(p.Close)
	return p
}

func compile(tb testing.TB, p *script.Pool, source string) *script.Script {
	tb.Helper()
	s, err := p.Compile(tb.Context(), source)
	if err != nil {
		tb.Fatalf("Compile: %v", err)
	}
	return s
}

func items(raws ...string) []item.Item {
	batch := make([]item.Item, len(raws))
	for i, raw := range raws {
		batch[i] = item.Item{Raw: []byte(raw), Source: []byte(`{"source":true}`), Facts: &item.Facts{Key: "D" + strconv.Itoa(i+1), Revision: 1}}
	}
	return batch
}

// numbered makes documents {"n":0}, {"n":1} and so on.
func numbered(n int) []item.Item {
	raws := make([]string, n)
	for i := range raws {
		raws[i] = fmt.Sprintf(`{"n":%d}`, i)
	}
	return items(raws...)
}

// show writes each result as one text: outputs, or the code of the fault.
func show(results []node.Result) []string {
	lines := make([]string, len(results))
	for i, res := range results {
		if res.Fault != nil {
			lines[i] = res.Fault.Code
			continue
		}
		parts := make([]string, len(res.Outputs))
		for k, out := range res.Outputs {
			parts[k] = string(out.Item.Raw)
			if out.Port != "" {
				parts[k] = out.Port + ":" + parts[k]
			}
		}
		lines[i] = strings.Join(parts, " ")
	}
	return lines
}

func run(tb testing.TB, s *script.Script, batch []item.Item) []node.Result {
	tb.Helper()
	results, err := s.Run(tb.Context(), batch)
	if err != nil {
		tb.Fatalf("Run: %v", err)
	}
	return results
}

func TestRun(t *testing.T) {
	t.Parallel()

	p := newPool(t, nil)
	s := compile(t, p, `function transform(doc, ctx) {
		switch (doc.n) {
		case 1: return doc
		case 2: return [doc, {b: 2}]
		case 3: return null
		case 4: return ctx.output("other", {c: doc.id})
		case 5: throw new Error("five")
		case 6: ctx.vars.seen = 6; return doc
		}
	}`)
	batch := items(`{"n": 1}`, `{"n":2}`, `{"n":3}`, `{"n":4,"id":12345678901234567890}`, `{"n":5}`, `{"n":6}`, `{"n":7}`)
	batch[5].Vars = []byte(`{"old":1.10}`)
	results := run(t, s, batch)
	want := []string{`{"n": 1}`, `{"n":2} {"b":2}`, ``, `other:{"c":12345678901234567890}`, "script.error", `{"n":6}`, ``}
	if diff := cmp.Diff(want, show(results)); diff != "" {
		t.Error(diff)
	}
	if got := string(results[5].Outputs[0].Item.Vars); got != `{"old":1.10,"seen":6}` {
		t.Errorf("vars %s", got)
	}
	if f := results[4].Fault; f.Args["document"] != "D5" || f.Args["line"] != "7" || f.Args["message"] != "Error: five" || f.Class != fault.Data {
		t.Errorf("fault %+v", f)
	}
	for _, res := range results {
		for _, out := range res.Outputs {
			if out.Item.Facts == nil || string(out.Item.Source) != `{"source":true}` {
				t.Errorf("facts or source were lost: %+v", out.Item)
			}
		}
	}
	if empty := run(t, s, nil); len(empty) != 0 {
		t.Errorf("an empty batch gave %v", empty)
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()

	p := newPool(t, nil)
	var log []script.Entry
	s := compile(t, p, `function transform(doc, ctx) {
		ctx.log("warn", "rate", ctx.params.rate)
		return {rate: ctx.params.rate, hour: new Date().getHours(), now: Date.now()}
	}`)
	batch := items(`{}`, `{}`)
	batch[0].Facts.To = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	batch[1].Facts = nil
	shanghai := s.With(script.Env{Params: []byte(`{"rate":1}`), Zone: "Asia/Shanghai", Log: func(e script.Entry) { log = append(log, e) }})
	if diff := cmp.Diff([]string{`{"rate":1,"hour":11,"now":1767322800000}`, `{"rate":1,"hour":8,"now":0}`}, show(run(t, shanghai, batch))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{`{"hour":3,"now":1767322800000}`, `{"hour":0,"now":0}`}, show(run(t, s, batch))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]script.Entry{{Key: "D1", Level: "warn", Text: "rate 1"}, {Level: "warn", Text: "rate 1"}}, log); diff != "" {
		t.Error(diff)
	}
	if _, err := s.With(script.Env{Zone: "Moon/Crater"}).Run(t.Context(), batch); fault.CodeOf(err) != "script.unknown_zone" {
		t.Errorf("an unknown zone: %v", err)
	}
}

func TestCompileFaults(t *testing.T) {
	t.Parallel()

	p := newPool(t, nil)
	deep := strings.Repeat("[", 201) + strings.Repeat("]", 201)
	cases := []struct{ name, source, code, message string }{
		{"syntax", "function transform(doc) {\n  return (1 + )\n}", "script.syntax", "line 2, column 15: Unexpected token )"},
		{"no entry", "let x = 1", "script.no_transform", "the script declares neither transform nor transformBatch"},
		{"too large", "function transform(doc) {}" + strings.Repeat(" ", 64<<10), "script.source_too_large", "the script has 65562 bytes; 65536 are allowed"},
		{"too deep", "function transform(doc) { return " + deep + " }", "script.nested_too_deep", "brackets are nested deeper than 200 levels"},
	}
	for _, c := range cases {
		_, err := p.Compile(t.Context(), c.source)
		f := fault.From(err)
		if f.Code != c.code || f.Message != c.message || f.Class != fault.Config {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.code == "script.syntax" && f.Args["excerpt"] != "  return (1 + )\n              ^" {
			t.Errorf("excerpt %q", f.Args["excerpt"])
		}
	}
	// Validation never runs the script.
	compile(t, p, "for (;;) {}\nfunction transform(doc) {}")
	compile(t, p, "function transform(doc) { return "+strings.Repeat("[", 199)+strings.Repeat("]", 199)+" }")
}

func TestBatchScripts(t *testing.T) {
	t.Parallel()

	p := newPool(t, nil)
	s := compile(t, p, `function transformBatch(docs, ctx) {
		if (docs.some(d => d.n === 3)) throw new Error("three")
		if (docs.some(d => d.n === 5)) return []
		return docs.map(d => ({n: d.n, of: docs.length}))
	}`)
	results := run(t, s, numbered(8))
	want := []string{`{"n":0,"of":1}`, `{"n":1,"of":1}`, `{"n":2,"of":1}`, "script.error", `{"n":4,"of":1}`, "script.bad_result", `{"n":6,"of":2}`, `{"n":7,"of":2}`}
	if diff := cmp.Diff(want, show(results)); diff != "" {
		t.Error(diff)
	}
	if f := results[3].Fault; f.Args["document"] != "D4" || f.Args["message"] != "Error: three" {
		t.Errorf("fault %+v", f)
	}
}

// Batches larger than one call, and documents too large for any.
func TestManyAndLargeDocuments(t *testing.T) {
	t.Parallel()

	p := newPool(t, nil)
	s := compile(t, p, `function transform(doc) { return {n: doc.n} }`)
	results := run(t, s, numbered(250))
	for i, line := range show(results) {
		if line != fmt.Sprintf(`{"n":%d}`, i) {
			t.Errorf("document %d: %s", i, line)
		}
	}

	large := `{"n":1,"s":"` + strings.Repeat("x", 10<<20) + `"}`
	huge := `{"n":2,"s":"` + strings.Repeat("x", 25<<20) + `"}`
	if diff := cmp.Diff([]string{`{"n":1}`, "script.document_too_large", `{"n":1}`, `{"n":1}`}, show(run(t, s, items(large, huge, large, large)))); diff != "" {
		t.Error(diff)
	}
	double := compile(t, p, `function transform(doc) { const a = {s: doc.s}; return doc.n === 1 ? Array(4).fill(a) : a }`)
	got := show(run(t, double, items(large, `{"n":2,"s":"x"}`)))
	if diff := cmp.Diff([]string{"script.output_too_large", `{"s":"x"}`}, got); diff != "" {
		t.Error(diff)
	}
	copies := compile(t, p, `function transform(doc) { return {s: doc.s} }`)
	for i, res := range run(t, copies, items(large, large, large, large)) {
		if res.Fault != nil || len(res.Outputs[0].Item.Raw) != 10<<20+len(`{"s":""}`) {
			t.Errorf("document %d: %v", i, res.Fault)
		}
	}
}

func TestIdentityThroughTheWorker(t *testing.T) {
	t.Parallel()

	p := newPool(t, nil)
	same := compile(t, p, `function transform(doc) { for (const k in doc) String(doc[k]); return doc }`)
	wrapped := compile(t, p, `const transform = doc => ({doc})`)
	texts := rapid.SampledFrom([]string{`"a"`, `"\u00e9\n"`, `"\ud800"`, `"中"`, `1.10`, `-0`, `12345678901234567890`, `1E400`, `[ 1 , {"x" : null} ]`, `{"a":{},"a":2}`, `true`})
	rapid.Check(t, func(rt *rapid.T) {
		raws := make([]string, rapid.IntRange(1, 5).Draw(rt, "documents"))
		for i := range raws {
			raws[i] = `{ "a" : ` + texts.Draw(rt, "value") + `,"b":` + texts.Draw(rt, "value") + ` }`
		}
		if diff := cmp.Diff(raws, show(run(t, same, items(raws...)))); diff != "" {
			rt.Fatal(diff)
		}
		for i, line := range show(run(t, wrapped, items(raws...))) {
			if line != `{"doc":`+raws[i]+`}` {
				rt.Fatalf("%s became %s", raws[i], line)
			}
		}
	})
}

func BenchmarkRunBatch(b *testing.B) {
	order := `{"no":"SO1","shop":"S01","paid":"100.50","buyer":"买家甲","lines":[` + strings.Repeat(`{"sku":"A1","num":"1.0000","price":"20.9000","name":"示例商品"},`, 4) + `{"sku":"A2","num":"2"}]}`
	for name, source := range map[string]string{
		"identity": `function transform(doc) { return doc }`,
		"mapping":  `function transform(doc) { return {FBillNo: doc.no, FShop: doc.shop, FPaid: doc.paid, FEntity: doc.lines.map(l => ({FSku: l.sku, FQty: l.num, FPrice: l.price, FNote: l.name + "!"}))} }`,
	} {
		b.Run(name, func(b *testing.B) {
			p := newPool(b, nil)
			s := compile(b, p, source)
			raws := make([]string, 100)
			for i := range raws {
				raws[i] = order
			}
			batch := items(raws...)
			run(b, s, batch)
			for b.Loop() {
				if _, err := s.Run(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "docs/s")
		})
	}
}
