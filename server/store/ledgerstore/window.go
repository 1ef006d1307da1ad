package ledgerstore

import (
	"context"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// OpenWindows implements pull.Windows.
func (s *Store) OpenWindows(ctx context.Context, stream ledger.ID, kind ledger.WindowKind) ([]ledger.Window, error) {
	return store.Scan(s.db.Read(ctx), ledgerrow.ScanWindow, "SELECT "+ledgerrow.WindowColumns+" FROM pull_window WHERE stream_id = ? AND kind = ? AND state = ? ORDER BY from_ms, id",
		stream, ledgerrow.WindowKind(kind), ledger.WindowOpen)
}

// StartWindow implements pull.Windows.
func (s *Store) StartWindow(ctx context.Context, w ledger.Window, now ledger.Millis) (ledger.Window, error) {
	id, err := s.NextIDs(ctx, 1)
	if err != nil {
		return w, err
	}
	w.ID, w.State, w.Attempt = id, ledger.WindowOpen, 1
	return w, s.db.Write(ctx, func(tx *gorm.DB) error {
		return s.sql.Insert(tx, ledgerrow.WindowTable(), [][]any{ledgerrow.WindowRow(w, now)})
	})
}

// RestartWindow implements pull.Windows.
func (s *Store) RestartWindow(ctx context.Context, w ledger.Window, run ledger.ID, now ledger.Millis) (ledger.Window, error) {
	err := s.anew(ctx, w, now, func(tx *gorm.DB) error {
		return fenced(tx.Exec("UPDATE pull_window SET attempt = attempt + 1, run_id = ?, updated_at = ? WHERE id = ? AND state = ? AND attempt = ?",
			run, now, w.ID, ledger.WindowOpen, w.Attempt))
	})
	w.Attempt++
	w.Run = run
	return w, err
}

// fenced turns a conditional update that met no row into ErrFenced.
func fenced(res *gorm.DB) error {
	if res.Error != nil {
		return res.Error
	}
	if res.RowsAffected == 0 {
		return ledger.ErrFenced
	}
	return nil
}

// SplitWindow implements pull.Windows.
func (s *Store) SplitWindow(ctx context.Context, w ledger.Window, middle, now ledger.Millis) ([]ledger.Window, error) {
	first, err := s.NextIDs(ctx, 2)
	if err != nil {
		return nil, err
	}
	lower, upper := w, w
	lower.ID, lower.To, lower.Parent, lower.State, lower.Attempt = first, middle, w.ID, ledger.WindowOpen, 1
	upper.ID, upper.From, upper.Parent, upper.State, upper.Attempt = first+1, middle, w.ID, ledger.WindowOpen, 1
	err = s.anew(ctx, w, now, func(tx *gorm.DB) error {
		if err := fenced(tx.Exec("UPDATE pull_window SET state = ?, updated_at = ? WHERE id = ? AND state = ? AND attempt = ?",
			ledger.WindowSplit, now, w.ID, ledger.WindowOpen, w.Attempt)); err != nil {
			return err
		}
		return s.sql.Insert(tx, ledgerrow.WindowTable(), [][]any{ledgerrow.WindowRow(lower, now), ledgerrow.WindowRow(upper, now)})
	})
	return []ledger.Window{lower, upper}, err
}

// LeaveWindow implements pull.Readings.
func (s *Store) LeaveWindow(ctx context.Context, w ledger.Window, now ledger.Millis) error {
	return s.anew(ctx, w, now, func(tx *gorm.DB) error {
		return fenced(tx.Exec("UPDATE pull_window SET state = ?, updated_at = ? WHERE id = ? AND state = ? AND attempt = ?",
			ledger.WindowLeft, now, w.ID, ledger.WindowOpen, w.Attempt))
	})
}

// FinishWindow implements pull.Windows.
func (s *Store) FinishWindow(ctx context.Context, w ledger.Window, now ledger.Millis) ([]ledger.ID, error) {
	var released []ledger.ID
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		released = nil
		if err := fenced(tx.Exec("UPDATE pull_window SET state = ?, updated_at = ? WHERE id = ? AND state = ? AND attempt = ?",
			ledger.WindowDone, now, w.ID, ledger.WindowOpen, w.Attempt)); err != nil {
			return err
		}
		if w.Kind == ledger.Live {
			if err := s.advance(tx, w.Stream); err != nil {
				return err
			}
		}
		return s.release(tx, w.ID, now, &released)
	})
	return released, err
}

// advance moves the cursor of a stream to where its done windows reach.
func (s *Store) advance(tx *gorm.DB, stream ledger.ID) error {
	var watermark ledger.Millis
	if err := tx.Raw("SELECT watermark FROM stream_cursor WHERE stream_id = ?"+s.sql.ForUpdate(), stream).Scan(&watermark).Error; err != nil {
		return err
	}
	windows, err := store.Scan(tx, ledgerrow.ScanWindow, "SELECT "+ledgerrow.WindowColumns+" FROM pull_window WHERE stream_id = ? AND kind = ? AND state < ? AND to_ms > ? ORDER BY from_ms, id",
		stream, ledgerrow.WindowKind(ledger.Live), ledger.WindowSplit, watermark)
	if err != nil {
		return err
	}
	return tx.Exec("UPDATE stream_cursor SET watermark = ?, version = version + 1 WHERE stream_id = ?", rules.Watermark(watermark, windows), stream).Error
}

// release makes the held work of a window claimable.
func (s *Store) release(tx *gorm.DB, window ledger.ID, now ledger.Millis, released *[]ledger.ID) error {
	ids, err := store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM work WHERE kind = ? AND ref_id = ? AND due_at = ? ORDER BY id", ledgerrow.WorkKind(ledger.PageWork), window, ledger.FarFuture)
	if err != nil || len(ids) == 0 {
		return err
	}
	*released = ids
	return tx.Exec("UPDATE work SET due_at = ? WHERE kind = ? AND ref_id = ? AND due_at = ?", now, ledgerrow.WorkKind(ledger.PageWork), window, ledger.FarFuture).Error
}
