package deliver_test

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// rig sends rows of documents that are claimed in a store in memory.
type rig struct {
	t     *testing.T
	store *runtest.Memory
	erp   *enginetest.ERP
	// session is the ERP, or one that stands before it.
	session connector.Session
	target  *plan.Target
	now     time.Time
	claim   ledger.Claim
	docs    []ledger.Document
	// tries is how often in a row the documents were walked.
	tries int
}

func newRig(t *testing.T, documents int) *rig {
	t.Helper()
	return newRigOf(t, documents, jobTarget(t))
}

// jobTarget is the target of the flow that most tests run.
func jobTarget(t *testing.T) *plan.Target {
	t.Helper()
	for _, step := range enginetest.Compile(t, enginetest.Job).Steps {
		if step.Target != nil {
			return step.Target
		}
	}
	t.Fatal("the flow has no target")
	return nil
}

// newRigOf is a rig with a target that it may not change.
func newRigOf(t *testing.T, documents int, target *plan.Target) *rig {
	t.Helper()
	r := &rig{t: t, store: runtest.NewStore(), erp: &enginetest.ERP{}, target: target, now: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}
	r.session = r.erp
	ctx := t.Context()
	stream, err := r.store.OpenStream(ctx, 1, 2, "orders")
	r.must(err)
	run, _, err := r.store.OpenRun(ctx, ledger.Run{Workspace: 1, Flow: 2, Version: 3, Trigger: "test"}, 1)
	r.must(err)
	w, err := r.store.StartWindow(ctx, ledger.Window{Stream: stream.ID, Run: run.ID, Kind: ledger.Live, From: 1, To: 2}, 1)
	r.must(err)
	page := ledger.PageCommit{Workspace: 1, Stream: stream.ID, Flow: 2, Run: run.ID, Version: 3, Connection: 4, Window: w.ID, Attempt: 1, Now: r.at()}
	for i := range documents {
		page.Docs = append(page.Docs, ledger.Incoming{Key: fmt.Sprint(i), SourceHash: int64(i), Body: []byte(`{}`)})
	}
	got, err := r.store.CommitPage(ctx, page)
	r.must(err)
	work, ok, err := r.store.Claim(ctx, got.Work[0], "me", r.at(), time.Hour)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	r.claim = ledger.ClaimOf(work)
	r.docs, err = r.store.Documents(ctx, stream.ID, 0, documents)
	r.must(err)
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) at() ledger.Millis { return ledger.At(r.now) }

// rows makes one row a document with these numbers, with what is on record.
func (r *rig) rows(numbers ...string) []deliver.Row {
	r.t.Helper()
	rows := make([]deliver.Row, len(numbers))
	for i, no := range numbers {
		rows[i] = deliver.Row{
			Document: r.docs[i].ID, Rev: 1, Version: 3, Key: no, Params: []byte(`{"form":"F1"}`),
			Body: fmt.Appendf(nil, `{"no":%q,"amount":12.50}`, no),
		}
		on, err := r.store.Deliveries(r.t.Context(), r.docs[i].ID)
		r.must(err)
		if len(on) > 0 {
			rows[i].Existing = &on[0]
		}
	}
	return rows
}

// send sends rows and commits what came of it, as a walk does.
func (r *rig) send(rows []deliver.Row) []deliver.Result {
	r.t.Helper()
	sender := deliver.New(deliver.Config{Store: r.store, Clock: func() time.Time { return r.now }, Log: slog.New(slog.DiscardHandler), InFlight: 1})
	sent, err := sender.Send(r.t.Context(), deliver.Stage{
		Claim: r.claim, Workspace: 1, Connection: 5, NodeNo: 7, Target: r.target, Session: r.session,
		Tries: r.tries, TraceID: "trace", RunID: "run",
	}, rows)
	r.must(err)
	_, err = r.store.CommitOutcome(r.t.Context(), ledger.Outcome{
		Claim: r.claim, Workspace: 1, Calls: sent.Calls, Probes: sent.Probes, Deliveries: sent.Resolutions, Now: r.at(),
	})
	r.must(err)
	return sent.Results
}

