// Package home gathers what the first page shows: how far a new instance has come, and
// what waits for a person, each with what it takes to lead there.
//
// It may import server/access and the services it asks, engine/ledger and sdk/fault: never
// a database or HTTP.
package home

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/account"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/flowstate"
	"github.com/karezflow/karez/server/limit"
)

// DryRun is the milestone of a workspace in which a dry run came to its end.
const DryRun = "dry_run"

// Store keeps milestones: what a workspace has once come to, for good.
type Store interface {
	// Reach notes that a workspace came to a milestone; a second time changes nothing.
	Reach(ctx context.Context, workspace ledger.ID, milestone string) error
	// Reached gives the milestones of a workspace.
	Reached(ctx context.Context, workspace ledger.ID) ([]string, error)
}

// Flows tell how flows are doing.
type Flows interface {
	Standings(ctx context.Context) ([]flowstate.Standing, error)
}

// Documents count.
type Documents interface {
	Facets(ctx context.Context, flow string) (document.Facets, error)
}

// Connections tell how systems answer.
type Connections interface {
	List(ctx context.Context) ([]connection.View, error)
	Traffic(ctx context.Context, name string) (connection.Traffic, error)
}

// Tokens are those of the interface.
type Tokens interface {
	Tokens(ctx context.Context) ([]account.Token, error)
}

// Config wires a Service.
type Config struct {
	Store       Store
	Flows       Flows
	Documents   Documents
	Connections Connections
	Tokens      Tokens
	Clock       func() time.Time
	Log         *slog.Logger
}

// Service gathers. Its faults: "auth.…".
type Service struct{ Config }

// New makes a Service.
func New(c Config) *Service { return &Service{c} }

// Steps are how far a workspace has come.
type Steps struct{ Connected, Drawn, DryRun, Enabled, Delivered bool }

// The reasons for which a flow needs a person, the gravest first.
const (
	// Failing: the last run could not read its sources.
	Failing = "failing"
	// Never: it is switched on for a day and has not run.
	Never = "never"
	// Late: it is read less far than its usual pace explains.
	Late = "late"
	// Blocked: its draft has problems that keep it from being published.
	Blocked = "blocked"
)

// Flow is one that needs a person.
type Flow struct {
	flowstate.Standing

	Why string
}

// The reasons for which a connection needs a person, the gravest first.
const (
	// Interrupted: its system does not answer, no calls are made.
	Interrupted = "interrupted"
	// Broken: something of it has to be mended.
	Broken = "broken"
	// Throttled: the vendor asked for a pause that still lasts.
	Throttled = "throttled"
	// Quota: most of what the vendor allows in a long time is used up.
	Quota = "quota"
)

// Connection is one that needs a person.
type Connection struct {
	Name, Why string
	// Fault and Since tell why, where it is interrupted or broken.
	Fault *fault.Fault
	Since time.Time
	// Until is when calls begin again, where it is throttled.
	Until time.Time
	// Rule is the limit that is nearly used up.
	Rule limit.RuleView
}

// Home is what the first page shows.
type Home struct {
	Steps  Steps
	Facets document.Facets
	// Latest is the flow that was changed last, empty where there is none.
	Latest string
	// Verdicts counts the flows by how they are doing.
	Verdicts map[string]int
	Flows    []Flow
	// Connections are those that need a person.
	Connections []Connection
	// Tokens end soon, or have ended lately. Only administrators see them.
	Tokens []account.Token
}

const (
	// patience is how long a flow may be switched on without a run.
	patience = 24 * time.Hour
	// soon is how far ahead the end of a token is told, lately how long after it.
	soon, lately = 7 * 24 * time.Hour, 7 * 24 * time.Hour
	// long is the shortest span of a limit that is a quota, and low how much of it may be
	// used, in percent. Shorter limits are kept by waiting, which is no trouble.
	long = time.Hour
	low  = 80
)

