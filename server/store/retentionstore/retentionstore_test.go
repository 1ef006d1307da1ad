package retentionstore_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gorm.io/gorm"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/retention"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/retentionstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	if os.Getenv("KAREZ_TEST_LONG") == "" && os.Getenv("RAPID_CHECKS") == "" {
		if err := flag.Set("rapid.checks", "12"); err != nil {
			panic(err)
		}
	}
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

const day = 24 * time.Hour

type whole struct {
	*ledgerstore.Store
	runtest.Repairer
}

// rig is a world in which old things are removed.
type rig struct {
	*worldtest.World

	db    *store.DB
	store *retentionstore.Store
	keep  *retention.Service
}

func newRig(t worldtest.Reporter, db *store.DB) *rig {
	t.Helper()
	r := &rig{db: db, store: retentionstore.New(db)}
	r.World = worldtest.New(t, whole{ledgerstore.New(db), documentstore.New(db)})
	r.exec("DELETE FROM workspace WHERE id = ?", r.Workspace)
	r.exec("INSERT INTO workspace (id,name,created_at) VALUES (?,'ours',0)", r.Workspace)
	r.keep = r.service("one")
	return r
}

func (r *rig) service(owner string) *retention.Service {
	return retention.New(retention.Config{
		Store: r.store, Owner: owner, Clock: func() time.Time { return r.Now.Time() }, Log: slog.New(slog.DiscardHandler),
		Rest: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
}

func each(t *testing.T, test func(r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		test(newRig(t, db))
	})
}

func (r *rig) exec(statement string, args ...any) {
	r.Helper()
	r.Must(r.db.Write(r.Context(), func(tx *gorm.DB) error { return tx.Exec(statement, args...).Error }))
}

func (r *rig) count(query string, args ...any) int {
	r.Helper()
	var n int
	r.Must(r.db.Read(r.Context()).Raw(query, args...).Scan(&n).Error)
	return n
}

// purge makes a pass and gives what it removed of the workspace.
func (r *rig) purge() retention.Freed {
	r.Helper()
	r.Must(r.keep.Pass(r.Context()))
	passes, err := r.store.Passes(r.Context(), r.Workspace, 1)
	r.Must(err)
	if len(passes) != 1 || passes[0].Ended == 0 {
		r.Fatalf("the pass did not end: %+v", passes)
	}
	return passes[0].Freed
}

// deliver pulls a document, sends it and settles it in a state.
func (r *rig) deliver(key string, answer ledger.DeliveryState, state ledger.State) {
	r.Helper()
	r.Pull(worldtest.Rec(key, "1"))
	work := r.ClaimDoc(key)
	in := r.Send(work, key, "t-"+key)
	resolution := worldtest.Done(in)
	if resolution.State = answer; answer != ledger.DeliveryDone {
		resolution.TargetID, resolution.TargetNumber = "", ""
	}
	o := r.Outcome(work)
	o.Deliveries = []ledger.Resolution{resolution}
	o.Calls = []ledger.CallEnd{{ID: in.Call, Response: []byte(`[{"ok":true}]`)}}
	o.Documents = []ledger.Settled{r.Settled(key, state)}
	_, err := r.Ended(o)
	r.Must(err)
}

// kept counts what is left of a document's source, request and response.
func (r *rig) kept(key string) [3]int {
	r.Helper()
	id := r.Doc(key).ID
	var out [3]int
	for i, from := range []string{"document d WHERE p.id = d.pack_id AND d.id = ?", "delivery d WHERE p.id = d.req_pack AND d.document_id = ?", "delivery d WHERE p.id = d.resp_pack AND d.document_id = ?"} {
		out[i] = r.count("SELECT COUNT(*) FROM pack p WHERE EXISTS (SELECT 1 FROM "+from+")", id)
	}
	return out
}

// TestFinishedGoUnfinishedStay lets documents grow old.
func TestFinishedGoUnfinishedStay(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.deliver("done", ledger.DeliveryDone, ledger.Delivered)
		r.deliver("refused", ledger.DeliveryRejected, ledger.Rejected)
		r.deliver("open", ledger.DeliveryDone, ledger.NeedsDecision)
		r.Pull(worldtest.Rec("waits", "1"))
		r.PullHeld(worldtest.Rec("held back", "1"))
		counts := r.count("SELECT SUM(n) FROM run_count")
		r.Now = r.Now.Add(89 * day)
		r.Same("on the 89th day calls alone are old", r.purge(), retention.Freed{Packs: 1, Bytes: r.purgedBytes(), Calls: 1, Needed: 2})
		r.deliver("young", ledger.DeliveryDone, ledger.Delivered)
		r.Now = r.Now.Add(2 * day)
		freed := r.purge()
		r.Same("packs", []int64{freed.Packs, freed.Needed}, []int64{3, 10})
		for key, want := range map[string][3]int{"done": {0, 0, 0}, "refused": {1, 1, 1}, "open": {1, 1, 1}, "waits": {1, 0, 0}, "held back": {1, 0, 0}, "young": {1, 1, 1}} {
			r.Same(key, r.kept(key), want)
		}
		r.Same("rows stay", []int{r.count("SELECT COUNT(*) FROM document"), r.count("SELECT COUNT(*) FROM delivery"), r.count("SELECT SUM(n) FROM run_count")},
			[]int{6, 4, counts + 3})
		r.Same("a second pass finds nothing", r.purge().Packs, int64(0))
		r.Balance()
	})
}

