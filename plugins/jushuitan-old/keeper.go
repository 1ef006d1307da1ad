package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

const (
	// every is how often a token is kept alive. How long it lives without is not documented.
	every = 24 * time.Hour
	// again is when keeping it alive is tried again after it failed.
	again = 10 * time.Minute
	// lease is how long one process keeps the others from doing the same, keeping how long it may take.
	lease   = 30 * time.Second
	keeping = 20 * time.Second
)

// kept is the stored state: until when nothing has to be done, and for which credentials.
// Until is in Unix seconds of our own clock.
type kept struct {
	Until int64  `json:"until"`
	For   string `json:"for"`
}

// keeper keeps the token alive: its text never changes, and it dies unless refresh.token is
// called from time to time. One of all processes of the connection does so.
type keeper struct {
	client *client
	host   connector.Host
	clock  func() time.Time
	pause  func(context.Context) error
	of     string

	mu    sync.Mutex
	until int64
}

func newKeeper(s settings, c *client, host connector.Host, clock func() time.Time, pause func(context.Context) error) *keeper {
	sum := sha256.Sum256([]byte(s.PartnerID + "\x00" + s.partnerKey + "\x00" + s.token))
	return &keeper{client: c, host: host, clock: clock, pause: pause, of: hex.EncodeToString(sum[:8])}
}

// keep calls refresh.token where it is time to. That it fails is logged and nothing more: the
// token goes on until the vendor refuses it.
func (k *keeper) keep(ctx context.Context) error {
	k.mu.Lock()
	until := k.until
	k.mu.Unlock()
	if k.clock().Unix() < until {
		return nil
	}
	value, err := connector.Shared(ctx, k.host.State(), lease,
		func(value []byte) bool {
			state := k.read(value)
			return state.For == k.of && k.clock().Unix() < state.Until
		},
		func(ctx context.Context, _ []byte) ([]byte, error) {
			return json.Marshal(kept{Until: k.clock().Add(k.refresh(ctx)).Unix(), For: k.of})
		}, k.pause)
	switch {
	case errors.Is(err, connector.ErrStateConflict):
		return nil // somebody else has done it meanwhile
	case err != nil:
		if _, ok := errors.AsType[*fault.Fault](err); ok {
			return err
		}
		return fault.Wrap(err, "erp321.state_unavailable", "what is known of the token could not be read or stored").Classed(fault.Transient).Unapplied()
	}
	k.mu.Lock()
	k.until = k.read(value).Until
	k.mu.Unlock()
	return nil
}

func (*keeper) read(value []byte) kept {
	var state kept
	if json.Unmarshal(value, &state) != nil {
		return kept{}
	}
	return state
}

// refresh keeps the token alive, and once more by the vendor's time where the first call has
// told it. It gives how long nothing has to be done.
func (k *keeper) refresh(ctx context.Context) time.Duration {
	ctx, cancel := context.WithTimeout(ctx, keeping)
	defer cancel()
	_, err := k.client.call(ctx, "refresh.token", []byte("{}"))
	if fault.CodeOf(err) == codeClock {
		_, err = k.client.call(ctx, "refresh.token", []byte("{}"))
	}
	if err == nil {
		return every
	}
	f := fault.From(err)
	k.host.Log(ctx, connector.Warn, "the token could not be kept alive; it is used until it is refused",
		map[string]string{"code": f.Code, "message": f.Message})
	return again
}
