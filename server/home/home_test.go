package home_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/account"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/flowstate"
	"github.com/karezflow/karez/server/home"
	"github.com/karezflow/karez/server/limit"
)

var errDown = errors.New("the database is down")

// world is what the service asks.
type world struct {
	standings  []flowstate.Standing
	facets     document.Facets
	listed     []connection.View
	traffic    map[string]connection.Traffic
	tokens     []account.Token
	milestones []string
	fails      string
}

func (w *world) fail(what string) error {
	if w.fails == what {
		return errDown
	}
	return nil
}

func (w *world) Standings(context.Context) ([]flowstate.Standing, error) {
	return w.standings, w.fail("flows")
}

func (w *world) Facets(context.Context, string) (document.Facets, error) {
	return w.facets, w.fail("facets")
}

func (w *world) List(context.Context) ([]connection.View, error) {
	return w.listed, w.fail("connections")
}

func (w *world) Traffic(_ context.Context, name string) (connection.Traffic, error) {
	t, ok := w.traffic[name]
	if !ok {
		return t, errDown
	}
	return t, nil
}

func (w *world) Tokens(context.Context) ([]account.Token, error) {
	return slices.Clone(w.tokens), w.fail("tokens")
}

func (w *world) Reach(_ context.Context, _ ledger.ID, milestone string) error {
	w.milestones = append(w.milestones, milestone)
	return w.fail("reach")
}

func (w *world) Reached(context.Context, ledger.ID) ([]string, error) {
	return w.milestones, w.fail("milestones")
}

func (w *world) service(now time.Time) *home.Service {
	return home.New(home.Config{Store: w, Flows: w, Documents: w, Connections: w, Tokens: w, Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
}

func as(t *testing.T, role access.Role) context.Context {
	t.Helper()
	return access.With(t.Context(), access.Principal{Workspace: 1, Role: role})
}

func standing(id string, f flowstate.Flow, blocking int, published time.Time, v flowstate.Verdict) flowstate.Standing {
	return flowstate.Standing{Known: flowstate.Known{Flow: f, PublicID: id, Blocking: blocking, Published: ledger.At(published)}, Verdict: v}
}

func rule(calls, used int, per time.Duration) connection.Traffic {
	return connection.Traffic{View: limit.View{Rules: []limit.RuleView{{Limit: manifest.Limit{Calls: calls, Per: manifest.Duration(per)}, Allowed: calls, Used: used}}}}
}

func TestStepsAreTheStateOfTheWorkspace(t *testing.T) {
	t.Parallel()
	w := &world{traffic: map[string]connection.Traffic{"jst": {}}}
	s := w.service(time.Now())
	want := home.Steps{}
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"nothing yet", func() {}},
		{"a connection", func() { w.listed, want.Connected = []connection.View{{Name: "jst"}}, true }},
		{"a flow", func() {
			w.standings, want.Drawn = []flowstate.Standing{standing("f", flowstate.Flow{}, 0, time.Time{}, flowstate.Verdict{Code: flowstate.Unpublished})}, true
		}},
		{"a dry run", func() { s.TriedDry(t.Context(), 1); want.DryRun = true }},
		{"switched on", func() { w.standings[0].Enabled, want.Enabled = true, true }},
		{"rejected only", func() { w.facets.States = map[string]int{"rejected": 3} }},
		{"collected", func() { w.facets.States, want.Delivered = map[string]int{"collected": 1}, true }},
	} {
		step.do()
		got, err := s.Home(as(t, access.Viewer))
		if err != nil || got.Steps != want {
			t.Errorf("%s: %+v, %v, want %+v", step.name, got.Steps, err, want)
		}
	}
}