// purgedBytes gives what the last pass freed: the size of a pack is the compressor's business.
func (r *rig) purgedBytes() int64 {
	passes, err := r.store.Passes(r.Context(), r.Workspace, 1)
	r.Must(err)
	return passes[0].Bytes
}

// TestNothingUnfinishedIsLost lets documents come, walk and grow old in any way. After
// every pass each that is unfinished can be walked, and the counts are those of the rows.
func TestNothingUnfinishedIsLost(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		db := storetest.Migrated(t, address)
		rapid.Check(t, func(t *rapid.T) {
			r := newRig(t, db)
			keys := []string{"a", "b", "c", "d"}
			states := []ledger.State{ledger.Delivered, ledger.Collected, ledger.Filtered, ledger.Rejected, ledger.RetryAt, ledger.Unmapped, ledger.NeedsDecision}
			for step := range rapid.IntRange(1, 12).Draw(t, "steps") {
				key := rapid.SampledFrom(keys).Draw(t, "key")
				switch rapid.SampledFrom([]string{"pull", "walk", "age", "purge"}).Draw(t, "what") {
				case "pull":
					r.PullAs(rapid.SampledFrom([]ledger.OnSeen{ledger.Skip, ledger.Revise}).Draw(t, "onSeen"), worldtest.Rec(key, fmt.Sprint(step)))
				case "walk":
					r.walk(t, states)
				case "age":
					r.Now = r.Now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "days")) * day)
				case "purge":
					r.purge()
					r.readable()
				}
			}
			r.purge()
			r.readable()
			r.Balance()
		})
	})
}

// walk ends the first walk that is due, with and without a delivery.
func (r *rig) walk(t *rapid.T, states []ledger.State) {
	due := r.Due()
	for _, w := range due {
		work, ok, err := r.Store.Claim(r.Context(), w.ID, "worker", r.Now, worldtest.Lease)
		r.Must(err)
		if !ok {
			continue
		}
		o := r.Outcome(work)
		for _, task := range r.Load(work) {
			state := rapid.SampledFrom(states).Draw(t, "state")
			var on *ledger.Delivery
			if len(task.Deliveries) > 0 {
				on = &task.Deliveries[0]
			}
			if rapid.Bool().Draw(t, "send") && (on == nil || on.State == ledger.DeliveryRejected || on.State == ledger.DeliveryUnknown) {
				in := r.Intent(task.Document, "t-"+task.Document.Key, on)
				_, err := r.Intend(work, in)
				r.Must(err)
				answer := worldtest.Done(in)
				answer.State = rapid.SampledFrom([]ledger.DeliveryState{ledger.DeliveryDone, ledger.DeliveryRejected, ledger.DeliveryUnknown}).Draw(t, "answer")
				o.Deliveries = append(o.Deliveries, answer)
			}
			out := r.Settled(task.Document.Key, state)
			if rapid.Bool().Draw(t, "failing") && state == ledger.Delivered {
				out.Attention |= ledger.WritebackFailing
			}
			o.Documents = append(o.Documents, out)
		}
		_, err = r.Ended(o)
		r.Must(err)
		return
	}
}

