package wdt_test

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/plugins/internal/wdt"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func TestFields(t *testing.T) {
	t.Parallel()
	for params, want := range map[string]map[string]string{
		``: {}, `{}`: {},
		`{"a":"x","b":1,"c":true,"d":"","e":null}`:                  {"a": "x", "b": "1", "c": "true"},
		`{"n":12345678901234567.8900,"l":[ 1 ],"o":{"u":"\u5355"}}`: {"n": "12345678901234567.8900", "l": "[ 1 ]", "o": `{"u":"\u5355"}`},
		"{\"u\":\"\\u5355\U0001f600\"}":                             {"u": "单\U0001f600"},
	} {
		got, err := wdt.Fields([]byte(params))
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: %v %v", params, got, err)
		}
	}
	if _, err := wdt.Fields([]byte(`{"a":`)); err == nil || !fault.From(err).NotApplied {
		t.Errorf("parameters that are no JSON: %v", err)
	}
}

func TestTurn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fields     map[string]string
		page       connector.PageRef
		no, ofRows string
	}{
		{map[string]string{}, connector.PageRef{Number: 0, Size: 40}, "0", "40"},
		{map[string]string{}, connector.PageRef{Number: 3}, "3", ""},
		{map[string]string{"page_no": "7", "page_size": "2"}, connector.PageRef{Number: 3, Size: 40}, "7", "2"},
	} {
		wdt.Turn(tt.fields, tt.page)
		if tt.fields["page_no"] != tt.no || tt.fields["page_size"] != tt.ofRows {
			t.Errorf("%+v: %v", tt.page, tt.fields)
		}
	}
}

func TestCounted(t *testing.T) {
	t.Parallel()
	rows := [][]byte{[]byte(`{"tid":"A"}`), []byte(`{"tid":"B"}`), []byte(`{"tid":"C"}`)}
	for answer, want := range map[string]string{
		`{"new_count":3,"chg_count":0}`:       "done A,done B,done C",
		`{"new_count":"1","chg_count":"2"}`:   "done A,done B,done C",
		`{"new_count":5}`:                     "done A,done B,done C",
		`{"new_count":1,"chg_count":1}`:       "done ,done ,unknown ",
		`{"new_count":0,"chg_count":0}`:       "rejected ,rejected ,rejected ",
		`{}`:                                  "rejected ,rejected ,rejected ",
		`{"new_count":null,"message":"none"}`: "rejected ,rejected ,rejected ",
	} {
		var got []string
		for _, a := range wdt.Counted(item.Of([]byte(answer)), rows).Rows {
			got = append(got, string(a.Outcome)+" "+a.Number)
			if a.Outcome == connector.Rejected && a.Message == "" {
				t.Errorf("%s: refused without a word", answer)
			}
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%s: %v, want %s", answer, got, want)
		}
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC)
	page, err := wdt.Page(item.Of([]byte(`{"total_count":9,"trades":[{"a":1.10},{}]}`)), "trades", at)
	if err != nil || string(page.Rows) != `[{"a":1.10},{}]` || page.Total != -1 || page.More || !page.SourceTime.Equal(at) {
		t.Errorf("%+v %v", page, err)
	}
	for answer, ok := range map[string]bool{
		`{}`: true, `{"trades":null,"total_count":0}`: true, `{"trades":null,"total_count":"1"}`: false, `{"trades":"none"}`: false, `{"trades":{}}`: false,
	} {
		page, err := wdt.Page(item.Of([]byte(answer)), "trades", at)
		if (err == nil) != ok || ok && (string(page.Rows) != "[]" || len(page.Warnings) != 1) {
			t.Errorf("%s: %+v %v", answer, page, err)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for code, tt := range map[string]struct{ unapplied, ofARow bool }{
		"1012": {true, false}, "1060": {true, false}, "2030": {true, false}, "2060": {true, false}, "2100": {true, false},
		"1013": {}, "1020": {}, "1610": {},
		"1": {false, true}, "99": {false, true}, "100": {false, true}, "2900": {false, true},
	} {
		f := wdt.Refusal{Code: code}.Fault()
		if f.NotApplied != tt.unapplied || wdt.AboutARow(f) != tt.ofARow || f.Class != "" || f.Message == "" {
			t.Errorf("%s: %+v, about a row: %v", code, f, wdt.AboutARow(f))
		}
	}
	if wdt.AboutARow(nil) || wdt.AboutARow(errors.New("x")) || wdt.AboutARow(wdt.Unreadable("x")) {
		t.Error("what is no refusal is about a row")
	}
	if a := wdt.Rejected(wdt.Refusal{Code: "99", Message: "no"}.Fault()).Rows[0]; a.Outcome != connector.Rejected || a.Code != "99" || a.Message != "no" {
		t.Errorf("%+v", a)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	own := clocktest.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	clock := wdt.NewClock(own.Now)
	refused := wdt.Refusal{Code: "2100", Message: "no"}.Fault()
	near := own.Now().Add(time.Minute)
	if err := clock.Refused(refused, own.Now(), near); !errors.Is(err, refused) || fault.CodeOf(err) != "vendor.2100" {
		t.Errorf("clocks that agree: %v", err)
	}
	if err := clock.Refused(refused, own.Now(), time.Time{}); fault.CodeOf(err) != "vendor.2100" {
		t.Errorf("a vendor without a clock: %v", err)
	}
	far := own.Now().Add(-time.Hour)
	err := clock.Refused(refused, own.Now(), far)
	if f := fault.From(err); f.Code != wdt.CodeClock || f.Class != fault.Transient || !f.NotApplied || !clock.Now().Equal(far) {
		t.Errorf("%v at %v", err, clock.Now())
	}
	// What is refused at the vendor's own time is refused for something else.
	if err := clock.Refused(refused, clock.Now(), far); fault.CodeOf(err) != "vendor.2100" {
		t.Errorf("%v", err)
	}
	own.Pass(time.Minute)
	if !clock.Now().Equal(far.Add(time.Minute)) {
		t.Error("the vendor's time stands still")
	}
}

// Numbers of any length keep their digits on the way into a form.
func TestFieldsKeepDigits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?`).Draw(rt, "number")
		got, err := wdt.Fields([]byte(`{"n":` + number + `,"l":[` + number + `]}`))
		if err != nil || got["n"] != number || got["l"] != "["+number+"]" {
			rt.Fatalf("%v %v", got, err)
		}
	})
}
