package execution_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/execution/notice"
)

// runs is what is known of runs, over the ledger in memory.
type runs struct {
	*runtest.Memory

	mu    sync.Mutex
	flows map[string]execution.Flow
	// paused are the runs that rest.
	paused map[ledger.ID]bool
	// fails is what the next look fails with.
	fails  error
	looks  int
	query  execution.Query
	listed []execution.View
	groups []ledger.ProblemGroup
}

func (r *runs) failing() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looks++
	err := r.fails
	r.fails = nil
	return err
}

func (r *runs) looked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.looks
}

func (r *runs) Flow(_ context.Context, workspace ledger.ID, publicID string) (execution.Flow, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, ok := r.flows[publicID]
	if !ok || f.Workspace != workspace {
		return execution.Flow{}, ledger.ErrNotFound
	}
	return f, nil
}

func (r *runs) put(f execution.Flow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flows[f.PublicID] = f
}

func (r *runs) flowOf(id ledger.ID) execution.Flow {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.flows {
		if f.ID == id {
			return f
		}
	}
	return execution.Flow{}
}

func (r *runs) Unfinished(ctx context.Context) ([]execution.Open, error) {
	if err := r.failing(); err != nil {
		return nil, err
	}
	r.mu.Lock()
	flows := make([]execution.Flow, 0, len(r.flows))
	for _, f := range r.flows {
		flows = append(flows, f)
	}
	r.mu.Unlock()
	var out []execution.Open
	for _, f := range flows {
		open, err := r.OpenRuns(ctx, f.ID)
		if err != nil {
			return nil, err
		}
		for _, run := range open {
			_, counts, err := r.Run(ctx, run.ID)
			if err != nil {
				return nil, err
			}
			n := counts[ledger.SlotOf(ledger.Waiting)] + counts[ledger.SlotOf(ledger.Held)] + counts[ledger.SlotClaimed]
			out = append(out, execution.Open{Run: run, FlowID: f.PublicID, Paused: r.rests(run.ID), Unsettled: n})
		}
	}
	slices.SortFunc(out, func(a, b execution.Open) int { return cmp.Or(cmp.Compare(a.FireAt, b.FireAt), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

func (r *runs) rests(id ledger.ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.paused[id]
}

// pause lets a run rest, or go on.
func (r *runs) pause(id ledger.ID, on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.paused == nil {
		r.paused = map[ledger.ID]bool{}
	}
	r.paused[id] = on
}

func (r *runs) List(_ context.Context, q execution.Query) ([]execution.View, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.query = q
	return r.listed[:min(len(r.listed), q.Limit)], nil
}

func (r *runs) View(ctx context.Context, id ledger.ID) (execution.View, error) {
	if err := r.failing(); err != nil {
		return execution.View{}, err
	}
	run, counts, err := r.Run(ctx, id)
	f := r.flowOf(run.Flow)
	return execution.View{Run: run, Counts: counts, FlowID: f.PublicID, FlowTitle: f.Title}, err
}

func (r *runs) ProblemGroups(context.Context, ledger.ID) ([]ledger.ProblemGroup, error) {
	return r.groups, nil
}

// leases are rights in memory.
type leases struct {
	mu     sync.Mutex
	held   map[string]execution.Lease
	until  map[string]ledger.Millis
	renews int
	// fails is what Take and Renew fail with.
	fails error
}

func newLeases() *leases {
	return &leases{held: map[string]execution.Lease{}, until: map[string]ledger.Millis{}}
}

func (l *leases) Take(_ context.Context, name, owner string, now, until ledger.Millis) (execution.Lease, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until[name] > now || l.fails != nil {
		return execution.Lease{}, false, l.fails
	}
	lease := execution.Lease{Name: name, Owner: owner, Fence: l.held[name].Fence + 1}
	l.held[name], l.until[name] = lease, until
	return lease, true, nil
}

func (l *leases) Renew(_ context.Context, lease execution.Lease, until ledger.Millis) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renews++
	if l.fails != nil {
		return l.fails
	}
	if l.held[lease.Name] != lease {
		return ledger.ErrFenced
	}
	l.until[lease.Name] = until
	return nil
}

func (l *leases) Give(_ context.Context, lease execution.Lease) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[lease.Name] == lease {
		l.until[lease.Name] = 0
	}
	return nil
}

func (l *leases) Live(_ context.Context, name string, now ledger.Millis) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until[name] > now, nil
}

// away makes taking and renewing fail, or no longer.
func (l *leases) away(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fails = err
}

// renewed gives how often a right was renewed.
func (l *leases) renewed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.renews
}

// steal gives every right to somebody else until the instant.
func (l *leases) steal(until ledger.Millis) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, lease := range l.held {
		l.held[name] = execution.Lease{Name: name, Owner: "thief", Fence: lease.Fence + 1}
		l.until[name] = until
	}
}

func (l *leases) live(now time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, until := range l.until {
		if until > ledger.At(now) {
			n++
		}
	}
	return n
}

// notices carry messages within the test, and keep them.
type notices struct {
	mu        sync.Mutex
	listeners []listener
	said      []said
	// mute loses every message; fails is what both methods fail with.
	mute  bool
	fails error
}

type listener struct {
	ctx   context.Context //nolint:containedctx // lives as long as the listening
	topic string
	hear  func(string, []byte)
}

type said struct {
	topic string
	data  string
	at    time.Time
}

