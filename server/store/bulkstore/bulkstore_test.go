package bulkstore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/bulk"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/once"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/bulkstore"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

// rig is the whole service on a real ledger, carried out by hand: one Round is one turn
// of one process.
type rig struct {
	*worldtest.World

	db   *store.DB
	docs *document.Service
	jobs *bulk.Service
	// between is called before a document is acted on; broken is what a store answers.
	between func(ledger.ID)
	broken  error
	mu      sync.Mutex
	hints   []ledger.ID
}

type whole struct {
	*ledgerstore.Store
	worldtest.Repairer
}

func each(t *testing.T, test func(r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		r := &rig{db: db}
		r.World = worldtest.New(t, whole{ledgerstore.New(db), documentstore.New(db)})
		r.exec("INSERT INTO flow (id,workspace_id,public_id,name,title,draft,updated_at) VALUES (?,?,'flow','job','订单 → 单据','{}',1)", r.Flow, r.Workspace)
		r.exec("INSERT INTO flow_version (id,workspace_id,flow_id,version_no,document,created_at) VALUES (?,?,?,4,'{}',1)", r.Version+500, r.Workspace, r.Flow)
		clock := func() time.Time { return r.Now.Time() }
		log := slog.New(slog.DiscardHandler)
		r.docs = document.New(document.Config{Store: documentstore.New(db), Clock: clock, Log: log})
		r.jobs = r.process("one", func(c *bulk.Config) { c.PartSize = 2 })
		test(r)
	})
}

// process gives the service of one more process.
func (r *rig) process(owner string, edit func(*bulk.Config)) *bulk.Service {
	c := bulk.Config{Store: bulkstore.New(r.db), Documents: r, Hints: r, Clock: func() time.Time { return r.Now.Time() }, Log: slog.New(slog.DiscardHandler), Owner: owner, PartSize: 2}
	if edit != nil {
		edit(&c)
	}
	return bulk.New(c)
}

func (r *rig) exec(statement string, args ...any) {
	r.Helper()
	r.Must(r.db.Write(r.Context(), func(tx *gorm.DB) error { return tx.Exec(statement, args...).Error }))
}

func (r *rig) Choose(ctx context.Context, workspace ledger.ID, c document.Choice, after ledger.ID, limit int) ([]document.Chosen, error) {
	return r.docs.Choose(ctx, workspace, c, after, limit)
}

func (r *rig) Ailings(ctx context.Context, workspace ledger.ID, ids []ledger.ID) ([]rules.Ailing, error) {
	return r.docs.Ailings(ctx, workspace, ids)
}

func (r *rig) Carry(ctx context.Context, o document.Order, a rules.Ailing, confirmed bool) ([]ledger.ID, error) {
	r.mu.Lock()
	between, broken := r.between, r.broken
	r.mu.Unlock()
	if between != nil {
		between(a.Document.ID)
	}
	if broken != nil {
		return nil, broken
	}
	return r.docs.Carry(ctx, o, a, confirmed)
}

func (r *rig) Publish(_ context.Context, priority int, work []ledger.ID) error {
	if priority != ledger.LowPriority {
		r.Errorf("a job's work has the priority %d", priority)
	}
	r.hints = append(r.hints, work...)
	return nil
}

func (r *rig) as(role access.Role) context.Context {
	return access.With(r.Context(), access.Principal{Workspace: r.Workspace, User: 7, Name: "王", Role: role})
}

// settle pulls documents and lets them end so.
func (r *rig) settle(state ledger.State, keys ...string) {
	r.Helper()
	for _, key := range keys {
		r.Pull(worldtest.Rec(key, "1"))
		r.Walk(key, state)
	}
}

// sends pulls documents whose writes come to a state.
func (r *rig) sends(state ledger.DeliveryState, code string, keys ...string) {
	r.Helper()
	for _, key := range keys {
		r.Pull(worldtest.Rec(key, "1"))
		r.attempt(key, 1, state, code)
	}
}

