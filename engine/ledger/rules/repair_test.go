package rules_test

import (
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/sdk/fault"
)

// ill is a document that a person may act on, with one delivery where state says so.
func ill(state ledger.State, delivery ledger.DeliveryState, code string) rules.Ailing {
	a := rules.Ailing{Document: *row(state), Flow: 3, Problem: "why"}
	if delivery != 0 {
		a.Deliveries = []ledger.Delivery{{
			DeliveryKey: ledger.DeliveryKey{Document: 50, NodeNo: 9}, Rev: 1, State: delivery, Attempt: 2, Absent: 1, Code: code, Message: "m",
			NextAt: 7, Updated: 5, Body: []byte(`{"old":1}`),
		}}
	}
	return a
}

func repair(a rules.Ailing, action ledger.Action) ledger.Repair {
	return ledger.Repair{Document: 50, Action: action, Seen: a.Document.Sight(), Delivery: ledger.DeliveryKey{Document: 50, NodeNo: 9}, Actor: "who", Now: 2000}
}

// due is the work row that a repaired document gets.
func due() ledger.Work {
	return ledger.Work{ID: 201, Workspace: 1, Kind: ledger.DocumentWork, Ref: 50, Run: 30, Flow: 3, Docs: 1, Due: 2000}
}

func TestRetryOfStates(t *testing.T) {
	t.Parallel()
	for _, state := range append(ledger.States(), ledger.Dropped, ledger.Replaced) {
		a := ill(state, 0, "")
		r := repair(a, ledger.RetryDocument)
		r.Version = 77
		got, err := rules.PlanRepair(r, a, ids(200))
		if !state.Repairable() {
			if fault.CodeOf(err) != "document.not_repairable" {
				t.Errorf("%s: %v", state, err)
			}
			continue
		}
		want := row(ledger.Waiting)
		want.Version, want.Work, want.Updated = 77, 201, 2000
		deltas := ledger.Deltas{}
		deltas.Move(30, state, ledger.Waiting)
		if err != nil {
			t.Errorf("%s: %v", state, err)
		}
		check(t, state.String(), got, rules.RepairPlan{
			Document: *want, Uncovered: a.Document.Work, Work: []ledger.Work{due()}, Now: []ledger.ID{201}, Deltas: deltas,
		})
	}
}

// TestRetryOfDeliveries: what was certainly not applied may be mapped anew, what
// may have been is asked again.
func TestRetryOfDeliveries(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from ledger.DeliveryState
		code string
		to   ledger.DeliveryState
	}{
		{ledger.DeliveryNeedsDecision, ledger.CodeKeyTaken, ledger.DeliveryRejected},
		{ledger.DeliveryNeedsDecision, "delivery.duplicate", ledger.DeliveryRejected},
		{ledger.DeliveryNeedsDecision, "delivery.unknown", ledger.DeliveryUnknown},
		{ledger.DeliveryNeedsDecision, "delivery.conflict", ledger.DeliveryUnknown},
		{ledger.DeliveryPending, "", ledger.DeliveryRejected},
		{ledger.DeliveryRejected, "vendor.no", 0},
		{ledger.DeliveryRetryAt, "vendor.busy", 0},
		{ledger.DeliveryUnknown, "delivery.unknown", 0},
		{ledger.DeliverySending, "", 0},
		{ledger.DeliveryDone, "", 0},
	}
	for _, tt := range tests {
		a := ill(ledger.NeedsDecision, tt.from, tt.code)
		got, err := rules.PlanRepair(repair(a, ledger.RetryDocument), a, ids(200))
		if err != nil {
			t.Fatal(err)
		}
		var want []ledger.Delivery
		if tt.to != 0 {
			want = ill(0, tt.to, tt.code).Deliveries
			if want[0].NextAt, want[0].Updated = 0, 2000; tt.to == ledger.DeliveryUnknown {
				want[0].NextAt, want[0].Updated, want[0].Absent, want[0].Since = 2000, 5, 0, 2000
			}
		}
		check(t, tt.from.String()+" "+tt.code, got.Deliveries, want)
	}
}

