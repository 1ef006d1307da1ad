package execution_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/execution"
)

// as gives a context in which somebody calls.
func (p *plant) as(in ledger.ID, role access.Role) context.Context {
	return access.With(p.t.Context(), access.Principal{Workspace: in, Role: role})
}

func TestTrigger(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.runs.put(execution.Flow{ID: 50, Workspace: workspace, PublicID: "draft", Enabled: true})
		p.runs.put(execution.Flow{ID: 51, Workspace: workspace, PublicID: "off", Published: 9})
		at := day(3, 4)
		for name, tt := range map[string]struct {
			ctx           context.Context //nolint:containedctx // who calls is what the table is about
			flow, trigger string
			code          string
		}{
			"nobody":                  {p.t.Context(), "job", "manual", "auth.login_required"},
			"one who may only look":   {p.as(workspace, access.Viewer), "job", "manual", "auth.forbidden"},
			"another workspace":       {p.as(99, access.Admin), "job", "manual", "object.missing"},
			"no such flow":            {p.operator(), "nothing", "manual", "object.missing"},
			"never published":         {p.operator(), "draft", "manual", "flow.not_published"},
			"on time, but not on":     {p.operator(), "off", "schedule:* * * * *", "flow.disabled"},
			"by hand, although off":   {p.operator(), "off", "manual", ""},
			"by hand":                 {p.operator(), "job", "manual", ""},
			"on time":                 {p.operator(), "job", "schedule:* * * * *", ""},
			"one who may do anything": {p.as(workspace, access.Admin), "job", "after:other", ""},
		} {
			id, err := p.service.Trigger(tt.ctx, tt.flow, tt.trigger, at)
			if tt.code != "" {
				refused(p.t, err, tt.code)
				continue
			}
			if err != nil {
				p.t.Errorf("%s: %v", name, err)
				continue
			}
			run := p.is(id, ledger.RunQueued)
			if run.Trigger != tt.trigger || run.FireAt != ledger.At(at) || run.Workspace != workspace || len(run.TraceID) != 32 || run.Started != 0 {
				p.t.Errorf("%s: %+v", name, run)
			}
		}
	})
}

func TestTriggerTwice(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		first, err := p.service.Trigger(p.operator(), "job", "schedule:0 * * * *", day(3, 4))
		if err != nil {
			p.t.Fatal(err)
		}
		again, err := p.service.Trigger(p.operator(), "job", "schedule:0 * * * *", day(3, 4))
		if err != nil || again != first {
			p.t.Errorf("the same firing is run %d and %d, %v", first, again, err)
		}
		if told := p.notices.states(first); len(told) != 1 {
			p.t.Errorf("told %v", told)
		}
		now, err := p.service.Trigger(p.operator(), "job", execution.Manual, time.Time{})
		if err != nil {
			p.t.Fatal(err)
		}
		if run, _ := p.run(now); run.FireAt != ledger.At(p.now()) {
			p.t.Errorf("%+v", run)
		}
	})
}

