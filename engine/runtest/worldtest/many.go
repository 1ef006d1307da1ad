package worldtest

import (
	"github.com/karezflow/karez/engine/ledger"
)

// Fate is how a document of many ends after its only send: what the target says of it and
// what the document is then.
type Fate struct {
	Delivery ledger.DeliveryState
	State    ledger.State
	Code     string
}

// Many pulls a document for every key, sends each once and lets it end as fate says of its
// key. Its target key is "t-" and its key. All goes the way of single ones, though a full work
// row at a time: ten thousand take seconds.
func (w *World) Many(keys []string, fate func(key string) Fate) {
	w.Helper()
	for len(keys) > 0 {
		some := keys[:min(len(keys), ledger.WorkSize)]
		keys = keys[len(some):]
		page := make([]ledger.Incoming, len(some))
		for i, key := range some {
			page[i] = Rec(key, "1")
		}
		for _, work := range w.Pull(page...).Work {
			w.end(w.Claim(work, "worker"), fate)
		}
	}
}

// end sends the documents of a claimed row and ends them.
func (w *World) end(work ledger.Work, fate func(key string) Fate) {
	w.Helper()
	var (
		rows    []ledger.Intent
		outcome = w.Outcome(work)
	)
	for _, task := range w.Load(work) {
		doc := task.Document
		row, end := w.Intent(doc, "t-"+doc.Key, nil), fate(doc.Key)
		rows = append(rows, row)
		outcome.Deliveries = append(outcome.Deliveries, ledger.Resolution{
			DeliveryKey: row.DeliveryKey, Attempt: row.Attempt, State: end.Delivery, Code: end.Code, FreeKey: end.Delivery == ledger.DeliveryRejected,
		})
		outcome.Documents = append(outcome.Documents, w.settled(doc, end.State))
	}
	result, err := w.Intend(work, rows...)
	w.Must(err)
	w.Same("taken keys", result.Taken, map[int]ledger.DeliveryKey{})
	ended, err := w.Ended(outcome)
	w.Must(err)
	w.Same("stale", ended.Stale, []ledger.ID{})
}
