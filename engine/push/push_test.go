package push_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// rig pulls orders from a shop and pushes them to an ERP, over a store in memory.
type rig struct {
	t      testing.TB
	store  *runtest.Memory
	shop   *enginetest.Shop
	erp    *enginetest.ERP
	plan   *plan.Plan
	worker *push.Worker
	puller *pull.Puller
	now    time.Time
	runs   []ledger.ID
	// closed makes the target's connection impossible to open.
	closed error
	// session is what is opened, the erp where it is nil; erp2 is another system.
	session connector.Session
	erp2    *enginetest.ERP
	// plans says why a version can't run, nil that all can.
	plans func(version ledger.ID) error
	// lookups answer what is looked up, nil finds nothing.
	lookups push.Lookups
}

// pushStore is the store as a worker sees it.
type pushStore = push.Store

func newRig(t *testing.T, edits ...string) *rig {
	t.Helper()
	start := time.Date(2026, 1, 1, 12, 0, 0, 0, enginetest.Zone())
	r := &rig{
		t: t, store: runtest.NewStore(), shop: &enginetest.Shop{Now: start}, erp: &enginetest.ERP{}, now: start,
		plan: enginetest.Compile(t, strings.NewReplacer(edits...).Replace(enginetest.Job)),
	}
	clock := func() time.Time { return r.now }
	log := slog.New(slog.DiscardHandler)
	r.puller = pull.New(pull.Config{Store: r.store, Clock: clock, Log: log, FirstWait: time.Microsecond})
	r.use(r.store)
	return r
}

// use makes a worker over a store.
func (r *rig) use(store push.Store) {
	clock := func() time.Time { return r.now }
	log := slog.New(slog.DiscardHandler)
	r.worker = push.New(push.Config{
		Store: store, Sender: deliver.New(deliver.Config{Store: store, Clock: clock, Log: log, InFlight: 1}),
		Plans: r, Connections: r, Lookups: r.lookups, Clock: clock, Log: log, Owner: "worker",
	})
}

func (r *rig) Plan(_ context.Context, version ledger.ID) (*plan.Plan, error) {
	if r.plans != nil {
		if err := r.plans(version); err != nil {
			return nil, err
		}
	}
	return r.plan, nil
}

func (r *rig) Open(_ context.Context, _ ledger.ID, name string) (ledger.ID, connector.Session, error) {
	if name == "erp2" {
		return 6, r.erp2, nil
	}
	if r.session != nil {
		return 5, r.session, r.closed
	}
	return 5, r.erp, r.closed
}

// put makes an order in the shop.
func (r *rig) put(o enginetest.Order) {
	if o.Modified.IsZero() {
		o.Modified = r.now.Add(-time.Hour)
	}
	if o.No == "" {
		o.No = o.ID
	}
	r.shop.Put(o)
}

// pull reads what is due into a new run.
func (r *rig) pull() {
	r.t.Helper()
	ctx := context.Background()
	run, _, err := r.store.OpenRun(ctx, ledger.Run{Workspace: 1, Flow: 2, Version: 3, Trigger: "t", FireAt: ledger.Millis(len(r.runs)), TraceID: fmt.Sprint("trace-", len(r.runs))}, 1)
	r.must(err)
	r.runs = append(r.runs, run.ID)
	r.shop.Now = r.now
	r.must(r.puller.Run(ctx, pull.Job{
		Workspace: 1, Flow: 2, Run: run.ID, Version: 3, Connection: 4, Source: r.plan.Sources[0], Session: r.shop, FlowID: "job", RunID: "run",
	}))
	r.must(r.store.EndPulling(ctx, run.ID, nil, 1))
}

// push works until nothing is due, and checks the balance of every run.
func (r *rig) push() {
	r.t.Helper()
	ctx := context.Background()
	for range 50 {
		due, err := r.store.Due(ctx, ledger.At(r.now), 100)
		r.must(err)
		if len(due) == 0 {
			break
		}
		for _, w := range due {
			_, err := r.worker.Handle(ctx, w.ID)
			r.must(err)
		}
	}
	r.balance()
}

