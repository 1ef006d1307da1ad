package push_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// half is a session that answers its first call and is stopped in the second.
func (r *rig) half(stop func() error) {
	r.erp.Fail = func(write int) error {
		if write == 2 {
			return stop()
		}
		return nil
	}
}

func (r *rig) states() map[ledger.DeliveryState]int {
	r.t.Helper()
	stream, err := r.store.OpenStream(r.t.Context(), 1, 2, "orders")
	r.must(err)
	docs, err := r.store.Documents(r.t.Context(), stream.ID, 0, 1000)
	r.must(err)
	out := map[ledger.DeliveryState]int{}
	for _, doc := range docs {
		all, err := r.store.Deliveries(r.t.Context(), doc.ID)
		r.must(err)
		for _, d := range all {
			out[d.State]++
		}
	}
	return out
}

// TestKnownAnswersOutliveTheWalk: of four calls the first is answered, in the second
// we are stopped and the others are not made. What is known is kept.
func TestKnownAnswersOutliveTheWalk(t *testing.T) {
	t.Parallel()
	r := newRig(t, noKey, "operation: bills, rows: 3,")
	for id := range strings.SplitSeq("abcdefghijklm", "") {
		r.put(enginetest.Order{ID: id})
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.half(func() error { cancel(); return context.Canceled })
	r.pull()
	due, err := r.store.Due(t.Context(), ledger.At(r.now), 10)
	r.must(err)
	for _, w := range due {
		_, _ = r.worker.Handle(ctx, w.ID) // the cancellation is its error
	}
	want := map[ledger.DeliveryState]int{ledger.DeliveryDone: 3, ledger.DeliveryUnknown: 3, ledger.DeliveryRetryAt: 4}
	if got := r.states(); !maps.Equal(got, want) {
		t.Errorf("deliveries are %v, want %v", got, want)
	}
	r.erp.Fail = nil
	for range 4 {
		r.later(time.Minute)
	}
	if got := r.states(); got[ledger.DeliveryDone] != 13 {
		t.Errorf("deliveries are %v", got)
	}
	if _, order := r.erp.Bills(); len(order) != 13 {
		t.Errorf("the target holds %v", order)
	}
}

// stumbling is a store whose outcomes fail as long as it is told.
type stumbling struct {
	pushStore
	fail func(ledger.Outcome) error
}

func (s *stumbling) CommitOutcome(ctx context.Context, o ledger.Outcome) (ledger.OutcomeResult, error) {
	if err := s.fail(o); err != nil {
		return ledger.OutcomeResult{}, err
	}
	return s.pushStore.CommitOutcome(ctx, o)
}

// TestAnswersOutliveAFailureBehindThem: the outcome can't be committed, nor the answers
// of the first target before the second is written.
func TestAnswersOutliveAFailureBehindThem(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(ledger.Outcome, int) bool{
		"the outcome":                   func(o ledger.Outcome, _ int) bool { return len(o.Documents) > 0 },
		"the answers of a first target": func(_ ledger.Outcome, n int) bool { return n == 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := two(t)
			n := 0
			store := &stumbling{r.store, func(o ledger.Outcome) error {
				if n++; fails(o, n) {
					return errors.New("the disk is full")
				}
				return nil
			}}
			r.use(store)
			r.put(enginetest.Order{ID: "a"})
			r.pull()
			due, err := r.store.Due(t.Context(), ledger.At(r.now), 1)
			r.must(err)
			if _, err := r.worker.Handle(t.Context(), due[0].ID); err == nil || !strings.Contains(err.Error(), "the disk is full") {
				t.Errorf("error is %v", err)
			}
			if d := r.delivery("a"); d.State != ledger.DeliveryDone {
				t.Errorf("the answer is lost: %+v", d)
			}
			store.fail = func(ledger.Outcome) error { return nil }
			r.later(time.Minute)
			r.want("a", ledger.Delivered, "")
			r.wantWritebacks("a", 2)
			r.wantWrites(1)
		})
	}
}

