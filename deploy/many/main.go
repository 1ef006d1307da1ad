// Command many makes many documents of a few, in the SQLite database of a stopped server: what
// a long ledger does is seen in minutes instead of hours.
//
//	go run ./deploy/many -data DIR [-documents 100000] [-run 1000] [-rejected 10]
//
// The delivered documents of the run that has most of them are copied with their deliveries and
// contents under new keys, numbers and runs. Of so many one is a rejected one, which can be sent
// again. Runs are a minute apart and end now; those that were there before come before them.
// The counts of the runs balance. The traffic of nodes and ports is not copied.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver named "sqlite"

	"github.com/karezflow/karez/engine/ledger"
)

func main() {
	data := flag.String("data", "", "the folder of the stopped server's data")
	m := many{}
	flag.IntVar(&m.documents, "documents", 100_000, "how many documents are made")
	flag.IntVar(&m.run, "run", 1000, "how many of them a run reads")
	flag.IntVar(&m.rejected, "rejected", 10, "of how many one is rejected; 0 for none")
	flag.Parse()
	if err := m.make(context.Background(), filepath.Join(*data, "karez.db"), time.Now()); err != nil { //nolint:forbidigo // the one place where time comes in
		fmt.Fprintln(os.Stderr, "many:", err)
		os.Exit(1)
	}
}

// many says what is made.
type many struct{ documents, run, rejected int }

// between is how far runs are from each other.
const between = time.Minute

