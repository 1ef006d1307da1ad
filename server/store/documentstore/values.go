package documentstore

import (
	"database/sql"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// values fills in the wanted values of the documents of one page. Documents that came
// together share a pack, and each pack is read and opened once.
func (l *listing) values(ids []ledger.ID, items []document.Summary) error {
	at, addresses := map[ledger.ID]ledgerrow.Address{}, []ledgerrow.Address{}
	_, err := store.Scan(l.tx, func(rows *sql.Rows) (struct{}, error) {
		var id ledger.ID
		var a ledgerrow.Address
		err := rows.Scan(&id, &a.Pack, &a.No)
		at[id], addresses = a, append(addresses, a)
		return struct{}{}, err
	}, "SELECT id, pack_id, pack_no FROM document WHERE id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
	if err != nil {
		return err
	}
	payloads, err := ledgerrow.Payloads(l.tx, addresses)
	for i := range items {
		if payload := payloads[at[items[i].ID]]; payload != nil {
			items[i].Values = document.Cells(payload, l.q.Fields)
		}
	}
	return err
}
