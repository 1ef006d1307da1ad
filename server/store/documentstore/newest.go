package documentstore

import (
	"context"
	"database/sql"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/hookstore"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// Newest gives the bodies of the documents that came last to a node of a flow, which is
// named by its public id: the newest revisions, in any state, at most so many. Those
// whose content was removed are left out.
func (s *Store) Newest(ctx context.Context, workspace ledger.ID, flow, node string, most int) ([][]byte, error) {
	l := &listing{Store: s, tx: s.db.Read(ctx), q: document.Query{Workspace: workspace, Flow: flow, Node: node, Waiting: true, Claimed: true, Limit: most}}
	possible, err := l.prepare()
	if err != nil || !possible || l.flow == 0 {
		return nil, err
	}
	// A document that is posted again stays where it was in its run.
	ids, err := hookstore.Posted(l.tx, l.flow, node, most)
	if err != nil {
		return nil, err
	}
	if len(ids) < most {
		found, err := l.byRuns()
		if err != nil {
			return nil, err
		}
		seen := map[ledger.ID]bool{}
		for _, id := range ids {
			seen[id] = true
		}
		for _, at := range found {
			if !seen[at.ID] {
				ids = append(ids, at.ID)
			}
		}
	}
	return l.bodies(ids[:min(len(ids), most)])
}

// bodies gives the newest revisions of documents of the wanted streams, in their order.
func (l *listing) bodies(ids []ledger.ID) ([][]byte, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	where, args := l.ofNode()
	at, addresses := map[ledger.ID]ledgerrow.Address{}, []ledgerrow.Address{}
	_, err := store.Scan(l.tx, func(rows *sql.Rows) (struct{}, error) {
		var id ledger.ID
		var a ledgerrow.Address
		err := rows.Scan(&id, &a.Pack, &a.No)
		at[id], addresses = a, append(addresses, a)
		return struct{}{}, err
	}, "SELECT d.id, COALESCE(r.pack_id, d.pack_id), COALESCE(r.pack_no, d.pack_no) FROM document d"+
		" LEFT JOIN revision r ON r.document_id = d.id AND r.rev = d.latest_rev AND d.latest_rev > d.active_rev WHERE "+where+
		" AND d.id IN "+store.In(len(ids)), store.Args(args, ids...)...)
	if err != nil {
		return nil, err
	}
	found, err := ledgerrow.Payloads(l.tx, addresses)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, id := range ids {
		if body := found[at[id]]; body != nil {
			out = append(out, body)
		}
	}
	return out, nil
}
