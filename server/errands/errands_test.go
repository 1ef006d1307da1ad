package errands_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/karezflow/karez/server/errands"
)

// stuck is a courier whose first round lasts until it is let go.
type stuck struct {
	rounds       atomic.Int64
	begun, again chan struct{}
	free         chan struct{}
}

func (s *stuck) Round(_, _ context.Context) (int, error) {
	switch s.rounds.Add(1) {
	case 1:
		close(s.begun)
		<-s.free
	case 2:
		close(s.again)
	}
	return 0, nil
}

// A round that lasts long keeps the others from nothing.
func TestRoundsSideBySide(t *testing.T) {
	t.Parallel()
	c := &stuck{begun: make(chan struct{}), again: make(chan struct{}), free: make(chan struct{})}
	s := errands.New(errands.Config{Courier: c, Clock: time.Now, Log: slog.New(slog.DiscardHandler), Sweep: time.Millisecond})
	s.Start(t.Context())
	<-c.begun
	select {
	case <-c.again:
	case <-time.After(10 * time.Second):
		t.Error("nothing is called while one system does not answer")
	}
	close(c.free)
	s.Stop()
}
