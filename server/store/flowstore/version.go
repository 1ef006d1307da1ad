package flowstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/store"
)

// Version implements draft.Store.
func (s *Store) Version(ctx context.Context, id ledger.ID) (draft.Version, error) {
	return store.One(versions(s.db.Read(ctx), whole, "id = ?", id))
}

// VersionNo implements draft.Store.
func (s *Store) VersionNo(ctx context.Context, flowID ledger.ID, no int) (draft.Version, error) {
	return store.One(versions(s.db.Read(ctx), whole, "flow_id = ? AND version_no = ?", flowID, no))
}

// Versions implements draft.Store.
func (s *Store) Versions(ctx context.Context, flowID ledger.ID) ([]draft.Version, error) {
	return versions(s.db.Read(ctx), listed, "flow_id = ? ORDER BY version_no DESC", flowID)
}

// Edits implements draft.Store.
func (s *Store) Edits(ctx context.Context, flowID ledger.ID) ([]draft.Edit, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (draft.Edit, error) {
		var e draft.Edit
		return e, rows.Scan(&e.No, &e.Author, &e.First, &e.Last)
	}, "SELECT version_no, author, first_at, last_at FROM flow_edit WHERE flow_id = ? ORDER BY version_no DESC, last_at DESC, author", flowID)
}

// edited remembers who saves a draft on the way to the next version.
func edited(tx *gorm.DB, flowID ledger.ID, author string, now ledger.Millis) error {
	var next, before int
	if err := tx.Raw("SELECT COALESCE(MAX(version_no), 0) + 1 FROM flow_version WHERE flow_id = ?", flowID).Scan(&next).Error; err != nil {
		return err
	}
	if err := tx.Raw("SELECT COUNT(*) FROM flow_edit WHERE flow_id = ? AND version_no = ? AND author = ?", flowID, next, author).Scan(&before).Error; err != nil {
		return err
	}
	if before > 0 {
		return tx.Exec("UPDATE flow_edit SET last_at = ? WHERE flow_id = ? AND version_no = ? AND author = ?", now, flowID, next, author).Error
	}
	return tx.Exec("INSERT INTO flow_edit (flow_id, version_no, author, first_at, last_at) VALUES (?,?,?,?,?)", flowID, next, author, now, now).Error
}

// InFlight implements draft.Store. A page's documents walk with the version of the run that
// pulled them; what was pulled or repaired one by one has its own.
func (s *Store) InFlight(ctx context.Context, flowID ledger.ID) (map[ledger.ID]int, error) {
	type count struct {
		version ledger.ID
		n       int
	}
	found, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (count, error) {
		var c count
		return c, rows.Scan(&c.version, &c.n)
	}, "SELECT t.version_id, SUM(t.docs) FROM (SELECT COALESCE(d.version_id, r.version_id, 0) AS version_id, CASE WHEN w.kind = 'document' THEN 1 ELSE w.docs END AS docs"+
		" FROM work w LEFT JOIN document d ON w.kind = 'document' AND d.id = w.ref_id LEFT JOIN run r ON r.id = w.run_id WHERE w.flow_id = ?) t GROUP BY t.version_id", flowID)
	counts := make(map[ledger.ID]int, len(found))
	for _, c := range found {
		counts[c.version] = c.n
	}
	return counts, err
}

// What is read of a version: in lists neither the document nor its operations, but where they
// were published before versions had a hash.
const (
	whole  = "document, operations"
	listed = "CASE WHEN hash = '' THEN document END, CASE WHEN hash = '' THEN operations END"
)

// hashOf is the fingerprint of what a version does.
func hashOf(document, operations []byte) string {
	sum := sha256.New()
	_, _ = sum.Write(document) // never fails
	if operations != nil {
		_, _ = sum.Write([]byte{0})
		_, _ = sum.Write(operations)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// versions reads rows; document is whole or listed.
func versions(tx *gorm.DB, document, where string, args ...any) ([]draft.Version, error) {
	return store.Scan(tx, func(rows *sql.Rows) (draft.Version, error) {
		var v draft.Version
		if err := rows.Scan(&v.ID, &v.Flow, &v.Workspace, &v.No, &v.Note, &v.Created, &v.Author, &v.Hash, &v.From, &v.Document, &v.Operations); err != nil {
			return v, err
		}
		if v.Hash == "" {
			v.Hash = hashOf(v.Document, v.Operations)
		}
		if document == listed {
			v.Document, v.Operations = nil, nil
		}
		return v, nil
	}, "SELECT id, flow_id, workspace_id, version_no, COALESCE(note, ''), created_at, author, hash, from_no, "+document+" FROM flow_version WHERE "+where, args...)
}
