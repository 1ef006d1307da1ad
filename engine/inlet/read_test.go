package inlet_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/inlet"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
)

// rig is a world whose orders another flow reads.
type rig struct {
	*worldtest.World
	store  *runtest.Memory
	reader inlet.Reader
	job    inlet.Job
	flow   ledger.ID
	pages  []int
}

func newRig(t *testing.T, on worldtest.Reporter, settings string) *rig {
	t.Helper()
	r := &rig{store: runtest.NewStore()}
	r.World = worldtest.New(on, r.store)
	flow, err := r.store.NextIDs(on.Context(), 1)
	r.Must(err)
	r.flow = flow
	r.Must(r.store.PublishFlow(on.Context(), r.Workspace, r.Flow, "orders"))
	r.reader = inlet.Reader{Store: r.store, Clock: func() time.Time { return r.Now.Time() }, Log: slog.New(slog.DiscardHandler), Size: 2}
	r.job = inlet.Job{Workspace: r.Workspace, Flow: flow, Version: r.Version, Inlet: compiled(t, "from: orders.orders"+settings), Priority: 5, Report: func(_ ledger.PageResult, rows int) {
		r.pages = append(r.pages, rows)
	}}
	return r
}

// read reads in a run of its own and gives its counts.
func (r *rig) read() ledger.Counts {
	r.Helper()
	run, _, err := r.store.OpenRun(r.Context(), ledger.Run{Workspace: r.Workspace, Flow: r.flow, Version: r.Version, Trigger: "t", FireAt: r.Now}, r.Now)
	r.Must(err)
	r.job.Run = run.ID
	r.Must(r.reader.Run(r.Context(), r.job))
	_, counts, err := r.store.Run(r.Context(), run.ID)
	r.Must(err)
	if !counts.Balanced() {
		r.Errorf("the run is out of balance: %v", counts)
	}
	return counts
}

// got gives what was read, by key.
func (r *rig) got() map[string]string {
	r.Helper()
	stream, err := r.store.OpenInlet(r.Context(), r.Workspace, r.flow, "in")
	r.Must(err)
	docs, err := r.store.Documents(r.Context(), stream.ID, 0, 1000)
	r.Must(err)
	out := map[string]string{}
	for _, d := range docs {
		body, err := r.store.Body(r.Context(), d.ID)
		r.Must(err)
		out[d.Key] = fmt.Sprintf("%s %s %s", d.State, d.Number, body)
	}
	return out
}

// later lets time pass.
func (r *rig) later(d time.Duration) { r.Now = r.Now.Add(d) }

func TestRead(t *testing.T) {
	t.Parallel()
	r := newRig(t, t, "")
	for i := range 5 {
		r.Pull(worldtest.Rec(fmt.Sprint("d", i), "1"))
		r.Walk(fmt.Sprint("d", i), ledger.Delivered)
	}
	r.Pull(worldtest.Rec("c", "1"))
	r.Walk("c", ledger.Collected)
	r.Pull(worldtest.Rec("r", "1"))
	r.Walk("r", ledger.Rejected)
	r.later(time.Second)
	counts := r.read()
	if counts[ledger.SlotAccepted] != 6 || len(r.got()) != 6 {
		t.Fatalf("read %v, %v", counts, r.got())
	}
	if diff := cmp.Diff([]int{2, 2, 2}, r.pages); diff != "" {
		t.Error(diff)
	}
	body := string(worldtest.Rec("d3", "1").Body)
	if got := r.got()["d3"]; got != "waiting No d3 "+body {
		t.Errorf("d3 is %s", got)
	}
	// What did not change is not read again, once it lies behind the look-back.
	r.later(10 * time.Second)
	if counts = r.read(); counts[ledger.SlotUnchanged] != 6 || counts[ledger.SlotAccepted] != 0 {
		t.Errorf("read again %v", counts)
	}
	r.later(10 * time.Minute)
	r.read()
	r.later(10 * time.Minute)
	if counts = r.read(); counts[ledger.SlotPulled] != 0 {
		t.Errorf("read once more %v", counts)
	}
	// What changes comes.
	r.PullAs(ledger.Revise, worldtest.Rec("r", "2"))
	r.Walk("r", ledger.Delivered)
	r.later(time.Second)
	if counts = r.read(); counts[ledger.SlotPulled] != 1 || !strings.Contains(r.got()["r"], `"is":"2"`) {
		t.Errorf("read %v: %s", counts, r.got()["r"])
	}
	lineage, err := r.store.HandedTo(t.Context(), r.Doc("r").ID)
	r.Must(err)
	if len(lineage) != 1 || lineage[0].Rev != 2 || lineage[0].Hops != 1 {
		t.Errorf("lineage is %+v", lineage)
	}
}