// attempt writes a document that is due; what it sent comes to a state.
func (r *rig) attempt(key string, no int, state ledger.DeliveryState, code string) {
	r.Helper()
	work := r.ClaimDoc(key)
	in := r.Send(work, key, "t-"+key)
	r.Must(r.Answer(work, ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: no, State: state, Code: code, FreeKey: state == ledger.DeliveryRejected}))
	to := ledger.Rejected
	if state == ledger.DeliveryNeedsDecision {
		to = ledger.NeedsDecision
	}
	r.Conclude(work, r.Settled(key, to))
}

func (r *rig) start(req bulk.Request) bulk.Job {
	r.Helper()
	job, err := r.jobs.StartJob(r.as(access.Operator), req)
	r.Must(err)
	return job
}

// run lets processes take turns until nothing is left to do.
func (r *rig) run(processes ...*bulk.Service) {
	r.Helper()
	if len(processes) == 0 {
		processes = []*bulk.Service{r.jobs}
	}
	for n := range 100 {
		worked, err := processes[n%len(processes)].Round(r.Context())
		r.Must(err)
		if !worked {
			return
		}
	}
	r.Fatalf("there is no end")
}

func (r *rig) job(id ledger.ID) bulk.Job {
	r.Helper()
	job, err := r.jobs.Get(r.as(access.Viewer), id)
	r.Must(err)
	return job
}

// stands gives a job's state and counts.
func stands(j bulk.Job) string {
	return fmt.Sprintf("%s %d = %d + %d + %d open %t", j.State, j.Total, j.Done, j.Refused, j.Total-j.Done-j.Refused, j.Open)
}

func (r *rig) wants(what string, err error, code string) {
	r.Helper()
	if got := fault.CodeOf(err); got != code || (err == nil) != (code == "") {
		r.Errorf("%s: %v, want %q", what, err, code)
	}
}

func (r *rig) refusals(id ledger.ID) map[string]string {
	r.Helper()
	out := map[string]string{}
	for after := ""; ; {
		items, next, err := r.jobs.Refusals(r.as(access.Viewer), id, after, 2)
		r.Must(err)
		for _, item := range items {
			out[item.Key] = item.Code
		}
		if after = next; next == "" {
			return out
		}
	}
}

// actions gives who did what to a document.
func (r *rig) actions(key string) []string {
	r.Helper()
	found, err := store.Scan(r.db.Read(r.Context()), store.Column[string], "SELECT "+concat(r.db.Dialect(), "action", "actor", "job_id")+" FROM document_action WHERE document_id = ? ORDER BY id", r.Doc(key).ID)
	r.Must(err)
	return found
}

func concat(d store.Dialect, columns ...string) string {
	if d == store.MySQL {
		return "CONCAT_WS(' ', " + strings.Join(columns, ", ") + ")"
	}
	return strings.Join(columns, " || ' ' || ")
}

func states(r *rig, keys ...string) string {
	r.Helper()
	var out []string
	for _, key := range keys {
		out = append(out, r.Doc(key).State.String())
	}
	return strings.Join(out, ", ")
}

// TestRetryByFilter: what the filter selects at the start is walked again, and nothing else.
func TestRetryByFilter(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Rejected, "a", "b", "c")
		r.settle(ledger.RetryAt, "d")
		r.settle(ledger.Delivered, "e")
		job := r.start(bulk.Request{Kind: "retry", Filter: &document.Filter{States: []string{"rejected"}}})
		r.settle(ledger.Rejected, "late")
		r.run()
		r.Same("the job", stands(r.job(job.ID)), "done 3 = 3 + 0 + 0 open false")
		r.Same("states", states(r, "a", "b", "c", "d", "e", "late"), "waiting, waiting, waiting, retry_at, delivered, rejected") //nolint:dupword // states of documents, one after the other
		r.Same("its version", r.Doc("a").Version, r.Version+500)
		r.Same("who", r.actions("a"), []string{fmt.Sprint("retry 王 ", job.ID)})
		r.Same("nobody", r.actions("late"), []string(nil))
		r.Same("hints", len(r.hints), 3)
		for _, w := range r.Due() {
			if w.Priority != ledger.LowPriority {
				r.Errorf("the work has the priority %d", w.Priority)
			}
		}
		r.Same("all of them", stands(r.start(bulk.Request{Kind: "retry", Version: "pinned", Filter: &document.Filter{Flow: "flow"}})), "running 2 = 0 + 0 + 2 open true")
		r.run()
		r.Same("the version stays", r.Doc("d").Version, r.Version)
		r.Balance()
	})
}

