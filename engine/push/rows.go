package push

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

// rows prepares deliveries: key, parameters and part of each record. Its error is
// that of look-ups that can't be answered at all.
func (w *walk) rows(ctx context.Context, step *plan.Step, waiting []token) ([]deliver.Row, []token, error) {
	var rows []deliver.Row
	var sent []token
	parts := map[int]*parting{}
	for _, t := range waiting {
		task := w.tasks[t.doc]
		scope := &value.Scope{Params: item.Of(w.plan.Params)}
		scope.SetItem(t.item)
		if parts[t.doc] == nil {
			parts[t.doc] = newParting(task.Deliveries, step.NodeNo)
		}
		var key string
		if ok, err := w.evaluated(ctx, step, t, w.lose, func() (err error) {
			scope.Answers = w.answers
			key, err = targetKey(step.Target, scope, task.Document.Key, t.route, parts[t.doc])
			return err
		}); err != nil {
			return nil, nil, err
		} else if !ok {
			continue
		}
		part, existing := parts[t.doc].take(key)
		t.delivery = ledger.DeliveryKey{Document: task.Document.ID, NodeNo: step.NodeNo, Part: part}
		w.docs[t.doc].claim(t.delivery)
		var params []byte
		if ok, err := w.evaluated(ctx, step, t, w.fail, func() (err error) {
			if err = ordered(step.Target, scope, t.item, existing); err != nil {
				return err
			}
			scope.Answers = w.answers
			params, err = step.Target.Params.Append(nil, scope)
			return err
		}); err != nil {
			return nil, nil, err
		} else if !ok {
			continue
		}
		sent = append(sent, t)
		rows = append(rows, deliver.Row{
			Document: task.Document.ID, Rev: task.Document.ActiveRev, Version: task.Document.Version, Part: part,
			Key: key, Params: params, Body: t.item.Raw, Existing: existing, Resumed: task.Document.State != ledger.Waiting,
		})
	}
	for doc, p := range parts {
		lost := p.lost()
		if lost == "" {
			continue
		}
		rows, sent = without(rows, sent, doc)
		if progress := &w.docs[doc]; !progress.unplaced || !progress.retries() {
			progress.mark(ledger.NeedsDecision, ledger.ProblemOf(partLost(lost), step.NodeID), 0)
		}
	}
	return rows, sent, nil
}

// without leaves out the rows of a document that were never sent: one of them may
// take the place of what was lost.
func without(rows []deliver.Row, sent []token, doc int) ([]deliver.Row, []token) {
	var keptRows []deliver.Row
	var kept []token
	for i, t := range sent {
		if t.doc != doc || rows[i].Existing != nil {
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
