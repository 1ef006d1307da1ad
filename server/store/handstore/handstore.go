// Package handstore keeps what flows hand over to each other, and lets documents enter
// a flow that no source of it read: those, and posted ones. It happens inside
// transactions of others: of who ends a walk, reads a page of another flow, takes a
// request, or enables a flow.
//
// It may import engine/ledger, its rules, server/store, server/store/ledgerrow and
// server/store/runledger only.
package handstore

import (
	"database/sql"
	"fmt"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/runledger"
)

// Take carries out what the rules say about a page's documents, but for the counts.
type Take func(tx *gorm.DB, page ledger.PageCommit, nextID func() ledger.ID) (rules.PagePlan, error)

// Store hands over.
type Store struct {
	sql  store.Dialect
	rows ledgerrow.Writer
	runs *runledger.Store
	take Take
}

// New makes a Store of a migrated database.
func New(db *store.DB, take Take) *Store {
	return &Store{db.Dialect(), ledgerrow.Writer{SQL: db.Dialect()}, runledger.New(db), take}
}

// IDs is the most ids that one hand takes.
const IDs = 8

func table() store.Table {
	return ledgerrow.Table("handover", "document_id,rev,node_no,way", "document_id,rev,node_no,way,workspace_id,to_document_id,to_rev,hops,handed_at")
}

