package retentionstore_test

import (
	"fmt"
	"testing"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/failpoint/killtest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/retentionstore"
	"github.com/karezflow/karez/server/store/storetest"
)

// old is a ledger in which many documents are old.
type old struct {
	Address                              string
	Workspace, Flow, Version, Connection ledger.ID
	Stream                               ledger.Stream
	Run                                  ledger.Run
	Now                                  ledger.Millis
}

const manyOld = 90

func grownOld(t *testing.T, address string) old {
	t.Helper()
	r := newRig(t, storetest.Migrated(t, address))
	for i := range manyOld {
		answer, state := ledger.DeliveryDone, ledger.Delivered
		if i%10 == 0 {
			answer, state = ledger.DeliveryRejected, ledger.Rejected
		}
		r.deliver(fmt.Sprint(i), answer, state)
	}
	return old{
		Address: address, Workspace: r.Workspace, Flow: r.Flow, Version: r.Version, Connection: r.Connection, Stream: r.Stream, Run: r.Run, Now: r.Now.Add(200 * day),
	}
}

func (o old) open(t *testing.T) *rig {
	t.Helper()
	db := storetest.Open(t, o.Address)
	r := &rig{db: db, store: retentionstore.New(db)}
	r.World = &worldtest.World{
		Reporter: t, Store: whole{ledgerstore.New(db), documentstore.New(db)}, Workspace: o.Workspace, Flow: o.Flow, Version: o.Version,
		Connection: o.Connection, Stream: o.Stream, Run: o.Run, Runs: []ledger.ID{o.Run.ID}, Now: o.Now,
	}
	r.OpenStream(o.Stream.NodeID) // so that it is balanced
	r.keep = r.service("one")
	return r
}

// recovered goes on when the right of the process that was killed has run out.
func (o old) recovered(t *testing.T) {
	t.Helper()
	r := o.open(t)
	r.Now = r.Now.Add(day)
	r.purge()
	r.readable()
	r.Balance()
	r.Same("what is left", []int{
		r.count("SELECT COUNT(*) FROM pack"), r.count("SELECT COUNT(*) FROM vendor_call"), r.count("SELECT COUNT(*) FROM document"), r.count("SELECT COUNT(*) FROM delivery"),
	}, []int{4 * manyOld / 10, manyOld / 10, manyOld, manyOld})
	// What was noted of all passes is what was removed: each batch is noted with its removal.
	r.Same("noted", []int{r.count("SELECT SUM(packs) FROM retention_pass"), r.count("SELECT SUM(calls) FROM retention_pass")}, []int{4 * manyOld * 9 / 10, manyOld * 9 / 10})
}

func killing() killtest.Suite[old] {
	return killtest.Suite[old]{
		Databases: map[string]func(*testing.T) string{"sqlite": storetest.SQLite, "mysql": storetest.MySQL},
		Points:    failpoint.Purging(),
		Prepare:   grownOld,
		Work:      func(t *testing.T, o old) { t.Helper(); o.open(t).purge() },
		Recovered: func(t *testing.T, o old) { t.Helper(); o.recovered(t) },
	}
}

// TestWorkUntilKilled is what the process does that is to be killed.
func TestWorkUntilKilled(t *testing.T) {
	t.Parallel()
	killing().Child(t)
}

// TestKilled kills processes that purge; another one goes on.
func TestKilled(t *testing.T) {
	t.Parallel()
	killing().Run(t)
}

// TestPagesAreUsedAgain: what is freed in a file of SQLite takes what is written next.
func TestPagesAreUsedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Migrated(t, storetest.SQLite(t)))
	body := make([]byte, 0, 1<<20)
	for i := 0; len(body) < 1<<20; i++ {
		body = fmt.Appendf(body, "%d", i*i*7919)
	}
	fill := func(key string) {
		r.Pull(worldtest.Raw(key, fmt.Appendf(nil, `{"n":"%s","v":"%s"}`, key, body)))
		r.Walk(key, ledger.Collected)
	}
	for i := range 8 {
		fill(fmt.Sprint("a", i))
	}
	full := r.count("PRAGMA page_count")
	r.Now = r.Now.Add(100 * day)
	r.purge()
	if free := r.count("PRAGMA freelist_count"); free < full/2 {
		t.Errorf("%d of %d pages are free", free, full)
	}
	for i := range 8 {
		fill(fmt.Sprint("b", i))
	}
	if now := r.count("PRAGMA page_count"); now > full+full/10 {
		t.Errorf("the file grew from %d to %d pages", full, now)
	}
}
