package retention_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/retention"
)

const (
	day   = 24 * time.Hour
	start = ledger.Millis(1_700_000_000_000)
	ours  = ledger.ID(7)
)

// shelf is a store that has so many batches of every class.
type shelf struct {
	policy  retention.Policy
	batches int
	// others says that another process has the right to purge, lost that it takes it.
	others, lost bool
	fails        error
	last         ledger.Millis
	asked        []retention.Class
	old          retention.Old
	ended, given int
}

func (s *shelf) Policy(context.Context, ledger.ID) (retention.Policy, error) { return s.policy, nil }

func (s *shelf) SetPolicy(_ context.Context, _ ledger.ID, p retention.Policy) (bool, error) {
	if p.Version != s.policy.Version {
		return false, nil
	}
	p.Version++
	s.policy = p
	return true, nil
}

func (s *shelf) Policies(context.Context) (map[ledger.ID]retention.Policy, error) {
	return map[ledger.ID]retention.Policy{ours: s.policy, 8: retention.Default()}, nil
}

func (s *shelf) Needed(_ context.Context, from retention.Cursor, found retention.Needed) (retention.Cursor, bool, error) {
	found.Packs[from.ID] = true
	return retention.Cursor{ID: from.ID + 1}, from.ID == 2, nil
}

func (s *shelf) Purge(_ context.Context, _ ledger.ID, c retention.Class, from retention.Cursor, old retention.Old, needed retention.Needed, _ ledger.Millis) (retention.Batch, error) {
	if len(needed.Packs) != 3 {
		return retention.Batch{}, errors.New("not all was looked through")
	}
	s.asked, s.old = append(s.asked, c), old
	return retention.Batch{Next: retention.Cursor{ID: from.ID + 1}, Done: int(from.ID)+1 >= s.batches, Freed: map[ledger.ID]retention.Freed{ours: {Packs: 1, Bytes: 10}}}, s.fails
}

func (s *shelf) Taken(context.Context, ledger.Millis) (bool, error) { return s.others, s.fails }

func (s *shelf) Count(_ context.Context, workspace ledger.ID, old retention.Old, most int) (map[retention.Class]int, error) {
	s.old = old
	return map[retention.Class]int{retention.Calls: most}, s.fails
}

func (s *shelf) Begin(context.Context, []ledger.ID, ledger.Millis) (ledger.ID, error) { return 1, nil }

func (s *shelf) End(_ context.Context, _ ledger.ID, now ledger.Millis) error {
	s.ended++
	s.last = now
	return nil
}
func (s *shelf) Last(context.Context) (ledger.Millis, error) { return s.last, nil }
func (s *shelf) Passes(context.Context, ledger.ID, int) ([]retention.Pass, error) {
	return []retention.Pass{{ID: 1}}, nil
}

func (s *shelf) Take(context.Context, string, ledger.Millis, ledger.Millis) (bool, error) {
	return !s.others, nil
}
func (s *shelf) Keep(context.Context, string, ledger.Millis) (bool, error) { return !s.lost, nil }
func (s *shelf) Give(context.Context, string) error                        { s.given++; return nil }

// keeper is a service over a shelf, whose clock moves with every pause.
type keeper struct {
	*retention.Service

	shelf *shelf
	now   time.Time
	rests []time.Duration
	log   bytes.Buffer
}

func newKeeper() *keeper {
	k := &keeper{shelf: &shelf{policy: retention.Default(), batches: 2}, now: start.Time()}
	k.Service = retention.New(retention.Config{
		Store: k.shelf, Owner: "one", Log: slog.New(slog.NewTextHandler(&k.log, nil)),
		Clock: func() time.Time { k.now = k.now.Add(time.Second); return k.now },
		Rest:  func(ctx context.Context, d time.Duration) error { k.rests = append(k.rests, d); return ctx.Err() },
	})
	return k
}

func as(t *testing.T, role access.Role) context.Context {
	t.Helper()
	return access.With(t.Context(), access.Principal{Workspace: ours, Role: role, Name: "掌柜"})
}

func TestPassTakesEveryClass(t *testing.T) {
	t.Parallel()
	k := newKeeper()
	k.shelf.policy.Posts = 0
	if err := k.Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(k.shelf.asked) != 10 || k.shelf.asked[0] != retention.Payloads || k.shelf.asked[9] != retention.Pages {
		t.Errorf("asked for %v", k.shelf.asked)
	}
	if k.shelf.ended != 1 || k.shelf.given != 1 || !strings.Contains(k.log.String(), "packs=10 bytes=100") {
		t.Errorf("%+v %s", k.shelf, k.log.String())
	}
	before := k.shelf.old.Before(ours, retention.Payloads)
	if age := time.Duration(start-before) * time.Millisecond; age < 90*day-time.Minute || age > 90*day || k.shelf.old.Before(ours, retention.Posts) != 0 || k.shelf.old.Before(8, retention.Posts) == 0 {
		t.Errorf("old is %v", k.shelf.old)
	}
	// Each class has one pause between its batches, and so has each part that is looked through: as
	// long as four batches.
	if len(k.rests) != 8 || k.rests[3] != 2*time.Second {
		t.Errorf("pauses of %v", k.rests)
	}
}

