package clockstore_test

import (
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/clockstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

// What is due in an hour that was the clock's fault is due as it was meant; what waits for
// something other than time, and what is due, stays.
func TestEarlier(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		const now, minute = ledger.Millis(1_760_000_000_000), 60_000
		due := map[ledger.ID]ledger.Millis{
			1: now - minute, 2: now, 3: now + 5*minute, 4: now + 60*minute, 5: now + 65*minute, 6: ledger.FarFuture,
		}
		if err := db.Write(t.Context(), func(tx *gorm.DB) error {
			for id, at := range due {
				err := tx.Exec("INSERT INTO work (id,workspace_id,kind,ref_id,flow_id,priority,due_at,owner,lease_until) VALUES (?,1,?,?,1,5,?,'somebody',?)", id, "document", id, at, now+minute).Error
				if err != nil {
					return err
				}
				if err := tx.Exec("INSERT INTO delivery (document_id,node_no,part,workspace_id,rev,version_id,connection_id,resource,target_key,state,next_at,updated_at)"+
					" VALUES (?,1,0,1,1,1,1,'bill',?,5,?,?)", id, fmt.Sprint(id), at, now).Error; err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		moved, err := clockstore.New(db).Earlier(t.Context(), now, now+1, time.Hour)
		if err != nil || moved != 3 {
			t.Errorf("%d rows were moved, %v", moved, err)
		}
		want := map[ledger.ID]ledger.Millis{1: now - minute, 2: now, 3: now, 4: now, 5: now + 5*minute, 6: ledger.FarFuture}
		for id, at := range want {
			var row struct {
				DueAt, LeaseUntil ledger.Millis
				Owner             string
			}
			if err := db.Read(t.Context()).Raw("SELECT due_at, lease_until, owner FROM work WHERE id = ?", id).Scan(&row).Error; err != nil {
				t.Fatal(err)
			}
			var next ledger.Millis
			if err := db.Read(t.Context()).Raw("SELECT next_at FROM delivery WHERE document_id = ?", id).Scan(&next).Error; err != nil {
				t.Fatal(err)
			}
			if next != at || row.DueAt != at || row.LeaseUntil != now+minute || row.Owner != "somebody" {
				t.Errorf("work %d: %+v, its delivery due at %d, want %d", id, row, next, at)
			}
		}
	})
}
