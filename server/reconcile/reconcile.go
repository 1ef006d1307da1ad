// Package reconcile compares what a flow's source holds with what arrived in the target
// (对账), by hand or by a schedule, keeps what differs, and has exactly the missing
// documents written (补传). Both sides are read as flows read: each is the source node of
// a published flow, the target's that of a flow that only queries it. Nothing is written
// while two systems are compared.
//
// It may import server/access, server/loop, server/bulk, the engine's comparison, plans
// and pulling, and the sdk: never a database or HTTP.
package reconcile

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/reconcile"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/server/bulk"
	"github.com/karezflow/karez/server/loop"
)

// Node names a source node of a flow by the flow's public id.
type Node struct {
	Flow string `json:"flow"`
	Node string `json:"node"`
}

// Check is a comparison that is made again and again.
type Check struct {
	ID, Workspace ledger.ID
	Title         string
	// Source is the flow whose documents have to arrive, Target what reads where they arrive.
	Source, Target Node
	Spec           reconcile.Spec
	// Days is how many days back from now are compared, Margin how many more are read on
	// each side of them, for what the two systems date differently.
	Days, Margin int
	// Schedule is a cron text in Zone, "" where it is made by hand only.
	Schedule, Zone string
	// Version counts the changes from 1.
	Version int
	By      string
	Updated ledger.Millis
}

// State is how far a comparison is.
type State string

