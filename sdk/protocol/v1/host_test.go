package v1_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/protocol/peer"
)

// withHost runs work inside a call of a session whose host is h.
func withHost(t *testing.T, h connector.Host, meta connector.Meta, work func(context.Context, connector.Host)) {
	t.Helper()
	r := newRig(t, &fakeConnector{open: func(_ context.Context, _ connector.Account, there connector.Host) (connector.Session, error) {
		return &fakeSession{query: func(ctx context.Context, _ connector.QueryRequest) (connector.Page, error) {
			work(ctx, there)
			return connector.Page{}, nil
		}}, nil
	}})
	if _, err := r.session(t, h).Query(t.Context(), connector.QueryRequest{Meta: meta}); err != nil {
		t.Fatal(err)
	}
}

func TestStateCrosses(t *testing.T) {
	t.Parallel()
	stored := connector.Snapshot{Value: []byte("token-1"), Version: 7, Leased: true}
	next := connector.Snapshot{Value: []byte("token-2"), Version: 8}
	h := &fakeHost{
		get: func(context.Context) (connector.Snapshot, error) { return stored, nil },
		swap: func(_ context.Context, old connector.Snapshot, value []byte, lease time.Duration) (connector.Snapshot, error) {
			if !cmp.Equal(old, stored) || string(value) != "token-2" || lease != 90*time.Second {
				t.Errorf("swap got %+v, %q, %v", old, value, lease)
			}
			return next, nil
		},
	}
	withHost(t, h, connector.Meta{}, func(ctx context.Context, there connector.Host) {
		got, err := there.State().Get(ctx)
		if err != nil || !cmp.Equal(got, stored) {
			t.Errorf("Get = %+v, %v", got, err)
		}
		got, err = there.State().CompareAndSwap(ctx, got, []byte("token-2"), 90*time.Second)
		if err != nil || !cmp.Equal(got, next) {
			t.Errorf("CompareAndSwap = %+v, %v", got, err)
		}
	})
}

func TestStateConflictSurvivesTheWire(t *testing.T) {
	t.Parallel()
	h := &fakeHost{swap: func(context.Context, connector.Snapshot, []byte, time.Duration) (connector.Snapshot, error) {
		return connector.Snapshot{}, errors.Join(errors.New("row 3"), connector.ErrStateConflict)
	}}
	withHost(t, h, connector.Meta{}, func(ctx context.Context, there connector.Host) {
		_, err := there.State().CompareAndSwap(ctx, connector.Snapshot{}, nil, 0)
		if !errors.Is(err, connector.ErrStateConflict) {
			t.Errorf("CompareAndSwap = %v, want ErrStateConflict", err)
		}
	})
}

func TestStateFaultsCross(t *testing.T) {
	t.Parallel()
	failure := fault.New("store.locked", "the store is busy").Classed(fault.Transient).After(time.Second)
	h := &fakeHost{
		get: func(context.Context) (connector.Snapshot, error) { return connector.Snapshot{}, failure },
		swap: func(context.Context, connector.Snapshot, []byte, time.Duration) (connector.Snapshot, error) {
			return connector.Snapshot{}, failure
		},
	}
	withHost(t, h, connector.Meta{}, func(ctx context.Context, there connector.Host) {
		_, err := there.State().Get(ctx)
		_, swapErr := there.State().CompareAndSwap(ctx, connector.Snapshot{}, nil, 0)
		for _, err := range []error{err, swapErr} {
			if f := fault.From(err); f.Code != "store.locked" || f.RetryAfter != time.Second || f.Class != fault.Transient {
				t.Errorf("got %+v", f)
			}
		}
	})
}

// Shared is the helper that keeps rotating tokens; it must work over the wire.
func TestSharedOverTheWire(t *testing.T) {
	t.Parallel()
	now := connector.Snapshot{}
	h := &fakeHost{
		get: func(context.Context) (connector.Snapshot, error) { return now, nil },
		swap: func(_ context.Context, old connector.Snapshot, value []byte, lease time.Duration) (connector.Snapshot, error) {
			if old.Version != now.Version {
				return connector.Snapshot{}, connector.ErrStateConflict
			}
			now = connector.Snapshot{Value: value, Version: now.Version + 1}
			return now, nil
		},
	}
	withHost(t, h, connector.Meta{}, func(ctx context.Context, there connector.Host) {
		for range 2 {
			value, err := connector.Shared(ctx, there.State(), time.Minute,
				func(value []byte) bool { return string(value) == "fresh" },
				func(context.Context, []byte) ([]byte, error) { return []byte("fresh"), nil },
				func(context.Context) error { return errors.New("nobody else refreshes") })
			if err != nil || string(value) != "fresh" {
				t.Errorf("Shared = %q, %v", value, err)
			}
		}
	})
	if now.Version != 2 {
		t.Errorf("the state was stored %d times, want the lease and the value", now.Version)
	}
}

