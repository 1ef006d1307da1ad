package ledgerstore

import (
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/pack"
)

// packs writes payloads of one transaction and tells their addresses.
type packs struct {
	workspace ledger.ID
	kind      string
	nextID    func() ledger.ID

	rows [][]any
	open [][]byte
	size int
	id   ledger.ID
}

// add puts a payload into the open pack, nil payloads nowhere, and gives its address.
func (p *packs) add(payload []byte) ledgerrow.Address {
	if payload == nil {
		return ledgerrow.Address{}
	}
	if p.id != 0 && p.size+len(payload) > pack.MaxSize {
		p.seal()
	}
	if p.id == 0 {
		p.id = p.nextID()
	}
	at := ledgerrow.Address{Pack: p.id, No: len(p.open)}
	p.open = append(p.open, payload)
	p.size += len(payload)
	return at
}

func (p *packs) seal() {
	if p.id == 0 {
		return
	}
	p.rows = append(p.rows, []any{p.id, p.workspace, p.kind, len(p.open), pack.Codec, int64(ledger.FarFuture), pack.Encode(p.open)})
	p.open, p.size, p.id = nil, 0, 0
}

// write inserts what was added.
func (p *packs) write(tx *gorm.DB, sql store.Dialect) error {
	p.seal()
	for _, row := range p.rows { // one at a time: a statement with several would outgrow a packet
		if err := sql.Insert(tx, packTable(), [][]any{row}); err != nil {
			return err
		}
	}
	return nil
}
