package value_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func shanghai(tb testing.TB) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

func compile(tb testing.TB, text string) *value.Program {
	tb.Helper()
	p, err := value.Compile(text, value.Options{Zone: shanghai(tb)})
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return p
}

func of(raw string) item.Value { return item.Of([]byte(raw)) }

// full is a scope with every part set.
func full(tb testing.TB) *value.Scope {
	tb.Helper()
	zone := shanghai(tb)
	return &value.Scope{
		Doc: of(`{"o_id":11,"shop.id":"exact","shop":{"id":"nested","name":"旗舰店"},"amount":1.10,"huge":1E400,"big":12345678901234567.89,` +
			`"confirm_date":"2026-11-21T10:30:00","remark":"say \"hi\"\n{{o_id}}","nothing":null,"blank":"","flag":false,` +
			`"items":[{"sku":"A"},{"sku":"B"}],"tags":["x","y"],"Id":"document id","客户 名称":"spaced","source":"taobao","FLOW":"f"}`),
		Source:    of(`{"o_id":99,"raw":true}`),
		Vars:      of(`{"rate":"0.13","deep":{"x":1}}`),
		Params:    of(`{"orgCode":"100","codes":"A,B"}`),
		Answer:    of(`{"Id":1001,"Number":"XSTH0001","ResponseStatus":{"IsSuccess":true}}`),
		Writeback: of(`{"id":7,"number":"N7","all":[{"id":7}]}`),
		System: value.System{
			From: time.Date(2026, 11, 21, 10, 0, 0, 0, zone), To: time.Date(2026, 11, 21, 10, 30, 0, 0, zone),
			PageSize: 50, StartRow: 100, StartPage: 3, Token: "next \"page\"",
			FlowID: "flow-1", RunID: "run-2", TargetID: "5005", TargetNumber: "T-5",
		},
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		// Constants.
		{"", `""`},
		{"XSTHD01_SYS", `"XSTHD01_SYS"`},
		{"100", `"100"`},
		{"2021-05-28 00:00:00", `"2021-05-28 00:00:00"`},
		{`quote " and \`, `"quote \" and \\"`},
		{"{single} }} braces {", `"{single} }} braces {"`},
		{"_functional", `"_functional"`},
		{" _function x", `" _function x"`},
		// One placeholder keeps the JSON value.
		{"{{o_id}}", `11`},
		{"{{ o_id }}", `11`},
		{"{{amount}}", `1.10`},
		{"{{huge}}", `1E400`},
		{"{{big}}", `12345678901234567.89`},
		{"{{flag}}", `false`},
		{"{{tags}}", `["x","y"]`},
		{"{{shop}}", `{"id":"nested","name":"旗舰店"}`},
		{"{{nothing}}", `null`},
		{"{{missing}}", `null`},
		{"{{remark}}", `"say \"hi\"\n{{o_id}}"`},
		// Paths.
		{"{{shop.id}}", `"exact"`},
		{"{{shop.name}}", `"旗舰店"`},
		{"{{items.1.sku}}", `"B"`},
		{"{{客户 名称}}", `"spaced"`},
		{"{{source}}", `"taobao"`},
		{"{{FLOW}}", `"f"`},
		// Text around placeholders.
		{"{{o_id}}_{{shop.name}}", `"11_旗舰店"`},
		{"No. {{o_id}}", `"No. 11"`},
		{"{{remark}}!", `"say \"hi\"\n{{o_id}}!"`},
		{"{{{o_id}}}", `"{11}"`},
		{`{"a":{{{o_id}}}}`, `"{\"a\":{11}}"`},
		{"<{{nothing}}{{missing}}{{blank}}>", `"<>"`},
		{"{{amount}}{{huge}}", `"1.101E400"`},
		{"tags={{tags}}", `"tags=[\"x\",\"y\"]"`},
		{`"{{o_id}}"`, `"\"11\""`},
		{" {{o_id}}", `" 11"`},
		{"{{o_id}}\n", `"11\n"`},
		// Formats.
		{"{{confirm_date|date}}", `"2026-11-21"`},
		{"{{confirm_date | dateTime }}", `"2026-11-21 10:30:00"`},
		{"{{confirm_date|unix}}", `1795228200`},
		{"{{big|round(1)}}", `12345678901234567.9`},
		{"{{big|intval|longText(5)}}", `"12345..."`},
		{"{{tags|implode(|)}}", `"x|y"`},
		{"{{tags|implode(',')}};", `"x,y;"`},
		{"{{missing|date}}", `null`},
		{"{{blank|round(2)}}", `null`},
		{"at {{confirm_date|shortTime}}", `"at 10:30"`},
		// System variables.
		{"{{LAST_SYNC_TIME}}", `1795226400`},
		{"{{LAST_SYNC_TIME}}000", `"1795226400000"`},
		{"{{LAST_SYNC_TIME|datetime}}", `"2026-11-21 10:00:00"`},
		{"{{LAST_SYNC_TIME datetime}}", `"2026-11-21 10:00:00"`},
		{"{{LAST_SYNC_TIME  dateTime }}", `"2026-11-21 10:00:00"`},
		{"FApproveDate>='{{LAST_SYNC_TIME dateTime}}'", `"FApproveDate>='2026-11-21 10:00:00'"`},
		{"{{LAST_SYNC_TIME|unixMs}}", `1795226400000`},
		{"{{WINDOW_END|datetime}}", `"2026-11-21 10:30:00"`},
		{"{{CURRENT_TIME}}", `1795228200`},
		{"{{DAYS_AGO_2|datetime}}", `"2026-11-19 10:30:00"`},
		{"{{DAYS_AGO_0|date}}", `"2026-11-21"`},
		{"{{MINUTES_AGO_45|datetime}}", `"2026-11-21 09:45:00"`},
		{"{{MINUTES_AGO_1}}", `1795228140`},
		{"{{PAGINATION_PAGE_SIZE}}", `50`},
		{"{{PAGINATION_START_ROW}}", `100`},
		{"{{PAGINATION_START_PAGE}}", `3`},
		{"{{PAGINATION_TOKEN}}", `"next \"page\""`},
		{"{{FLOW_ID}}/{{RUN_ID}}", `"flow-1/run-2"`},
		{"{{TARGET_ID}}", `"5005"`},
		{"{{TARGET_NUMBER|longText(1)}}", `"T..."`},
		// Named parts.
		{"{{source.o_id}}", `99`},
		{"{{source.amount}}", `null`},
		{"{{vars.rate}}", `"0.13"`},
		{"{{vars.deep.x}}", `1`},
		{"{{params.orgCode}}", `"100"`},
		{"{{Id}}", `1001`},
		{"{{Number}}", `"XSTH0001"`},
		{"{{answer.ResponseStatus.IsSuccess}}", `true`},
		{"{{primaryWriteback.id}}", `7`},
		{"{{primaryWriteback}}", `{"id":7,"number":"N7","all":[{"id":7}]}`},
		{"{{primaryWriteback.all}}", `[{"id":7}]`},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			s, p := full(t), compile(t, tt.text)
			got, err := p.Append([]byte("x"), s)
			if err != nil || string(got) != "x"+tt.want {
				t.Fatalf("gives %s, %v; want x%s", got, err, tt.want)
			}
			text, err := p.Text(s)
			if want := of(tt.want).Text(); err != nil || text != want {
				t.Errorf("as text %q, %v; want %q", text, err, want)
			}
			raw, err := p.Raw(s)
			if err != nil || raw.Blank() != of(tt.want).Blank() || !raw.Blank() && string(raw.Raw()) != tt.want {
				t.Errorf("as value %s, %v", raw.Raw(), err)
			}
			if p.String() != tt.text {
				t.Errorf("the program forgets its text: %q", p.String())
			}
		})
	}
}

// A part that is not set leaves its names to the document, so that a document
// may have members called vars or params.
func TestPartsThatAreNotSet(t *testing.T) {
	t.Parallel()
	s := &value.Scope{Doc: of(`{"vars":{"x":1},"params":{"y":2},"source":{"z":3},"answer":{"a":4},"Id":5,"primaryWriteback":{"id":6}}`)}
	for text, want := range map[string]string{
		"{{vars.x}}": "1", "{{params.y}}": "2", "{{source.z}}": "3", "{{answer.a}}": "4", "{{Id}}": "5", "{{primaryWriteback.id}}": "6",
		"{{LAST_SYNC_TIME|datetime}}": "null", "{{DAYS_AGO_3}}": "null", "{{MINUTES_AGO_3|date}}": "null", "{{TARGET_ID}}": `""`,
		"{{PAGINATION_START_ROW}}": "0", "{{Number}}": "null",
	} {
		if got, err := compile(t, text).Append(nil, s); err != nil || string(got) != want {
			t.Errorf("%s gives %s, %v; want %s", text, got, err, want)
		}
	}
	// A part that is set keeps its names, whatever it holds: what a name means must
	// not depend on a document.
	s.Vars, s.Params, s.Source, s.Writeback = of(`{}`), of(`{"z":1}`), of(`{"a":1}`), of(`{"number":1}`)
	for _, text := range []string{"{{vars.x}}", "{{params.y}}", "{{source.z}}", "{{primaryWriteback.id}}"} {
		if got, err := compile(t, text).Append(nil, s); err != nil || string(got) != "null" {
			t.Errorf("%s falls back to the document: %s, %v", text, got, err)
		}
	}
	s.Answer = of(`{"id":"lower","number":8}`)
	for text, want := range map[string]string{"{{Id}}": `"lower"`, "{{Number}}": "8", "{{answer.Id}}": "null"} {
		if got, err := compile(t, text).Append(nil, s); err != nil || string(got) != want {
			t.Errorf("%s gives %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	s := &value.Scope{
		Doc: of(`{"no":"header","shop":"S","qty":100,"items":[{}]}`),
		Lines: []value.Line{
			{Array: "items.lots", Value: of(`{"no":"lot","qty":1}`)},
			{Array: "items", Value: of(`{"no":"line","sku":"A","price":null}`)},
		},
	}
	for text, want := range map[string]string{
		"{{no}}": `"lot"`, "{{items.lots.no}}": `"lot"`, "{{items.no}}": `"line"`, "{{sku}}": `"A"`, "{{items.sku}}": `"A"`,
		"{{shop}}": `"S"`, "{{qty}}": `1`, "{{items.qty}}": `null`, "{{items.price}}": `null`, "{{items}}": `{"no":"line","sku":"A","price":null}`,
		"{{shop}}-{{items.sku}}-{{items.lots.qty}}": `"S-A-1"`,
	} {
		if got, err := compile(t, text).Append(nil, s); err != nil || string(got) != want {
			t.Errorf("%s gives %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestSyntax(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text         string
		line, column int
		offset       int
		expected     string
	}{
		{"{{o_id", 1, 1, 0, "a closing }}"},
		{"订单 {{o_id} x", 1, 4, 7, "a closing }}"},
		{"a\n中{{", 2, 2, 5, "a closing }}"},
		{"{{a {{b}}", 1, 5, 4, "a closing }} before the next {{"},
		{"{{}}", 1, 3, 2, "the name of a field"},
		{"{{ |date}}", 1, 3, 2, "the name of a field"},
		{"{{.a}}", 1, 3, 2, "a name on each side"},
		{"{{a.}}", 1, 3, 2, "a name on each side"},
		{"{{a..b}}", 1, 3, 2, "a name on each side"},
		{"{{a|dat}}", 1, 5, 4, "one of the formats"},
		{"x{{a|date|rund(2)}}", 1, 11, 10, "one of the formats"},
		{"{{a|round(2}}", 1, 5, 4, "a closing )"},
		{"{{a|}}", 1, 5, 4, "one of the formats"},
		{"{{LAST_SYNC_TIME dattime}}", 1, 18, 17, "one of the formats"},
		{"{{DAYS_AGO_x}}", 1, 3, 2, "a system variable"},
		{"{{DAYS_AGO_-1}}", 1, 3, 2, "a system variable"},
		{"{{PAGINATION_PAGE}}", 1, 3, 2, "a system variable"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			p, err := value.Compile(tt.text, value.Options{})
			if p != nil || fault.CodeOf(err) != "value.syntax" || fault.ClassOf(err) != fault.Config {
				t.Fatalf("gives %v, %v", p, err)
			}
			f := fault.From(err)
			want := map[string]string{
				"0": strconv.Itoa(tt.line), "1": strconv.Itoa(tt.column), "2": "expected " + f.Args["expected"],
				"line": strconv.Itoa(tt.line), "column": strconv.Itoa(tt.column), "offset": strconv.Itoa(tt.offset), "expected": f.Args["expected"],
			}
			if diff := cmp.Diff(want, f.Args); diff != "" {
				t.Error(diff)
			}
			if !strings.Contains(f.Args["expected"], tt.expected) || !strings.Contains(f.Message, tt.expected) {
				t.Errorf("expects %q, want %q", f.Args["expected"], tt.expected)
			}
		})
	}
}

func TestFailingFormat(t *testing.T) {
	t.Parallel()
	s := &value.Scope{Doc: of(`{"qty":"three"}`)}
	for _, text := range []string{"{{qty|round(2)}}", "about {{qty|round(2)}}"} {
		out, err := compile(t, text).Append([]byte("x"), s)
		f := fault.From(err)
		if f == nil || f.Code != "value.not_a_number" || string(out) != "x" || f.Args["text"] != text || f.Args["sample"] != `"three"` {
			t.Errorf("%s gives %s, %+v", text, out, f)
		}
		if got, err := compile(t, text).Text(s); err == nil || got != "" {
			t.Errorf("%s passes on %q", text, got)
		}
	}
}

func TestConstant(t *testing.T) {
	t.Parallel()
	if compile(t, "{{params.p}}").Constant() || !compile(t, "{ }").Constant() || compile(t, "{{a}}").Constant() {
		t.Error("constants are told wrongly")
	}
}

// The steady path of a program allocates nothing.
func TestNoAllocations(t *testing.T) {
	s := full(t)
	for _, text := range []string{"{{o_id}}", "{{shop.name}}-{{o_id}}", "{{confirm_date|date}}", "{{LAST_SYNC_TIME|datetime}}", "const"} {
		p := compile(t, text)
		var dst []byte
		work := func() {
			var err error
			if dst, err = p.Append(dst[:0], s); err != nil {
				t.Fatal(err)
			}
		}
		work()
		if n := testing.AllocsPerRun(100, work); n > 0 {
			t.Errorf("%s allocates %v times", text, n)
		}
	}
}