func TestGet(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.runs.groups = []ledger.ProblemGroup{{State: ledger.Rejected, Code: "a.b", Documents: 3}}
		id := p.trigger("job")
		view, err := p.service.Get(p.as(workspace, access.Viewer), id)
		if err != nil || view.ID != id || view.FlowID != "job" || view.FlowTitle != "Job" || len(view.Problems) != 1 || view.Pulling() {
			p.t.Errorf("%+v, %v", view, err)
		}
		_, err = p.service.Get(p.as(99, access.Admin), id)
		refused(p.t, err, "object.missing")
		_, err = p.service.Get(p.as(workspace, ""), id)
		refused(p.t, err, "auth.forbidden")
		_, err = p.service.Get(p.operator(), id+1000)
		refused(p.t, err, "object.missing")
		_, err = p.service.Get(p.t.Context(), id)
		refused(p.t, err, "auth.login_required")
		p.runs.fails = errAway
		if _, err = p.service.Get(p.operator(), id); !errors.Is(err, errAway) {
			p.t.Errorf("%v", err)
		}
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		for i := range 300 {
			p.runs.listed = append(p.runs.listed, execution.View{Run: ledger.Run{ID: ledger.ID(1000 - i), FireAt: ledger.Millis(500 - i)}})
		}
		for name, tt := range map[string]struct {
			filter execution.Filter
			query  execution.Query
			items  int
			next   string
		}{
			"everything": {execution.Filter{}, execution.Query{Workspace: workspace, Limit: 51}, 50, "451-951"},
			"a filter": {
				execution.Filter{Flow: "job", States: []string{"queued", "cancelled"}, After: "77-12", Limit: 3},
				execution.Query{Workspace: workspace, Flow: flowID, States: []ledger.RunState{ledger.RunQueued, ledger.RunCancelled}, BeforeFire: 77, BeforeID: 12, Limit: 4},
				3, "498-998",
			},
			"too many": {execution.Filter{Limit: 5000}, execution.Query{Workspace: workspace, Limit: 201}, 200, "301-801"},
			"negative": {execution.Filter{Limit: -3}, execution.Query{Workspace: workspace, Limit: 51}, 50, "451-951"},
		} {
			page, err := p.service.List(p.as(workspace, access.Viewer), tt.filter)
			if err != nil || len(page.Items) != tt.items || page.Next != tt.next {
				p.t.Errorf("%s: %d items, next %q, %v", name, len(page.Items), page.Next, err)
			}
			if q := p.runs.query; q.Workspace != tt.query.Workspace || q.Flow != tt.query.Flow || !slices.Equal(q.States, tt.query.States) ||
				q.BeforeFire != tt.query.BeforeFire || q.BeforeID != tt.query.BeforeID || q.Limit != tt.query.Limit {
				p.t.Errorf("%s: asked %+v, want %+v", name, q, tt.query)
			}
		}
		p.runs.listed = p.runs.listed[:50]
		if page, err := p.service.List(p.operator(), execution.Filter{}); err != nil || len(page.Items) != 50 || page.Next != "" {
			p.t.Errorf("the last page has %d items, next %q, %v", len(page.Items), page.Next, err)
		}
		for name, tt := range map[string]struct {
			ctx    context.Context //nolint:containedctx // who calls is what the table is about
			filter execution.Filter
			code   string
		}{
			"nobody":          {p.t.Context(), execution.Filter{}, "auth.login_required"},
			"no such state":   {p.operator(), execution.Filter{States: []string{"done", "none"}}, "run.state_unknown"},
			"no such flow":    {p.operator(), execution.Filter{Flow: "nothing"}, "object.missing"},
			"a foreign flow":  {p.as(99, access.Viewer), execution.Filter{Flow: "job"}, "object.missing"},
			"after nothing":   {p.operator(), execution.Filter{After: "abc"}, "list.after_invalid"},
			"after half":      {p.operator(), execution.Filter{After: "12-"}, "list.after_invalid"},
			"after an attack": {p.operator(), execution.Filter{After: "1-1 OR 1=1"}, "list.after_invalid"},
		} {
			if _, err := p.service.List(tt.ctx, tt.filter); err == nil {
				p.t.Errorf("%s passes", name)
			} else {
				refused(p.t, err, tt.code)
			}
		}
	})
}

func TestCancelWhatWaits(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		id := p.trigger("job")
		for ctx, code := range map[context.Context]string{p.as(99, access.Admin): "object.missing", p.as(workspace, access.Viewer): "auth.forbidden", p.t.Context(): "auth.login_required"} {
			refused(p.t, p.service.Cancel(ctx, id), code)
		}
		p.is(id, ledger.RunQueued)
		if err := p.service.Cancel(p.operator(), id); err != nil {
			p.t.Fatal(err)
		}
		if run := p.is(id, ledger.RunCancelled); run.Code != ledger.CodeCancelled || run.Message != "the run was cancelled by operator" || run.Ended == 0 {
			p.t.Errorf("%+v", run)
		}
		if told := p.notices.states(id); !slices.Equal(told, []string{"job queued", "job cancelled"}) {
			p.t.Errorf("told %v", told)
		}
		if err := p.service.Cancel(p.operator(), id); err != nil {
			p.t.Errorf("a second wish: %v", err)
		}
		r := p.runner(p.service)
		p.pass(3 * time.Second)
		if p.connections.shop.Calls != 0 {
			p.t.Error("the shop was asked for a cancelled run")
		}
		r.Stop()
	})
}

