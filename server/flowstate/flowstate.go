// Package flowstate tells people how a flow is doing: a verdict with its reasons, how much
// went through over a time, what is slow, and what is under way or waits to be read and
// written. It also puts waiting work first.
//
// It may import server/access, server/pausing, engine/flow, engine/ledger, its rules and
// sdk/fault: never a database, HTTP or another service.
package flowstate

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// Flow is what there is to know of a flow.
type Flow struct {
	ID, Workspace   ledger.ID
	Enabled, Paused bool
	// Version is the published one with its document, 0 where there is none.
	Version  ledger.ID
	Document []byte
}

// Range is a time cut into steps: [From, To), where To is From and a number of steps.
type Range struct {
	From, To ledger.Millis
	Step     time.Duration
}

// Steps gives how many there are.
func (r Range) Steps() int { return int(int64(r.To-r.From) / r.Step.Milliseconds()) }

// At gives the step that a time lies in; outside of the range it is the nearest.
func (r Range) At(t ledger.Millis) int {
	return max(0, min(int(int64(t-r.From)/r.Step.Milliseconds()), r.Steps()-1))
}

// Count is how many of one slot were counted for the runs that began in one step.
type Count struct {
	// Step counts from 0.
	Step int
	Slot ledger.Slot
	N    int
}

// Took is a call that ended.
type Took struct {
	Node           string
	Started, Ended ledger.Millis
}

// Read is how long the pages of a window of a source node took to come.
type Read struct {
	Node string
	// Pages were read from First to Last.
	Pages       int
	First, Last ledger.Millis
}

// Cursor is up to where a source is read, and how far its clock is ahead of ours.
type Cursor struct {
	Node      string
	Watermark ledger.Millis
	Ahead     time.Duration
}

// Cluster is documents that stand still for one reason.
type Cluster struct {
	State               ledger.State
	Code, Message, Hint string
	Args                map[string]string
	Node                string
	Documents           int
	// Since is when the first of them came to it.
	Since ledger.Millis
}

// Store reads the ledger.
type Store interface {
	Queues
	Figures
	Board
	// Flow gives a flow by its public id; ledger.ErrNotFound.
	Flow(ctx context.Context, workspace ledger.ID, publicID string) (Flow, error)
	// LastDone gives the newest run that ended as done, among the newest thousand; false
	// where there is none.
	LastDone(ctx context.Context, flow ledger.ID) (ledger.Run, bool, error)
	// Clusters gives why documents stand still, the largest first.
	Clusters(ctx context.Context, workspace, flow ledger.ID) ([]Cluster, error)
}

// Figures reads what went through over a time.
type Figures interface {
	// Counts adds up, step by step, what was counted for the runs that began in it.
	Counts(ctx context.Context, flow ledger.ID, r Range) ([]Count, error)
	// Calls gives the calls of each step that ended, at most so many of each, the newest.
	Calls(ctx context.Context, flow ledger.ID, r Range, most int) ([]Took, error)
	// Reads gives the newest windows with their pages.
	Reads(ctx context.Context, flow ledger.ID, r Range) ([]Read, error)
}

// Documents know what people may do about documents.
type Documents interface {
	// Ailings gives those of at most 200 documents that are there, in no order.
	Ailings(ctx context.Context, workspace ledger.ID, ids []ledger.ID) ([]rules.Ailing, error)
}

// Hints carries wake-ups for work rows. Losing all of them loses nothing.
type Hints interface {
	// Publish wakes workers up for rows of a priority.
	Publish(ctx context.Context, priority int, work []ledger.ID) error
}

// Config wires a Service.
type Config struct {
	Store     Store
	Documents Documents
	Hints     Hints
	Clock     func() time.Time
	Log       *slog.Logger
}

// Service tells how flows are doing. Its faults: "auth.…", "object.missing",
// "flow.span_unknown", "queue.…".
type Service struct{ Config }

// New makes a Service.
func New(c Config) *Service { return &Service{c} }

