// Package readledger keeps in SQL what is read of the past and where people put cursors.
// It is a part of ledgerstore, but for what only people see of it.
//
// It may import server/store, server/store/ledgerrow and engine/ledger only.
package readledger

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// Readings implements pull.Readings but for the leaving of windows.
type Readings struct {
	db  *store.DB
	sql store.Dialect
}

// New makes Readings of a migrated database.
func New(db *store.DB) *Readings { return &Readings{db: db, sql: db.Dialect()} }

// Abandoned implements pull.Readings.
func (s *Readings) Abandoned(ctx context.Context, stream ledger.ID) ([]ledger.Window, error) {
	return store.Scan(s.db.Read(ctx), ledgerrow.ScanWindow, "SELECT "+ledgerrow.WindowColumns+" FROM pull_window w WHERE stream_id = ? AND state = ? AND kind IN (?, ?)"+
		" AND EXISTS (SELECT 1 FROM run r WHERE r.id = w.run_id AND r.pull_state = 1) ORDER BY from_ms, id",
		stream, ledger.WindowOpen, ledgerrow.WindowKind(ledger.Backfill), ledgerrow.WindowKind(ledger.GapSweep))
}

// Reached implements pull.Readings.
func (s *Readings) Reached(ctx context.Context, stream, run ledger.ID) (ledger.Millis, error) {
	var reached ledger.Millis
	err := s.db.Read(ctx).Raw("SELECT COALESCE(MAX(to_ms), 0) FROM pull_window WHERE run_id = ? AND stream_id = ? AND state = ?",
		run, stream, ledger.WindowDone).Scan(&reached).Error
	return reached, err
}

// NoteClock implements pull.Readings.
func (s *Readings) NoteClock(ctx context.Context, stream ledger.ID, ahead time.Duration, now ledger.Millis) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		res := tx.Exec("UPDATE stream_cursor SET ahead_ms = ?, clock_at = ? WHERE stream_id = ?", ahead.Milliseconds(), now, stream)
		if res.Error == nil && res.RowsAffected == 0 {
			return ledger.ErrNotFound
		}
		return res.Error
	})
}

// ResetCursor implements pull.Readings.
func (s *Readings) ResetCursor(ctx context.Context, r ledger.CursorReset, now ledger.Millis) error {
	id, err := s.db.NextIDs(ctx, 1)
	if err != nil {
		return err
	}
	live := ledgerrow.WindowKind(ledger.Live)
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		type cursor struct {
			Watermark ledger.Millis
			Version   int64
		}
		was := cursor{Version: -1}
		if err := tx.Raw("SELECT watermark, version FROM stream_cursor WHERE stream_id = ?"+s.sql.ForUpdate(), r.Stream).Scan(&was).Error; err != nil {
			return err
		}
		switch was.Version {
		case -1:
			return ledger.ErrNotFound
		case r.Version:
		default:
			return ledger.ErrFenced
		}
		var open int
		if err := tx.Raw("SELECT COUNT(*) FROM pull_window WHERE stream_id = ? AND state = ? AND kind = ?", r.Stream, ledger.WindowOpen, live).Scan(&open).Error; err != nil {
			return err
		}
		if open > 0 {
			return ledger.ErrWindowOpen
		}
		if err := tx.Exec("UPDATE pull_window SET state = ?, updated_at = ? WHERE stream_id = ? AND kind = ? AND to_ms > ? AND state = ?",
			ledger.WindowLeft, now, r.Stream, live, r.To, ledger.WindowDone).Error; err != nil {
			return err
		}
		if err := tx.Exec("UPDATE stream_cursor SET watermark = ?, version = version + 1 WHERE stream_id = ?", r.To, r.Stream).Error; err != nil {
			return err
		}
		return s.sql.Insert(tx, resetTable(), [][]any{{id, r.Stream, was.Watermark, r.To, store.Cut(r.Actor, 190), store.Null(store.CutText(r.Note)), now}})
	})
}

const resetColumns = "id,stream_id,from_ms,to_ms,actor,note,at"

func resetTable() store.Table { return ledgerrow.Table("cursor_reset", "id", resetColumns) }