// TestALookUpThatFailsBacksOff: for as long as the target can't be asked, a document
// is walked less and less often.
func TestALookUpThatFailsBacksOff(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a"})
	r.erp.Lose = func(int) bool { return true }
	r.erp.Deaf = func(int) error { return fault.New("http.unreachable", "no route").Classed(fault.Transient) }
	r.pull()
	r.push()
	for range 3600 {
		r.later(time.Second)
	}
	if r.erp.Probes < 5 || r.erp.Probes > 15 {
		t.Errorf("asked %d times in an hour", r.erp.Probes)
	}
	r.want("a", ledger.RetryAt, "delivery.unknown")
	r.erp.Deaf = nil
	r.later(15 * time.Minute)
	r.want("a", ledger.Delivered, "")
}

// TestATransformThatFailsBacksOff is the same for a node.
func TestATransformThatFailsBacksOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, "class: data", "class: transient")
	r.put(enginetest.Order{ID: "bad", Bad: true})
	r.pull()
	walks, before := 0, ledger.ID(0)
	for range 3600 {
		r.later(time.Second)
		if doc := r.document("bad"); doc.Work != before {
			walks, before = walks+1, doc.Work
		}
	}
	if walks < 5 || walks > 16 {
		t.Errorf("walked %d times in an hour", walks)
	}
}

// TestARowIsNotSentBeforeItsTime: another row of the document is due earlier.
func TestARowIsNotSentBeforeItsTime(t *testing.T) {
	t.Parallel()
	r := lines(t)
	r.erp.Refuse = func(no string) string { return map[string]string{"n1": "missing", "n2": "busy"}[no] }
	r.put(order("a", "n1", "n2"))
	r.pull()
	r.push()
	r.want("a", ledger.RetryAt, "vendor.missing")
	r.erp.Refuse = nil
	r.later(time.Minute)
	r.wantBills("n2")
	if d := r.delivery("n1"); d.State != ledger.DeliveryRetryAt || d.Attempt != 1 {
		t.Errorf("sent before its time: %+v", d)
	}
	r.want("a", ledger.RetryAt, "vendor.missing")
	r.later(5 * time.Minute)
	r.want("a", ledger.Delivered, "")
}

// TestARetryByAPersonDoesNotWait for the time that the engine set.
func TestARetryByAPersonDoesNotWait(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.refuse("a", "missing")
	r.put(enginetest.Order{ID: "a"})
	r.pull()
	r.push()
	r.want("a", ledger.RetryAt, "vendor.missing")
	r.erp.Refuse = nil
	r.act("a", ledger.RetryDocument, nil)
	r.push()
	r.want("a", ledger.Delivered, "")
}

// TestAnOutageRejectsNothing, however long it lasts.
func TestAnOutageRejectsNothing(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*rig) (end func()){
		"the connection can't be opened": func(r *rig) func() {
			r.closed = fault.New("connector.missing", "the connector is not installed").Classed(fault.Config)
			return func() { r.closed = nil }
		},
		"the system can't be reached": func(r *rig) func() {
			r.erp.Fail = func(int) error { return fault.New("http.unreachable", "no route").Classed(fault.Transient).Unapplied() }
			return func() { r.erp.Fail = nil }
		},
		"the password is wrong": func(r *rig) func() {
			r.erp.Fail = func(int) error { return fault.New("vendor.login", "wrong password").Classed(fault.Auth).Unapplied() }
			return func() { r.erp.Fail = nil }
		},
	}
	for name, begin := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			end := begin(r)
			r.put(enginetest.Order{ID: "a"})
			r.pull()
			for range 6 * 60 {
				r.later(time.Minute)
			}
			if doc := r.document("a"); doc.State != ledger.RetryAt {
				t.Errorf("it is %s", doc.State)
			}
			if name == "the connection can't be opened" && len(r.states()) != 0 {
				t.Errorf("attempts were made: %v", r.states())
			}
			end()
			r.later(15 * time.Minute)
			r.want("a", ledger.Delivered, "")
		})
	}
}

