// Package ask puts the look-ups of documents to query operations of connected
// systems, each distinct question once, and keeps answers for as long as who asks
// allows. Other look-ups it hands on.
//
// It may import engine/ledger, engine/lookup and the sdk only: never a database, a
// node or a connector's process.
package ask

import (
	"context"
	"maps"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/errgroup"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Lookups answer what is asked of documents and code tables.
type Lookups interface {
	Answer(ctx context.Context, workspace ledger.ID, asked []item.Lookup) (map[string]lookup.Found, error)
}

// Connections open the connections of a workspace by name.
type Connections interface {
	Open(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, connector.Session, error)
	Manifests
}

// Asker answers look-ups. It is safe for concurrent use.
type Asker struct {
	lookups     Lookups
	connections Connections
	clock       func() time.Time
	kept        *lru.Cache[question, answer]
}

// question is a look-up of a workspace.
type question struct {
	workspace ledger.ID
	key       string
}

type answer struct {
	found lookup.Found
	at    time.Time
}

const (
	// mostKept bounds the answers that are kept, mostAtOnce the calls of a batch under way.
	mostKept   = 4096
	mostAtOnce = 4
)

// New makes an Asker; what is no question to an operation goes to lookups.
func New(lookups Lookups, connections Connections, clock func() time.Time) *Asker {
	kept, _ := lru.New[question, answer](mostKept) // it fails for a size below 1 only
	return &Asker{lookups, connections, clock, kept}
}

// Answer answers look-ups of a workspace; the result has every one's key. What one
// operation can't answer is the Fault of that answer. Its error is that of the other look-ups.
func (a *Asker) Answer(ctx context.Context, workspace ledger.ID, asked []item.Lookup) (map[string]lookup.Found, error) {
	var others, calls []item.Lookup
	out := make(map[string]lookup.Found, len(asked))
	for _, l := range asked {
		switch kept, ok := a.kept.Get(question{workspace, l.Key()}); {
		case l.Operation == "":
			others = append(others, l)
		case ok && a.clock().Sub(kept.at) < l.Fresh:
			out[l.Key()] = kept.found
		default:
			calls = append(calls, l)
		}
	}
	if len(others) > 0 {
		found, err := a.lookups.Answer(ctx, workspace, others)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, found)
	}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(mostAtOnce)
	for _, l := range calls {
		group.Go(func() error {
			found := a.call(ctx, workspace, l)
			mu.Lock()
			defer mu.Unlock()
			out[l.Key()] = found
			return nil
		})
	}
	return out, group.Wait()
}

// call asks an operation and keeps its answer where that is wanted.
func (a *Asker) call(ctx context.Context, workspace ledger.ID, l item.Lookup) lookup.Found {
	_, session, err := a.connections.Open(ctx, workspace, l.Connection)
	if err != nil {
		return lookup.Found{Fault: waiting(err)}
	}
	paging, err := a.paging(ctx, workspace, l)
	if err != nil {
		return lookup.Found{Fault: waiting(err)}
	}
	values, err := pages(ctx, session, paging, l)
	if err != nil {
		return lookup.Found{Fault: fault.From(err)}
	}
	found := lookup.Found{Values: values}
	if l.Fresh > 0 {
		a.kept.Add(question{workspace, l.Key()}, answer{found, a.clock()})
	}
	return found
}

// waiting is a connection that can't be opened: documents wait for it, it is no fault of theirs.
func waiting(err error) *fault.Fault { return fault.From(err).Classed(fault.Transient) }
