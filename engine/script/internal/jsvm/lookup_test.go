package jsvm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/script/internal/asking"
	"github.com/karezflow/karez/engine/script/internal/jsvm"
	"github.com/karezflow/karez/sdk/item"
)

// lookups are those that the scripts of these tests may name.
func lookups() []asking.Lookup {
	return []asking.Lookup{
		{Name: "shop", Ask: item.Lookup{Table: "shops", Where: []item.Equal{{}}}, OnMiss: "park"},
		{Name: "bank", Ask: item.Lookup{From: "f.rows", Find: "org", Where: []item.Equal{{Path: "no"}, {Path: "lines.kind"}}}, OnMiss: "empty"},
		{Name: "all", Ask: item.Lookup{From: "f.rows", Find: "sku", Where: []item.Equal{{Path: "no"}}}, OnMiss: "empty", OnMany: "all"},
		{Name: "one", Ask: item.Lookup{From: "f.rows", Find: "price", Where: []item.Equal{{Path: "no"}}}, OnMiss: "error", OnMany: "error"},
	}
}

// answers are what was found, by "name value,value".
func answers(found map[string][]string) map[string][]string {
	all := map[string][]string{}
	for asked, values := range found {
		name, given, _ := strings.Cut(asked, " ")
		for _, l := range lookups() {
			if l.Name != name {
				continue
			}
			ask := l.Ask
			ask.Where = nil
			for i, v := range strings.Split(given, ",") {
				ask.Where = append(ask.Where, item.Equal{Path: l.Ask.Where[i].Path, Value: v})
			}
			all[ask.Key()] = values
		}
	}
	return all
}

// came tells what became of a document in one text.
func came(t *testing.T, res jsvm.Result) string {
	t.Helper()
	var out []string
	for _, a := range res.Needs {
		out = append(out, "needs "+lookups()[a.Lookup].Name+" "+strings.Join(a.Values, ","))
	}
	for _, a := range res.Missing {
		out = append(out, "misses "+lookups()[a.Lookup].Name+" "+strings.Join(a.Values, ","))
	}
	if len(out) > 0 {
		if len(res.Outputs)+len(res.Lines) > 0 || res.Fault != nil || res.Vars != nil {
			t.Errorf("a script that stands still came to something: %+v", res)
		}
		return strings.Join(out, "; ")
	}
	if res.Fault != nil {
		return res.Fault.Code
	}
	return show(t, "the document", res)
}

