// Package indexing keeps the streams indexed that published flows look into: it
// registers what a version looks up and indexes, in the background, the documents that
// were there before.
//
// It may import server/loop, engine/ledger, engine/plan and sdk/fault only: never a database, HTTP
// or another service. Any number of processes may do it at once.
package indexing

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/server/loop"
)

// Version is the newest published version of a flow.
type Version struct{ ID, Flow, Workspace ledger.ID }

// Store is what the service needs of a database.
type Store interface {
	// Newest gives the newest versions of all published flows.
	Newest(ctx context.Context) ([]Version, error)
	// Building gives the streams that have documents which are not indexed yet.
	Building(ctx context.Context) ([]ledger.ID, error)
	// BuildIndex indexes at most limit documents of a stream; it is done when all are.
	BuildIndex(ctx context.Context, stream ledger.ID, limit int) (done bool, err error)
	// IndexPercent tells how much of a stream is indexed.
	IndexPercent(ctx context.Context, stream ledger.ID) (int, error)
}

// Streams registers what is looked up.
type Streams interface {
	// RegisterLookups makes the documents of a source node, of a flow by its public id,
	// indexed by paths, and gives the stream. ledger.ErrNotFound: there is no such flow.
	RegisterLookups(ctx context.Context, workspace ledger.ID, flow, node string, paths []string) (ledger.ID, error)
}

// Plans gives what a version looks up.
type Plans interface {
	Plan(ctx context.Context, version ledger.ID) (*plan.Plan, error)
}

// Config wires a Service.
type Config struct {
	Store   Store
	Streams Streams
	Plans   Plans
	Clock   func() time.Time
	Log     *slog.Logger
	// Every is how often it looks whether something was published. Default 1 s.
	Every time.Duration
}

const (
	// step is how many documents are indexed in one transaction.
	step = 200
	// again is when a version is looked at again that could not be read, or that looks
	// into a flow which is not there.
	again = 30 * time.Second
)

// Service keeps streams indexed.
type Service struct {
	Config

	loop loop.Loop

	mu sync.Mutex
	// known are the versions by their flow.
	known map[ledger.ID]*known
}

// known is a version with the streams that it looks into.
type known struct {
	version ledger.ID
	streams []ledger.ID
	// retry is when it is to be looked at again, the zero time when all is registered.
	retry time.Time
}

// New makes a Service with the defaults filled in.
func New(c Config) *Service {
	if c.Every == 0 {
		c.Every = time.Second
	}
	return &Service{Config: c, known: map[ledger.ID]*known{}}
}

// Start registers and indexes until Stop. What an earlier process did not finish goes
// on where it stopped.
func (s *Service) Start(ctx context.Context) { s.start(ctx, s.Tick) }

// StartKnowing registers until Stop and leaves the indexing to others: it is for a
// process that only tells people how far they are.
func (s *Service) StartKnowing(ctx context.Context) { s.start(ctx, s.know) }

func (s *Service) start(ctx context.Context, tick func(context.Context) error) {
	s.loop.Start(ctx, s.Every, s.Log, "documents could not be indexed for look-ups; it is tried again", tick)
}

// Stop ends the loop and waits for it. Stopping twice or before Start is legal.
func (s *Service) Stop() { s.loop.Stop() }

// Tick registers what was published since the last one and indexes until nothing is
// left to be indexed.
func (s *Service) Tick(ctx context.Context) error {
	if err := s.know(ctx); err != nil {
		return err
	}
	for {
		streams, err := s.Store.Building(ctx)
		if err != nil || len(streams) == 0 {
			return err
		}
		var errs []error
		for _, stream := range streams { // each in turn, so that a small one does not wait for a large one
			if _, err := s.Store.BuildIndex(ctx, stream, step); err != nil {
				errs = append(errs, err)
			}
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
}

// know registers what was published since the last time.
func (s *Service) know(ctx context.Context) error {
	versions, err := s.Store.Newest(ctx)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if !s.open(v) {
			continue
		}
		// One that can't be read keeps no other from being indexed.
		if _, err := s.register(ctx, v); err != nil {
			s.Log.WarnContext(ctx, "what a flow looks up is not known; it is tried again", "flow", int64(v.Flow), "error", err)
		}
	}
	return nil
}

// open reports whether there is something to register of a version.
func (s *Service) open(v Version) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.known[v.Flow]
	return k == nil || k.version != v.ID || !k.retry.IsZero() && !s.Clock().Before(k.retry)
}

// register makes streams indexed by what a version looks up, and gives them. Flows
// that are not there are left for another time.
func (s *Service) register(ctx context.Context, v Version) ([]ledger.ID, error) {
	k := &known{version: v.ID}
	compiled, err := s.Plans.Plan(ctx, v.ID)
	if err == nil {
		for _, l := range compiled.Lookups {
			var stream ledger.ID
			stream, err = s.Streams.RegisterLookups(ctx, v.Workspace, l.Flow, l.Source, l.Paths)
			if errors.Is(err, ledger.ErrNotFound) {
				k.retry, err = s.Clock().Add(again), nil
				continue
			}
			if err != nil {
				break
			}
			if !slices.Contains(k.streams, stream) {
				k.streams = append(k.streams, stream)
			}
		}
	}
	if err != nil {
		k.retry = s.Clock().Add(again)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[v.Flow] = k
	return k.streams, err
}

// Prepare registers what a version looks up and indexes it at once, telling how far it
// is in percent.
func (s *Service) Prepare(ctx context.Context, v Version, progress func(percent int)) error {
	streams, err := s.register(ctx, v)
	if err != nil {
		return err
	}
	for i, stream := range streams {
		for {
			done, err := s.Store.BuildIndex(ctx, stream, step)
			if err != nil {
				return err
			}
			percent, err := s.Store.IndexPercent(ctx, stream)
			if err != nil {
				return err
			}
			progress((100*i + percent) / len(streams))
			if done {
				break
			}
		}
	}
	return nil
}

// Preparing tells how far the documents are indexed that a flow looks into, in
// percent; 100 when nothing of them is left.
func (s *Service) Preparing(ctx context.Context, flow ledger.ID) (int, error) {
	s.mu.Lock()
	var streams []ledger.ID
	if k := s.known[flow]; k != nil {
		streams = k.streams
	}
	s.mu.Unlock()
	least := 100
	for _, stream := range streams {
		percent, err := s.Store.IndexPercent(ctx, stream)
		if err != nil {
			return 0, err
		}
		least = min(least, percent)
	}
	return least, nil
}
