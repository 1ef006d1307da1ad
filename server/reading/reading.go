// Package reading shows people how far a flow's sources are read, and lets them look for
// what was missed, read the past and put a cursor elsewhere.
//
// It may import server/access, engine/flow, engine/ledger, engine/plan, engine/pull and
// the sdk: never a database, HTTP or another service.
package reading

import (
	"context"
	"errors"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
)

// Flow is what there is to know of a flow.
type Flow struct {
	ID, Workspace ledger.ID
	// Published is the newest version, 0 where there is none.
	Published ledger.ID
	Enabled   bool
}

// Coverage is what live windows have read of a stream.
type Coverage struct {
	// From is where the first of them begins, 0 where none is done.
	From ledger.Millis
	// Last is the one that ended last, with when that was; its ID is 0 where there is none.
	Last ledger.Window
	Done ledger.Millis
}

// Past is a run that reads or read the past.
type Past struct {
	ledger.Run

	// Paused says that the run or its flow rests.
	Paused bool
	// From is where its first window begins and Reached where the last done one ends, 0
	// where none is done; Windows counts the done ones.
	From, Reached ledger.Millis
	Windows       int
	// Cut is into how many windows the range is cut, 0 where the range is not known yet.
	Cut    int
	Counts ledger.Counts
}

// Reset is a cursor that a person put elsewhere.
type Reset struct {
	From, To    ledger.Millis
	Actor, Note string
	At          ledger.Millis
}

// Store is what the service needs of a database.
type Store interface {
	Ledger
	// Flow gives a flow by its public id; ledger.ErrNotFound.
	Flow(ctx context.Context, workspace ledger.ID, publicID string) (Flow, error)
	// Coverage tells what live windows have read of a stream.
	Coverage(ctx context.Context, stream ledger.ID) (Coverage, error)
	// Stored counts the documents of a stream that were modified in a range, at most so many.
	Stored(ctx context.Context, stream ledger.ID, from, to ledger.Millis, most int) (int, error)
	// Past gives the newest runs that read the past of a source node.
	Past(ctx context.Context, flow ledger.ID, node string, limit int) ([]Past, error)
	// Resets gives the newest resets of a stream's cursor.
	Resets(ctx context.Context, stream ledger.ID, limit int) ([]Reset, error)
}

// Ledger is what of the ledger is read and changed here, as engine/pull has it.
type Ledger interface {
	OpenStream(ctx context.Context, workspace, flow ledger.ID, nodeID string) (ledger.Stream, error)
	OpenWindows(ctx context.Context, stream ledger.ID, kind ledger.WindowKind) ([]ledger.Window, error)
	LeaveWindow(ctx context.Context, w ledger.Window, now ledger.Millis) error
	ResetCursor(ctx context.Context, r ledger.CursorReset, now ledger.Millis) error
}

// Runs starts what is read.
type Runs interface {
	// Sweep puts a run into the queue that looks through a source for what was missed.
	Sweep(ctx context.Context, flow, node, trigger string, fireAt time.Time) (ledger.ID, error)
	// Backfill puts a run into the queue that reads a range of a source's past.
	Backfill(ctx context.Context, flow, trigger string, reading ledger.Reading) (ledger.ID, error)
	// Alone does something while nobody reads the flow's sources; false where somebody does.
	Alone(ctx context.Context, flow ledger.ID, do func(context.Context) error) (bool, error)
}

// Plans give compiled versions.
type Plans interface {
	Plan(ctx context.Context, version ledger.ID) (*plan.Plan, error)
}

// Connections open systems and know what is behind them.
type Connections interface {
	Open(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, connector.Session, error)
	Manifest(ctx context.Context, workspace ledger.ID, name string) (*manifest.Manifest, error)
}

// Config wires a Service.
type Config struct {
	Store       Store
	Runs        Runs
	Plans       Plans
	Connections Connections
	Puller      *pull.Puller
	// NextSweep tells when a source node is next looked through by itself, the zero time
	// where it never is.
	NextSweep func(doc *flow.Document, node string, after time.Time) time.Time
	Clock     func() time.Time
}

// Service shows and starts readings.
type Service struct{ Config }

// New makes a Service.
func New(c Config) *Service { return &Service{c} }

// Source is how far a source is read.
type Source struct {
	Node, Title, Connection, Operation string
	// ByTime says that the source selects by time; without it there is only its node.
	ByTime bool
	Zone   *time.Location
	// StartFrom is where the first window began, or begins.
	StartFrom time.Time
	Stream    ledger.Stream
	Coverage  Coverage
	// Open is a live window that was begun and not read to its end, nil where there is none.
	Open *ledger.Window
	// Sweep is how it is looked through; NextSweep is the zero time where it never is by itself.
	Sweep     plan.Sweep
	NextSweep time.Time
	// Wider is a longer look-back where the last sweeps found something, else 0.
	Wider  time.Duration
	Past   []Past
	Resets []Reset
}

// Clock says how a source's clock is.
func (s Source) Clock() string {
	switch apart := s.Stream.Ahead.Abs(); {
	case s.Stream.ClockAt == 0:
		return "unknown"
	case apart >= pull.OwnTime:
		return "own"
	case apart > pull.MostApart:
		return "wrong"
	case apart > pull.WarnApart:
		return "apart"
	default:
		return "right"
	}
}

const (
	// listed is how many readings and resets of a source are shown.
	listed = 10
	// widened is how many sweeps in a row tell that the look-back is short.
	widened = 3
)

// Sources are those of a flow's published version.
type Sources struct {
	Items []Source
	// Trouble says why nothing can be told of them, for example that a connector is not
	// installed; nil where all is told.
	Trouble *fault.Fault
}

