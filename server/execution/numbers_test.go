package execution_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/execution"
)

// numbers queues a run that fetches documents by their numbers.
func (p *plant) numbers(numbers ...string) ledger.ID {
	p.t.Helper()
	id, err := p.service.PullNumbers(p.operator(), "job", numbers)
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

func TestPullNumbers(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(30)
		r := p.runner(p.service)
		p.workers.Start(p.t.Context())
		all := p.trigger("job")
		p.pass(3 * time.Second)
		p.is(all, ledger.RunDone)
		p.connections.shop.Put(enginetest.Order{ID: "old", No: "OLD", Amount: "2.50", Modified: day(1, 0).AddDate(-3, 0, 0)})

		id := p.numbers(" OLD ", "N007", "nowhere", "N007")
		run := p.is(id, ledger.RunQueued)
		if run.Trigger != execution.Numbers || !slices.Equal(run.Numbers, []string{"OLD", "N007", "nowhere"}) || run.Missing != nil || len(run.TraceID) != 32 {
			p.t.Errorf("%+v", run)
		}
		p.pass(3 * time.Second)
		run = p.is(id, ledger.RunDone)
		_, counts := p.run(id)
		if !slices.Equal(run.Missing, []string{"nowhere"}) || run.Code != "" ||
			counts[ledger.SlotPulled] != 2 || counts[ledger.SlotUnchanged] != 1 || counts[ledger.SlotOf(ledger.Delivered)] != 1 {
			p.t.Errorf("%+v, %v", run, counts)
		}
		if bills, _ := p.connections.erp.Bills(); len(bills) != 31 || bills["OLD"] == nil {
			p.t.Errorf("%d bills", len(bills))
		}
		if got, want := p.notices.states(id), []string{"job queued", "job running", "job done"}; !slices.Equal(got, want) {
			p.t.Errorf("the workspace was told %v, want %v", got, want)
		}
		// Nobody had any: the run is done all the same, and says so.
		none := p.numbers("x", "y")
		p.pass(3 * time.Second)
		if run := p.is(none, ledger.RunDone); !slices.Equal(run.Missing, []string{"x", "y"}) {
			p.t.Errorf("%+v", run)
		}
		r.Stop()
	})
}

// Two wishes of the same millisecond are two runs.
func TestPullNumbersAtTheSameTime(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		first, second := p.numbers("A"), p.numbers("B")
		one, _ := p.run(first)
		other, _ := p.run(second)
		if first == second || one.Numbers[0] != "A" || other.Numbers[0] != "B" || one.FireAt == other.FireAt {
			p.t.Errorf("%+v, %+v", one, other)
		}
	})
}

// A run whose process went away is made again from its beginning by the next one.
func TestPullNumbersSurvivesItsProcess(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(40)
		var ask []string
		for i := range 40 {
			ask = append(ask, p.connections.shop.Orders()[i].No)
		}
		ask = append(ask, "nowhere")
		g := p.gated(4) // in the second request of numbers
		here := p.runner(p.service)
		p.workers.Start(p.t.Context())
		id := p.numbers(ask...)
		<-g.reached
		stopped := make(chan struct{})
		go func() {
			here.Stop()
			close(stopped)
		}()
		p.pass(time.Minute)
		<-stopped
		p.is(id, ledger.RunRunning)
		close(g.open)
		there := p.runner(p.serviceOf("there"))
		p.pass(time.Minute)
		run := p.is(id, ledger.RunDone)
		if _, counts := p.run(id); !slices.Equal(run.Missing, []string{"nowhere"}) || counts[ledger.SlotOf(ledger.Delivered)] != 40 {
			p.t.Errorf("%+v, %v", run, counts)
		}
		there.Stop()
	})
}

func TestPullNumbersWhoseSourceFails(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.connections.shop.Fail = func(int) error { return errors.New("down") }
		r := p.runner(p.service)
		id := p.numbers("A")
		p.pass(time.Minute)
		if run := p.is(id, ledger.RunFailed); run.Code == "" || run.Missing != nil {
			p.t.Errorf("%+v", run)
		}
		r.Stop()
	})
}

