package documentstore

import (
	"database/sql"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/group"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// bill reads what the document was made of, where it is a bill.
func (v *view) bill() error {
	type head struct {
		state   barrier.HeadState
		members int
		at      ledgerrow.Address
	}
	found, err := store.Scan(v.tx, func(rows *sql.Rows) (h head, err error) {
		return h, rows.Scan(&h.state, &h.members, &h.at.Pack, &h.at.No)
	},
		"SELECT state, members, origins_pack, origins_no FROM group_head WHERE document_id = ?", v.id)
	if err != nil || len(found) == 0 {
		return err
	}
	bill := &document.Bill{Open: found[0].state.Collects(), Count: found[0].members}
	v.out.Bill = bill
	// Lines name members by their places, in the order of their ids.
	all, err := v.others("m.document_id", "m.group_document_id")
	if err != nil {
		return err
	}
	bodies, err := ledgerrow.Payloads(v.tx, []ledgerrow.Address{found[0].at})
	if err != nil {
		return err
	}
	for _, line := range group.DecodeOrigins(bodies[found[0].at]) {
		origins := make([]document.Origin, 0, len(line))
		for _, o := range line {
			if o.Member < len(all) {
				origins = append(origins, document.Origin{Member: all[o.Member].ID, Record: o.Record, Line: o.Line})
			}
		}
		bill.Lines = append(bill.Lines, origins)
	}
	bill.Members = all[:min(len(all), document.MaxMembers)]
	return nil
}

// bills reads the bills that the document's revisions are in.
func (v *view) bills() error {
	var err error
	v.out.Bills, err = v.others("m.group_document_id", "m.document_id")
	return err
}

// others reads the other ends of memberships that have the document at one end.
func (v *view) others(other, own string) ([]document.Member, error) {
	return store.Scan(v.tx, func(rows *sql.Rows) (document.Member, error) {
		var m document.Member
		var state ledger.State
		err := rows.Scan(&m.ID, &m.Node, &m.Key, &m.Number, &state, &m.Rev)
		m.State = document.StateName(state)
		return m, err
	}, "SELECT d.id, s.node_id, d.doc_key, d.number, d.state, m.rev FROM group_member m JOIN document d ON d.id = "+other+
		" JOIN stream s ON s.id = d.stream_id WHERE "+own+" = ? ORDER BY d.id", v.id)
}