// The page that is being read comes in, and what was accepted is delivered.
func TestCancelWhatIsRead(t *testing.T) {
	t.Parallel()
	for name, quiet := range map[string]bool{"by a notice": false, "without notices": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPlant(t, func(p *plant) {
				p.notices.mute = quiet
				p.orders(95)
				g := p.gated(4)
				r := p.runner(p.service)
				other := p.runner(p.serviceOf("there"))
				p.workers.Start(p.t.Context())
				id := p.trigger("job")
				<-g.reached
				next := p.trigger("job")
				if err := p.service.Cancel(p.operator(), id); err != nil {
					p.t.Fatal(err)
				}
				p.pass(4 * time.Second)
				p.is(id, ledger.RunRunning) // a page may still come in
				close(g.open)
				p.pass(3 * time.Second)
				run := p.is(id, ledger.RunCancelled)
				_, counts := p.run(id)
				if n := counts[ledger.SlotAccepted]; run.Code != ledger.CodeCancelled || n == 0 || n > 40 || counts[ledger.SlotOf(ledger.Delivered)] != n {
					p.t.Errorf("%+v, %v", run, counts)
				}
				// The next run reads what this one left.
				p.is(next, ledger.RunDone)
				if bills, order := p.connections.erp.Bills(); len(bills) != 95 || len(order) != 95 {
					p.t.Errorf("%d bills by %d writes", len(bills), len(order))
				}
				r.Stop()
				other.Stop()
			})
		})
	}
}

func TestCancelAPageThatNeverComes(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(45)
		g := p.gated(2)
		r := p.runner(p.service)
		p.workers.Start(p.t.Context())
		id := p.trigger("job")
		<-g.reached
		if err := p.service.Cancel(p.operator(), id); err != nil {
			p.t.Fatal(err)
		}
		p.pass(8 * time.Second)
		p.is(id, ledger.RunCancelled)
		r.Stop()
	})
}

func TestCancelTooLate(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(5)
		r := p.runner(p.service)
		id := p.trigger("job")
		p.pass(3 * time.Second)
		refused(p.t, p.service.Cancel(p.operator(), id), "run.pulling_ended")
		p.workers.Start(p.t.Context())
		p.pass(3 * time.Second)
		p.is(id, ledger.RunDone)
		refused(p.t, p.service.Cancel(p.operator(), id), "run.ended")
		refused(p.t, p.service.Cancel(p.operator(), id+1000), "object.missing")
		r.Stop()
	})
}

// The command line waits for its turn, and closes what a dead process left.
func TestPullWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(25)
		dead := p.trigger("job")
		if _, err := p.store.BeginRun(p.t.Context(), dead, 1); err != nil {
			p.t.Fatal(err)
		}
		waits := p.trigger("job")
		if _, ok, err := p.leases.Take(p.t.Context(), "run.flow."+strconv.Itoa(int(flowID)), "dead", ledger.At(p.now()), ledger.At(p.now().Add(30*time.Second))); !ok || err != nil {
			p.t.Fatal(ok, err)
		}
		req := p.request()
		run := p.start(req)
		if left, _ := p.run(dead); left.PullingEnded {
			p.t.Errorf("closed although its process may live: %+v", left)
		}
		began := p.now()
		if err := p.service.Pull(p.t.Context(), run, req); err != nil {
			p.t.Fatal(err)
		}
		if took := p.now().Sub(began); took < 30*time.Second || took > 32*time.Second {
			p.t.Errorf("it waited %s", took)
		}
		if left, _ := p.run(dead); left.Code != "run.interrupted" {
			p.t.Errorf("not closed: %+v", left)
		}
		if run := p.is(waits, ledger.RunQueued); run.PullingEnded {
			p.t.Errorf("closed although it only waits: %+v", run)
		}
		if open, err := p.service.Settle(p.t.Context(), flowID); err != nil || len(open) != 1 || open[0].ID != run.ID {
			p.t.Errorf("open: %+v, %v", open, err)
		}
		if n := p.leases.live(p.now()); n != 0 {
			p.t.Errorf("%d rights are still held", n)
		}
	})
}
