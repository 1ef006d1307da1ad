// Package deliver writes to targets: intents are committed before the first byte
// leaves, answers are matched to rows, and what happens after a lost answer
// follows the class that the connector's manifest declares.
//
// It may import engine/ledger, engine/plan, engine/retry and the sdk: never a
// database or a connector process.
package deliver

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// Config sets how a Sender works.
type Config struct {
	Store Store
	Clock func() time.Time
	Log   *slog.Logger
	// InFlight is how many calls of one stage run at a time. Default 4.
	InFlight int
	// CallTimeout bounds one vendor call. Default 2 min.
	CallTimeout time.Duration
}

// Sender writes documents to targets. It keeps nothing between calls.
type Sender struct{ Config }

// New gives a Sender with the defaults filled in.
func New(c Config) *Sender {
	if c.InFlight == 0 {
		c.InFlight = 4
	}
	if c.CallTimeout == 0 {
		c.CallTimeout = 2 * time.Minute
	}
	return &Sender{c}
}

// Stage is one target node reached by a walk.
type Stage struct {
	Claim      ledger.Claim
	Workspace  ledger.ID
	Connection ledger.ID
	NodeNo     int
	Target     *plan.Target
	// Mode is that of the write; "" is connector.Create.
	Mode connector.Mode
	// Session must implement connector.Writer, and connector.Prober where the
	// manifest says so.
	Session        connector.Session
	TraceID, RunID string
	// Tries counts the walks in a row that the documents were sent on, for backing off.
	Tries int
}

// Row is one target document.
type Row struct {
	Document ledger.ID
	Rev      int
	Version  ledger.ID
	Part     int
	// Key is the target key; Params the call's other parameters; Body the mapped row.
	Key    string
	Params []byte
	Body   []byte
	// Existing is the delivery on record, nil when there is none.
	Existing *ledger.Delivery
	// Resumed says that the engine walks the document again by itself, for the sake of
	// a row that is open: what the target refused of it is not sent again.
	Resumed bool
}

// Result is where a row stands after the stage.
type Result struct {
	State      ledger.DeliveryState
	ID, Number string
	// Response is the target's answer for the row.
	Response []byte
	// Attempt is the one that succeeded, for a row that is done.
	Attempt int
	// Warned says that the target accepted with a warning, Kept that a writeback is on
	// record with the row.
	Warned, Kept bool
	// Fault says why the row is not done.
	Fault *fault.Fault
	// RetryAt is set for retry_at and unknown.
	RetryAt ledger.Millis
	// Feed is the base data that a row waits for besides its time, nil for none.
	Feed *ledger.Feed
}

// Sent is what a stage did. Calls and Resolutions are still to be committed.
type Sent struct {
	Results     []Result
	Calls       []ledger.CallEnd
	Probes      []ledger.Probed
	Resolutions []ledger.Resolution
	// Stale are documents one of whose deliveries somebody else resolved meanwhile.
	Stale []ledger.ID
}

// Send takes rows as far as they get in one go: recorded results are used again,
// uncertain rows are looked up, the rest is sent, and what was written goes through the
// target's steps. Its error is ledger.ErrFenced
// or a failure of the store; what the vendor answers ends in the results. With an
// error it gives what is known by then and to be committed all the same; the results
// are incomplete then.
func (s *Sender) Send(ctx context.Context, stage Stage, rows []Row) (*Sent, error) {
	st, todo := s.begin(stage, rows, nil)
	err := st.settle(ctx, todo)
	if err == nil {
		err = st.steps(ctx, todo.step)
	}
	return st.finish(), err
}

// settle looks up what is uncertain and sends what is to be sent.
func (st *stageRun) settle(ctx context.Context, todo todo) error {
	absent, over := st.probe(ctx, todo.probe)
	free, err := st.preProbe(ctx, todo.send)
	if err != nil {
		return err
	}
	return st.send(ctx, slices.Concat(free, absent, over))
}

// Hold settles rows whose target can't be reached at present, for the reason why:
// recorded results are used again, the rest waits. Nothing is sent and no attempt made.
func (s *Sender) Hold(stage Stage, rows []Row, why *fault.Fault) *Sent {
	st, todo := s.begin(stage, rows, nil)
	for _, e := range slices.Concat(todo.probe, todo.send, todo.step) {
		st.hold(e, why)
	}
	return st.finish()
}

// todo is what rows need: those to be looked up, those to be sent, and those that are
// written and have steps to go.
type todo struct{ probe, send, step []*entry }

// begin decides what each row needs, for the write or a step behind it.
func (s *Sender) begin(stage Stage, rows []Row, step *stepping) (*stageRun, todo) {
	st := &stageRun{Sender: s, Stage: stage, step: step, rows: entries(rows)}
	var todo todo
	for _, e := range st.rows {
		switch st.decide(e) {
		case actProbe:
			todo.probe = append(todo.probe, e)
		case actSend:
			todo.send = append(todo.send, e)
		case actStep:
			todo.step = append(todo.step, e)
		case actNone:
		}
	}
	return st, todo
}

// hold lets a row wait that needs a call which can't be made.
func (st *stageRun) hold(e *entry, why *fault.Fault) {
	r := Result{State: ledger.DeliveryRetryAt, Fault: why, RetryAt: st.now().Add(st.wait(e, unreached(why), why))}
	if old := e.Existing; old != nil && old.State.Uncertain() {
		r.State = ledger.DeliveryUnknown
	}
	e.result = r
}

// action is what a row needs.
type action int8

const (
	actNone action = iota
	actProbe
	actSend
	actStep
)