// TestStartedOnce: an order for a job of the same key gives the job that it started, as it
// is now; another order is refused, and what started nothing left no key.
func TestStartedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Rejected, "a", "b")
		order := func(key string, req bulk.Request) (bulk.Job, error) {
			return r.jobs.StartJob(once.With(r.as(access.Operator), key), req)
		}
		jobs := func() int {
			page, err := r.jobs.List(r.as(access.Viewer), "", 10)
			r.Must(err)
			return len(page.Items)
		}
		named := bulk.Request{Kind: "retry", IDs: []string{r.id("a"), r.id("b")}}
		_, err := order("k", bulk.Request{Kind: "retry", IDs: []string{"77777777"}})
		r.wants("nothing to be done", err, "document.nothing_selected")
		_, err = order("k", bulk.Request{Kind: "retry", IDs: []string{"no id"}})
		r.wants("what is no id selects nothing, not all", err, "document.nothing_selected")
		job, err := order("k", named)
		r.Must(err)
		again, err := order("k", named)
		r.Must(err)
		r.Same("again", again, job)
		r.run()
		again, err = order("k", named) // both are in the works by now
		r.Must(err)
		r.Same("when it is done", []any{again.ID, stands(again)}, []any{job.ID, "done 2 = 2 + 0 + 0 open false"})
		for _, other := range []bulk.Request{
			{Kind: "retry", IDs: []string{r.id("a")}},
			{Kind: "retry", IDs: named.IDs, Version: "pinned"},
			{Kind: "retry", IDs: named.IDs, Note: "again"},
			{Kind: "retry", Filter: &document.Filter{}},
			{Kind: "retry", Filter: &document.Filter{UpdatedFrom: "2026-11-21T08:00:00Z"}},
		} {
			_, err = order("k", other)
			r.wants("another order", err, "order.key_used")
		}
		r.Same("one job", jobs(), 1)
		_, err = order("l", named)
		r.Must(err)
		_, err = order("", named)
		r.Must(err)
		_, err = order("", named)
		r.Must(err)
		r.Same("of other keys and of none", jobs(), 4)
		r.Balance()
	})
}

// TestOrderedTwiceAtOnce: of orders of the same key at the same moment one is carried out,
// and all are told of its job.
func TestOrderedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Rejected, "a")
		req := bulk.Request{Kind: "skip", Note: "重复", Filter: &document.Filter{}}
		const clients = 6
		ids := make([]ledger.ID, clients)
		var group sync.WaitGroup
		for i := range clients {
			group.Go(func() {
				job, err := r.jobs.StartJob(once.With(r.as(access.Operator), "k"), req)
				if err != nil {
					r.Errorf("%v", err)
				}
				ids[i] = job.ID
			})
		}
		group.Wait()
		page, err := r.jobs.List(r.as(access.Viewer), "", 10)
		r.Must(err)
		r.Same("one job", len(page.Items), 1)
		for _, id := range ids {
			r.Same("told of", id, page.Items[0].ID)
		}
	})
}

// TestChosenAtTheStart: what changed since is left alone, with the reason.
func TestChosenAtTheStart(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Rejected, "a", "b", "c")
		r.settle(ledger.NeedsDecision, "d")
		job := r.start(bulk.Request{Kind: "skip", Note: "测试数据", IDs: []string{r.id("a"), r.id("b"), r.id("c"), r.id("d"), "77777777"}})
		r.Same("what is not there is not chosen", job.Total, 4)
		_, err := r.docs.Retry(r.as(access.Operator), r.id("b"), document.RetryRequest{})
		r.Must(err)
		_, err = r.docs.Retry(r.as(access.Operator), r.id("c"), document.RetryRequest{})
		r.Must(err)
		r.Walk("c", ledger.NeedsDecision)
		r.run()
		r.Same("the job", stands(r.job(job.ID)), "done 4 = 2 + 2 + 0 open false")
		r.Same("states", states(r, "a", "b", "c", "d"), "skipped, waiting, needs_decision, skipped")
		r.Same("why", r.refusals(job.ID), map[string]string{"b": "document.changed", "c": "document.changed"})
		r.Same("the reason", r.Problem("a").Message, "skipped by 王: 测试数据")
		r.Balance()
	})
}

