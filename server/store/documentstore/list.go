package documentstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/errandstore"
)

const (
	// runsAtOnce is how many runs are looked up at a time, mostRuns how many are
	// searched for one page.
	runsAtOnce = 100
	mostRuns   = 1000
	// mostFound is how many matches of a number, of a key and of a target's number are looked at.
	mostFound = 2000
)

// List implements document.Store. No index is kept on a document's state, which
// every commit would move: what stands still is found by its problem, a number by
// its index, and everything else from run to run.
func (s *Store) List(ctx context.Context, q document.Query) (document.Listed, error) {
	l := &listing{Store: s, q: q, tx: s.db.Read(ctx)}
	possible, err := l.prepare()
	if err != nil || !possible {
		return document.Listed{}, err
	}
	if err := l.begin(); err != nil {
		return document.Listed{}, err
	}
	var found []document.Place
	switch {
	case q.Number != "":
		found, err = l.byNumber()
	case len(q.Failing) > 0:
		found, err = l.needing()
	case q.Code != "" || len(q.States) > 0 && !slices.ContainsFunc(q.States, func(s ledger.State) bool { return !s.Repairable() && s != ledger.Skipped }):
		found, err = l.byProblem()
	case q.Run != 0:
		found, err = l.inRun(q.Run, q.Limit+1)
	default:
		found, err = l.byRuns()
	}
	if err != nil {
		return document.Listed{}, err
	}
	listed := l.places(found)
	listed.Items, err = l.summaries(l.cut(found))
	return listed, err
}

// listing is one List.
type listing struct {
	*Store

	q  document.Query
	tx *gorm.DB
	// flow and streams are what the public id and the node stand for.
	flow    ledger.ID
	streams []ledger.ID
	// searched is where a search stopped that found too little.
	searched *document.Place
}

// last is behind every document of a run.
const last ledger.ID = 1 << 62

// begin turns a time into the place where the list begins then.
func (l *listing) begin() error {
	if l.q.At == 0 || l.q.After != nil || l.q.Before != nil {
		return nil
	}
	of, args := "workspace_id = ?", []any{l.q.Workspace}
	if l.flow != 0 {
		of, args = "flow_id = ?", []any{l.flow}
	}
	runs, err := store.Scan(l.tx, scanID, "SELECT id FROM run WHERE "+of+" AND fire_at <= ? ORDER BY fire_at DESC, id DESC LIMIT 1", append(args, l.q.At)...)
	l.q.After = &document.Place{}
	if len(runs) > 0 {
		l.q.After = &document.Place{Run: runs[0], ID: last}
	}
	return err
}

// cut gives what of the places found is on the page, the newest first.
func (l *listing) cut(found []document.Place) []document.Place {
	found = slices.Clone(found[:min(len(found), l.q.Limit)])
	if l.q.Before != nil {
		slices.Reverse(found)
	}
	return found
}

// places says where the pages beside the one of the places found begin and end. One place more
// was looked for than the page has.
func (l *listing) places(found []document.Place) document.Listed {
	ahead := l.searched // in the direction of the search
	if len(found) > l.q.Limit {
		ahead = &found[l.q.Limit-1]
	}
	switch {
	case l.q.Before == nil && l.q.After == nil:
		return document.Listed{Next: ahead}
	case l.q.Before == nil && len(found) == 0:
		return document.Listed{Next: ahead, Previous: l.q.After}
	case l.q.Before == nil:
		return document.Listed{Next: ahead, Previous: &found[0]}
	case len(found) == 0:
		return document.Listed{Next: l.q.Before, Previous: ahead}
	default:
		return document.Listed{Next: &found[0], Previous: ahead}
	}
}

// prepare resolves names; false when nothing can match.
func (l *listing) prepare() (bool, error) {
	if l.q.Flow != "" {
		var err error
		if l.flow, err = flowID(l.tx, l.q.Workspace, l.q.Flow); err != nil || l.flow == 0 {
			return false, err
		}
	}
	if l.q.Node == "" && l.q.Number == "" && (l.q.Run == 0 || l.flow == 0) {
		return true, nil
	}
	sql, args := "SELECT id FROM stream WHERE workspace_id = ?", []any{l.q.Workspace}
	if l.flow != 0 {
		sql, args = "SELECT id FROM stream WHERE workspace_id = ? AND flow_id = ?", append(args, l.flow)
	}
	if l.q.Node != "" {
		sql, args = sql+" AND node_id = ?", append(args, l.q.Node)
	}
	var err error
	l.streams, err = store.Scan(l.tx, scanID, sql, args...)
	return len(l.streams) > 0, err
}

