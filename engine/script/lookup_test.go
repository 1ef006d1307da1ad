package script_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/script"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// shops is a look-up in a code table, banks one in other documents.
func shops(onMiss string) node.ScriptLookup {
	return node.ScriptLookup{Name: "shop", Ask: item.Lookup{Table: "shops", Where: []item.Equal{{}}}, OnMiss: onMiss}
}

func banks() node.ScriptLookup {
	return node.ScriptLookup{Name: "bank", Ask: item.Lookup{From: "f.rows", Find: "org", Where: []item.Equal{{Path: "no"}}}, OnMiss: "empty", OnMany: "all"}
}

func shop(code string) item.Lookup {
	return item.Lookup{Table: "shops", Where: []item.Equal{{Value: code}}}
}

func values(raws ...string) []item.Value {
	list := []item.Value{}
	for _, raw := range raws {
		list = append(list, item.Of([]byte(raw)))
	}
	return list
}

// answer runs a script until nothing is asked any more, as the engine does, and gives
// the results with the number of rounds. known has the answers by code.
func answer(t *testing.T, s node.Script, batch []item.Item, known map[string]string) (results []node.Result, rounds int) {
	t.Helper()
	found := item.Answers{item.Lookup{Table: "other", Where: []item.Equal{{Value: "S1"}}}.Key(): values(`"of another table"`)}
	results = make([]node.Result, len(batch))
	open := make([]int, len(batch))
	for i := range batch {
		open[i] = i
	}
	for ; len(open) > 0; rounds++ {
		if rounds > 12 {
			t.Fatal("the script asks without end")
		}
		again := make([]item.Item, len(open))
		for n, i := range open {
			again[n] = batch[i]
			again[n].Answers = found
		}
		got, err := s.Run(t.Context(), again)
		if err != nil || len(got) != len(again) {
			t.Fatalf("%d results for %d documents: %v", len(got), len(again), err)
		}
		var asking []int
		for n, i := range open {
			results[i] = got[n]
			for _, l := range got[n].Needs {
				found[l.Key()] = values()
				if v, ok := known[l.Where[0].Value]; ok {
					found[l.Key()] = values(v)
				}
			}
			if len(got[n].Needs) > 0 {
				asking = append(asking, i)
			}
		}
		open = asking
	}
	return results, rounds
}

func TestLookups(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	s := compile(t, p, `function transform(doc, ctx) {
		if (doc.n === 3) return null
		const head = ctx.lookup("shop", "S" + doc.n)
		return {head, lines: doc.lines.map(l => ctx.lookup("shop", l).toUpperCase()), deep: ctx.lookup("shop", head)}
	}`).Looking([]node.ScriptLookup{shops("park"), banks()})
	batch := items(`{"n":1,"lines":["a","b"]}`, `{"n":2,"lines":[]}`, `{"n":3}`, `{"n":9,"lines":["a","x"]}`)
	results, rounds := answer(t, s, batch, map[string]string{"S1": `"h1"`, "S2": `"h2"`, "S9": `"h1"`, "a": `"aa"`, "b": `"bb"`, "h1": `1.5`, "h2": `null`})
	want := []string{`{"head":"h1","lines":["AA","BB"],"deep":1.5}`, `{"head":"h2","lines":[],"deep":null}`, ``, ``}
	if diff := cmp.Diff(want, show(results)); diff != "" || rounds != 3 {
		t.Errorf("%d rounds: %s", rounds, diff)
	}
	if diff := cmp.Diff([]item.Lookup{shop("x")}, results[3].Missing); diff != "" {
		t.Error(diff)
	}
}

func TestLookupsIntoDocuments(t *testing.T) {
	t.Parallel()
	s := compile(t, newPool(t, nil), `const transform = (doc, ctx) => ({v: ctx.lookup("bank", {no: doc.no})})`).Looking([]node.ScriptLookup{banks()})
	results := run2(t, s, items(`{"no":12345678901234567890}`))
	want := item.Lookup{From: "f.rows", Find: "org", Where: []item.Equal{{Path: "no", Value: "12345678901234567890"}}}
	if diff := cmp.Diff([]item.Lookup{want}, results[0].Needs); diff != "" {
		t.Fatal(diff)
	}
	batch := items(`{"no":12345678901234567890}`)
	batch[0].Answers = item.Answers{want.Key(): values(`"new"`, `{"old" : 1E400}`)}
	if got := show(run2(t, s, batch)); got[0] != `{"v":["new",{"old" : 1E400}]}` {
		t.Error(got)
	}
}

