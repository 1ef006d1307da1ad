package ledgerstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// OpenStream implements pull.Store.
func (s *Store) OpenStream(ctx context.Context, workspace, flow ledger.ID, nodeID string) (ledger.Stream, error) {
	stream, found, err := s.stream(s.db.Read(ctx), flow, nodeID)
	if err != nil || found {
		return stream, err
	}
	ids, err := s.reserve(ctx, 1)
	if err != nil {
		return stream, err
	}
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		if stream, found, err = s.stream(tx, flow, nodeID); err != nil || found {
			return err
		}
		stream = ledger.Stream{ID: ids()(), Workspace: workspace, Flow: flow, NodeID: nodeID}
		if err := tx.Exec("INSERT INTO stream (id,workspace_id,flow_id,node_id,kind) VALUES (?,?,?,?,'source')", stream.ID, workspace, flow, nodeID).Error; err != nil {
			return err
		}
		if err := tx.Exec("INSERT INTO stream_cursor (stream_id) VALUES (?)", stream.ID).Error; err != nil {
			return err
		}
		stream.NodeNo, err = nodeNo(tx, flow, nodeID)
		return err
	})
	return stream, err
}

// RegisterLookups makes the documents of a source node, of a flow by its public id,
// indexed by paths, and gives the stream. ledger.ErrNotFound: there is no such flow.
func (s *Store) RegisterLookups(ctx context.Context, workspace ledger.ID, flow, node string, paths []string) (ledger.ID, error) {
	id, err := store.One(store.Scan(s.db.Read(ctx), store.Column[ledger.ID], "SELECT id FROM flow WHERE workspace_id = ? AND public_id = ?", workspace, flow))
	if err != nil {
		return 0, err
	}
	stream, err := s.OpenStream(ctx, workspace, id, node)
	if err != nil {
		return 0, err
	}
	return stream.ID, s.index.Register(ctx, stream.ID, paths)
}

func (s *Store) stream(tx *gorm.DB, flow ledger.ID, nodeID string) (ledger.Stream, bool, error) {
	stream := ledger.Stream{Flow: flow, NodeID: nodeID}
	cursor := "c.watermark"
	if failpoint.Wrong(failpoint.CursorMax) {
		cursor = "(SELECT COALESCE(MAX(d.modified_at) + 1000, 0) FROM document d WHERE d.stream_id = s.id)"
	}
	res := tx.Raw("SELECT s.id, s.workspace_id, "+cursor+", c.version, c.ahead_ms, c.clock_at FROM stream s JOIN stream_cursor c ON c.stream_id = s.id WHERE s.flow_id = ? AND s.node_id = ?", flow, nodeID)
	rows, err := res.Rows()
	if err != nil {
		return stream, false, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has told what there is to tell
	if !rows.Next() {
		return stream, false, rows.Err()
	}
	var ahead int64
	if err := rows.Scan(&stream.ID, &stream.Workspace, &stream.Watermark, &stream.Version, &ahead, &stream.ClockAt); err != nil {
		return stream, false, err
	}
	stream.Ahead = time.Duration(ahead) * time.Millisecond
	if err := rows.Close(); err != nil {
		return stream, false, err
	}
	stream.NodeNo, err = numberOf(tx, flow, nodeID)
	return stream, true, err
}

// nodeNo gives the number of a node, numbering it where publishing did not.
func nodeNo(tx *gorm.DB, flow ledger.ID, nodeID string) (int, error) {
	no, err := numberOf(tx, flow, nodeID)
	if err != nil || no != 0 {
		return no, err
	}
	err = tx.Exec("INSERT INTO flow_node (flow_id, node_no, node_id) SELECT ?, COALESCE(MAX(node_no), 0) + 1, ? FROM flow_node WHERE flow_id = ?", flow, nodeID, flow).Error
	if err != nil {
		return 0, err
	}
	return numberOf(tx, flow, nodeID)
}

func numberOf(tx *gorm.DB, flow ledger.ID, nodeID string) (int, error) {
	var no int
	err := tx.Raw("SELECT COALESCE(MAX(node_no), 0) FROM flow_node WHERE flow_id = ? AND node_id = ?", flow, nodeID).Scan(&no).Error
	return no, err
}

// CommitPage implements pull.Store.
func (s *Store) CommitPage(ctx context.Context, page ledger.PageCommit) (ledger.PageResult, error) {
	ids, err := s.reserve(ctx, 2*len(page.Docs)+len(page.Docs)/ledger.WorkSize+8)
	if err != nil {
		return ledger.PageResult{}, err
	}
	if failpoint.Wrong(failpoint.AckFirst) {
		page = s.later(ctx, page)
	}
	var result ledger.PageResult
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := s.openAt(tx, page.Window, page.Attempt); err != nil {
			return err
		}
		plan, pack, err := s.take(tx, page, ids())
		if err != nil {
			return err
		}
		if err := s.sql.Put(tx, pageTable(), [][]any{{
			page.Window, page.Attempt, page.PageNo, pack, page.Rows, page.Dropped, plan.Result.Unchanged, plan.Result.Ignored, page.Total, page.BodyHash, page.Now,
		}}); err != nil {
			return err
		}
		result = plan.Result
		return s.rows.AddDeltas(tx, plan.Deltas)
	})
	return result, err
}

