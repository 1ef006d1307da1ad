package wire_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/plugins/tryton/internal/wire"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"__class__":"Decimal","decimal":"12345678901234567890.1234567890"}`:                                           `12345678901234567890.1234567890`,
		`{"__class__":"Decimal","decimal":"0E-4"}`:                                                                      `0E-4`,
		`{"__class__":"Decimal","decimal":"NaN"}`:                                                                       `"NaN"`,
		`{"__class__":"date","year":2026,"month":3,"day":1}`:                                                            `"2026-03-01"`,
		`{"__class__":"datetime","year":2026,"month":3,"day":1,"hour":8,"minute":5,"second":0,"microsecond":0}`:         `"2026-03-01 08:05:00"`,
		`{"__class__":"datetime","year":2026,"month":11,"day":22,"hour":22,"minute":44,"second":50,"microsecond":1730}`: `"2026-11-22 22:44:50.00173"`,
		`{"__class__":"time","hour":8,"minute":5,"second":9,"microsecond":0}`:                                           `"08:05:09"`,
		`{"__class__":"timedelta","seconds":86400.0}`:                                                                   `86400.0`,
		`{"__class__":"bytes","base64":"aGVs\nbG8=\n"}`:                                                                 `"aGVsbG8="`,
		`[{"a":{"__class__":"date","year":1,"month":1,"day":1},"b":[1,null,true,"x"]},{}]`:                              `[{"a":"0001-01-01","b":[1,null,true,"x"]},{}]`,
		`{"__class__":"Eval","v":"party"}`:                                                                              `{"__class__":"Eval","v":"party"}`,
		`12345678901234567890`:                                                                                          `12345678901234567890`,
	} {
		if got := string(wire.AppendPlain(nil, item.Of([]byte(raw)))); got != want {
			t.Errorf("%s is %s, want %s", raw, got, want)
		}
	}
}

func TestTyped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, value, want string }{
		{"numeric", `12.50`, `{"__class__":"Decimal","decimal":"12.50"}`},
		{"numeric", `"0.1000000000000000055511151231257827"`, `{"__class__":"Decimal","decimal":"0.1000000000000000055511151231257827"}`},
		{"numeric", `"12,5"`, ""},
		{"numeric", `"０.5"`, ""},
		{"numeric", `"Infinity"`, ""},
		{"numeric", `""`, `null`},
		{"float", `"3.0"`, `3.0`},
		{"float", `"three"`, ""},
		{"integer", `"007"`, `7`},
		{"integer", `1.5`, ""},
		{"boolean", `"True"`, `true`},
		{"boolean", `0`, `false`},
		{"boolean", `"perhaps"`, ""},
		{"date", `"2026-03-01"`, `{"__class__":"date","year":2026,"month":3,"day":1}`},
		{"date", `"2026-03-01 23:59:59"`, `{"__class__":"date","year":2026,"month":3,"day":1}`},
		{"date", `"2026-02-30"`, ""},
		{"datetime", `"2026-03-01 08:00:00.5"`, `{"__class__":"datetime","year":2026,"month":3,"day":1,"hour":8,"minute":0,"second":0,"microsecond":500000}`},
		{"datetime", `"2026-03-01T08:00:00+08:00"`, `{"__class__":"datetime","year":2026,"month":3,"day":1,"hour":0,"minute":0,"second":0,"microsecond":0}`},
		{"time", `"08:30:00"`, `{"__class__":"time","hour":8,"minute":30,"second":0,"microsecond":0}`},
		{"time", `"8h"`, ""},
		{"timedelta", `3600`, `{"__class__":"timedelta","seconds":3600}`},
		{"binary", `"aGVsbG8="`, `{"__class__":"bytes","base64":"aGVsbG8="}`},
		{"binary", `"%%"`, ""},
		{"char", `100`, `"100"`},
		{"char", `""`, `""`},
		{"char", `{"a":1}`, ""},
		{"selection", `""`, `null`},
		{"many", `null`, `null`},
		{"dict", `{"a":1}`, `{"a":1}`},
	} {
		got, err := wire.AppendTyped(nil, c.kind, item.Of([]byte(c.value)))
		if c.want == "" {
			if fault.CodeOf(err) != "tryton.value_shape" || fault.ClassOf(err) != fault.Data {
				t.Errorf("%s as %s is %s, %v", c.value, c.kind, got, err)
			}
			continue
		}
		if err != nil || string(got) != c.want {
			t.Errorf("%s as %s is %s (%v), want %s", c.value, c.kind, got, err, c.want)
		}
	}
}

// TestWhatDoesNotFit is told in whole characters.
func TestWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	_, err := wire.AppendTyped(nil, "numeric", item.Of(item.AppendText(nil, strings.Repeat("坎儿井", 30)+"x")))
	if f := fault.From(err); !strings.HasPrefix(f.Message, `"坎儿井`) || strings.Contains(f.Message, `\x`) {
		t.Error(f)
	}
	_, err = wire.AppendTyped(nil, "numeric", item.Of(item.AppendText(nil, "x"+strings.Repeat("坎儿井", 30))))
	if f := fault.From(err); strings.Contains(f.Message, `\x`) {
		t.Error(f)
	}
}

// TestThereAndBack: what is read of a value that was written is the value, to the last digit.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		whole := rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})`).Draw(rt, "whole")
		text := whole + rapid.StringMatching(`(\.[0-9]{1,20})?`).Draw(rt, "fraction")
		raw, err := wire.AppendTyped(nil, "numeric", item.Of([]byte(text)))
		if err != nil {
			rt.Fatal(err)
		}
		if got := string(wire.AppendPlain(nil, item.Of(raw))); got != text {
			rt.Fatalf("%s came back as %s", text, got)
		}
		words := rapid.String().Draw(rt, "words")
		raw, err = wire.AppendTyped(nil, "char", item.Of(item.AppendText(nil, words)))
		if err != nil || item.Of(wire.AppendPlain(nil, item.Of(raw))).Text() != strings.ToValidUTF8(words, "\ufffd") {
			rt.Fatalf("%q came back as %s, %v", words, raw, err)
		}
	})
}
