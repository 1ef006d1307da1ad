package main

import (
	"context"
	"slices"
	"strings"

	"github.com/karezflow/karez/deploy/ledgerspike/database"
	"github.com/karezflow/karez/deploy/ledgerspike/payload"
)

// outcome (T3) records the answers; the last v.bad documents of a page were rejected.
func (w *writer) outcome(ctx context.Context, p *page) error {
	good := payload.PageSize - w.v.bad
	if err := w.pack(ctx, p.packs+2, "response", payload.PageSize, p.response, p.at); err != nil {
		return err
	}
	if err := w.delivered(ctx, p, good); err != nil {
		return err
	}
	if err := w.s.Must(ctx, payload.PageSize/callRows, "UPDATE vendor_call SET state = ?, ended_at = ?, resp_pack = ? WHERE id IN (?,?)", done, p.at, p.packs+2, p.calls, p.calls+1); err != nil {
		return err
	}
	if w.v.bad > 0 {
		if err := w.rejected(ctx, p, good); err != nil {
			return err
		}
	}
	if err := w.s.Must(ctx, 1, "DELETE FROM work WHERE id = ? AND owner = ? AND fence = ?", p.work, "worker-1", 1); err != nil {
		return err
	}
	for node := 1; node <= targetNode; node++ {
		if err := w.count(ctx, node, []string{"out"}, payload.PageSize); err != nil {
			return err
		}
	}
	return w.count(ctx, 0, []string{"claimed", "delivered", "rejected"}, -payload.PageSize, good, w.v.bad)
}

// delivered settles the documents that the target took, each with its id and
// number there.
func (w *writer) delivered(ctx context.Context, p *page, good int) error {
	if w.v.outcome == "put" {
		return w.put(ctx, p, good)
	}
	if err := w.numbered(ctx, p, good); err != nil {
		return err
	}
	return w.s.Must(ctx, good, "UPDATE document SET state = ?, done_rev = active_rev, work_id = 0, updated_at = ? WHERE id IN ("+database.Marks(good)+") AND work_id = ?",
		slices.Concat([]any{stateDelivered, p.at}, p.idsOf(0, good), []any{p.work})...)
}

// numbered updates deliveries, with a pair of values of its own for each.
func (w *writer) numbered(ctx context.Context, p *page, good int) error {
	set := "state = ?, resp_pack = ?, resp_no = row_no, updated_at = ?"
	head := []any{done, p.packs + 2, p.at}
	if w.v.outcome == "case" {
		var id, number []any
		for i, n := range p.names[:good] {
			id = append(id, p.doc+int64(i), n.TargetID)
			number = append(number, p.doc+int64(i), n.TargetNumber)
		}
		whens := strings.Repeat(" WHEN ? THEN ?", good)
		return w.s.Must(ctx, good, "UPDATE delivery SET "+set+", target_id = CASE document_id"+whens+" END, target_number = CASE document_id"+whens+
			" END WHERE document_id IN ("+database.Marks(good)+") AND node_no = ? AND part = ? AND attempt = ?", slices.Concat(head, id, number, p.idsOf(0, good), []any{targetNode, 0, 1})...)
	}
	var rows []any
	for i, n := range p.names[:good] {
		rows = append(rows, p.doc+int64(i), 0, n.TargetID, n.TargetNumber)
	}
	tail := []any{targetNode, 1}
	if w.s.SQLite() {
		return w.s.Must(ctx, good, "UPDATE delivery SET "+set+", target_id = v.c3, target_number = v.c4 FROM (SELECT column1 AS c1, column2 AS c2, column3 AS c3, column4 AS c4 FROM (VALUES "+
			strings.TrimSuffix(strings.Repeat("(?,?,?,?),", good), ",")+")) AS v WHERE delivery.document_id = v.c1 AND delivery.part = v.c2 AND delivery.node_no = ? AND delivery.attempt = ?", slices.Concat(head, rows, tail)...)
	}
	return w.s.Must(ctx, good, "UPDATE delivery JOIN (SELECT ? AS c1, ? AS c2, ? AS c3, ? AS c4"+strings.Repeat(" UNION ALL SELECT ?,?,?,?", good-1)+
		") AS v ON delivery.document_id = v.c1 AND delivery.part = v.c2 SET "+set+", target_id = v.c3, target_number = v.c4 WHERE delivery.node_no = ? AND delivery.attempt = ?", slices.Concat(rows, head, tail)...)
}

