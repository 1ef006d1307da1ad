package ledgerrow

import (
	"database/sql"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
)

// WindowColumns are what ScanWindow reads.
const WindowColumns = "id,stream_id,run_id,kind,from_ms,to_ms,state,parent_id,attempt,updated_at"

// WindowTable describes the windows.
func WindowTable() store.Table { return Table("pull_window", "id", WindowColumns) }

func windowKinds() map[ledger.WindowKind]string {
	return map[ledger.WindowKind]string{ledger.Live: "live", ledger.Backfill: "backfill", ledger.GapSweep: "gap", ledger.ByNumbers: "numbers", ledger.Handed: "handed"}
}

// WindowKind gives the stored name of a kind.
func WindowKind(k ledger.WindowKind) string { return windowKinds()[k] }

// WindowKindOf finds the kind of a stored name.
func WindowKindOf(name string) ledger.WindowKind { return KindOf(windowKinds(), name) }

// ScanWindow reads a row of WindowColumns.
func ScanWindow(rows *sql.Rows) (ledger.Window, error) {
	var w ledger.Window
	var kind string
	var updated ledger.Millis
	err := rows.Scan(&w.ID, &w.Stream, &w.Run, &kind, &w.From, &w.To, &w.State, &w.Parent, &w.Attempt, &updated)
	w.Kind = WindowKindOf(kind)
	return w, err
}

// WindowRow gives the values of WindowColumns.
func WindowRow(w ledger.Window, now ledger.Millis) []any {
	return []any{w.ID, w.Stream, w.Run, WindowKind(w.Kind), w.From, w.To, w.State, w.Parent, w.Attempt, now}
}
