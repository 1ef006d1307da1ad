package documentstore

import (
	"context"
	"database/sql"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
)

// mostCodes is how many groups of problems are told apart.
const mostCodes = 200

// Facets implements document.Store: what stands still is counted by its problems,
// everything else by the counts of the runs.
func (s *Store) Facets(ctx context.Context, workspace ledger.ID, flow string) (document.Facets, error) {
	tx := s.db.Read(ctx)
	out := document.Facets{States: map[string]int{}}
	of, args := "workspace_id = ?", []any{workspace}
	if flow != "" {
		id, err := flowID(tx, workspace, flow)
		if err != nil || id == 0 {
			return out, err
		}
		of, args = "flow_id = ?", []any{id}
	}
	type slot struct {
		name string
		n    int
	}
	scanSlot := func(rows *sql.Rows) (slot, error) {
		var s slot
		return s, rows.Scan(&s.name, &s.n)
	}
	slots, err := store.Scan(tx, scanSlot, "SELECT c.slot, SUM(c.n) FROM run r JOIN run_count c ON c.run_id = r.id AND c.node_no = 0 WHERE r."+of+
		" AND c.slot IN ('waiting','held','delivered','collected','filtered') GROUP BY c.slot", args...)
	if err != nil {
		return out, err
	}
	claimed, err := store.Scan(tx, scanSlot, "SELECT 'claimed', COALESCE(SUM(docs), 0) FROM work WHERE "+of+" AND owner <> ''", args...)
	if err != nil {
		return out, err
	}
	for _, s := range append(slots, claimed...) {
		if s.n > 0 {
			out.States[s.name] = s.n
		}
	}
	if n := out.States["claimed"]; n > 0 {
		if out.States["waiting"] -= n; out.States["waiting"] <= 0 {
			delete(out.States, "waiting")
		}
	}
	type group struct {
		document.CodeFacet
		state ledger.State
	}
	groups, err := store.Scan(tx, func(rows *sql.Rows) (group, error) {
		var g group
		var message, hint, args sql.NullString
		err := rows.Scan(&g.state, &g.Code, &message, &hint, &args, &g.Documents)
		g.Hint = hint.String
		g.State, g.Message, g.Args = g.state.String(), message.String, store.ReadArgs(args)
		return g, err
	}, "SELECT g.state, g.code, p.message, p.hint, p.args, g.n FROM (SELECT state, code, MIN(document_id) AS doc, COUNT(*) AS n FROM problem WHERE workspace_id = ? AND "+of+
		" GROUP BY state, code) g JOIN problem p ON p.document_id = g.doc ORDER BY g.n DESC, g.state, g.code", append([]any{workspace}, args...)...)
	for _, g := range groups {
		out.States[g.State] += g.Documents
		if g.state.Repairable() && len(out.Codes) < mostCodes {
			out.Codes = append(out.Codes, g.CodeFacet)
		}
	}
	return out, err
}
