package market_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/cases"
	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/engine/script"
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/server/market"
)

// The test binary is its own script worker, as the product's binary is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "script-worker" {
		os.Exit(script.RunWorker(os.Stdin, os.Stdout))
	}
	leaktest.Main(m)
}

const workspace ledger.ID = 1

// templates gives the names of the shipped templates.
func templates(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(market.Templates(), "*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for i := range files {
		files[i] = strings.TrimSuffix(files[i], ".yaml")
	}
	return files
}

// world has the flows of one template, over a ledger in memory and systems that
// answer from a sample.
type world struct {
	t     *testing.T
	docs  []*flow.Document
	plans []*plan.Plan
	flows []ledger.ID
	// warnings are the codes of what the flows are warned of, each once.
	warnings []string
	versions map[ledger.ID]*plan.Plan
	store    *runtest.Memory
	worker   *push.Worker
	scripts  *script.Pool
	sample   sample
	now      time.Time

	mu       sync.Mutex
	requests []request
	writes   []write
}

// sample is what the systems around a template's flows hold.
type sample struct {
	// Now is the time of all clocks.
	Now time.Time `json:"now"`
	// Rows are what a source's operation answers, by connection and operation.
	Rows map[string][]json.RawMessage `json:"rows"`
	// Lookups are the answers to look-ups, by what is asked.
	Lookups map[string][]json.RawMessage `json:"lookups"`
}

// request is a page that was asked for, write a call that was made.
type request struct {
	Connection string          `json:"connection"`
	Operation  string          `json:"operation"`
	Params     json.RawMessage `json:"params"`
}

type write struct {
	Connection string          `json:"connection"`
	Operation  string          `json:"operation"`
	Keys       []string        `json:"keys"`
	Params     json.RawMessage `json:"params"`
	Rows       json.RawMessage `json:"rows"`
}

// newWorld compiles the flows of a template.
func newWorld(t *testing.T, name string) *world {
	t.Helper()
	text, err := fs.ReadFile(market.Templates(), name+".yaml")
	must(t, err)
	w := &world{t: t, store: runtest.NewStore(), versions: map[ledger.ID]*plan.Plan{}}
	w.scripts = script.NewPool(script.Config{Command: []string{os.Args[0], "script-worker"}, Size: 1})
	t.Cleanup(w.scripts.Close)
	w.docs, err = flow.Parse(text)
	must(t, err)
	for i, doc := range w.docs {
		opts := compile.Options{Types: flow.NewTypes(nodes.All()...), Catalogue: catalogue{w, i}, Flows: others{w}, Scripts: w, InlineConnections: true}
		if kept, err := cases.Run(t.Context(), doc, "", opts); err != nil || !cases.Passed(kept) {
			t.Errorf("%s, flow %d: the tests that are kept with it: %v\n%s", name, i+1, err, cases.Text(kept))
		}
		compiled, problems := compile.Flow(t.Context(), doc, opts)
		for _, p := range problems {
			if p.Blocking {
				t.Errorf("%s, flow %d: %s at %s: %s", name, i+1, p.Code, p.Path, p.Message)
			}
			w.warnings = append(w.warnings, fmt.Sprintf("%s: %s", p.Code, p.Message))
		}
		if compiled == nil {
			t.FailNow()
		}
		w.plans = append(w.plans, compiled)
		flowID, _, err := w.store.CreateFlow(t.Context(), workspace)
		must(t, err)
		version, err := w.store.Publish(t.Context(), workspace, flowID)
		must(t, err)
		must(t, w.store.SetEnabled(t.Context(), flowID, true, 1))
		w.flows = append(w.flows, flowID)
		w.versions[version] = compiled
	}
	return w
}

// load reads the sample of a template.
func (w *world) load(name string) {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join("samples", name+".sample.json"))
	must(w.t, err)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	must(w.t, decoder.Decode(&w.sample))
	w.now = w.sample.Now
	clock, log := func() time.Time { return w.now }, slog.New(slog.DiscardHandler)
	w.worker = push.New(push.Config{
		Store: w.store, Sender: deliver.New(deliver.Config{Store: w.store, Clock: clock, Log: log, InFlight: 1}),
		Plans: w, Connections: w, Lookups: w, Inlets: w, Clock: clock, Log: log, Owner: "worker",
	})
}