// Made gives which hands were made before.
func (s *Store) Made(tx *gorm.DB, hands []ledger.Hand) (map[ledger.HandKey]bool, error) {
	made := map[ledger.HandKey]bool{}
	var docs []ledger.ID
	for _, h := range hands {
		if len(docs) == 0 || docs[len(docs)-1] != h.Document {
			docs = append(docs, h.Document)
		}
	}
	err := store.Chunks(docs, func(ids []ledger.ID) error {
		found, err := store.Scan(tx, func(rows *sql.Rows) (ledger.HandKey, error) {
			var k ledger.HandKey
			return k, rows.Scan(&k.Document, &k.Rev, &k.NodeNo, &k.Way)
		}, "SELECT document_id, rev, node_no, way FROM handover WHERE document_id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
		for _, k := range found {
			made[k] = true
		}
		return err
	})
	return made, err
}

// Over hands over and gives the work that is due at once, by its priority.
func (s *Store) Over(tx *gorm.DB, workspace ledger.ID, handings []rules.Handing, now ledger.Millis, nextID func() ledger.ID) (map[int][]ledger.ID, error) {
	due := map[int][]ledger.ID{}
	for _, h := range handings {
		plan, err := s.Enter(tx, workspace, h, now, nextID)
		if err != nil {
			return nil, err
		}
		if len(plan.Result.Work) > 0 {
			due[h.To.Priority] = append(due[h.To.Priority], plan.Result.Work...)
		}
	}
	return due, nil
}

// Enter lets documents enter a flow as a page, and carries out what the rules of pages say.
func (s *Store) Enter(tx *gorm.DB, workspace ledger.ID, h rules.Handing, now ledger.Millis, nextID func() ledger.ID) (rules.PagePlan, error) {
	page, err := s.page(tx, workspace, h, now, nextID)
	if err != nil {
		return rules.PagePlan{}, err
	}
	plan, err := s.take(tx, page, nextID)
	if err != nil {
		return plan, err
	}
	return plan, s.rows.AddDeltas(tx, plan.Deltas)
}

// page opens or joins the receiving flow's run. The flow's row serialises those who
// hand over to it, and whoever enables it.
func (s *Store) page(tx *gorm.DB, workspace ledger.ID, h rules.Handing, now ledger.Millis, nextID func() ledger.ID) (ledger.PageCommit, error) {
	enabled, err := store.One(store.Scan(tx, store.Column[bool], "SELECT enabled FROM flow WHERE id = ?"+s.sql.ForUpdate(), h.To.Flow))
	if err != nil {
		return ledger.PageCommit{}, fmt.Errorf("flow %d, which takes documents: %w", h.To.Flow, err)
	}
	stream, err := s.stream(tx, workspace, h.To, nextID)
	if err != nil {
		return ledger.PageCommit{}, err
	}
	run, err := s.runs.Join(tx, ledger.Run{
		Workspace: workspace, Flow: h.To.Flow, Version: h.To.Version, Trigger: h.To.Trigger(), TraceID: h.Hands[0].TraceID, PullingEnded: true,
	}, now, nextID)
	if err != nil {
		return ledger.PageCommit{}, err
	}
	window, err := s.window(tx, stream, run, enabled, now, nextID)
	return h.Page(workspace, stream, run, window, enabled, now), err
}

// stream gives the stream of an inlet and makes it at first use. Its kind is called as
// the trigger.
func (s *Store) stream(tx *gorm.DB, workspace ledger.ID, to ledger.Inlet, nextID func() ledger.ID) (ledger.ID, error) {
	kind := to.Trigger()
	found, err := store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM stream WHERE flow_id = ? AND node_id = ?"+s.sql.ForUpdate(), to.Flow, to.NodeID)
	if err != nil {
		return 0, err
	}
	if len(found) > 0 { // who looks documents up may have made it
		return found[0], tx.Exec("UPDATE stream SET kind = ? WHERE id = ? AND kind <> ?", kind, found[0], kind).Error
	}
	id := nextID()
	if err := tx.Exec("INSERT INTO stream (id,workspace_id,flow_id,node_id,kind) VALUES (?,?,?,?,?)", id, workspace, to.Flow, to.NodeID, kind).Error; err != nil {
		return 0, err
	}
	return id, tx.Exec("INSERT INTO stream_cursor (stream_id) VALUES (?)", id).Error
}

// Kind is that of the streams of inlets.
const Kind = "inlet"

func first(ids []ledger.ID) ledger.ID {
	if len(ids) == 0 {
		return 0
	}
	return ids[0]
}

// windowKind is the stored name of ledger.Handed.
const windowKind = "handed"

// window gives what a run's documents came in by: an open one, which holds them, while
// the flow is not enabled, else one that is done.
func (s *Store) window(tx *gorm.DB, stream, run ledger.ID, enabled bool, now ledger.Millis, nextID func() ledger.ID) (ledger.ID, error) {
	state := ledger.WindowOpen
	if enabled {
		state = ledger.WindowDone
	}
	found, err := store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM pull_window WHERE run_id = ? AND stream_id = ? AND kind = ? AND state = ? ORDER BY id LIMIT 1"+s.sql.ForUpdate(),
		run, stream, windowKind, state)
	if err != nil || len(found) > 0 {
		return first(found), err
	}
	id := nextID()
	return id, tx.Exec("INSERT INTO pull_window (id,stream_id,run_id,kind,from_ms,to_ms,state,attempt,updated_at) VALUES (?,?,?,?,?,?,?,1,?)",
		id, stream, run, windowKind, now, now, state, now).Error
}

// Trace notes where a page's documents come from.
func (s *Store) Trace(tx *gorm.DB, workspace ledger.ID, origins []ledger.Origin, to []ledger.Admitted, now ledger.Millis) error {
	rows := make([][]any, len(origins))
	for i, o := range origins {
		rows[i] = []any{o.Document, o.Rev, o.NodeNo, o.Way, workspace, to[i].Document, to[i].Rev, o.Hops, now}
	}
	return s.sql.Put(tx, table(), rows)
}

// From gives the hand-overs that a document came by, To those that were made from it.
func (s *Store) From(tx *gorm.DB, document ledger.ID) ([]ledger.HandedOver, error) {
	return lineage(tx, "to_document_id", document)
}

// To is beside From.
func (s *Store) To(tx *gorm.DB, document ledger.ID) ([]ledger.HandedOver, error) {
	return lineage(tx, "document_id", document)
}

func lineage(tx *gorm.DB, column string, document ledger.ID) ([]ledger.HandedOver, error) {
	return store.Scan(tx, func(rows *sql.Rows) (ledger.HandedOver, error) {
		var h ledger.HandedOver
		return h, rows.Scan(&h.Document, &h.Rev, &h.NodeNo, &h.Way, &h.To.Document, &h.To.Rev, &h.Hops, &h.At)
	}, "SELECT document_id, rev, node_no, way, to_document_id, to_rev, hops, handed_at FROM handover WHERE "+column+" = ? ORDER BY document_id, rev, node_no, way", document)
}