func (r *rig) id(key string) string { return fmt.Sprint(r.Doc(key).ID) }

// TestResend: what was refused is sent again as it is; what may have arrived only where
// that very document was confirmed.
func TestResend(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.sends(ledger.DeliveryRejected, "vendor.no", "a", "b")
		r.sends(ledger.DeliveryNeedsDecision, "delivery.unknown", "c", "d")
		r.sends(ledger.DeliveryNeedsDecision, ledger.CodeKeyTaken, "e")
		r.settle(ledger.Rejected, "f")
		everything := bulk.Request{Kind: "resend", Filter: &document.Filter{}}
		p, err := r.jobs.Preview(r.as(access.Operator), everything)
		r.Must(err)
		r.Same("preview", []any{p.Total, p.Examined, p.Refused, len(p.Groups)}, []any{6, 6, 3, 2})
		r.Same("reasons", []any{p.Reasons[0].Code, p.Reasons[0].Documents, p.Reasons[1].Code}, []any{"document.unconfirmed", 2, "document.nothing_to_resend"})
		var open []string
		for _, u := range p.Undecided {
			open = append(open, u.Key+" "+u.Target)
		}
		r.Same("to be decided", open, []string{"c t-c", "d t-d"})
		everything.Confirmed = []string{r.id("d"), r.id("a")}
		p, err = r.jobs.Preview(r.as(access.Operator), everything)
		r.Must(err)
		r.Same("confirmed", p.Refused, 2)
		job := r.start(everything)
		r.run()
		r.Same("the job", stands(r.job(job.ID)), "done 6 = 4 + 2 + 0 open false")
		r.Same("states", states(r, "a", "b", "c", "d", "e", "f"), "waiting, waiting, needs_decision, waiting, waiting, rejected") //nolint:dupword // states of documents, one after the other
		r.Same("why", r.refusals(job.ID), map[string]string{"c": "document.unconfirmed", "f": "document.nothing_to_resend"})
		for key, want := range map[string]ledger.DeliveryState{"a": ledger.DeliveryPending, "c": ledger.DeliveryNeedsDecision, "d": ledger.DeliveryPending} {
			r.Same("delivery of "+key, r.Delivery(key).State, want)
		}
		r.Balance()
	})
}

// TestAWordIsAboutTheAttemptThatWasSeen: two people look at the same unanswered writes and
// say that the target does not hold them. What the first sent again and got no answer to
// either, may be there by now: it is not sent a third time on the second one's word.
func TestAWordIsAboutTheAttemptThatWasSeen(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.sends(ledger.DeliveryNeedsDecision, "delivery.unknown", "a", "b")
		word := bulk.Request{Kind: "resend", IDs: []string{r.id("a"), r.id("b")}, Confirmed: []string{r.id("a"), r.id("b")}}
		p, err := r.jobs.Preview(r.as(access.Operator), word)
		r.Must(err)
		r.Same("seen", p.Seen, r.Doc("b").Updated)
		word.Seen = p.Seen
		first := r.start(bulk.Request{Kind: "resend", IDs: []string{r.id("a")}, Confirmed: []string{r.id("a")}, Seen: p.Seen})
		second := r.start(word) // before the first has done anything
		r.Now = r.Now.Add(time.Second)
		_, err = r.jobs.Round(r.Context())
		r.Must(err)
		r.Same("the first", stands(r.job(first.ID)), "done 1 = 1 + 0 + 0 open false")
		r.attempt("a", 2, ledger.DeliveryNeedsDecision, "delivery.unknown")
		third := r.start(word) // after it
		r.run()
		r.Same("the second", stands(r.job(second.ID)), "done 2 = 1 + 1 + 0 open false")
		r.Same("why", r.refusals(second.ID), map[string]string{"a": "document.changed"})
		r.Same("why the third", r.refusals(third.ID), map[string]string{"a": "document.changed", "b": "document.changed"})
		r.Same("states", states(r, "a", "b"), "needs_decision, waiting")
		r.Same("attempts", r.Delivery("a").Attempt, 2)
		r.Balance()
	})
}