func TestReadByStateTimeAndCondition(t *testing.T) {
	t.Parallel()
	r := newRig(t, t, `, states: [rejected, delivered], startFrom: "`+worldtest.Start.Time().Add(time.Minute).Format(time.RFC3339)+
		`", conditions: [[{field: is, logic: eq, value: keep}]], key: "K{{key}}"`)
	r.Pull(worldtest.Rec("early", "keep"))
	r.Walk("early", ledger.Delivered)
	r.later(2 * time.Minute)
	for key, state := range map[string]ledger.State{"a": ledger.Delivered, "b": ledger.Rejected, "c": ledger.Collected} {
		r.Pull(worldtest.Rec(key, "keep"))
		r.Walk(key, state)
	}
	r.Pull(worldtest.Rec("d", "drop"))
	r.Walk("d", ledger.Delivered)
	r.later(time.Second)
	counts := r.read()
	if counts[ledger.SlotDropped] != 1 || counts[ledger.SlotAccepted] != 2 {
		t.Errorf("read %v", counts)
	}
	if got := r.got(); len(got) != 2 || got["Ka"] == "" || got["Kb"] == "" {
		t.Errorf("got %v", got)
	}
}

// TestAReadingThatWasCutOff goes on where it stopped.
func TestAReadingThatWasCutOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, t, "")
	for _, key := range []string{"a", "b", "c"} {
		r.Pull(worldtest.Rec(key, "1"))
		r.Walk(key, ledger.Delivered)
	}
	r.later(time.Second)
	broken := &breaks{Memory: r.store, after: 1}
	r.reader.Store = broken
	run, _, err := r.store.OpenRun(t.Context(), ledger.Run{Workspace: r.Workspace, Flow: r.flow, Version: r.Version, Trigger: "x", FireAt: 1}, r.Now)
	r.Must(err)
	r.job.Run = run.ID
	if err := r.reader.Run(t.Context(), r.job); !errors.Is(err, errBroken) {
		t.Fatalf("error %v", err)
	}
	r.reader.Store = r.store
	r.later(time.Second)
	r.read()
	if got := r.got(); len(got) != 3 {
		t.Errorf("got %v", got)
	}
}

var errBroken = errors.New("the power is gone")

// breaks fails after so many pages.
type breaks struct {
	*runtest.Memory
	after int
}

func (b *breaks) CommitPage(ctx context.Context, page ledger.PageCommit) (ledger.PageResult, error) {
	if b.after--; b.after < 0 {
		return ledger.PageResult{}, errBroken
	}
	return b.Memory.CommitPage(ctx, page)
}

func TestReadFails(t *testing.T) {
	t.Parallel()
	r := newRig(t, t, "")
	r.job.Inlet.Read.Flow = "gone"
	if err := r.reader.Run(t.Context(), r.job); fault.CodeOf(err) != "inlet.flow_missing" {
		t.Errorf("error %v", err)
	}
	r = newRig(t, t, "")
	r.job.Inlet.Read.Source = "never pulled"
	if counts := r.read(); counts[ledger.SlotPulled] != 0 {
		t.Errorf("read %v", counts)
	}
	r = newRig(t, t, `, key: "{{is|date}}"`)
	r.Pull(worldtest.Rec("a", "1"))
	r.Walk("a", ledger.Delivered)
	r.later(time.Second)
	if counts := r.read(); counts[ledger.SlotOf(ledger.Rejected)] != 1 {
		t.Errorf("read %v", counts)
	}
}