func run2(t *testing.T, s node.Script, batch []item.Item) []node.Result {
	t.Helper()
	results, err := s.Run(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// What a batch asks, all of its documents ask; what waits or fails, waits or fails alone.
func TestLookupsOfBatches(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	s := compile(t, p, `const transformBatch = (docs, ctx) => docs.map(d => ({v: ctx.lookup("shop", d.s)}))`)
	batch := items(`{"s":"a"}`, `{"s":"b"}`, `{"s":"c"}`, `{"s":"a"}`)
	first := run2(t, s.Looking([]node.ScriptLookup{shops("park")}), batch)
	for i, res := range first {
		if diff := cmp.Diff([]item.Lookup{shop("a"), shop("b"), shop("c")}, res.Needs); diff != "" {
			t.Errorf("document %d: %s", i, diff)
		}
	}
	results, _ := answer(t, s.Looking([]node.ScriptLookup{shops("park")}), batch, map[string]string{"a": `"A"`, "c": `"C"`})
	if diff := cmp.Diff([]string{`{"v":"A"}`, ``, `{"v":"C"}`, `{"v":"A"}`}, show(results)); diff != "" || len(results[1].Missing) != 1 {
		t.Error(diff, results[1])
	}
	results, _ = answer(t, s.Looking([]node.ScriptLookup{shops("error")}), batch, map[string]string{"a": `"A"`, "c": `"C"`})
	if diff := cmp.Diff([]string{`{"v":"A"}`, `script.lookup_nothing`, `{"v":"C"}`, `{"v":"A"}`}, show(results)); diff != "" {
		t.Error(diff)
	}
	if f := results[1].Fault; f.Args["document"] != "D2" || f.Args["line"] != "1" || f.Args["sample"] != "b" {
		t.Errorf("%+v", f)
	}
}

// Scripts that share a worker do not see each other's look-ups.
func TestLookupsBelongToTheirScript(t *testing.T) {
	t.Parallel()
	bare := compile(t, newPool(t, nil), `const transform = (doc, ctx) => ({v: ctx.lookup("shop", "S1")})`)
	looking := bare.Looking([]node.ScriptLookup{shops("park")})
	for range 2 {
		if res := run2(t, looking, items(`{}`)); len(res[0].Needs) != 1 {
			t.Errorf("%+v", res[0])
		}
		if got := show(run2(t, bare, items(`{}`))); got[0] != "script.unknown_lookup" {
			t.Error(got)
		}
	}
}

func TestAnswersThatAreTooMuch(t *testing.T) {
	t.Parallel()
	s := compile(t, newPool(t, nil), `const transform = (doc, ctx) => ctx.lookup("shop", "S1")`).Looking([]node.ScriptLookup{shops("park")})
	batch := items(`{}`)
	batch[0].Answers = item.Answers{shop("S1").Key(): values(`"` + strings.Repeat("x", 25<<20) + `"`)}
	if _, err := s.Run(t.Context(), batch); fault.CodeOf(err) != "script.answers_too_large" {
		t.Error(err)
	}
}

// A script that loops inside its look-ups, or eats memory there, falls alone and its
// neighbours come to their end.
func TestHostileLookups(t *testing.T) {
	t.Parallel()
	p := newPool(t, func(c *script.Config) {
		c.Size, c.Wall, c.Kill, c.Memory = 2, 600*time.Millisecond, 900*time.Millisecond, 256<<20
	})
	const stopped = "script.timeout"
	cases := []struct{ name, statements, codes string }{
		{"asks the same without end", `for (;;) ctx.lookup("shop", "a")`, stopped},
		{"asks something else each time", `for (let i = 0; ; i++) ctx.lookup("shop", i % 7 ? "a" : "b")`, stopped},
		{"recursion over an answer", `const f = v => f(ctx.lookup("shop", "a")); f()`, "script.error"},
		{"a value that loops when it is read", `ctx.lookup("shop", {get code() { for (;;) {} }})`, stopped},
		{"native work that does not listen", `ctx.lookup("shop", /^(?:(a+)+)\1$/.test("a".repeat(40) + "b") ? "a" : "b")`, stopped},
		{"memory", `const all = []; for (;;) all.push(ctx.lookup("shop", "a") + "x".repeat(1e6) + all.length)`, "script.memory script.timeout script.crashed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := compile(t, p, `function transform(doc, ctx) { if (doc.bad) { `+c.statements+` } return {v: ctx.lookup("shop", "a")} }`).
				Looking([]node.ScriptLookup{shops("empty")})
			results, _ := answer(t, s, items(`{}`, `{"bad":true}`, `{}`), map[string]string{"a": `"A"`, "b": `"B"`})
			got := show(results)
			if got[0] != `{"v":"A"}` || got[2] != `{"v":"A"}` || !strings.Contains(c.codes, got[1]) || got[1] == "" {
				t.Errorf("got %q", got)
			}
		})
	}
}

// However answers come, each document comes to what its own code has.
func TestLookupsArePerDocument(t *testing.T) {
	t.Parallel()
	s := compile(t, newPool(t, nil), `const transform = (doc, ctx) => { doc.out = doc.codes.map(c => ctx.lookup("shop", c)); return doc }`).
		Looking([]node.ScriptLookup{shops("empty")})
	rapid.Check(t, func(rt *rapid.T) {
		known, raws, want := map[string]string{}, []string{}, []string{}
		for i := range rapid.IntRange(1, 8).Draw(rt, "documents") {
			codes := []string{}
			for range rapid.IntRange(0, 5).Draw(rt, "codes") {
				code := "c" + strconv.Itoa(rapid.IntRange(0, 9).Draw(rt, "code"))
				codes = append(codes, `"`+code+`"`)
				if rapid.Bool().Draw(rt, "unknown") || known[code] != "" {
					known[code] = `{"of": "` + code + `" , "n":1E400}`
				}
			}
			raws = append(raws, fmt.Sprintf(`{"n": %d ,"codes":[%s], "rest":[1.10]}`, i, strings.Join(codes, ",")))
			want = append(want, strings.Join(codes, ","))
		}
		results, _ := answer(t, s, items(raws...), known)
		for i := range results {
			var out []string
			for code := range strings.SplitSeq(want[i], ",") {
				if v, ok := known[strings.Trim(code, `"`)]; ok {
					out = append(out, v)
				} else if code != "" {
					out = append(out, "null")
				}
			}
			expect := fmt.Sprintf(`{"n":%d,"codes":[%s],"rest":[1.10],"out":[%s]}`, i, want[i], strings.Join(out, ","))
			if got := show(results[i : i+1])[0]; got != expect {
				rt.Fatalf("got %s, want %s", got, expect)
			}
		}
	})
}
