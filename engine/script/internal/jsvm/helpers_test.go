package jsvm_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/script/internal/jsvm"
	"github.com/karezflow/karez/sdk/fault"
)

func TestDecimals(t *testing.T) {
	t.Parallel()

	cases := []struct{ expression, want string }{
		{`d("0.1").add("0.2")`, `0.3`},
		{`d("1.10").add(1)`, `2.10`},
		{`d(doc.id).add(1)`, `12345678901234567891`},
		{`doc.id.sub(doc.id)`, `0`},
		{`doc.id.mul("0.01")`, `123456789012345678.90`},
		{`d("10").div(3, 4)`, `3.3333`},
		{`d("2").div("3", 2)`, `0.67`},
		{`d("1.005").round(2)`, `1.01`},
		{`d("-1.005").round(2)`, `-1.01`},
		{`d("7").round(2)`, `7.00`},
		{`d("1.10").round(1)`, `1.1`},
		{`d(0.1).mul(3)`, `0.3`},
		{`d(" 12.50 ")`, `12.50`},
		{`d("1e3")`, `1000`},
		{`d("+5")`, `5`},
		{`d(9007199254740993n)`, `9007199254740993`},
		{`d("1.50").cmp("1.5")`, `0`},
		{`d("2").cmp(10)`, `-1`},
		{`d("2").cmp("1.99")`, `1`},
		{`d("1.50").toString()`, `"1.50"`},
		{"`${d('1.50')}/${doc.id}`", `"1.50/12345678901234567890"`},
		{`String(doc.id)`, `"12345678901234567890"`},
		{`({[doc.id]: 1})`, `{"12345678901234567890":1}`},
		{`JSON.stringify([d("1.50"), doc.id, {p: doc.price}])`, `"[1.50,12345678901234567890,{\"p\":1.1}]"`},
		{`doc.id === doc.same`, `true`},
		{`doc.id === doc.lines[0]`, `true`},
		{`doc.id == doc.price`, `script.unsafe_number`},
		{`typeof doc.price + typeof doc.id`, `"numberobject"`},
		{`doc.big.toString()`, `"1E400"`},
		{`doc.big`, `1E400`},
		{`doc.price * 2`, `2.2`},
		{`doc.id * 2`, `script.unsafe_number`},
		{`doc.id + ""`, `script.unsafe_number`},
		{`-doc.id`, `script.unsafe_number`},
		{`doc.id > 5`, `script.unsafe_number`},
		{`Number(doc.id)`, `script.unsafe_number`},
		{`Math.max(doc.id)`, `script.unsafe_number`},
		{`doc.id.valueOf()`, `script.unsafe_number`},
		{`d("1.5") * 2`, `script.unsafe_number`},
		{`JSON.parse('{"n": 12345678901234567890}').n`, `12345678901234567890`},
		{`JSON.parse(' [1.10, "x", null] ')`, `[1.10, "x", null]`},
		{`JSON.parse('{"n": 1}', (k, v) => v === 1 ? 2 : v)`, `{"n":2}`},
		{`JSON.parse("{")`, `script.error`},
		{`d("1,000.00")`, `script.bad_decimal`},
		{`d("")`, `script.bad_decimal`},
		{`d("--1")`, `script.bad_decimal`},
		{`d("1e")`, `script.bad_decimal`},
		{`d("1e+-3")`, `script.bad_decimal`},
		{`d(".5")`, `script.bad_decimal`},
		{`d("1.")`, `script.bad_decimal`},
		{`d(null)`, `script.bad_decimal`},
		{`d({})`, `script.bad_decimal`},
		{`d(NaN)`, `script.bad_decimal`},
		{`d("1e2000")`, `script.bad_decimal`},
		{`d("1e-2000")`, `script.bad_decimal`},
		{`d("1".repeat(1001))`, `script.bad_decimal`},
		{`d("1").div(0, 2)`, `script.bad_decimal`},
		{`d("1").div(3)`, `script.bad_decimal`},
		{`d("1").round(-1)`, `script.bad_decimal`},
		{`d("1").round(101)`, `script.bad_decimal`},
		{`(() => { let x = d("9".repeat(900)); for (;;) x = x.mul(x) })()`, `script.bad_decimal`},
		{`(() => { let x = d("1e900"); for (;;) x = x.mul(x) })()`, `script.bad_decimal`},
		{`d("1").add.call({}, 1)`, `script.error`},
		{`(() => { try { return doc.id + 1 } catch (e) { return e.message.slice(0, 10) } })()`, `"the number"`},
		{`(() => { doc.id.extra = 1 })()`, `script.error`},
		{`(() => { d("1").add = 1 })()`, `script.error`},
		{`(() => { JSON.rawJSON = null; return JSON.stringify(doc.id) })()`, `script.error`},
	}
	const doc = `{"id":12345678901234567890,"same":12345678901234567890,"price":1.10,"big":1E400,"lines":[12345678901234567890]}`
	for _, c := range cases {
		t.Run(c.expression, func(t *testing.T) {
			t.Parallel()

			res := run(t, "function transform(doc, ctx) { const d = ctx.decimal; return {v: "+c.expression+"} }", doc)
			got := fault.CodeOf(orNil(res.Fault))
			if res.Fault == nil {
				got = strings.TrimSuffix(strings.TrimPrefix(string(res.Outputs[0].Raw), `{"v":`), `}`)
			}
			if got != c.want {
				t.Errorf("got %s, want %s (%v)", got, c.want, res.Fault)
			}
		})
	}
}

