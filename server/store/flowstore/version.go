package flowstore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/store"
)

// Version implements draft.Store.
func (s *Store) Version(ctx context.Context, id ledger.ID) (draft.Version, error) {
	return store.One(versions(s.db.Read(ctx), "document, operations", "id = ?", id))
}

// VersionNo implements draft.Store.
func (s *Store) VersionNo(ctx context.Context, flowID ledger.ID, no int) (draft.Version, error) {
	return store.One(versions(s.db.Read(ctx), "document, operations", "flow_id = ? AND version_no = ?", flowID, no))
}

// Versions implements draft.Store.
func (s *Store) Versions(ctx context.Context, flowID ledger.ID) ([]draft.Version, error) {
	return versions(s.db.Read(ctx), "NULL, NULL", "flow_id = ? ORDER BY version_no DESC", flowID)
}

// versions reads rows; document are the columns of the document and its operations or, where they are not wanted, NULLs.
func versions(tx *gorm.DB, document, where string, args ...any) ([]draft.Version, error) {
	return store.Scan(tx, func(rows *sql.Rows) (draft.Version, error) {
		var v draft.Version
		return v, rows.Scan(&v.ID, &v.Flow, &v.Workspace, &v.No, &v.Note, &v.Created, &v.Document, &v.Operations)
	}, "SELECT id, flow_id, workspace_id, version_no, COALESCE(note, ''), created_at, "+document+" FROM flow_version WHERE "+where, args...)
}
