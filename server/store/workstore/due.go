package workstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// nextFlow is the next flow that has work, when the first of it is due and whether it rests. It
// is one look into the index, however much work there is.
const nextFlow = "SELECT flow_id, due_at, EXISTS (SELECT 1 FROM pause p WHERE p.kind = 'flow' AND p.ref_id = work.flow_id)" +
	" FROM work WHERE flow_id > ? ORDER BY flow_id, due_at LIMIT 1"

// flowRows are the first due rows of one flow. Held work, which is due in the far future,
// stands behind the last entry of the index that is read.
const flowRows = "SELECT * FROM (SELECT " + ledgerrow.WorkColumns + " FROM work WHERE flow_id = ? AND due_at <= ? AND (owner = '' OR lease_until <= ?)" +
	NotPaused + " ORDER BY due_at, id LIMIT ?) w"

// flowsAtOnce is how many flows one statement reads.
const flowsAtOnce = 20

// Due gives due rows that nobody holds, at least one of every flow that has such, so that no
// flow hides another; beyond that about limit in all, as many of each flow as of any other
// as far as it has them. They are ordered by priority and due time.
func Due(ctx context.Context, db *store.DB, now ledger.Millis, limit int) ([]ledger.Work, error) {
	tx := db.Read(ctx)
	flows, err := waiting(tx, now)
	if err != nil || len(flows) == 0 {
		return nil, err
	}
	var due []ledger.Work
	for part := max(limit/len(flows), 1); ; {
		found, err := firstOf(tx, flows, now, part)
		if err != nil {
			return nil, err
		}
		// Those that had no more than their part leave the rest of it to those that have.
		count := map[ledger.ID]int{}
		for _, w := range found {
			count[w.Flow]++
		}
		flows = slices.DeleteFunc(flows, func(id ledger.ID) bool { return count[id] < part })
		more := 0
		if len(flows) > 0 {
			more = (limit - len(due) - len(found)) / len(flows)
		}
		for _, w := range found {
			if more <= 0 || count[w.Flow] < part { // else it is read again with what follows it
				due = append(due, w)
			}
		}
		if more <= 0 {
			break
		}
		part += more
	}
	slices.SortFunc(due, func(a, b ledger.Work) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Due, b.Due), cmp.Compare(a.ID, b.ID))
	})
	return due, nil
}

// waiting gives the flows that have due work and do not rest.
func waiting(tx *gorm.DB, now ledger.Millis) (flows []ledger.ID, err error) {
	type first struct {
		flow  ledger.ID
		due   ledger.Millis
		rests bool
	}
	for last := ledger.ID(0); ; {
		found, err := store.Scan(tx, func(rows *sql.Rows) (f first, err error) { return f, rows.Scan(&f.flow, &f.due, &f.rests) }, nextFlow, last)
		if err != nil || len(found) == 0 {
			return flows, err
		}
		f := found[0]
		if last = f.flow; f.due <= now && !f.rests {
			flows = append(flows, f.flow)
		}
	}
}

// firstOf gives the first due rows of flows, at most so many of each.
func firstOf(tx *gorm.DB, flows []ledger.ID, now ledger.Millis, most int) ([]ledger.Work, error) {
	var all []ledger.Work
	for some := range slices.Chunk(flows, flowsAtOnce) {
		var args []any
		for _, id := range some {
			args = append(args, id, now, now, most)
		}
		found, err := store.Scan(tx, ledgerrow.ScanWork, strings.Repeat(flowRows+" UNION ALL ", len(some)-1)+flowRows, args...)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}
