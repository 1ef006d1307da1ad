package ledgerrow

import (
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/pack"
)

// Packs writes payloads of one transaction and tells their addresses.
type Packs struct {
	Workspace ledger.ID
	Kind      string
	// Now is when they are made: by that they go, see server/retention.
	Now ledger.Millis
	// NextID allocates the packs' ids, at most one for each payload.
	NextID func() ledger.ID

	rows [][]any
	open [][]byte
	size int
	id   ledger.ID
}

// Add puts a payload into the open pack, nil payloads nowhere, and gives its address.
func (p *Packs) Add(payload []byte) Address {
	if payload == nil {
		return Address{}
	}
	if p.id != 0 && p.size+len(payload) > pack.MaxSize {
		p.Seal()
	}
	if p.id == 0 {
		p.id = p.NextID()
	}
	at := Address{Pack: p.id, No: len(p.open)}
	p.open = append(p.open, payload)
	p.size += len(payload)
	return at
}

// Seal compresses what was added and is not yet.
func (p *Packs) Seal() {
	if p.id == 0 {
		return
	}
	p.rows = append(p.rows, []any{p.id, p.Workspace, p.Kind, len(p.open), pack.Codec, p.Now, pack.Encode(p.open)})
	p.open, p.size, p.id = nil, 0, 0
}

// Write inserts what was added.
func (p *Packs) Write(tx *gorm.DB, sql store.Dialect) error {
	p.Seal()
	for _, row := range p.rows { // one at a time: a statement with several would outgrow a packet
		if err := sql.Insert(tx, Table("pack", "id", "id,workspace_id,kind,row_count,codec,made_at,body"), [][]any{row}); err != nil {
			return err
		}
	}
	return nil
}
