package ledgerstore

import (
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
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
func (p *packs) add(payload []byte) address {
	if payload == nil {
		return address{}
	}
	if p.id != 0 && p.size+len(payload) > pack.MaxSize {
		p.seal()
	}
	if p.id == 0 {
		p.id = p.nextID()
	}
	at := address{p.id, len(p.open)}
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

// payloads reads the packs of addresses.
func payloads(tx *gorm.DB, at []address) (map[address][]byte, error) {
	var ids []ledger.ID
	seen := map[ledger.ID]bool{}
	for _, a := range at {
		if a.pack != 0 && !seen[a.pack] {
			seen[a.pack] = true
			ids = append(ids, a.pack)
		}
	}
	decoded := map[ledger.ID][][]byte{}
	err := store.Chunks(ids, func(ids []ledger.ID) error {
		rows, err := tx.Raw("SELECT id, body FROM pack WHERE id IN "+store.In(len(ids)), store.Args(nil, ids...)...).Rows()
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // rows.Err has told what there is to tell
		for rows.Next() {
			var id ledger.ID
			var packed []byte
			if err := rows.Scan(&id, &packed); err != nil {
				return err
			}
			if decoded[id], err = pack.Decode(packed); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	out := make(map[address][]byte, len(at))
	for _, a := range at {
		if a.no < len(decoded[a.pack]) {
			out[a] = decoded[a.pack][a.no]
		}
	}
	return out, err
}
