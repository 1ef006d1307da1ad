// Package tokens keeps the token of a connection for connectors whose system gives one for a
// while: in the host's state, where all processes that use the connection share it, and
// with one of them asking for the next.
//
// It may import the standard library, sdk/connector and sdk/fault only.
package tokens

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

const (
	// lease is how long one asker keeps the others out; asking ends within askTime.
	lease   = 30 * time.Second
	askTime = 20 * time.Second
)

// Grant is what a system gave. Times are Unix seconds of our own clock, zero where unknown.
type Grant struct {
	Token string `json:"token"`
	// With is what came with the token and goes into calls beside it, an address for example.
	With map[string]string `json:"with,omitempty"`
	// RefreshAt is when the next one is asked for, ExpiresAt when this one ends.
	RefreshAt int64 `json:"refresh_at,omitempty"`
	ExpiresAt int64 `json:"expires_at,omitempty"`
	// From is a digest of the settings the grant grew from; when a person changes them, the
	// grant counts no more.
	From string `json:"from"`
}

// Lasting gives the grant with its times, of a token that lives so long from now and is
// renewed so long before its end.
func (g Grant) Lasting(now time.Time, life, early time.Duration) Grant {
	g.ExpiresAt = now.Add(life).Unix()
	g.RefreshAt = now.Add(life - early).Unix()
	return g
}

// Keeper gives the token of one connection. It is safe for concurrent use.
type Keeper struct {
	// System names the system in what people read.
	System string
	Host   connector.Host
	Clock  func() time.Time
	// Pause waits between two looks at a token that somebody else asks for.
	Pause func(context.Context) error
	// Ask asks the system for a grant. old is the one before, of the same settings, or zero. The
	// call goes on when its caller has gone: a token that was given is stored.
	Ask func(ctx context.Context, old Grant) (Grant, error)
	// From is a digest of the settings; see Digest.
	From string
	// Learn is told each token before it is used, so that it can be hidden. Nil for none.
	Learn func(Grant)

	mu   sync.Mutex
	last Grant
	work sync.WaitGroup
}

// Digest is a digest of settings.
func Digest(settings ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(settings, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// Pause waits a tenth of a second.
func Pause(ctx context.Context) error {
	timer := time.NewTimer(100 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Get gives a grant whose token is not the refused one. Its faults are those of Ask, and
// "connector.token_late", "connector.token_unavailable" and "connector.token_contended", all
// Transient and Unapplied.
func (k *Keeper) Get(ctx context.Context, refused string) (Grant, error) {
	k.mu.Lock()
	last := k.last
	k.mu.Unlock()
	if k.good(last, refused) {
		return last, nil
	}
	type result struct {
		grant Grant
		err   error
	}
	done := make(chan result, 1)
	k.work.Go(func() {
		grant, err := k.shared(ctx, refused)
		done <- result{grant, err}
	})
	select {
	case r := <-done:
		return r.grant, r.err
	case <-ctx.Done():
		return Grant{}, fault.New("connector.token_late", "the call ended while the token of %s was being asked for", k.System).
			Classed(fault.Transient).Unapplied().Because(context.Cause(ctx))
	}
}

// Close waits for what is being asked for.
func (k *Keeper) Close(ctx context.Context) error {
	idle := make(chan struct{})
	go func() {
		k.work.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fault.New("connector.token_late", "the connection was closed while the token of %s was being asked for", k.System).Classed(fault.Transient)
	}
}

func (k *Keeper) shared(ctx context.Context, refused string) (Grant, error) {
	// The second round is for an asker whose lease ran out: whoever took over has stored a newer token.
	for range 2 {
		value, err := connector.Shared(context.WithoutCancel(ctx), k.Host.State(), lease,
			func(value []byte) bool { return k.good(read(value), refused) },
			func(keep context.Context, old []byte) ([]byte, error) {
				if ctx.Err() != nil {
					return nil, context.Cause(ctx)
				}
				return k.ask(keep, read(old), refused)
			},
			func(context.Context) error { return k.Pause(ctx) })
		if errors.Is(err, connector.ErrStateConflict) {
			continue
		}
		if err != nil {
			return Grant{}, k.faultOf(err)
		}
		now := read(value)
		k.learn(now)
		k.mu.Lock()
		k.last = now
		k.mu.Unlock()
		return now, nil
	}
	return Grant{}, fault.New("connector.token_contended", "others keep changing the token of %s", k.System).Classed(fault.Transient).Unapplied()
}

// faultOf passes faults on and gives the host's own failures a code.
func (k *Keeper) faultOf(err error) error {
	if _, ok := errors.AsType[*fault.Fault](err); ok {
		return err
	}
	return fault.Wrap(err, "connector.token_unavailable", "the token of %s could not be read or stored", k.System).
		Classed(fault.Transient).Unapplied()
}

func (k *Keeper) learn(g Grant) {
	if k.Learn != nil {
		k.Learn(g)
	}
}

func read(value []byte) Grant {
	var g Grant
	if json.Unmarshal(value, &g) != nil {
		return Grant{}
	}
	return g
}

// good tells whether a grant may be used without asking the system first.
func (k *Keeper) good(g Grant, refused string) bool {
	return g.From == k.From && g.Token != "" && g.Token != refused && (g.RefreshAt == 0 || k.Clock().Unix() < g.RefreshAt)
}

// ask makes the next grant. Asking early that fails leaves the old token in use until it
// really ends.
func (k *Keeper) ask(ctx context.Context, old Grant, refused string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	if old.From != k.From {
		old = Grant{}
	}
	next, err := k.Ask(ctx, old)
	if err != nil {
		now := k.Clock().Unix()
		if old.Token == "" || old.Token == refused || old.ExpiresAt <= now {
			return nil, err
		}
		f := fault.From(err)
		k.Host.Log(ctx, connector.Warn, "the token could not be renewed early; the old one is used until it ends",
			map[string]string{"code": f.Code, "message": f.Message, "ends": time.Unix(old.ExpiresAt, 0).UTC().Format(time.RFC3339)})
		next = old
		next.RefreshAt = now + max(1, (old.ExpiresAt-now)/2)
	}
	next.From = k.From
	k.learn(next)
	return json.Marshal(next)
}