// TestReadEnds: flows that read from each other in a circle come to an end.
func TestReadEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t, t, "")
	page := r.PageOf(worldtest.Rec("a", "1"))
	page.Origins = []ledger.Origin{{HandKey: ledger.HandKey{Document: 1, Rev: 1, Way: "x"}, Hops: ledger.MaxHops}}
	r.Commit(page)
	r.Walk("a", ledger.Delivered)
	r.later(time.Second)
	if counts := r.read(); counts[ledger.SlotDropped] != 1 || counts[ledger.SlotAccepted] != 0 {
		t.Errorf("read %v", counts)
	}
}

// TestReadMissesNothing changes documents and reads in any order: in the end every
// document that is delivered is there as it is.
func TestReadMissesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, rt, ", onSeen: revise")
		bodies := map[string]string{}
		for step := range rapid.IntRange(1, 25).Draw(rt, "steps") {
			key := rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(rt, "key")
			if rapid.Bool().Draw(rt, "change") {
				in := worldtest.Rec(key, fmt.Sprint(step))
				r.PullAs(ledger.Revise, in)
				r.Walk(key, ledger.Delivered)
				bodies[key] = string(in.Body)
			} else {
				r.read()
			}
			r.later(time.Duration(rapid.IntRange(1, 90).Draw(rt, "seconds")) * time.Second)
		}
		r.read()
		stream, err := r.store.OpenInlet(r.Context(), r.Workspace, r.flow, "in")
		r.Must(err)
		docs, err := r.store.Documents(r.Context(), stream.ID, 0, 100)
		r.Must(err)
		if len(docs) != len(bodies) {
			rt.Fatalf("%d documents for %d", len(docs), len(bodies))
		}
		for _, d := range docs {
			hands, err := r.store.HandedFrom(r.Context(), d.ID)
			r.Must(err)
			newest := r.Doc(d.Key).ActiveRev
			if last := hands[len(hands)-1]; last.Rev != newest || last.To.Rev != d.LatestRev {
				rt.Fatalf("%s has revision %d, the newest is %d: %+v", d.Key, last.Rev, newest, last)
			}
		}
	})
}

// emptied is a store from which the contents of one document were removed.
type emptied struct {
	*runtest.Memory
	key string
}

func (e emptied) Stored(ctx context.Context, q ledger.StoredQuery) ([]ledger.Stored, error) {
	rows, err := e.Memory.Stored(ctx, q)
	for i := range rows {
		if rows[i].Key == e.key {
			rows[i].Body = nil
		}
	}
	return rows, err
}

// TestPurged: a document whose contents are gone is refused by itself, with conditions and
// without; when they are there again it is read.
func TestPurged(t *testing.T) {
	t.Parallel()
	for _, settings := range []string{"", ", conditions: [[{field: is, logic: eq, value: '1'}]]"} {
		r := newRig(t, t, settings)
		for _, key := range []string{"a", "b", "c"} {
			r.Pull(worldtest.Rec(key, "1"))
			r.Walk(key, ledger.Delivered)
		}
		r.reader.Store = emptied{r.store, "b"}
		r.later(time.Hour)
		counts := r.read()
		r.Same("counts"+settings, []int64{int64(counts[ledger.SlotPulled]), int64(counts[ledger.SlotOf(ledger.Rejected)])}, []int64{3, 1})
		stream, err := r.store.OpenInlet(t.Context(), r.Workspace, r.flow, "in")
		r.Must(err)
		docs, err := r.store.Documents(t.Context(), stream.ID, 0, 10)
		r.Must(err)
		var refused []string
		for _, d := range docs {
			p, found, err := r.store.Problem(t.Context(), d.ID)
			r.Must(err)
			if found {
				refused = append(refused, fmt.Sprint(p.Code, " ", p.NodeID, " ", d.Number, " ", strings.HasPrefix(d.Key, ledger.RefusedHand)))
				r.Same("a hint", p.Hint != "", true)
			}
		}
		r.Same("refused"+settings, refused, []string{"inlet.content_purged in No b true"})
	}
}
