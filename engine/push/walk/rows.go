package walk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Rows prepares deliveries: key, parameters and part of each record. Its error is
// that of look-ups that can't be answered at all.
func (w *Walk) Rows(ctx context.Context, step *plan.Step, waiting []Token) ([]deliver.Row, []Token, error) {
	var rows []deliver.Row
	var sent []Token
	parts := map[int]*parting{}
	scope := &value.Scope{} // one for all: it knows the order of members by then
	for _, t := range waiting {
		task := &w.Tasks[t.Doc]
		scope.Reset()
		scope.SetItem(t.Item)
		scope.Params = item.Of(w.Plan.Params)
		if parts[t.Doc] == nil {
			parts[t.Doc] = newParting(task.Deliveries, step.NodeNo)
		}
		var key string
		if ok, err := w.evaluated(ctx, step, t, w.lose, func() (err error) {
			scope.Answers = w.Answers
			key, err = targetKey(step.Target, scope, task.Document.Key, t.Route, parts[t.Doc])
			return err
		}); err != nil {
			return nil, nil, err
		} else if !ok {
			continue
		}
		part, existing := parts[t.Doc].take(key)
		t.Delivery = ledger.DeliveryKey{Document: task.Document.ID, NodeNo: step.NodeNo, Part: part}
		w.Docs[t.Doc].claim(t.Delivery)
		var params []byte
		if ok, err := w.evaluated(ctx, step, t, w.Fail, func() (err error) {
			if err = ordered(step.Target, scope, t.Item, existing); err != nil {
				return err
			}
			scope.Answers = w.Answers
			params, err = step.Target.Params.Append(nil, scope)
			return err
		}); err != nil {
			return nil, nil, err
		} else if !ok || rewrites(&task.Document, existing) {
			continue
		}
		sent = append(sent, t)
		rows = append(rows, deliver.Row{
			Document: task.Document.ID, Rev: task.Document.ActiveRev, Version: task.Document.Version, Part: part,
			Key: key, Params: params, Body: t.Item.Raw, Existing: existing, Resumed: task.Document.State != ledger.Waiting,
		})
	}
	for doc, p := range parts {
		lost := p.lost()
		if lost == "" {
			continue
		}
		rows, sent = without(rows, sent, doc)
		if progress := &w.Docs[doc]; !progress.Unplaced || !progress.Retries() {
			progress.Mark(ledger.NeedsDecision, ledger.ProblemOf(PartLost(lost), step.NodeID), 0)
		}
	}
	return rows, sent, nil
}

// rewrites reports whether a row would be written of a revision that was delivered: it
// is walked again for its hand-over alone, and nothing is written anew.
func rewrites(doc *ledger.Document, existing *ledger.Delivery) bool {
	return doc.DoneRev == doc.ActiveRev && (existing == nil || existing.State != ledger.DeliveryDone)
}

// without leaves out the rows of a document that were never sent: one of them may
// take the place of what was lost.
func without(rows []deliver.Row, sent []Token, doc int) ([]deliver.Row, []Token) {
	var keptRows []deliver.Row
	var kept []Token
	for i, t := range sent {
		if t.Doc != doc || rows[i].Existing != nil {
			keptRows, kept = append(keptRows, rows[i]), append(kept, t)
		}
	}
	return keptRows, kept
}

// ordered lets the scope read the body that a person ordered to be written. An
// edited body keeps its key: under another one the object would be another
// delivery's, and the next walk would write a second.
func ordered(target *plan.Target, scope *value.Scope, in item.Item, existing *ledger.Delivery) error {
	if existing == nil || existing.State != ledger.DeliveryPending {
		return nil
	}
	scope.SetItem(in.With(existing.Body))
	if target.Key == nil {
		return nil
	}
	key, err := target.Key.Text(scope)
	if err == nil && key != existing.Key {
		err = fault.New("delivery.key_edited", "the edited body has the target key %q instead of %q", key, existing.Key).Classed(fault.Data).
			Hinted("edit the source payload instead, or keep the key")
	}
	return err
}

// bounded gives a text that is short enough for a key, in its place its hash where it is not.
func bounded(text string) string {
	if len(text) <= ledger.MaxKey {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// targetKey evaluates the key; without one it is the document's key and the way that
// the record came, which stays the same when other records of the document fail.
func targetKey(target *plan.Target, scope *value.Scope, document, route string, parts *parting) (string, error) {
	if target.Key == nil {
		if route == "" {
			route = "/0"
		}
		return bounded(document + route), nil
	}
	key, err := target.Key.Text(scope)
	switch {
	case err != nil:
		return "", err
	case key == "":
		return "", fault.New("delivery.key_empty", "the target key is empty").Classed(fault.Data).Hinted("map the field that the key reads")
	case len(key) > ledger.MaxKey:
		return "", fault.New("delivery.key_too_long", "the target key has %d bytes; at most %d are allowed", len(key), ledger.MaxKey).Classed(fault.Data)
	case slices.Contains(parts.used, key):
		return "", fault.New("delivery.key_repeated", "the document makes two rows with the key %s", key).Classed(fault.Data)
	}
	return key, nil
}

// PartLost says that what was sent under a key may be there, and nothing stands for it any more.
func PartLost(key string) *fault.Fault {
	return fault.New("delivery.part_lost", "whether %s was written is not known and the flow no longer makes it", key).
		Hinted("retry with the version that the document was read with, or skip it")
}