func flowID(tx *gorm.DB, workspace ledger.ID, publicID string) (ledger.ID, error) {
	ids, err := store.Scan(tx, scanID, "SELECT id FROM flow WHERE workspace_id = ? AND public_id = ?", workspace, publicID)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}

// where is what every row of document d must satisfy.
func (l *listing) where() (string, []any) {
	sql, args := l.ofNode()
	switch {
	case l.q.Run != 0 && l.q.Node != "":
		sql, args = sql+" AND (d.run_id = ? OR EXISTS (SELECT 1 FROM group_head g WHERE g.document_id = d.id AND g.run_id = ?))", append(args, l.q.Run, l.q.Run)
	case l.q.Run != 0:
		sql, args = sql+" AND d.run_id = ?", append(args, l.q.Run)
	}
	return sql, args
}

// ofNode is where, in any run.
func (l *listing) ofNode() (string, []any) {
	sql, args := "d.workspace_id = ?", []any{l.q.Workspace}
	sql, args = l.ofState(sql, args)
	if l.q.Waiting != l.q.Claimed {
		not := ""
		if l.q.Waiting {
			not = "NOT "
		}
		sql, args = sql+" AND (d.state <> ? OR "+not+"EXISTS (SELECT 1 FROM work w WHERE w.id = d.work_id AND w.owner <> ''))", append(args, ledger.Waiting)
	}
	if l.q.From != 0 {
		sql, args = sql+" AND d.updated_at >= ?", append(args, l.q.From)
	}
	if l.q.To != 0 {
		sql, args = sql+" AND d.updated_at < ?", append(args, l.q.To)
	}
	if len(l.streams) > 0 {
		sql, args = sql+" AND d.stream_id IN "+store.In(len(l.streams)), store.Args(args, l.streams...)
	}
	return sql, args
}

// behind is where the page begins, for searches that sort by run and id themselves.
func (l *listing) behind(sql string, args []any) (string, []any) {
	if at := l.q.Before; at != nil {
		return sql + " AND (d.run_id > ? OR d.run_id = ? AND d.id > ?) ORDER BY d.run_id, d.id LIMIT ?", append(args, at.Run, at.Run, at.ID, l.q.Limit+1)
	}
	if at := l.q.After; at != nil {
		sql, args = sql+" AND (d.run_id < ? OR d.run_id = ? AND d.id < ?)", append(args, at.Run, at.Run, at.ID)
	}
	return sql + " ORDER BY d.run_id DESC, d.id DESC LIMIT ?", append(args, l.q.Limit+1)
}

func scanPlace(rows *sql.Rows) (document.Place, error) {
	var p document.Place
	return p, rows.Scan(&p.Run, &p.ID)
}

// inOrder joins so that the left table is read first.
func (l *listing) inOrder() string {
	if l.sql == store.MySQL {
		return " STRAIGHT_JOIN "
	}
	return " CROSS JOIN "
}

// byProblem reads the problems, of which only what stands still has one.
func (l *listing) byProblem() ([]document.Place, error) {
	where, args := "p.workspace_id = ?", []any{l.q.Workspace}
	if l.flow != 0 {
		where, args = where+" AND p.flow_id = ?", append(args, l.flow)
	}
	if l.q.Code != "" {
		where, args = where+" AND p.code = ?", append(args, l.q.Code)
	}
	if len(l.q.States) > 0 && l.flow == 0 { // in a flow the index that begins with it is the better one
		where, args = where+" AND p.state IN "+store.In(len(l.q.States)), store.Args(args, l.q.States...)
	}
	more, values := l.where()
	query, args := l.behind("SELECT d.run_id, d.id FROM problem p"+l.inOrder()+"document d ON d.id = p.document_id WHERE "+where+" AND "+more, append(args, values...))
	return store.Scan(l.tx, scanPlace, query, args...)
}

// byNumber finds documents whose number, key or target's number is, or begins with, the text,
// and the one whose id it is.
func (l *listing) byNumber() ([]document.Place, error) {
	found, args := l.numbered()
	where, values := l.where()
	query, args := l.behind("SELECT d.run_id, d.id FROM ("+found+") AS found"+l.inOrder()+"document d ON d.id = found.id WHERE "+where,
		append(args, values...))
	return store.Scan(l.tx, scanPlace, query, args...)
}

