package format_test

import (
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func shanghai(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func env(t *testing.T) format.Env {
	t.Helper()
	zone := shanghai(t)
	return format.Env{Zone: zone, Now: time.Date(2026, 11, 21, 12, 0, 0, 0, zone)}
}

func parse(t *testing.T, text string) format.Format {
	t.Helper()
	f, err := format.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFormats(t *testing.T) {
	t.Parallel()
	const at = `"2026-03-05 07:08:09"`
	tests := []struct{ format, value, want string }{
		{"date", at, `"2026-03-05"`},
		{"time", at, `"07:08:09"`},
		{"dateTime", at, `"2026-03-05 07:08:09"`},
		{"datetime", at, `"2026-03-05 07:08:09"`},
		{"DATETIME", at, `"2026-03-05 07:08:09"`},
		{"shortDate", at, `"03-05"`},
		{"shortTime", at, `"07:08"`},
		{"shortDateTime", at, `"03-05 07:08"`},
		{"iso", at, `"2026-03-05T07:08:09"`},
		{"unix", at, `1772665689`},
		{"unixMs", at, `1772665689000`},
		{"date", `1772665689`, `"2026-03-05"`},
		{"date", `""`, ``},
		{"date", `null`, ``},
		{"date", ``, ``},
		{"datetime", `"0000-00-00 00:00:00"`, ``},
		{"datetime", `"0001-01-01T00:00:00"`, ``},
		{"datetime", `0`, ``},
		{"dateDescription", `"2026-11-21 11:59:30"`, `"刚刚"`},
		{"dateDescription", `"2026-11-21 11:55:00"`, `"5分钟前"`},
		{"dateDescription", `"2026-11-21 09:00:00"`, `"3小时前"`},
		{"dateDescription", `"2026-11-19"`, `"2天前"`},
		{"dateDescription", `"2026-11-10"`, `"1周前"`},
		{"dateDescription", `"2026-09-01"`, `"2个月前"`},
		{"dateDescription", `"2024-01-01"`, `"2年前"`},
		{"dateDescription", `"2026-11-21 13:00:00"`, `"1小时后"`},
		{"longText", `"一二三四五六七八九十一二三四五六"`, `"一二三四五六七八九十一二三四五..."`},
		{"longText", `"一二三四五六七八九十一二三四五"`, `"一二三四五六七八九十一二三四五"`},
		{"longText(3)", `"ab\"cd"`, `"ab\"..."`},
		{"longText( 2 )", `12345`, `"12..."`},
		{"longText(0)", `"a"`, `"..."`},
		{"intval", `"10.8"`, `10`},
		{"intval", `-10.8`, `-10`},
		{"intval", `12345678901234567890.5`, `12345678901234567890`},
		{"intval", `1E3`, `1000`},
		{"round", `19.9956`, `20.00`},
		{"round(2)", `"1.005"`, `1.01`},
		{"round(2)", `-1.005`, `-1.01`},
		{"round(0)", `2.5`, `3`},
		{"round(3)", `1`, `1.000`},
		{"round(2)", `12345678901234567.895`, `12345678901234567.90`},
		{"round(2)", `" 7 "`, `7.00`},
		{"amount", `1000000`, `"￥1,000,000.00"`},
		{"amount", `"158000.5"`, `"￥158,000.50"`},
		{"amount", `999.999`, `"￥1,000.00"`},
		{"amount", `-1234.5`, `"-￥1,234.50"`},
		{"amount", `-0.001`, `"￥0.00"`},
		{"amount", `12`, `"￥12.00"`},
		{"amount", `12345678901234567.89`, `"￥12,345,678,901,234,567.89"`},
		{"implode", `["a","b",3]`, `"a,b,3"`},
		{"implode(;)", `["a","b"]`, `"a;b"`},
		{"implode('|')", `["a","b"]`, `"a|b"`},
		{`implode(" ")`, `["a","b"]`, `"a b"`},
		{"implode()", `["a","b"]`, `"ab"`},
		{"implode", `[]`, `""`},
		{"implode", `"already text"`, `"already text"`},
		{"implode", `5`, `"5"`},
		{"implode", `[{"a":1},null,true]`, `"{\"a\":1},,true"`},
	}
	for _, tt := range tests {
		t.Run(tt.format+" "+tt.value, func(t *testing.T) {
			t.Parallel()
			got, err := parse(t, tt.format).Append([]byte("x"), item.Of([]byte(tt.value)), env(t))
			if err != nil || string(got) != "x"+tt.want {
				t.Errorf("gives %s, %v; want x%s", got, err, tt.want)
			}
		})
	}
}

func TestFormatFaults(t *testing.T) {
	t.Parallel()
	tests := []struct{ format, value, code string }{
		{"date", `"next week"`, "value.not_a_date"},
		{"date", `true`, "value.not_a_date"},
		{"date", `{"date":"2026-01-01"}`, "value.not_a_date"},
		{"round(2)", `"12,50"`, "value.not_a_number"},
		{"round(2)", `"一"`, "value.not_a_number"},
		{"round(2)", `true`, "value.not_a_number"},
		{"intval", `[1]`, "value.not_a_number"},
		{"amount", `"1e"`, "value.not_a_number"},
		{"round(2)", `1E400000`, "value.number_out_of_range"},
		{"intval", `"1e-999999999"`, "value.number_out_of_range"},
		{"intval", strings.Repeat("9", 1500), "value.number_out_of_range"},
	}
	for _, tt := range tests {
		got, err := parse(t, tt.format).Append([]byte("x"), item.Of([]byte(tt.value)), env(t))
		if fault.CodeOf(err) != tt.code || fault.ClassOf(err) != fault.Data || string(got) != "x" {
			t.Errorf("%s of %s gives %q, %v; want code %s", tt.format, tt.value, got, err, tt.code)
		}
		if sample := fault.From(err).Args["sample"]; sample == "" || len([]rune(sample)) > 41 {
			t.Errorf("%s of %s: sample %q", tt.format, tt.value, sample)
		}
	}
}

func TestParseSaysWhatIsExpected(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"dat":          "one of the formats",
		"":             "one of the formats",
		"round(2":      "a closing )",
		"round(x)":     "a whole number",
		"round(-1)":    "a whole number",
		"round(1001)":  "a whole number",
		"longText(1.5": "a closing )",
		"date(2)":      "without an argument",
	} {
		if _, err := format.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) gives %v, want %q", text, err, want)
		}
	}
	for _, name := range format.Names() {
		if f, err := format.Parse(name); err != nil || f.Zero() {
			t.Errorf("%s is listed but not read: %v", name, err)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 3, 4, 5, 6_000_000, time.UTC)
	for text, want := range map[string]string{
		"":                "1795230245",
		"unix":            "1795230245",
		"unixMs":          "1795230245006",
		"datetime":        `"2026-11-21 11:04:05"`,
		"date":            `"2026-11-21"`,
		"dateDescription": `"55分钟前"`,
		"longText(4)":     `"1795..."`,
		"amount":          `"￥1,795,230,245.00"`,
	} {
		var f format.Format
		if text != "" {
			f = parse(t, text)
		}
		if got, err := f.AppendTime(nil, at, env(t)); err != nil || string(got) != want {
			t.Errorf("%q gives %s, %v; want %s", text, got, err, want)
		}
	}
	for text, fits := range map[string]bool{"date": true, "unix": true, "iso": true, "round": false, "implode": false} {
		if err := parse(t, text).CheckMoment(); (err == nil) != fits {
			t.Errorf("CheckMoment of %s gives %v", text, err)
		}
	}
}

func TestZeroFormatChangesNothing(t *testing.T) {
	t.Parallel()
	var f format.Format
	if got, err := f.Append(nil, item.Of([]byte(`{"a": 1.10}`)), env(t)); err != nil || string(got) != `{"a": 1.10}` || !f.Zero() {
		t.Errorf("gives %s, %v", got, err)
	}
}

func TestSample(t *testing.T) {
	t.Parallel()
	if got := format.Sample(item.Of([]byte(`"短"`))); got != `"短"` {
		t.Errorf("gives %s", got)
	}
	long := format.Sample(item.Of([]byte(`"` + strings.Repeat("长", 100) + `"`)))
	if len([]rune(long)) != 41 || !strings.HasSuffix(long, "…") {
		t.Errorf("gives %s", long)
	}
}