// around reports whether a time is a wait from now, or up to a quarter more.
func (r *rig) around(at ledger.Millis, wait time.Duration) bool {
	return at >= r.at().Add(wait) && at <= r.at().Add(wait+wait/4)
}

func (r *rig) states(results []deliver.Result, want ...ledger.DeliveryState) {
	r.t.Helper()
	got := make([]ledger.DeliveryState, len(results))
	for i, res := range results {
		got[i] = res.State
	}
	if !slices.Equal(got, want) {
		r.t.Errorf("states are %v, want %v (%+v)", got, want, results)
	}
}

func (r *rig) wrote(want ...string) {
	r.t.Helper()
	if _, order := r.erp.Bills(); !slices.Equal(order, want) {
		r.t.Errorf("the target holds %v, want %v", order, want)
	}
}

const (
	done     = ledger.DeliveryDone
	rejected = ledger.DeliveryRejected
	retry    = ledger.DeliveryRetryAt
	unknown  = ledger.DeliveryUnknown
	decide   = ledger.DeliveryNeedsDecision
)

func TestBatchesAndUsesRecordedResultsAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, 7)
	numbers := []string{"a", "b", "c", "d", "e", "f", "g"}
	results := r.send(r.rows(numbers...))
	r.states(results, done, done, done, done, done, done, done)
	if r.erp.Writes != 2 { // five rows a call
		t.Errorf("%d calls", r.erp.Writes)
	}
	if results[1].ID != "id-b" || results[1].Number != "b" {
		t.Errorf("result is %+v", results[1])
	}
	again := r.send(r.rows(numbers...))
	r.states(again, done, done, done, done, done, done, done)
	if r.erp.Writes != 2 || again[6].ID != "id-g" {
		t.Errorf("%d calls, result %+v", r.erp.Writes, again[6])
	}
	r.wrote(numbers...)
}

func TestOneBadRowDoesNotStopItsNeighbours(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3)
	r.erp.Refuse = func(no string) string {
		return map[string]string{"b": "wrong", "c": "missing"}[no]
	}
	results := r.send(r.rows("a", "b", "c"))
	r.states(results, done, rejected, retry)
	if results[1].Fault.Code != "vendor.wrong" {
		t.Errorf("fault is %v", results[1].Fault)
	}
	if want := r.at().Add(5 * time.Minute); results[2].RetryAt != want || results[2].Fault.Class != fault.BusinessWait {
		t.Errorf("retry at %d, want %d, %v", results[2].RetryAt, want, results[2].Fault)
	}
	r.erp.Refuse = nil
	r.states(r.send(r.rows("a", "b", "c")), done, done, retry) // the third waits for its time
	r.now = r.now.Add(5 * time.Minute)
	r.states(r.send(r.rows("a", "b", "c")), done, done, done)
	r.wrote("a", "b", "c")
}

// TestWhoRefusedARow: a code that begins with the connector's id is its own, any other the
// vendor's, dots or none.
func TestWhoRefusedARow(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"wrong": "vendor.wrong", "isv.wrong": "vendor.isv.wrong", "acme.wrong": "acme.wrong", "acmes.wrong": "vendor.acmes.wrong"} {
		r := newRig(t, 1)
		r.erp.Refuse = func(string) string { return code }
		results := r.send(r.rows("a"))
		r.states(results, rejected)
		if f := results[0].Fault; f.Code != want || f.Message != "refused: "+code {
			t.Errorf("%s became %+v", code, f)
		}
	}
}

// TestARefusedRowIsNotSentForAnother: the engine walks the document again by itself.
func TestARefusedRowIsNotSentForAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.erp.Refuse = func(string) string { return "wrong" }
	r.states(r.send(r.rows("a")), rejected)
	r.erp.Refuse = nil
	rows := r.rows("a")
	rows[0].Resumed = true
	results := r.send(rows)
	r.states(results, rejected)
	if f := results[0].Fault; f.Code != "vendor.wrong" || f.Message != "refused: wrong" || r.erp.Writes != 1 {
		t.Errorf("%v after %d writes", f, r.erp.Writes)
	}
	rows[0].Rev = 2 // another revision may be better
	r.states(r.send(rows), done)
}