// TestAVersionThatCannotRun delays its own documents and says why; others of the same
// work row go on.
func TestAVersionThatCannotRun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a"})
	r.put(enginetest.Order{ID: "b"})
	r.pull()
	broken := fault.New("node.type_unknown", "there is no node type gone").At("spec.nodes[3]").Classed(fault.Config).Hinted("publish anew")
	r.plans = func(ledger.ID) error { return broken }
	r.push()
	r.want("a", ledger.RetryAt, "node.type_unknown")
	if doc := r.document("a"); doc.Attention != 0 {
		t.Errorf("nothing was sent: %+v", doc)
	}
	run, counts, err := r.store.Run(t.Context(), r.runs[0])
	r.must(err)
	if !counts.Settled() {
		t.Errorf("the run %d never ends: %v", run.ID, counts)
	}
	r.act("b", ledger.RetryDocument, func(repair *ledger.Repair) { repair.Version = 4 })
	r.plans = func(version ledger.ID) error {
		if version == 3 {
			return broken
		}
		return nil
	}
	r.push()
	r.want("b", ledger.Delivered, "")
	r.plans = nil
	r.later(15 * time.Minute)
	r.want("a", ledger.Delivered, "")
}

// TestAVersionThatCannotRunIsNotOvertaken: a worker died with an answer on its way.
func TestAVersionThatCannotRunIsNotOvertaken(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a"})
	r.erp.Lose = func(write int) bool { return write == 1 }
	r.use(&stumbling{r.store, func(ledger.Outcome) error { return errors.New("the disk is full") }})
	r.pull()
	due, err := r.store.Due(t.Context(), ledger.At(r.now), 1)
	r.must(err)
	_, _ = r.worker.Handle(t.Context(), due[0].ID) // the store's failure is its error
	r.use(r.store)
	r.plans = func(ledger.ID) error { return fault.New("node.type_unknown", "gone").Classed(fault.Config) }
	r.put(enginetest.Order{ID: "a", Amount: "2", Modified: r.now})
	r.now = r.now.Add(2 * time.Minute)
	r.pull()
	r.push()
	if doc := r.document("a"); doc.ActiveRev != 1 || doc.LatestRev != 2 || doc.Attention&ledger.Uncertain == 0 {
		t.Errorf("%+v", doc)
	}
	r.plans = nil
	r.later(15 * time.Minute)
	r.want("a", ledger.Delivered, "")
	r.wantWrites(1)
}

// TestCallsCarryTheTraceOfTheRun and look-ups are recorded beside them.
func TestCallsCarryTheTraceOfTheRun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a"})
	r.erp.Lose = func(write int) bool { return write == 1 }
	r.pull()
	r.push()
	r.later(time.Minute)
	r.want("a", ledger.Delivered, "")
	if len(r.erp.Metas) != 2 {
		t.Fatalf("%d calls", len(r.erp.Metas))
	}
	for _, meta := range r.erp.Metas {
		if meta.TraceID != "trace-0" || meta.RunID == "" || meta.Attempt != 1 {
			t.Errorf("a call carries %+v", meta)
		}
	}
	probes := r.store.Probes()
	if len(probes) != 1 || len(probes[0].Rows) != 1 {
		t.Fatalf("look-ups are %+v", probes)
	}
	p := probes[0]
	if p.Call.Kind != ledger.ProbeCall || p.Call.TraceID != "trace-0" || p.Call.Operation != "bills" || p.Call.Connection != 5 || p.End.Code != "" || p.Call.ID != p.End.ID {
		t.Errorf("the look-up is %+v", p)
	}
	if row := p.Rows[0]; row.DeliveryKey != r.delivery("a").DeliveryKey || row.Attempt != 1 || row.State != ledger.DeliveryDone {
		t.Errorf("its row is %+v", row)
	}
}

// TestPortsHaveNames: what leaves a source is counted at its port.
func TestPortsHaveNames(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a"})
	r.pull()
	r.push()
	ports := r.store.Ports(r.runs[0])
	for _, key := range ports {
		if key.Slot == ledger.PortSlot("") {
			t.Errorf("node %d has traffic at a port without a name", key.NodeNo)
		}
	}
	if !slices.Contains(ports, ledger.CountKey{Run: r.runs[0], NodeNo: r.plan.Sources[0].NodeNo, Slot: ledger.PortSlot("out")}) {
		t.Errorf("ports are %v", ports)
	}
}