// pull reads half an hour of every source of one flow.
func (w *world) pull(at int) {
	w.t.Helper()
	ctx := w.t.Context()
	version := w.version(w.plans[at])
	run, _, err := w.store.OpenRun(ctx, ledger.Run{Workspace: workspace, Flow: w.flows[at], Version: version, Trigger: "t"}, 1)
	must(w.t, err)
	puller := pull.New(pull.Config{Store: w.store, Clock: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler), Tries: 1, FirstWait: time.Microsecond})
	for _, source := range w.plans[at].Sources {
		source.Window.StartFrom = source.Window.End(w.now).Add(-30 * time.Minute)
		must(w.t, puller.Run(ctx, pull.Job{
			Workspace: workspace, Flow: w.flows[at], Run: run.ID, Version: version, Connection: 2, Source: source,
			Session: &system{w, source.Connection}, Params: item.Of(w.plans[at].Params), FlowID: w.docs[at].Metadata.ID, RunID: "run",
		}))
	}
	must(w.t, w.store.EndPulling(ctx, run.ID, nil, 1))
}

// push works until nothing is due.
func (w *world) push() {
	w.t.Helper()
	for range 20 {
		due, err := w.store.Due(w.t.Context(), ledger.At(w.now), 100)
		must(w.t, err)
		if len(due) == 0 {
			return
		}
		for _, work := range due {
			_, err := w.worker.Handle(w.t.Context(), work.ID)
			must(w.t, err)
		}
	}
	w.t.Error("the work does not end")
}

func (w *world) version(of *plan.Plan) ledger.ID {
	for id, p := range w.versions {
		if p == of {
			return id
		}
	}
	return 0
}

// catalogue knows the connections of one flow by the manifests of their connectors.
type catalogue struct {
	*world

	at int
}

// Manifest implements compile.Catalogue.
func (c catalogue) Manifest(name string) (*manifest.Manifest, error) {
	return readManifest(c.docs[c.at].Spec.Connections[name].Connector)
}

// manifests are those that were read, which all tests share.
var manifests sync.Map

func readManifest(id string) (*manifest.Manifest, error) {
	if m, read := manifests.Load(id); read {
		return m.(*manifest.Manifest), nil
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "plugins", id, "manifest.yaml"))
	if err != nil {
		return nil, fault.Wrap(err, "connector.unknown", "there is no connector %s", id).Classed(fault.Config)
	}
	m, err := manifest.Parse(text)
	if err != nil {
		return nil, err
	}
	manifests.Store(id, m)
	return m, nil
}

// others knows the flows of a template by their ids, and takes every code table for good.
type others struct{ *world }

func (o others) nodesOf(id string, types ...string) (ids []string, there bool) {
	for _, doc := range o.docs {
		if doc.Metadata.ID != id {
			continue
		}
		for _, n := range doc.Spec.Nodes {
			if slices.Contains(types, n.Type) {
				ids = append(ids, n.ID)
			}
		}
		return ids, true
	}
	return nil, false
}

// Sources implements compile.Flows.
func (o others) Sources(id string) ([]string, bool) { return o.nodesOf(id, "source", "inlet") }

// Inlets implements compile.Flows.
func (o others) Inlets(id string) (ids []string, known, there bool) {
	ids, there = o.nodesOf(id, "inlet")
	return ids, there, there
}

// Table implements compile.Flows.
func (others) Table(string) bool { return true }

// Compile implements compile.Scripts.
func (w *world) Compile(ctx context.Context, source string, params []byte, zone string) (node.Script, error) {
	compiled, err := w.scripts.Compile(ctx, source)
	if err != nil {
		return nil, err
	}
	return compiled.With(script.Env{Params: params, Zone: zone}), nil
}

// Plan implements push.Plans.
func (w *world) Plan(_ context.Context, version ledger.ID) (*plan.Plan, error) {
	return w.versions[version], nil
}

// Open implements push.Connections.
func (w *world) Open(_ context.Context, _ ledger.ID, name string) (ledger.ID, connector.Session, error) {
	return 2, &system{w, name}, nil
}

