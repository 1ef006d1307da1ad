package sse

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/api/rest"
)

// Snapshot is how something that is watched stands. It is whole.
type Snapshot struct {
	// Seq grows strictly, also over several watches one after the other.
	Seq int64
	At  time.Time
	// Final says that it is over and nothing follows.
	Final bool
	Data  any
}

type watchInput struct {
	rest.IDInput

	// Every snapshot is whole, so the newest one is all that a reconnect needs.
	LastEventID string `header:"Last-Event-ID"`
}

// Watch adds the route by which clients watch something with an id: events of type
// progress, the final one of type end. show makes of what watch tells what is sent; its
// context is the request's.
func Watch[S any](api huma.API, k *rest.Kit, path, operation, summary string, watch func(context.Context, ledger.ID) (<-chan S, error), show func(context.Context, S) Snapshot) {
	huma.Register(api, Described(rest.Op(http.MethodGet, path, operation, summary, 0)),
		rest.Handle(k, func(ctx context.Context, in *watchInput) (*huma.StreamResponse, error) {
			id, err := in.Number()
			if err != nil {
				return nil, err
			}
			told, err := watch(ctx, id)
			if err != nil {
				return nil, err
			}
			return Stream(Relay(ctx, told, func(s S) Event { //nolint:contextcheck // a stream ends with the request's context
				snap, kind := show(ctx, s), "progress"
				if snap.Final {
					kind = "end"
				}
				return Event{snap.Seq, kind, snap.At.UTC(), snap.Data}
			})), nil
		}))
}
