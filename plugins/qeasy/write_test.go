package main

import (
	"testing"

	"github.com/karezflow/karez/plugins/qeasy/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// outcomes writes the outcomes of an answer's rows: d for done, r for rejected, u for unknown.
func outcomes(answers connector.Answers) (letters string) {
	for _, a := range answers.Rows {
		letters += string(a.Outcome[0])
	}
	return letters
}

// TestCountsAreBelievedAsFarAsTheyGo: a store tells how many rows it took, and not which.
func TestCountsAreBelievedAsFarAsTheyGo(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		`{"inserted":3,"failed":0}`:  "ddd",
		`{"inserted":"3"}`:           "ddd",
		`{"inserted":2,"failed":1}`:  "ddu",
		`{"inserted":0,"failed":3}`:  "rrr",
		`{"inserted":4,"failed":0}`:  "uuu",
		`{"inserted":-1,"failed":0}`: "uuu",
		`{"inserted":1.5}`:           "uuu",
		`{}`:                         "uuu",
		`null`:                       "uuu",
	} {
		b := played(t, answering(`{"success":true,"code":0,"message":"","content":`+content+`}`))
		answers, err := b.write(storeOnce, "S", `[{},{},{}]`)
		if err != nil || outcomes(answers) != want {
			t.Errorf("%s: %s %v, want %s", content, outcomes(answers), err, want)
		}
	}
}

func TestBadRows(t *testing.T) {
	t.Parallel()
	good, bad := `{"id":"1","FNumber":"M1"}`, `{"id":"2"}`
	b := newBench(t, "v2")
	for rows, unapplied := range map[string]bool{bad: true, good + "," + bad: false} {
		_, err := b.write(storeRows, sandbox.Inbox, `[`+rows+`]`)
		if f := classified(t, storeRows, err, "vendor.40001", fault.Data); f.NotApplied != unapplied || f.Message != "必填字段缺失: FNumber" {
			t.Errorf("%s: %+v", rows, f)
		}
	}
	b.set("partial", "true")
	answers, err := b.write(storeRows, sandbox.Inbox, `[`+good+`,`+bad+`]`)
	if err != nil || outcomes(answers) != "du" {
		t.Errorf("%+v %v", answers, err)
	}
	if answers, err = b.write(storeRows, sandbox.Inbox, `[`+bad+`]`); err != nil || outcomes(answers) != "r" || answers.Rows[0].Message == "" {
		t.Errorf("%+v %v", answers, err)
	}
	// What the platform holds tells which row it took.
	found, err := b.open().Probe(t.Context(), connector.ProbeRequest{Operation: storeRows, Params: []byte(`{"scheme_id":"` + sandbox.Inbox + `"}`), Keys: []string{"1", "2"}})
	if err != nil || !found[0].Exists || found[1].Exists || found[0].Number != "M1" || item.Of(found[0].Object).Field("FNumber").Text() != "M1" {
		t.Errorf("%+v %v", found, err)
	}
	_, err = b.write(storeRows, "none", `[`+good+`]`)
	expect(t, storeRows, err, "vendor.40401", fault.Config)
	_, err = b.write("no.such", sandbox.Inbox, `[]`)
	expect(t, storeRows, err, "connector.unknown_operation", fault.Config)
}

func TestDispatchersAreWoken(t *testing.T) {
	t.Parallel()
	b := newBench(t, "v2")
	if _, err := b.write(storeRows, sandbox.Inbox, `[{"id":"1","FNumber":"M1"}]`); err != nil {
		t.Fatal(err)
	}
	answers, err := b.write(wakeTarget, sandbox.Inbox, `[{}]`)
	if err != nil || outcomes(answers) != "d" || answers.Rows[0].ID != "disp_000000001" {
		t.Errorf("%+v %v", answers, err)
	}
	if raws, _ := b.vendor.Objects("inbox"); item.Of(raws[0]).Field("status").Text() != "2" {
		t.Errorf("%s", raws)
	}
	answers, err = played(t, answering(`{"success":true,"code":0,"content":null}`)).write(wakeSource, "S", `[{}]`)
	if err != nil || outcomes(answers) != "u" {
		t.Errorf("%+v %v", answers, err)
	}
}