func TestLookups(t *testing.T) {
	t.Parallel()
	known := map[string][]string{
		"shop S1": {`"100"`}, "shop S2": {`"200"`}, "shop S9": {}, "shop 12345678901234567890": {`"long"`}, "shop true": {`"yes"`}, "shop 1.5": {`"num"`},
		"bank 6222,A": {`"north"`}, "bank 0,A": {}, "all N1": {`"A"`, `{"b":1.10}`}, "all N0": {}, "one N1": {`1.10`}, "one N2": {`1`, `2`}, "one N0": {},
	}
	cases := []struct{ name, statements, want string }{
		{"an answer", `return {v: ctx.lookup("shop", "S1")}`, `{"v":"100"}`},
		{"by the name of the condition", `return {v: ctx.lookup("shop", {code: "S1"})}`, `{"v":"100"}`},
		{"several conditions", `return {v: ctx.lookup("bank", {"lines.kind": "A", no: 6222})}`, `{"v":"north"}`},
		{"a long number", `return {v: ctx.lookup("shop", doc.id)}`, `{"v":"long"}`},
		{"a truth", `return {v: ctx.lookup("shop", true)}`, `{"v":"yes"}`},
		{"a fraction", `return {v: ctx.lookup("shop", 1.50)}`, `{"v":"num"}`},
		{"a decimal", `return {v: ctx.lookup("shop", ctx.decimal("1.5"))}`, `{"v":"num"}`},
		{"all that were found", `return {v: ctx.lookup("all", "N1")}`, `{"v":["A",{"b":1.10}]}`},
		{"all of nothing", `return {v: ctx.lookup("all", "N0")}`, `{"v":[]}`},
		{"a number", `return {v: ctx.lookup("one", "N1")}`, `{"v":1.1}`},
		{"nothing, left empty", `return {v: ctx.lookup("bank", {no: 0, "lines.kind": "A"}) === undefined}`, `{"v":true}`},
		{"nothing is asked about nothing", `return {v: [null, undefined, ""].map(x => ctx.lookup("shop", x) === undefined)}`, `{"v":[true,true,true]}`},
		{"nothing is asked where something must be", `ctx.lookup("one", "")`, "script.lookup_blank"},
		{"nothing where something must be", `ctx.lookup("one", "N0")`, "script.lookup_nothing"},
		{"several where one must be", `ctx.lookup("one", "N2")`, "script.lookup_several"},
		{"that can be caught", `try { ctx.lookup("one", "N0") } catch (e) { return {v: e.message} }`, `{"v":"the look-up one found nothing: N0"}`},
		{"nothing, so the document waits", `ctx.log("gone"); ctx.vars.x = 1; return {v: ctx.lookup("shop", "S9")}`, "misses shop S9"},
		{"what waits is not caught", `try { ctx.lookup("shop", "S9") } catch (e) {} finally { return doc }`, "misses shop S9"},
		{"not answered yet", `ctx.log("gone"); return {v: ctx.lookup("shop", "S3")}`, "needs shop S3"},
		{"not answered goes before missing", `return {v: [ctx.lookup("shop", "S9"), ctx.lookup("shop", "S3")]}`, "needs shop S3; misses shop S9"},
		{"all are asked at once, each once", `return {v: ["S3", "S4", "S3"].map(s => ctx.lookup("shop", s).trim().split("-")[0])}`, "needs shop S3; needs shop S4"},
		{"in arithmetic", `return {v: ["S3", "S4"].map(s => ctx.decimal(ctx.lookup("shop", s)).mul(2).add(ctx.lookup("shop", s + "x")))}`, "needs shop S3; needs shop S3x; needs shop S4; needs shop S4x"},
		{"in helpers", `const s = ctx.lookup("shop", "S3"); return {v: [ctx.date.format(s), ctx.hash.md5(s), ctx.decimal.sum(s), [...s], s + "", s * 2, JSON.stringify(s), s.a.b[0](), (s.x = 1, s[1] = 2), ctx.lookup("shop", "S4")]}`, "needs shop S3; needs shop S4"},
		{"one look-up in another", `return {v: ctx.lookup("bank", {no: ctx.lookup("shop", "S3"), "lines.kind": "A"})}`, "needs shop S3"},
		{"what goes wrong on the way does not count", `const s = ctx.lookup("shop", "S3"); throw new Error("not a text")`, "needs shop S3"},
		{"nor what is returned", `ctx.lookup("shop", "S3"); return 5`, "needs shop S3"},
		{"nor an endless loop", `let s = ctx.lookup("shop", "S3"); while (s) s = s.next`, "needs shop S3"},
		{"nor endless recursion", `const f = s => f(s.next); f(ctx.lookup("shop", "S3"))`, "needs shop S3"},
		{"an unknown name", `ctx.lookup("shopp", 1)`, "script.unknown_lookup"},
		{"no name", `ctx.lookup()`, "script.unknown_lookup"},
		{"a condition too few", `return {v: ctx.lookup("bank", {no: 1}) === undefined}`, `{"v":true}`},
		{"another condition", `ctx.lookup("bank", {no: 1, "lines.kind": "A", x: 2})`, "script.bad_lookup"},
		{"one value for two", `ctx.lookup("bank", 1)`, "script.bad_lookup"},
		{"a list", `ctx.lookup("shop", [1])`, "script.bad_lookup"},
		{"an object as value", `ctx.lookup("shop", {code: {}})`, "script.bad_lookup"},
		{"no number", `ctx.lookup("shop", NaN)`, "script.bad_lookup"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := env()
			e.Lookups, e.Answers = lookups(), answers(known)
			res := compile(t, body(c.statements)).Run(jsvm.Doc{Raw: `{"id":12345678901234567890}`, Key: "D1"}, e)
			if got := came(t, res); got != c.want {
				t.Errorf("got %s, want %s (%v)", got, c.want, res.Fault)
			}
		})
	}
}

