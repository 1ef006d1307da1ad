// Package dryrun takes documents through a flow with nothing written: they are read by
// the real source, walked, and compared with what the target holds now. It is handed
// sessions that can't write and reads the ledger alone, so a dry run moves no cursor, enters no
// document and sends nothing. Results are kept in this process, few and for a while.
//
// It may import server/access, engine/flow, ledger, lookup, plan, pull, push and
// readonly, and the sdk with its tables: never a store, HTTP, engine/deliver or a session that writes.
package dryrun

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/readonly"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// Bounds of a dry run and of what is kept.
const (
	DefaultCount = 20
	MostCount    = 500
	// mostKept are the dry runs of a workspace that are kept, mostAtOnce those under way.
	mostKept, mostAtOnce = 8, 2
	// KeptFor is how long a dry run is kept after its end, patience how long it may take.
	KeptFor, patience = time.Hour, 30 * time.Minute
	// mostBytes bounds the bodies that a dry run keeps.
	mostBytes = 48 << 20
)

// Compiler compiles documents.
type Compiler interface {
	// Compile gives no plan when a problem blocks.
	Compile(ctx context.Context, workspace ledger.ID, doc *flow.Document) (*plan.Plan, []flow.Problem)
}

// Connections open connections of a workspace for reading.
type Connections interface {
	Read(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, *readonly.Session, error)
}

// Records tell what is on record. Nothing here changes it.
type Records interface {
	// Standing gives how the documents of a stream stand, by their keys; who is not on
	// record is left out.
	Standing(ctx context.Context, workspace ledger.ID, flow, node string, keys []string) (map[string]Standing, error)
	// Owners gives the documents that own target keys of a connection's resource.
	Owners(ctx context.Context, workspace, connection ledger.ID, resource string, keys []string) (map[string]Owner, error)
}

// Standing is how a document stands: the hash of its newest revision from the source,
// whether a revision was delivered, and its deliveries without their bodies.
type Standing struct {
	Document   ledger.ID
	SourceHash int64
	Delivered  bool
	Deliveries []ledger.Delivery
}

// Owner is the document that owns a target key.
type Owner struct {
	Document    ledger.ID
	Key, Number string
}

// Config wires a Service.
type Config struct {
	Compiler    Compiler
	Connections Connections
	// Records are the ledger; nil has none on record.
	Records Records
	// Lookups answer what records look up; nil finds nothing.
	Lookups lookup.Answerer
	// Tried is told when a dry run of a workspace came to its end; nil is told nothing.
	Tried func(ctx context.Context, workspace ledger.ID)
	Clock func() time.Time
	NewID func() string
	Log   *slog.Logger
}

// Service runs flows dry. It is safe for concurrent use.
type Service struct {
	Config

	puller *pull.Puller

	mu   sync.Mutex
	runs []*run // the oldest first
	work sync.WaitGroup
	over bool
}

// New makes a Service. The caller closes it.
func New(c Config) *Service {
	if c.Records == nil {
		c.Records = nothing{}
	}
	if c.Lookups == nil {
		c.Lookups = lookup.Nothing{}
	}
	return &Service{Config: c, puller: pull.New(pull.Config{
		Lookups: c.Lookups, Clock: pull.Clock(c.Clock), Log: c.Log, Tries: 3, CallTimeout: time.Minute,
	})}
}

// Asked is what a person wants to see.
type Asked struct {
	// Flow is the flow's public id, Document what is tried of it, Version where it came
	// from: "draft", or the number of a version.
	Flow, Version string
	Document      []byte
	// Node is the source; "" is the first.
	Node string
	// Count is how many documents; 0 is DefaultCount.
	Count int
	// From and To are a range of time; zero looks back from now. Numbers name documents instead.
	From, To time.Time
	Numbers  []string
}

// State is how far a dry run is.
type State string

// The states.
const (
	Running   State = "running"
	Done      State = "done"
	Cancelled State = "cancelled"
	Failed    State = "failed"
)

// Verdict is what would become of a document or of one of its writes.
type Verdict string

// The verdicts. Decide: a person would be asked. Unknown: what the target holds could
// not be found out.
const (
	Create   Verdict = "create"
	Update   Verdict = "update"
	Skip     Verdict = "skip"
	Reject   Verdict = "reject"
	Decide   Verdict = "decide"
	Filtered Verdict = "filtered"
	Unmapped Verdict = "unmapped"
	Unknown  Verdict = "unknown"
)

// Verdicts lists them, the gravest first: a document takes the gravest of its writes.
func Verdicts() []Verdict {
	return []Verdict{Reject, Decide, Unmapped, Unknown, Update, Create, Skip, Filtered}
}