// The states. A comparison whose process died is Failed with "reconcile.interrupted".
const (
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Run is one comparison.
type Run struct {
	ID, Workspace, Check ledger.ID
	// Version is that of the check as it was compared.
	Version int
	State   State
	// By is who ordered it, "" for the schedule.
	By string
	// From and To are what is compared, by the source's clock.
	From, To       ledger.Millis
	Started, Ended ledger.Millis
	// Read counts the records that were read so far of either side.
	Read [2]int
	// Source, Target and Same count documents; Excused those that the target does not hold
	// and that the flow meant not to write; Counts the findings by verdict.
	Source, Target, Same, Excused int
	Counts                        map[reconcile.Verdict]int
	Groups                        []reconcile.Group
	// Code, Message and Args say why it failed.
	Code, Message string
	Args          map[string]string
	// Lease is until when its process is believed to live.
	Lease ledger.Millis
	// Repaired is when what is missing was ordered to be written, 0 for never.
	Repaired ledger.Millis
}

// Finding is a document that is not the same on both sides.
type Finding struct {
	No int
	reconcile.Finding

	// Document is where it stands in the ledger now; its ID is 0 where it was never read.
	Document Standing
	// standing is that of each of its records.
	standing []Standing
}

// Standing is how a document stands in the ledger.
type Standing struct {
	ID    ledger.ID
	State ledger.State
	Code  string
	// Updated is when it last changed.
	Updated ledger.Millis
}

// MostFindings is how many findings of a comparison are kept; the counts are of all.
const MostFindings = 10_000

// Store is what the service needs of a database. Every method is one transaction.
type Store interface {
	Checks
	Runs
	Leases
	Findings
	Ledger
}

// Checks keep comparisons.
type Checks interface {
	// Checks gives those of a workspace with their newest run, by title.
	Checks(ctx context.Context, workspace ledger.ID) ([]Listed, error)
	// Check gives one; ledger.ErrNotFound.
	Check(ctx context.Context, workspace, id ledger.ID) (Check, error)
	// Put keeps one, a new one where its ID is 0; false where its version is not the one on record.
	Put(ctx context.Context, c Check) (Check, bool, error)
	// Delete removes one with its runs.
	Delete(ctx context.Context, workspace, id ledger.ID) error
	// Scheduled gives those of all workspaces that have a schedule, with when each was last begun by it.
	Scheduled(ctx context.Context) ([]Listed, error)
}

// Listed is a check with its newest run, nil where there is none. Fired is when it was last
// begun by its schedule.
type Listed struct {
	Check

	Last  *Run
	Fired ledger.Millis
}

// Runs keep what comparisons came to.
type Runs interface {
	// Begin keeps a run that begins; false where the check has a running one, or where its
	// schedule began it for this instant already. fire is 0 where a person ordered it.
	Begin(ctx context.Context, r Run, fire ledger.Millis) (Run, bool, error)
	// Keep keeps the progress of a running one.
	Keep(ctx context.Context, r Run) error
	// End keeps the end of a run with its findings.
	End(ctx context.Context, r Run, found []reconcile.Finding) error
	// Run gives one; ledger.ErrNotFound.
	Run(ctx context.Context, workspace, id ledger.ID) (Run, error)
	// List gives those of a check, the newest first.
	List(ctx context.Context, workspace, check ledger.ID, limit int) ([]Run, error)
	// Stop asks a running one to stop.
	Stop(ctx context.Context, workspace, id ledger.ID) error
}

// Leases tell which runs have a process that makes them.
type Leases interface {
	// Renew renews the lease of a running one and tells whether it is to stop, as it is
	// where it was taken for lost.
	Renew(ctx context.Context, run ledger.ID, until ledger.Millis) (stop bool, err error)
	// Lost ends the runs whose lease is over.
	Lost(ctx context.Context, now ledger.Millis) error
}

// Findings tell what runs found.
type Findings interface {
	// Repairing notes that what is missing is ordered to be written; false where it was before.
	Repairing(ctx context.Context, workspace, id ledger.ID, now ledger.Millis) (bool, error)
	// Unrepaired takes that back.
	Unrepaired(ctx context.Context, workspace, id ledger.ID) error
	// Findings gives those of a run behind a number, of one verdict or of all.
	Findings(ctx context.Context, run ledger.ID, kind reconcile.Verdict, after, limit int) ([]Finding, error)
}

// Ledger tells how documents stand.
type Ledger interface {
	// Flow gives a flow's id and its published version, 0 where there is none; ledger.ErrNotFound.
	Flow(ctx context.Context, workspace ledger.ID, publicID string) (flow, version ledger.ID, err error)
	// Standings tells of the documents of a source node with these keys.
	Standings(ctx context.Context, flow ledger.ID, node string, keys []string) (map[string]Standing, error)
}

// Plans give compiled versions.
type Plans interface {
	Plan(ctx context.Context, version ledger.ID) (*plan.Plan, error)
}

// Connections open systems.
type Connections interface {
	Open(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, connector.Session, error)
}

// Repairs has documents written.
type Repairs interface {
	// PullNumbers fetches documents by their numbers.
	PullNumbers(ctx context.Context, flow string, numbers []string) (ledger.ID, error)
	// StartJob acts on many documents.
	StartJob(ctx context.Context, req bulk.Request) (bulk.Job, error)
}

// Config wires a Service.
type Config struct {
	Store       Store
	Plans       Plans
	Connections Connections
	Repairs     Repairs
	// Lookups answer what requests look up; nil finds nothing.
	Lookups lookup.Answerer
	// Next gives when a schedule fires next after an instant, the zero time for never.
	Next  func(cron, zone string, after time.Time) (time.Time, error)
	Clock func() time.Time
	Log   *slog.Logger
	// Every is how often it looks whether something is due, Lease how long a process is
	// believed to live. Default 10 s and 2 min.
	Every, Lease time.Duration
}

// Service compares. Its faults, beside those of engine/reconcile and of reading:
// "auth.…", "object.missing", "reconcile.changed", "reconcile.outdated", "reconcile.running", "reconcile.repaired", "reconcile.not_done", "reconcile.days_invalid",
// "reconcile.node_missing", "flow.not_published".
type Service struct {
	Config

	puller *pull.Puller
	loop   loop.Loop

	mu    sync.Mutex
	work  sync.WaitGroup
	ctx   context.Context //nolint:containedctx // that of the process: a comparison outlives the request for it
	close context.CancelFunc
}

// New makes a Service. The caller stops it.
func New(c Config) *Service {
	if c.Lookups == nil {
		c.Lookups = lookup.Nothing{}
	}
	if c.Every == 0 {
		c.Every = 10 * time.Second
	}
	if c.Lease == 0 {
		c.Lease = 2 * time.Minute
	}
	s := &Service{Config: c, puller: pull.New(pull.Config{Lookups: c.Lookups, Clock: pull.Clock(c.Clock), Log: c.Log, Tries: 3, CallTimeout: time.Minute})}
	s.ctx, s.close = context.WithCancel(context.Background())
	return s
}

// Start begins what its schedule is due for, until Stop.
func (s *Service) Start(ctx context.Context) {
	s.loop.Start(ctx, s.Every, s.Log, "comparisons could not be scheduled; they are tried again", s.Tick)
}

// Stop ends what is under way and waits for it.
func (s *Service) Stop() {
	s.loop.Stop()
	s.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.work.Wait()
}

func (s *Service) now() ledger.Millis { return ledger.At(s.Clock()) }