// numbered gives a query for the ids of the documents that a number may mean.
func (l *listing) numbered() (string, []any) {
	from, to := l.q.Number, l.q.Number+"\U0010FFFF"
	limit := " LIMIT ?"
	var union []string
	var args []any
	add := func(part string, values ...any) {
		union = append(union, "SELECT * FROM ("+part+") AS part")
		args = append(append(args, values...), mostFound)
	}
	add("SELECT id FROM document WHERE workspace_id = ? AND number >= ? AND number < ?"+limit, l.q.Workspace, from, to)
	if id, err := strconv.ParseInt(from, 10, 64); err == nil && id > 0 {
		add("SELECT id FROM document WHERE id = ?"+limit, id)
	}
	add("SELECT document_id FROM delivery WHERE workspace_id = ? AND target_number >= ? AND target_number < ?"+limit, l.q.Workspace, from, to)
	for _, stream := range l.streams[:min(len(l.streams), 100)] {
		add("SELECT id FROM document WHERE stream_id = ? AND doc_key >= ? AND doc_key < ?"+limit, stream, from, to)
	}
	return strings.Join(union, " UNION "), args
}

// inRun reads documents of one run, the newest first or, towards a place where a page ends, last.
func (l *listing) inRun(run ledger.ID, limit int) ([]document.Place, error) {
	index := ""
	if l.sql == store.MySQL {
		index = " FORCE INDEX (document_run)" // else it walks the run from its end
	}
	where, args := l.ofNode()
	place := func(sql string, args []any) (string, []any) {
		if at := l.q.Before; at != nil {
			if at.Run == run {
				sql, args = sql+" AND d.id > ?", append(args, at.ID)
			}
			return sql + " ORDER BY d.id LIMIT ?", append(args, limit)
		}
		if at := l.q.After; at != nil && at.Run == run {
			sql, args = sql+" AND d.id < ?", append(args, at.ID)
		}
		return sql + " ORDER BY d.id DESC LIMIT ?", append(args, limit)
	}
	query, args := place("SELECT d.run_id, d.id FROM document d"+index+" WHERE "+where+" AND d.run_id = ?", append(args, run))
	if l.q.Node == "" {
		return store.Scan(l.tx, scanPlace, query, args...)
	}
	// The node may be a group, whose documents are of no run. They stand in the run in
	// which their groups were opened.
	if found, err := store.Scan(l.tx, scanPlace, query, args...); err != nil || len(found) > 0 {
		return found, err
	}
	where, args = l.ofNode()
	query, args = place("SELECT g.run_id, d.id FROM group_head g JOIN document d ON d.id = g.document_id WHERE "+where+" AND g.run_id = ?", append(args, run))
	return store.Scan(l.tx, scanPlace, query, args...)
}

// byRuns reads from run to run those that have documents in a wanted state.
func (l *listing) byRuns() ([]document.Place, error) {
	var found []document.Place
	from, step, cut := last, ledger.ID(-1), ledger.ID(0)
	switch {
	case l.q.Before != nil:
		from, step, cut = l.q.Before.Run, 1, last
	case l.q.After != nil:
		from = l.q.After.Run
	}
	for searched := 0; ; {
		runs, err := l.runs(from)
		if err != nil {
			return nil, err
		}
		for _, run := range runs {
			part, err := l.inRun(run, l.q.Limit+1-len(found))
			if err != nil {
				return nil, err
			}
			if found = append(found, part...); len(found) > l.q.Limit {
				return found, nil
			}
		}
		if len(runs) < runsAtOnce {
			return found, nil
		}
		from = runs[len(runs)-1] + step
		if searched += len(runs); searched >= mostRuns {
			l.searched = &document.Place{Run: from - step, ID: cut}
			return found, nil
		}
	}
}

