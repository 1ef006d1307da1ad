package ledgerstore

import (
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// settle carries out what the rules say about the walked documents.
func (r *outcome) settle(tx *gorm.DB, work ledger.Work, docs map[ledger.ID]*ledger.Document) error {
	before, rows := make(map[ledger.ID]ledger.Document, len(docs)), make([]ledger.Document, 0, len(docs))
	for id, d := range docs {
		before[id] = *d
		rows = append(rows, *d)
	}
	queued, err := ledgerrow.Queued(tx, rows, r.sql.ForUpdate())
	if err != nil {
		return err
	}
	if err := r.errands.Enter(tx, r.o, work.Flow, docs, r.stale, r.nextID); err != nil {
		return err
	}
	made, err := r.hand.Made(tx, r.o.Hands)
	if err != nil {
		return err
	}
	handings := rules.Handings(r.o, docs, r.stale, made)
	if err := r.answer(tx, rules.Answered(r.o, docs, r.stale), r.o.Now); err != nil {
		return err
	}
	if r.o.Documents, err = r.group.Late(tx, r.o.Documents, docs); err != nil {
		return err
	}
	plan := rules.PlanOutcome(r.o, work, docs, queued, r.stale, r.nextID)
	r.result.Refused, r.settled = plan.Refused, plan.Update
	if err := r.rows.CarryOut(tx, before, plan, r.o.Workspace, work.Flow, r.o.Now); err != nil {
		return err
	}
	if err := r.park.Park(tx, r.o.Documents, plan.Update, r.stale); err != nil {
		return err
	}
	if err := r.group.Join(tx, r.o, work.Flow, plan.Update, r.stale, r.nextID); err != nil {
		return err
	}
	followed, err := r.group.Follow(tx, plan.Update, r.o.Now)
	if err != nil {
		return err
	}
	for key, n := range followed.Deltas {
		plan.Deltas[key] += n
	}
	r.result.Work = append(plan.Now, followed.Work...)
	if len(r.o.Documents) > 0 {
		if err := tx.Exec("DELETE FROM work WHERE id = ?", work.ID).Error; err != nil {
			return err
		}
	}
	// Behind the documents themselves: one may be handed over to its own flow.
	if r.result.Handed, err = r.hand.Over(tx, r.o.Workspace, handings, r.o.Now, r.nextID); err != nil {
		return err
	}
	return r.rows.AddDeltas(tx, plan.Deltas)
}