// Summary is a dry run without its documents.
type Summary struct {
	ID, Flow, Version, Node string
	State                   State
	// Fault says why it failed.
	Fault *fault.Fault
	// Count is how many documents were wanted, Read how many came.
	Count, Read int
	// Dropped is how many records the source's conditions let go on the way.
	Dropped  int
	Verdicts map[Verdict]int
	// Clipped says that bodies were left out because there were too many bytes.
	Clipped        bool
	From, To       time.Time
	Numbers        []string
	Started, Ended time.Time
}

// Document is one document, side by side.
type Document struct {
	// No counts from 1 in the order of reading.
	No          int
	Key, Number string
	Verdict     Verdict
	// Fault says why; Node is where.
	Fault  *fault.Fault
	Node   string
	Source json.RawMessage
	Writes []Write

	hash int64
}

// Write is a call that was not made, for one row.
type Write struct {
	Node, Connection, Operation string
	Mode                        connector.Mode
	Key                         string
	Verdict                     Verdict
	// Request is the row; Params are the parameters beside it.
	Request, Params json.RawMessage
	// Looked says whether the target was asked: "found", "absent", "not_offered" or "failed".
	Looked string
	// ID, Number and Existing are the object that the target holds.
	ID, Number string
	Existing   json.RawMessage
	Fault      *fault.Fault

	same bool
}

// run is a dry run that is kept.
type run struct {
	Summary

	workspace ledger.ID
	cancel    context.CancelFunc
	documents []Document
	bytes     int
}

// Start begins a dry run in the background. Whoever calls has made sure that the
// document is the caller's to read.
func (s *Service) Start(ctx context.Context, asked Asked) (Summary, error) {
	caller, err := access.Here(ctx, access.Edit)
	if err != nil {
		return Summary{}, err
	}
	if asked.Count == 0 {
		asked.Count = max(DefaultCount, len(asked.Numbers))
	}
	if asked.Count < 1 || asked.Count > MostCount || len(asked.Numbers) > MostCount {
		return Summary{}, fault.New("dryrun.count", "a dry run takes 1 to %d documents", MostCount).At("count").Classed(fault.Data)
	}
	if asked.From.IsZero() != asked.To.IsZero() || !asked.From.IsZero() && !asked.To.After(asked.From) {
		return Summary{}, fault.New("dryrun.range", "a range needs a beginning and a later end").At("to").Classed(fault.Data)
	}
	docs, err := flow.Parse(asked.Document)
	if err != nil {
		return Summary{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	if s.over || s.under(caller.Workspace) >= mostAtOnce {
		return Summary{}, fault.New("dryrun.busy", "%d dry runs are under way", mostAtOnce).Classed(fault.Transient).
			Hinted("wait for one to end, or cancel it")
	}
	background, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	r := &run{workspace: caller.Workspace, cancel: cancel, Summary: Summary{
		ID: s.NewID(), Flow: asked.Flow, Version: asked.Version, Node: asked.Node, State: Running, Count: asked.Count,
		Verdicts: map[Verdict]int{}, From: asked.From, To: asked.To, Numbers: asked.Numbers, Started: s.Clock(),
	}}
	s.runs = append(s.runs, r)
	s.forget()
	s.work.Go(func() {
		defer cancel()
		if s.end(background, r, s.read(background, r, docs[0])) && s.Tried != nil {
			s.Tried(context.WithoutCancel(background), r.workspace)
		}
	})
	return r.shown(), nil
}

// end settles a dry run that is over, and tells whether it came to its end.
func (s *Service) end(ctx context.Context, r *run, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Ended = s.Clock()
	switch {
	case r.State == Cancelled:
	case ctx.Err() != nil:
		r.State, r.Fault = Failed, fault.New("dryrun.too_long", "the dry run took longer than %d minutes", int(patience.Minutes())).
			Classed(fault.Transient).Hinted("try fewer documents, or a shorter range")
	case err != nil:
		r.State, r.Fault = Failed, fault.From(err)
	default:
		r.State = Done
	}
	return r.State == Done
}

// under counts a workspace's dry runs that are under way; the lock is held.
func (s *Service) under(workspace ledger.ID) (n int) {
	for _, r := range s.runs {
		if r.workspace == workspace && r.Ended.IsZero() {
			n++
		}
	}
	return n
}

// forget lets go of what is old or too much; the lock is held.
func (s *Service) forget() {
	of := map[ledger.ID]int{}
	for _, r := range s.runs {
		of[r.workspace]++
	}
	var kept []*run
	for _, r := range s.runs {
		over := !r.Ended.IsZero()
		if over && (of[r.workspace] > mostKept || s.Clock().Sub(r.Ended) > KeptFor) {
			of[r.workspace]--
			continue
		}
		kept = append(kept, r)
	}
	s.runs = kept
}

// Close cancels what is under way and waits for it.
func (s *Service) Close() {
	s.mu.Lock()
	s.over = true
	for _, r := range s.runs {
		if r.Ended.IsZero() {
			r.State = Cancelled
			r.cancel()
		}
	}
	s.mu.Unlock()
	s.work.Wait()
}