// TestRetryDoesNotWait: what the engine would take up later is due for a person at once.
func TestRetryDoesNotWait(t *testing.T) {
	t.Parallel()
	for _, state := range []ledger.DeliveryState{ledger.DeliveryRetryAt, ledger.DeliveryUnknown} {
		a := ill(ledger.RetryAt, state, "vendor.busy")
		a.Deliveries[0].NextAt, a.Deliveries[0].Spent = 9000, 7
		got, err := rules.PlanRepair(repair(a, ledger.RetryDocument), a, ids(200))
		if err != nil {
			t.Fatal(err)
		}
		want := a.Deliveries[0]
		want.NextAt, want.Spent, want.Since = 2000, 0, 2000 // with its budget anew
		check(t, state.String(), got.Deliveries, []ledger.Delivery{want})
	}
}

func TestRetryTakesWhatWaitsAlong(t *testing.T) {
	t.Parallel()
	a := ill(ledger.NeedsDecision, 0, "")
	a.Document.LatestRev = 2
	a.Queued = &ledger.Revision{Document: 50, Rev: 2, Run: 31, State: ledger.NeedsDecision}
	got, err := rules.PlanRepair(repair(a, ledger.RetryDocument), a, ids(200))
	if err != nil {
		t.Fatal(err)
	}
	want := *a.Queued
	want.State, want.Updated = ledger.Waiting, 2000
	check(t, "behind it", got.Revisions, []ledger.Revision{want})
	deltas := ledger.Deltas{}
	deltas.Move(30, ledger.NeedsDecision, ledger.Waiting)
	deltas.Move(31, ledger.NeedsDecision, ledger.Waiting)
	check(t, "counts", got.Deltas, deltas)

	a.Queued.State = ledger.Rejected // refused at the door: it stays so
	got, err = rules.PlanRepair(repair(a, ledger.RetryDocument), a, ids(200))
	if err != nil || len(got.Revisions) != 0 {
		t.Errorf("%+v, %v", got.Revisions, err)
	}
}

func TestRetryKeepsTheWorkRowsConnection(t *testing.T) {
	t.Parallel()
	a := ill(ledger.RetryAt, 0, "")
	a.Document.Work = 60
	a.Work = &ledger.Work{ID: 60, Connection: 6, Priority: 8, Due: 9000}
	got, err := rules.PlanRepair(repair(a, ledger.RetryDocument), a, ids(200))
	if err != nil {
		t.Fatal(err)
	}
	want := due()
	want.Connection, want.Priority = 6, 8
	check(t, "work", got.Work, []ledger.Work{want})
	check(t, "the old row goes", got.Uncovered, ledger.ID(60))
}

func TestEdit(t *testing.T) {
	t.Parallel()
	a := ill(ledger.NeedsDecision, ledger.DeliveryNeedsDecision, "delivery.unknown")
	a.Document.Attention = ledger.Handled
	r := repair(a, ledger.RetryDocument)
	r.Source = []byte(`{"new":1}`)
	got, err := rules.PlanRepair(r, a, ids(200))
	if err != nil {
		t.Fatal(err)
	}
	doc := a.Document
	doc.LatestRev, doc.ActiveRev, doc.State, doc.Attention, doc.Work, doc.Updated = 2, 2, ledger.Waiting, ledger.Edited, 201, 2000
	doc.Pack, doc.PackNo = rules.NewPack, 0
	check(t, "document", got.Document, doc)
	if doc.SourceHash != a.Document.SourceHash {
		t.Error("the source's hash is gone")
	}
	base := got.Revisions[0]
	if len(got.Revisions) != 1 || base.Rev != 1 || base.State != ledger.Replaced || base.Pack != a.Document.Pack || base.Attention != ledger.Handled {
		t.Errorf("archived: %+v", got.Revisions)
	}
	if e := got.Edited; e == nil || e.Rev != 2 || e.Base != 1 || e.Actor != "who" || e.Attention != ledger.Edited {
		t.Errorf("edited: %+v", got.Edited)
	}
	if d := got.Deliveries; len(d) != 1 || d[0].State != ledger.DeliveryRejected {
		t.Errorf("an edit is the decision: %+v", d)
	}
	deltas := ledger.Deltas{}
	deltas.Move(30, ledger.NeedsDecision, ledger.Waiting)
	check(t, "counts", got.Deltas, deltas)
}

