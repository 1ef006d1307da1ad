// Package shares remembers what flows may have of the workers: as much work at a time as
// their newest versions say, and the connections that they write to.
//
// It may import engine/ledger, engine/plan, server/execution/seats and server/plans: never a
// database, HTTP or another service.
package shares

import (
	"context"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/server/execution/seats"
)

// Flow is what is stored of a flow.
type Flow struct {
	Workspace, Newest ledger.ID
	// Concurrency is how many pieces of its work may be under way at a time.
	Concurrency int
}

// Store is what shares need of a database.
type Store interface {
	// FlowOf gives the flow of a work row; ledger.ErrNotFound.
	FlowOf(ctx context.Context, work ledger.ID) (ledger.ID, error)
	// Flow gives a flow; ledger.ErrNotFound, also where it has no version.
	Flow(ctx context.Context, flow ledger.ID) (Flow, error)
}

// Plans give the compiled version of a flow.
type Plans interface {
	Plan(ctx context.Context, version ledger.ID) (*plan.Plan, error)
}

// Config wires Shares.
type Config struct {
	Store Store
	Plans Plans
	Clock func() time.Time
}

// Shares are what flows may have. They are safe for concurrent use.
type Shares struct {
	Config

	mu    sync.Mutex
	known map[ledger.ID]known
}

type known struct {
	share seats.Share
	at    time.Time
}

const (
	// fresh is how long a share is remembered: what is published holds here that much later.
	fresh = 10 * time.Second
	// most bounds what is remembered.
	most = 10_000
)

// New makes Shares.
func New(c Config) *Shares { return &Shares{Config: c, known: map[ledger.ID]known{}} }

// Flow gives the flow of a work row; false when it is gone or the database does not say.
func (s *Shares) Flow(ctx context.Context, work ledger.ID) (ledger.ID, bool) {
	flow, err := s.Store.FlowOf(ctx, work)
	return flow, err == nil
}

// Of gives the share of a flow. Where nothing is to be learned of it now it is that of a
// flow that says nothing: who claims its work is told the truth.
func (s *Shares) Of(ctx context.Context, flow ledger.ID) seats.Share {
	now := s.Clock()
	s.mu.Lock()
	k, ok := s.known[flow]
	s.mu.Unlock()
	if ok && now.Sub(k.at) < fresh {
		return k.share
	}
	share := s.read(ctx, flow)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= most {
		clear(s.known)
	}
	s.known[flow] = known{share, now}
	return share
}

// usual is the share of a flow that says nothing.
const usual = 4

func (s *Shares) read(ctx context.Context, id ledger.ID) seats.Share {
	f, err := s.Store.Flow(ctx, id)
	if err != nil {
		return seats.Share{Most: usual}
	}
	share := seats.Share{Most: f.Concurrency}
	compiled, err := s.Plans.Plan(ctx, f.Newest)
	if err != nil {
		return share // its documents wait for the version to run
	}
	var writes []string
	for _, n := range compiled.Flow.Spec.Nodes {
		if n.Connection != "" && n.Type != "source" {
			writes = append(writes, n.Connection)
		}
	}
	share.Connections = seats.Calling(f.Workspace, writes...)
	return share
}
