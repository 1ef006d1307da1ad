package ledgerstore

import "github.com/karezflow/karez/engine/ledger"

// ListIDs writes ids as a text.
func ListIDs(ids []ledger.ID) string { return listIDs(ids) }

// ReadIDs reads what ListIDs wrote.
func ReadIDs(text string) ([]ledger.ID, error) { return readIDs(text) }
