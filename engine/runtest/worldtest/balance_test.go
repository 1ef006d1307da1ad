package worldtest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// recorder notes what a check reports instead of failing the test.
type recorder struct {
	ctx     context.Context //nolint:containedctx // stands for a test's
	reports []string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Errorf(format string, args ...any) {
	r.reports = append(r.reports, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// record runs a check and gives what it reported.
func record(ctx context.Context, check func(worldtest.Reporter)) []string {
	r := &recorder{ctx: ctx}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		check(r)
	}()
	<-ended
	return r.reports
}

// fixed is a store that holds one document and its counts.
type fixed struct {
	worldtest.Store
	doc       ledger.Document
	revisions []ledger.Revision
	counts    ledger.Counts
	err       error
}

func (f *fixed) Documents(context.Context, ledger.ID, ledger.ID, int) ([]ledger.Document, error) {
	return []ledger.Document{f.doc}, nil
}

func (f *fixed) Revisions(context.Context, ledger.ID) ([]ledger.Revision, error) {
	return f.revisions, f.err
}

func (f *fixed) Run(context.Context, ledger.ID) (ledger.Run, ledger.Counts, error) {
	return ledger.Run{}, f.counts, nil
}

// TestBalanceSees spoils a ledger in one place at a time.
func TestBalanceSees(t *testing.T) {
	t.Parallel()
	rev := func(no int, state ledger.State) ledger.Revision {
		return ledger.Revision{Document: 1, Rev: no, State: state, Run: 9}
	}
	tests := map[string]struct {
		spoil func(*fixed)
		want  string
	}{
		"nothing":                {func(*fixed) {}, ""},
		"claimed documents wait": {func(f *fixed) { f.counts["waiting"], f.counts["claimed"] = 0, 2 }, ""},
		"a run that is not looked at": {func(f *fixed) {
			f.revisions[0].Run = 8
			f.counts["accepted"]--
			f.counts["superseded"]--
			f.counts["pulled"]--
		}, ""},
		"a lost revision":                {func(f *fixed) { f.revisions = f.revisions[1:] }, "accepted is 3 and there are 2 revisions"},
		"a lost count":                   {func(f *fixed) { f.counts["superseded"]-- }, "the identities do not hold"},
		"a page that was not counted":    {func(f *fixed) { f.counts["pulled"]-- }, "the identities do not hold"},
		"a state that was not counted":   {func(f *fixed) { f.counts["superseded"]--; f.counts["rejected"]++ }, "rejected is 1 and 0 revisions"},
		"a drop that was not counted":    {func(f *fixed) { f.revisions[1].State = ledger.Dropped }, "ignored is 0 and 1 revisions were dropped"},
		"negative waiting":               {func(f *fixed) { f.counts["waiting"], f.counts["claimed"] = -1, 3 }, "waiting -1, claimed 3"},
		"revisions in disorder":          {func(f *fixed) { f.doc.LatestRev = 1 }, "latest 1, active 2"},
		"delivered before it was active": {func(f *fixed) { f.doc.DoneRev = 3 }, "done 3"},
		"nobody walks it":                {func(f *fixed) { f.doc.Work = 0 }, "waiting and its work row is 0"},
		"somebody walks it for nothing":  {func(f *fixed) { f.doc.State = ledger.Delivered }, "delivered and its work row is 5"},
		"a branch of a rejected one goes on": {func(f *fixed) {
			f.doc.State, f.revisions[1].State = ledger.Rejected, ledger.RetryAt
			f.counts["waiting"], f.counts["rejected"], f.counts["retry_at"] = 0, 1, 1
		}, ""},
		"what queues behind it shows another state": {func(f *fixed) { f.doc.State = ledger.Rejected }, "rejected, and the revision behind it waiting"},
		"another document's revision":               {func(f *fixed) { f.revisions[0].Document = 2 }, "of document 2 is out of order"},
		"revisions out of order":                    {func(f *fixed) { f.revisions[0], f.revisions[1] = f.revisions[1], f.revisions[0] }, "out of order"},
		"the active revision twice":                 {func(f *fixed) { f.revisions[0].Rev = 2 }, "revision 2 is superseded beside latest 3, active 2"},
		"a revision of the future":                  {func(f *fixed) { f.revisions[1].Rev = 4 }, "revision 4 is waiting"},
		"the queued one moved on alone":             {func(f *fixed) { f.revisions[1].State = ledger.RetryAt }, "waiting, and the revision behind it retry_at"},
		"the queued one is missing":                 {func(f *fixed) { f.revisions = f.revisions[:1] }, "a waiting revision: false"},
		"an old one waits":                          {func(f *fixed) { f.revisions[0] = rev(1, ledger.Waiting) }, "nobody will ever work on revision 1, which is waiting"},
		"an old one needs a decision":               {func(f *fixed) { f.revisions[0] = rev(1, ledger.NeedsDecision) }, "revision 1, which is needs_decision"},
		"the store fails":                           {func(f *fixed) { f.err = errors.New("disk full") }, "disk full"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fixed{
				doc:       ledger.Document{ID: 1, Key: "a", ActiveRev: 2, LatestRev: 3, State: ledger.Waiting, Work: 5, Run: 9},
				revisions: []ledger.Revision{rev(1, ledger.Superseded), rev(3, ledger.Waiting)},
				counts:    ledger.Counts{"pulled": 3, "accepted": 3, "waiting": 2, "superseded": 1},
			}
			tt.spoil(f)
			reports := record(t.Context(), func(r worldtest.Reporter) { worldtest.Balance(r, f, []ledger.ID{7}, 9) })
			if all := strings.Join(reports, "\n"); tt.want == "" && all != "" || !strings.Contains(all, tt.want) {
				t.Errorf("reported %q, want %q", all, tt.want)
			}
		})
	}
}

// TestChecksOfAWorldFail proves that each of the world's checks can.
func TestChecksOfAWorldFail(t *testing.T) {
	t.Parallel()
	checks := map[string]struct {
		check func(w *worldtest.World)
		want  string
	}{
		"Must":        {func(w *worldtest.World) { w.Must(errors.New("no")) }, "unexpected error: no"},
		"Fenced":      {func(w *worldtest.World) { w.Fenced("x", nil) }, "x: error <nil>, want ErrFenced"},
		"Same":        {func(w *worldtest.World) { w.Same("x", 1, 2) }, "x (-want +got)"},
		"Doc":         {func(w *worldtest.World) { w.Doc("b") }, `there is no document "b"`},
		"Body":        {func(w *worldtest.World) { w.Body("a", []byte("{}")) }, `body of "a"`},
		"Counts":      {func(w *worldtest.World) { w.Counts(ledger.Counts{"pulled": 2}) }, "pulled is 1, want 2"},
		"Claim":       {func(w *worldtest.World) { w.ClaimDoc("a"); w.ClaimDoc("a") }, "cannot be claimed"},
		"Unclaimable": {func(w *worldtest.World) { w.Unclaimable("x", w.Doc("a").Work) }, "x: claimed true"},
		"Delivery": {func(w *worldtest.World) {
			one, two := w.Intent(w.Doc("a"), "t", nil), w.Intent(w.Doc("a"), "u", nil)
			two.Part = 1
			_, err := w.Intend(w.ClaimDoc("a"), one, two)
			w.Must(err)
			w.Delivery("a")
		}, `document "a" has 2 deliveries`},
		"Together": {func(w *worldtest.World) {
			w.Together(3, func(i int) error {
				if i == 2 {
					return errors.New("the third")
				}
				return nil
			})
		}, "the third"},
		"nothing": {func(w *worldtest.World) { w.Same("empty", []int(nil), []int{}) }, ""},
	}
	for name, tt := range checks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reports := record(t.Context(), func(r worldtest.Reporter) {
				w := worldtest.New(r, runtest.NewStore())
				w.Pull(worldtest.Rec("a", "1"))
				tt.check(w)
			})
			if all := strings.Join(reports, "\n"); tt.want == "" && all != "" || !strings.Contains(all, tt.want) {
				t.Errorf("reported %q, want %q", all, tt.want)
			}
		})
	}
}