// Hops gives how many hand-overs led to documents, those of inlets; of others it is none.
func Hops(tx *gorm.DB, revs map[ledger.ID]int) (map[ledger.ID]int, error) {
	handed := map[ledger.ID]map[int]int{}
	ids := make([]ledger.ID, 0, len(revs))
	for id := range revs {
		ids, handed[id] = append(ids, id), map[int]int{}
	}
	err := store.Chunks(ids, func(ids []ledger.ID) error {
		rows, err := tx.Raw("SELECT to_document_id, to_rev, MAX(hops) FROM handover WHERE to_document_id IN "+store.In(len(ids))+" GROUP BY to_document_id, to_rev", store.Args(nil, ids...)...).Rows()
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // Err has told what there is to tell
		for rows.Next() {
			var id ledger.ID
			var rev, hops int
			if err := rows.Scan(&id, &rev, &hops); err != nil {
				return err
			}
			handed[id][rev] = hops
		}
		return rows.Err()
	})
	out := make(map[ledger.ID]int, len(revs))
	for id, rev := range revs {
		out[id] = rules.HopsOf(rev, handed[id])
	}
	return out, err
}

// Enabled makes what was handed over to a flow while it was not enabled due: it is
// walked by the version that is published now. The flow's row is locked already.
func (s *Store) Enabled(tx *gorm.DB, flow ledger.ID, now ledger.Millis) error {
	type held struct{ window, run ledger.ID }
	open, err := store.Scan(tx, func(rows *sql.Rows) (held, error) {
		var h held
		return h, rows.Scan(&h.window, &h.run)
	}, "SELECT w.id, w.run_id FROM pull_window w JOIN stream s ON s.id = w.stream_id WHERE s.flow_id = ? AND w.kind = ? AND w.state = ? ORDER BY w.id"+s.sql.ForUpdate(), flow, windowKind, ledger.WindowOpen)
	if err != nil || len(open) == 0 {
		return err
	}
	version, err := store.One(store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM flow_version WHERE flow_id = ? ORDER BY version_no DESC LIMIT 1", flow))
	if err != nil {
		return fmt.Errorf("the published version of flow %d: %w", flow, err)
	}
	for _, h := range open {
		if err := s.release(tx, h.window, h.run, version, now); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) release(tx *gorm.DB, window, run, version ledger.ID, now ledger.Millis) error {
	const where = " FROM work WHERE kind = ? AND ref_id = ? AND due_at = ?"
	of := []any{ledgerrow.WorkKind(ledger.PageWork), window, ledger.FarFuture}
	covered, err := store.Scan(tx, store.Column[string], "SELECT COALESCE(doc_ids, '')"+where+s.sql.ForUpdate(), of...)
	if err != nil {
		return err
	}
	for _, list := range covered {
		ids, err := store.ReadIDs(list)
		if err != nil {
			return err
		}
		if err := tx.Exec("UPDATE document SET version_id = ? WHERE window_id = ? AND id IN "+store.In(len(ids)), store.Args([]any{version, window}, ids...)...).Error; err != nil {
			return err
		}
	}
	for _, change := range []struct {
		sql  string
		args []any
	}{
		{"UPDATE revision SET version_id = ? WHERE run_id = ? AND window_id = ? AND held = 1", []any{version, run, window}},
		{"UPDATE run SET version_id = ? WHERE id = ? AND version_id = 0", []any{version, run}},
		{"UPDATE pull_window SET state = ?, updated_at = ? WHERE id = ?", []any{ledger.WindowDone, now, window}},
		{"UPDATE work SET due_at = ? WHERE kind = ? AND ref_id = ? AND due_at = ?", append([]any{now}, of...)},
	} {
		if err := tx.Exec(change.sql, change.args...).Error; err != nil {
			return err
		}
	}
	return nil
}