func TestPullNumbersRefuses(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.runs.put(execution.Flow{ID: 50, Workspace: workspace, PublicID: "draft", Enabled: true})
		p.runs.put(execution.Flow{ID: 51, Workspace: workspace, PublicID: "off", Published: version})
		p.versions.Texts[52] = strings.Replace(enginetest.Job, "operation: orders", "operation: lists", 1)
		p.runs.put(execution.Flow{ID: 52, Workspace: workspace, PublicID: "lists", Enabled: true, Published: 52})
		p.runs.put(execution.Flow{ID: 53, Workspace: workspace, PublicID: "lost", Enabled: true, Published: 53})
		many := make([]string, execution.MaxNumbers+1)
		for i := range many {
			many[i] = "N" + strconv.Itoa(i)
		}
		long := strings.Repeat("单", execution.MaxNumber)
		for name, tt := range map[string]struct {
			ctx     context.Context //nolint:containedctx // who calls is what the table is about
			flow    string
			numbers []string
			code    string
			// problems are paths and codes.
			problems []string
		}{
			"nobody":                 {p.t.Context(), "job", many[:1], "auth.login_required", nil},
			"one who may only look":  {p.as(workspace, access.Viewer), "job", many[:1], "auth.forbidden", nil},
			"another workspace":      {p.as(99, access.Admin), "job", many[:1], "object.missing", nil},
			"no such flow":           {p.operator(), "nothing", many[:1], "object.missing", nil},
			"never published":        {p.operator(), "draft", many[:1], "flow.not_published", nil},
			"a version that is lost": {p.operator(), "lost", many[:1], "flow.version_missing", nil},
			"not offered":            {p.operator(), "lists", many[:1], "source.by_number_not_offered", nil},
			"off, but asked for":     {p.operator(), "off", many[:1], "", nil},
			"as many as go":          {p.operator(), "job", many[:execution.MaxNumbers], "", nil},
			"the same many times":    {p.operator(), "job", slices.Repeat([]string{"A", " A"}, 200), "", nil},
			"as long as goes":        {p.operator(), "job", []string{long}, "", nil},
			"none":                   {p.operator(), "job", nil, "pull.numbers_invalid", []string{"numbers pull.numbers_missing"}},
			"too many":               {p.operator(), "job", many, "pull.numbers_invalid", []string{"numbers pull.numbers_too_many"}},
			"an empty one":           {p.operator(), "job", []string{"A", "  "}, "pull.numbers_invalid", []string{"numbers[1] pull.number_empty"}},
			"one too long, one of two": {p.operator(), "job", []string{long + "x", "A", "B,C", "D\nE"}, "pull.numbers_invalid", []string{
				"numbers[0] pull.number_too_long", "numbers[2] pull.number_invalid", "numbers[3] pull.number_invalid",
			}},
		} {
			id, err := p.service.PullNumbers(tt.ctx, tt.flow, tt.numbers)
			if tt.code == "" {
				if err != nil || id == 0 {
					p.t.Errorf("%s: %v", name, err)
				}
				continue
			}
			refused(p.t, err, tt.code)
			var got []string
			if of, ok := errors.AsType[*execution.NumbersError](err); ok {
				for _, problem := range of.ListProblems() {
					got = append(got, problem.Path+" "+problem.Code)
				}
			}
			if !slices.Equal(got, tt.problems) {
				p.t.Errorf("%s: problems %q, want %q", name, got, tt.problems)
			}
		}
		// Who sends rubbish sees the beginning of what is wrong.
		_, err := p.service.PullNumbers(p.operator(), "job", make([]string, 100000))
		if of, ok := errors.AsType[*execution.NumbersError](err); !ok || len(of.Problems) != 20 {
			p.t.Errorf("%v", err)
		}
	})
}
