package jsvm_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/script/internal/jsvm"
	"github.com/karezflow/karez/sdk/item"
)

// touchAll reads every value of a document in several ways and changes nothing.
const touchAll = `
function touch(v) {
  if (Array.isArray(v)) { for (const e of v) touch(e); v.map(e => e); v.length }
  else if (v && typeof v === "object") { for (const k in v) { touch(v[k]); v[k] = v[k] } ; Object.entries(v) }
  else String(v)
}
function transform(doc) { touch(doc); JSON.stringify(doc); return doc }`

func blanks() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"", "", "", " ", "\n\t", "\r\n  "})
}

func numbers() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) }),
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,22})?([eE][+-]?[0-9]{1,3})?`),
		rapid.SampledFrom([]string{"0", "-0", "-0.0", "1.10", "0.1", "9007199254740993", "1E400", "1e-400", "100e-2", "123456789012345678901234567890", "0.30000000000000004"}),
	)
}

func texts() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.StringMatching(`[a-c.]{0,4}`),
		rapid.SampledFrom([]string{"中文", "😀", `\n`, `\"`, `\\`, `\/`, `\u00e9`, `\ud83d\ude00`, `\ud800`, `\uDFFF`, `\u0000`, "\u2028", "{", "]", ","}),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 4), func(p []string) string { return `"` + strings.Join(p, "") + `"` })
}

// values makes raw JSON of every shape: blanks, escapes, repeated and odd names.
func values(depth int) *rapid.Generator[string] {
	leaf := rapid.OneOf(numbers(), texts(), rapid.SampledFrom([]string{"true", "false", "null"}))
	if depth == 0 {
		return leaf
	}
	return rapid.OneOf(leaf, arrays(depth-1), objects(depth-1))
}

func arrays(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		b.WriteString("[" + blanks().Draw(t, "blank"))
		for i := range rapid.IntRange(0, 4).Draw(t, "length") {
			if i > 0 {
				b.WriteString("," + blanks().Draw(t, "blank"))
			}
			b.WriteString(values(depth).Draw(t, "element") + blanks().Draw(t, "blank"))
		}
		return b.String() + "]"
	})
}

func objects(depth int) *rapid.Generator[string] {
	names := rapid.OneOf(texts(), rapid.SampledFrom([]string{`"__proto__"`, `"constructor"`, `"toString"`, `"toJSON"`, `"length"`, `"1"`, `""`, `"a"`}))
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		b.WriteString("{" + blanks().Draw(t, "blank"))
		for i := range rapid.IntRange(0, 5).Draw(t, "members") {
			if i > 0 {
				b.WriteString("," + blanks().Draw(t, "blank"))
			}
			b.WriteString(names.Draw(t, "name") + blanks().Draw(t, "blank") + ":" + blanks().Draw(t, "blank"))
			b.WriteString(values(depth).Draw(t, "value") + blanks().Draw(t, "blank"))
		}
		return b.String() + "}"
	})
}

func TestDocumentsKeepTheirBytes(t *testing.T) {
	t.Parallel()

	identity := compile(t, `const transform = doc => doc`)
	reader := compile(t, touchAll)
	carrier := compile(t, `const transform = doc => ({ before: [1], doc, after: { doc } })`)
	rapid.Check(t, func(t *rapid.T) {
		raw := objects(3).Draw(t, "document")
		if err := item.Check([]byte(raw)); err != nil {
			t.Fatalf("the generator made %q: %v", raw, err)
		}
		for _, p := range []*jsvm.Program{identity, reader} {
			if res := p.Run(jsvm.Doc{Raw: raw}, env()); res.Fault != nil || len(res.Outputs) != 1 || !res.Outputs[0].Same {
				t.Fatalf("%s became %+v", raw, res)
			}
		}
		want := `{"before":[1],"doc":` + raw + `,"after":{"doc":` + raw + `}}`
		if res := carrier.Run(jsvm.Doc{Raw: raw}, env()); res.Fault != nil || string(res.Outputs[0].Raw) != want {
			t.Fatalf("%s became %+v", want, res)
		}
	})
}

func TestOtherMembersKeepTheirBytes(t *testing.T) {
	t.Parallel()

	change := compile(t, touchAll[:strings.Index(touchAll, "function transform")]+
		`function transform(doc) { touch(doc); doc.changed = [1]; return doc }`)
	rapid.Check(t, func(t *rapid.T) {
		var parts []string
		for i := range rapid.IntRange(0, 60).Draw(t, "members") {
			parts = append(parts, `"m\u00e9`+strconv.Itoa(i)+`":`+values(2).Draw(t, "value"))
		}
		raw := "{" + strings.Join(parts, " , ") + "}"
		want := "{" + strings.Join(append(parts, `"changed":[1]`), ",") + "}"
		res := change.Run(jsvm.Doc{Raw: raw}, env())
		if res.Fault != nil || string(res.Outputs[0].Raw) != want {
			t.Fatalf("want %s\ngot %+v %s", want, res.Fault, res.Outputs[0].Raw)
		}
	})
}

