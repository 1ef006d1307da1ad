// Package workstore claims pieces of work: at most so many of a flow at a time, over all
// processes that share the database. It also tells whose work it is.
//
// It may import engine/ledger, server/execution/shares, whose Store it implements, server/store and
// server/store/ledgerrow: never another service.
package workstore

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// claimable is a row that may be claimed, its place among those of its flow if it had one, how
// many places there are and which are taken.
type claimable struct {
	ledger.Work

	place sql.NullInt64
	most  int
	taken string
	// left says that some of those who have places are gone.
	left bool
}

// places are read without a lock: two that take the same place meet at the unique index, and
// one of them is repeated.
const places = ",place,COALESCE((SELECT f.concurrency FROM flow f WHERE f.id = work.flow_id), 64)" +
	",COALESCE((SELECT GROUP_CONCAT(o.place) FROM work o WHERE o.flow_id = work.flow_id AND o.place IS NOT NULL), '')" +
	",EXISTS (SELECT 1 FROM work o WHERE o.flow_id = work.flow_id AND o.place IS NOT NULL AND o.lease_until <= ?)"

// NotPaused keeps work from being taken up whose run or flow rests.
const NotPaused = " AND NOT EXISTS (SELECT 1 FROM pause p WHERE p.kind = 'run' AND p.ref_id = work.run_id OR p.kind = 'flow' AND p.ref_id = work.flow_id)"

// Claim takes a due row that nobody holds; false when it is not to be had, and
// ledger.ErrCrowded when as many rows of its flow are claimed as may be.
func Claim(ctx context.Context, db *store.DB, work ledger.ID, owner string, now ledger.Millis, lease time.Duration) (ledger.Work, bool, error) {
	var claimed ledger.Work
	ok, crowded := false, false
	err := db.Write(ctx, func(tx *gorm.DB) error {
		ok, crowded = false, false
		read := func() ([]claimable, error) {
			return store.Scan(tx, scanClaimable, "SELECT "+ledgerrow.WorkColumns+places+" FROM work WHERE id = ? AND due_at <= ? AND (owner = '' OR lease_until <= ?)"+NotPaused+db.Dialect().ForUpdate(),
				now, work, now, now)
		}
		found, err := read()
		if err != nil || len(found) == 0 {
			return err
		}
		place, free := found[0].free()
		if !free && found[0].left {
			if err := tx.Exec("UPDATE work SET place = NULL WHERE flow_id = ? AND place IS NOT NULL AND lease_until <= ?", found[0].Flow, now).Error; err != nil {
				return err
			}
			if found, err = read(); err != nil || len(found) == 0 {
				return err
			}
			place, free = found[0].free()
		}
		if crowded = !free; crowded {
			return nil
		}
		ok, claimed = true, found[0].Work
		claimed.Owner, claimed.LeaseUntil = owner, now.Add(lease)
		claimed.Fence++
		claimed.Attempts++
		return tx.Exec("UPDATE work SET owner = ?, fence = ?, attempts = ?, lease_until = ?, place = ? WHERE id = ?",
			owner, claimed.Fence, claimed.Attempts, claimed.LeaseUntil, place, work).Error
	})
	switch {
	case err != nil:
		return ledger.Work{}, false, err
	case crowded:
		return ledger.Work{}, false, ledger.ErrCrowded
	}
	return claimed, ok, nil
}

func scanClaimable(rows *sql.Rows) (claimable, error) {
	var c claimable
	var err error
	c.Work, err = ledgerrow.ScanWorkWith(rows, &c.place, &c.most, &c.taken, &c.left)
	return c, err
}

// free gives the place that the row has, or any that nobody has: who takes the first meets
// others who do so too.
func (c *claimable) free() (int64, bool) {
	if c.place.Valid {
		return c.place.Int64, true
	}
	var free []int
	taken := "," + c.taken + ","
	if c.taken != "" && strings.Count(c.taken, ",")+1 >= c.most { // there may have been more places
		return 0, false
	}
	for n := range c.most {
		if !strings.Contains(taken, ","+strconv.Itoa(n)+",") {
			free = append(free, n)
		}
	}
	if len(free) == 0 {
		return 0, false
	}
	return int64(free[rand.IntN(len(free))]), true //nolint:gosec // guards nothing
}