// TestOnlyWhatWasSeen: a filter does not reach what came to a standstill after the preview.
func TestOnlyWhatWasSeen(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Rejected, "a", "b")
		all := bulk.Request{Kind: "skip", Note: "测试数据", Filter: &document.Filter{}}
		p, err := r.jobs.Preview(r.as(access.Operator), all)
		r.Must(err)
		r.Now = r.Now.Add(time.Second)
		r.settle(ledger.Rejected, "c")
		all.Seen = p.Seen
		job := r.start(all)
		r.run()
		r.Same("the job", []any{p.Total, stands(r.job(job.ID))}, []any{2, "done 2 = 2 + 0 + 0 open false"})
		r.Same("states", states(r, "a", "b", "c"), "skipped, skipped, rejected") //nolint:dupword // states of documents, one after the other
		all.Seen, all.Filter.UpdatedTo = p.Seen+1, time.UnixMilli(int64(p.Seen)).UTC().Format(time.RFC3339Nano)
		_, err = r.jobs.StartJob(r.as(access.Operator), all)
		r.wants("an earlier end of the filter", err, "document.nothing_selected")
		r.Balance()
	})
}

// TestAnotherProcessGoesOn: what a process did before it was gone is counted once.
func TestAnotherProcessGoesOn(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Rejected, "a", "b", "c", "d", "e")
		job := r.start(bulk.Request{Kind: "retry", Filter: &document.Filter{}})
		kept := bulkstore.New(r.db)
		taken, claim, ok, err := kept.Take(r.Context(), "gone", r.Now, r.Now.Add(time.Minute))
		r.Must(err)
		r.Same("taken", []any{ok, taken.ID}, []any{true, job.ID})
		a, err := r.docs.Ailings(r.Context(), r.Workspace, []ledger.ID{r.Doc("a").ID})
		r.Must(err)
		_, err = r.docs.Carry(r.Context(), document.Order{Workspace: r.Workspace, Job: job.ID, Action: "retry", Actor: "王"}, a[0], false)
		r.Must(err) // and then the process is gone

		other := r.process("other", nil)
		worked, err := other.Round(r.Context())
		r.Must(err)
		r.Same("its claim holds", worked, false)
		r.Now = r.Now.Add(2 * time.Minute)
		r.run(other, r.jobs)
		r.Same("the job", stands(r.job(job.ID)), "done 5 = 5 + 0 + 0 open false")
		r.Same("once", r.actions("a"), []string{fmt.Sprint("retry 王 ", job.ID)})
		_, err = kept.Commit(r.Context(), claim, bulk.Part{Done: 2}, r.Now, r.Now)
		if !errors.Is(err, ledger.ErrFenced) {
			r.Errorf("who was gone comes back: %v", err)
		}
		r.Must(kept.Give(r.Context(), claim, "", r.Now))
	})
}

