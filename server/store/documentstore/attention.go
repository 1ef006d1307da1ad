package documentstore

import (
	"cmp"
	"slices"

	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/errandstore"
)

// ofState adds what a document's state must satisfy.
func (l *listing) ofState(sql string, args []any) (string, []any) {
	in := ""
	if len(l.q.States) > 0 {
		in, args = "d.state IN "+store.In(len(l.q.States)), store.Args(args, l.q.States...)
	}
	if len(l.q.Failing) > 0 {
		if in != "" {
			in += " OR "
		}
		failing, states := errandstore.FailingOf("d.id")
		in, args = in+"d.state IN "+store.In(len(l.q.Failing))+" AND "+failing, append(store.Args(args, l.q.Failing...), states...)
	}
	if in == "" {
		return sql, args
	}
	return sql + " AND (" + in + ")", args
}

// needing reads what stands still and, beside it, the documents of which a call after a
// walk fails: each from where it is indexed, and of both what comes first.
func (l *listing) needing() ([]document.Place, error) {
	found, err := l.byErrand()
	if err != nil {
		return nil, err
	}
	if len(l.q.States) > 0 {
		still, err := l.byProblem()
		if err != nil {
			return nil, err
		}
		found = append(found, still...)
	}
	slices.SortFunc(found, func(a, b document.Place) int {
		if l.q.Before != nil {
			a, b = b, a
		}
		return cmp.Or(cmp.Compare(b.Run, a.Run), cmp.Compare(b.ID, a.ID))
	})
	found = slices.Compact(found)
	return found[:min(len(found), l.q.Limit+1)], nil
}

// byErrand reads the failing calls.
func (l *listing) byErrand() ([]document.Place, error) {
	failing, args := errandstore.FailingIn("e", l.q.Workspace)
	if l.flow != 0 {
		failing, args = failing+" AND e.flow_id = ?", append(args, l.flow)
	}
	more, values := l.where()
	query, args := l.behind("SELECT DISTINCT d.run_id, d.id FROM errand e"+l.inOrder()+"document d ON d.id = e.document_id WHERE "+failing+" AND "+more, append(args, values...))
	return store.Scan(l.tx, scanPlace, query, args...)
}