// Home gathers for the caller.
func (s *Service) Home(ctx context.Context) (Home, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return Home{}, err
	}
	h := Home{Verdicts: map[string]int{}}
	reached, err := s.Store.Reached(ctx, p.Workspace)
	if err != nil {
		return h, err
	}
	if h.Facets, err = s.Documents.Facets(ctx, ""); err != nil {
		return h, err
	}
	standings, err := s.Flows.Standings(ctx)
	if err != nil {
		return h, err
	}
	if len(standings) > 0 {
		h.Latest = standings[0].PublicID
	}
	now := s.Clock()
	for _, st := range standings {
		h.Verdicts[st.Code]++
		h.Steps.Enabled = h.Steps.Enabled || st.Enabled
		if why := whyFlow(st, now); why != "" {
			h.Flows = append(h.Flows, Flow{st, why})
		}
	}
	order := []string{Failing, Never, Late, Blocked}
	slices.SortStableFunc(h.Flows, func(a, b Flow) int { return slices.Index(order, a.Why) - slices.Index(order, b.Why) })
	listed, err := s.Connections.List(ctx)
	if err != nil {
		return h, err
	}
	if h.Connections, err = s.connections(ctx, listed, now); err != nil {
		return h, err
	}
	states := h.Facets.States
	h.Steps.Connected, h.Steps.Drawn = len(listed) > 0, len(standings) > 0
	h.Steps.DryRun = slices.Contains(reached, DryRun)
	h.Steps.Delivered = states[ledger.Delivered.String()]+states[ledger.Collected.String()] > 0
	h.Tokens, err = s.tokens(ctx, p, now)
	return h, err
}

func whyFlow(st flowstate.Standing, now time.Time) string {
	switch {
	case st.Enabled && !st.Paused && st.Code == flowstate.Failing:
		return Failing
	case st.Code == flowstate.Never && now.Sub(st.Published.Time()) > patience:
		return Never
	case st.Enabled && !st.Paused && st.IsLate():
		return Late
	case st.Blocking > 0:
		return Blocked
	default:
		return ""
	}
}

// connections gives those that need a person, the gravest first. How the calls of one stand
// may be unknown, which is no reason to show nothing of the others.
func (s *Service) connections(ctx context.Context, listed []connection.View, now time.Time) (out []Connection, err error) {
	for _, v := range listed {
		if t := v.Trouble; t != nil {
			c := Connection{Name: v.Name, Why: Broken, Fault: t.Fault, Since: t.Since}
			if !t.Next.IsZero() {
				c.Why = Interrupted
			}
			out = append(out, c)
			continue
		}
		t, err := s.Connections.Traffic(ctx, v.Name)
		if ctx.Err() != nil {
			return nil, err
		}
		if err != nil {
			s.Log.WarnContext(ctx, "how calls of a connection stand is not known", "connection", v.Name, "error", err)
			continue
		}
		if c, needs := strained(v.Name, t, now); needs {
			out = append(out, c)
		}
	}
	order := []string{Interrupted, Broken, Throttled, Quota}
	slices.SortStableFunc(out, func(a, b Connection) int { return slices.Index(order, a.Why) - slices.Index(order, b.Why) })
	return out, nil
}

func strained(name string, t connection.Traffic, now time.Time) (Connection, bool) {
	if t.Paused > time.Minute {
		return Connection{Name: name, Why: Throttled, Until: now.Add(t.Paused)}, true
	}
	for _, r := range t.Rules {
		if r.Per.Std() >= long && r.Allowed > 0 && r.Used*100 >= r.Allowed*low {
			return Connection{Name: name, Why: Quota, Rule: r}, true
		}
	}
	return Connection{}, false
}

// tokens gives those near their end, the nearest first.
func (s *Service) tokens(ctx context.Context, p access.Principal, now time.Time) ([]account.Token, error) {
	if p.Role != access.Admin {
		return nil, nil
	}
	all, err := s.Tokens.Tokens(ctx)
	near := slices.DeleteFunc(all, func(t account.Token) bool {
		left := t.Expires.Time().Sub(now)
		return t.Expires == 0 || left > soon || left < -lately
	})
	slices.SortFunc(near, func(a, b account.Token) int { return int(a.Expires - b.Expires) })
	return near, err
}

// TriedDry notes that a dry run came to its end. That it is not noted harms nothing.
func (s *Service) TriedDry(ctx context.Context, workspace ledger.ID) {
	if err := s.Store.Reach(ctx, workspace, DryRun); err != nil {
		s.Log.WarnContext(ctx, "a milestone is not noted", "milestone", DryRun, "error", err)
	}
}
