package errandstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/errand/errandtest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/errands"
	"github.com/karezflow/karez/server/once"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/errandstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/oncestore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) { leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting)) }

// whole is the ledger with the side that people act on.
type whole struct {
	*ledgerstore.Store
	worldtest.Repairer
}

// The behaviour that every store of errands shows.
func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		errandtest.Exercise(t, whole{ledgerstore.New(db), documentstore.New(db)}, errandstore.New(db))
	})
}

// Processes have blocks of ids of their own: the errand of an earlier revision may have
// the greater id, and is made first all the same.
func TestRevisionsInTheirOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const doc = 77_000_001
		err := db.Write(t.Context(), func(tx *gorm.DB) error {
			for id, rev := range map[int]int{doc + 1: 2, doc + 2: 1} {
				err := tx.Exec("INSERT INTO errand (id,workspace_id,document_id,rev,node_no,way,node_id,purpose,flow_id,run_id,connection,operation,mode,row_key,trace_id,state,due_at,created_at,updated_at)"+
					" VALUES (?,1,?,?,7,?,'mark',?,1,1,'erp','audit','update','','',?,1,1,1)", id, doc, rev, fmt.Sprint(rev), ledger.WritebackErrand, errand.Pending).Error
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		all, err := errandstore.New(db).Due(t.Context(), 1, 100_000)
		if err != nil {
			t.Fatal(err)
		}
		var due []int
		for _, r := range all {
			if r.Document == doc {
				due = append(due, r.Rev)
			}
		}
		if len(due) != 1 || due[0] != 1 {
			t.Errorf("revisions %v are due, want the first alone", due)
		}
	})
}

// An order about a call is carried out once: the same key gives the call as it is now,
// whatever became of it, and another order under it is refused.
func TestMendedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const id, workspace = 79_000_001, 79
		put := func(id int, state errand.State) {
			err := db.Write(t.Context(), func(tx *gorm.DB) error {
				if err := tx.Exec("DELETE FROM errand WHERE id = ?", id).Error; err != nil {
					return err
				}
				return tx.Exec("INSERT INTO errand (id,workspace_id,document_id,rev,node_no,way,node_id,purpose,flow_id,run_id,connection,operation,mode,row_key,trace_id,state,due_at,created_at,updated_at)"+
					" VALUES (?,?,?,1,7,'1','mark',?,1,1,'erp','audit','update','','',?,?,1,1)", id, workspace, id, ledger.WritebackErrand, state, ledger.FarFuture).Error
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		s := errandstore.New(db)
		service := errands.New(errands.Config{Book: s, Orders: oncestore.New(db), Documents: s, Clock: func() time.Time { return time.UnixMilli(99) }})
		ctx := access.With(t.Context(), access.Principal{Workspace: workspace, Name: "会计", Role: access.Operator})
		as := func(r errand.Record, err error) string {
			if err != nil {
				return fault.CodeOf(err)
			}
			return fmt.Sprint(r.ID, " ", r.State, " ", r.Actor, " ", r.Note)
		}
		key := func(key string) context.Context { return once.With(ctx, key) }
		put(id, errand.Done)
		put(id+1, errand.Rejected)
		for _, c := range []struct {
			what string
			do   func() (errand.Record, error)
			want string
		}{
			{"what can't be done", func() (errand.Record, error) { return service.Retry(key("k"), "79000001", 0) }, "errand.settled"},
			{"it failed meanwhile", func() (errand.Record, error) { put(id, errand.Rejected); return service.Retry(key("k"), "79000001", 0) }, "79000001 pending 会计 "},
			{"again while it waits", func() (errand.Record, error) { return service.Retry(key("k"), "79000001", 0) }, "79000001 pending 会计 "},
			{"again without a key", func() (errand.Record, error) { return service.Retry(ctx, "79000001", 0) }, "errand.settled"},
			{"again when it failed again", func() (errand.Record, error) { put(id, errand.Rejected); return service.Retry(key("k"), "79000001", 0) }, "79000001 rejected  "},
			{"another call", func() (errand.Record, error) { return service.Retry(key("k"), "79000002", 0) }, "order.key_used"},
			{"no call", func() (errand.Record, error) { return service.Retry(key("k"), "x", 0) }, "object.missing"},
			{"another look", func() (errand.Record, error) { return service.Retry(key("k"), "79000001", 1) }, "order.key_used"},
			{"another action", func() (errand.Record, error) { return service.Skip(key("k"), "79000001", 0, "") }, "order.key_used"},
			{"another key", func() (errand.Record, error) { return service.Skip(key("l"), "79000001", 0, "重复") }, "79000001 skipped 会计 重复"},
			{"again", func() (errand.Record, error) { return service.Skip(key("l"), "79000001", 0, "重复") }, "79000001 skipped 会计 重复"},
			{"another note", func() (errand.Record, error) { return service.Skip(key("l"), "79000001", 0, "") }, "order.key_used"},
		} {
			if got := as(c.do()); got != c.want {
				t.Errorf("%s: %q, want %q", c.what, got, c.want)
			}
		}
	})
}

// Of more messages than one may tell, each is told once, though two of them are claimed
// that could tell the rest.
func TestMoreMessagesThanOneTells(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const first, run, n = 78_000_001, 78_000_000, errand.MostGathered + 1
		err := db.Write(t.Context(), func(tx *gorm.DB) error {
			rows := make([]string, n)
			for i := range rows {
				rows[i] = fmt.Sprintf("(%d,1,%d,1,8,'m','tell',%d,1,%d,'chat','message.send','create','','',1,%d,9,1,1)", first+i, first+i, ledger.NotifyErrand, run, errand.Pending)
			}
			return tx.Exec("INSERT INTO errand (id,workspace_id,document_id,rev,node_no,way,node_id,purpose,flow_id,run_id,connection,operation,mode,row_key,trace_id,gathers,state,due_at,created_at,updated_at) VALUES " +
				strings.Join(rows, ",")).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		errands := errandstore.New(db)
		listed := func(id ledger.ID) errand.Record {
			return errand.Record{ID: id, State: errand.Pending, Errand: ledger.Errand{Due: 9}}
		}
		held, err := errands.Take(t.Context(), []errand.Record{listed(first), listed(first + n - 1)}, "me", 10, time.Minute)
		if err != nil || len(held) != 1 {
			t.Fatalf("%d are claimed, %v", len(held), err)
		}
		if err := errands.Intend(t.Context(), held, 10); err != nil {
			t.Error(err)
		}
		var told, waiting int
		err = db.Read(t.Context()).Raw("SELECT COUNT(CASE WHEN lead_id = ? THEN 1 END), COUNT(CASE WHEN lead_id = 0 AND gathers = 1 THEN 1 END) FROM errand WHERE run_id = ?", first, run).Row().Scan(&told, &waiting)
		if err != nil || told != n-2 || waiting != 1 {
			t.Errorf("%d are told and %d wait, %v", told, waiting, err)
		}
	})
}
