package runledger

import (
	"database/sql"
	"encoding/json"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// reading is how a ledger.Reading is stored.
type reading struct {
	Kind string        `json:"kind"`
	Node string        `json:"node"`
	From ledger.Millis `json:"from,omitempty"`
	To   ledger.Millis `json:"to,omitempty"`
}

func nullReading(r *ledger.Reading) any {
	if r == nil {
		return nil
	}
	text, err := json.Marshal(reading{ledgerrow.WindowKind(r.Kind), r.Node, r.From, r.To})
	if err != nil {
		return nil // texts and numbers can be written
	}
	return string(text)
}

func readReading(text sql.NullString) (*ledger.Reading, error) {
	if text.String == "" {
		return nil, nil //nolint:nilnil // nothing but what changed is to be read
	}
	var r reading
	if err := json.Unmarshal([]byte(text.String), &r); err != nil {
		return nil, fault.Wrap(err, "run.unreadable", "what a run reads can't be read").Classed(fault.Internal)
	}
	return &ledger.Reading{Kind: ledgerrow.WindowKindOf(r.Kind), Node: r.Node, From: r.From, To: r.To}, nil
}