// TestLostAnswer: the call is applied and its answer lost. Nothing is sent again
// before the target was asked, and what it holds is taken over.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2)
	r.erp.Lose = func(int) bool { return true }
	r.states(r.send(r.rows("a", "b")), unknown, unknown)
	r.states(r.send(r.rows("a", "b")), unknown, unknown) // too early to ask
	if r.erp.Probes != 0 {
		t.Error("the target was asked before a write can be visible")
	}
	r.now = r.now.Add(time.Minute)
	results := r.send(r.rows("a", "b"))
	r.states(results, done, done)
	if r.erp.Writes != 1 || results[0].ID != "id-a" {
		t.Errorf("%d writes, result %+v", r.erp.Writes, results[0])
	}
	r.wrote("a", "b")
}

// TestLostRequest: nothing was applied, and no answer says so. Only two look-ups
// that find nothing let the row be sent again.
func TestLostRequest(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.erp.Fail = func(write int) error {
		if write == 1 {
			return fault.New("http.cut", "cut").Classed(fault.Transient)
		}
		return nil
	}
	r.states(r.send(r.rows("a")), unknown)
	r.now = r.now.Add(time.Minute)
	r.states(r.send(r.rows("a")), unknown)
	r.wrote()
	r.now = r.now.Add(time.Minute)
	r.states(r.send(r.rows("a")), done)
	r.wrote("a")
	if r.erp.Probes != 2 || r.erp.Writes != 2 {
		t.Errorf("%d look-ups, %d writes", r.erp.Probes, r.erp.Writes)
	}
}

// TestLateVisibility: the object is there, but look-ups miss it. The row that is
// sent again meets the duplicate, waits, and is recognised as our own once it shows.
func TestLateVisibility(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.erp.Lose = func(write int) bool { return write == 1 }
	r.erp.Hidden = map[string]bool{"a": true}
	r.states(r.send(r.rows("a")), unknown)
	for range 6 {
		r.now = r.now.Add(time.Hour)
		results := r.send(r.rows("a"))
		r.states(results, unknown)
		if results[0].RetryAt <= r.at() {
			t.Errorf("it is due again at once: %+v", results[0])
		}
	}
	if r.erp.Writes < 2 {
		t.Error("it was never sent again")
	}
	r.erp.Hidden = nil
	r.now = r.now.Add(time.Hour)
	r.states(r.send(r.rows("a")), done)
	r.wrote("a")
}

func TestSomebodyElsesObjectIsNeverTakenOver(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.erp.Put("a", `{"no":"a","amount":99}`)
	results := r.send(r.rows("a"))
	r.states(results, decide)
	if results[0].Fault.Code != "delivery.duplicate" || r.erp.Probes != 0 {
		t.Errorf("fault is %v after %d look-ups", results[0].Fault, r.erp.Probes)
	}
	r.states(r.send(r.rows("a")), decide) // it stays until a person decides
	if r.erp.Writes != 1 {
		t.Errorf("%d writes", r.erp.Writes)
	}
}

func TestAChangedObjectIsAConflict(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.erp.Lose = func(int) bool { return true }
	r.states(r.send(r.rows("a")), unknown)
	r.erp.Put("a", `{"no":"a","amount":1}`)
	r.now = r.now.Add(time.Minute)
	results := r.send(r.rows("a"))
	r.states(results, decide)
	if results[0].Fault.Code != "delivery.conflict" {
		t.Errorf("fault is %v", results[0].Fault)
	}
}

func TestEqualAmountsInAnotherFormAreEqual(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.erp.Lose = func(int) bool { return true }
	r.states(r.send(r.rows("a")), unknown)
	r.erp.Put("a", `{"no":"a","amount":"12.5"}`)
	r.now = r.now.Add(time.Minute)
	r.states(r.send(r.rows("a")), done)
}