// TestPauseAndCancel: what is at hand comes to its end, what is left is not touched.
func TestPauseAndCancel(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		keys := []string{"a", "b", "c", "d", "e", "f"}
		r.settle(ledger.Rejected, keys...)
		job := r.start(bulk.Request{Kind: "retry", Filter: &document.Filter{}})
		order := func(do func(context.Context, ledger.ID) (bulk.Job, error), state bulk.State) {
			r.Helper()
			j, err := do(r.as(access.Operator), job.ID)
			r.Must(err)
			r.Same("state", j.State, state)
		}
		order(r.jobs.Pause, bulk.Paused)
		order(r.jobs.Pause, bulk.Paused)
		r.run()
		r.Same("it rests", states(r, keys...), strings.TrimSuffix(strings.Repeat("rejected, ", 6), ", "))
		order(r.jobs.Resume, bulk.Running)
		var once sync.Once
		r.between = func(ledger.ID) { once.Do(func() { order(r.jobs.Pause, bulk.Paused) }) }
		r.run()
		r.Same("the packet at hand ends", stands(r.job(job.ID)), "paused 6 = 2 + 0 + 4 open true")
		order(r.jobs.Resume, bulk.Running)
		var again sync.Once
		r.between = func(ledger.ID) { again.Do(func() { order(r.jobs.Cancel, bulk.Cancelled) }) }
		r.run()
		r.Same("cancelled", stands(r.job(job.ID)), "cancelled 6 = 4 + 0 + 2 open false")
		r.Same("by whom", r.job(job.ID).StoppedBy, "王")
		r.Same("the rest", states(r, keys...), "waiting, waiting, waiting, waiting, rejected, rejected") //nolint:dupword // states of documents, one after the other
		order(r.jobs.Cancel, bulk.Cancelled)
		_, err := r.jobs.Resume(r.as(access.Operator), job.ID)
		r.wants("it is over", err, "bulk.ended")
		r.Balance()
	})
}

// TestCancelAfterACrash: what was done is counted, though nobody noted the packet.
func TestCancelAfterACrash(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Rejected, "a", "b", "c")
		job := r.start(bulk.Request{Kind: "retry", Filter: &document.Filter{}})
		_, _, _, err := bulkstore.New(r.db).Take(r.Context(), "gone", r.Now, r.Now.Add(time.Minute))
		r.Must(err)
		a, err := r.docs.Ailings(r.Context(), r.Workspace, []ledger.ID{r.Doc("a").ID})
		r.Must(err)
		_, err = r.docs.Carry(r.Context(), document.Order{Workspace: r.Workspace, Job: job.ID, Action: "retry", Actor: "王"}, a[0], false)
		r.Must(err)
		j, err := r.jobs.Cancel(r.as(access.Operator), job.ID)
		r.Must(err)
		r.Same("not counted yet", j.Open, true)
		r.Now = r.Now.Add(2 * time.Minute)
		r.run()
		r.Same("counted", stands(r.job(job.ID)), "cancelled 3 = 1 + 0 + 2 open false")
	})
}

// TestStoreIsDown: a failure of the store refuses nobody, and the job goes on later.
func TestStoreIsDown(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Rejected, "a", "b")
		job := r.start(bulk.Request{Kind: "retry", Filter: &document.Filter{}})
		r.broken = fault.New("store.write_failed", "down").Classed(fault.Transient)
		worked, err := r.jobs.Round(r.Context())
		r.Same("it tries", worked, true)
		r.wants("down", err, "store.write_failed")
		r.Same("why", r.job(job.ID).Code, "store.write_failed")
		r.Same("nobody is refused", stands(r.job(job.ID)), "running 2 = 0 + 0 + 2 open true")
		r.broken = nil
		r.run()
		r.Same("done", stands(r.job(job.ID))+r.job(job.ID).Code, "done 2 = 2 + 0 + 0 open false")
	})
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Rejected, "a", "b", "c")
		ask := func(req bulk.Request) error {
			_, err := r.jobs.StartJob(r.as(access.Operator), req)
			return err
		}
		all := &document.Filter{}
		r.wants("another kind", ask(bulk.Request{Kind: "eject", Filter: all}), "document.action_unknown")
		r.wants("another version", ask(bulk.Request{Kind: "retry", Version: "next", Filter: all}), "document.version_unknown")
		r.wants("nothing", ask(bulk.Request{Kind: "retry"}), "document.nothing_selected")
		r.wants("nothing there", ask(bulk.Request{Kind: "retry", Filter: &document.Filter{Code: "no.such"}}), "document.nothing_selected")
		r.wants("what stands well", ask(bulk.Request{Kind: "retry", Filter: &document.Filter{States: []string{"delivered"}}}), "document.filter_unknown")
		r.wants("no reason", ask(bulk.Request{Kind: "skip", Filter: all, Note: " "}), "bulk.no_reason")
		r.wants("too many names", ask(bulk.Request{Kind: "retry", IDs: slices.Repeat([]string{"1"}, bulk.MaxNamed+1)}), "bulk.too_many")
		few := r.process("few", func(c *bulk.Config) { c.Most = 2 })
		_, err := few.StartJob(r.as(access.Operator), bulk.Request{Kind: "retry", Filter: all})
		r.wants("too many", err, "bulk.too_many")
		p, err := few.Preview(r.as(access.Operator), bulk.Request{Kind: "retry", Filter: all})
		r.Must(err)
		r.Same("too many", []any{p.Total, p.TooMany}, []any{2, true})
		_, err = r.jobs.StartJob(r.as(access.Viewer), bulk.Request{Kind: "retry", Filter: all})
		r.wants("a viewer", err, "auth.forbidden")
		_, err = r.jobs.Preview(r.as(access.Viewer), bulk.Request{Kind: "retry", Filter: all})
		r.wants("a viewer", err, "auth.forbidden")
		job := r.start(bulk.Request{Kind: "retry", Filter: all})
		stranger := access.With(r.Context(), access.Principal{Workspace: r.Workspace + 1, Role: access.Admin})
		_, err = r.jobs.Cancel(stranger, job.ID)
		r.wants("a stranger", err, "object.missing")
		_, err = r.jobs.Get(stranger, job.ID)
		r.wants("a stranger", err, "object.missing")
		page, err := r.jobs.List(stranger, "", 0)
		r.Must(err)
		r.Same("nothing for strangers", len(page.Items), 0)
	})
}

