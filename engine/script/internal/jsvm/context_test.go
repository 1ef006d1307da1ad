package jsvm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/script/internal/jsvm"
	"github.com/karezflow/karez/sdk/fault"
)

// shanghai is a document whose window is an hour of the 31st of January.
func shanghai(t *testing.T) (jsvm.Doc, jsvm.Env) {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	e := env()
	e.Zone = zone
	return jsvm.Doc{
		Raw: `{"at":"2026-01-31 10:30:00","lines":[{"q":"1.10"},{"q":2.20},{"q":null}],"id":12345678901234567890}`, Key: "D1", Number: "NO-1", Revision: 3,
		From: time.Date(2026, 1, 31, 10, 0, 0, 0, zone), Now: time.Date(2026, 1, 31, 11, 0, 0, 0, zone),
	}, e
}

// evaluated gives an expression's value as JSON, or the code of the fault.
func evaluated(t *testing.T, expression string, doc jsvm.Doc, e jsvm.Env) string {
	t.Helper()
	res := compile(t, body("const d = ctx.decimal, at = ctx.date, h = ctx.hash; return {v: "+expression+"}")).Run(doc, e)
	if res.Fault != nil {
		return res.Fault.Code
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(res.Outputs[0].Raw), `{"v":`), `}`)
}

func TestFacts(t *testing.T) {
	t.Parallel()
	doc, e := shanghai(t)
	for expression, want := range map[string]string{
		`[ctx.key, ctx.number, ctx.revision]`:             `["D1","NO-1",3]`,
		`[ctx.window.from, ctx.window.to]`:                `["2026-01-31T02:00:00.000Z","2026-01-31T03:00:00.000Z"]`,
		`at.format(ctx.window.to)`:                        `"2026-01-31 11:00:00"`,
		`ctx.window.to.getTime() === Date.now()`:          `true`,
		`ctx.window.to.getTime() === +at.now()`:           `true`,
		`(() => { ctx.key = "other" })()`:                 `script.error`,
		`(() => { ctx.window.to = 1; return ctx.key })()`: `"D1"`,
	} {
		if got := evaluated(t, expression, doc, e); got != want {
			t.Errorf("%s gives %s, want %s", expression, got, want)
		}
	}
	doc.From = time.Time{}
	if got := evaluated(t, `ctx.window.from`, doc, e); got != "null" {
		t.Errorf("a document without a window begins at %s", got)
	}
}