func TestSkip(t *testing.T) {
	t.Parallel()
	a := ill(ledger.NeedsDecision, ledger.DeliveryNeedsDecision, "delivery.unknown")
	done, open := a.Deliveries[0], a.Deliveries[0]
	done.Part, done.State = 1, ledger.DeliveryDone
	open.Part, open.State = 2, ledger.DeliveryUnknown
	a.Deliveries = append(a.Deliveries, done, open)
	a.Document.Attention = ledger.Overtaken | ledger.Uncertain
	r := repair(a, ledger.SkipDocument)
	r.Note = "测试数据"
	got, err := rules.PlanRepair(r, a, ids(200))
	if err != nil {
		t.Fatal(err)
	}
	want := a.Document
	want.State, want.Attention, want.Updated = ledger.Skipped, ledger.Uncertain, 2000
	deltas := ledger.Deltas{}
	deltas.Move(30, ledger.NeedsDecision, ledger.Skipped)
	decided := a.Deliveries[0]
	decided.State, decided.NextAt, decided.Updated = ledger.DeliveryRejected, 0, 2000
	check(t, "plan", got, rules.RepairPlan{
		Document: want, Deltas: deltas, Deliveries: []ledger.Delivery{decided},
		Freed:   []ledger.DeliveryKey{a.Deliveries[0].DeliveryKey, open.DeliveryKey},
		Problem: &ledger.Problem{Code: ledger.CodeSkipped, Message: "skipped by who: 测试数据", Args: map[string]string{"0": "who", "1": ": 测试数据"}},
	})
}

func TestSkipTakesUpWhatWaits(t *testing.T) {
	t.Parallel()
	a := ill(ledger.NeedsDecision, 0, "")
	a.Document.LatestRev = 2
	a.Queued = &ledger.Revision{Document: 50, Rev: 2, Number: "new", Run: 31, Version: 41, State: ledger.NeedsDecision, Pack: 8}
	got, err := rules.PlanRepair(repair(a, ledger.SkipDocument), a, ids(200))
	if err != nil {
		t.Fatal(err)
	}
	d := got.Document
	if d.ActiveRev != 2 || d.State != ledger.Waiting || d.Run != 31 || d.Number != "new" || d.Work != 201 || got.Problem != nil {
		t.Errorf("%+v, %+v", d, got.Problem)
	}
	if len(got.Revisions) != 1 || got.Revisions[0].Rev != 1 || got.Revisions[0].State != ledger.Skipped || len(got.Unqueued) != 1 {
		t.Errorf("%+v, %+v", got.Revisions, got.Unqueued)
	}
	deltas := ledger.Deltas{}
	deltas.Move(30, ledger.NeedsDecision, ledger.Skipped)
	deltas.Move(31, ledger.NeedsDecision, ledger.Waiting)
	check(t, "counts", got.Deltas, deltas)
}

func TestResend(t *testing.T) {
	t.Parallel()
	for _, body := range [][]byte{nil, []byte(`{"new":1}`)} {
		a := ill(ledger.Rejected, ledger.DeliveryRejected, "vendor.no")
		other := a.Deliveries[0]
		other.Part, other.State = 1, ledger.DeliveryNeedsDecision
		a.Deliveries = append(a.Deliveries, other)
		r := repair(a, ledger.ResendDelivery)
		r.Body = body
		got, err := rules.PlanRepair(r, a, ids(200))
		if err != nil {
			t.Fatal(err)
		}
		want := a.Deliveries[0]
		want.State, want.Code, want.Message, want.NextAt, want.Absent, want.Updated = ledger.DeliveryPending, "", "", 0, 0, 2000
		var history []ledger.Delivery
		if body != nil {
			want.Body, history = body, a.Deliveries[:1]
		}
		check(t, "deliveries", got.Deliveries, []ledger.Delivery{want})
		check(t, "history", got.History, history)
		if got.Document.State != ledger.Waiting || got.Document.Version != a.Document.Version || len(got.Work) != 1 {
			t.Errorf("%+v", got)
		}
	}
}

