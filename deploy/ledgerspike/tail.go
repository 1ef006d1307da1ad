package main

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/karezflow/karez/deploy/ledgerspike/database"
	"github.com/karezflow/karez/deploy/ledgerspike/payload"
)

// tail measures what a full ledger is asked: re-reads, claims, searches. The
// amounts shrink with a small ledger.
func (l *load) tail(ctx context.Context, out *printer) error {
	w := l.writers[0]
	for _, part := range []struct {
		name string
		do   func(context.Context, *writer) (string, error)
	}{
		{"re-read of unchanged pages (T1)", l.reread},
		{"claim one work row, own commit", l.claims},
		{"find 64 due work rows", l.due},
		{"search document by number", l.searchNumber},
		{"search delivery by target number", l.searchTarget},
		{"newest 50 documents of a run", l.runPage},
		{"error groups of a flow", l.groups},
	} {
		text, err := part.do(ctx, w)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		out.printf("%s: %s\n", part.name, text)
	}
	return nil
}

// reread commits T1 for pages spread over the whole ledger whose documents all
// exist unchanged: keys and hashes compared, a page row and a count written.
func (l *load) reread(ctx context.Context, w *writer) (string, error) {
	pages := min(2000, l.next)
	before, err := l.meter.Read()
	if err != nil {
		return "", err
	}
	for i := range pages {
		p := &page{no: int(int64(i) * int64(l.next) / int64(pages)), at: w.now().UnixMilli()}
		for d := range payload.PageSize {
			p.names = append(p.names, payload.NameOf(l.v.keys, p.no*payload.PageSize+d))
		}
		err := w.s.Atomically(ctx, func() error {
			known, err := w.known(ctx, p)
			if err != nil {
				return err
			}
			for d, n := range p.names {
				if known[n.Key].hash != srcHash(p.no, d) {
					return fmt.Errorf("document %s is not the one that was stored", n.Key)
				}
			}
			if err := w.pageRow(ctx, p, 0, 2, payload.PageSize); err != nil {
				return err
			}
			return w.count(ctx, 0, []string{"pulled", "delivered"}, payload.PageSize, 0)
		})
		if err != nil {
			return "", err
		}
	}
	after, err := l.meter.Read()
	f := between(before, after, pages*payload.PageSize)
	return fmt.Sprintf("%.0f documents/s, CPU µs/doc client %.1f, server %.1f", f.rate, f.client, f.server), err
}

const claim = "UPDATE work SET owner = ?, fence = fence + 1, lease_until = ?, attempts = attempts + 1 WHERE id = ? AND (owner = '' OR lease_until < ?)"

// claims takes unclaimed rows one by one, then proves that a second worker gets none of them.
func (l *load) claims(ctx context.Context, w *writer) (string, error) {
	rows := int64(min(2000, payload.PageSize*l.next))
	at := w.now().UnixMilli()
	first := take(&w.ids.work, rows)
	b := database.Bulk{Table: "work", Shared: []string{"workspace_id", "kind", "flow_id", "connection_id", "priority", "due_at"}, Each: []string{"id", "ref_id"}}
	for r := int64(0); r < rows; r += payload.PageSize {
		var values []any
		for i := first + r; i < first+r+payload.PageSize; i++ {
			values = append(values, i, i)
		}
		if err := w.s.InsertMany(ctx, b, []any{workspaceID, "document", flowID, connectionID, 1, at}, values); err != nil {
			return "", err
		}
	}
	var spent []time.Duration
	for i := range rows {
		t := w.now()
		if err := w.s.Must(ctx, 1, claim, "worker-1", at+60_000, first+i, at); err != nil {
			return "", err
		}
		spent = append(spent, w.now().Sub(t))
	}
	for i := range rows / 10 {
		if err := w.s.Must(ctx, 0, claim, "worker-2", at+60_000, first+i, at); err != nil {
			return "", err
		}
	}
	return quantiles(spent), nil
}

// due is the sweeper's question while every due row is claimed: the worst case,
// since all of them are looked at and none is returned.
func (l *load) due(ctx context.Context, w *writer) (string, error) {
	at := w.now().UnixMilli()
	return w.repeat(200, func(int) error {
		return w.s.Each(ctx, scanOne, "SELECT id FROM work WHERE priority = ? AND due_at <= ? AND lease_until < ? ORDER BY due_at LIMIT 64", 1, at, at)
	})
}

func (l *load) searchNumber(ctx context.Context, w *writer) (string, error) {
	return w.repeat(2000, func(i int) error {
		d := l.spread(i)
		var id int64
		err := w.s.Each(ctx, func(r *sql.Rows) error {
			var key string
			var state int
			return r.Scan(&id, &key, &state)
		}, "SELECT id, doc_key, state FROM document WHERE workspace_id = ? AND number = ?", workspaceID, payload.NameOf(l.v.keys, d).Number)
		if err == nil && id == 0 {
			err = fmt.Errorf("document %d was not found", d)
		}
		return err
	})
}

func (l *load) searchTarget(ctx context.Context, w *writer) (string, error) {
	return w.repeat(2000, func(i int) error {
		return w.s.Each(ctx, scanOne, "SELECT document_id FROM delivery WHERE workspace_id = ? AND target_number = ?", workspaceID, payload.NameOf(l.v.keys, l.spread(i)).TargetNumber)
	})
}

// runPage is one page of a run's document list, in a run that holds everything.
// Left to itself MariaDB enters the index by run alone and walks from the run's
// end to the page asked for.
func (l *load) runPage(ctx context.Context, w *writer) (string, error) {
	from := "document"
	if !w.s.SQLite() {
		from += " FORCE INDEX (document_run)"
	}
	return w.repeat(200, func(i int) error {
		return w.s.Each(ctx, func(r *sql.Rows) error {
			var id, at int64
			var number string
			var state int
			return r.Scan(&id, &number, &state, &at)
		}, "SELECT id, number, state, updated_at FROM "+from+" WHERE run_id = ? AND id < ? ORDER BY id DESC LIMIT 50", runID, l.spread(i)+51)
	})
}

func (l *load) groups(ctx context.Context, w *writer) (string, error) {
	return w.repeat(5, func(int) error {
		return w.s.Each(ctx, func(r *sql.Rows) error {
			var code string
			var n int
			return r.Scan(&code, &n)
		}, "SELECT code, COUNT(*) FROM problem WHERE workspace_id = ? AND flow_id = ? GROUP BY code", workspaceID, flowID)
	})
}

// spread returns the i-th of a scattered series of documents.
func (l *load) spread(i int) int { return int(payload.Nth(i) % uint64(l.next*payload.PageSize)) } //nolint:gosec // a ledger holds far fewer than 2^63

func scanOne(r *sql.Rows) error {
	var id int64
	return r.Scan(&id)
}

func (w *writer) repeat(times int, do func(i int) error) (string, error) {
	var spent []time.Duration
	for i := range times {
		t := w.now()
		if err := do(i); err != nil {
			return "", err
		}
		spent = append(spent, w.now().Sub(t))
	}
	return quantiles(spent), nil
}

func quantiles(d []time.Duration) string {
	slices.Sort(d)
	us := func(q float64) float64 { return float64(d[int(q*float64(len(d)-1))].Nanoseconds()) / 1e3 }
	return fmt.Sprintf("median %.0f µs, p99 %.0f µs", us(0.5), us(0.99))
}