// balance checks the counts of every run.
func (r *rig) balance() {
	r.t.Helper()
	for _, run := range r.runs {
		if _, counts, err := r.store.Run(context.Background(), run); err != nil || !counts.Balanced() {
			r.t.Errorf("run %d is out of balance: %v, %v", run, counts, err)
		}
	}
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) document(key string) ledger.Document {
	r.t.Helper()
	stream, err := r.store.OpenStream(context.Background(), 1, 2, "orders")
	r.must(err)
	docs, err := r.store.Documents(context.Background(), stream.ID, 0, 1000)
	r.must(err)
	for _, d := range docs {
		if d.Key == key {
			return d
		}
	}
	r.t.Fatalf("there is no document %s", key)
	return ledger.Document{}
}

// want checks a document's state, and its problem's code where one is expected.
func (r *rig) want(key string, state ledger.State, code string) {
	r.t.Helper()
	doc := r.document(key)
	problem, has, err := r.store.Problem(context.Background(), doc.ID)
	r.must(err)
	if doc.State != state || has != (code != "") || problem.Code != code {
		r.t.Errorf("%s is %s with problem %+v, want %s with %q", key, doc.State, problem, state, code)
	}
}

func (r *rig) wantWrites(n int) {
	r.t.Helper()
	if r.erp.Writes != n {
		r.t.Errorf("%d writes, want %d", r.erp.Writes, n)
	}
}

func TestWalk(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "good", Amount: "12345678901234567.89", Note: "中文 😀"})
	r.put(enginetest.Order{ID: "void", State: "void"})
	r.put(enginetest.Order{ID: "bad", Bad: true})
	r.pull()
	r.push()
	r.want("good", ledger.Delivered, "")
	r.want("void", ledger.Filtered, "")
	r.want("bad", ledger.Rejected, "test.bad")

	bills, _ := r.erp.Bills()
	if got := string(bills["good"]); got != `{"no":"good","amount":12345678901234567.89,"note":"中文 😀"}` {
		t.Errorf("the bill is %s", got)
	}
	deliveries, err := r.store.Deliveries(t.Context(), r.document("good").ID)
	r.must(err)
	if got := string(deliveries[0].Writeback); got != `{"id":"id-good","no":"good","order":"good"}` {
		t.Errorf("stored is %s", got)
	}
	run, counts, err := r.store.Run(t.Context(), r.runs[0])
	r.must(err)
	if counts["delivered"] != 1 || counts["filtered"] != 1 || counts["rejected"] != 1 || run.State != ledger.RunRunning {
		t.Errorf("counts are %v", counts)
	}
	if ok, err := r.store.FinishRun(t.Context(), r.runs[0], 1); !ok || err != nil {
		t.Errorf("the run can't be finished: %v, %v", ok, err)
	}
}

func TestAnErrorEdgeTakesTheDocumentAndItStaysRejected(t *testing.T) {
	t.Parallel()
	r := newRig(t, "  edges:", "    - {id: aside, type: discard}\n  edges:\n    - {from: check.error, to: aside}")
	r.put(enginetest.Order{ID: "bad", Bad: true})
	r.pull()
	r.push()
	r.want("bad", ledger.Rejected, "test.bad")
	if doc := r.document("bad"); doc.Attention&ledger.Handled == 0 {
		t.Error("it is not marked as handled")
	}
}

func TestAFailureThatPassesIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, "class: data", "class: transient")
	r.put(enginetest.Order{ID: "bad", Bad: true})
	r.pull()
	r.push()
	r.want("bad", ledger.RetryAt, "test.bad")
	due, err := r.store.Due(t.Context(), ledger.At(r.now.Add(time.Hour)), 10)
	r.must(err)
	if len(due) != 1 || due[0].Kind != ledger.DocumentWork {
		t.Errorf("due later is %+v", due)
	}
}

