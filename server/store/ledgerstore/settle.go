package ledgerstore

import (
	"strings"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
)

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
