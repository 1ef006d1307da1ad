package ledgerstore

import (
	"strings"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
)

// carryOut does what the rules say about documents, whose rows were as before.
func (s *Store) carryOut(tx *gorm.DB, before map[ledger.ID]ledger.Document, plan ledger.OutcomePlan, workspace, flow ledger.ID, now ledger.Millis) error {
	states, covers := make(map[ledger.ID]ledger.State, len(plan.Update)), map[ledger.ID][]ledger.ID{}
	for _, d := range plan.Update {
		states[d.ID] = d.State
		covers[d.Work] = append(covers[d.Work], d.ID)
	}
	if err := s.updateDocuments(tx, before, plan.Update); err != nil {
		return err
	}
	for _, rev := range plan.Unqueued {
		if err := tx.Exec("DELETE FROM revision WHERE document_id = ? AND rev = ?", rev.Document, rev.Rev).Error; err != nil {
			return err
		}
	}
	if err := s.putRevisions(tx, plan.Revisions, nil); err != nil {
		return err
	}
	if err := s.addWork(tx, plan.Work, covers); err != nil {
		return err
	}
	if err := s.setProblems(tx, plan.Problems, plan.Cleared, func(id ledger.ID) ledger.State { return states[id] }, workspace, flow, now); err != nil {
		return err
	}
	return s.addDeltas(tx, plan.Deltas)
}

// updateDocuments writes rows that a walk changed. Nearly all changed in a few
// columns that no index holds; only rows that took up another revision are
// written whole, which takes every index entry out and puts it back.
func (s *Store) updateDocuments(tx *gorm.DB, before map[ledger.ID]ledger.Document, after []ledger.Document) error {
	var settled []ledger.Document
	var whole [][]any
	for _, d := range after {
		if onlySettled(before[d.ID], d) {
			settled = append(settled, d)
		} else {
			whole = append(whole, documentRow(d))
		}
	}
	if err := s.sql.Put(tx, documentTable(), whole); err != nil {
		return err
	}
	for start := 0; start < len(settled); start += ledger.WorkSize {
		if err := settleRows(tx, settled[start:min(start+ledger.WorkSize, len(settled))]); err != nil {
			return err
		}
	}
	return nil
}

// onlySettled reports whether a row changed in nothing but the columns that settleRows writes.
func onlySettled(before, after ledger.Document) bool {
	before.State, before.Attention, before.Work, before.DoneRev, before.Updated = after.State, after.Attention, after.Work, after.DoneRev, after.Updated
	return before == after
}

// settleRows updates rows in one statement.
func settleRows(tx *gorm.DB, docs []ledger.Document) error {
	columns := []struct {
		name  string
		value func(ledger.Document) any
	}{
		{"state", func(d ledger.Document) any { return d.State }},
		{"attention", func(d ledger.Document) any { return d.Attention }},
		{"work_id", func(d ledger.Document) any { return d.Work }},
		{"done_rev", func(d ledger.Document) any { return d.DoneRev }},
	}
	var sql strings.Builder
	args := []any{docs[0].Updated}
	sql.WriteString("UPDATE document SET updated_at = ?")
	for _, c := range columns {
		sql.WriteString(", " + c.name + " = CASE id" + strings.Repeat(" WHEN ? THEN ?", len(docs)) + " END")
		for _, d := range docs {
			args = append(args, d.ID, c.value(d))
		}
	}
	sql.WriteString(" WHERE id IN " + store.In(len(docs)))
	for _, d := range docs {
		args = append(args, d.ID)
	}
	return tx.Exec(sql.String(), args...).Error
}
