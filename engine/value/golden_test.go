package value_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

func load(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// matches compares JSON with a golden file written by hand: layout apart, every
// byte counts, so digits and the order of members do too.
func matches(t *testing.T, got []byte, golden string) {
	t.Helper()
	var indented bytes.Buffer
	if err := json.Indent(&indented, got, "", "  "); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	if diff := cmp.Diff(strings.TrimSpace(string(load(t, golden))), indented.String()); diff != "" {
		t.Errorf("%s: %s", golden, diff)
	}
}

// A 聚水潭 refund becomes a 金蝶 sales return by the table of the public scheme:
// empty rows are left out, references are wrapped, and the request's own
// parameters stay out of the document.
func TestGoldenReturn(t *testing.T) {
	t.Parallel()
	var declared, other []field.Field
	if err := json.Unmarshal(load(t, "return/declared.json"), &declared); err != nil {
		t.Fatal(err)
	}
	for _, d := range declared {
		if d.Group == field.Other {
			other = append(other, d)
		}
	}
	s := &value.Scope{Doc: item.Of(load(t, "return/source.json"))}
	body, err := mapping(t, string(load(t, "return/fields.json")), declared).Append(nil, s)
	if err != nil {
		t.Fatal(err)
	}
	matches(t, body, "return/body.golden.json")

	p, faults := value.CompileParams(load(t, "return/params.json"), other, value.Options{})
	if len(faults) > 0 || len(p.Missing()) > 0 {
		t.Fatalf("%v, missing %v", faults, p.Missing())
	}
	params, err := p.Append(nil, s)
	if err != nil {
		t.Fatal(err)
	}
	matches(t, params, "return/params.golden.json")
}

// An order with lines becomes a 金蝶 delivery: the mapping that the speed of the
// engine is measured with.
func TestGoldenTrade(t *testing.T) {
	t.Parallel()
	body, err := mapping(t, tradeMapping, nil).Append(nil, &value.Scope{Doc: item.Of(trade(7))})
	if err != nil {
		t.Fatal(err)
	}
	matches(t, body, "trade.golden.json")
}

// The value forms of the public schemes, with what each becomes.
func TestSchemeForms(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, row, want string }{
		{"refund.single.query: start of the window", `{"field":"modified_begin","type":"string","value":"{{LAST_SYNC_TIME datetime}}"}`, `"2026-11-21 10:00:00"`},
		{"refund.single.query: a constant end", `{"field":"modified_end","type":"string","value":"2021-05-28 00:00:00"}`, `"2021-05-28 00:00:00"`},
		{"refund.single.query: an empty row", `{"field":"shop_id","type":"string","value":""}`, ``},
		{"refund.single.query: numbers as texts", `{"field":"page_size","type":"string","value":"50"}`, `"50"`},
		{"batchSave: a value", `{"field":"FBillNo","type":"string","value":"{{o_id}}"}`, `"11"`},
		{"batchSave: a switch", `{"field":"IsAutoSubmitAndAudit","type":"bool","value":"false"}`, `false`},
		{"batchSave: a number as a text", `{"field":"SubSystemId","type":"string","value":"21"}`, `"21"`},
		{"executeBillQuery: a selected field", `{"field":"FBillTypeID_FNumber","type":"string","value":"FBillTypeID.FNumber"}`, `"FBillTypeID.FNumber"`},
		{"executeBillQuery: the page's size", `{"field":"Limit","type":"string","value":"{{PAGINATION_PAGE_SIZE}}"}`, `"50"`},
		{"executeBillQuery: the page's start", `{"field":"StartRow","type":"string","value":"{{PAGINATION_START_ROW}}"}`, `"100"`},
		{"executeBillQuery: no number", `{"field":"TopRowCount","type":"int","value":""}`, ``},
		{"executeBillQuery: the filter", `{"field":"FilterString","type":"string","value":"FApproveDate>='{{LAST_SYNC_TIME dateTime}}'"}`, `"FApproveDate>='2026-11-21 10:00:00'"`},
		{"executeBillQuery: the filter with a bar", `{"field":"FilterString","value":"FModifyDate>='{{DAYS_AGO_2|datetime}}'"}`, `"FModifyDate>='2026-11-19 10:30:00'"`},
		{"executeBillQuery: the fields to select", `{"field":"FieldKeys","type":"array","value":"{{tags}}","parser":{"name":"ArrayToString","params":","}}`, `"x,y"`},
		{"trade push: a date", `{"field":"trade_time","type":"datetime","value":"{{confirm_date}}"}`, `"2026-11-21 10:30:00"`},
		{"paid list: milliseconds", `{"field":"startPaidTime","type":"string","value":"{{LAST_SYNC_TIME}}000"}`, `"1795226400000"`},
		{"Push: a constant reference", `{"field":"RuleId","value":"994f9913-a23f-46fb-b5d9-f1f271b4ef6c"}`, `"994f9913-a23f-46fb-b5d9-f1f271b4ef6c"`},
		{"Push: a switch without a type", `{"field":"IsEnableDefaultRule","value":"true"}`, `"true"`},
		{"writeback: the answer", `{"field":"id","value":"{{Id}}"}`, `1001`},
		{"writeback: the answer's number", `{"field":"number","value":"{{Number}}"}`, `"XSTH0001"`},
		{"writeback: a callback's copy of it", `{"field":"Id","value":"{{primaryWriteback.id}}"}`, `7`},
		{"mixed text", `{"field":"name","type":"string","value":"{{shop.name}}_{{o_id}}"}`, `"旗舰店_11"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, faults := value.CompileParams([]byte("["+tt.row+"]"), nil, value.Options{Zone: shanghai(t)})
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			out, err := p.Append(nil, full(t))
			if err != nil {
				t.Fatal(err)
			}
			var got string
			for _, v := range item.Of(out).Fields() {
				got = string(v.Raw())
			}
			if got != tt.want {
				t.Errorf("gives %s, want %s", got, tt.want)
			}
		})
	}
}