func TestFactsOfABatch(t *testing.T) {
	t.Parallel()
	doc, e := shanghai(t)
	other := doc
	other.Key, other.Number = "D2", ""
	results, bad := compile(t, `const transformBatch = (docs, ctx) => docs.map((d, i) => ({k: ctx.key[i], n: ctx.number[i], r: ctx.revision[i], w: ctx.date.format(ctx.window[i].to, "HH:mm")}))`).
		RunBatch([]jsvm.Doc{doc, other}, e)
	if bad != nil {
		t.Fatal(bad)
	}
	if got := string(results[1].Outputs[0].Raw); got != `{"k":"D2","n":"","r":3,"w":"11:00"}` {
		t.Error(got)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	doc, e := shanghai(t)
	for expression, want := range map[string]string{
		`at.parse(doc.at)`:                                  `"2026-01-31T02:30:00.000Z"`,
		`at.parse("31/01/2026", "DD/MM/YYYY")`:              `"2026-01-30T16:00:00.000Z"`,
		`at.parse("")`:                                      `null`,
		`at.parse(undefined)`:                               `null`,
		`at.parse("0000-00-00")`:                            `null`,
		`at.parse("soon")`:                                  `script.bad_date`,
		`at.parse("2026-02-30", "YYYY-MM-DD")`:              `script.bad_date`,
		`at.parse("1", "Q")`:                                `script.bad_date`,
		`at.parse({})`:                                      `script.bad_date`,
		`at.format(doc.at, "date")`:                         `"2026-01-31"`,
		`at.format(doc.at, "YYYY[年]M[月]")`:                  `"2026年1月"`,
		`at.format(doc.at, "unix")`:                         `"1769826600"`,
		`at.format(1769826600)`:                             `"2026-01-31 10:30:00"`,
		`at.format(null)`:                                   `""`,
		`at.format(new Date(NaN))`:                          `script.bad_date`,
		`at.format(at.add(doc.at, 1, "month"))`:             `"2026-02-28 10:30:00"`,
		`at.format(at.add(doc.at, -1, "day"), "shortDate")`: `"01-30"`,
		`at.add(doc.at, 1, "fortnight")`:                    `script.bad_date`,
		`at.add(doc.at, 1.5, "day")`:                        `script.bad_date`,
		`at.add(doc.at, "1", "day")`:                        `script.bad_date`,
		`at.add("", 1, "day")`:                              `null`,
		`at.diff(doc.at, "2026-03-01", "day")`:              `28`,
		`at.diff("2026-03-01", doc.at, "month")`:            `-1`,
		`at.diff(doc.at, null, "day")`:                      `null`,
		`at.diff(doc.at, doc.at, "")`:                       `script.bad_date`,
		`(() => { Date = null; return at.now() })()`:        `script.error`,
		`new Date(2026, 0, 31, 10, 30).getTime() === at.parse(doc.at).getTime() || "the interpreter's own zone is the worker's"`: `"the interpreter's own zone is the worker's"`,
	} {
		if got := evaluated(t, expression, doc, e); got != want {
			t.Errorf("%s gives %s, want %s", expression, got, want)
		}
	}
}

func TestHashes(t *testing.T) {
	t.Parallel()
	doc, e := shanghai(t)
	for expression, want := range map[string]string{
		`h.md5("abc")`:           `"900150983cd24fb0d6963f7d28e17f72"`,
		`h.sha1("abc")`:          `"a9993e364706816aba3e25717850c26c9cd0d89d"`,
		`h.sha256("单据")`:         `"57f61717cc9bb2793c924ed773735ff103e7ec7903c418c8143a153316196c06"`,
		`h.md5("abc", "base64")`: `"kAFQmDzST7DWlj99KOF/cg=="`,
		`h.hmacSha256("key", "The quick brown fox jumps over the lazy dog")`: `"f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"`,
		`h.base64("单")`: `"5Y2V"`,
		`h.hex("单")`:    `"e58d95"`,
		`h.md5(doc.id) === h.md5("12345678901234567890")`: `true`,
		`h.uuid5("dns", "www.example.com")`:               `"2ed6657d-e927-568b-95e1-2665a8aea6a2"`,
		`h.uuid5("elsewhere", "x")`:                       `script.bad_hash`,
		`h.md5("abc", "octal")`:                           `script.bad_hash`,
		`h.md5({})`:                                       `script.bad_hash`,
		`h.md5()`:                                         `script.bad_hash`,
		`(() => { h.md5 = x => x })()`:                    `script.error`,
	} {
		if got := evaluated(t, expression, doc, e); got != want {
			t.Errorf("%s gives %s, want %s", expression, got, want)
		}
	}
}

func TestDecimalsOfTwoValues(t *testing.T) {
	t.Parallel()
	doc, e := shanghai(t)
	for expression, want := range map[string]string{
		`d.add("0.1", 0.2)`:   `0.3`,
		`d.sub(doc.id, 1)`:    `12345678901234567889`,
		`d.mul("1.10", "2")`:  `2.20`,
		`d.div(10, 3, 4)`:     `3.3333`,
		`d.div(10, 3)`:        `script.bad_decimal`,
		`d.round("2.345", 2)`: `2.35`,
		`d.cmp("1.50", 1.5)`:  `0`,
		`d.add("x", 1)`:       `script.bad_decimal`,
		`d.add()`:             `script.bad_decimal`,
		`d.sum(["0.10", 0.2, d("0.3"), null, undefined])`: `0.60`,
		`d.sum([])`:             `0`,
		`d.sum(doc.lines, "q")`: `3.30`,
		`d.sum(doc.lines, l => d.mul(l.q || 0, 2))`: `6.60`,
		`d.sum([1], "q")`: `script.bad_decimal`,
		`d.sum(["x"])`:    `script.bad_decimal`,
		`d.sum("12")`:     `script.bad_decimal`,
		`d.sum([1], 5)`:   `script.bad_decimal`,
		`d.sum([1], () => { throw new Error("no") })`: `script.error`,
		`d.sum(doc.lines, "q").add(1)`:                `4.30`,
		`(() => { d.sum = null })()`:                  `script.error`,
	} {
		if got := evaluated(t, expression, doc, e); got != want {
			t.Errorf("%s gives %s, want %s", expression, got, want)
		}
	}
}

// A fault says where in the source it is and shows the beginning of the document.
func TestFaultsShowTheDocument(t *testing.T) {
	t.Parallel()
	doc, e := shanghai(t)
	f := compile(t, "function transform(doc, ctx) {\n  const inner = () => ctx.date.parse('soon')\n  return {a: [1].map(() => inner())}\n}").Run(doc, e).Fault
	if f == nil || f.Code != "script.bad_date" || f.Args["line"] != "2" || f.Args["column"] != "37" || f.Args["document"] != "D1" || f.Args["sample"] != doc.Raw {
		t.Errorf("%+v", f)
	}
	doc.Raw = `{"long":"` + strings.Repeat("单", 200) + `"}`
	_, f = compile(t, "const transformBatch = docs => {\n  return docs.map(d => d.x.y)\n}").RunBatch([]jsvm.Doc{doc}, e)
	if f == nil || f.Args["line"] != "2" || f.Args["document"] != "D1" || len(f.Args["sample"]) > 210 || !strings.HasSuffix(f.Args["sample"], "…") {
		t.Errorf("%+v", f)
	}
	// The digits that were refused tell more than the document.
	doc, e = shanghai(t)
	if f := compile(t, body("return {a: doc.id * 2}")).Run(doc, e).Fault; fault.CodeOf(f) != "script.unsafe_number" || f.Args["sample"] != "12345678901234567890" {
		t.Errorf("%+v", f)
	}
}
