package jsvm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/script/internal/jsvm"
	"github.com/karezflow/karez/sdk/fault"
)

func env() jsvm.Env { return jsvm.Env{Limit: 5 * time.Second, MaxOutput: 1 << 16} }

func compile(tb testing.TB, source string) *jsvm.Program {
	tb.Helper()
	p, err := jsvm.Compile(source)
	if err != nil {
		tb.Fatalf("Compile: %v", err)
	}
	return p
}

func run(tb testing.TB, source, raw string) jsvm.Result {
	tb.Helper()
	return compile(tb, source).Run(jsvm.Doc{Raw: raw, Key: "D1", Revision: 1, Now: time.UnixMilli(1767319200000)}, env())
}

// body wraps statements into a transform.
func body(statements string) string { return "function transform(doc, ctx) { " + statements + " }" }

// show writes the outputs as text, one a line.
func show(tb testing.TB, raw string, res jsvm.Result) string {
	tb.Helper()
	if res.Fault != nil {
		return res.Fault.Error()
	}
	lines := make([]string, len(res.Outputs))
	for i, out := range res.Outputs {
		text := string(out.Raw)
		if out.Same {
			text = raw
		}
		if out.Port != "" {
			text = out.Port + ": " + text
		}
		lines[i] = text
	}
	return strings.Join(lines, "\n")
}

