package indexing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/indexing"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// library is flows with their look-ups, and streams whose documents are indexed.
type library struct {
	mu       sync.Mutex
	now      time.Time
	versions []indexing.Version
	lookups  map[ledger.ID][]plan.Lookup
	// streams are by flow and source; left is how many documents of each are not indexed.
	streams map[string]ledger.ID
	left    map[ledger.ID]int
	asked   []string
	refuse  map[string]error
	// built is told of every step, where it is set.
	built chan ledger.ID
	log   bytes.Buffer
}

func newLibrary() *library {
	return &library{
		now:      time.Unix(1_760_000_000, 0),
		versions: []indexing.Version{{ID: 11, Flow: 1, Workspace: 5}, {ID: 21, Flow: 2, Workspace: 5}},
		lookups:  map[ledger.ID][]plan.Lookup{11: {{Flow: "items", Source: "a", Paths: []string{"no", "name"}}, {Flow: "shops", Source: "b", Paths: []string{"id"}}}},
		streams:  map[string]ledger.ID{"items.a": 100, "shops.b": 200},
		left:     map[ledger.ID]int{}, refuse: map[string]error{},
	}
}

func (l *library) note(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	l.asked = append(l.asked, text)
	return l.refuse[text]
}

func (l *library) Newest(context.Context) ([]indexing.Version, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.versions), l.refuse["newest"]
}

func (l *library) Building(context.Context) ([]ledger.ID, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []ledger.ID
	for _, id := range []ledger.ID{100, 200} {
		if l.left[id] > 0 {
			out = append(out, id)
		}
	}
	return out, nil
}

func (l *library) BuildIndex(ctx context.Context, stream ledger.ID, limit int) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if err := l.note("build %d", stream); err != nil {
		return false, err
	}
	l.left[stream] = max(l.left[stream]-limit, 0)
	if l.built != nil {
		select {
		case l.built <- stream:
		case <-ctx.Done():
		}
	}
	return l.left[stream] == 0, nil
}

func (l *library) IndexPercent(_ context.Context, stream ledger.ID) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(100-l.left[stream]/10, 0), nil
}

func (l *library) RegisterLookups(_ context.Context, workspace ledger.ID, flow, node string, paths []string) (ledger.ID, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.note("register %d %s.%s %s", workspace, flow, node, strings.Join(paths, " ")); err != nil {
		return 0, err
	}
	id, ok := l.streams[flow+"."+node]
	if !ok {
		return 0, ledger.ErrNotFound
	}
	return id, nil
}

func (l *library) Plan(_ context.Context, version ledger.ID) (*plan.Plan, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.note("plan %d", version); err != nil {
		return nil, err
	}
	return &plan.Plan{Lookups: l.lookups[version]}, nil
}

func (l *library) service() *indexing.Service {
	return indexing.New(indexing.Config{
		Store: l, Streams: l, Plans: l, Log: slog.New(slog.NewTextHandler(&l.log, nil)), Every: time.Millisecond,
		Clock: func() time.Time { l.mu.Lock(); defer l.mu.Unlock(); return l.now },
	})
}

// did gives what was asked since the last time.
func (l *library) did() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	asked := l.asked
	l.asked = nil
	return asked
}

func (l *library) same(t *testing.T, want ...string) {
	t.Helper()
	if got := l.did(); !slices.Equal(got, want) {
		t.Errorf("did %q, want %q", got, want)
	}
}

func tick(t *testing.T, s *indexing.Service) {
	t.Helper()
	if err := s.Tick(t.Context()); err != nil {
		t.Error(err)
	}
}

func preparing(t *testing.T, s *indexing.Service, flow ledger.ID, want int) {
	t.Helper()
	if got, err := s.Preparing(t.Context(), flow); err != nil || got != want {
		t.Errorf("flow %d is prepared to %d %%, %v, want %d", flow, got, err, want)
	}
}

