package connector

import (
	"context"
	"errors"
	"time"
)

// Host is what the engine offers a session back. It is safe for concurrent use.
type Host interface {
	// State is the connection's durable state, shared by every process that uses
	// the connection and encrypted at rest.
	State() State
	// Log writes one line to the run's log.
	Log(ctx context.Context, level Level, message string, attrs map[string]string)
	// Trace records one exchange with the vendor for the debug console. The
	// session redacts secrets before.
	Trace(ctx context.Context, exchange Exchange)
}

// ErrStateConflict says that the state changed since it was read.
var ErrStateConflict = errors.New("connector state changed since it was read")

// State keeps one value for a connection, such as a rotating token.
type State interface {
	// Get gives the value, or an empty Snapshot when nothing was stored yet.
	Get(ctx context.Context) (Snapshot, error)
	// CompareAndSwap stores value if the version is still that of the snapshot.
	// With lease > 0 it also marks the state as being refreshed by the caller for
	// that long. It fails with ErrStateConflict when somebody was faster or holds a lease.
	CompareAndSwap(ctx context.Context, old Snapshot, value []byte, lease time.Duration) (Snapshot, error)
}

// Snapshot is a value of State.
type Snapshot struct {
	Value   []byte
	Version int64
	// Leased says that another caller is refreshing the value.
	Leased bool
}

// Level is a log level.
type Level string

// The levels.
const (
	Debug Level = "debug"
	Info  Level = "info"
	Warn  Level = "warn"
	Error Level = "error"
)

// Exchange is one HTTP exchange with the vendor, redacted.
type Exchange struct {
	Method, URL               string
	Status                    int
	RequestBody, ResponseBody []byte
	Started                   time.Time
	Took                      time.Duration
}

// Shared gives the value that valid accepts, refreshing it by one caller at a
// time over all processes: whoever wins the lease calls refresh with the old
// value, stores what it returns, and the others wait for it. wait pauses between
// looks and returns an error to give up; refresh's error is returned as it is.
func Shared(ctx context.Context, state State, lease time.Duration,
	valid func(value []byte) bool,
	refresh func(ctx context.Context, old []byte) ([]byte, error),
	wait func(ctx context.Context) error,
) ([]byte, error) {
	for {
		now, err := state.Get(ctx)
		if err != nil {
			return nil, err
		}
		if valid(now.Value) {
			return now.Value, nil
		}
		if !now.Leased {
			held, err := state.CompareAndSwap(ctx, now, now.Value, lease)
			if err == nil {
				return renew(ctx, state, held, lease, refresh)
			}
			if !errors.Is(err, ErrStateConflict) {
				return nil, err
			}
		}
		if err := wait(ctx); err != nil {
			return nil, err
		}
	}
}

// finishing is how long storing a fresh value may take when its caller has gone.
const finishing = 10 * time.Second

// renew refreshes the value and stores it even if the caller gives up meanwhile,
// who then does not wait: a token that the vendor rotated and that is not stored
// locks the account out. Only the end of the lease cuts it short.
func renew(ctx context.Context, state State, held Snapshot, lease time.Duration,
	refresh func(context.Context, []byte) ([]byte, error),
) ([]byte, error) {
	type outcome struct {
		value []byte
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		lasting, end := context.WithTimeout(context.WithoutCancel(ctx), lease)
		defer end()
		value, err := refresh(lasting, held.Value)
		if err = keep(lasting, state, held, value, err); err != nil {
			value = nil
		}
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// keep stores a fresh value; of a failed refresh it gives back the lease, so that
// the next caller need not wait it out.
func keep(ctx context.Context, state State, held Snapshot, value []byte, failed error) error {
	storing, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishing)
	defer cancel()
	if failed != nil {
		value = held.Value
	}
	_, err := state.CompareAndSwap(storing, held, value, 0)
	if failed != nil {
		return failed
	}
	return err
}
