package ledgerrow

import (
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/moves"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/store"
)

// Writer writes rows in a dialect.
type Writer struct{ SQL store.Dialect }

// CarryOut does what the rules say about documents, whose rows were as before. What
// it changes of counts is left to the caller, who adds it at the end: everybody who
// works on a run meets there.
func (w Writer) CarryOut(tx *gorm.DB, before map[ledger.ID]ledger.Document, plan rules.OutcomePlan, workspace, flow ledger.ID, now ledger.Millis) error {
	states, covers := make(map[ledger.ID]ledger.State, len(plan.Update)), map[ledger.ID][]ledger.ID{}
	for _, d := range plan.Update {
		states[d.ID] = d.State
		covers[d.Work] = append(covers[d.Work], d.ID)
	}
	if err := w.updateDocuments(tx, before, plan.Update); err != nil {
		return err
	}
	for _, rev := range plan.Unqueued {
		if err := tx.Exec("DELETE FROM revision WHERE document_id = ? AND rev = ?", rev.Document, rev.Rev).Error; err != nil {
			return err
		}
	}
	if err := w.PutRevisions(tx, plan.Revisions); err != nil {
		return err
	}
	if err := w.AddWork(tx, plan.Work, covers); err != nil {
		return err
	}
	return w.SetProblems(tx, Problems{
		Set: plan.Problems, Cleared: plan.Cleared, Workspace: workspace, Flow: flow, Now: now,
		Before: func(id ledger.ID) ledger.State { return before[id].State }, After: func(id ledger.ID) ledger.State { return states[id] },
	})
}

// InsertDocuments writes new documents.
func (w Writer) InsertDocuments(tx *gorm.DB, docs []ledger.Document) error {
	for _, d := range docs {
		if !moves.Begins(d.State) {
			return fmt.Errorf("document %d can't begin as %s", d.ID, moves.Name(d.State))
		}
	}
	return w.SQL.Insert(tx, documentTable(), documentRows(docs))
}

// PutDocuments writes whole rows over those on record, which were as before. It writes
// none where the table of moves does not have the way of one.
func (w Writer) PutDocuments(tx *gorm.DB, before map[ledger.ID]ledger.Document, docs []ledger.Document) error {
	for _, d := range docs {
		if err := moves.Row(before[d.ID], d); err != nil {
			return err
		}
	}
	return w.SQL.Put(tx, documentTable(), documentRows(docs))
}

func documentRows(docs []ledger.Document) [][]any {
	rows := make([][]any, len(docs))
	for i, d := range docs {
		rows[i] = documentRow(d)
	}
	return rows
}

// updateDocuments writes rows that a walk changed. Nearly all changed in a few
// columns that no index holds; only rows that took up another revision are
// written whole, which takes every index entry out and puts it back.
func (w Writer) updateDocuments(tx *gorm.DB, before map[ledger.ID]ledger.Document, after []ledger.Document) error {
	var settled, whole []ledger.Document
	for _, d := range after {
		if err := moves.Row(before[d.ID], d); err != nil {
			return err
		}
		if onlySettled(before[d.ID], d) {
			settled = append(settled, d)
		} else {
			whole = append(whole, d)
		}
	}
	if err := w.PutDocuments(tx, before, whole); err != nil {
		return err
	}
	return settleRows(tx, settled)
}

// onlySettled reports whether a row changed in nothing but the columns that settleRows writes.
func onlySettled(before, after ledger.Document) bool {
	before.State, before.Attention, before.Work, before.DoneRev, before.Updated = after.State, after.Attention, after.Work, after.DoneRev, after.Updated
	return before == after
}

// settled is what settleRows writes of a row.
type settled struct {
	state     ledger.State
	attention ledger.Attention
	work      ledger.ID
	doneRev   int
	updated   ledger.Millis
}

// fewKinds is up to how many kinds of changes get a statement each.
const fewKinds = 8