// runs gives runs from one on downwards, or upwards towards a place where a page ends.
func (l *listing) runs(from ledger.ID) ([]ledger.ID, error) {
	side, order := "<=", "DESC"
	if l.q.Before != nil {
		side, order = ">=", "ASC"
	}
	// A condition on the workspace as well would lead to the index of all its runs.
	table, where, args := "run r", "r.workspace_id = ? AND r.id "+side+" ?", []any{l.q.Workspace, from}
	switch {
	case l.flow != 0:
		where, args = "r.flow_id = ? AND r.id "+side+" ?", []any{l.flow, from}
	case l.sql == store.MySQL:
		table += " FORCE INDEX (PRIMARY)" // in order, instead of sorting all runs of the workspace
	default:
		table += " NOT INDEXED"
	}
	if l.q.To != 0 { // what a run read changed after the run began
		where, args = where+" AND r.started_at < ?", append(args, l.q.To)
	}
	slots := []any{string(ledger.SlotAccepted)}
	if len(l.q.States) > 0 && l.q.Node == "" { // a group's documents are not counted
		slots = nil
		for _, s := range l.q.States {
			slots = append(slots, string(ledger.SlotOf(s)))
		}
	}
	query := "SELECT r.id FROM " + table + " WHERE " + where +
		" AND EXISTS (SELECT 1 FROM run_count c WHERE c.run_id = r.id AND c.node_no = 0 AND c.slot IN " + store.In(len(slots)) + " AND c.n > 0)" +
		" ORDER BY r.id " + order + " LIMIT ?"
	return store.Scan(l.tx, scanID, query, append(append(args, slots...), runsAtOnce)...)
}

const summaryColumns = "d.id, COALESCE(NULLIF(d.run_id, 0), (SELECT g.run_id FROM group_head g WHERE g.document_id = d.id), 0), COALESCE(f.public_id, ''), COALESCE(f.title, ''), s.node_id, d.doc_key, d.number, d.state, d.attention," +
	" d.latest_rev, d.active_rev, d.updated_at, COALESCE(p.code, ''), p.message, p.args, COALESCE(w.owner, ''), d.work_id"

const summaryTables = "document d LEFT JOIN stream s ON s.id = d.stream_id LEFT JOIN flow f ON f.id = s.flow_id" +
	" LEFT JOIN problem p ON p.document_id = d.id LEFT JOIN work w ON w.id = d.work_id"

func scanSummary(rows *sql.Rows, more ...any) (document.Summary, error) {
	var m document.Summary
	var d ledger.Document
	var message, args sql.NullString
	var owner string
	err := rows.Scan(append([]any{
		&m.ID, &m.Run, &m.Flow, &m.FlowTitle, &m.Node, &m.Key, &m.Number, &d.State, &d.Attention, &d.LatestRev, &d.ActiveRev, &m.Updated,
		&m.Code, &message, &args, &owner, &d.Work,
	}, more...)...)
	m.State, m.Attention, m.Message, m.Rev = document.StateName(d.State), document.Marks(d.Attention), message.String, d.ActiveRev
	m.Args = store.ReadArgs(args)
	if d.State == ledger.Waiting && owner != "" {
		m.State = string(ledger.SlotClaimed)
	}
	if d.Queued() {
		m.Newer = d.LatestRev - d.ActiveRev
	}
	return m, err
}

// markFailing marks documents one of whose calls after a walk is not done.
func markFailing(tx *gorm.DB, items []document.Summary) error {
	ids := make([]ledger.ID, len(items))
	for i := range items {
		ids[i] = items[i].ID
	}
	failing, err := errandstore.Failing(tx, ids)
	for i := range items {
		if failing[items[i].ID] {
			items[i].Attention = append(items[i].Attention, document.Marks(ledger.ErrandFailing)...)
		}
	}
	return err
}

// summaries gives what a list shows of the documents found, in their order.
func (l *listing) summaries(found []document.Place) ([]document.Summary, error) {
	if len(found) == 0 {
		return nil, nil
	}
	ids, order := make([]ledger.ID, len(found)), map[ledger.ID]int{}
	for i, at := range found {
		ids[i], order[at.ID] = at.ID, i
	}
	items, err := store.Scan(l.tx, func(rows *sql.Rows) (document.Summary, error) { return scanSummary(rows) },
		"SELECT "+summaryColumns+" FROM "+summaryTables+" WHERE d.id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(items, func(a, b document.Summary) int { return cmp.Compare(order[a.ID], order[b.ID]) })
	if err := markFailing(l.tx, items); err != nil {
		return nil, err
	}
	type named struct {
		id     ledger.ID
		number string
	}
	numbers, err := store.Scan(l.tx, func(rows *sql.Rows) (named, error) {
		var n named
		return n, rows.Scan(&n.id, &n.number)
	}, "SELECT document_id, MIN(target_number) FROM delivery WHERE target_number IS NOT NULL AND document_id IN "+store.In(len(ids))+" GROUP BY document_id",
		store.Args(nil, ids...)...)
	for _, n := range numbers {
		for i := range items {
			if items[i].ID == n.id {
				items[i].TargetNumber = n.number
			}
		}
	}
	if err == nil && len(l.q.Fields) > 0 {
		err = l.values(ids, items)
	}
	return items, err
}
