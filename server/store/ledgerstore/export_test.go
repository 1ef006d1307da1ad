package ledgerstore

import "github.com/karezflow/karez/engine/ledger"

// MaxPack is the most bytes of payloads in one pack.
const MaxPack = maxPack

// EncodePack makes a pack.
func EncodePack(payloads [][]byte) []byte { return encodePack(payloads) }

// DecodePack reads a pack.
func DecodePack(packed []byte) ([][]byte, error) { return decodePack(packed) }

// ListIDs writes ids as a text.
func ListIDs(ids []ledger.ID) string { return listIDs(ids) }

// ReadIDs reads what ListIDs wrote.
func ReadIDs(text string) ([]ledger.ID, error) { return readIDs(text) }