// readable fails where the payload of something unfinished is gone.
func (r *rig) readable() {
	r.Helper()
	for _, doc := range r.Documents() {
		unfinished := doc.InFlight() || doc.State.Repairable() || doc.Attention&ledger.WritebackFailing != 0
		if !unfinished {
			continue
		}
		if lost := r.count("SELECT COUNT(*) FROM document d WHERE d.id = ? AND NOT EXISTS (SELECT 1 FROM pack p WHERE p.id = d.pack_id)", doc.ID); lost != 0 {
			r.Fatalf("the payload of %+v is gone", doc)
		}
		if lost := r.count("SELECT COUNT(*) FROM delivery d WHERE d.document_id = ? AND (d.rev = ? OR d.state IN (1, 2, 6)) AND (d.req_pack <> 0 AND NOT EXISTS (SELECT 1 FROM pack p WHERE p.id = d.req_pack)"+
			" OR d.resp_pack <> 0 AND NOT EXISTS (SELECT 1 FROM pack p WHERE p.id = d.resp_pack))", doc.ID, doc.ActiveRev); lost != 0 {
			r.Fatalf("what was sent of %+v is gone", doc)
		}
		if doc.Queued() {
			if lost := r.count("SELECT COUNT(*) FROM revision d WHERE d.document_id = ? AND d.rev > ? AND NOT EXISTS (SELECT 1 FROM pack p WHERE p.id = d.pack_id)", doc.ID, doc.ActiveRev); lost != 0 {
				r.Fatalf("what waits behind %+v is gone", doc)
			}
		}
	}
}

// TestLease lets two processes purge: one does it.
func TestLease(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.deliver("done", ledger.DeliveryDone, ledger.Delivered)
		r.Now = r.Now.Add(100 * day)
		mine, err := r.store.Take(r.Context(), "other", r.Now, r.Now.Add(time.Minute))
		r.Must(err)
		r.Same("the other has the right", mine, true)
		r.Must(r.keep.Pass(r.Context()))
		r.Same("nothing is removed", r.kept("done"), [3]int{1, 1, 1})
		r.Now = r.Now.Add(time.Hour)
		r.Same("its right ran out", r.purge().Packs > 0, true)
		mine, err = r.store.Keep(r.Context(), "other", r.Now.Add(time.Minute))
		r.Must(err)
		r.Same("the other lost it", mine, false)
	})
}

// TestContentsComeBack pulls a document by its number whose contents were removed.
func TestContentsComeBack(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		documents := documentstore.New(r.db)
		purged := func() bool {
			a, err := documents.Ailing(r.Context(), r.Workspace, r.Doc("a").ID)
			r.Must(err)
			return a.Purged
		}
		r.deliver("a", ledger.DeliveryDone, ledger.Delivered)
		r.Same("at first", purged(), false)
		r.Now = r.Now.Add(100 * day)
		r.purge()
		a, err := documents.Ailing(r.Context(), r.Workspace, r.Doc("a").ID)
		r.Must(err)
		r.Same("removed", []any{a.Purged, len(a.PurgedBodies), a.CanRetry(r.Now).Code}, []any{true, 1, "document.purged"})
		detail, err := documents.Detail(r.Context(), r.Workspace, a.Document.ID)
		r.Must(err)
		r.Same("shown", []any{detail.Source == nil, detail.Deliveries[0].Mapped == nil, detail.Deliveries[0].TargetNumber}, []any{true, true, "no-t-a"})
		page := r.PageOf(worldtest.Rec("a", "1"))
		page.Restore = true
		r.Commit(page)
		r.Same("stored again", purged(), false)
		r.Body("a", worldtest.Rec("a", "1").Body)
		r.Balance()
	})
}

// TestTraces: of what was removed it is known by which rule and when, also by the page of the
// document, once however often it is removed.
func TestTraces(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		docs := documentstore.New(r.db)
		r.deliver("a", ledger.DeliveryDone, ledger.Delivered)
		d, err := docs.Detail(r.Context(), r.Workspace, r.Doc("a").ID)
		r.Must(err)
		if d.Purged != nil || d.Source == nil {
			r.Fatalf("%+v", d.Purged)
		}
		ok, err := r.store.SetPolicy(r.Context(), r.Workspace, retention.Policy{Payloads: 40, Calls: 7})
		r.Must(err)
		r.Same("set", ok, true)
		r.Now = r.Now.Add(41*day + 5*time.Hour)
		r.purge()
		d, err = docs.Detail(r.Context(), r.Workspace, r.Doc("a").ID)
		r.Must(err)
		if d.Purged == nil {
			r.Fatalf("%+v", d)
		}
		r.Same("the page", []any{*d.Purged, d.Source == nil}, []any{document.Purged{Rule: "payloads", Days: 40, At: r.Now}, true})
		r.Same("of the answer", r.count("SELECT COUNT(*) FROM purged_pack WHERE rule = 'calls' AND days = 7"), 1)
		traces := r.count("SELECT COUNT(*) FROM purged_pack")
		r.purge()
		r.Same("once", r.count("SELECT COUNT(*) FROM purged_pack"), traces)
		r.exec("DELETE FROM purged_pack") // as it was removed before that was noted
		d, err = docs.Detail(r.Context(), r.Workspace, r.Doc("a").ID)
		r.Must(err)
		r.Same("unknown", *d.Purged, document.Purged{})
	})
}
