package execution

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/execution/notice"
	"github.com/karezflow/karez/server/loop"
)

const (
	// pollGap is the least time between two looks at a watched run, pollEvery the
	// most: then it is looked at without a notice.
	pollGap   = 250 * time.Millisecond
	pollEvery = time.Second
)

// Snapshot is how a run stood at a moment.
type Snapshot struct {
	// Seq grows strictly, also over several watches one after the other.
	Seq int64
	At  time.Time
	// View has problems only when Final is set: then the run is over and nothing follows.
	View  View
	Final bool
}

// Watch gives the run as it stands now and again whenever it changed, at most four
// times a second. The last snapshot is final; then, or when the context ends, the
// channel is closed. Who reads slowly misses snapshots in between, never the last.
func (s *Service) Watch(ctx context.Context, run ledger.ID) (<-chan Snapshot, error) {
	if _, err := s.seen(ctx, access.Read, run); err != nil {
		return nil, err
	}
	return s.join(ctx, run), nil
}

// hub has the runs that are watched. All watchers of a run share one look at it.
type hub struct {
	mu      sync.Mutex
	watches map[ledger.ID]*watch
}

type watch struct {
	watchers map[*watcher]bool
	last     *Snapshot
	cancel   context.CancelFunc
}

type watcher struct{ out chan Snapshot }

// give puts a snapshot in the place of one that was not read yet. The hub is locked.
func (w *watcher) give(s Snapshot) {
	select {
	case <-w.out:
	default:
	}
	w.out <- s
}

func (s *Service) join(ctx context.Context, run ledger.ID) <-chan Snapshot {
	me := &watcher{out: make(chan Snapshot, 1)}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	w := s.hub.watches[run]
	if w == nil {
		look, cancel := context.WithCancel(context.WithoutCancel(ctx))
		w = &watch{watchers: map[*watcher]bool{}, cancel: cancel}
		s.hub.watches[run] = w
		go s.follow(look, run, w)
	}
	w.watchers[me] = true
	if w.last != nil {
		me.give(*w.last)
	}
	context.AfterFunc(ctx, func() { s.leave(run, w, me) })
	return me.out
}

func (s *Service) leave(run ledger.ID, w *watch, me *watcher) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if !w.watchers[me] {
		return
	}
	delete(w.watchers, me)
	close(me.out)
	if len(w.watchers) == 0 {
		s.drop(run, w)
	}
}

// drop ends a watch. The hub is locked.
func (s *Service) drop(run ledger.ID, w *watch) {
	w.cancel()
	if s.hub.watches[run] == w {
		delete(s.hub.watches, run)
	}
	for me := range w.watchers {
		close(me.out)
	}
	clear(w.watchers)
}

// follow looks at a run until it is over or nobody watches it.
func (s *Service) follow(ctx context.Context, run ledger.ID, w *watch) {
	woken := make(chan struct{}, 1)
	s.Events.Listen(ctx, notice.RunTopic(run), func(string, []byte) { loop.Wake(woken) })
	for ctx.Err() == nil {
		over, err := s.look(ctx, run, w)
		if over {
			return
		}
		if err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "a watched run can't be read; it is tried again", "run", run, "error", err)
		}
		if !loop.Pause(ctx, pollGap, nil) || !loop.Pause(ctx, pollEvery-pollGap, woken) {
			return
		}
	}
}

// look tells the watchers of a run how it stands, if that changed.
func (s *Service) look(ctx context.Context, run ledger.ID, w *watch) (over bool, err error) {
	view, err := s.Runs.View(ctx, run)
	final := view.State > ledger.RunRunning
	if err == nil && final {
		view.Problems, err = s.Problems.ProblemGroups(ctx, run)
	}
	gone := errors.Is(err, ledger.ErrNotFound)
	if err != nil && !gone {
		return false, err
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if !gone && (w.last == nil || !reflect.DeepEqual(w.last.View, view)) {
		next := Snapshot{Seq: s.Clock().UnixMilli(), At: s.Clock(), View: view, Final: final}
		if w.last != nil {
			next.Seq = max(next.Seq, w.last.Seq+1)
		}
		w.last = &next
		for me := range w.watchers {
			me.give(next)
		}
	}
	if over = gone || final; over {
		s.drop(run, w)
	}
	return over, nil
}

// WatchWorkspace gives the events of the caller's workspace from now on. The
// channel is closed when the context ends. Events may be missed: they say that
// something is worth a look, not how it stands.
func (s *Service) WatchWorkspace(ctx context.Context) (<-chan notice.Event, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	return s.Events.Watch(ctx, p.Workspace), nil
}
