package tokens_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// bench is a connection whose system gives tokens by number.
type bench struct {
	clock *clocktest.Clock
	host  *connectortest.Host
	asked atomic.Int64
	fail  atomic.Bool
}

func newBench() *bench {
	clock := clocktest.New(time.Date(2026, 3, 5, 4, 0, 0, 0, time.UTC))
	return &bench{clock: clock, host: connectortest.NewHost(clock.Now)}
}

func (b *bench) keeper(from string) *tokens.Keeper {
	return &tokens.Keeper{
		System: "S", Host: b.host, Clock: b.clock.Now, From: tokens.Digest(from),
		Pause: func(ctx context.Context) error { return ctx.Err() },
		Ask: func(context.Context, tokens.Grant) (tokens.Grant, error) {
			if b.fail.Load() {
				return tokens.Grant{}, fault.New("vendor.no", "no")
			}
			return tokens.Grant{Token: fmt.Sprint("t", b.asked.Add(1))}.Lasting(b.clock.Now(), time.Hour, 10*time.Minute), nil
		},
	}
}

func want(t *testing.T, k *tokens.Keeper, refused, token string) {
	t.Helper()
	g, err := k.Get(t.Context(), refused)
	if err != nil || g.Token != token {
		t.Errorf("%q %v, want %s", g.Token, err, token)
	}
}

func TestOneTokenForAll(t *testing.T) {
	t.Parallel()
	b := newBench()
	keepers := []*tokens.Keeper{b.keeper("a"), b.keeper("a")}
	var wg sync.WaitGroup
	for n := range 16 {
		wg.Go(func() { want(t, keepers[n%2], "", "t1") })
	}
	wg.Wait()
	for n := range 16 {
		wg.Go(func() { want(t, keepers[n%2], "t1", "t2") })
	}
	wg.Wait()
	if now, err := b.host.Get(t.Context()); err != nil || now.Version != 4 {
		t.Errorf("the state changed %d times: %v", now.Version, err)
	}
}

func TestRenewedBeforeItsEnd(t *testing.T) {
	t.Parallel()
	b := newBench()
	k := b.keeper("a")
	want(t, k, "", "t1")
	b.clock.Pass(50*time.Minute - time.Second)
	want(t, k, "", "t1")
	b.clock.Pass(time.Second)
	b.fail.Store(true)
	want(t, k, "", "t1")
	lines, _ := b.host.Said()
	if len(lines) != 1 || !strings.Contains(lines[0], "renewed early") {
		t.Errorf("%v", lines)
	}
	// It is tried again half way to the end, and not before.
	b.fail.Store(false)
	want(t, k, "", "t1")
	b.clock.Pass(5 * time.Minute)
	want(t, k, "", "t2")

	b.fail.Store(true)
	b.clock.Pass(time.Hour)
	if _, err := k.Get(t.Context(), ""); fault.CodeOf(err) != "vendor.no" {
		t.Errorf("%v", err)
	}
}

func TestChangedSettingsCountNoOldToken(t *testing.T) {
	t.Parallel()
	b := newBench()
	want(t, b.keeper("a"), "", "t1")
	want(t, b.keeper("b"), "", "t2")
	want(t, b.keeper("b"), "", "t2")
}

func TestACallerThatGoesDoesNotLoseTheToken(t *testing.T) {
	t.Parallel()
	b := newBench()
	k := b.keeper("a")
	entered, goOn := make(chan struct{}), make(chan struct{})
	ask := k.Ask
	k.Ask = func(ctx context.Context, old tokens.Grant) (tokens.Grant, error) {
		close(entered)
		<-goOn
		return ask(ctx, old)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := k.Get(ctx, "")
		ended <- err
	}()
	<-entered
	cancel()
	if err := <-ended; fault.CodeOf(err) != "connector.token_late" || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	late, stop := context.WithCancel(t.Context())
	stop()
	if err := k.Close(late); fault.CodeOf(err) != "connector.token_late" {
		t.Errorf("%v", err)
	}
	close(goOn)
	if err := k.Close(t.Context()); err != nil {
		t.Error(err)
	}
	want(t, b.keeper("a"), "", "t1")
}

// broken is a state that can't be stored.
type broken struct {
	*connectortest.Host
	err error
}

func (b broken) State() connector.State { return b }

func (b broken) CompareAndSwap(context.Context, connector.Snapshot, []byte, time.Duration) (connector.Snapshot, error) {
	return connector.Snapshot{}, b.err
}

func TestAStateThatCannotBeStored(t *testing.T) {
	t.Parallel()
	b := newBench()
	k := b.keeper("a")
	k.Host = broken{b.host, errors.New("disk full")}
	if _, err := k.Get(t.Context(), ""); fault.CodeOf(err) != "connector.token_unavailable" {
		t.Errorf("%v", err)
	}
}

// overtaken is a state that another one changes whenever a token is asked for.
type overtaken struct{ *connectortest.Host }

func (o overtaken) State() connector.State { return o }

func (o overtaken) CompareAndSwap(ctx context.Context, old connector.Snapshot, value []byte, lease time.Duration) (connector.Snapshot, error) {
	if lease == 0 {
		return connector.Snapshot{}, connector.ErrStateConflict
	}
	now, err := o.Get(ctx)
	now.Leased = false
	if err != nil {
		return now, err
	}
	return o.Host.CompareAndSwap(ctx, now, value, 0)
}

func TestAStateThatOthersKeepChanging(t *testing.T) {
	t.Parallel()
	b := newBench()
	k := b.keeper("a")
	k.Host = overtaken{b.host}
	if _, err := k.Get(t.Context(), ""); fault.CodeOf(err) != "connector.token_contended" {
		t.Errorf("%v", err)
	}
}

func TestPauseEndsWithItsContext(t *testing.T) {
	t.Parallel()
	if err := tokens.Pause(t.Context()); err != nil {
		t.Error(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := tokens.Pause(gone); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