// TestTwoDocumentsOneKey: two refunds of one order in one batch. The second is
// set aside and never sent.
func TestTwoDocumentsOneKey(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3)
	results := r.send(r.rows("a", "a", "b"))
	r.states(results, done, decide, done)
	if results[1].Fault.Code != ledger.CodeKeyTaken || results[1].Fault.Args["document"] != fmt.Sprint(r.docs[0].ID) {
		t.Errorf("fault is %+v", results[1].Fault)
	}
	r.wrote("a", "b")
}

// TestARefusedRowGivesItsKeyBack: another document may then use it.
func TestARefusedRowGivesItsKeyBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2)
	first := true
	r.erp.Refuse = func(string) string {
		if first {
			first = false
			return "wrong"
		}
		return ""
	}
	rows := r.rows("a", "a")
	r.states(r.send(rows[:1]), rejected)
	r.states(r.send(rows[1:]), done)
}

func TestRowsThatTheAnswerDoesNotName(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2)
	r.erp.Silent = func(no string) bool { return no == "b" }
	r.states(r.send(r.rows("a", "b")), done, unknown)
	r.now = r.now.Add(time.Minute)
	r.states(r.send(r.rows("a", "b")), done, done)
	r.wrote("a", "b")
}

func TestACallThatIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault *fault.Fault
		want  ledger.DeliveryState
		wait  time.Duration
	}{
		"busy":            {fault.New("vendor.busy", "slow down"), retry, 3 * time.Second},
		"unreachable":     {fault.New("http.unreachable", "no route").Classed(fault.Transient), retry, 2 * time.Second},
		"bad credentials": {fault.New("vendor.login", "wrong password").Classed(fault.Auth), retry, 2 * time.Second},
		"bad form":        {fault.New("vendor.form", "no such form").Classed(fault.Config), retry, 2 * time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 2)
			r.erp.Fail = func(int) error { return c.fault.Unapplied() }
			results := r.send(r.rows("a", "b"))
			r.states(results, c.want, c.want)
			if c.wait > 0 && !r.around(results[0].RetryAt, c.wait) {
				t.Errorf("waits %d ms", results[0].RetryAt-r.at())
			}
			r.erp.Fail = nil
			r.now = r.now.Add(2 * c.wait)
			r.states(r.send(r.rows("a", "b")), done, done)
		})
	}
}

// TestWhatIsWrongWithAllOfThemRefusesNobody: what has to be mended at the connection is
// met by one call of many, costs nobody their attempts, and whoever is walked again
// when it is mended goes on at once.
func TestWhatIsWrongWithAllOfThemRefusesNobody(t *testing.T) {
	t.Parallel()
	numbers := []string{"a", "b", "c", "d", "e", "f", "g"} // five rows a call
	for _, class := range []fault.Class{fault.Auth, fault.Config} {
		r := newRig(t, len(numbers))
		r.erp.Fail = func(int) error { return fault.New("vendor.secret", "no secret").Classed(class).Unapplied() }
		for n := range 25 {
			results := r.send(r.rows(numbers...))
			r.states(results, retry, retry, retry, retry, retry, retry, retry)
			if results[6].Fault.Code != "vendor.secret" || results[6].RetryAt <= r.at() {
				t.Errorf("%s: %+v", class, results[6])
			}
			if r.erp.Writes != n+1 {
				t.Fatalf("%s: %d calls in %d walks", class, r.erp.Writes, n+1)
			}
		}
		r.erp.Fail = nil
		r.states(r.send(r.rows(numbers...)), done, done, done, done, done, done, done)
	}
}

// TestARowRefusedForTheConnection is not refused for good either, though its answer names it.
func TestARowRefusedForTheConnection(t *testing.T) {
	t.Parallel()
	for _, class := range []fault.Class{fault.Auth, fault.Config} {
		r := newRig(t, 2)
		r.target.Manifest.Rules = append([]manifest.Rule{{Class: class, Codes: []string{"right"}}}, r.target.Manifest.Rules...)
		r.erp.Refuse = func(no string) string { return map[string]string{"a": "right"}[no] }
		for range 25 {
			r.states(r.send(r.rows("a", "b")), retry, done)
		}
		r.erp.Refuse = nil
		r.states(r.send(r.rows("a", "b")), done, done)
	}
}