// Spans are the times that can be looked at, with the length of a step.
func spans() map[string][2]time.Duration {
	const day = 24 * time.Hour
	return map[string][2]time.Duration{"24h": {day, 30 * time.Minute}, "7d": {7 * day, 4 * time.Hour}, "30d": {30 * day, day}}
}

// rangeOf cuts a span that ends with the step we are in. Steps begin at full hours, and
// days at midnight, in a zone.
func rangeOf(span string, zone *time.Location, now time.Time) (Range, *fault.Fault) {
	of, ok := spans()[span]
	if !ok {
		return Range{}, fault.New("flow.span_unknown", "there is no span %q", span).At("span").Classed(fault.Data).Arg("span", span).Hinted("write 24h, 7d or 30d")
	}
	_, off := now.In(zone).Zone()
	shift := time.Duration(off) * time.Second
	to := now.Add(shift).Truncate(of[1]).Add(of[1] - shift)
	return Range{ledger.At(to.Add(-of[0])), ledger.At(to), of[1]}, nil
}

const (
	// sampled is how many calls of a step are looked at: enough for a 95th percentile.
	sampled = 200
	// lately is how many runs tell how often a flow usually runs.
	lately = 20
)

// Overview is how a flow is doing.
type Overview struct {
	Range
	Verdict

	// LastRun and LastDone are nil where there is none.
	LastRun, LastDone *ledger.Run
	Sources           []Lag
	Clusters          []Cluster
	Nodes             []Pace
	Points            []Point
	// Connections are those that the published version uses, in its order.
	Connections []string
}

// Lag is how far a source is read.
type Lag struct {
	Node   string
	Cursor ledger.Millis
	// Behind is how far the cursor is behind the source's own clock.
	Behind time.Duration
}

// Pace is how fast a node is: Mean is the time of a page that it reads or of a call that it
// makes, over Of of them.
type Pace struct {
	Node  string
	Reads bool
	Mean  time.Duration
	Of    int
}

// Point is what came of the runs that began in one step, and how long calls took in it.
type Point struct {
	At                                                  ledger.Millis
	Pulled, Accepted, Delivered, Failed, Retrying, Rest int
	// Calls is how many calls Median and Slow, the 95th percentile, were read off.
	Calls        int
	Median, Slow time.Duration
}

// Overview tells how a flow is doing. span is 24h, 7d or 30d, "" for 24h.
func (s *Service) Overview(ctx context.Context, flowID, span string) (Overview, error) {
	f, err := s.flow(ctx, access.Read, flowID)
	if err != nil {
		return Overview{}, err
	}
	used := inDocument(f.Document)
	now := s.Clock()
	r, refused := rangeOf(cmp.Or(span, "24h"), used.zone, now)
	if refused != nil {
		return Overview{}, refused
	}
	o := Overview{Range: r, Connections: used.connections}
	runs, err := s.Store.LastRuns(ctx, f.ID, lately)
	if err != nil {
		return o, err
	}
	if len(runs) > 0 {
		o.LastRun = &runs[0]
	}
	done, found, err := s.Store.LastDone(ctx, f.ID)
	if err != nil {
		return o, err
	}
	if found {
		o.LastDone = &done
	}
	if o.Sources, err = s.lags(ctx, f, used.nodes, now); err != nil {
		return o, err
	}
	if o.Clusters, err = s.Store.Clusters(ctx, f.Workspace, f.ID); err != nil {
		return o, err
	}
	if err := s.points(ctx, f, &o); err != nil {
		return o, err
	}
	o.Verdict = judge(f, runs, o.Sources, o.Clusters)
	return o, nil
}

// lags tells how far the sources are read that are still in the published version.
func (s *Service) lags(ctx context.Context, f Flow, nodes map[string]bool, now time.Time) ([]Lag, error) {
	cursors, err := s.Store.Cursors(ctx, f.ID)
	var all []Lag
	for _, c := range cursors {
		if c.Watermark == 0 || !nodes[c.Node] {
			continue
		}
		all = append(all, lagOf(c, now))
	}
	return all, err
}