func orNil(f *fault.Fault) error {
	if f == nil {
		return nil
	}
	return f
}

func TestLogIsBounded(t *testing.T) {
	t.Parallel()

	res := run(t, body(`
		ctx.log("plain")
		ctx.log("warn", "two", 3, doc.a, {b: [null, 1.5]}, undefined, new Error("x"), () => 1, 12n)
		ctx.log("warn")
		ctx.log("loud", "text")
		ctx.log("debug", "单".repeat(1000))
		return doc`), `{"a":12345678901234567890}`)
	want := []jsvm.Line{
		{Level: "info", Text: "plain"},
		{Level: "warn", Text: `two 3 12345678901234567890 {"b":[null,1.5]} undefined Error: x [a function] 12`},
		{Level: "info", Text: "warn"},
		{Level: "info", Text: "loud text"},
		{Level: "debug", Text: strings.Repeat("单", 666) + "…"},
	}
	if diff := cmp.Diff(want, res.Lines); diff != "" {
		t.Error(diff)
	}

	res = run(t, body(`for (let i = 0; i < 1000; i++) ctx.log(i); throw 1`), `{}`)
	if n := len(res.Lines); n != 21 || res.Lines[0].Text != "0" || res.Lines[20].Text != "further lines of this document were dropped" {
		t.Errorf("%d lines: %v", n, res.Lines)
	}
}

