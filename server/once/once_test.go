package once_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/once"
)

// book remembers orders; broken is what it answers instead.
type book struct {
	orders map[string]once.Order
	broken error
}

func (b *book) Order(_ context.Context, _ ledger.ID, key string) (once.Order, error) {
	o, there := b.orders[key]
	if b.broken == nil && !there {
		return o, ledger.ErrNotFound
	}
	return o, b.broken
}

func TestCarry(t *testing.T) {
	t.Parallel()
	keyed := func(key string, object ledger.ID, parts ...string) once.Order {
		return once.New(once.With(t.Context(), key), object, parts...)
	}
	lost := errors.New("connection reset")
	for _, c := range []struct {
		what string
		o    once.Order
		// meanwhile is what another one does while this one is carried out; fails is how that ends.
		meanwhile once.Order
		fails     error
		carried   bool
		before    ledger.ID
		code      string
		err       error
	}{
		{what: "without a key", o: once.New(t.Context(), 7, "skip"), carried: true},
		{what: "without a key it failed", o: once.New(t.Context(), 7, "skip"), carried: true, fails: lost, err: lost},
		{what: "a new key", o: keyed("new", 7, "skip"), carried: true},
		{what: "a key that was used for it", o: keyed("old", 7, "skip"), before: 7},
		{what: "with spaces around it", o: keyed(" old\t", 7, "skip"), before: 7},
		{what: "for another object", o: keyed("old", 8, "skip"), code: "order.key_used"},
		{what: "for something else", o: keyed("old", 7, "retry"), code: "order.key_used"},
		{what: "parts are told apart", o: keyed("old", 7, "sk", "ip"), code: "order.key_used"},
		{what: "what it made", o: keyed("made", 0, "bulk"), before: 9},
		{what: "what another one made", o: keyed("made", 0, "bulk!"), code: "order.key_used"},
		{what: "a long key", o: keyed(strings.Repeat("k", once.MaxKey+1), 7, "skip"), code: "order.key_too_long"},
		{what: "the longest", o: keyed(strings.Repeat("k", once.MaxKey), 7, "skip"), carried: true},
		{what: "it failed", o: keyed("new", 7, "skip"), carried: true, fails: lost, err: lost},
		{what: "the answer was lost", o: keyed("new", 7, "skip"), meanwhile: keyed("new", 7, "skip"), carried: true, fails: lost, before: 7},
		{what: "another one was faster", o: keyed("new", 7, "skip"), meanwhile: keyed("new", 7, "retry"), carried: true, fails: lost, code: "order.key_used"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			b := &book{orders: map[string]once.Order{"old": keyed("old", 7, "skip"), "made": keyed("made", 9, "bulk")}}
			carried := false
			before, err := once.Carry(t.Context(), b, 1, c.o, func() error {
				carried = true
				if c.meanwhile.Key != "" {
					b.orders[c.meanwhile.Key] = c.meanwhile
				}
				return c.fails
			})
			if carried != c.carried || before != c.before || fault.CodeOf(err) != c.code || c.code == "" && !errors.Is(err, c.err) {
				t.Errorf("carried out: %t, before: %d, %v", carried, before, err)
			}
		})
	}
}

// TestKeysCannotBeRead: what is not known to be new is not carried out.
func TestKeysCannotBeRead(t *testing.T) {
	t.Parallel()
	b := &book{broken: errors.New("no disk")}
	_, err := once.Carry(t.Context(), b, 1, once.New(once.With(t.Context(), "k"), 7), func() error {
		t.Error("it is carried out")
		return nil
	})
	if !errors.Is(err, b.broken) {
		t.Error(err)
	}
}