// put writes whole rows over the ones on record: the simplest store there is.
// SQLite then takes every index entry out and puts it back.
func (w *writer) put(ctx context.Context, p *page, good int) error {
	documents := database.Bulk{Table: "document", Each: []string{
		"workspace_id", "stream_id", "latest_rev", "active_rev", "done_rev", "state", "attention", "work_id", "run_id", "version_id", "window_id", "pack_id", "updated_at",
		"id", "doc_key", "number", "src_hash", "modified_at", "pack_no",
	}}
	deliveries := database.Bulk{Table: "delivery", Each: []string{
		"node_no", "part", "workspace_id", "rev", "version_id", "connection_id", "resource", "state", "attempt", "req_pack", "resp_pack", "probe_absent", "code", "next_at", "updated_at",
		"document_id", "target_key", "call_id", "row_no", "req_no", "resp_no", "target_id", "target_number",
	}}
	var docs, rows []any
	for i, n := range p.names[:good] {
		id := p.doc + int64(i)
		docs = append(docs, workspaceID, streamID, 1, 1, 1, stateDelivered, 0, 0, runID, versionID, p.window(), p.packs, p.at,
			id, n.Key, n.Number, srcHash(p.no, i), p.at, i)
		rows = append(rows, targetNode, 0, workspaceID, 1, versionID, connectionID, resource, done, 1, p.packs+1, p.packs+2, 0, "", 0, p.at,
			id, n.TargetKey, p.calls+int64(i/callRows), i%callRows, i, i%callRows, n.TargetID, n.TargetNumber)
	}
	if err := w.s.Upsert(ctx, documents, "id", docs); err != nil {
		return err
	}
	return w.s.Upsert(ctx, deliveries, "document_id, node_no, part", rows)
}

// rejected records what the target refused: the exception gets the extra rows.
func (w *writer) rejected(ctx context.Context, p *page, good int) error {
	n := payload.PageSize - good
	list := p.idsOf(good, payload.PageSize)
	var problems, rows []any
	for i := good; i < payload.PageSize; i++ {
		problems = append(problems, p.doc+int64(i))
		rows = append(rows, p.calls+int64(i/callRows), i%callRows, p.doc+int64(i))
	}
	if err := w.s.Must(ctx, n, "UPDATE delivery SET state = ?, code = ?, message = ?, resp_pack = ?, resp_no = row_no, updated_at = ? WHERE document_id IN ("+database.Marks(n)+") AND node_no = ? AND part = 0 AND attempt = 1",
		slices.Concat([]any{rejected, refusedCode, refusedText, p.packs + 2, p.at}, list, []any{targetNode})...); err != nil {
		return err
	}
	if err := w.s.Must(ctx, n, "UPDATE document SET state = ?, work_id = 0, updated_at = ? WHERE id IN ("+database.Marks(n)+") AND work_id = ?",
		slices.Concat([]any{stateRejected, p.at}, list, []any{p.work})...); err != nil {
		return err
	}
	b := database.Bulk{Table: "problem", Shared: []string{"workspace_id", "flow_id", "state", "code", "group_key", "node_id", "message", "since"}, Each: []string{"document_id"}}
	if err := w.s.InsertMany(ctx, b, []any{workspaceID, flowID, stateRejected, refusedCode, refusedCode, "k3", refusedText, p.at}, problems); err != nil {
		return err
	}
	b = database.Bulk{Table: "call_row", Shared: []string{"node_no", "part", "attempt", "outcome", "code", "message"}, Each: []string{"call_id", "row_no", "document_id"}}
	return w.s.InsertMany(ctx, b, []any{targetNode, 0, 1, rejected, refusedCode, refusedText}, rows)
}