func TestContext(t *testing.T) {
	t.Parallel()

	p := compile(t, body(`
		const seen = {params: ctx.params, missing: ctx.params.nope, vars: {...ctx.vars}, keys: Object.keys(ctx).join(), more: ctx.require === undefined}
		ctx.vars.n = 2
		return seen`))
	e := env()
	e.Params = `{"orgCode":"100", "rate":1.10}`
	res := p.Run(jsvm.Doc{Raw: `{}`, Vars: `{"n":1,"id":12345678901234567890}`}, e)
	if res.Fault != nil {
		t.Fatal(res.Fault)
	}
	want := `{"params":{"orgCode":"100", "rate":1.10},"vars":{"n":1,"id":12345678901234567890},"keys":"params,vars,key,number,revision,window,lookup,log,decimal,date,hash,output","more":true}`
	if got := string(res.Outputs[0].Raw); got != want {
		t.Errorf("got %s", got)
	}
	if got := string(res.Vars); got != `{"n":2,"id":12345678901234567890}` {
		t.Errorf("vars %s", got)
	}
	if res := p.Run(jsvm.Doc{Raw: `{}`}, env()); string(res.Vars) != `{"n":2}` {
		t.Errorf("vars of a document without any: %s %v", res.Vars, res.Fault)
	}
	if res := run(t, body(`ctx.vars; return doc`), `{}`); res.Vars != nil {
		t.Errorf("vars that were only read: %s", res.Vars)
	}
	for _, statement := range []string{`ctx.decimal = x => x`, `delete ctx.log`, `ctx.more = 1`, `ctx.vars = {}`} {
		if f := run(t, body(statement), `{}`).Fault; fault.CodeOf(orNil(f)) != "script.error" {
			t.Errorf("%s passed: %v", statement, f)
		}
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()

	docs := []jsvm.Doc{{Raw: `{"n": 1}`, Key: "A"}, {Raw: `{"n": 2}`, Key: "B"}, {Raw: `{"n": 3}`, Key: "C", Vars: `{"x":1}`}}
	p := compile(t, `function transformBatch(docs, ctx) {
		const sum = docs.reduce((s, d) => s + d.n, 0)
		ctx.log("sum", sum)
		ctx.vars[2].x += sum
		return docs.map(d => d.n === 1 ? d : d.n === 2 ? null : [ctx.output("p", d), {sum}])
	}`)
	results, bad := p.RunBatch(docs, env())
	if bad != nil {
		t.Fatal(bad)
	}
	got := make([]string, len(results))
	for i, res := range results {
		got[i] = show(t, docs[i].Raw, res) + " " + string(res.Vars) + " " + strconv.Itoa(len(res.Lines))
	}
	if diff := cmp.Diff([]string{"{\"n\": 1}  1", "  0", "p: {\"n\": 3}\n{\"sum\":6} {\"x\":7} 0"}, got); diff != "" {
		t.Error(diff)
	}

	for source, message := range map[string]string{
		`transformBatch = docs => 5`:                        "transformBatch must return an array with one entry per document, not a number",
		`transformBatch = docs => [null]`:                   "transformBatch got 3 documents but returned 1 entries",
		`transformBatch = docs => [1, 2, 3]`:                "a script must return an object, an array of objects or null, not a number",
		`transformBatch = (d, c) => (c.output("p", {}), d)`: "ctx.output was called but its result was not returned",
		`transformBatch = docs => { throw "no" }`:           "line 1, column 34: no",
		`transformBatch = (d, c) => (c.vars[1] = 5, d)`:     "ctx.vars must hold objects, not a number",
	} {
		if _, bad := compile(t, "const "+source).RunBatch(docs, env()); bad == nil || bad.Message != message {
			t.Errorf("%s: %v", source, bad)
		}
	}
}

// The clock and the random numbers belong to the document, so that a retry
// gives what the first attempt gave.
func TestRunsRepeat(t *testing.T) {
	t.Parallel()

	p := compile(t, body(`return {now: Date.now(), date: new Date().toISOString(), r: [Math.random(), Math.random()]}`))
	at := func(key string, revision int, now int64) string {
		return show(t, "", p.Run(jsvm.Doc{Raw: `{}`, Key: key, Revision: revision, Now: time.UnixMilli(now)}, env()))
	}
	first := at("A", 1, 1767319200000)
	if !strings.Contains(first, `"now":1767319200000,"date":"2026-01-02T02:00:00.000Z"`) {
		t.Errorf("the clock: %s", first)
	}
	if again := at("A", 1, 1767319200000); again != first {
		t.Errorf("%s then %s", first, again)
	}
	if other := at("A", 2, 1767319200000); other == first {
		t.Error("another revision has the same random numbers")
	}
	if other := at("B", 1, 1767319200000); other == first {
		t.Error("another document has the same random numbers")
	}
}

func TestNothingReachesTheNextDocument(t *testing.T) {
	t.Parallel()

	p := compile(t, `
		let calls = 0
		function transform(doc, ctx) {
			const clean = {}.x === undefined && [].y === undefined && "".z === undefined && calls === 0 &&
				typeof leak === "undefined" && ctx.decimal("1").add("1").toString() === "2" && JSON.stringify([1]) === "[1]"
			calls++
			Object.prototype.x = 1; Array.prototype.y = 1; String.prototype.z = 1; globalThis.leak = 1
			Object.getPrototypeOf(ctx.decimal("1")).q = 1
			Array.prototype.map = () => "hijacked"; JSON.stringify = () => "hijacked"; JSON.parse = null
			Object.getPrototypeOf(doc).toString = () => "hijacked"
			return {clean}
		}`)
	for i := range 3 {
		if got := show(t, "", p.Run(jsvm.Doc{Raw: `{"a":1}`}, env())); got != `{"clean":true}` {
			t.Errorf("document %d: %s", i, got)
		}
	}
}

func TestOnlyListedHelpersExist(t *testing.T) {
	t.Parallel()

	for _, name := range []string{
		"require", "process", "fetch", "console", "setTimeout", "setInterval", "XMLHttpRequest", "Buffer", "module", "exports",
		"WebAssembly", "importScripts", "Deno", "Bun", "print", "load", "os", "std", "crypto", "performance", "queueMicrotask",
	} {
		if f := run(t, body(`return {v: `+name+`}`), `{}`).Fault; f == nil || f.Args["message"] != "ReferenceError: "+name+" is not defined" {
			t.Errorf("%s exists: %v", name, f)
		}
	}
	for _, source := range []string{"import fs from 'fs'\n", "const fs = import('fs')\n"} {
		if _, err := jsvm.Compile(source + body(`return doc`)); fault.CodeOf(err) != "script.syntax" {
			t.Errorf("%s: %v", source, err)
		}
	}
	// Nothing of Go shows through the objects we hand in.
	res := run(t, body(`
		const names = new Set()
		for (let o of [doc, ctx, ctx.log, ctx.decimal("1"), ctx.vars, ctx.params])
			for (; o && o !== Object.prototype && o !== Function.prototype; o = Object.getPrototypeOf(o))
				Object.getOwnPropertyNames(o).forEach(n => names.add(n))
		return {names: [...names].sort().join(" ")}`), `{"a":1}`)
	want := `{"names":"a add cmp date decimal div hash key length log lookup mul name number output params revision round sub toJSON toString valueOf vars window"}`
	if diff := cmp.Diff(want, show(t, "", res)); diff != "" {
		t.Error(diff)
	}
}

func TestSourceMapsAreNotRead(t *testing.T) {
	t.Parallel()

	// Whoever opens this file waits for ever.
	file := filepath.Join(t.TempDir(), "map")
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
	comment := "//# sourceMappingURL=file://" + file
	for _, source := range []string{
		body(`return {a: 2}`) + "\n" + comment,
		body(`return {a: eval("2\n` + comment + `")}`),
		body(`return {a: (0, eval)("2\n` + comment + `")}`),
	} {
		ran := make(chan string, 1)
		go func() {
			p, err := jsvm.Compile(source)
			if err != nil {
				ran <- err.Error()
				return
			}
			ran <- show(t, "", p.Run(jsvm.Doc{Raw: `{}`}, env()))
		}()
		select {
		case got := <-ran:
			if got != `{"a":2}` {
				t.Errorf("%s: %s", source, got)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("the map was opened: %s", source)
		}
	}
}

func TestTheLimitStopsLoops(t *testing.T) {
	t.Parallel()

	for _, source := range []string{
		"function transform(doc) {\n  for (;;) {}\n}",
		"function transform(doc) {\n  try { for (;;) {} } catch (e) { return doc } finally { return doc }\n}",
		"function transform(doc) {\n  return { get a() { for (;;) {} } }\n}",
		"function transform(doc) {\n  throw { toJSON() { for (;;) {} } }\n}",
		"for (;;) {}\nfunction transform(doc) {}",
	} {
		e := env()
		e.Limit = 30 * time.Millisecond
		p := compile(t, source)
		res := p.Run(jsvm.Doc{Raw: `{}`, Key: "D1"}, e)
		if res.Fault == nil || res.Fault.Code != "script.timeout" || res.Fault.Args["document"] != "D1" || res.Fault.Args["line"] == "" {
			t.Errorf("%s: %+v", source, res)
		}
	}
}