// decide says what a row needs and fills in the result where it needs nothing.
func (st *stageRun) decide(e *entry) action {
	row, old := e.Row, e.Existing
	if old == nil {
		return actSend
	}
	e.attempt, e.updating, e.id = old.Attempt, old.Updating, old.TargetID
	if old.Rev == row.Rev && (old.State == ledger.DeliveryRetryAt || old.State.Uncertain()) {
		e.spent, e.since = old.Spent, old.Since
	}
	switch {
	case old.State == ledger.DeliveryDone && old.Rev >= row.Rev:
		e.result = recordedDone(old)
		return actNone
	case old.State == ledger.DeliveryDone, old.Step != "" && old.Rev < row.Rev && !old.State.Uncertain() && old.State != ledger.DeliveryNeedsDecision:
		return st.revise(e)
	case old.State == ledger.DeliveryNeedsDecision,
		old.State == ledger.DeliveryRejected && row.Resumed && old.Rev == row.Rev,
		old.State == ledger.DeliveryRetryAt && old.NextAt > st.now() && old.Rev == row.Rev:
		f := st.recorded(old)
		e.result = Result{State: old.State, Fault: f, RetryAt: old.NextAt, Feed: st.feed(f, old.Updated)}
		return actNone
	case old.Step != "" && st.step == nil:
		return actStep
	case old.State == ledger.DeliveryPending:
		// A person ordered this very body to be written.
		e.Body = old.Body
		return st.sendable(e)
	case old.State.Uncertain():
		return st.uncertain(e)
	default:
		return st.sendable(e)
	}
}

// recordedDone gives the result of a delivery that is done.
func recordedDone(old *ledger.Delivery) Result {
	return Result{
		State: ledger.DeliveryDone, ID: old.TargetID, Number: old.TargetNumber, Response: old.Response, Attempt: old.Attempt, Kept: old.Writeback != nil,
	}
}

// sendable lets a row be sent, where it updates an object if that can be.
func (st *stageRun) sendable(e *entry) action {
	if f := st.unnamed(e); f != nil {
		e.result = Result{State: ledger.DeliveryNeedsDecision, Fault: f, ID: e.id}
		return actNone
	}
	return actSend
}

// recorded gives the fault that a delivery was settled with.
func (st *stageRun) recorded(old *ledger.Delivery) *fault.Fault {
	return st.Target.Manifest.Classify(st.Target.Operation.Name, &fault.Fault{Code: old.Code, Message: old.Message, Args: old.Args})
}

// revise decides about a row that is in the target as of an earlier revision.
func (st *stageRun) revise(e *entry) action {
	if old := e.Existing; st.onRevised() == "ignore" && old.State != ledger.DeliveryDone {
		return actStep // what is there goes its way to the end
	}
	if st.onRevised() != update {
		e.result = st.revised(recordedDone(e.Existing))
		return actNone
	}
	e.updating = true
	return st.sendable(e)
}

// revised is what a row comes to that is in the target as of an earlier revision.
// The delivery stays done: it is the document that waits for a person, or is walked again
// to update the object.
func (st *stageRun) revised(done Result) Result {
	why := fault.New("delivery.revised", "the source changed after it was written as %s", done.Number)
	out := Result{State: ledger.DeliveryNeedsDecision, ID: done.ID, Number: done.Number, Attempt: done.Attempt, Fault: why.Hinted("compare both and decide which one counts")}
	switch st.onRevised() {
	case "ignore":
		return done
	case update:
		out.State, out.RetryAt, out.Fault = ledger.DeliveryRetryAt, st.now(), why.Classed(fault.Transient)
	}
	return out
}

// update is the policy that changes what the target holds.
const update = "update"

// uncertain applies the class of the operation to a row whose answer is lost.
func (st *stageRun) uncertain(e *entry) action {
	if f := st.unnamed(e); f != nil {
		e.result = Result{State: ledger.DeliveryNeedsDecision, Fault: f, ID: e.id}
		return actNone
	}
	mode := st.modeOf(e)
	old := e.Existing
	if mode == nil {
		return actSend // there is nothing to call any more, so the row is held
	}
	if mode.Class == manifest.Upsert && old.Rev != e.Rev {
		return actSend // an update that is not the newest is not sent again
	}
	if e.older = old.Rev != e.Rev; st.step == nil {
		e.Body = old.Body
	}
	again, due := mode.Class == manifest.NativeKey || mode.Class == manifest.Upsert, old.NextAt
	if !again && mode.Probe {
		due = max(due, old.Updated.Add(mode.ReadLag.Std()))
	}
	switch {
	case failpoint.Wrong(failpoint.BlindResend):
		return actSend
	case (again || mode.Probe) && due > st.now():
		e.result = Result{State: ledger.DeliveryUnknown, RetryAt: due, Fault: errUnknown()}
		return actNone
	case again:
		return actSend
	case mode.Probe:
		return actProbe
	default:
		st.resolve(e, Result{State: ledger.DeliveryNeedsDecision, Fault: fault.New("delivery.unknown",
			"the answer to the write was lost and the target offers no way to look it up").
			Hinted(lookThere)}, 0)
		return actNone
	}
}

func (st *stageRun) onRevised() string {
	if st.Target.OnRevised != "" {
		return st.Target.OnRevised
	}
	return st.Target.Operation.Writing.OnRevised
}

// lookThere is the hint where only a person can find out.
const lookThere = "look in the target whether the document arrived, then decide"

func errUnknown() *fault.Fault {
	return fault.New("delivery.unknown", "the answer to the write was lost; the target is asked again shortly").Classed(fault.Transient)
}
