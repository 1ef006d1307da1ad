package ledgerstore

import (
	"database/sql"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// stored is a delivery with the addresses of its body and response.
type stored struct {
	ledger.Delivery

	workspace         ledger.ID
	rowNo             int
	body, response    ledgerrow.Address
	number, writeback sql.NullString
}

func scanDelivery(rows *sql.Rows) (stored, error) {
	var d stored
	var message, args sql.NullString
	var updating int
	err := rows.Scan(&d.Document, &d.NodeNo, &d.Part, &d.workspace, &d.Rev, &d.Version, &d.Connection, &d.Resource, &d.Key, &d.State, &d.Attempt,
		&d.Call, &d.rowNo, &d.body.Pack, &d.body.No, &d.response.Pack, &d.response.No, &d.Absent, &d.Spent, &d.Since, &updating, &d.Step, &d.TargetID, &d.number, &d.writeback, &d.Code, &message, &args,
		&d.NextAt, &d.Updated)
	d.TargetNumber, d.Message, d.Args = d.number.String, message.String, store.ReadArgs(args)
	d.Updating = updating != 0
	if d.writeback.Valid {
		d.Writeback = []byte(d.writeback.String)
	}
	return d, err
}

func deliveryRow(d stored) []any {
	return []any{
		d.Document, d.NodeNo, d.Part, d.workspace, d.Rev, d.Version, d.Connection, store.Cut(d.Resource, 190), d.Key, d.State, d.Attempt,
		d.Call, d.rowNo, d.body.Pack, d.body.No, d.response.Pack, d.response.No, d.Absent, d.Spent, d.Since, store.Bit(d.Updating), store.Cut(d.Step, 190), store.Cut(d.TargetID, 190), store.Null(store.Cut(d.TargetNumber, 190)),
		store.Null(string(d.Writeback)), store.Cut(d.Code, 64), store.Null(store.CutText(d.Message)), store.NullArgs(d.Args), d.NextAt, d.Updated,
	}
}

func scanAnswerable(rows *sql.Rows) (stored, error) {
	var d stored
	err := rows.Scan(&d.Document, &d.NodeNo, &d.Part, &d.State, &d.Attempt, &d.Call, &d.rowNo, &d.body.Pack, &d.body.No,
		&d.response.Pack, &d.response.No, &d.Step, &d.TargetID, &d.number, &d.writeback)
	d.TargetNumber = d.number.String
	if d.writeback.Valid {
		d.Writeback = []byte(d.writeback.String)
	}
	return d, err
}

func answeredRow(d stored) []any {
	return []any{
		d.Document, d.NodeNo, d.Part, d.State, d.response.Pack, d.response.No, d.Absent, d.Spent, store.Cut(d.Step, 190),
		store.Cut(d.TargetID, 190), store.Null(store.Cut(d.TargetNumber, 190)), store.Null(string(d.Writeback)),
		store.Cut(d.Code, 64), store.Null(store.CutText(d.Message)), store.NullArgs(d.Args), d.NextAt, d.Updated,
	}
}
