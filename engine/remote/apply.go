package remote

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/protocol/peer"
)

// mostSuspects bounds how many records are remembered that go alone.
const mostSuspects = 10_000

// New implements node.Transformer.
func (k *kind) New(s node.Settings) (node.TransformFunc, error) {
	var raw json.RawMessage
	if err := s.Decode(&raw); err != nil {
		return nil, err
	}
	a := &applier{kind: k, settings: raw, ports: map[string]bool{"": true}, alone: map[string]bool{}}
	for _, p := range k.declared.OutputsOf(raw) {
		a.ports[p.Name] = true
	}
	return a.apply, nil
}

// applier applies one node of one flow version.
type applier struct {
	*kind

	settings []byte
	ports    map[string]bool

	mu sync.Mutex
	// alone has the keys of records with which the plugin's process ended, or did not come
	// to an end: one of a portion is to blame, and the others must not suffer for it again.
	alone map[string]bool
}

// apply is a node.TransformFunc. What fails is the portion, not the batch.
func (a *applier) apply(ctx context.Context, batch []item.Item) ([]node.Result, error) {
	results := make([]node.Result, len(batch))
	for from := 0; from < len(batch); {
		to := a.portion(batch, from)
		if size(batch[from]) > mostBytes {
			results[from] = node.Result{Fault: tooLarge(size(batch[from]))}
			from = to
			continue
		}
		given, err := a.call(ctx, batch[from:to])
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			a.suspect(err, batch[from:to])
		}
		for i := from; i < to; i++ {
			if err != nil {
				results[i] = node.Result{Fault: a.clean(fault.From(err))}
			} else {
				results[i] = a.checked(given[i-from])
			}
		}
		from = to
	}
	return results, nil
}

// portion gives the end of the portion that begins at from.
func (a *applier) portion(batch []item.Item, from int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	bytes := size(batch[from])
	if bytes > mostBytes || a.alone[keyOf(batch[from])] {
		return from + 1
	}
	to := from + 1
	for ; to < len(batch) && to-from < a.types.limits.Records; to++ {
		if bytes += size(batch[to]); bytes > a.types.limits.Bytes || a.alone[keyOf(batch[to])] {
			break
		}
	}
	return to
}

func (a *applier) call(ctx context.Context, portion []item.Item) (results []node.Result, err error) {
	ctx, cancel := context.WithTimeout(ctx, a.types.limits.Call)
	defer cancel()
	err = a.types.host.Transforms(ctx, a.plugin, a.version, func(code node.Code) (err error) {
		results, err = code.Apply(ctx, a.name, a.settings, portion)
		return err
	})
	return results, err
}

// suspect has the records of a portion go alone from now on.
func (a *applier) suspect(err error, portion []item.Item) {
	if code := fault.CodeOf(err); code != peer.CodeCrashed && code != peer.CodeTimeout || len(portion) == 1 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.alone) > mostSuspects {
		clear(a.alone)
	}
	for _, in := range portion {
		a.alone[keyOf(in)] = true
	}
}

func keyOf(in item.Item) string {
	if in.Facts == nil {
		return ""
	}
	return in.Facts.Key
}

// size is what a record takes on its way, besides its facts.
func size(in item.Item) int { return len(in.Raw) + len(in.Vars) }

func tooLarge(bytes int) *fault.Fault {
	return fault.New("transform.too_large", "the document has %d bytes, and at most %d cross into a plugin", bytes, mostBytes).Classed(fault.Data)
}
