package retentionstore

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/retention"
	"github.com/karezflow/karez/server/store"
)

// The stages of Needed. What queues is looked at before what is active: a revision goes
// from the one place to the other while it is unfinished, never back.
const (
	stageQueued ledger.ID = iota
	stageDocuments
	stageErrands
)

// span is how many documents one part looks through.
const span = 5000

// unfinished is true of a document d that may still be walked, edited or composed, and of
// one whose writeback or hand-over may be repeated. No event leads from any other back to
// one of these (engine/ledger/moves), so what was not needed once never will be.
func unfinished() string {
	return fmt.Sprintf("(d.work_id <> 0 OR d.state IN (%d, %d, %d, %d, %d, %d) OR d.attention & %d <> 0)",
		ledger.Waiting, ledger.Held, ledger.Rejected, ledger.RetryAt, ledger.Unmapped, ledger.NeedsDecision,
		ledger.Uncertain|ledger.WritebackFailing|ledger.Grouped)
}

// Needed implements retention.Store.
func (s *Store) Needed(ctx context.Context, from retention.Cursor, found retention.Needed) (retention.Cursor, bool, error) {
	tx := s.db.Read(ctx)
	if from.Table == stageErrands {
		return from, true, s.errands(tx, found)
	}
	last, err := store.One(store.Scan(tx, store.Column[ledger.ID],
		"SELECT COALESCE(MAX(id), 0) FROM (SELECT id FROM document WHERE id > ? ORDER BY id LIMIT ?) part", from.ID, span))
	if err != nil {
		return from, false, err
	}
	if last == 0 {
		return retention.Cursor{Table: from.Table + 1}, false, nil
	}
	for _, query := range parts(from.Table) {
		if err := gather(tx, found, query, from.ID, last); err != nil {
			return from, false, err
		}
	}
	return retention.Cursor{Table: from.Table, ID: last}, false, nil
}

// parts are queries over a part of the documents. Each gives packs, then a call.
func parts(stage ledger.ID) []string {
	if stage == stageQueued {
		return []string{"SELECT r.pack_id, 0, 0, 0 FROM revision r JOIN document d ON d.id = r.document_id WHERE r.document_id > ? AND r.document_id <= ? AND r.rev > d.active_rev"}
	}
	bill := fmt.Sprintf("(%s OR h.state <> %d OR h.late = 'update')", unfinished(), barrier.Closed)
	return []string{
		"SELECT d.pack_id, 0, 0, 0 FROM document d WHERE d.id > ? AND d.id <= ? AND " + unfinished(),
		"SELECT t.req_pack, t.resp_pack, COALESCE(v.resp_pack, 0), t.call_id FROM delivery t JOIN document d ON d.id = t.document_id" +
			" LEFT JOIN vendor_call v ON v.id = t.call_id WHERE t.document_id > ? AND t.document_id <= ?" +
			fmt.Sprintf(" AND (%s OR t.state IN (%d, %d, %d))", unfinished(), ledger.DeliveryPending, ledger.DeliverySending, ledger.DeliveryUnknown),
		"SELECT r.req_pack, r.resp_pack, COALESCE(v.resp_pack, 0), r.call_id FROM call_row r JOIN document d ON d.id = r.document_id" +
			" LEFT JOIN vendor_call v ON v.id = r.call_id WHERE r.document_id > ? AND r.document_id <= ? AND " + unfinished(),
		"SELECT a.before_pack, a.after_pack, 0, 0 FROM document_action a JOIN document d ON d.id = a.document_id WHERE a.document_id > ? AND a.document_id <= ? AND " + unfinished(),
		"SELECT m.lines_pack, 0, 0, 0 FROM group_member m JOIN document d ON d.id = m.group_document_id JOIN group_head h ON h.document_id = m.group_document_id" +
			" WHERE m.group_document_id > ? AND m.group_document_id <= ? AND " + bill,
		"SELECT h.origins_pack, 0, 0, 0 FROM group_head h JOIN document d ON d.id = h.document_id WHERE h.document_id > ? AND h.document_id <= ? AND " + bill,
	}
}

// errands adds the requests and answers of those that are not done.
func (s *Store) errands(tx *gorm.DB, found retention.Needed) error {
	return gather(tx, found, "SELECT req_pack, resp_pack, 0, 0 FROM errand WHERE state NOT IN (?, ?, ?)", errand.Done, errand.Skipped, errand.Told)
}

func gather(tx *gorm.DB, found retention.Needed, query string, args ...any) error {
	_, err := store.Scan(tx, func(rows *sql.Rows) (struct{}, error) {
		var packs [3]ledger.ID
		var call ledger.ID
		err := rows.Scan(&packs[0], &packs[1], &packs[2], &call)
		for _, id := range packs {
			if id != 0 {
				found.Packs[id] = true
			}
		}
		if call != 0 {
			found.Calls[call] = true
		}
		return struct{}{}, err
	}, query, args...)
	return err
}
