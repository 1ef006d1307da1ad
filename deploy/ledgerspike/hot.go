package main

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/karezflow/karez/deploy/ledgerspike/database"
	"github.com/karezflow/karez/deploy/ledgerspike/payload"
)

// The one flow of the spike.
const (
	workspaceID  = 1
	streamID     = 1
	flowID       = 1
	versionID    = 1
	runID        = 1
	connectionID = 2
	targetNode   = 3
	windowPages  = 100
	callRows     = 50
	resource     = "SAL_SaleOrder"
	refusedCode  = "target.data"
	refusedText  = "物料编码不存在"
)

// States, as in the ledger.
const (
	stateClaimed   = 2
	stateDelivered = 4
	stateRejected  = 7
	sending        = 2
	done           = 3
	rejected       = 4
)

// ids hands out ids that ascend per table.
type ids struct{ document, pack, work, call atomic.Int64 }

func take(c *atomic.Int64, n int64) (first int64) { return c.Add(n) - n + 1 }

// phases adds up where a page's time goes.
type phases struct {
	pack, lookup, admit, walk, intent, outcome time.Duration
	packBytes                                  int64
}

func (p *phases) add(q phases) {
	p.pack += q.pack
	p.lookup += q.lookup
	p.admit += q.admit
	p.walk += q.walk
	p.intent += q.intent
	p.outcome += q.outcome
	p.packBytes += q.packBytes
}

// writer runs pages through one session.
type writer struct {
	s      *database.Session
	v      variant
	now    clock
	ids    *ids
	bodies *payload.Bodies
	enc    *zstd.Encoder
	buf    []byte
	spent  phases
}

func newWriter(s *database.Session, v variant, now clock, i *ids, b *payload.Bodies) (*writer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.EncoderLevel(v.level)))
	if err != nil {
		return nil, err
	}
	return &writer{s: s, v: v, now: now, ids: i, bodies: b, enc: enc}, nil
}

// page is 100 documents on their way through the three commits.
type page struct {
	no       int
	names    []payload.Names
	doc      int64 // id of the first document; the others follow
	work     int64
	packs    int64 // source, mapped, response
	calls    int64
	source   []byte
	mapped   []byte
	response []byte
	at       int64
}

func (p *page) window() int64 { return int64(p.no/windowPages) + 1 }

// ids of documents from (inclusive) to (exclusive), by place in the page.
func (p *page) idsOf(from, to int) []any {
	out := make([]any, 0, to-from)
	for i := from; i < to; i++ {
		out = append(out, p.doc+int64(i))
	}
	return out
}

// idList is what the work row keeps of the documents it covers.
func (p *page) idList() string {
	var b []byte
	for i := range payload.PageSize {
		b = append(strconv.AppendInt(b, p.doc+int64(i), 10), ',')
	}
	return string(b[:len(b)-1])
}

func (w *writer) newPage(no int) *page {
	t := w.now()
	p := &page{
		no: no, at: t.UnixMilli(), doc: take(&w.ids.document, payload.PageSize), work: take(&w.ids.work, 1),
		packs: take(&w.ids.pack, 3), calls: take(&w.ids.call, payload.PageSize/callRows),
	}
	for i := range payload.PageSize {
		p.names = append(p.names, payload.NameOf(w.v.keys, no*payload.PageSize+i))
	}
	body := w.bodies.Page(no)
	p.source = w.compress(body.Source)
	p.mapped = w.compress(body.Mapped)
	p.response = w.compress(body.Response)
	w.spent.packBytes += int64(len(p.source) + len(p.mapped) + len(p.response))
	w.spent.pack += w.now().Sub(t)
	return p
}

func (w *writer) compress(docs [][]byte) []byte {
	w.buf = payload.AppendPack(w.buf[:0], docs)
	return w.enc.EncodeAll(w.buf, nil)
}

// prepare writes the rows that a run needs before its first page.
func prepare(ctx context.Context, s *database.Session, at int64) error {
	return s.Atomically(ctx, func() error {
		_, err := s.Exec(ctx, "INSERT INTO stream (id, workspace_id, flow_id, node_id, kind) VALUES (?,?,?,?,?)", streamID, workspaceID, flowID, "orders", "source")
		if err != nil {
			return err
		}
		_, err = s.Exec(ctx, "INSERT INTO run (id, workspace_id, flow_id, version_id, trigger_name, fire_at, state) VALUES (?,?,?,?,?,?,1)", runID, workspaceID, flowID, versionID, "manual", at)
		if err != nil {
			return err
		}
		var slots []any
		for _, slot := range []string{"pulled", "claimed", "delivered", "rejected"} {
			slots = append(slots, 0, slot)
		}
		for node := 1; node <= targetNode; node++ {
			slots = append(slots, node, "out")
		}
		return s.InsertMany(ctx, database.Bulk{Table: "run_count", Shared: []string{"run_id"}, Each: []string{"node_no", "slot"}}, []any{runID}, slots)
	})
}