// Sources gives how far the sources of a flow's published version are read; none where
// it was never published.
func (s *Service) Sources(ctx context.Context, flowID string) (Sources, error) {
	f, compiled, err := s.published(ctx, access.Read, flowID)
	if trouble, ok := errors.AsType[*fault.Fault](err); ok && f.ID != 0 && trouble.Class == fault.Config {
		return Sources{Trouble: trouble}, nil
	}
	if err != nil || compiled == nil {
		return Sources{}, err
	}
	all := Sources{Items: make([]Source, len(compiled.Sources))}
	for i, source := range compiled.Sources {
		if all.Items[i], err = s.source(ctx, f, compiled, source); err != nil {
			return Sources{}, err
		}
	}
	return all, nil
}

func (s *Service) source(ctx context.Context, f Flow, compiled *plan.Plan, source *plan.Source) (Source, error) {
	view := Source{
		Node: source.NodeID, Title: titleOf(compiled.Flow, source.NodeID), Connection: source.Connection, Operation: source.Operation.Name,
		ByTime: source.Window.Ranged, Zone: source.Zone, StartFrom: source.Window.StartFrom,
	}
	var err error
	if view.Stream, err = s.Store.OpenStream(ctx, f.Workspace, f.ID, source.NodeID); err != nil || !view.ByTime {
		return view, err
	}
	view.Sweep = *source.Sweep
	if f.Enabled {
		view.NextSweep = s.NextSweep(compiled.Flow, source.NodeID, s.Clock())
	}
	if view.Coverage, err = s.Store.Coverage(ctx, view.Stream.ID); err != nil {
		return view, err
	}
	open, err := s.Store.OpenWindows(ctx, view.Stream.ID, ledger.Live)
	if err != nil {
		return view, err
	}
	if len(open) > 0 {
		view.Open = &open[0]
	}
	if view.Past, err = s.Store.Past(ctx, f.ID, source.NodeID, listed); err != nil {
		return view, err
	}
	for i, p := range view.Past {
		if p.Reading.To != 0 {
			view.Past[i].Cut = max(p.Windows, source.Window.Slices(p.Begins().Time(), p.Ends().Time()))
		}
	}
	view.Wider = wider(view.Past, source.Sweep.LookBack)
	view.Resets, err = s.Store.Resets(ctx, view.Stream.ID, listed)
	return view, err
}

// wider gives twice the look-back where the last sweeps found something: what comes so
// late may well come later still. It is 0 where they did not.
func wider(past []Past, back time.Duration) time.Duration {
	seen := 0
	for _, p := range past {
		if p.Reading.Kind != ledger.GapSweep || p.State <= ledger.RunRunning && !p.PullingEnded {
			continue
		}
		if p.Counts[ledger.SlotFound] > 0 {
			return 2 * back
		}
		if seen++; seen == widened {
			break
		}
	}
	return 0
}

func titleOf(doc *flow.Document, node string) string {
	for _, n := range doc.Spec.Nodes {
		if n.ID == node && n.Title != "" {
			return n.Title
		}
	}
	return node
}

// published gives a flow of the caller's workspace and its published plan, nil where it
// was never published.
func (s *Service) published(ctx context.Context, action access.Action, flowID string) (Flow, *plan.Plan, error) {
	p, err := access.Here(ctx, action)
	if err != nil {
		return Flow{}, nil, err
	}
	f, err := s.Store.Flow(ctx, p.Workspace, flowID)
	if errors.Is(err, ledger.ErrNotFound) {
		return f, nil, access.Missing()
	}
	if err != nil || f.Published == 0 {
		return f, nil, err
	}
	compiled, err := s.Plans.Plan(ctx, f.Published)
	return f, compiled, err
}

// at is a source of a flow that selects by time.
type at struct {
	Flow

	flowID string
	doc    *flow.Document
	params []byte
	source *plan.Source
}

// of gives a source that the caller may act on.
func (s *Service) of(ctx context.Context, flowID, node string) (at, error) {
	f, compiled, err := s.published(ctx, access.Operate, flowID)
	if err != nil {
		return at{}, err
	}
	if compiled == nil {
		return at{}, fault.New("flow.not_published", "the flow was never published").Classed(fault.Config).Hinted("publish it, then run it")
	}
	for _, source := range compiled.Sources {
		switch {
		case source.NodeID != node:
		case !source.Window.Ranged:
			return at{}, fault.New("reading.not_by_time", "%s does not select by time: every run reads everything", source.Operation.Title.ZH).Classed(fault.Config)
		default:
			return at{f, flowID, compiled.Flow, compiled.Params, source}, nil
		}
	}
	return at{}, fault.New("reading.source_missing", "the flow has no source %s", node).Classed(fault.Config)
}

// job opens a source's system.
func (s *Service) job(ctx context.Context, of at) (pull.Job, error) {
	id, session, err := s.Connections.Open(ctx, of.Workspace, of.source.Connection)
	return pull.Job{
		Workspace: of.Workspace, Flow: of.ID, Connection: id, Source: of.source, Session: session, Params: item.Of(of.params), FlowID: of.flowID,
	}, err
}

// Sweep looks through a source now for what was missed and gives the run.
func (s *Service) Sweep(ctx context.Context, flowID, node string) (ledger.ID, error) {
	of, err := s.of(ctx, flowID, node)
	if err != nil {
		return 0, err
	}
	stream, err := s.Store.OpenStream(ctx, of.Workspace, of.ID, node)
	if err != nil {
		return 0, err
	}
	if stream.Watermark == 0 {
		return 0, fault.New("sweep.nothing_read", "nothing was read yet, so nothing was missed").Classed(fault.Config).Hinted("run the flow first")
	}
	return s.Runs.Sweep(ctx, flowID, node, ledger.Reading{Kind: ledger.GapSweep, Node: node}.Trigger(), time.Time{})
}
