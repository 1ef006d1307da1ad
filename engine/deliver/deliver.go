// Package deliver writes to targets: intents are committed before the first byte
// leaves, answers are matched to rows, and what happens after a lost answer
// follows the class that the connector's manifest declares.
//
// It may import engine/ledger, engine/plan, engine/value and the sdk: never a
// database or a connector process.
package deliver

import (
	"context"
	"log/slog"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
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
	// Retry decides when a row that was not applied is tried again.
	Retry Retry
}

// Retry is the policy for rows that were not applied and may pass later.
type Retry struct {
	// First is the wait after the first attempt, doubled with each up to Most.
	// Defaults 2 s and 10 min.
	First, Most time.Duration
	// Attempts is the budget; a row that used it up is rejected. Default 20.
	Attempts int
	// Business is the wait for base data or stock. Default 10 min.
	Business time.Duration
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
	if c.Retry.First == 0 {
		c.Retry.First = 2 * time.Second
	}
	if c.Retry.Most == 0 {
		c.Retry.Most = 10 * time.Minute
	}
	if c.Retry.Attempts == 0 {
		c.Retry.Attempts = 20
	}
	if c.Retry.Business == 0 {
		c.Retry.Business = 10 * time.Minute
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
	// Session must implement connector.Writer, and connector.Prober where the
	// manifest says so.
	Session        connector.Session
	TraceID, RunID string
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
}

// Result is where a row stands after the stage.
type Result struct {
	State      ledger.DeliveryState
	ID, Number string
	// Response is the target's answer for the row.
	Response []byte
	// Warned says that the target accepted with a warning.
	Warned bool
	// Fault says why the row is not done.
	Fault *fault.Fault
	// RetryAt is set for retry_at and unknown.
	RetryAt ledger.Millis
}

// Sent is what a stage did. Calls and Resolutions are still to be committed.
type Sent struct {
	Results     []Result
	Calls       []ledger.CallEnd
	Resolutions []ledger.Resolution
}

// Send takes rows as far as they get in one go: recorded results are used again,
// uncertain rows are looked up, the rest is sent. Its error is ledger.ErrFenced
// or a failure of the store; what the vendor answers ends in the results.
func (s *Sender) Send(ctx context.Context, stage Stage, rows []Row) (*Sent, error) {
	st := &stageRun{Sender: s, Stage: stage, rows: rows, attempts: make([]int, len(rows)), older: make([]bool, len(rows))}
	st.out.Results = make([]Result, len(rows))
	var probe, send []int
	for i := range rows {
		switch st.decide(i) {
		case actProbe:
			probe = append(probe, i)
		case actSend:
			send = append(send, i)
		case actNone:
		}
	}
	absent := st.probe(ctx, probe)
	if err := st.send(ctx, append(send, absent...)); err != nil {
		return nil, err
	}
	return &st.out, nil
}

// action is what a row needs.
type action int8

const (
	actNone action = iota
	actProbe
	actSend
)

// decide says what a row needs and fills in the result where it needs nothing.
func (st *stageRun) decide(i int) action {
	row, old := st.rows[i], st.rows[i].Existing
	if old == nil {
		return actSend
	}
	st.attempts[i] = old.Attempt
	switch {
	case old.State == ledger.DeliveryDone:
		done := Result{State: ledger.DeliveryDone, ID: old.TargetID, Number: old.TargetNumber, Response: old.Response}
		if old.Rev != row.Rev {
			done = st.revised(done)
		}
		st.out.Results[i] = done
		return actNone
	case old.State == ledger.DeliveryPending:
		// A person ordered this very body to be written.
		st.rows[i].Body = old.Body
		return actSend
	case old.State == ledger.DeliveryNeedsDecision:
		st.out.Results[i] = Result{State: old.State, Fault: fault.New(old.Code, "%s", old.Message)}
		return actNone
	case old.State.Uncertain():
		return st.uncertain(i)
	default:
		return actSend
	}
}

// revised is what a row comes to that is in the target as of an earlier revision.
// The delivery stays done: it is the document that waits for a person.
func (st *stageRun) revised(done Result) Result {
	if st.onRevised() == "ignore" {
		return done
	}
	return Result{State: ledger.DeliveryNeedsDecision, ID: done.ID, Number: done.Number, Fault: fault.New("delivery.revised",
		"the source changed after it was written as %s", done.Number).Hinted("compare both and decide which one counts")}
}

// uncertain applies the class of the operation to a row whose answer is lost.
func (st *stageRun) uncertain(i int) action {
	mode := st.Target.Mode(connector.Create)
	old := st.rows[i].Existing
	if mode.Class == "C" && old.Rev != st.rows[i].Rev {
		return actSend // an update that is not the newest is not sent again
	}
	st.rows[i].Body, st.older[i] = old.Body, old.Rev != st.rows[i].Rev
	switch {
	case mode.Class == "A" || mode.Class == "C":
		return actSend
	case mode.Probe:
		if due := max(old.NextAt, old.Updated.Add(mode.ReadLag.Std())); due > st.now() {
			st.out.Results[i] = Result{State: ledger.DeliveryUnknown, RetryAt: due, Fault: errUnknown()}
			return actNone
		}
		return actProbe
	default:
		st.resolve(i, Result{State: ledger.DeliveryNeedsDecision, Fault: fault.New("delivery.unknown",
			"the answer to the write was lost and the target offers no way to look it up").
			Hinted("look in the target whether the document arrived, then decide")}, 0)
		return actNone
	}
}

func (st *stageRun) onRevised() string {
	if st.Target.OnRevised != "" {
		return st.Target.OnRevised
	}
	return st.Target.Operation.Writing.OnRevised
}

func errUnknown() *fault.Fault {
	return fault.New("delivery.unknown", "the answer to the write was lost; the target is asked again shortly").Classed(fault.Transient)
}
