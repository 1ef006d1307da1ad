// Package flowstore keeps flows, their versions and the numbers of their nodes in SQL.
//
// It may import server/store, server/store/handstore, server/draft, engine/flow and engine/ledger only.
package flowstore

import (
	"context"
	"database/sql"
	"slices"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/handstore"
)

// Store implements draft.Store.
type Store struct {
	db   *store.DB
	sql  store.Dialect
	hand *handstore.Store
}

var _ draft.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db: db, sql: db.Dialect(), hand: handstore.New(db, nil)} }

// PutFlow implements draft.Store.
func (s *Store) PutFlow(ctx context.Context, workspace ledger.ID, publicID string, c draft.Contents, now ledger.Millis) (ledger.ID, error) {
	fresh, err := s.db.NextIDs(ctx, 1)
	if err != nil {
		return 0, err
	}
	id := fresh
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		id = 0
		if err := tx.Raw("SELECT id FROM flow WHERE workspace_id = ? AND public_id = ?"+s.sql.ForUpdate(), workspace, publicID).Scan(&id).Error; err != nil {
			return err
		}
		known := id != 0
		if !known {
			id = fresh
		}
		if err := s.use(tx, workspace, id, inDraft, c.Document); err != nil {
			return err
		}
		if err := edited(tx, id, c.Author, now); err != nil {
			return err
		}
		if known {
			return tx.Exec("UPDATE flow SET name = ?, title = ?, draft = ?, draft_version = draft_version + 1, blocking = ?, updated_at = ? WHERE id = ?",
				c.Name, c.Title, string(c.Document), c.Blocking, now, id).Error
		}
		return tx.Exec("INSERT INTO flow (id, workspace_id, public_id, name, title, draft, blocking, updated_at) VALUES (?,?,?,?,?,?,?,?)",
			id, workspace, publicID, c.Name, c.Title, string(c.Document), c.Blocking, now).Error
	})
	return id, err
}

// PutVersion implements draft.Store.
func (s *Store) PutVersion(ctx context.Context, workspace, flowID ledger.ID, p draft.Publication, now ledger.Millis) (draft.Version, error) {
	id, err := s.db.NextIDs(ctx, 1)
	if err != nil {
		return draft.Version{}, err
	}
	var v draft.Version
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		// The flow's row serialises publishers of one flow.
		if err := tx.Exec("UPDATE flow SET updated_at = ?, concurrency = ? WHERE id = ?", now, concurrencyOf(p.Document), flowID).Error; err != nil {
			return err
		}
		last, err := versions(tx, whole, "flow_id = ? ORDER BY version_no DESC LIMIT 1", flowID)
		if err != nil {
			return err
		}
		v = draft.Version{ID: id, Flow: flowID, Workspace: workspace, No: 1, Document: p.Document, Operations: p.Operations, Note: store.CutText(p.Note), Author: p.Author, Hash: hashOf(p.Document, p.Operations), From: p.From, Created: now}
		if len(last) > 0 {
			if string(last[0].Document) == string(p.Document) && string(last[0].Operations) == string(p.Operations) {
				v = last[0]
				return nil
			}
			v.No = last[0].No + 1
		}
		if err := s.use(tx, workspace, flowID, inVersion, p.Document); err != nil {
			return err
		}
		var operations any
		if p.Operations != nil {
			operations = string(p.Operations)
		}
		return tx.Exec("INSERT INTO flow_version (id, workspace_id, flow_id, version_no, document, operations, note, created_at, author, hash, from_no) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
			v.ID, workspace, flowID, v.No, string(p.Document), operations, v.Note, now, v.Author, v.Hash, v.From).Error
	})
	return v, err
}

// NodeNumbers implements draft.Store.
func (s *Store) NodeNumbers(ctx context.Context, flowID ledger.ID, nodeIDs []string) (map[string]int, error) {
	numbers, _, err := s.numbers(s.db.Read(ctx), flowID, "")
	if err != nil || !slices.ContainsFunc(nodeIDs, func(id string) bool { return numbers[id] == 0 }) {
		return numbers, err
	}
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE flow SET updated_at = updated_at WHERE id = ?", flowID).Error; err != nil {
			return err
		}
		var highest int
		if numbers, highest, err = s.numbers(tx, flowID, s.sql.ForUpdate()); err != nil {
			return err
		}
		var rows [][]any
		for _, id := range nodeIDs {
			if numbers[id] == 0 {
				highest++
				numbers[id] = highest
				rows = append(rows, []any{flowID, highest, id})
			}
		}
		return s.sql.Insert(tx, store.Table{Name: "flow_node", Key: "flow_id,node_no", Columns: []string{"flow_id", "node_no", "node_id"}}, rows)
	})
	return numbers, err
}

func (s *Store) numbers(tx *gorm.DB, flowID ledger.ID, lock string) (numbers map[string]int, highest int, err error) {
	type numbered struct {
		id string
		no int
	}
	found, err := store.Scan(tx, func(rows *sql.Rows) (numbered, error) {
		var n numbered
		return n, rows.Scan(&n.id, &n.no)
	}, "SELECT node_id, node_no FROM flow_node WHERE flow_id = ?"+lock, flowID)
	numbers = make(map[string]int, len(found))
	for _, n := range found {
		numbers[n.id] = n.no
		highest = max(highest, n.no)
	}
	return numbers, highest, err
}