func TestFaultsOfLookups(t *testing.T) {
	t.Parallel()
	e := env()
	e.Lookups, e.Answers = lookups(), answers(map[string][]string{"one N0": {}})
	f := compile(t, "function transform(doc, ctx) {\n  return [ctx.lookup('one', 'N0')]\n}").Run(jsvm.Doc{Raw: `{}`, Key: "D1"}, e).Fault
	if f == nil || f.Args["line"] != "2" || f.Args["name"] != "one" || f.Args["sample"] != "N0" {
		t.Errorf("%+v", f)
	}
	f = compile(t, body("ctx.lookup('shopp')")).Run(jsvm.Doc{Raw: `{}`}, e).Fault
	if f == nil || f.Args["name"] != "shopp" || f.Args["known"] != "shop, bank, all, one" {
		t.Errorf("%+v", f)
	}
	e.Lookups = nil
	if f = compile(t, body("ctx.lookup('shop')")).Run(jsvm.Doc{Raw: `{}`}, e).Fault; f == nil || f.Args["known"] != "none" {
		t.Errorf("%+v", f)
	}
}

func TestLookupsOfABatch(t *testing.T) {
	t.Parallel()
	docs := []jsvm.Doc{{Raw: `{"s":"S1"}`, Key: "A"}, {Raw: `{"s":"S2"}`, Key: "B"}}
	e := env()
	e.Lookups = lookups()
	p := compile(t, `const transformBatch = (docs, ctx) => docs.map(d => ({v: ctx.lookup("shop", d.s)}))`)
	results, bad := p.RunBatch(docs, e)
	if bad != nil || len(results) != 1 || came(t, results[0]) != "needs shop S1; needs shop S2" {
		t.Fatalf("%+v, %v", results, bad)
	}
	e.Answers = answers(map[string][]string{"shop S1": {`"1"`}, "shop S2": {`"2"`}})
	results, bad = p.RunBatch(docs, e)
	if bad != nil || len(results) != 2 || string(results[1].Outputs[0].Raw) != `{"v":"2"}` {
		t.Fatalf("%+v, %v", results, bad)
	}
}

// Whoever asks without end stands still with what was asked; with answers the time
// limit ends it.
func TestLookupsWithoutEnd(t *testing.T) {
	t.Parallel()
	e := env()
	e.Lookups = lookups()
	res := compile(t, body(`for (let i = 0; ; i++) ctx.lookup("shop", "S" + i)`)).Run(jsvm.Doc{Raw: `{}`}, e)
	if len(res.Needs) != 1000 || res.Fault != nil {
		t.Errorf("%d needs, %v", len(res.Needs), res.Fault)
	}
	res = compile(t, body(`for (;;) ctx.lookup("shop", "S1")`)).Run(jsvm.Doc{Raw: `{}`}, e)
	if len(res.Needs) != 1 || res.Fault != nil {
		t.Errorf("%d needs, %v", len(res.Needs), res.Fault)
	}
	e.Answers, e.Limit = answers(map[string][]string{"shop S1": {`"1"`}}), 30*time.Millisecond
	if res = compile(t, body(`for (;;) ctx.lookup("shop", "S1")`)).Run(jsvm.Doc{Raw: `{}`}, e); res.Fault == nil || res.Fault.Code != "script.timeout" {
		t.Errorf("%+v", res)
	}
}

// A script that is answered comes to what it would have come to at once, with every
// byte of the document.
func TestAnswersLeaveTheDocumentAlone(t *testing.T) {
	t.Parallel()
	const doc = `{"id": 12345678901234567890 ,"s":"S1","a":1.10, "n":{"x" : 1E400}}`
	e := env()
	e.Lookups = lookups()
	p := compile(t, body(`doc.n; doc.shop = ctx.lookup("shop", doc.s); return doc`))
	if got := came(t, p.Run(jsvm.Doc{Raw: doc}, e)); got != "needs shop S1" {
		t.Fatal(got)
	}
	e.Answers = answers(map[string][]string{"shop S1": {`{"k" :1.0}`}})
	want := `{"id":12345678901234567890,"s":"S1","a":1.10,"n":{"x" : 1E400},"shop":{"k" :1.0}}`
	if diff := cmp.Diff(want, came(t, p.Run(jsvm.Doc{Raw: doc}, e))); diff != "" {
		t.Error(diff)
	}
}
