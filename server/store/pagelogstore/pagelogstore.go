// Package pagelogstore keeps in SQL the latest page requests of flows.
//
// It may import server/store, server/pagelog, engine/pull and engine/ledger only.
package pagelogstore

import (
	"context"
	"database/sql"
	"slices"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/server/pagelog"
	"github.com/karezflow/karez/server/store"
)

// atOnce is how many rows one statement writes: with all their bodies few megabytes.
const atOnce = 32

// Store implements pagelog.Store.
type Store struct{ db *store.DB }

var _ pagelog.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db} }

func table() store.Table {
	return store.Table{Name: "page_request", Key: "id", Columns: []string{
		"id", "workspace_id", "flow_id", "run_id", "connection_id", "node_id", "operation", "window_id", "attempt", "page_no",
		"row_count", "total", "started_at", "ended_at", "code", "message", "args", "request", "request_size", "response", "response_size",
	}}
}

// Keep implements pagelog.Store.
func (s *Store) Keep(ctx context.Context, all []pull.Asked, most int, old ledger.Millis) error {
	first, err := s.db.NextIDs(ctx, len(all))
	if err != nil {
		return err
	}
	rows := make([][]any, len(all))
	var flows []ledger.ID
	for i, a := range all {
		rows[i] = values(first+ledger.ID(i), a)
		if !slices.Contains(flows, a.Flow) {
			flows = append(flows, a.Flow)
		}
	}
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		for part := range slices.Chunk(rows, atOnce) {
			if err := s.db.Dialect().Insert(tx, table(), part); err != nil {
				return err
			}
		}
		if err := tx.Exec("DELETE FROM page_request WHERE started_at < ?", old).Error; err != nil {
			return err
		}
		for _, flow := range flows {
			if err := shorten(tx, flow, most); err != nil {
				return err
			}
		}
		return nil
	})
}

func values(id ledger.ID, a pull.Asked) []any {
	var code, message string
	var args map[string]string
	if a.Fault != nil {
		code, message, args = a.Fault.Code, a.Fault.Message, a.Fault.Args
	}
	return []any{
		id, a.Workspace, a.Flow, a.Run, a.Connection, a.Node, a.Operation, a.Window, a.Attempt, a.Page,
		a.Rows, a.Total, a.Started, a.Ended, store.Cut(code, 64), store.Null(store.CutText(message)), store.NullArgs(args),
		pagelog.Cut(a.Request), len(a.Request), pagelog.Cut(a.Response), len(a.Response),
	}
}

// shorten keeps the newest requests of a flow.
func shorten(tx *gorm.DB, flow ledger.ID, most int) error {
	last, err := store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM page_request WHERE flow_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?", flow, most)
	if err != nil || len(last) == 0 {
		return err
	}
	return tx.Exec("DELETE FROM page_request WHERE flow_id = ? AND id <= ?", flow, last[0]).Error
}

// Of implements pagelog.Store.
func (s *Store) Of(ctx context.Context, workspace ledger.ID, flow string, limit int) ([]pagelog.Request, error) {
	tx := s.db.Read(ctx)
	id, err := store.One(store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM flow WHERE workspace_id = ? AND public_id = ?", workspace, flow))
	if err != nil {
		return nil, err
	}
	return store.Scan(tx, func(rows *sql.Rows) (pagelog.Request, error) {
		var r pagelog.Request
		var message, args sql.NullString
		err := rows.Scan(&r.ID, &r.Node, &r.Connection, &r.Operation, &r.Run, &r.Window, &r.Attempt, &r.Page, &r.Rows, &r.Total,
			&r.Started, &r.Ended, &r.Code, &message, &args, &r.RequestSize, &r.ResponseSize)
		r.Message, r.Args = message.String, store.ReadArgs(args)
		return r, err
	}, "SELECT p.id, p.node_id, COALESCE(c.name, ''), p.operation, p.run_id, p.window_id, p.attempt, p.page_no, p.row_count, p.total,"+
		" p.started_at, p.ended_at, p.code, p.message, p.args, p.request_size, p.response_size FROM page_request p"+
		" LEFT JOIN connection c ON c.id = p.connection_id WHERE p.flow_id = ? ORDER BY p.id DESC LIMIT ?", id, limit)
}

// Content implements pagelog.Store.
func (s *Store) Content(ctx context.Context, workspace ledger.ID, flow string, id ledger.ID) (pagelog.Content, string, error) {
	type found struct {
		pagelog.Content

		connection string
	}
	f, err := store.One(store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (f found, err error) {
		var request, response int
		err = rows.Scan(&f.Request, &f.Response, &request, &response, &f.connection)
		f.RequestCut, f.ResponseCut = request > len(f.Request), response > len(f.Response)
		return f, err
	}, "SELECT p.request, p.response, p.request_size, p.response_size, COALESCE(c.name, '') FROM page_request p JOIN flow f ON f.id = p.flow_id"+
		" LEFT JOIN connection c ON c.id = p.connection_id WHERE p.id = ? AND p.workspace_id = ? AND f.public_id = ?", id, workspace, flow))
	return f.Content, f.connection, err
}