// TestALostAnswerEndsInOneBill: the document waits, is looked up and settled.
func TestALostAnswerEndsInOneBill(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a"})
	r.erp.Lose = func(write int) bool { return write == 1 }
	r.pull()
	r.push()
	r.want("a", ledger.RetryAt, "delivery.unknown")
	if doc := r.document("a"); doc.Attention&ledger.Uncertain == 0 {
		t.Error("it is not marked as uncertain")
	}
	r.now = r.now.Add(time.Minute)
	r.push()
	r.want("a", ledger.Delivered, "")
	if _, order := r.erp.Bills(); len(order) != 1 {
		t.Errorf("bills are %v", order)
	}
	deliveries, err := r.store.Deliveries(t.Context(), r.document("a").ID)
	r.must(err)
	if got := string(deliveries[0].Writeback); got != `{"id":"id-a","no":"a","order":"a"}` {
		t.Errorf("stored is %s", got)
	}
}

// TestADeadWorkerIsReplaced: a claim is abandoned right after the intent; when
// its lease ends another worker looks the object up instead of sending again.
func TestADeadWorkerIsReplaced(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a", Amount: "5"})
	r.pull()
	ctx := t.Context()
	due, err := r.store.Due(ctx, ledger.At(r.now), 1)
	r.must(err)
	work, ok, err := r.store.Claim(ctx, due[0].ID, "dead", ledger.At(r.now), 30*time.Second)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	target := r.plan.Steps[3]
	_, err = r.store.CommitIntents(ctx, ledger.IntentCommit{Claim: ledger.ClaimOf(work), Workspace: 1, Now: ledger.At(r.now), Rows: []ledger.Intent{{
		DeliveryKey: ledger.DeliveryKey{Document: r.document("a").ID, NodeNo: target.NodeNo}, Rev: 1, Version: 3, Connection: 5,
		Resource: "bill", Key: "a", Owned: true, Attempt: 1, Call: 999, Body: []byte(`{"no":"a","amount":5}`),
	}}})
	r.must(err)
	r.erp.Put("a", `{"no":"a","amount":5}`) // the dead worker's call arrived
	r.push()
	r.want("a", ledger.Waiting, "") // the lease still holds
	r.now = r.now.Add(time.Minute)
	r.push()
	r.want("a", ledger.Delivered, "")
	r.wantWrites(0)
}

// TestTheStoredBodyIsSentAgain: after a lost request the flow changed; what was
// decided before counts.
func TestTheStoredBodyIsSentAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a", Note: "first"})
	r.erp.Fail = func(write int) error {
		if write == 1 {
			return fault.New("http.cut", "cut").Classed(fault.Transient)
		}
		return nil
	}
	r.pull()
	r.push()
	r.plan = enginetest.Compile(t, strings.Replace(enginetest.Job, `value: "{{note}}"`, `value: changed`, 1))
	for range 2 {
		r.now = r.now.Add(time.Minute)
		r.push()
	}
	r.want("a", ledger.Delivered, "")
	bills, _ := r.erp.Bills()
	if !strings.Contains(string(bills["a"]), "first") {
		t.Errorf("the bill is %s", bills["a"])
	}
}

func TestTwoDocumentsOneTargetKey(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a", No: "same"})
	r.put(enginetest.Order{ID: "b", No: "same"})
	r.pull()
	r.push()
	r.want("a", ledger.Delivered, "")
	r.want("b", ledger.NeedsDecision, ledger.CodeKeyTaken)
	r.wantWrites(1)
}

func TestKeysThatCannotBe(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a", No: strings.Repeat("n", ledger.MaxKey+1)})
	r.pull()
	r.push()
	r.want("a", ledger.Rejected, "delivery.key_too_long")
	r.wantWrites(0)
}

