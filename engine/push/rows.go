package push

import (
	"fmt"
	"slices"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// rows prepares deliveries: key, parameters and part of each record.
func (w *walk) rows(step *plan.Step, waiting []token) ([]deliver.Row, []token) {
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
		key, err := targetKey(step.Target, scope, task.Document.Key, parts[t.doc])
		var params []byte
		if err == nil {
			params, err = step.Target.Params.Append(nil, scope)
		}
		if err != nil {
			w.fail(step, t, fault.From(err))
			continue
		}
		part, existing := parts[t.doc].take(key)
		t.delivery = ledger.DeliveryKey{Document: task.Document.ID, NodeNo: step.NodeNo, Part: part}
		sent = append(sent, t)
		rows = append(rows, deliver.Row{
			Document: task.Document.ID, Rev: task.Document.ActiveRev, Version: task.Document.Version, Part: part,
			Key: key, Params: params, Body: t.item.Raw, Existing: existing,
		})
	}
	for doc, p := range parts {
		if gone := p.gone(); gone != "" {
			w.docs[doc].mark(ledger.NeedsDecision, w.problem(fault.New("delivery.part_gone",
				"%s was written before and the flow no longer makes it", gone).Hinted("decide whether to keep or remove it in the target"), step.NodeID), 0)
		}
	}
	return rows, sent
}

// targetKey evaluates the key; without one it is the document's key and part.
func targetKey(target *plan.Target, scope *value.Scope, document string, parts *parting) (string, error) {
	if target.Key == nil {
		return fmt.Sprintf("%s/%d", document, len(parts.used)), nil
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
