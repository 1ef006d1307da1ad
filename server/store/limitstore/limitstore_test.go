package limitstore_test

import (
	"context"
	"encoding/binary"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/limit"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/limitstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) { leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting)) }

// Changes of one bucket come one after the other, however many make them at once, and
// of a bucket that nobody knew before too.
func TestChangesComeOneAfterTheOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		s := limitstore.New(db)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 10 {
					err := s.Change(t.Context(), "depot/1", func(now int64, state []byte) ([]byte, error) {
						if off := now - time.Now().UnixMilli(); off < -60_000 || off > 60_000 {
							t.Errorf("the time is off by %d ms", off)
						}
						n := uint64(1)
						if len(state) > 0 {
							n += binary.BigEndian.Uint64(state)
						}
						return binary.BigEndian.AppendUint64(nil, n), nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		now, state, err := s.State(t.Context(), "depot/1")
		if err != nil || now == 0 || binary.BigEndian.Uint64(state) != 80 {
			t.Errorf("%x at %d, %v", state, now, err)
		}
		if _, state, err := s.State(t.Context(), "depot/2"); err != nil || state != nil {
			t.Errorf("an unknown bucket: %x, %v", state, err)
		}
	})
}

// A change that fails changes nothing.
func TestAFailedChangeChangesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		s := limitstore.New(db)
		set := func(text string, err error) error {
			return s.Change(t.Context(), "b", func(int64, []byte) ([]byte, error) { return []byte(text), err })
		}
		if err := set("one", nil); err != nil {
			t.Fatal(err)
		}
		if err := set("two", context.Canceled); err == nil {
			t.Error("no error")
		}
		if _, state, err := s.State(t.Context(), "b"); err != nil || string(state) != "one" {
			t.Errorf("%q, %v", state, err)
		}
	})
}

// Two processes over one database keep a limit together.
func TestTwoProcessesKeepALimit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		for _, calls := range []int{5, 40} {
			rules := []manifest.Limit{{Calls: calls, Per: manifest.Duration(500 * time.Millisecond)}}
			var mu sync.Mutex
			var made []time.Time
			var group sync.WaitGroup
			for _, owner := range []string{"one", "other"} {
				r := limit.New(limit.Config{Store: limitstore.New(db), Owner: owner, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
				b := r.Bucket("b", rules)
				for range 6 {
					group.Go(func() {
						for range calls / 2 {
							if _, err := b.Pass(t.Context(), ""); err != nil {
								t.Error(err)
							}
							mu.Lock()
							made = append(made, time.Now())
							mu.Unlock()
						}
					})
				}
				defer r.Close()
			}
			group.Wait()
			for i := calls; i < len(made); i++ {
				if took := made[i].Sub(made[i-calls]); took <= 500*time.Millisecond {
					t.Errorf("%d calls within %s", calls+1, took)
				}
			}
		}
	})
}

// A call under a high limit does not go to the database each time.
func BenchmarkPass(b *testing.B) {
	db, err := store.Open(b.Context(), store.Config{URL: "sqlite:" + filepath.Join(b.TempDir(), "karez.db"), Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	for name, calls := range map[string]int{"low": 1_000_000, "high": 1_000_000_000} {
		b.Run(name, func(b *testing.B) {
			r := limit.New(limit.Config{Store: limitstore.New(db), Owner: "a", Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
			per := time.Second
			if name == "low" {
				per = 2 * time.Minute // granted one by one
			}
			bucket := r.Bucket(name, []manifest.Limit{{Calls: calls, Per: manifest.Duration(per)}})
			for b.Loop() {
				if _, err := bucket.Pass(b.Context(), ""); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			r.Close()
		})
	}
}
