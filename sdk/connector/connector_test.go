package connector_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
)

var errGiveUp = errors.New("waited long enough")

// still is a clock that stands.
func still() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }

func fresh(value []byte) bool { return bytes.HasPrefix(value, []byte("fresh")) }

func never(context.Context) error { return errGiveUp }

func TestSharedGivesAValidValueAsItIs(t *testing.T) {
	t.Parallel()
	h := connectortest.NewHost(still)
	if _, err := h.CompareAndSwap(t.Context(), connector.Snapshot{}, []byte("fresh-1"), 0); err != nil {
		t.Fatal(err)
	}
	got, err := connector.Shared(t.Context(), h, time.Minute, fresh, func(context.Context, []byte) ([]byte, error) {
		t.Error("a valid value was refreshed")
		return nil, nil
	}, never)
	if err != nil || string(got) != "fresh-1" {
		t.Errorf("Shared = %q, %v", got, err)
	}
}

func TestSharedRefreshesFromTheOldValue(t *testing.T) {
	t.Parallel()
	h := connectortest.NewHost(still)
	if _, err := h.CompareAndSwap(t.Context(), connector.Snapshot{}, []byte("stale"), 0); err != nil {
		t.Fatal(err)
	}
	got, err := connector.Shared(t.Context(), h, time.Minute, fresh, func(ctx context.Context, old []byte) ([]byte, error) {
		if now, _ := h.Get(ctx); !now.Leased {
			t.Error("the refresh runs without the lease")
		}
		return append([]byte("fresh after "), old...), nil
	}, never)
	if err != nil || string(got) != "fresh after stale" {
		t.Errorf("Shared = %q, %v", got, err)
	}
	if now, _ := h.Get(t.Context()); now.Leased || string(now.Value) != "fresh after stale" {
		t.Errorf("stored %+v", now)
	}
}

// A failed refresh keeps the old value and gives the lease back.
func TestSharedAfterAFailedRefresh(t *testing.T) {
	t.Parallel()
	h := connectortest.NewHost(still)
	refused := errors.New("refused")
	_, err := connector.Shared(t.Context(), h, time.Hour, fresh, func(context.Context, []byte) ([]byte, error) {
		return nil, refused
	}, never)
	if !errors.Is(err, refused) {
		t.Errorf("Shared = %v", err)
	}
	got, err := connector.Shared(t.Context(), h, time.Hour, fresh, func(context.Context, []byte) ([]byte, error) {
		return []byte("fresh"), nil
	}, never)
	if err != nil || string(got) != "fresh" {
		t.Errorf("the next Shared = %q, %v", got, err)
	}
}

// A caller that goes away meanwhile does not lose the value that the vendor gave.
func TestSharedFinishesWithoutItsCaller(t *testing.T) {
	t.Parallel()
	h := connectortest.NewHost(still)
	caller, leave := context.WithCancel(t.Context())
	vendor := make(chan struct{})
	_, err := connector.Shared(caller, h, time.Minute, fresh, func(ctx context.Context, _ []byte) ([]byte, error) {
		leave()
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("a refresh without end")
		}
		<-vendor
		return []byte("fresh from the vendor"), ctx.Err()
	}, never)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the caller waits for %v", err)
	}
	close(vendor)
	got, err := connector.Shared(t.Context(), h, time.Minute, fresh, nil, func(ctx context.Context) error {
		runtime.Gosched()
		return ctx.Err()
	})
	if err != nil || string(got) != "fresh from the vendor" {
		t.Errorf("the next caller gets %q, %v", got, err)
	}
}

func TestSharedWaitsForTheHolder(t *testing.T) {
	t.Parallel()
	h := connectortest.NewHost(still)
	held, err := h.CompareAndSwap(t.Context(), connector.Snapshot{}, nil, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	looks := 0
	got, err := connector.Shared(t.Context(), h, time.Minute, fresh, func(context.Context, []byte) ([]byte, error) {
		t.Error("two refresh at once")
		return nil, nil
	}, func(ctx context.Context) error {
		if looks++; looks == 3 {
			_, err := h.CompareAndSwap(ctx, held, []byte("fresh from the other"), 0)
			return err
		}
		return nil
	})
	if err != nil || string(got) != "fresh from the other" || looks != 3 {
		t.Errorf("Shared = %q, %v after %d looks", got, err, looks)
	}
}

func TestSharedGivesUp(t *testing.T) {
	t.Parallel()
	h := connectortest.NewHost(still)
	if _, err := h.CompareAndSwap(t.Context(), connector.Snapshot{}, nil, time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := connector.Shared(t.Context(), h, time.Minute, fresh, nil, never); !errors.Is(err, errGiveUp) {
		t.Errorf("Shared = %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := connector.Shared(ended, h, time.Minute, fresh, nil, never); !errors.Is(err, context.Canceled) {
		t.Errorf("Shared with a cancelled context = %v", err)
	}
}

// brokenState fails at its n-th call.
type brokenState struct {
	connector.State
	left int
}

var errStore = errors.New("the store is gone")

func (b *brokenState) Get(ctx context.Context) (connector.Snapshot, error) {
	if b.left--; b.left < 0 {
		return connector.Snapshot{}, errStore
	}
	return b.State.Get(ctx)
}

func (b *brokenState) CompareAndSwap(ctx context.Context, old connector.Snapshot, value []byte, lease time.Duration) (connector.Snapshot, error) {
	if b.left--; b.left < 0 {
		return connector.Snapshot{}, errStore
	}
	return b.State.CompareAndSwap(ctx, old, value, lease)
}

// Whichever access fails, Shared tells it and never gives a value that is not stored.
func TestSharedOverABrokenState(t *testing.T) {
	t.Parallel()
	for n := range 3 {
		h := connectortest.NewHost(still)
		got, err := connector.Shared(t.Context(), &brokenState{State: h, left: n}, time.Minute, fresh,
			func(context.Context, []byte) ([]byte, error) { return []byte("fresh"), nil }, never)
		if !errors.Is(err, errStore) || got != nil {
			t.Errorf("broken at access %d: %q, %v", n, got, err)
		}
	}
}

// Any number of callers in any number of processes refresh a rotating token once:
// the vendor locks a customer out who uses an old one twice.
func TestSharedRefreshesOnceForAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := connectortest.NewHost(still)
		var refreshed atomic.Int32
		var wg sync.WaitGroup
		for range rapid.IntRange(1, 12).Draw(rt, "callers") {
			wg.Go(func() {
				got, err := connector.Shared(context.Background(), h, time.Minute, fresh, func(context.Context, []byte) ([]byte, error) {
					return fmt.Appendf(nil, "fresh-%d", refreshed.Add(1)), nil
				}, func(context.Context) error {
					runtime.Gosched()
					return nil
				})
				if err != nil || string(got) != "fresh-1" {
					t.Errorf("Shared = %q, %v", got, err)
				}
			})
		}
		wg.Wait()
		if n := refreshed.Load(); n != 1 {
			rt.Fatalf("the token was refreshed %d times", n)
		}
	})
}
