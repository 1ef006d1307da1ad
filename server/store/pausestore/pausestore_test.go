package pausestore_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/pausing"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/pausestore"
	"github.com/karezflow/karez/server/store/runstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

type rig struct {
	*worldtest.World
	*pausing.Service

	runs *runstore.Store
	told []string
}

type whole struct {
	*ledgerstore.Store
	worldtest.Repairer
}

func each(t *testing.T, test func(r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		r := &rig{runs: runstore.New(db)}
		r.World = worldtest.New(t, whole{ledgerstore.New(db), documentstore.New(db)})
		r.Must(db.Write(t.Context(), func(tx *gorm.DB) error {
			if err := tx.Exec("INSERT INTO flow_version (id,workspace_id,flow_id,version_no,document,created_at) VALUES (?,?,?,1,'{}',1)", r.Version, r.Workspace, r.World.Flow).Error; err != nil {
				return err
			}
			return tx.Exec("INSERT INTO flow (id,workspace_id,public_id,name,title,enabled,draft,updated_at) VALUES (?,?,'job','job','订单',1,'{}',1)", r.World.Flow, r.Workspace).Error
		}))
		r.Service = pausing.New(pausing.Config{Store: pausestore.New(db), Events: r, Clock: func() time.Time { return r.Now.Time() }, Log: slog.New(slog.DiscardHandler)})
		test(r)
	})
}

func (r *rig) Run(_ context.Context, run ledger.Run, flow string) {
	r.told = append(r.told, fmt.Sprint("run ", run.ID, " of ", flow))
}

func (r *rig) Flow(_ context.Context, _ ledger.ID, flow, change string) {
	r.told = append(r.told, flow+" "+change)
}

func (r *rig) as(role access.Role) context.Context {
	return access.With(r.Context(), access.Principal{Workspace: r.Workspace, User: 7, Name: "王", Role: role})
}

// rests says whether a document's work can't be taken up, which claims and sweeps agree on.
func (r *rig) rests(key string) bool {
	r.Helper()
	work := r.Doc(key).Work
	_, ok, err := r.Store.Claim(r.Context(), work, "worker", r.Now, time.Millisecond)
	r.Must(err)
	r.Now = r.Now.Add(time.Second)
	due := false
	for _, w := range r.Due() {
		due = due || w.ID == work
	}
	r.Same("claims and sweeps agree", ok, due)
	return !ok
}

func (r *rig) view(id ledger.ID) execution.View {
	r.Helper()
	v, err := r.runs.View(r.Context(), id)
	r.Must(err)
	return v
}

func TestARunRests(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.Pull(worldtest.Rec("a", "1"))
		first := r.World.Run
		r.World.Run = r.OpenRun("manual", worldtest.Start+1)
		r.Pull(worldtest.Rec("b", "1"))
		op := r.as(access.Operator)
		r.Must(r.PauseRun(op, first.ID, "等财务关账"))
		r.Must(r.PauseRun(op, first.ID, "")) // a second wish is the first one
		r.Same("who rests", []bool{r.rests("a"), r.rests("b")}, []bool{true, false})
		v := r.view(first.ID)
		r.Same("seen", []any{v.Paused(), v.PausedBy, v.FlowPaused, v.State}, []any{true, "王", false, ledger.RunRunning})
		open, err := r.runs.Unfinished(r.Context())
		r.Must(err)
		r.Same("for runners", []bool{open[0].Paused, open[1].Paused}, []bool{true, false})
		r.Must(r.ResumeRun(op, first.ID))
		r.Must(r.ResumeRun(op, first.ID))
		r.Same("it goes on", r.rests("a"), false)
		r.Same("told once", r.told, []string{fmt.Sprint("run ", first.ID, " of job"), fmt.Sprint("run ", first.ID, " of job")})
	})
}

// TestWhatIsUnderWayEnds: a claim that was taken before is renewed and concluded.
func TestWhatIsUnderWayEnds(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.Pull(worldtest.Rec("a", "1"))
		work := r.ClaimDoc("a")
		r.Must(r.PauseRun(r.as(access.Operator), r.World.Run.ID, ""))
		r.Conclude(work, r.Settled("a", ledger.Delivered))
		r.Same("it ended", r.Doc("a").State, ledger.Delivered)
	})
}

func TestAFlowRests(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.Pull(worldtest.Rec("a", "1"))
		op := r.as(access.Operator)
		enabled := func() int {
			flows, err := r.runs.Enabled(r.Context())
			r.Must(err)
			return len(flows)
		}
		r.Same("it fires", enabled(), 1)
		r.Must(r.PauseFlow(op, "job", ""))
		r.Must(r.PauseFlow(op, "job", ""))
		r.Same("its documents rest", r.rests("a"), true)
		r.Same("it does not fire", enabled(), 0)
		f, err := r.runs.Flow(r.Context(), r.Workspace, "job")
		r.Must(err)
		r.Same("seen", []bool{f.Paused, r.view(r.World.Run.ID).FlowPaused, r.view(r.World.Run.ID).Paused()}, []bool{true, true, true})
		resting, err := r.Resting(op)
		r.Must(err)
		r.Same("who", resting["job"].Actor, "王")
		r.Must(r.ResumeFlow(op, "job"))
		r.Same("it goes on", []any{r.rests("a"), enabled()}, []any{false, 1})
		r.Same("told", r.told, []string{"job paused", "job resumed"})
	})
}

// TestCancelEndsTheRest: what a cancelled run accepted goes on, as of any cancelled run.
func TestCancelEndsTheRest(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.Pull(worldtest.Rec("a", "1"))
		r.Must(r.PauseRun(r.as(access.Operator), r.World.Run.ID, ""))
		_, cancelled, err := r.Store.CancelRun(r.Context(), r.World.Run.ID, "王", r.Now)
		r.Must(err)
		r.Same("cancelled", []bool{cancelled, r.rests("a"), r.view(r.World.Run.ID).Paused()}, []bool{true, false, false})
	})
}

func TestWhoMayNot(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		wants := func(err error, code string) {
			r.Helper()
			if fault.CodeOf(err) != code {
				r.Errorf("%v, want %s", err, code)
			}
		}
		stranger := access.With(r.Context(), access.Principal{Workspace: r.Workspace + 1, Role: access.Admin})
		wants(r.PauseRun(stranger, r.World.Run.ID, ""), "object.missing")
		wants(r.PauseFlow(stranger, "job", ""), "object.missing")
		wants(r.PauseRun(r.as(access.Viewer), r.World.Run.ID, ""), "auth.forbidden")
		wants(r.ResumeFlow(r.as(access.Viewer), "job"), "auth.forbidden")
		resting, err := r.Resting(stranger)
		r.Must(err)
		r.Same("nothing for strangers", len(resting), 0)
		r.Must(r.Store.EndPulling(r.Context(), r.World.Run.ID, nil, r.Now))
		if done, err := r.Store.FinishRun(r.Context(), r.World.Run.ID, r.Now); err != nil || !done {
			r.Fatalf("%t, %v", done, err)
		}
		wants(r.PauseRun(r.as(access.Operator), r.World.Run.ID, ""), "run.ended")
	})
}