// write takes pages through admit, intent and outcome, each one commit for the group.
func (w *writer) write(ctx context.Context, pages []*page) error {
	for _, step := range []struct {
		do    func(context.Context, *page) error
		spent *time.Duration
	}{{w.admit, &w.spent.admit}, {w.intent, &w.spent.intent}, {w.outcome, &w.spent.outcome}} {
		if step.spent == &w.spent.intent {
			if err := w.walk(ctx, pages); err != nil {
				return err
			}
		}
		t := w.now()
		err := w.s.Atomically(ctx, func() error {
			for _, p := range pages {
				if err := step.do(ctx, p); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		*step.spent += w.now().Sub(t)
	}
	return nil
}

// admit (T1) stores what of a page isn't known yet, already claimed by the puller.
func (w *writer) admit(ctx context.Context, p *page) error {
	t := w.now()
	known, err := w.known(ctx, p)
	if err != nil {
		return err
	}
	w.spent.lookup += w.now().Sub(t)
	if len(known) > 0 {
		return fmt.Errorf("page %d: %d documents exist already", p.no, len(known))
	}
	if err := w.pack(ctx, p.packs, "source", payload.PageSize, p.source, p.at); err != nil {
		return err
	}
	if err := w.pageRow(ctx, p, p.packs, 1, 0); err != nil {
		return err
	}
	if err := w.s.Must(ctx, 1, "INSERT INTO work (id, workspace_id, kind, ref_id, run_id, flow_id, connection_id, docs, doc_ids, priority, due_at, owner, fence, lease_until, attempts) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,1,?,1)",
		p.work, workspaceID, "page", p.window(), runID, flowID, connectionID, payload.PageSize, p.idList(), 1, p.at, "worker-1", p.at+60_000); err != nil {
		return err
	}
	if err := w.documents(ctx, p); err != nil {
		return err
	}
	return w.count(ctx, 0, []string{"pulled", "claimed"}, payload.PageSize, payload.PageSize)
}

// walk reads the documents of the pages' work rows, as a worker does that didn't
// pull them.
func (w *writer) walk(ctx context.Context, pages []*page) error {
	t := w.now()
	for _, p := range pages {
		n := 0
		count := func(r *sql.Rows) error {
			n++
			var d stored
			var number string
			var at int64
			return r.Scan(&d.id, &number, &d.hash, &d.latest, &d.active, &d.final, &d.state, &at)
		}
		where, args := "work_id = ?", []any{p.work}
		switch w.v.covered {
		case "ids":
			where, args = "id IN ("+database.Marks(payload.PageSize)+") AND "+where, append(p.idsOf(0, payload.PageSize), p.work)
		case "run":
			where, args = "run_id = ? AND "+where, []any{runID, p.work}
		}
		if err := w.s.Each(ctx, count, "SELECT id, number, src_hash, latest_rev, active_rev, done_rev, state, updated_at FROM document WHERE "+where, args...); err != nil {
			return err
		}
		if n != payload.PageSize {
			return fmt.Errorf("work row %d covers %d documents in place of %d", p.work, n, payload.PageSize)
		}
	}
	w.spent.walk += w.now().Sub(t)
	return nil
}

// stored is what T1 needs of a document it meets again.
type stored struct {
	id, hash, work        int64
	latest, active, final int
	state                 int
}

// known looks the page's keys up. A re-read must be recognised before its
// documents are inserted.
func (w *writer) known(ctx context.Context, p *page) (map[string]stored, error) {
	column := "doc_key"
	args := []any{streamID}
	for _, n := range p.names {
		if w.v.hashed {
			args = append(args, payload.Hash(n.Key))
		} else {
			args = append(args, n.Key)
		}
	}
	if w.v.hashed {
		column = "key_hash"
	}
	out := map[string]stored{}
	err := w.s.Each(ctx, func(r *sql.Rows) error {
		var key string
		var d stored
		if err := r.Scan(&d.id, &key, &d.hash, &d.latest, &d.active, &d.final, &d.state, &d.work); err != nil {
			return err
		}
		out[key] = d
		return nil
	}, "SELECT id, doc_key, src_hash, latest_rev, active_rev, done_rev, state, work_id FROM document WHERE stream_id = ? AND "+column+" IN ("+database.Marks(len(p.names))+")", args...)
	return out, err
}

func (w *writer) pack(ctx context.Context, id int64, kind string, rows int, body []byte, at int64) error {
	return w.s.Must(ctx, 1, "INSERT INTO pack (id, workspace_id, kind, row_count, codec, made_at, body) VALUES (?,?,?,?,1,?,?)", id, workspaceID, kind, rows, at, body)
}

func (w *writer) pageRow(ctx context.Context, p *page, pack int64, attempt, unchanged int) error {
	if p.no%windowPages == 0 && attempt == 1 {
		if err := w.s.Must(ctx, 1, "INSERT INTO pull_window (id, stream_id, run_id, kind, from_ms, to_ms, state, updated_at) VALUES (?,?,?,?,?,?,1,?)",
			p.window(), streamID, runID, "live", p.window()*3_600_000, (p.window()+1)*3_600_000, p.at); err != nil {
			return err
		}
	}
	if err := w.s.Must(ctx, 1, "INSERT INTO pull_page (window_id, attempt, page_no, pack_id, row_count, unchanged, total, body_hash, created_at) VALUES (?,?,?,?,?,?,?,?,?)",
		p.window(), attempt, p.no%windowPages, pack, payload.PageSize, unchanged, windowPages*payload.PageSize, payload.Hash(p.names[0].Key), p.at); err != nil {
		return err
	}
	_, err := w.s.Exec(ctx, "UPDATE pull_window SET attempt = ?, next_page = ?, updated_at = ? WHERE id = ?", attempt, p.no%windowPages+1, p.at, p.window())
	return err
}

func (w *writer) documents(ctx context.Context, p *page) error {
	b := database.Bulk{
		Table:  "document",
		Shared: []string{"workspace_id", "stream_id", "latest_rev", "active_rev", "state", "work_id", "run_id", "version_id", "window_id", "pack_id", "updated_at"},
		Each:   []string{"id", "doc_key", "number", "src_hash", "modified_at", "pack_no"},
	}
	if w.v.hashed {
		b.Each = append(b.Each, "key_hash")
	}
	values := make([]any, 0, payload.PageSize*len(b.Each))
	for i, n := range p.names {
		values = append(values, p.doc+int64(i), n.Key, n.Number, srcHash(p.no, i), p.at, i)
		if w.v.hashed {
			values = append(values, payload.Hash(n.Key))
		}
	}
	shared := []any{workspaceID, streamID, 1, 1, stateClaimed, p.work, runID, versionID, p.window(), p.packs, p.at}
	return w.s.InsertMany(ctx, b, shared, values)
}

func srcHash(page, i int) int64 { return int64(payload.Nth(page*payload.PageSize + i)) } //nolint:gosec // a hash has no sign

// count moves a node's counters; it comes last in a transaction, because every
// worker of the run meets at these rows.
func (w *writer) count(ctx context.Context, node int, slots []string, deltas ...int) error {
	var args []any
	var text strings.Builder
	text.WriteString("UPDATE run_count SET n = n + CASE slot")
	for i, slot := range slots {
		text.WriteString(" WHEN ? THEN ?")
		args = append(args, slot, deltas[i])
	}
	args = append(args, runID, node)
	for _, slot := range slots {
		args = append(args, slot)
	}
	return w.s.Must(ctx, len(slots), text.String()+" END WHERE run_id = ? AND node_no = ? AND slot IN ("+database.Marks(len(slots))+")", args...)
}

// intent (T2) commits the mapped bodies, deliveries and calls before a byte leaves.
func (w *writer) intent(ctx context.Context, p *page) error {
	if err := w.pack(ctx, p.packs+1, "request", payload.PageSize, p.mapped, p.at); err != nil {
		return err
	}
	if w.v.owned {
		values := make([]any, 0, payload.PageSize*2)
		for i, n := range p.names {
			values = append(values, n.TargetKey, p.doc+int64(i))
		}
		b := database.Bulk{Table: "target_key", Shared: []string{"connection_id", "resource", "node_no", "part", "state"}, Each: []string{"target_key", "document_id"}}
		if err := w.s.InsertMany(ctx, b, []any{connectionID, resource, targetNode, 0, sending}, values); err != nil {
			return err
		}
	}
	values := make([]any, 0, payload.PageSize*5)
	for i, n := range p.names {
		values = append(values, p.doc+int64(i), n.TargetKey, p.calls+int64(i/callRows), i%callRows, i)
	}
	b := database.Bulk{
		Table:  "delivery",
		Shared: []string{"node_no", "part", "workspace_id", "rev", "version_id", "connection_id", "resource", "state", "attempt", "req_pack", "updated_at"},
		Each:   []string{"document_id", "target_key", "call_id", "row_no", "req_no"},
	}
	shared := []any{targetNode, 0, workspaceID, 1, versionID, connectionID, resource, sending, 1, p.packs + 1, p.at}
	if err := w.s.InsertMany(ctx, b, shared, values); err != nil {
		return err
	}
	calls := database.Bulk{Table: "vendor_call", Shared: []string{"workspace_id", "run_id", "connection_id", "operation", "kind", "fence", "state", "started_at", "row_count", "req_pack"}, Each: []string{"id"}}
	return w.s.InsertMany(ctx, calls, []any{workspaceID, runID, connectionID, "batchSave", "send", 1, sending, p.at, callRows, p.packs + 1}, []any{p.calls, p.calls + 1})
}
