package store

import (
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/ledger"
)

// ListIDs writes ids as a text of numbers joined by commas.
func ListIDs(ids []ledger.ID) string {
	var text []byte
	for i, id := range ids {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendInt(text, int64(id), 10)
	}
	return string(text)
}

// ReadIDs reads what ListIDs wrote.
func ReadIDs(text string) ([]ledger.ID, error) {
	var ids []ledger.ID
	for part := range strings.SplitSeq(text, ",") {
		if part == "" {
			continue
		}
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return nil, err
		}
		ids = append(ids, ledger.ID(id))
	}
	return ids, nil
}