func (n *notices) Announce(_ context.Context, topic string, data []byte) error {
	n.mu.Lock()
	if n.fails != nil || n.mute {
		defer n.mu.Unlock()
		return n.fails
	}
	n.said = append(n.said, said{topic, string(data), time.Now()})
	listeners := slices.Clone(n.listeners)
	n.mu.Unlock()
	for _, l := range listeners {
		prefix, all := strings.CutSuffix(l.topic, ">")
		if l.ctx.Err() == nil && (all && strings.HasPrefix(topic, prefix) || topic == l.topic) {
			l.hear(topic, data)
		}
	}
	return nil
}

func (n *notices) Listen(ctx context.Context, topic string, hear func(string, []byte)) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fails != nil {
		return n.fails
	}
	n.listeners = append(n.listeners, listener{ctx, topic, hear})
	return nil
}

// times gives when something was said on a topic.
func (n *notices) times(topic string) []time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []time.Time
	for _, s := range n.said {
		if s.topic == topic {
			out = append(out, s.at)
		}
	}
	return out
}

// states gives the states of a run that its workspace was told of.
func (n *notices) states(id ledger.ID) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []string
	for _, s := range n.said {
		var e struct {
			Data struct {
				ID    string `json:"id"`
				State string `json:"state"`
				Flow  string `json:"flow"`
			} `json:"data"`
		}
		if strings.HasPrefix(s.topic, "workspace.") && json.Unmarshal([]byte(s.data), &e) == nil && e.Data.ID == idText(id) {
			out = append(out, e.Data.Flow+" "+e.Data.State)
		}
	}
	return out
}

// plant is a rig with everything that a running server has.
type plant struct {
	*rig
	runs    *runs
	leases  *leases
	notices *notices
	events  *notice.Events
	workers *execution.Workers
}

// inPlant runs a test in a bubble of its own, whose time stands still while anybody works.
func inPlant(t *testing.T, test func(p *plant)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		p := &plant{rig: r, leases: newLeases(), notices: &notices{}}
		p.runs = &runs{Memory: r.store, flows: map[string]execution.Flow{}}
		p.runs.put(execution.Flow{ID: flowID, Workspace: workspace, PublicID: "job", Title: "Job", Enabled: true, Published: version})
		p.events = notice.New(notice.Config{Notices: p.notices, Clock: r.now, Log: r.logger})
		p.service.Puller = pull.New(pull.Config{
			Store: r.store, Clock: r.now, Log: r.logger, FirstWait: time.Microsecond, Tries: 2, CallTimeout: time.Hour, // gates stay closed for long
		})
		p.service = p.serviceOf("here")
		p.workers = execution.NewWorkers(execution.WorkersConfig{
			Worker: r.worker, Queue: r.queue, Sweeper: r.store, Clock: r.now, Log: r.logger, Events: p.events,
		})
		test(p)
		p.workers.Stop()
		p.events.Close()
	})
}

// serviceOf gives the service of another process on the same database.
func (p *plant) serviceOf(owner string) *execution.Service {
	c := p.service.Config
	c.Runs, c.Problems, c.Leases, c.Events, c.Owner = p.runs, p.runs, p.leases, p.events, owner
	return execution.New(c)
}

func (p *plant) runner(s *execution.Service) *execution.Runner {
	r := execution.NewRunner(execution.RunnerConfig{Service: s})
	r.Start(p.t.Context())
	return r
}

// operator gives a context in which an operator of the workspace calls.
func (p *plant) operator() context.Context {
	return access.With(p.t.Context(), access.Principal{Workspace: workspace, User: 7, Name: "operator", Role: access.Operator})
}

// trigger queues a run of a flow by hand.
func (p *plant) trigger(flow string) ledger.ID {
	p.t.Helper()
	p.fired++
	id, err := p.service.Trigger(p.operator(), flow, execution.Manual, time.UnixMilli(int64(p.fired)))
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// pass lets time go on, and everything that is due happen.
func (p *plant) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// is fails unless a run has a state.
func (p *plant) is(id ledger.ID, want ledger.RunState) ledger.Run {
	p.t.Helper()
	got, _ := p.run(id)
	if got.State != want {
		p.t.Fatalf("run %d is %s, want %s: %+v\n%s", id, got.State, want, got, p.log)
	}
	return got
}

// gate stops the shop before a page until it is opened, or until the reader gives up.
type gate struct {
	connector.Session
	// at is the call that stops.
	at      int
	reached chan struct{}
	open    chan struct{}
	once    sync.Once

	mu    sync.Mutex
	calls int
}

func newGate(s connector.Session, at int) *gate {
	return &gate{Session: s, at: at, reached: make(chan struct{}), open: make(chan struct{})}
}

func (g *gate) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	g.mu.Lock()
	g.calls++
	call := g.calls
	g.mu.Unlock()
	if call == g.at {
		g.once.Do(func() { close(g.reached) })
		select {
		case <-g.open:
		case <-ctx.Done():
			return connector.Page{}, ctx.Err()
		}
	}
	return g.Session.Query(ctx, req)
}

// gated puts a gate before the shop's pages.
func (p *plant) gated(at int) *gate {
	g := newGate(p.connections.shop, at)
	p.connections.front = g
	return g
}

func idText(id ledger.ID) string {
	text, _ := json.Marshal(id)
	return string(text)
}

var errAway = errors.New("the database is away")

type (
	queryRequest = connector.QueryRequest
	queryPage    = connector.Page
)

// slow takes its time for every page.
type slow struct {
	connector.Session
	every time.Duration
}

func (s *slow) Query(ctx context.Context, req queryRequest) (queryPage, error) {
	time.Sleep(s.every) // in a bubble
	return s.Session.Query(ctx, req)
}