// settleRows updates rows. Those of a page mostly end alike, and are updated by one
// statement for each way in which they do.
func settleRows(tx *gorm.DB, docs []ledger.Document) error {
	kinds := map[settled][]ledger.ID{}
	var order []settled
	for i := range docs {
		d := &docs[i]
		kind := settled{d.State, d.Attention, d.Work, d.DoneRev, d.Updated}
		if kinds[kind] == nil {
			order = append(order, kind)
		}
		kinds[kind] = append(kinds[kind], d.ID)
	}
	if len(order) > fewKinds {
		for start := 0; start < len(docs); start += ledger.WorkSize {
			if err := settleEach(tx, docs[start:min(start+ledger.WorkSize, len(docs))]); err != nil {
				return err
			}
		}
		return nil
	}
	for _, kind := range order {
		if err := store.Chunks(kinds[kind], func(ids []ledger.ID) error {
			_, err := store.Exec(tx, "UPDATE document SET updated_at = ?, state = ?, attention = ?, work_id = ?, done_rev = ? WHERE id IN "+store.In(len(ids)),
				store.Args([]any{kind.updated, kind.state, kind.attention, kind.work, kind.doneRev}, ids...)...)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// settleEach updates rows that differ, in one statement.
func settleEach(tx *gorm.DB, docs []ledger.Document) error {
	columns := []struct {
		name  string
		value func(*ledger.Document) any
	}{
		{"state", func(d *ledger.Document) any { return d.State }},
		{"attention", func(d *ledger.Document) any { return d.Attention }},
		{"work_id", func(d *ledger.Document) any { return d.Work }},
		{"done_rev", func(d *ledger.Document) any { return d.DoneRev }},
	}
	var sql strings.Builder
	args := []any{docs[0].Updated}
	sql.WriteString("UPDATE document SET updated_at = ?")
	for _, c := range columns {
		sql.WriteString(", " + c.name + " = CASE id" + strings.Repeat(" WHEN ? THEN ?", len(docs)) + " END")
		for i := range docs {
			args = append(args, docs[i].ID, c.value(&docs[i]))
		}
	}
	sql.WriteString(" WHERE id IN " + store.In(len(docs)))
	for i := range docs {
		args = append(args, docs[i].ID)
	}
	_, err := store.Exec(tx, sql.String(), args...)
	return err
}

// PutRevisions writes archived and queued revisions.
func (w Writer) PutRevisions(tx *gorm.DB, revisions []ledger.Revision) error {
	rows := make([][]any, len(revisions))
	for i, r := range revisions {
		rows[i] = revisionRow(r)
	}
	return w.SQL.Put(tx, Table("revision", "document_id,rev", revisionColumns), rows)
}

// AddWork inserts work rows; covers lists the documents of page work, so that
// they are found without an index over the documents' work.
func (w Writer) AddWork(tx *gorm.DB, work []ledger.Work, covers map[ledger.ID][]ledger.ID) error {
	rows := make([][]any, len(work))
	for i, row := range work {
		rows[i] = []any{
			row.ID, row.Workspace, WorkKind(row.Kind), row.Ref, row.Run, row.Flow, row.Connection, row.Docs, row.Priority, row.Due, row.Owner, row.Fence,
			row.LeaseUntil, row.Attempts, store.Null(store.ListIDs(covers[row.ID])),
		}
	}
	return w.SQL.Insert(tx, Table("work", "id", WorkColumns+",doc_ids"), rows)
}

// AddDeltas changes counts, in a fixed order so that transactions lock alike.
func (w Writer) AddDeltas(tx *gorm.DB, deltas ledger.Deltas) error {
	rows := make([][]any, 0, len(deltas))
	for _, k := range deltas.Sorted() {
		rows = append(rows, []any{k.Run, k.NodeNo, string(k.Slot), deltas[k]})
	}
	return w.SQL.Add(tx, Table("run_count", "run_id,node_no,slot", "run_id,node_no,slot,n"), "n", rows)
}

// Problems are what changes of documents' problems. None is both set and cleared.
type Problems struct {
	Set             map[ledger.ID]ledger.Problem
	Cleared         []ledger.ID
	Workspace, Flow ledger.ID
	// Before and After give the states of the documents.
	Before, After func(ledger.ID) ledger.State
	Now           ledger.Millis
}

// SetProblems replaces and removes problems, and with them what the documents waited
// for: whoever leaves Unmapped gets another problem or none, so that here, and
// nowhere else, waiting ends.
func (w Writer) SetProblems(tx *gorm.DB, p Problems) error {
	var parked []ledger.ID
	note := func(id ledger.ID) {
		if p.Before(id) == ledger.Unmapped {
			parked = append(parked, id)
		}
	}
	for _, id := range p.Cleared {
		note(id)
	}
	rows := make([][]any, 0, len(p.Set))
	for id, problem := range p.Set {
		note(id)
		rows = append(rows, []any{
			id, p.Workspace, p.Flow, p.After(id), store.Cut(problem.Code, 64), store.Cut(problem.NodeID, 64), store.CutText(problem.Path), store.NullArgs(problem.Args),
			store.CutText(problem.Message), store.CutText(problem.Hint), p.Now,
		})
	}
	if err := remove(tx, "wait", parked); err != nil {
		return err
	}
	if err := remove(tx, "problem", p.Cleared); err != nil {
		return err
	}
	return w.SQL.Put(tx, Table("problem", "document_id", "document_id,workspace_id,flow_id,state,code,node_id,path,args,message,hint,since"), rows)
}

// remove deletes what a table has of documents.
func remove(tx *gorm.DB, table string, documents []ledger.ID) error {
	return store.Chunks(documents, func(ids []ledger.ID) error {
		_, err := store.Exec(tx, "DELETE FROM "+table+" WHERE document_id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
		return err
	})
}

// Queued reads the revisions that wait behind the given documents. lock locks the
// windows that hold some of them: who makes such a revision active must not miss
// that its window ends.
func Queued(tx *gorm.DB, docs []ledger.Document, lock string) (map[ledger.ID]ledger.Revision, error) {
	var waiting []ledger.ID
	latest := map[ledger.ID]int{}
	for i := range docs {
		if d := &docs[i]; d.Queued() {
			waiting = append(waiting, d.ID)
			latest[d.ID] = d.LatestRev
		}
	}
	queued := map[ledger.ID]ledger.Revision{}
	err := store.Chunks(waiting, func(ids []ledger.ID) error {
		revs, err := store.Scan(tx, ScanRevision, "SELECT "+RevisionColumns+" FROM revision WHERE document_id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
		if err != nil {
			return err
		}
		for _, r := range revs {
			if r.Rev != latest[r.Document] {
				continue
			}
			if r.Hold {
				if r.Hold, err = Reading(tx, r.Window, lock); err != nil {
					return err
				}
			}
			queued[r.Document] = r
		}
		return nil
	})
	return queued, err
}

// Reading reports whether a window is still being read. What was held by one that was
// split was withdrawn.
func Reading(tx *gorm.DB, window ledger.ID, lock string) (bool, error) {
	var state ledger.WindowState
	err := tx.Raw("SELECT state FROM pull_window WHERE id = ?"+lock, window).Scan(&state).Error
	return state == ledger.WindowOpen, err
}
