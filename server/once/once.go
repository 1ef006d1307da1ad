// Package once has orders carried out once that their clients call by a key, however
// often they are sent.
//
// It may import engine/ledger and sdk/fault only: never a service, a database or HTTP.
package once

import (
	"context"
	"errors"
	"hash/fnv"
	"strings"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// MaxKey is the longest key that a client may call an order by, in bytes.
const MaxKey = 128

// Order is what a person wants to be done, and what its client calls it by.
type Order struct {
	// Key is "" where the client calls it by none.
	Key string
	// Object is what it is about; 0 where that is made by carrying it out.
	Object ledger.ID
	// Asked tells orders with the same key apart that are not the same.
	Asked int64
}

type contextKey struct{}

// With gives the context of an order that its client calls by a key; "" is no key. Spaces
// around a key are none of it: a database may take no notice of them.
func With(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, contextKey{}, strings.TrimSpace(key))
}

// New makes the order of a context: about an object, and saying what its parts say.
func New(ctx context.Context, object ledger.ID, parts ...string) Order {
	key, _ := ctx.Value(contextKey{}).(string)
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(parts, "\x00")))             // it never fails
	return Order{Key: key, Object: object, Asked: int64(h.Sum64())} //nolint:gosec // all bits are kept
}

// Keys remember orders that were carried out, each in the transaction that did it.
type Keys interface {
	// Order gives the order that a client calls by a key, as long as it is remembered,
	// with the object that it was about or made; ledger.ErrNotFound.
	Order(ctx context.Context, workspace ledger.ID, key string) (Order, error)
}

// Carry has an order carried out, unless it was carried out before: then it gives the
// object that it was about or made, else 0. do must remember the order's key with what it
// does. Its faults, beside the errors of do: "order.key_too_long", "order.key_used".
func Carry(ctx context.Context, keys Keys, workspace ledger.ID, o Order, do func() error) (before ledger.ID, err error) {
	if before, err = o.before(ctx, keys, workspace); err != nil || before != 0 {
		return before, err
	}
	if err = do(); err == nil {
		return 0, nil
	}
	// Another one of the same key may have been faster, or the answer of the database was lost.
	switch before, again := o.before(ctx, keys, workspace); {
	case again == nil && before != 0:
		return before, nil
	case fault.CodeOf(again) == codeUsed:
		return 0, again
	default:
		return 0, err
	}
}

const codeUsed = "order.key_used"

// before gives the object of an order that was carried out already, 0 where it was not.
func (o Order) before(ctx context.Context, keys Keys, workspace ledger.ID) (ledger.ID, error) {
	switch {
	case o.Key == "":
		return 0, nil
	case len(o.Key) > MaxKey:
		return 0, fault.New("order.key_too_long", "the key of an order is longer than %d bytes", MaxKey).Classed(fault.Data).
			Hinted("send a new UUID as Idempotency-Key with every order")
	}
	was, err := keys.Order(ctx, workspace, o.Key)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return 0, nil
	case err != nil:
		return 0, err
	case was.Asked != o.Asked || o.Object != 0 && was.Object != o.Object:
		return 0, fault.New(codeUsed, "another order was carried out under this key").Classed(fault.Data).
			Hinted("send a new UUID as Idempotency-Key with every order")
	default:
		return was.Object, nil
	}
}