// TestByNumberAndNode: a job selects as the list does.
func TestByNumberAndNode(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Rejected, "A-1", "A-2", "B-1")
		count := func(f document.Filter) int {
			p, err := r.jobs.Preview(r.as(access.Operator), bulk.Request{Kind: "retry", Filter: &f})
			r.Must(err)
			return p.Total
		}
		r.Same("by number", count(document.Filter{Number: "A-"}), 2)
		r.Same("by node", count(document.Filter{Node: "orders"}), 3)
		r.Same("by another node", count(document.Filter{Node: "other"}), 0)
		r.Same("by run", count(document.Filter{Run: strconv.FormatInt(int64(r.Run.ID), 10)}), 3)
		r.Same("by flow", count(document.Filter{Flow: "flow"}), 3)
		r.Same("by another flow", count(document.Filter{Flow: "other"}), 0)
	})
}

// TestManyProcesses: any number of them share the jobs, and each document is acted on once.
func TestManyProcesses(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		var keys []string
		for i := range 30 {
			keys = append(keys, fmt.Sprint("k", i))
		}
		r.settle(ledger.Rejected, keys...)
		job := r.start(bulk.Request{Kind: "retry", Filter: &document.Filter{}})
		r.Together(4, func(i int) error {
			p := r.process(fmt.Sprint("p", i), func(c *bulk.Config) { c.Hints = nil })
			for r.job(job.ID).Open {
				if _, err := p.Round(r.Context()); err != nil {
					return err
				}
			}
			return nil
		})
		r.Same("the job", stands(r.job(job.ID)), "done 30 = 30 + 0 + 0 open false")
		for _, key := range keys {
			r.Same(key, len(r.actions(key)), 1)
		}
		r.Balance()
	})
}

// TestWatch: who watches a job sees its end.
func TestWatch(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Rejected, "a", "b", "c")
		job := r.start(bulk.Request{Kind: "retry", Filter: &document.Filter{}})
		ctx, cancel := context.WithCancel(r.as(access.Viewer))
		defer cancel()
		seen, err := r.jobs.Watch(ctx, job.ID)
		r.Must(err)
		r.Same("how it stands", stands((<-seen).Job), "running 3 = 0 + 0 + 3 open true")
		r.jobs.Start(r.Context())
		defer r.jobs.Stop()
		var last bulk.Snapshot
		for snap := range seen {
			if snap.Seq <= last.Seq {
				r.Errorf("%d after %d", snap.Seq, last.Seq)
			}
			last = snap
		}
		r.Same("the end", fmt.Sprint(stands(last.Job), last.Final), "done 3 = 3 + 0 + 0 open falsetrue")
	})
}