func TestOnePurgesAtATime(t *testing.T) {
	t.Parallel()
	k := newKeeper()
	k.shelf.others = true
	if err := k.Pass(t.Context()); err != nil || len(k.shelf.asked) != 0 || k.shelf.given != 0 {
		t.Errorf("%v, asked for %v", err, k.shelf.asked)
	}
	k = newKeeper()
	k.shelf.lost, k.Lease = true, time.Second
	if err := k.Pass(t.Context()); err != nil || k.shelf.ended != 0 {
		t.Errorf("a right that was lost: %v, ended %d", err, k.shelf.ended)
	}
	k = newKeeper()
	k.shelf.fails = errors.New("broken")
	if err := k.Pass(t.Context()); !errors.Is(err, k.shelf.fails) || k.shelf.given != 1 {
		t.Errorf("%v", err)
	}
}

func TestTick(t *testing.T) {
	t.Parallel()
	k := newKeeper()
	k.shelf.last = start.Add(-23 * time.Hour)
	tick := func(want int) {
		t.Helper()
		if err := k.Tick(t.Context()); err != nil || k.shelf.ended != want {
			t.Fatalf("%v, %d passes, want %d", err, k.shelf.ended, want)
		}
	}
	tick(0)
	k.now = k.now.Add(time.Hour)
	tick(1)
	tick(1)
	if err := k.Ask(as(t, access.Editor)); fault.From(err) == nil || fault.From(err).Code != "auth.forbidden" {
		t.Errorf("who may not: %v", err)
	}
	if err := k.Ask(as(t, access.Admin)); err != nil {
		t.Fatal(err)
	}
	tick(2)
	tick(2)
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	k := newKeeper()
	seen, err := k.Get(as(t, access.Viewer))
	if err != nil || seen.Policy != retention.Default() || len(seen.Passes) != 1 {
		t.Fatalf("%+v %v", seen, err)
	}
	for _, tt := range []struct {
		role   access.Role
		change func(p *retention.Policy)
		code   string
	}{
		{access.Editor, func(*retention.Policy) {}, "auth.forbidden"},
		{access.Admin, func(p *retention.Policy) { p.Calls = -1 }, "retention.days_invalid"},
		{access.Admin, func(p *retention.Policy) { p.Pages = retention.MaxDays + 1 }, "retention.days_invalid"},
		{access.Admin, func(p *retention.Policy) { p.Version = 5 }, "retention.changed"},
		{access.Admin, func(p *retention.Policy) { p.Payloads, p.Calls = 0, 7 }, ""},
	} {
		p := retention.Default()
		tt.change(&p)
		got, err := k.Set(as(t, tt.role), p)
		switch {
		case tt.code != "" && (fault.From(err) == nil || fault.From(err).Code != tt.code):
			t.Errorf("%+v: %v, want %s", p, err, tt.code)
		case tt.code == "" && (err != nil || got.Policy.Payloads != 0 || got.Policy.Calls != 7 || got.Policy.Version != 1 || got.Policy.By != "掌柜" || got.Policy.Updated == 0):
			t.Errorf("%+v %v", got, err)
		}
	}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	k := newKeeper()
	n, err := k.Estimate(as(t, access.Admin), retention.Policy{Calls: 7})
	if err != nil || n[retention.Calls] != retention.MostCounted {
		t.Fatalf("%v %v", n, err)
	}
	if age := time.Duration(start-k.shelf.old.Before(ours, retention.Calls)) * time.Millisecond; age < 7*day-time.Minute || age > 7*day || k.shelf.old.Before(ours, retention.Payloads) != 0 {
		t.Errorf("old is %v", k.shelf.old)
	}
	if _, err := k.Estimate(as(t, access.Editor), retention.Policy{}); fault.CodeOf(err) != "auth.forbidden" {
		t.Errorf("who may not: %v", err)
	}
	if _, err := k.Estimate(as(t, access.Admin), retention.Policy{Posts: -1}); fault.CodeOf(err) != "retention.days_invalid" {
		t.Errorf("no age: %v", err)
	}
}

// TestWhatIsSeen: that a pass was asked for, and that one is on its way, wherever it runs.
func TestWhatIsSeen(t *testing.T) {
	t.Parallel()
	k := newKeeper()
	seen := func(asked, running bool) {
		t.Helper()
		v, err := k.Get(as(t, access.Viewer))
		if err != nil || v.Asked != asked || v.Running != running {
			t.Errorf("%+v, %v; want %t %t", v, err, asked, running)
		}
	}
	seen(false, false)
	if err := k.Ask(as(t, access.Admin)); err != nil {
		t.Fatal(err)
	}
	seen(true, false)
	if err := k.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.shelf.others = true
	seen(false, true)
}

func TestStartAndStop(t *testing.T) {
	t.Parallel()
	k := newKeeper()
	k.Stop()
	k.Start(t.Context())
	k.Stop()
	k.Stop()
}
