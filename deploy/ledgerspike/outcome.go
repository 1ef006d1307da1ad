package main

import (
	"context"
	"slices"
	"strings"
)

// outcome (T3) records the answers; the last v.bad documents of a page were rejected.
func (w *writer) outcome(ctx context.Context, p *page) error {
	good := pageSize - w.v.bad
	if err := w.pack(ctx, p.packs+2, "response", pageSize, p.response, p.at); err != nil {
		return err
	}
	if err := w.delivered(ctx, p, good); err != nil {
		return err
	}
	if err := w.s.must(ctx, pageSize/callRows, "UPDATE vendor_call SET state = ?, ended_at = ?, resp_pack = ? WHERE id IN (?,?)", done, p.at, p.packs+2, p.calls, p.calls+1); err != nil {
		return err
	}
	if w.v.bad > 0 {
		if err := w.rejected(ctx, p, good); err != nil {
			return err
		}
	}
	if err := w.s.must(ctx, 1, "DELETE FROM work WHERE id = ? AND owner = ? AND fence = ?", p.work, "worker-1", 1); err != nil {
		return err
	}
	for node := 1; node <= targetNode; node++ {
		if err := w.count(ctx, node, []string{"out"}, pageSize); err != nil {
			return err
		}
	}
	return w.count(ctx, 0, []string{"claimed", "delivered", "rejected"}, -pageSize, good, w.v.bad)
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
	return w.s.must(ctx, good, "UPDATE document SET state = ?, done_rev = active_rev, work_id = 0, updated_at = ? WHERE id IN ("+marks(good)+") AND work_id = ?",
		slices.Concat([]any{stateDelivered, p.at}, p.idsOf(0, good), []any{p.work})...)
}

// numbered updates deliveries, with a pair of values of its own for each.
func (w *writer) numbered(ctx context.Context, p *page, good int) error {
	set := "state = ?, resp_pack = ?, resp_no = row_no, updated_at = ?"
	head := []any{done, p.packs + 2, p.at}
	if w.v.outcome == "case" {
		var id, number []any
		for i, n := range p.names[:good] {
			id = append(id, p.doc+int64(i), n.targetID)
			number = append(number, p.doc+int64(i), n.targetNumber)
		}
		whens := strings.Repeat(" WHEN ? THEN ?", good)
		return w.s.must(ctx, good, "UPDATE delivery SET "+set+", target_id = CASE document_id"+whens+" END, target_number = CASE document_id"+whens+
			" END WHERE document_id IN ("+marks(good)+") AND node_no = ? AND part = ? AND attempt = ?", slices.Concat(head, id, number, p.idsOf(0, good), []any{targetNode, 0, 1})...)
	}
	var rows []any
	for i, n := range p.names[:good] {
		rows = append(rows, p.doc+int64(i), 0, n.targetID, n.targetNumber)
	}
	tail := []any{targetNode, 1}
	if w.s.sqlite {
		return w.s.must(ctx, good, "UPDATE delivery SET "+set+", target_id = v.c3, target_number = v.c4 FROM (SELECT column1 AS c1, column2 AS c2, column3 AS c3, column4 AS c4 FROM (VALUES "+
			strings.TrimSuffix(strings.Repeat("(?,?,?,?),", good), ",")+")) AS v WHERE delivery.document_id = v.c1 AND delivery.part = v.c2 AND delivery.node_no = ? AND delivery.attempt = ?", slices.Concat(head, rows, tail)...)
	}
	return w.s.must(ctx, good, "UPDATE delivery JOIN (SELECT ? AS c1, ? AS c2, ? AS c3, ? AS c4"+strings.Repeat(" UNION ALL SELECT ?,?,?,?", good-1)+
		") AS v ON delivery.document_id = v.c1 AND delivery.part = v.c2 SET "+set+", target_id = v.c3, target_number = v.c4 WHERE delivery.node_no = ? AND delivery.attempt = ?", slices.Concat(rows, head, tail)...)
}

// put writes whole rows over the ones on record: the simplest store there is.
// SQLite then takes every index entry out and puts it back.
func (w *writer) put(ctx context.Context, p *page, good int) error {
	documents := bulk{"document", nil, []string{
		"workspace_id", "stream_id", "latest_rev", "active_rev", "done_rev", "state", "attention", "work_id", "run_id", "version_id", "window_id", "pack_id", "updated_at",
		"id", "doc_key", "number", "src_hash", "modified_at", "pack_no",
	}}
	deliveries := bulk{"delivery", nil, []string{
		"node_no", "part", "workspace_id", "rev", "version_id", "connection_id", "resource", "state", "attempt", "req_pack", "resp_pack", "probe_absent", "code", "next_at", "updated_at",
		"document_id", "target_key", "call_id", "row_no", "req_no", "resp_no", "target_id", "target_number",
	}}
	var docs, rows []any
	for i, n := range p.names[:good] {
		id := p.doc + int64(i)
		docs = append(docs, workspaceID, streamID, 1, 1, 1, stateDelivered, 0, 0, runID, versionID, p.window(), p.packs, p.at,
			id, n.key, n.number, srcHash(p.no, i), p.at, i)
		rows = append(rows, targetNode, 0, workspaceID, 1, versionID, connectionID, resource, done, 1, p.packs+1, p.packs+2, 0, "", 0, p.at,
			id, n.targetKey, p.calls+int64(i/callRows), i%callRows, i, i%callRows, n.targetID, n.targetNumber)
	}
	if _, err := w.s.exec(ctx, documents.upsert(w.s.sqlite, "id", good), docs...); err != nil {
		return err
	}
	_, err := w.s.exec(ctx, deliveries.upsert(w.s.sqlite, "document_id, node_no, part", good), rows...)
	return err
}

// rejected records what the target refused: the exception gets the extra rows.
func (w *writer) rejected(ctx context.Context, p *page, good int) error {
	n := pageSize - good
	list := p.idsOf(good, pageSize)
	var problems, rows []any
	for i := good; i < pageSize; i++ {
		problems = append(problems, p.doc+int64(i))
		rows = append(rows, p.calls+int64(i/callRows), i%callRows, p.doc+int64(i))
	}
	if err := w.s.must(ctx, n, "UPDATE delivery SET state = ?, code = ?, message = ?, resp_pack = ?, resp_no = row_no, updated_at = ? WHERE document_id IN ("+marks(n)+") AND node_no = ? AND part = 0 AND attempt = 1",
		slices.Concat([]any{rejected, refusedCode, refusedText, p.packs + 2, p.at}, list, []any{targetNode})...); err != nil {
		return err
	}
	if err := w.s.must(ctx, n, "UPDATE document SET state = ?, work_id = 0, updated_at = ? WHERE id IN ("+marks(n)+") AND work_id = ?",
		slices.Concat([]any{stateRejected, p.at}, list, []any{p.work})...); err != nil {
		return err
	}
	b := bulk{"problem", []string{"workspace_id", "flow_id", "state", "code", "group_key", "node_id", "message", "since"}, []string{"document_id"}}
	if err := w.s.insertMany(ctx, b, []any{workspaceID, flowID, stateRejected, refusedCode, refusedCode, "k3", refusedText, p.at}, problems); err != nil {
		return err
	}
	b = bulk{"call_row", []string{"node_no", "part", "attempt", "outcome", "code", "message"}, []string{"call_id", "row_no", "document_id"}}
	return w.s.insertMany(ctx, b, []any{targetNode, 0, 1, rejected, refusedCode, refusedText}, rows)
}
