package pull

import (
	"bytes"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// behindKey reports whether every page is the first one of what lies behind a key: rows
// that come, go or move before it do not shift it.
func (r *reader) behindKey() bool {
	p := r.job.Source.Page
	return p.Strategy == manifest.ByKeyset && p.KeyField != ""
}

// key gives the key behind which the page after these rows begins. Where several rows may
// have one key, those of the last key may go on there, so that the page begins before
// them: they come again and are known by then.
func (r *reader) key(rows [][]byte) (string, error) {
	spec := r.job.Source.Page
	last := keyIn(rows[len(rows)-1], spec.KeyField)
	if spec.KeyUnique || last == "" {
		return last, nil
	}
	for i := len(rows) - 2; i >= 0; i-- {
		if key := keyIn(rows[i], spec.KeyField); key != last {
			return key, nil
		}
	}
	return "", fault.New("paging.key_repeated", "%d rows have the same %s, %s: those behind them can't be asked for", len(rows), spec.KeyField, last).
		Classed(fault.Config).Hinted("page by a field that is unique, or let a page have more rows")
}

func keyIn(row []byte, field string) string { return item.Of(row).Path(field).Text() }

// repeats tells how many rows at the beginning of a page are those at the end of the one
// before.
func repeats(before, rows [][]byte) int {
	for n := min(len(before), len(rows)); n > 0; n-- {
		same := true
		for i := range n {
			if !bytes.Equal(before[len(before)-n+i], rows[i]) {
				same = false
				break
			}
		}
		if same {
			return n
		}
	}
	return 0
}
