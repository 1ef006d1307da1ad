package documentstore

import (
	"database/sql"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
)

// mostHanded is how many hand-overs of a document are shown: the newest.
const mostHanded = 50

// lineage reads where a document came from and where it was handed over to.
func (v *view) lineage() error {
	var err error
	if v.out.HandedFrom, err = v.handed("h.rev", "h.document_id", "h.to_document_id"); err != nil {
		return err
	}
	v.out.HandedTo, err = v.handed("h.to_rev", "h.to_document_id", "h.document_id")
	return err
}

// handed reads the other ends of the hand-overs that have the document at one end.
func (v *view) handed(rev, other, own string) ([]document.Handed, error) {
	found, err := store.Scan(v.tx, func(rows *sql.Rows) (document.Handed, error) {
		var h document.Handed
		var state ledger.State
		err := rows.Scan(&h.ID, &h.Key, &h.Number, &state, &h.Flow, &h.FlowTitle, &h.Node, &h.Rev, &h.At)
		h.State = document.StateName(state)
		return h, err
	}, "SELECT d.id, d.doc_key, d.number, d.state, COALESCE(f.public_id, ''), COALESCE(f.title, ''), COALESCE(n.node_id, ''), "+rev+", h.handed_at"+
		" FROM handover h JOIN document d ON d.id = "+other+" JOIN stream s ON s.id = d.stream_id LEFT JOIN flow f ON f.id = s.flow_id"+
		" JOIN document o ON o.id = h.document_id JOIN stream os ON os.id = o.stream_id LEFT JOIN flow_node n ON n.flow_id = os.flow_id AND n.node_no = h.node_no"+
		" WHERE "+own+" = ? ORDER BY h.handed_at DESC, h.rev DESC, h.node_no DESC, h.way DESC LIMIT ?", v.id, mostHanded)
	for i, n := 0, len(found); i < n/2; i++ {
		found[i], found[n-1-i] = found[n-1-i], found[i]
	}
	return found, err
}
