package ledgerstore

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// anew changes a window that is to be read anew and withdraws what it held.
func (s *Store) anew(ctx context.Context, w ledger.Window, now ledger.Millis, change func(*gorm.DB) error) error {
	// Hardly ever does withdrawing need an id, and how many is known inside only.
	for most := 8; ; {
		ids, err := s.reserve(ctx, most)
		if err != nil {
			return err
		}
		needed := 0
		err = s.db.Write(ctx, func(tx *gorm.DB) error {
			if err := s.openAt(tx, w.ID, w.Attempt); err != nil {
				return err
			}
			var err error
			if needed, err = s.withdraw(tx, w, now, most, ids()); err != nil {
				return err
			}
			return change(tx)
		})
		if !errors.Is(err, errMoreIDs) {
			return err
		}
		most = needed
	}
}

// errMoreIDs says that a transaction was given up because it needs more ids than were reserved.
var errMoreIDs = errors.New("more ids are needed than were reserved")

// withdraw carries out rules.PlanWithdraw. The window is locked already. It gives
// how many ids it needs; with fewer at most it fails with errMoreIDs.
func (s *Store) withdraw(tx *gorm.DB, w ledger.Window, now ledger.Millis, most int, nextID func() ledger.ID) (int, error) {
	rows, err := store.Scan(tx, ledgerrow.ScanWork, "SELECT "+ledgerrow.WorkColumns+" FROM work WHERE kind = ? AND ref_id = ? AND due_at = ? ORDER BY id"+s.sql.ForUpdate(),
		ledgerrow.WorkKind(ledger.PageWork), w.ID, ledger.FarFuture)
	if err != nil {
		return 0, err
	}
	held, err := s.withheld(tx, w, rows)
	if err != nil || len(held) == 0 {
		return 0, err
	}
	if n := rules.Promotions(w.ID, held); n > most {
		return n, errMoreIDs
	}
	for i := range rows {
		if err := tx.Exec("DELETE FROM work WHERE id = ?", rows[i].ID).Error; err != nil {
			return 0, err
		}
	}
	flow := ledger.ID(0)
	if err := tx.Raw("SELECT flow_id FROM stream WHERE id = ?", w.Stream).Scan(&flow).Error; err != nil {
		return 0, err
	}
	before := make(map[ledger.ID]ledger.Document, len(held))
	for _, h := range held {
		before[h.Document.ID] = h.Document
	}
	plan := rules.PlanWithdraw(w.ID, held, now, nextID)
	if err := plan.Err(); err != nil {
		return 0, err
	}
	if err := s.rows.CarryOut(tx, before, plan, held[0].Document.Workspace, flow, now); err != nil {
		return 0, err
	}
	return 0, s.rows.AddDeltas(tx, plan.Deltas)
}

// withheld reads, and locks, the documents of which a window holds something:
// those that its held work rows cover, and those behind which a revision of its last
// attempt waits, which its run accepted.
func (s *Store) withheld(tx *gorm.DB, w ledger.Window, rows []ledger.Work) ([]rules.Withheld, error) {
	var held []rules.Withheld
	var docs []ledger.Document
	seen := map[ledger.ID]bool{}
	add := func(found []ledger.Document, work *ledger.Work) {
		for _, d := range found {
			if !seen[d.ID] {
				seen[d.ID] = true
				docs = append(docs, d)
				held = append(held, rules.Withheld{Document: d, Work: work})
			}
		}
	}
	for i := range rows {
		found, err := s.covered(tx, rows[i], s.sql.ForUpdate())
		if err != nil {
			return nil, err
		}
		add(found, &rows[i])
	}
	behind, err := store.Scan(tx, store.Column[ledger.ID], "SELECT DISTINCT document_id FROM revision WHERE run_id = ? AND window_id = ? AND held = 1 ORDER BY document_id", w.Run, w.ID)
	if err != nil {
		return nil, err
	}
	if err := store.Chunks(behind, func(ids []ledger.ID) error {
		found, err := store.Scan(tx, ledgerrow.ScanDocument, "SELECT "+ledgerrow.DocumentColumns+" FROM document WHERE id IN "+store.In(len(ids))+" ORDER BY id"+s.sql.ForUpdate(), store.Args(nil, ids...)...)
		add(found, nil)
		return err
	}); err != nil {
		return nil, err
	}
	queued, err := ledgerrow.Queued(tx, docs, "")
	if err != nil {
		return nil, err
	}
	for i := range held {
		if rev, ok := queued[held[i].Document.ID]; ok {
			held[i].Queued = &rev
		}
	}
	return held, nil
}