func TestLogAndTraceCarryTheCallsMarks(t *testing.T) {
	t.Parallel()
	meta := connector.Meta{TraceID: "t-1", RunID: "r-1", Attempt: 3}
	exchange := connector.Exchange{
		Method: "POST", URL: "http://127.0.0.1/orders", Status: 502,
		RequestBody: []byte("{}"), ResponseBody: []byte("bad gateway"),
		Started: time.Date(2026, 3, 1, 0, 0, 0, 9, time.UTC), Took: 1500 * time.Millisecond,
	}
	var lines, traces int
	h := &fakeHost{
		log: func(ctx context.Context, level connector.Level, message string, attrs map[string]string) {
			lines++
			got, ok := peer.MetaFrom(ctx)
			if !ok || got != meta || level != connector.Warn || message != "slow" || attrs["ms"] != "900" {
				t.Errorf("Log got %v %v %q %v", got, level, message, attrs)
			}
		},
		trace: func(ctx context.Context, e connector.Exchange) {
			traces++
			if got, _ := peer.MetaFrom(ctx); got != meta || !cmp.Equal(e, exchange) {
				t.Errorf("Trace got %v %+v", got, e)
			}
		},
	}
	withHost(t, h, meta, func(ctx context.Context, there connector.Host) {
		// A line about a call that was given up still arrives.
		ended, cancel := context.WithCancel(ctx)
		cancel()
		there.Log(ended, connector.Warn, "slow", map[string]string{"ms": "900"})
		there.Trace(ended, exchange)
	})
	if lines != 1 || traces != 1 {
		t.Errorf("%d lines and %d traces arrived", lines, traces)
	}
}

// Calls without a Meta of their own take the marks from the engine's context.
func TestCheckCarriesTheContextsMarks(t *testing.T) {
	t.Parallel()
	meta := connector.Meta{TraceID: "t-2", RunID: "r-2", Attempt: 1}
	var got connector.Meta
	s := openFull(t, &fakeSession{check: func(ctx context.Context) (connector.Health, error) {
		got, _ = peer.MetaFrom(ctx)
		return connector.Health{}, nil
	}})
	if _, err := s.Check(peer.WithMeta(t.Context(), meta)); err != nil {
		t.Fatal(err)
	}
	if got != meta {
		t.Errorf("meta = %+v, want %+v", got, meta)
	}
}

func TestHostOfAClosedSession(t *testing.T) {
	t.Parallel()
	var there connector.Host
	r := newRig(t, &fakeConnector{open: func(_ context.Context, _ connector.Account, h connector.Host) (connector.Session, error) {
		there = h
		return &fakeSession{}, nil
	}})
	s := r.session(t, &fakeHost{})
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Nothing of the host is called: its functions are nil.
	there.Log(t.Context(), connector.Info, "late", nil)
	there.Trace(t.Context(), connector.Exchange{})
	if _, err := there.State().Get(t.Context()); fault.CodeOf(err) != peer.CodeSessionUnknown {
		t.Errorf("Get = %v", err)
	}
	if _, err := there.State().CompareAndSwap(t.Context(), connector.Snapshot{}, nil, 0); fault.CodeOf(err) != peer.CodeSessionUnknown {
		t.Errorf("CompareAndSwap = %v", err)
	}
}

func TestStateWithoutTheEngine(t *testing.T) {
	t.Parallel()
	h := &fakeHost{get: func(ctx context.Context) (connector.Snapshot, error) {
		<-ctx.Done()
		return connector.Snapshot{}, ctx.Err()
	}}
	withHost(t, h, connector.Meta{}, func(ctx context.Context, there connector.Host) {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := there.State().Get(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Get = %v, want cancelled", err)
		}
	})
}
