package ledgerstore

import (
	"encoding/binary"
	"sync"

	"github.com/klauspost/compress/zstd"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/store"
)

// maxPack is the most bytes of payloads in one pack; a larger payload has one alone.
const maxPack = 4 << 20

// codecZstd marks a pack that is a zstd frame of: the number of payloads, the
// length of each, the payloads.
const codecZstd = 1

// packs writes payloads of one transaction and tells their addresses.
type packs struct {
	workspace ledger.ID
	kind      string
	nextID    func() ledger.ID

	rows  [][]any
	open  [][]byte
	size  int
	id    ledger.ID
	where []address
}

// add puts a payload into the open pack, nil payloads nowhere, and gives its address.
func (p *packs) add(payload []byte) address {
	if payload == nil {
		return address{}
	}
	if p.id != 0 && p.size+len(payload) > maxPack {
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
	p.rows = append(p.rows, []any{p.id, p.workspace, p.kind, len(p.open), codecZstd, int64(ledger.FarFuture), encodePack(p.open)})
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

// coder holds the compressor's state, which is dear to make.
type coder struct {
	encoder *zstd.Encoder
	decoder *zstd.Decoder
}

var coders = sync.OnceValues(func() (*coder, error) { //nolint:gochecknoglobals // made once, then only read
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, err
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(256<<20))
	return &coder{encoder, decoder}, err
})

func encodePack(payloads [][]byte) []byte {
	plain := binary.AppendUvarint(nil, uint64(len(payloads)))
	for _, b := range payloads {
		plain = binary.AppendUvarint(plain, uint64(len(b)))
	}
	for _, b := range payloads {
		plain = append(plain, b...)
	}
	c, err := coders()
	if err != nil {
		return nil // the options above are constants that are known to work
	}
	return c.encoder.EncodeAll(plain, nil)
}

func decodePack(packed []byte) ([][]byte, error) {
	c, err := coders()
	if err != nil {
		return nil, err
	}
	plain, err := c.decoder.DecodeAll(packed, nil)
	if err != nil {
		return nil, fault.Wrap(err, "store.pack_broken", "a stored payload can't be read").Classed(fault.Internal)
	}
	broken := fault.New("store.pack_broken", "a stored payload can't be read").Classed(fault.Internal)
	count, n := binary.Uvarint(plain)
	if n <= 0 || count > uint64(len(plain)) {
		return nil, broken
	}
	plain = plain[n:]
	sizes := make([]uint64, count)
	for i := range sizes {
		if sizes[i], n = binary.Uvarint(plain); n <= 0 {
			return nil, broken
		}
		plain = plain[n:]
	}
	payloads := make([][]byte, count)
	for i, size := range sizes {
		if size > uint64(len(plain)) {
			return nil, broken
		}
		payloads[i], plain = plain[:size:size], plain[size:]
	}
	return payloads, nil
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
			if decoded[id], err = decodePack(packed); err != nil {
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
