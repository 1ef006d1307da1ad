package execution_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/plans"
	"github.com/karezflow/karez/server/plans/planstest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// The one flow of the rig.
const (
	workspace ledger.ID = 1
	flowID    ledger.ID = 2
	version   ledger.ID = 3
)

// connections are the shop and the ERP, both with the stand-in vendor's manifest.
type connections struct {
	manifest *manifest.Manifest
	shop     *enginetest.Shop
	erp      *enginetest.ERP
	// front stands before the shop where it is set.
	front connector.Session
	// broken are names that can't be opened, with the reason.
	broken map[string]error
}

func (c *connections) Manifest(_ context.Context, in ledger.ID, name string) (*manifest.Manifest, error) {
	if in != workspace || name == "missing" {
		return nil, fault.New("connection.unknown", "there is no connection named %s", name)
	}
	return c.manifest, nil
}

func (c *connections) Open(_ context.Context, in ledger.ID, name string) (ledger.ID, connector.Session, error) {
	switch {
	case c.broken[name] != nil:
		return 0, nil, c.broken[name]
	case in == workspace && name == "shop" && c.front != nil:
		return 4, c.front, nil
	case in == workspace && name == "shop":
		return 4, c.shop, nil
	case in == workspace && name == "erp":
		return 5, c.erp, nil
	default:
		return 0, nil, fault.New("connection.unknown", "there is no connection named %s", name)
	}
}

// queue hands hints to its subscriber.
type queue struct {
	hints chan ledger.ID
	// lose makes a hint disappear; nil loses none.
	lose func(ledger.ID) bool
	// publishing and subscribing are what the methods fail with.
	publishing, subscribing error

	mu        sync.Mutex
	published []ledger.ID
	// priorities are those that rows were last announced with.
	priorities map[ledger.ID]int
}

func (q *queue) Publish(_ context.Context, priority int, work []ledger.ID) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.publishing != nil {
		return q.publishing
	}
	for _, id := range work {
		q.published = append(q.published, id)
		q.priorities[id] = priority
		if q.lose != nil && q.lose(id) {
			continue
		}
		select {
		case q.hints <- id:
		default: // full: the sweeper repeats it
		}
	}
	return nil
}

func (q *queue) all() []ledger.ID {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.published)
}

func (q *queue) announced(id ledger.ID) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, told := q.priorities[id]
	return told
}

func (q *queue) Subscribe(ctx context.Context, workers int, handle func(context.Context, ledger.ID) bool) error {
	if q.subscribing != nil {
		return q.subscribing
	}
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case id := <-q.hints:
					if !handle(ctx, id) {
						panic("a hint was given back")
					}
				}
			}
		})
	}
	group.Wait()
	return nil
}

// lines collects a log.
type lines struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

// rig is everything around the service, in memory.
type rig struct {
	t           *testing.T
	store       *runtest.Memory
	versions    *planstest.Versions
	connections *connections
	plans       *plans.Cache
	queue       *queue
	log         *lines
	logger      *slog.Logger
	service     *execution.Service
	worker      *push.Worker
	fired       int
}

func newRig(t *testing.T) *rig {
	t.Helper()
	m, err := manifest.Parse([]byte(enginetest.System))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{
		t: t, store: runtest.NewStore(), log: &lines{},
		versions:    &planstest.Versions{Workspace: workspace, Texts: map[ledger.ID]string{version: enginetest.Job}},
		connections: &connections{manifest: m, shop: &enginetest.Shop{Now: day(1, 12)}, erp: &enginetest.ERP{}},
		queue:       &queue{hints: make(chan ledger.ID, 100), priorities: map[ledger.ID]int{}},
	}
	r.logger = slog.New(slog.NewTextHandler(r.log, nil))
	r.restart()
	return r
}