// TestGone: what the target lost is mapped anew, under no name of the lost object.
func TestGone(t *testing.T) {
	t.Parallel()
	with := func(change func(*rules.Ailing)) rules.Ailing {
		a := ill(ledger.Delivered, ledger.DeliveryDone, "")
		a.Deliveries[0].TargetID, a.Deliveries[0].TargetNumber, a.Deliveries[0].Updating = "100", "BILL-1", true
		a.Document.DoneRev = 1
		if change != nil {
			change(&a)
		}
		return a
	}
	a := with(nil)
	r := repair(a, ledger.RestoreDelivery)
	r.Version = 77
	got, err := rules.PlanRepair(r, a, ids(200))
	if err != nil {
		t.Fatal(err)
	}
	d := got.Deliveries[0]
	if len(got.Deliveries) != 1 || d.State != ledger.DeliveryRejected || d.TargetID+d.TargetNumber != "" || d.Updating || d.Code != ledger.CodeGone || d.Attempt != 2 {
		t.Errorf("%+v", got.Deliveries)
	}
	deltas := ledger.Deltas{}
	deltas.Move(30, ledger.Delivered, ledger.Waiting)
	check(t, "counts", got.Deltas, deltas)
	if got.Document.State != ledger.Waiting || got.Document.Version != 77 || got.Document.DoneRev != 0 || len(got.Work) != 1 || len(got.Freed) != 0 {
		t.Errorf("%+v", got)
	}
	tests := map[string]struct {
		a    rules.Ailing
		want string
	}{
		"its contents are purged":   {with(func(a *rules.Ailing) { a.Purged = true }), "document.purged"},
		"not delivered":             {with(func(a *rules.Ailing) { a.Document.State = ledger.Rejected }), "document.not_delivered"},
		"part of a bill":            {with(func(a *rules.Ailing) { a.Document.Attention = ledger.Grouped }), "document.grouped"},
		"being worked on":           {with(func(a *rules.Ailing) { a.Work = &ledger.Work{Owner: "one", LeaseUntil: 2001} }), "document.busy"},
		"of an older revision":      {with(func(a *rules.Ailing) { a.Document.ActiveRev, a.Document.LatestRev = 2, 2 }), "delivery.not_restorable"},
		"another delivery than one": {with(func(a *rules.Ailing) { a.Deliveries[0].Part = 3 }), "delivery.missing"},
		"not done":                  {with(func(a *rules.Ailing) { a.Deliveries[0].State = ledger.DeliveryUnknown }), "delivery.not_restorable"},
	}
	for name, tt := range tests {
		_, err := rules.PlanRepair(repair(tt.a, ledger.RestoreDelivery), tt.a, ids(200))
		if fault.CodeOf(err) != tt.want || fault.From(err).Hint == "" {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

// TestRefusals lists why nothing is done.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const retry, resend, skip = ledger.RetryDocument, ledger.ResendDelivery, ledger.SkipDocument
	decision := func() rules.Ailing {
		return ill(ledger.NeedsDecision, ledger.DeliveryNeedsDecision, "delivery.unknown")
	}
	claimed := ill(ledger.RetryAt, 0, "")
	claimed.Document.Work = 60
	claimed.Work = &ledger.Work{ID: 60, Owner: "one", LeaseUntil: 2001}
	lapsed := claimed
	lapsed.Work = &ledger.Work{ID: 60, Owner: "one", LeaseUntil: 2000}
	noKey := ill(ledger.Rejected, 0, "")
	noKey.Problem = "source.key_invalid"
	waited, unreadable := ill(ledger.Rejected, 0, ""), ill(ledger.Rejected, 0, "")
	waited.Problem = "source.refused"
	unreadable.Document.Key = "!6/1/2" // of window 6
	newer := decision()
	newer.Document.LatestRev = 2
	newer.Queued = &ledger.Revision{Document: 50, Rev: 2, State: ledger.NeedsDecision}
	unknown := ill(ledger.RetryAt, ledger.DeliveryUnknown, "")
	older := decision()
	older.Document.ActiveRev, older.Document.LatestRev = 2, 2
	tests := map[string]struct {
		a      rules.Ailing
		action ledger.Action
		edit   func(*ledger.Repair)
		want   string
	}{
		"seen before":               {decision(), retry, func(r *ledger.Repair) { r.Seen.Updated-- }, "document.changed"},
		"another revision":          {decision(), skip, func(r *ledger.Repair) { r.Seen.Rev++ }, "document.changed"},
		"another state":             {decision(), resend, func(r *ledger.Repair) { r.Seen.State = ledger.Rejected }, "document.changed"},
		"another work row":          {decision(), retry, func(r *ledger.Repair) { r.Seen.Work++ }, "document.changed"},
		"claimed":                   {claimed, retry, nil, "document.busy"},
		"claimed, to be skipped":    {claimed, skip, nil, "document.busy"},
		"a lapsed claim":            {lapsed, retry, nil, ""},
		"delivered":                 {ill(ledger.Delivered, 0, ""), skip, nil, "document.not_repairable"},
		"no key":                    {noKey, retry, nil, "document.no_key"},
		"refused behind another":    {waited, retry, nil, "document.no_key"},
		"its key can't be read":     {unreadable, retry, nil, "document.no_key"},
		"no key, skipped":           {noKey, skip, nil, ""},
		"edited with newer waiting": {newer, retry, func(r *ledger.Repair) { r.Source = []byte("{}") }, "document.newer_waits"},
		"edited while unknown":      {unknown, retry, func(r *ledger.Repair) { r.Source = []byte("{}") }, "delivery.uncertain"},
		"retried while unknown":     {unknown, retry, nil, ""},
		"sent again while unknown":  {unknown, resend, nil, "delivery.uncertain"},
		"decided while unknown":     {unknown, resend, func(r *ledger.Repair) { r.Decided = true }, ""},
		"decided":                   {decision(), resend, nil, ""},
		"of an older revision":      {older, resend, nil, "delivery.other_revision"},
		"no such part":              {decision(), resend, func(r *ledger.Repair) { r.Delivery.Part = 4 }, "delivery.missing"},
		"done":                      {ill(ledger.NeedsDecision, ledger.DeliveryDone, ""), resend, nil, "delivery.not_resendable"},
		"waiting to be retried":     {ill(ledger.RetryAt, ledger.DeliveryRetryAt, ""), resend, nil, "delivery.not_resendable"},
	}
	for name, tt := range tests {
		r := repair(tt.a, tt.action)
		if tt.edit != nil {
			tt.edit(&r)
		}
		_, err := rules.PlanRepair(r, tt.a, ids(200))
		if got := fault.CodeOf(err); got != tt.want || (err == nil) != (tt.want == "") {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
		if err != nil && fault.From(err).Hint == "" {
			t.Errorf("%s: %v has no hint", name, err)
		}
	}
}

// TestAnEditOutlivesWalksAndIsOvertaken follows the marks of an edited revision.
func TestAnEditOutlivesWalksAndIsOvertaken(t *testing.T) {
	t.Parallel()
	doc := walked(ledger.Waiting)
	doc.Attention = ledger.Edited
	got := plan(ended(ledger.Settled{Document: 50, Rev: 1, State: ledger.Rejected, Attention: ledger.Handled, Problem: &ledger.Problem{Code: "why"}}), doc, nil, false)
	if after := got.Update[0]; after.Attention != ledger.Edited|ledger.Handled {
		t.Errorf("after a walk: %b", after.Attention)
	}
	known := got.Update[0]
	page := ledger.PageCommit{Run: 31, Window: 6, Docs: []ledger.Incoming{in(known.Key, known.SourceHash)}, Now: 3000}
	again := rules.PlanPage(page, map[string]*ledger.Document{known.Key: &known}, nil, ids(300))
	if again.Result.Unchanged != 1 || len(again.Update) != 0 {
		t.Errorf("the same source again: %+v", again)
	}
	page.Docs = []ledger.Incoming{in(known.Key, known.SourceHash+1)}
	newer := rules.PlanPage(page, map[string]*ledger.Document{known.Key: &known}, nil, ids(300))
	if after := newer.Update[0]; after.Attention != ledger.Overtaken || newer.Revisions[0].State != ledger.Superseded || newer.Revisions[0].Attention&ledger.Edited == 0 {
		t.Errorf("a newer source: %+v, %+v", after, newer.Revisions)
	}
}

// TestPurged acts on a document whose contents were removed because they are old.
func TestPurged(t *testing.T) {
	t.Parallel()
	d := ledger.Delivery{DeliveryKey: ledger.DeliveryKey{Document: 50, NodeNo: 2}, Rev: 1, State: ledger.DeliveryRejected}
	a := rules.Ailing{Document: *row(ledger.Rejected), Purged: true, Deliveries: []ledger.Delivery{d}}
	a.Document.Work = 0
	for what, f := range map[string]*fault.Fault{"retry": a.CanRetry(1), "edit": a.CanEdit(1), "resend": a.CanResend(&d, false, 1)} {
		if f == nil || f.Code != "document.purged" {
			t.Errorf("%s: %v", what, f)
		}
	}
	check(t, "skip", a.CanSkip(1) == nil, true)
	a.Purged, a.PurgedBodies = false, []ledger.DeliveryKey{d.DeliveryKey}
	other := d
	other.NodeNo = 3
	check(t, "of one delivery", []any{a.CanRetry(1) == nil, a.CanResend(&d, true, 1) == nil, a.CanResend(&other, true, 1) == nil}, []any{true, false, true})
}