// points adds what went through and how long it took.
func (s *Service) points(ctx context.Context, f Flow, o *Overview) error {
	counts, err := s.Store.Counts(ctx, f.ID, o.Range)
	if err != nil {
		return err
	}
	calls, err := s.Store.Calls(ctx, f.ID, o.Range, sampled)
	if err != nil {
		return err
	}
	reads, err := s.Store.Reads(ctx, f.ID, o.Range)
	if err != nil {
		return err
	}
	o.Points = make([]Point, o.Steps())
	for i := range o.Points {
		o.Points[i].At = o.From.Add(time.Duration(i) * o.Step)
	}
	for _, c := range counts {
		o.Points[c.Step].add(c.Slot, c.N)
	}
	took, of := make([][]time.Duration, len(o.Points)), map[string]Pace{}
	for _, c := range calls {
		long, i := between(c.Started, c.Ended), o.At(c.Started)
		took[i] = append(took[i], long)
		of[c.Node] = of[c.Node].with(c.Node, false, 1, long)
	}
	for i, all := range took {
		o.Points[i].Calls, o.Points[i].Median, o.Points[i].Slow = len(all), percentile(all, 50), percentile(all, 95)
	}
	for _, r := range reads {
		if r.Pages > 1 {
			of[r.Node] = of[r.Node].with(r.Node, true, r.Pages-1, between(r.First, r.Last))
		}
	}
	for _, p := range of {
		if p.Node != "" {
			p.Mean /= time.Duration(p.Of)
			o.Nodes = append(o.Nodes, p)
		}
	}
	slices.SortFunc(o.Nodes, func(a, b Pace) int { return cmp.Or(cmp.Compare(b.Mean, a.Mean), cmp.Compare(a.Node, b.Node)) })
	return nil
}

// with adds times; Mean is their sum until it is divided.
func (p Pace) with(node string, reads bool, n int, sum time.Duration) Pace {
	return Pace{node, reads, p.Mean + sum, p.Of + n}
}

func (p *Point) add(slot ledger.Slot, n int) {
	switch slot {
	case ledger.SlotPulled:
		p.Pulled += n
	case ledger.SlotAccepted:
		p.Accepted += n
	case ledger.SlotOf(ledger.Delivered), ledger.SlotOf(ledger.Collected):
		p.Delivered += n
	case ledger.SlotOf(ledger.Rejected), ledger.SlotOf(ledger.Unmapped), ledger.SlotOf(ledger.NeedsDecision):
		p.Failed += n
	case ledger.SlotOf(ledger.RetryAt):
		p.Retrying += n
	case ledger.SlotOf(ledger.Waiting), ledger.SlotOf(ledger.Held):
		p.Rest += n
	default: // what was read and left out is no document of the flow
	}
}

func between(from, to ledger.Millis) time.Duration { return time.Duration(to-from) * time.Millisecond }

// percentile gives the smallest that so many of a hundred do not exceed; 0 of none.
func percentile(all []time.Duration, of int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[(len(all)*of+99)/100-1]
}

// parts is what of a document is looked at.
type parts struct {
	zone        *time.Location
	nodes       map[string]bool
	connections []string
}

// inDocument reads a published document; what can't be read uses nothing.
func inDocument(text []byte) parts {
	p := parts{time.UTC, map[string]bool{}, nil}
	docs, err := flow.Parse(text)
	if len(text) == 0 || err != nil || len(docs) == 0 {
		return p
	}
	if zone, err := time.LoadLocation(cmp.Or(docs[0].Spec.Settings.Timezone, flow.DefaultTimezone)); err == nil {
		p.zone = zone
	}
	for _, n := range docs[0].Spec.Nodes {
		p.nodes[n.ID] = true
		if n.Connection != "" && !slices.Contains(p.connections, n.Connection) {
			p.connections = append(p.connections, n.Connection)
		}
	}
	return p
}

// flow gives a flow of the caller's workspace.
func (s *Service) flow(ctx context.Context, action access.Action, flowID string) (Flow, error) {
	p, err := access.Here(ctx, action)
	if err != nil {
		return Flow{}, err
	}
	f, err := s.Store.Flow(ctx, p.Workspace, flowID)
	if errors.Is(err, ledger.ErrNotFound) {
		return f, access.Missing()
	}
	return f, err
}