// gated is a target that tells of calls before they are made.
type gated struct {
	*enginetest.ERP
	held *fault.Fault
}

func (g gated) Held(operation string, params []byte) *fault.Fault {
	if operation == "bills" && string(params) == `{"form":"F1"}` {
		return g.held
	}
	return nil
}

// TestACallThatIsHeldBack is not made, and nothing is recorded of it.
func TestACallThatIsHeldBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2)
	r.session = gated{r.erp, fault.New("vendor.secret", "no secret").Classed(fault.Config).After(time.Minute).Unapplied()}
	rows := r.rows("a", "b")
	rows[1].Params = []byte(`{"form":"F2"}`)
	results := r.send(rows)
	r.states(results, retry, done)
	if !r.around(results[0].RetryAt, time.Minute) || r.rows("a")[0].Existing != nil || r.erp.Writes != 1 {
		t.Errorf("%+v after %d writes", results[0], r.erp.Writes)
	}
	r.session = gated{ERP: r.erp}
	r.states(r.send(r.rows("a", "b")[:1]), done)
}

// TestABatchRefusedForItsDataIsSentRowByRow finds the bad row.

// TestRetriesEndInTheBudget: attempts in which nobody looked at the row spend nothing.
func TestRetriesEndInTheBudget(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	refused := func(want ledger.DeliveryState) {
		t.Helper()
		r.states(r.send(r.rows("a")), want)
		r.now = r.now.Add(time.Hour)
	}
	outage := func() {
		t.Helper()
		r.erp.Refuse, r.erp.Fail = nil, func(int) error { return fault.New("vendor.busy", "slow down").Unapplied() }
		for range 25 {
			refused(retry)
		}
		r.erp.Refuse, r.erp.Fail = func(string) string { return "busy" }, nil
	}
	outage()
	for range 10 {
		refused(retry)
	}
	outage()
	for range 9 {
		refused(retry)
	}
	refused(rejected)
	refused(retry) // a person has it tried again: the budget is new
}

// TestLostAnswersEndInTheBudget: class A is sent again and again, and is never answered.
func TestLostAnswersEndInTheBudget(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.mode(func(m *manifest.Mode) { m.Class, m.Probe = manifest.NativeKey, false })
	r.erp.Fail = func(int) error { return fault.New("http.cut", "cut").Classed(fault.Transient) }
	for range 19 {
		r.states(r.send(r.rows("a")), unknown)
		r.states(r.send(r.rows("a")), unknown) // not before its time
		r.now = r.now.Add(time.Hour)
	}
	r.states(r.send(r.rows("a")), decide)
	if r.erp.Writes != 20 {
		t.Errorf("%d writes", r.erp.Writes)
	}
}

func TestASourceThatChangedAfterDelivery(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.states(r.send(r.rows("a")), done)
	rows := r.rows("a")
	rows[0].Rev = 2
	results := r.send(rows)
	r.states(results, decide)
	if results[0].Fault.Code != "delivery.revised" || r.erp.Writes != 1 {
		t.Errorf("fault is %v after %d writes", results[0].Fault, r.erp.Writes)
	}
}

// TestClassWithoutKeyIsNeverSentAgain: after a lost answer a person decides.
func TestClassWithoutKeyIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.mode(func(m *manifest.Mode) { m.Class, m.Probe = manifest.NoKey, false })
	r.erp.Lose = func(int) bool { return true }
	r.states(r.send(r.rows("a")), unknown)
	r.now = r.now.Add(time.Hour)
	r.states(r.send(r.rows("a")), decide)
	if r.erp.Writes != 1 {
		t.Errorf("%d writes", r.erp.Writes)
	}
}

