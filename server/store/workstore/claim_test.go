package workstore_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
	"gorm.io/gorm"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

type whole struct {
	*ledgerstore.Store
	worldtest.Repairer
}

// bounded is a world whose flow may have so many pieces of work under way at a time.
func bounded(t *testing.T, db *store.DB, most int) *worldtest.World {
	t.Helper()
	w := worldtest.New(t, whole{ledgerstore.New(db), documentstore.New(db)})
	w.Must(db.Write(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO flow (id,workspace_id,public_id,name,draft,updated_at,concurrency) VALUES (?,?,'job','job','{}',1,?)", w.Flow, w.Workspace, most).Error
	}))
	return w
}

func works(w *worldtest.World, n int) (ids []ledger.ID) {
	for i := range n {
		ids = append(ids, w.Pull(worldtest.Rec(fmt.Sprint(i), "1")).Work...)
	}
	return ids
}

// Processes that share a database never have more work of a flow between them than it may
// have at a time, whoever asks when, and all of it is done in the end.
func TestNoMoreOfAFlowOverAllProcesses(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		t.Helper()
		const most, rows, perProcess = 3, 40, 4
		first := storetest.Migrated(t, address)
		processes := []*ledgerstore.Store{ledgerstore.New(first)}
		if first.Dialect() == store.MySQL { // an embedded database has one process
			processes = append(processes, ledgerstore.New(storetest.Open(t, address)))
		}
		w := bounded(t, first, most)
		ids := works(w, rows)
		var under, highest, done atomic.Int32
		var mu sync.Mutex
		crowded, left, freed := 0, ids, make(chan struct{}, rows)
		storetest.Together(perProcess*len(processes), func(i int) {
			s := processes[i%len(processes)]
			for done.Load() < rows {
				mu.Lock()
				if len(left) == 0 {
					mu.Unlock()
					return
				}
				id := left[0]
				left = left[1:]
				mu.Unlock()
				work, ok, err := s.Claim(t.Context(), id, fmt.Sprint("worker", i), w.Now, worldtest.Lease)
				switch {
				case errors.Is(err, ledger.ErrCrowded):
					mu.Lock()
					crowded, left = crowded+1, append(left, id)
					mu.Unlock()
					<-freed
					continue
				case err != nil || !ok:
					t.Errorf("%t, %v", ok, err)
					return
				}
				n := under.Add(1)
				for h := highest.Load(); n > h && !highest.CompareAndSwap(h, n); h = highest.Load() {
				}
				_, err = s.Load(t.Context(), work)
				under.Add(-1)
				if err = errors.Join(err, s.Release(t.Context(), ledger.ClaimOf(work), ledger.FarFuture)); err != nil {
					t.Error(err)
				}
				freed <- struct{}{}
				if done.Add(1) == rows {
					close(freed)
				}
			}
		})
		if highest.Load() > most || done.Load() != rows {
			t.Errorf("%d at a time, of at most %d; %d of %d were done", highest.Load(), most, done.Load(), rows)
		}
		if crowded == 0 {
			t.Error("nobody was kept waiting: the bound was never met")
		}
	})
}

// In whatever order work is taken, given back, finished and left by processes that are
// gone: what is claimed and live is never more than may be, and one more is to be had
// whenever it is less.
func TestPlacesOfAFlow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		rapid.Check(t, func(r *rapid.T) {
			most := rapid.IntRange(1, 3).Draw(r, "most")
			w := bounded(t, db, most)
			ids := works(w, 8)
			held := map[ledger.ID]ledger.Work{}
			live := func() (n int) {
				for _, work := range held {
					if work.LeaseUntil > w.Now {
						n++
					}
				}
				return n
			}
			for range rapid.IntRange(10, 30).Draw(r, "steps") {
				id := rapid.SampledFrom(ids).Draw(r, "row")
				work, is := held[id]
				switch what := rapid.IntRange(0, 9).Draw(r, "what"); {
				case what == 0: // a process is gone, and its leases run out
					w.Now = w.Now.Add(worldtest.Lease)
				case what <= 3 && is && work.LeaseUntil > w.Now:
					w.Must(w.Store.Release(w.Context(), ledger.ClaimOf(work), w.Now))
					delete(held, id)
				default:
					before, free := live(), !is || work.LeaseUntil <= w.Now
					got, ok, err := w.Store.Claim(w.Context(), id, "worker", w.Now, worldtest.Lease)
					switch {
					case !free && (ok || err != nil):
						r.Fatalf("a row that is held: %t, %v", ok, err)
					case free && before < most && !ok:
						r.Fatalf("%d of %d are under way: %v", before, most, err)
					case free && before >= most && !errors.Is(err, ledger.ErrCrowded):
						r.Fatalf("%d of %d are under way: %t, %v", before, most, ok, err)
					case ok:
						held[id] = got
					}
				}
				if n := live(); n > most {
					r.Fatalf("%d are under way, %d may be", n, most)
				}
			}
		})
	})
}