// A number is a plain number exactly when its float64 says the same number.
func TestNumbersThatFloatsCarry(t *testing.T) {
	t.Parallel()

	kind := compile(t, `const transform = doc => ({ k: typeof doc.n, s: String(doc.n), j: JSON.stringify({n: doc.n}), copy: doc.n })`)
	rapid.Check(t, func(t *rapid.T) {
		raw := numbers().Draw(t, "number")
		exact, ok := new(big.Rat).SetString(raw)
		if !ok {
			t.Fatalf("the generator made %q", raw)
		}
		survives := false
		if f, err := strconv.ParseFloat(raw, 64); err == nil {
			shortest, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'e', -1, 64))
			survives = shortest.Cmp(exact) == 0
		}
		res := kind.Run(jsvm.Doc{Raw: `{"n":` + raw + `}`}, env())
		if res.Fault != nil {
			t.Fatal(res.Fault)
		}
		var got struct {
			K    string          `json:"k"`
			S    string          `json:"s"`
			J    string          `json:"j"`
			Copy json.RawMessage `json:"copy"`
		}
		if err := json.Unmarshal(res.Outputs[0].Raw, &got); err != nil {
			t.Fatal(err)
		}
		if survives != (got.K == "number") {
			t.Fatalf("%s survives: %v, but it arrived as %s", raw, survives, got.K)
		}
		if !survives && (got.S != raw || got.J != `{"n":`+raw+`}` || string(got.Copy) != raw) {
			t.Fatalf("%s lost digits: %+v %s", raw, got, got.Copy)
		}
		if copied, ok := new(big.Rat).SetString(string(got.Copy)); !ok || copied.Cmp(exact) != 0 {
			t.Fatalf("%s was copied as %s", raw, got.Copy)
		}
	})
}

// What the script reads is what JSON.parse of the interpreter reads, apart from
// numbers and lone surrogates, which only we keep.
func TestReadingAgreesWithTheInterpreter(t *testing.T) {
	t.Parallel()

	ours := compile(t, `const transform = doc => ({ text: JSON.stringify(doc.v) })`)
	theirs := compile(t, `const transform = doc => ({ text: JSON.stringify(JSON.parse(doc.raw, (k, v) => v)) })`)
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SampledFrom([]string{`"a"`, `"b\n"`, `"ç"`, `"\u00e7"`, `"a.b"`})
		leaf := rapid.OneOf(rapid.SampledFrom([]string{"1", "0.5", "-7", "true", "null", `"x\ty"`, `"\ud83d\ude00中"`, "[]", "{}"}))
		raw := "["
		for i := range rapid.IntRange(0, 6).Draw(t, "objects") {
			if i > 0 {
				raw += ","
			}
			raw += "{" + names.Draw(t, "name") + ":" + leaf.Draw(t, "leaf") + " ," + names.Draw(t, "name") + " : [" + leaf.Draw(t, "leaf") + "]}"
		}
		raw += "]"
		quoted := item.AppendText(nil, raw)
		a := ours.Run(jsvm.Doc{Raw: `{"v":` + raw + `}`}, env())
		b := theirs.Run(jsvm.Doc{Raw: `{"raw":` + string(quoted) + `}`}, env())
		if a.Fault != nil || b.Fault != nil || !bytes.Equal(a.Outputs[0].Raw, b.Outputs[0].Raw) {
			t.Fatalf("%s: %v %s, %v %s", raw, a.Fault, a.Outputs[0].Raw, b.Fault, b.Outputs[0].Raw)
		}
	})
}

func FuzzDocument(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"b":"\ud800"}],"a":2}`, `{"n":1e999}`, `{"`, `{"a":"\u12"}`, `{"a":[1,]}`, `{"a" 1}`, `{"a":"\`} {
		f.Add([]byte(seed))
	}
	p := compile(f, touchAll)
	f.Fuzz(func(t *testing.T, raw []byte) {
		res := p.Run(jsvm.Doc{Raw: string(raw)}, env())
		if item.Check(raw) != nil || item.Of(raw).Kind() != item.Object || raw[0] != '{' {
			return // only a panic would be wrong
		}
		if res.Fault != nil || !res.Outputs[0].Same {
			t.Fatalf("%q became %+v", raw, res)
		}
	})
}