// restart makes the program anew over the same store.
func (r *rig) restart() {
	r.plans = plans.New(r.versions, r.connections, enginetest.Types(), nil, func(context.Context, ledger.ID) compile.Flows { return nil })
	r.service = execution.New(execution.Config{
		Store: r.store, Puller: pull.New(pull.Config{Store: r.store, Clock: r.now, Log: slog.New(slog.DiscardHandler), FirstWait: time.Microsecond, Tries: 2}),
		Plans: r.plans, Connections: r.connections, Hints: r.queue, Clock: r.now, Log: r.logger,
	})
	r.worker = push.New(push.Config{
		Store: r.store, Sender: deliver.New(deliver.Config{Store: r.store, Clock: r.now, Log: slog.New(slog.DiscardHandler)}),
		Plans: r.plans, Connections: r.connections, Clock: r.now, Log: r.logger, Owner: "worker",
	})
}

// now is the engine's time, which goes with the test's.
func (r *rig) now() time.Time { return time.Now() }

// day gives a moment in January 2026.
func day(d, hour int) time.Time { return time.Date(2026, 1, d, hour, 0, 0, 0, enginetest.Zone()) }

// orders puts n orders into the shop.
func (r *rig) orders(n int) {
	for range n {
		i := len(r.connections.shop.Orders())
		r.connections.shop.Put(enginetest.Order{ID: fmt.Sprintf("o%03d", i), No: fmt.Sprintf("N%03d", i), Amount: "1.50", Modified: day(1, 1).Add(time.Duration(i) * time.Minute)})
	}
}

func (r *rig) request() execution.Request {
	r.fired++
	return execution.Request{Workspace: workspace, Flow: flowID, Version: version, Trigger: "test", FireAt: time.UnixMilli(int64(r.fired)), TraceID: "trace"}
}

func (r *rig) start(req execution.Request) ledger.Run {
	r.t.Helper()
	run, err := r.service.Start(r.t.Context(), req)
	if err != nil {
		r.t.Fatal(err)
	}
	return run
}

// pull starts a run and reads all that its sources have.
func (r *rig) pull(req execution.Request) ledger.Run {
	r.t.Helper()
	run := r.start(req)
	if err := r.service.Pull(r.t.Context(), run, req); err != nil {
		r.t.Fatal(err)
	}
	return run
}

// run gives a run as it is stored.
func (r *rig) run(id ledger.ID) (ledger.Run, ledger.Counts) {
	r.t.Helper()
	run, counts, err := r.store.Run(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	if !counts.Balanced() {
		r.t.Errorf("the balance does not hold: %v", counts)
	}
	return run, counts
}

// due gives the work that is due and that nobody holds.
func (r *rig) due() []ledger.ID {
	r.t.Helper()
	work, err := r.store.Due(r.t.Context(), ledger.At(r.now()), 1000)
	if err != nil {
		r.t.Fatal(err)
	}
	var ids []ledger.ID
	for _, w := range work {
		ids = append(ids, w.ID)
	}
	slices.Sort(ids)
	return ids
}

// wantAnnounced fails unless the work that is due was announced, and nothing else.
func (r *rig) wantAnnounced() {
	r.t.Helper()
	announced := r.queue.all()
	slices.Sort(announced)
	if due := r.due(); !slices.Equal(slices.Compact(announced), due) || len(due) == 0 {
		r.t.Errorf("announced %v, due %v", announced, due)
	}
}

// logged fails unless a text is in the log.
func (r *rig) logged(want string) {
	r.t.Helper()
	if !strings.Contains(r.log.String(), want) {
		r.t.Errorf("the log has no %q: %s", want, r.log)
	}
}

// faultIs fails unless an error is a fault with a code.
func faultIs(t *testing.T, err error, code string) *fault.Fault {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != code {
		t.Fatalf("%v, want %s", err, code)
	}
	return f
}

// refused fails unless an error is a fault with a code.
func refused(t *testing.T, err error, code string) {
	t.Helper()
	_ = faultIs(t, err, code)
}