// Inlet implements push.Inlets.
func (w *world) Inlet(_ context.Context, _ ledger.ID, id, nodeID string) (push.Inlet, error) {
	for i, doc := range w.docs {
		if in := w.plans[i].Inlet(nodeID); doc.Metadata.ID == id && in != nil {
			to := ledger.Inlet{Flow: w.flows[i], NodeID: in.NodeID, Version: w.version(w.plans[i]), OnSeen: ledger.OnSeen(in.OnSeen), Priority: ledger.NormalPriority}
			return push.Inlet{Inlet: to, Plan: in}, nil
		}
	}
	return push.Inlet{}, fault.New("handover.flow_missing", "there is no flow %s", id).Classed(fault.Config)
}

// Answer implements push.Lookups from the sample.
func (w *world) Answer(_ context.Context, _ ledger.ID, asked []item.Lookup) (map[string]lookup.Found, error) {
	found := map[string]lookup.Found{}
	for _, l := range asked {
		values, known := w.sample.Lookups[question(l)]
		if !known {
			w.t.Errorf("the sample does not answer %s", question(l))
		}
		var answer lookup.Found
		for _, v := range values {
			answer.Values = append(answer.Values, item.Of(v))
		}
		found[l.Key()] = answer
	}
	return found, nil
}

// question writes a look-up as samples name it.
func question(l item.Lookup) string {
	switch {
	case l.Table != "":
		return l.Table + ": " + l.Where[0].Value
	case l.Operation != "":
		return l.Connection + " " + l.Operation + " " + l.Params
	default:
		text := l.Find + " from " + l.From
		for _, w := range l.Where {
			text += " " + w.Path + "=" + w.Value
		}
		return text
	}
}

// system is a session that answers from the sample and keeps what it is asked and sent.
type system struct {
	*world

	name string
}

// Check implements connector.Session.
func (s *system) Check(context.Context) (connector.Health, error) {
	return connector.Health{SourceTime: s.now}, nil
}

// Close implements connector.Session.
func (s *system) Close(context.Context) error { return nil }

// Query implements connector.Session: everything is on the first page.
func (s *system) Query(_ context.Context, req connector.QueryRequest) (connector.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := request{s.name, req.Operation, req.Params}
	if !slices.ContainsFunc(s.requests, func(r request) bool {
		return r.Connection == asked.Connection && r.Operation == asked.Operation && bytes.Equal(r.Params, asked.Params)
	}) {
		s.requests = append(s.requests, asked)
	}
	rows, err := json.Marshal(s.sample.Rows[s.name+" "+req.Operation])
	return connector.Page{Rows: rows, Total: -1, SourceTime: s.now}, err
}

// echoes tells that a write's answers give the rows' own numbers back.
func (s *system) echoes(operation string) bool {
	for _, doc := range s.docs {
		c, named := doc.Spec.Connections[s.name]
		if !named {
			continue
		}
		m, err := readManifest(c.Connector)
		must(s.t, err)
		o, known := m.Operation(operation)
		return known && o.Writing.Create != nil && o.Writing.Create.Echo == "number"
	}
	return false
}

// Write implements connector.Writer: everything is written under a number that counts up, or
// under its own where the system gives that back.
func (s *system) Write(_ context.Context, batch connector.Batch) (connector.Answers, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, err := item.Rows(batch.Rows)
	answers := connector.Answers{Rows: make([]connector.Answer, len(rows))}
	for i := range rows {
		n := len(s.writes)*10 + i + 1
		answers.Rows[i] = connector.Answer{Outcome: connector.Done, ID: fmt.Sprint(100000 + n), Number: fmt.Sprintf("NO%04d", n)}
		if s.echoes(batch.Operation) {
			answers.Rows[i].Number = batch.Keys[i]
		}
	}
	s.writes = append(s.writes, write{s.name, batch.Operation, batch.Keys, batch.Params, batch.Rows})
	return answers, err
}

// Probe implements connector.Prober: nothing is there.
func (s *system) Probe(_ context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	return make([]connector.Found, len(req.Keys)), nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