// later stores the documents of a page in a moment, and gives the page without them.
func (s *Store) later(ctx context.Context, page ledger.PageCommit) ledger.PageCommit {
	ctx = context.WithoutCancel(ctx)
	late := page
	time.AfterFunc(500*time.Millisecond, func() {
		ids, err := s.reserve(ctx, 3*len(late.Docs)+8)
		if err != nil {
			return
		}
		_ = s.db.Write(ctx, func(tx *gorm.DB) error {
			plan, _, err := s.take(tx, late, ids())
			if err != nil {
				return err
			}
			return s.rows.AddDeltas(tx, plan.Deltas)
		})
	})
	page.Docs = nil
	return page
}

// take carries out what the rules say about a page's documents, but for the counts, and
// gives the pack of the first payload.
func (s *Store) take(tx *gorm.DB, page ledger.PageCommit, nextID func() ledger.ID) (rules.PagePlan, ledger.ID, error) {
	known, err := s.known(tx, page)
	if err != nil {
		return rules.PagePlan{}, 0, err
	}
	queued, err := ledgerrow.Queued(tx, known, "")
	if err != nil {
		return rules.PagePlan{}, 0, err
	}
	byKey, before := make(map[string]*ledger.Document, len(known)), make(map[ledger.ID]ledger.Document, len(known))
	for i := range known {
		byKey[known[i].Key], before[known[i].ID] = &known[i], known[i]
	}
	plan := rules.PlanPage(page, byKey, queued, nextID)
	if err := plan.Err(); err != nil {
		return plan, 0, err
	}
	newest := plan.Newest(page.Now)
	pack, err := s.writeDocuments(tx, page, plan, before, nextID)
	if err != nil {
		return plan, 0, err
	}
	released, err := s.index.Put(tx, page.Stream, newest, page.Now)
	if err != nil {
		return plan, 0, err
	}
	for key, n := range released.Deltas {
		plan.Deltas[key] += n
	}
	plan.Result.Work = append(plan.Result.Work, released.Work...)
	if page.BaseData != "" && plan.Result.Accepted > 0 {
		fed, err := s.feed.Feed(tx, page.Connection, page.BaseData, page.Now)
		if err != nil {
			return plan, 0, err
		}
		plan.Result.Work = append(plan.Result.Work, fed...)
	}
	return plan, pack, s.hand.Trace(tx, page.Workspace, page.Origins, plan.Admitted, page.Now)
}

// openAt checks that a window is open at an attempt, and locks it.
func (s *Store) openAt(tx *gorm.DB, window ledger.ID, attempt int) error {
	var n int
	err := tx.Raw("SELECT attempt FROM pull_window WHERE id = ? AND state = ?"+s.sql.ForUpdate(), window, ledger.WindowOpen).Scan(&n).Error
	if err != nil {
		return err
	}
	if n != attempt {
		return ledger.ErrFenced
	}
	return nil
}

// known reads the rows of a page's keys.
func (s *Store) known(tx *gorm.DB, page ledger.PageCommit) ([]ledger.Document, error) {
	keys := make([]string, len(page.Docs))
	for i, in := range page.Docs {
		keys[i] = in.Key
	}
	var known []ledger.Document
	err := store.Chunks(keys, func(keys []string) error {
		docs, err := store.Scan(tx, ledgerrow.ScanDocument, "SELECT "+ledgerrow.DocumentColumns+" FROM document WHERE stream_id = ? AND doc_key IN "+store.In(len(keys))+s.sql.ForUpdate(),
			store.Args([]any{page.Stream}, keys...)...)
		known = append(known, docs...)
		return err
	})
	return known, err
}

// writeDocuments carries out what the rules say about the documents of a page, which
// were as before.
func (s *Store) writeDocuments(tx *gorm.DB, page ledger.PageCommit, plan rules.PagePlan, before map[ledger.ID]ledger.Document, nextID func() ledger.ID) (pack ledger.ID, err error) {
	bodies := &ledgerrow.Packs{Workspace: page.Workspace, Kind: "source", Now: page.Now, NextID: nextID}
	at := make([]ledgerrow.Address, len(plan.Bodies))
	for i, b := range plan.Bodies {
		at[i] = bodies.Add(b)
	}
	if err := bodies.Write(tx, s.sql); err != nil {
		return 0, err
	}
	states, covers := map[ledger.ID]ledger.State{}, map[ledger.ID][]ledger.ID{}
	for _, docs := range [][]ledger.Document{plan.Insert, plan.Update} {
		for i := range docs {
			d := &docs[i]
			if d.Pack == rules.NewPack {
				d.Pack, d.PackNo = at[d.PackNo].Pack, at[d.PackNo].No
			}
			states[d.ID] = d.State
			covers[d.Work] = append(covers[d.Work], d.ID)
		}
	}
	for i := range plan.Revisions {
		if r := &plan.Revisions[i]; r.Pack == rules.NewPack {
			r.Pack, r.PackNo = at[r.PackNo].Pack, at[r.PackNo].No
		}
	}
	if err := s.rows.InsertDocuments(tx, plan.Insert); err != nil {
		return 0, err
	}
	if err := s.rows.PutDocuments(tx, before, plan.Update); err != nil {
		return 0, err
	}
	if err := s.rows.PutRevisions(tx, plan.Revisions); err != nil {
		return 0, err
	}
	if err := s.rows.AddWork(tx, plan.Work, covers); err != nil {
		return 0, err
	}
	if len(at) > 0 {
		pack = at[0].Pack
	}
	return pack, s.rows.SetProblems(tx, ledgerrow.Problems{
		Set: plan.Problems, Cleared: plan.Cleared, Workspace: page.Workspace, Flow: page.Flow, Now: page.Now,
		Before: func(id ledger.ID) ledger.State { return before[id].State }, After: func(id ledger.ID) ledger.State { return states[id] },
	})
}