func TestFlowsThatNeedAPerson(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	on, off := flowstate.Flow{Enabled: true, Version: 1}, flowstate.Flow{Version: 1}
	resting := flowstate.Flow{Enabled: true, Version: 1, Paused: true}
	verdict := func(code string) flowstate.Verdict { return flowstate.Verdict{Code: code} }
	behind := func(code string, d time.Duration) flowstate.Verdict { return flowstate.Verdict{Code: code, Behind: d} }
	w := &world{standings: []flowstate.Standing{
		standing("blocked", off, 2, now, verdict(flowstate.Stopped)),
		standing("late with documents waiting", on, 0, now, behind(flowstate.Attention, 9*time.Hour)),
		standing("healthy", on, 0, now, behind(flowstate.Healthy, time.Minute)),
		standing("just switched on", on, 0, now.Add(-time.Hour), verdict(flowstate.Never)),
		standing("never ran", on, 0, now.Add(-25*time.Hour), verdict(flowstate.Never)),
		standing("late", on, 0, now, behind(flowstate.Late, 9*time.Hour)),
		standing("late but rests", resting, 0, now, behind(flowstate.Paused, 9*time.Hour)),
		standing("failed by hand while off", off, 0, now, verdict(flowstate.Failing)),
		standing("failing", on, 3, now, verdict(flowstate.Failing)),
	}}
	got, err := w.service(now).Home(as(t, access.Viewer))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range got.Flows {
		found = append(found, f.PublicID+": "+f.Why)
	}
	want := []string{"failing: failing", "never ran: never", "late with documents waiting: late", "late: late", "blocked: blocked"}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	if got.Latest != "blocked" || got.Verdicts[flowstate.Failing] != 2 || got.Verdicts[flowstate.Healthy] != 1 {
		t.Errorf("%v", got.Verdicts)
	}
}

func TestConnectionsThatNeedAPerson(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	refused := &fault.Fault{Code: "auth.refused"}
	w := &world{
		listed: []connection.View{
			{Name: "daily quota"},
			{Name: "half of it"},
			{Name: "busy minute"},
			{Name: "waits"},
			{Name: "breathes"},
			{Name: "unknown"},
			{Name: "secret", Trouble: &connection.Trouble{Fault: refused, Since: now}},
			{Name: "silent", Trouble: &connection.Trouble{Fault: refused, Since: now, Next: now}},
		},
		traffic: map[string]connection.Traffic{
			"daily quota": rule(1000, 800, 24*time.Hour), "half of it": rule(1000, 799, 24*time.Hour), "busy minute": rule(100, 100, time.Minute),
			"waits": {View: limit.View{Paused: 2 * time.Minute}}, "breathes": {View: limit.View{Paused: time.Minute}},
		},
	}
	got, err := w.service(now).Home(as(t, access.Viewer))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, c := range got.Connections {
		found = append(found, c.Name+": "+c.Why)
	}
	if diff := cmp.Diff([]string{"silent: interrupted", "secret: broken", "waits: throttled", "daily quota: quota"}, found); diff != "" {
		t.Error(diff)
	}
	if c := got.Connections; c[0].Fault != refused || !c[2].Until.Equal(now.Add(2*time.Minute)) || c[3].Rule.Used != 800 {
		t.Errorf("%+v", c)
	}
}

func TestTokensNearTheirEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	days := func(n int) ledger.Millis { return ledger.At(now.Add(time.Duration(n) * 24 * time.Hour)) }
	w := &world{tokens: []account.Token{{Name: "never ends"}, {Name: "in a week", Expires: days(7)}, {Name: "in a while", Expires: days(8)}, {Name: "ended", Expires: days(-2)}, {Name: "long gone", Expires: days(-8)}}}
	got, err := w.service(now).Home(as(t, access.Admin))
	if err != nil || len(got.Tokens) != 2 || got.Tokens[0].Name != "ended" || got.Tokens[1].Name != "in a week" {
		t.Errorf("%+v, %v", got.Tokens, err)
	}
	if got, err := w.service(now).Home(as(t, access.Editor)); err != nil || len(got.Tokens) != 0 {
		t.Errorf("an editor sees %+v, %v", got.Tokens, err)
	}
}

func TestWhatCannotBeReadIsTold(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"flows", "facets", "connections", "tokens", "milestones"} {
		w := &world{fails: what}
		if _, err := w.service(time.Now()).Home(as(t, access.Admin)); !errors.Is(err, errDown) {
			t.Errorf("%s: %v", what, err)
		}
	}
	w := &world{}
	if _, err := w.service(time.Now()).Home(t.Context()); fault.CodeOf(err) == "" {
		t.Errorf("a stranger: %v", err)
	}
}