func TestResults(t *testing.T) {
	t.Parallel()

	const doc = `{"no":"A1", "qty":1.10,"id":12345678901234567890,"at":null,"lines":[{"q":1.50}, {"q":2}],"tags":[ "x" ,"y"]}`
	const odd = `{"s":"a\ud800\n\u4e2d\uD83D\uDE00\/"}`
	cases := []struct{ name, source, want string }{
		{"the document", body(`return doc`), doc},
		{"reading is not touching", body(`doc.lines.map(l => l.q); doc.tags.length; JSON.stringify(doc); Object.keys(doc); return doc`), doc},
		{"assigning what is there", body(`doc.qty = doc.qty; doc.lines = doc.lines; doc.id = doc.id; return doc`), doc},
		{"one member changed", body(`doc.no = "B"; return doc`), `{"no":"B","qty":1.10,"id":12345678901234567890,"at":null,"lines":[{"q":1.50}, {"q":2}],"tags":[ "x" ,"y"]}`},
		{"a line changed", body(`doc.lines[1].q = 3; return doc`), `{"no":"A1","qty":1.10,"id":12345678901234567890,"at":null,"lines":[{"q":1.50},{"q":3}],"tags":[ "x" ,"y"]}`},
		{"a line added", body(`doc.lines.push({q: 9}); return {lines: doc.lines}`), `{"lines":[{"q":1.50},{"q":2},{"q":9}]}`},
		{"lines sorted", body(`doc.lines.reverse(); return {lines: doc.lines}`), `{"lines":[{"q":2},{"q":1.50}]}`},
		{"an array shortened", body(`doc.tags.length = 1; return {t: doc.tags}`), `{"t":["x"]}`},
		{"an array's element replaced", body(`doc.tags[0] = "z"; return {t: doc.tags}`), `{"t":["z","y"]}`},
		{"parts moved keep their bytes", body(`return {l: doc.lines, t: doc.tags, id: doc.id}`), `{"l":[{"q":1.50}, {"q":2}],"t":[ "x" ,"y"],"id":12345678901234567890}`},
		{"a member deleted", body(`delete doc.lines; delete doc.tags; delete doc.id; return doc`), `{"no":"A1","qty":1.10,"at":null}`},
		{"a deleted member comes back last", body(`delete doc.no; doc.no = "C"; return {k: Object.keys(doc).join()}`), `{"k":"qty,id,at,lines,tags,no"}`},
		{"undefined leaves a member out", body(`doc.id = undefined; return {a: undefined, b: doc.id, c: null, n: Object.keys(doc).length}`), `{"c":null,"n":6}`},
		{"spread", body(`return {...doc.lines[0], r: 1}`), `{"q":1.5,"r":1}`},
		{"several", body(`return doc.lines`), "{\"q\":1.50}\n{\"q\":2}"},
		{"several, one left out", body(`return [null, {a: 1}, undefined]`), `{"a":1}`},
		{"filtered by null", body(`return null`), ""},
		{"filtered by nothing", body(``), ""},
		{"a port", body(`return ctx.output("big", doc.lines[0])`), `big: {"q":1.50}`},
		{"ports", body(`return [ctx.output("a", {x: 1}), {y: 2}]`), "a: {\"x\":1}\n{\"y\":2}"},
		{"own and inherited members", body(`return {has: "no" in doc, own: doc.hasOwnProperty("no"), not: "nope" in doc, s: typeof doc.toString}`), `{"has":true,"own":true,"not":false,"s":"function"}`},
		{"dates", body(`return {d: new Date(0)}`), `{"d":"1970-01-01T00:00:00.000Z"}`},
		{"wrappers, toJSON, big integers", body(`return {n: new Number(5), s: new String("x"), b: new Boolean(false), j: {toJSON() { return [1] }}, i: 2n ** 70n, r: JSON.rawJSON("1.50")}`), `{"n":5,"s":"x","b":false,"j":[1],"i":1180591620717411303424,"r":1.50}`},
		{"holes and odd numbers", body(`return {a: [1,,undefined,2], z: -0, e: 1e21, f: 0.1, t: 1e-7}`), `{"a":[1,null,null,2],"z":0,"e":1e+21,"f":0.1,"t":1e-7}`},
		{"texts", body(`return {s: "\u4e2d\n\"\\\u0001\ud83d\ude00", l: "\ud800x"}`), "{\"s\":\"中\\n\\\"\\\\\\u0001😀\",\"l\":\"\\ud800x\"}"},
		{"an arrow function", `const transform = (doc) => ({n: doc.no})`, `{"n":"A1"}`},
		{"integer-like names stay in written order", body(`return {k: Object.keys(JSON.parse('{"b":1,"2":1,"1":1}')).join()}`), `{"k":"b,2,1"}`},
		{"the same object twice", body(`const o = {a: 1}; return {x: o, y: o}`), `{"x":{"a":1},"y":{"a":1}}`},
	}
	if got, want := show(t, odd, run(t, body(`return {t: doc.s, u: doc.s + "x", n: doc.s.length}`), odd)),
		`{"t":"a\ud800\n中😀/","u":"a\ud800\n中😀/x","n":7}`; got != want {
		t.Errorf("a text with half a character: %s", got)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			if diff := cmp.Diff(c.want, show(t, doc, run(t, c.source, doc))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefusedResults(t *testing.T) {
	t.Parallel()

	cases := []struct{ name, source, code, path string }{
		{"text", body(`return "x"`), "script.bad_result", ""},
		{"number", body(`return 5`), "script.bad_result", ""},
		{"nested array", body(`return [[{}]]`), "script.bad_result", ""},
		{"decimal", body(`return ctx.decimal("1")`), "script.bad_result", ""},
		{"date", body(`return new Date()`), "script.bad_result", ""},
		{"function inside", body(`return {a: [{}, {f() {}}]}`), "script.bad_result", "result.a[1].f"},
		{"not a number", body(`return {total: 1 * "x"}`), "script.bad_result", "result.total"},
		{"infinite", body(`return [{a: 1}, {a: 1/0}]`), "script.bad_result", "result[1].a"},
		{"invalid date", body(`return {d: new Date("x")}`), "script.bad_result", "result.d"},
		{"symbol", body(`return {s: Symbol("x")}`), "script.bad_result", "result.s"},
		{"map", body(`return {m: new Map()}`), "script.bad_result", "result.m"},
		{"proxy", body(`return {p: new Proxy([], {})}`), "script.bad_result", "result.p"},
		{"promise", `async function transform(doc) { return doc }`, "script.bad_result", "result"},
		{"cycle", body(`const a = {}; a.a = a; return a`), "script.bad_result", strings.TrimSuffix("result."+strings.Repeat("a.", 101), ".")},
		{"output inside", body(`return {o: ctx.output("p", doc)}`), "script.bad_result", "result.o"},
		{"output of nothing", body(`return ctx.output("p", null)`), "script.bad_result", ""},
		{"output not returned", body(`ctx.output("p", doc); return doc`), "script.bad_result", ""},
		{"output without port", body(`return ctx.output(doc)`), "script.error", ""},
		{"vars", body(`ctx.vars.x = () => 1; return doc`), "script.bad_result", "vars.x"},
		{"doubling", body(`let a = {}; for (let i = 0; i < 90; i++) a = {x: a, y: a}; return a`), "script.output_too_large", ""},
		{"large", body(`return {s: "x".repeat(2e6), t: 1}`), "script.output_too_large", "result.t"},
		{"many", body(`const o = {a: 1}; return Array(40000).fill(o)`), "script.output_too_large", "result[32768]"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			res := run(t, c.source, `{"a":1}`)
			if res.Fault == nil {
				t.Fatalf("passed: %s", show(t, "", res))
			}
			if res.Fault.Code != c.code || c.path != "" && res.Fault.Path != c.path {
				t.Errorf("got %s at %q: %s", res.Fault.Code, res.Fault.Path, res.Fault.Message)
			}
			if res.Fault.Args["document"] != "D1" || res.Fault.Class != fault.Data || len(res.Outputs) != 0 {
				t.Errorf("the fault does not name the document: %+v", res.Fault)
			}
		})
	}
}

func TestThrownErrors(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, source, code, message, line, column, excerpt string
	}{
		{"error", "function transform(doc) {\n  throw new Error('no depot')\n}", "script.error", "Error: no depot", "2", "9", "  throw new Error('no depot')\n        ^"},
		{"missing member", "function transform(doc) {\n\treturn { a: doc.x.y }\n}", "script.error", "TypeError: Cannot read property 'y' of undefined", "2", "20", "\treturn { a: doc.x.y }\n\t                  ^"},
		{"wide characters", "function transform(doc) {\n  const 名 = '单据'; throw 名\n}", "script.error", "单据", "2", "19", "  const 名 = '单据'; throw 名\n        　    　　   ^"},
		{"plain object", "function transform(doc) {\n  throw {code: 7}\n}", "script.error", `{"code":7}`, "2", "3", "  throw {code: 7}\n  ^"},
		{"in a helper", "function transform(doc) { return f(doc) }\nfunction f(d) {\n  return d.map(x => x)\n}", "script.error", "TypeError: Object has no member 'map'", "3", "15", "  return d.map(x => x)\n              ^"},
		{"inside a native call", "function transform(doc) {\n  return [1].map(x => {\n    throw new RangeError('r')\n  })\n}", "script.error", "RangeError: r", "3", "11", "    throw new RangeError('r')\n          ^"},
		{"at the top", "null.x\nfunction transform(doc) {}", "script.error", "TypeError: Cannot read property 'x' of undefined", "1", "6", "null.x\n     ^"},
		{"a forgotten declaration", "function transform(doc) {\n  total = 1\n}", "script.error", "ReferenceError: total is not defined", "2", "3", "  total = 1\n  ^"},
		{"recursion", "function transform(doc) {\n  return transform(doc)\n}", "script.error", "functions call each other too deeply", "2", "19", "  return transform(doc)\n                  ^"},
		{"arithmetic on a long number", "function transform(doc) {\n  return {a: doc.id + 1}\n}", "script.unsafe_number", "the number 12345678901234567890 cannot be converted without losing digits; use ctx.decimal, or String(x) for its text", "2", "14", "  return {a: doc.id + 1}\n             ^"},
		{"a broken amount", "function transform(doc, ctx) {\n  return {a: ctx.decimal('1,5')}\n}", "script.bad_decimal", `"1,5" is not a decimal number`, "2", "25", "  return {a: ctx.decimal('1,5')}\n                        ^"},
		{"a percent sign", "function transform(doc, ctx) { ctx.decimal('%d%s') }", "script.bad_decimal", `"%d%s" is not a decimal number`, "1", "43", "function transform(doc, ctx) { ctx.decimal('%d%s') }\n                                          ^"},
		{"an error that fights being read", "function transform(doc) {\n  const e = new Error(); e.toString = () => { throw 1 }; throw e\n}", "script.error", "an error that could not be read", "2", "13", "  const e = new Error(); e.toString = () => { throw 1 }; throw e\n            ^"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			f := run(t, c.source, `{"id":12345678901234567890}`).Fault
			if f == nil {
				t.Fatal("nothing was thrown")
			}
			got := []string{f.Code, f.Args["message"], f.Args["line"], f.Args["column"], f.Args["excerpt"], f.Args["document"]}
			want := []string{c.code, c.message, c.line, c.column, c.excerpt, "D1"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if prefix := "line " + c.line + ", column " + c.column + ": "; f.Message != prefix+c.message {
				t.Errorf("message %q", f.Message)
			}
		})
	}
}

func TestSyntaxFaults(t *testing.T) {
	t.Parallel()

	cases := []struct{ name, source, message, excerpt string }{
		{"token", "function transform(doc) {\n  return doc.(\n}", "line 2, column 14: Unexpected token (", "  return doc.(\n             ^"},
		{"end", "function transform(doc) {", "line 1, column 26: Unexpected end of input", "function transform(doc) {\n                         ^"},
		{"modules", "export default function transform(doc) {}", "line 1, column 1: Unexpected reserved word", "export default function transform(doc) {}\n^"},
		{"late check", "function transform(doc) {\n  const a = 1\n  const a = 2\n}", "line 3, column 9: Identifier 'a' has already been declared", "  const a = 2\n        ^"},
		{"strict mode", "function transform(doc) {\n  with (doc) { return x }\n}", "line 2, column 3: Strict mode code may not include a with statement", "  with (doc) { return x }\n  ^"},
		{"long line", "function transform(doc) { return " + strings.Repeat("1 + ", 50) + ") }", "line 1, column 234: Unexpected token )", strings.Repeat("1 + ", 15) + ") }\n" + strings.Repeat(" ", 60) + "^"},
		{"carriage returns", "function transform(doc) {\r\n  return ]\r\n}", "line 2, column 10: Unexpected token ]", "  return ]\n         ^"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			_, err := jsvm.Compile(c.source)
			f := fault.From(err)
			if f == nil || f.Code != "script.syntax" || f.Class != fault.Config {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff([]string{c.message, c.excerpt}, []string{f.Message, f.Args["excerpt"]}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEntryIsDeclared(t *testing.T) {
	t.Parallel()

	for _, source := range []string{"", "function other() {}", "{ function transform(doc) {} }", "(() => { function transform() {} })()"} {
		if _, err := jsvm.Compile(source); fault.CodeOf(err) != "script.no_transform" {
			t.Errorf("%q: %v", source, err)
		}
	}
	for source, batch := range map[string]bool{
		"function transform(doc) {}":                                  false,
		"let transform = doc => doc":                                  false,
		"var x, transform = doc => doc":                               false,
		"function transformBatch(docs) {}":                            true,
		"const transformBatch = d => d; function transform(doc) {}":   true,
		"function transform(doc) {} const transformBatch = docs => 1": true,
	} {
		if p := compile(t, source); p.Batch() != batch {
			t.Errorf("%q: batch is %v", source, p.Batch())
		}
	}
	if f := run(t, "const transform = 5", `{}`).Fault; fault.CodeOf(f) != "script.no_transform" {
		t.Errorf("a transform that is no function: %v", f)
	}
}