// TestAConnectionThatCannotBeOpened delays its own documents and says why.
func TestAConnectionThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a"})
	r.closed = fault.New("connector.missing", "the connector is not installed").Classed(fault.Config)
	r.pull()
	r.push()
	r.want("a", ledger.RetryAt, "connector.missing")
	r.closed = nil
	r.now = r.now.Add(time.Minute)
	r.push()
	r.want("a", ledger.Delivered, "")
}

// TestAChangeOfAFilteredOrderIsWalked: an unconfirmed order is filtered; when it
// is confirmed later its new revision goes through.
func TestAChangeOfAFilteredOrderIsWalked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a", State: "void"})
	r.pull()
	r.push()
	r.want("a", ledger.Filtered, "")
	r.put(enginetest.Order{ID: "a", State: "paid", Modified: r.now})
	r.now = r.now.Add(time.Hour)
	r.pull()
	r.push()
	r.want("a", ledger.Delivered, "")
}

func TestAChangeOfADeliveredOrder(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		edits []string
		state ledger.State
		code  string
	}{
		"is skipped by default":       {nil, ledger.Delivered, ""},
		"asks a person when revised":  {[]string{"operation: orders,", "operation: orders, onSeen: revise,"}, ledger.NeedsDecision, "delivery.revised"},
		"is ignored where it is said": {[]string{"operation: orders,", "operation: orders, onSeen: revise,", "operation: bills,", "operation: bills, onRevised: ignore,"}, ledger.Delivered, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.edits...)
			r.put(enginetest.Order{ID: "a", Amount: "1"})
			r.pull()
			r.push()
			r.put(enginetest.Order{ID: "a", Amount: "2", Modified: r.now})
			r.now = r.now.Add(time.Hour)
			r.pull()
			r.push()
			r.want("a", c.state, c.code)
			r.wantWrites(1)
		})
	}
}

// TestHandleOfWorkThatIsGone: a hint may be out of date.
func TestHandleOfWorkThatIsGone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	done, err := r.worker.Handle(t.Context(), 12345)
	if err != nil || done.Documents != 0 {
		t.Errorf("got %+v, %v", done, err)
	}
}

// TestStoppingGivesTheWorkBack: a cancelled walk is due again at once, and what was
// answered before is not asked for again.
func TestStoppingGivesTheWorkBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 7 { // two calls
		r.put(enginetest.Order{ID: fmt.Sprint("o", i)})
	}
	r.pull()
	due, err := r.store.Due(t.Context(), ledger.At(r.now), 1)
	r.must(err)
	ctx, cancel := context.WithCancel(t.Context())
	r.half(func() error { cancel(); return context.Canceled })
	_, _ = r.worker.Handle(ctx, due[0].ID) // the cancellation is its error
	if again, err := r.store.Due(t.Context(), ledger.At(r.now), 1); err != nil || len(again) != 1 || again[0].ID != due[0].ID {
		t.Errorf("due is %+v, %v", again, err)
	}
	if got := r.states(); got[ledger.DeliveryDone] != 5 || got[ledger.DeliveryUnknown] != 2 {
		t.Errorf("deliveries are %v", got)
	}
	r.erp.Fail = nil
	r.now = r.now.Add(time.Minute)
	for range 3 {
		r.push()
		r.now = r.now.Add(time.Minute)
	}
	for i := range 7 {
		r.want(fmt.Sprint("o", i), ledger.Delivered, "")
	}
	if _, order := r.erp.Bills(); len(order) != 7 {
		t.Errorf("bills are %v", order)
	}
	for _, p := range r.store.Probes() {
		if p.Call.Rows > 2 {
			t.Errorf("what was answered is asked for: %+v", p)
		}
	}
}

