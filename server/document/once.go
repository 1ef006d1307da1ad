package document

import (
	"context"
	"errors"
	"hash/fnv"
	"strings"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// MaxOrderKey is the longest key that a client may call an order by, in bytes.
const MaxOrderKey = 128

// Ordered is an order about a document that was carried out.
type Ordered struct {
	Document ledger.ID
	// Asked tells orders with the same key apart that are not the same.
	Asked int64
}

type orderKey struct{}

// WithOrder gives the context of an order that its client calls by a key: with the same
// key it is carried out once, however often it is sent. "" is no key.
func WithOrder(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, orderKey{}, key)
}

// OrderOf gives the key of an order, "" where it has none.
func OrderOf(ctx context.Context) string {
	key, _ := ctx.Value(orderKey{}).(string)
	return key
}

// asked makes one number of what an order says.
func asked(parts ...string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(parts, "\x00"))) // it never fails
	return int64(h.Sum64())                             //nolint:gosec // all bits are kept
}

// done reports whether an order was carried out already. It fails where another one has its key.
func (s *Service) done(ctx context.Context, workspace ledger.ID, key string, o Ordered) (bool, error) {
	switch {
	case key == "":
		return false, nil
	case len(key) > MaxOrderKey:
		return false, fault.New("order.key_too_long", "the key of an order is longer than %d bytes", MaxOrderKey).Classed(fault.Data).
			Hinted("send a new UUID as Idempotency-Key with every order")
	}
	was, err := s.Store.Order(ctx, workspace, key)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case was != o:
		return false, fault.New("order.key_used", "another order was carried out under this key").Classed(fault.Data).
			Hinted("send a new UUID as Idempotency-Key with every order")
	default:
		return true, nil
	}
}