// TestALostClaimSendsNothing: the intent is refused, so the call is never made.
func TestALostClaimSendsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.now = r.now.Add(2 * time.Hour)
	if _, ok, err := r.store.Claim(t.Context(), r.claim.Work, "other", r.at(), time.Hour); err != nil || !ok {
		t.Fatal(ok, err)
	}
	sender := deliver.New(deliver.Config{Store: r.store, Clock: func() time.Time { return r.now }, Log: slog.New(slog.DiscardHandler)})
	_, err := sender.Send(t.Context(), deliver.Stage{Claim: r.claim, Workspace: 1, Connection: 5, NodeNo: 7, Target: r.target, Session: r.erp}, r.rows("a"))
	if err != ledger.ErrFenced { //nolint:errorlint // the sentinel itself is the contract
		t.Errorf("error is %v", err)
	}
	if r.erp.Writes != 0 {
		t.Error("the call was made")
	}
}

var _ connector.Session = (*enginetest.ERP)(nil)

// TestABodyThatAPersonOrdered is written as it is on record, whatever the mapping says.
func TestABodyThatAPersonOrdered(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.erp.Refuse = func(string) string { return "wrong" }
	r.states(r.send(r.rows("a")), rejected)
	r.erp.Refuse = nil
	rows := r.rows("a")
	rows[0].Existing.State, rows[0].Existing.Body = ledger.DeliveryPending, []byte(`{"no":"a","amount":7}`)
	r.states(r.send(rows), done)
	bills, _ := r.erp.Bills()
	if string(bills["a"]) != `{"no":"a","amount":7}` {
		t.Errorf("the bill is %s", bills["a"])
	}
	if d := r.rows("a")[0].Existing; d.State != done || d.Attempt != 2 || string(d.Body) != string(bills["a"]) {
		t.Errorf("on record: %+v", d)
	}
}

// TestALostAnswerOfAnEarlierRevision: what is found belongs to the earlier one, and
// the newer one is not taken for written.
func TestALostAnswerOfAnEarlierRevision(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		onRevised string
		want      ledger.DeliveryState
	}{"decided by a person": {"decide", decide}, "ignored": {"ignore", done}}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, arrived := range []bool{true, false} {
				r := newRig(t, 1)
				r.target.OnRevised = tt.onRevised
				r.erp.Lose = func(write int) bool { return write == 1 && arrived }
				r.erp.Fail = func(write int) error {
					if write == 1 && !arrived {
						return fault.New("http.cut", "cut").Classed(fault.Transient)
					}
					return nil
				}
				r.states(r.send(r.rows("a")), unknown)
				var results []deliver.Result
				for range 2 {
					r.now = r.now.Add(time.Minute)
					rows := r.rows("a")
					rows[0].Rev, rows[0].Body = 2, []byte(`{"no":"a","amount":99}`)
					results = r.send(rows)
				}
				r.states(results, tt.want)
				if tt.want == decide && results[0].Fault.Code != "delivery.revised" {
					t.Errorf("fault is %v", results[0].Fault)
				}
				if d := r.rows("a")[0].Existing; d.State != done || d.Rev != 1 {
					t.Errorf("on record: %+v", d)
				}
				bills, _ := r.erp.Bills()
				if string(bills["a"]) != `{"no":"a","amount":12.50}` {
					t.Errorf("the bill is %s", bills["a"])
				}
			}
		})
	}
}

func TestAnUpdateThatIsNotTheNewestIsNotSentAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.mode(func(m *manifest.Mode) { m.Class = manifest.Upsert })
	r.erp.Fail = func(write int) error {
		if write == 1 {
			return fault.New("http.cut", "cut").Classed(fault.Transient)
		}
		return nil
	}
	r.states(r.send(r.rows("a")), unknown)
	rows := r.rows("a")
	rows[0].Rev, rows[0].Body = 2, []byte(`{"no":"a","amount":99}`)
	r.states(r.send(rows), done)
	bills, _ := r.erp.Bills()
	if d := r.rows("a")[0].Existing; string(bills["a"]) != `{"no":"a","amount":99}` || d.Rev != 2 {
		t.Errorf("the bill is %s, on record: %+v", bills["a"], d)
	}
}