// TestWhateverGoesWrongNothingIsLostOrDoubled draws orders of several rows, lost
// answers, lost requests, refusals, silence, a stop in the middle and a disk that is
// full, then lets all of it end.
func TestWhateverGoesWrongNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(outer, enginetest.Lines()...)
		n := rapid.IntRange(1, 20).Draw(rt, "orders")
		orders := make([]enginetest.Order, n)
		for i := range orders {
			orders[i] = enginetest.Order{ID: fmt.Sprint("o", i)}
			numbers := rapid.SliceOfNDistinct(rapid.IntRange(0, 2*n), 0, 3, rapid.ID[int]).Draw(rt, "numbers")
			for _, no := range numbers {
				orders[i].Lines = append(orders[i].Lines, enginetest.Line{
					No: fmt.Sprint("n", no), Amount: fmt.Sprint(i, ".10"), Bad: rapid.IntRange(0, 9).Draw(rt, "bad") == 0,
				})
			}
			r.put(orders[i])
		}
		trouble := true
		draw := func(name string, outOf int) bool { return trouble && rapid.IntRange(0, outOf-1).Draw(rt, name) == 0 }
		r.use(&stumbling{r.store, func(ledger.Outcome) error {
			if draw("disk", 8) {
				return errors.New("the disk is full")
			}
			return nil
		}})
		var stop func()
		r.erp.Lose = func(int) bool { return draw("lose", 3) }
		r.erp.Silent = func(string) bool { return draw("silent", 6) }
		r.erp.Refuse = func(string) string {
			if draw("refuse", 6) {
				return rapid.SampledFrom([]string{"missing", "busy"}).Draw(rt, "code")
			}
			return ""
		}
		r.erp.Fail = func(int) error {
			switch {
			case draw("stop", 8):
				stop()
				return context.Canceled
			case draw("fail", 5):
				return fault.New("http.cut", "cut").Classed(fault.Transient)
			default:
				return nil
			}
		}
		work := func() {
			for range 20 {
				due, err := r.store.Due(context.Background(), ledger.At(r.now), 100)
				r.must(err)
				for _, w := range due {
					ctx, cancel := context.WithCancel(context.Background())
					stop = cancel
					if _, err := r.worker.Handle(ctx, w.ID); err != nil && !trouble {
						rt.Fatalf("without trouble: %v", err)
					}
					cancel()
				}
			}
			r.balance()
		}
		for range 6 {
			r.pull()
			work()
			r.now = r.now.Add(7 * time.Minute)
		}
		trouble = false
		for range 16 {
			r.now = r.now.Add(15 * time.Minute)
			work()
		}
		bills, order := r.erp.Bills()
		if len(bills) != len(order) {
			rt.Fatalf("a number was written twice: %v", order)
		}
		written := 0
		for _, o := range orders {
			written += r.settled(rt, o)
		}
		if written != len(bills) {
			rt.Errorf("%d rows are on record as written, the target holds %d", written, len(bills))
		}
	})
}

// settled checks that nothing of an order is left open, and counts its written rows.
func (r *rig) settled(rt *rapid.T, o enginetest.Order) int {
	doc := r.document(o.ID)
	deliveries, err := r.store.Deliveries(context.Background(), doc.ID)
	r.must(err)
	at := map[string]ledger.DeliveryState{}
	for _, d := range deliveries {
		at[d.Key] = d.State
	}
	written, bad, taken := 0, 0, 0
	for _, line := range o.Lines {
		switch state := at[line.No]; {
		case line.Bad && state == 0:
			bad++
		case !line.Bad && state == ledger.DeliveryDone:
			written++
		case !line.Bad && state == ledger.DeliveryNeedsDecision:
			taken++
		default:
			rt.Errorf("%s, which is %s: line %+v is %s", o.ID, doc.State, line, state)
		}
	}
	want := ledger.Delivered
	switch {
	case taken > 0:
		want = ledger.NeedsDecision
	case bad > 0:
		want = ledger.Rejected
	case len(o.Lines) == 0:
		want = ledger.Filtered
	}
	if doc.State != want || doc.Work != 0 || len(deliveries) != written+taken {
		rt.Errorf("%s is %s with work %d, want %s: %d written, %d taken, %d bad, %d deliveries", o.ID, doc.State, doc.Work, want, written, taken, bad, len(deliveries))
	}
	return written
}
