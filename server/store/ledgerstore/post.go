package ledgerstore

import (
	"context"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/handstore"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// Post lets posted documents enter a flow when around says so, which does what else
// belongs to their request in the same transaction. It gives the work that is due at once.
func (s *Store) Post(ctx context.Context, workspace ledger.ID, posted rules.Handing, now ledger.Millis, around func(tx *gorm.DB, enter func() ([]ledger.Admitted, error)) error) ([]ledger.ID, error) {
	ids, err := s.reserve(ctx, handstore.IDs*len(posted.Hands)+handstore.IDs)
	if err != nil {
		return nil, err
	}
	var due []ledger.ID
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		due = nil
		return around(tx, func() ([]ledger.Admitted, error) {
			plan, err := s.hand.Enter(tx, workspace, posted, now, ids())
			due = plan.Result.Work
			return plan.Admitted, err
		})
	})
	return due, err
}

// answer keeps what documents are answered, where nothing is kept yet.
func (s *Store) answer(tx *gorm.DB, answers []ledger.Answer, now ledger.Millis) error {
	if len(answers) == 0 {
		return nil
	}
	docs := make([]ledger.ID, len(answers))
	for i, a := range answers {
		docs[i] = a.Document
	}
	told := map[ledger.Admitted]bool{}
	err := store.Chunks(docs, func(ids []ledger.ID) error {
		rows, err := tx.Raw("SELECT document_id, rev FROM document_answer WHERE document_id IN "+store.In(len(ids)), store.Args(nil, ids...)...).Rows()
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // Err has told what there is to tell
		for rows.Next() {
			var a ledger.Admitted
			if err := rows.Scan(&a.Document, &a.Rev); err != nil {
				return err
			}
			told[a] = true
		}
		return rows.Err()
	})
	if err != nil {
		return err
	}
	var fresh [][]any
	for _, a := range answers {
		if !told[ledger.Admitted{Document: a.Document, Rev: a.Rev}] {
			fresh = append(fresh, []any{a.Document, a.Rev, a.NodeNo, a.Status, a.Body, now})
		}
	}
	return s.sql.Insert(tx, ledgerrow.Table("document_answer", "document_id,rev", "document_id,rev,node_no,status,body,answered_at"), fresh)
}
