package ledgerrow

import (
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/pack"
)

// Address names a payload; the zero Address names none.
type Address struct {
	Pack ledger.ID
	No   int
}

// Payloads reads what addresses name; what is not there any more is left out.
func Payloads(tx *gorm.DB, at []Address) (map[Address][]byte, error) {
	var ids []ledger.ID
	seen := map[ledger.ID]bool{}
	for _, a := range at {
		if a.Pack != 0 && !seen[a.Pack] {
			seen[a.Pack] = true
			ids = append(ids, a.Pack)
		}
	}
	decoded := map[ledger.ID][][]byte{}
	err := store.Chunks(ids, func(ids []ledger.ID) error {
		_, err := store.Scan(tx, func(row *sql.Rows) (id ledger.ID, err error) {
			var packed sql.RawBytes
			if err = row.Scan(&id, &packed); err == nil {
				decoded[id], err = pack.Decode(packed)
			}
			return id, err
		}, "SELECT id, body FROM pack WHERE id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
		return err
	})
	out := make(map[Address][]byte, len(at))
	for _, a := range at {
		if a.No < len(decoded[a.Pack]) {
			out[a] = decoded[a.Pack][a.No]
		}
	}
	return out, err
}

// Gone gives the packs of addresses that are not there any more.
func Gone(tx *gorm.DB, at []Address) (map[ledger.ID]bool, error) {
	gone := map[ledger.ID]bool{}
	var ids []ledger.ID
	for _, a := range at {
		if a.Pack != 0 && !gone[a.Pack] {
			gone[a.Pack], ids = true, append(ids, a.Pack)
		}
	}
	err := store.Chunks(ids, func(ids []ledger.ID) error {
		there, err := store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM pack WHERE id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
		for _, id := range there {
			delete(gone, id)
		}
		return err
	})
	return gone, err
}

// AnswerOf gives where the answer to a call is in the pack that the call names. The answers
// of one commit share a pack, in the order of their calls; 0 names none.
func AnswerOf(tx *gorm.DB, call, pack ledger.ID) (Address, error) {
	at := Address{Pack: pack}
	if pack == 0 {
		return at, nil
	}
	err := tx.Raw("SELECT COUNT(*) FROM vendor_call WHERE id < ? AND id > ? AND resp_pack = ?", call, call-5000, pack).Scan(&at.No).Error
	return at, err
}