func (m many) make(ctx context.Context, file string, now time.Time) (err error) {
	if m.documents <= 0 || m.run <= 0 || m.rejected < 0 {
		return errors.New("numbers are above zero")
	}
	if _, err := os.Stat(file); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := m.fill(ctx, tx, now); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (m many) fill(ctx context.Context, tx *sql.Tx, now time.Time) error {
	var template, models, first int64
	err := tx.QueryRowContext(ctx, "SELECT run_id, COUNT(*) FROM document WHERE state = ? AND work_id = 0 AND attention = 0 AND run_id <> 0 GROUP BY run_id ORDER BY COUNT(*) DESC LIMIT 1",
		ledger.Delivered).Scan(&template, &models)
	if err != nil {
		return fmt.Errorf("no run has delivered a document yet: %w", err)
	}
	if err := tx.QueryRowContext(ctx, "SELECT next_id FROM id_block WHERE name = 'ledger'").Scan(&first); err != nil {
		return err
	}
	runs := int64((m.documents + m.run - 1) / m.run)
	firstRun, firstDocument := first+1, first+1+runs
	step := between.Milliseconds()
	begin := now.UnixMilli() - runs*step
	v := map[string]any{
		"template": template, "models": models, "runs": runs, "documents": m.documents, "perRun": m.run, "nth": m.rejected,
		"firstRun": firstRun, "firstDocument": firstDocument, "begin": begin, "step": step, "last": firstDocument + int64(m.documents),
		"delivered": ledger.Delivered, "rejected": ledger.Rejected, "refused": ledger.DeliveryRejected,
	}
	steps := []string{
		"UPDATE id_block SET next_id = :last WHERE name = 'ledger'",
		// What was there before is older than what is made.
		"UPDATE run SET fire_at = fire_at - (:runs + 1) * :step, started_at = started_at - (:runs + 1) * :step, ended_at = ended_at - (:runs + 1) * :step WHERE ended_at > 0",
		"CREATE TEMP TABLE model AS SELECT ROW_NUMBER() OVER (ORDER BY id) - 1 AS no, id FROM document WHERE run_id = :template AND state = :delivered AND work_id = 0 AND attention = 0",
		"CREATE TEMP TABLE fresh AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :documents)" +
			" SELECT i, :firstDocument + i AS id, :firstRun + i / :perRun AS run, :begin + (i / :perRun) * :step + 1 + i % :perRun AS at," +
			" CASE WHEN :nth > 0 AND i % :nth = :nth - 1 THEN 1 ELSE 0 END AS bad, (SELECT m.id FROM model m WHERE m.no = i % :models) AS like FROM n",
	}
	copies := []struct {
		table, from string
		set         map[string]string
	}{
		{"run", "run o JOIN (SELECT DISTINCT run FROM fresh) f WHERE o.id = :template", map[string]string{
			"id": "f.run", "fire_at": ":begin + (f.run - :firstRun) * :step", "started_at": ":begin + (f.run - :firstRun) * :step", "ended_at": ":begin + (f.run - :firstRun) * :step + :perRun",
		}},
		{"document", "fresh f JOIN document o ON o.id = f.like", map[string]string{
			"id": "f.id", "doc_key": "printf('many-%07d', f.i + 1)", "number": "printf('MANY%07d', f.i + 1)", "run_id": "f.run", "updated_at": "f.at",
			"state": "CASE WHEN f.bad THEN :rejected ELSE o.state END", "done_rev": "CASE WHEN f.bad THEN 0 ELSE o.done_rev END", "window_id": "0",
		}},
		{"delivery", "fresh f JOIN delivery o ON o.document_id = f.like", map[string]string{
			"document_id": "f.id", "target_key": "printf('many-%07d', f.i + 1)", "updated_at": "f.at", "state": "CASE WHEN f.bad THEN :refused ELSE o.state END",
			"target_id": "CASE WHEN f.bad THEN '' ELSE printf('%d', 900000000 + f.i) END", "target_number": "CASE WHEN f.bad THEN NULL ELSE printf('TARGET%07d', f.i + 1) END",
			"code": "CASE WHEN f.bad THEN 'vendor.rejected' ELSE o.code END", "message": "CASE WHEN f.bad THEN '物料不存在' ELSE o.message END",
			"writeback": "CASE WHEN f.bad THEN NULL ELSE o.writeback END", "step": "CASE WHEN f.bad THEN '' ELSE o.step END",
		}},
	}
	for _, c := range copies {
		text, err := copying(ctx, tx, c.table, c.from, c.set)
		if err != nil {
			return err
		}
		steps = append(steps, text)
	}
	count := func(slot, of string) string {
		return "INSERT INTO run_count (run_id, node_no, slot, n) SELECT run, 0, '" + slot + "', COUNT(*) FROM fresh WHERE " + of + " GROUP BY run"
	}
	steps = append(
		steps,
		"INSERT INTO problem (document_id, workspace_id, flow_id, state, code, message, node_id, since) SELECT d.id, d.workspace_id, s.flow_id, d.state, 'vendor.rejected', '物料不存在',"+
			" (SELECT n.node_id FROM flow_node n JOIN delivery x ON x.document_id = d.id AND x.node_no = n.node_no WHERE n.flow_id = s.flow_id LIMIT 1), f.at"+
			" FROM fresh f JOIN document d ON d.id = f.id JOIN stream s ON s.id = d.stream_id WHERE f.bad",
		count(string(ledger.SlotPulled), "1"), count(string(ledger.SlotAccepted), "1"), count(ledger.Delivered.String(), "NOT bad"), count(ledger.Rejected.String(), "bad"),
		"DROP TABLE model", "DROP TABLE fresh",
	)
	for _, text := range steps {
		var args []any
		for name, value := range v {
			if strings.Contains(text, ":"+name) {
				args = append(args, sql.Named(name, value))
			}
		}
		if _, err := tx.ExecContext(ctx, text, args...); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}

// copying gives the statement that copies rows of a table, o, with some columns set.
func copying(ctx context.Context, tx *sql.Tx, table, from string, set map[string]string) (text string, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT name FROM pragma_table_info(?)", table)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var names, values []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return "", err
		}
		value, ok := set[name]
		if !ok {
			value = "o." + name
		}
		names, values = append(names, name), append(values, value)
	}
	return "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM " + from, rows.Err()
}