func TestWhatIsPublishedIsRegistered(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.left[100], l.left[200] = 500, 100
	s := l.service()
	preparing(t, s, 1, 100)
	tick(t, s)
	l.same(t, "plan 11", "register 5 items.a no name", "register 5 shops.b id", "plan 21", "build 100", "build 200", "build 100", "build 100")
	preparing(t, s, 1, 100)
	tick(t, s)
	l.same(t) // nothing is new
	l.versions[1].ID = 22
	l.lookups[22] = []plan.Lookup{{Flow: "items", Source: "a", Paths: []string{"colour"}}}
	tick(t, s)
	l.same(t, "plan 22", "register 5 items.a colour")
	l.left[100], l.left[200] = 300, 700
	preparing(t, s, 1, 30)
	preparing(t, s, 2, 70)
	preparing(t, s, 3, 100)
}

// TestWhatIsMissingIsTriedAgain looks into a flow that does not exist yet, and at one
// that can't be read: neither keeps others waiting.
func TestWhatIsMissingIsTriedAgain(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	delete(l.streams, "items.a")
	l.refuse["plan 21"] = errors.New("a connection is gone")
	s := l.service()
	tick(t, s)
	first := []string{"plan 11", "register 5 items.a no name", "register 5 shops.b id", "plan 21"}
	l.same(t, first...)
	if !strings.Contains(l.log.String(), "a connection is gone") {
		t.Errorf("logged %s", &l.log)
	}
	tick(t, s)
	l.same(t)
	l.now = l.now.Add(time.Minute)
	l.streams["items.a"], l.left[100] = 100, 1
	delete(l.refuse, "plan 21")
	tick(t, s)
	l.same(t, append(first, "build 100")...)
	l.now = l.now.Add(time.Minute)
	tick(t, s)
	l.same(t)

	l.refuse["newest"] = errors.New("the database is gone")
	if err := s.Tick(t.Context()); !errors.Is(err, l.refuse["newest"]) {
		t.Errorf("%v", err)
	}
	delete(l.refuse, "newest")
	l.left[100], l.left[200] = 1, 1
	l.refuse["build 100"] = errors.New("the payload is broken")
	if err := s.Tick(t.Context()); !errors.Is(err, l.refuse["build 100"]) || l.left[200] != 0 {
		t.Errorf("%v, and %d documents of the other stream are left", err, l.left[200])
	}
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.left[100], l.left[200] = 500, 250
	s := l.service()
	var told []int
	if err := s.Prepare(t.Context(), l.versions[0], func(percent int) { told = append(told, percent) }); err != nil {
		t.Fatal(err)
	}
	if want := []int{35, 45, 50, 97, 100}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
	l.did()
	delete(l.streams, "items.a")
	if err := s.Prepare(t.Context(), l.versions[0], func(int) {}); err != nil {
		t.Errorf("a flow that is not there: %v", err)
	}
	l.same(t, "plan 11", "register 5 items.a no name", "register 5 shops.b id", "build 200")
	for _, broken := range []string{"plan 11", "register 5 shops.b id", "build 200"} {
		l.refuse = map[string]error{broken: errors.New("broken")}
		if err := s.Prepare(t.Context(), l.versions[0], func(int) {}); !errors.Is(err, l.refuse[broken]) {
			t.Errorf("%s: %v", broken, err)
		}
	}
}

// TestStop ends the service in the middle of an index; another one goes on.
func TestStop(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.left[100], l.built = 1_000_000, make(chan ledger.ID)
	s := l.service()
	s.Stop() // before it was started
	s.Start(t.Context())
	for range 3 {
		<-l.built
	}
	s.Stop()
	s.Stop()
	left := l.left[100]
	if left == 0 || left > 1_000_000-3*200 {
		t.Errorf("%d documents are left", left)
	}
	l.did()
	l.left[100], l.built = 300, make(chan ledger.ID, 10)
	again := l.service()
	again.Start(t.Context())
	<-l.built
	<-l.built
	again.Stop()
	if l.left[100] != 0 {
		t.Errorf("%d documents are left", l.left[100])
	}
}

// A process that only tells people how far it is registers what was published, and builds nothing.
func TestKnowingBuildsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary()
		l.left[100] = 50
		s := l.service()
		s.StartKnowing(t.Context())
		<-time.After(time.Second) // in a bubble
		s.Stop()
		if left := l.left[100]; left != 50 {
			t.Errorf("%d are left", left)
		}
		if percent, err := s.Preparing(t.Context(), 1); err != nil || percent == 100 {
			t.Errorf("%d %%, %v", percent, err)
		}
	})
}
