package v1_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/protocol/peer"
)

func TestCapabilitiesOfASession(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		"none": nil, "writer": {"writer"}, "prober": {"prober"}, "discoverer": {"discoverer"},
		"writer and prober": {"writer", "prober"}, "writer and discoverer": {"writer", "discoverer"},
		"prober and discoverer": {"prober", "discoverer"}, "all": {"writer", "prober", "discoverer"},
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			there := peer.Narrow(&fakeSession{}, want)
			here := newRig(t, opening(there)).session(t, &fakeHost{})
			if got := peer.Capabilities(here); !slices.Equal(got, want) {
				t.Errorf("capabilities = %v, want %v", got, want)
			}
			if _, err := here.Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOneProcessServesManySessions(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakeConnector{open: func(_ context.Context, a connector.Account, _ connector.Host) (connector.Session, error) {
		return &fakeSession{check: func(context.Context) (connector.Health, error) {
			return connector.Health{Account: a.ID}, nil
		}}, nil
	}})
	sessions := map[string]connector.Session{}
	for _, id := range []string{"one", "two", "three"} {
		s, err := r.client.Open(t.Context(), connector.Account{ID: id}, &fakeHost{})
		if err != nil {
			t.Fatal(err)
		}
		sessions[id] = s
	}
	if err := sessions["two"].Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id, s := range sessions {
		health, err := s.Check(t.Context())
		switch {
		case id == "two":
			if fault.CodeOf(err) != peer.CodeSessionUnknown || !fault.From(err).NotApplied {
				t.Errorf("a call on a closed session = %v", err)
			}
		case err != nil || health.Account != id:
			t.Errorf("session %s answered for %q, %v", id, health.Account, err)
		}
	}
}

func TestCloseReachesTheSessionOnce(t *testing.T) {
	t.Parallel()
	closed := 0
	s := newRig(t, opening(&fakeSession{close: func(context.Context) error {
		closed++
		return fault.New("vendor.bye", "log-out refused")
	}})).session(t, &fakeHost{})
	if err := s.Close(t.Context()); fault.CodeOf(err) != "vendor.bye" {
		t.Errorf("first Close = %v, want the session's own fault", err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Errorf("second Close = %v", err)
	}
	if closed != 1 {
		t.Errorf("the session was closed %d times", closed)
	}
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakeConnector{open: func(context.Context, connector.Account, connector.Host) (connector.Session, error) {
		return nil, fault.New("jst.url_invalid", "no such host").At("settings.url").Classed(fault.Config)
	}})
	_, err := r.client.Open(t.Context(), connector.Account{}, &fakeHost{})
	f := fault.From(err)
	if f.Code != "jst.url_invalid" || f.Path != "settings.url" || !f.NotApplied {
		t.Errorf("Open = %+v", f)
	}
}

func TestOpenGivenUpClosesTheSession(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	closed := make(chan struct{})
	r := newRig(t, &fakeConnector{open: func(there context.Context, _ connector.Account, _ connector.Host) (connector.Session, error) {
		cancel()
		<-there.Done()
		return &fakeSession{close: func(context.Context) error {
			close(closed)
			return nil
		}}, nil
	}})
	if _, err := r.client.Open(ctx, connector.Account{}, &fakeHost{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v, want cancelled", err)
	}
	<-closed
}

func TestCancelledCallEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	s := openFull(t, &fakeSession{query: func(ctx context.Context, _ connector.QueryRequest) (connector.Page, error) {
		cancel()
		<-ctx.Done()
		ended <- ctx.Err()
		return connector.Page{}, ctx.Err()
	}})
	_, err := s.Query(ctx, connector.QueryRequest{})
	if fault.CodeOf(err) != peer.CodeCancelled || !errors.Is(err, context.Canceled) || fault.From(err).NotApplied {
		t.Errorf("Query = %v", err)
	}
	if got := <-ended; !errors.Is(got, context.Canceled) {
		t.Errorf("the connector's context ended with %v", got)
	}
	_, err = s.Write(ctx, connector.Batch{})
	if fault.CodeOf(err) != peer.CodeCancelled || !fault.From(err).NotApplied {
		t.Errorf("a call that was never made = %v, want it unapplied", err)
	}
}

func TestDeadlineTravels(t *testing.T) {
	t.Parallel()
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	var seen time.Time
	s := openFull(t, &fakeSession{check: func(ctx context.Context) (connector.Health, error) {
		seen, _ = ctx.Deadline()
		return connector.Health{}, nil
	}})
	if _, err := s.Check(ctx); err != nil {
		t.Fatal(err)
	}
	if off := seen.Sub(deadline).Abs(); off > time.Minute {
		t.Errorf("deadline arrived as %v, %v off", seen, off)
	}
}

func TestPassedDeadlineIsATimeout(t *testing.T) {
	t.Parallel()
	s := openFull(t, &fakeSession{write: func(ctx context.Context, _ connector.Batch) (connector.Answers, error) {
		<-ctx.Done()
		return connector.Answers{}, ctx.Err()
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := s.Write(ctx, connector.Batch{})
	f := fault.From(err)
	if f.Code != peer.CodeTimeout || f.Class != fault.Transient || f.NotApplied || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Write = %+v", f)
	}
}

func TestPanicBecomesAFault(t *testing.T) {
	t.Parallel()
	const secret = "S3CRET-token"
	r := newRig(t, opening(&fakeSession{
		write: func(context.Context, connector.Batch) (connector.Answers, error) { panic("called with " + secret) },
		query: func(context.Context, connector.QueryRequest) (connector.Page, error) {
			var rows []string
			_ = rows[len(rows)]
			return connector.Page{}, nil
		},
	}))
	s := r.session(t, &fakeHost{}).(peer.Full)
	_, err := s.Write(t.Context(), connector.Batch{})
	f := fault.From(err)
	if f.Code != peer.CodePanic || f.Class != fault.Internal || f.NotApplied {
		t.Errorf("Write = %+v", f)
	}
	_, err = s.Query(t.Context(), connector.QueryRequest{})
	if fault.CodeOf(err) != peer.CodePanic || !strings.Contains(err.Error(), "index out of range") {
		t.Errorf("Query = %v, want the runtime's reason", err)
	}
	if _, err := s.Check(t.Context()); err != nil {
		t.Errorf("the process did not live on: %v", err)
	}
	if log := r.stacks.String(); !strings.Contains(log, "session_test.go") || strings.Contains(log+f.Error(), secret) {
		t.Errorf("stacks lack the place or show the value:\n%s", log)
	}
}

func TestPanicsOutsideASession(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakeConnector{open: func(context.Context, connector.Account, connector.Host) (connector.Session, error) {
		panic("no")
	}})
	if _, err := r.client.Open(t.Context(), connector.Account{}, &fakeHost{}); fault.CodeOf(err) != peer.CodePanic {
		t.Errorf("Open = %v", err)
	}
}

func TestAnswersMustMatchTheRows(t *testing.T) {
	t.Parallel()
	s := openFull(t, &fakeSession{
		write: func(context.Context, connector.Batch) (connector.Answers, error) {
			return connector.Answers{Rows: make([]connector.Answer, 2)}, nil
		},
		probe: func(context.Context, connector.ProbeRequest) ([]connector.Found, error) {
			return make([]connector.Found, 1), nil
		},
	})
	_, err := s.Write(t.Context(), connector.Batch{Keys: []string{"a", "b", "c"}})
	want := map[string]string{"0": "2", "1": "3", "answers": "2", "rows": "3"}
	if f := fault.From(err); f.Code != peer.CodeAnswerMismatch || f.NotApplied || !cmp.Equal(f.Args, want) {
		t.Errorf("Write = %+v", f)
	}
	if _, err = s.Probe(t.Context(), connector.ProbeRequest{}); fault.CodeOf(err) != peer.CodeAnswerMismatch {
		t.Errorf("Probe = %v", err)
	}
}

func TestPingTellsOfAbandonedCalls(t *testing.T) {
	t.Parallel()
	entered, release, left := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var there context.Context
	r := newRig(t, opening(&fakeSession{check: func(ctx context.Context) (connector.Health, error) {
		defer close(left)
		there = ctx
		close(entered)
		<-release
		return connector.Health{}, nil
	}}))
	overdue := func() time.Duration {
		d, err := r.client.Ping(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	s := r.session(t, &fakeHost{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-entered
		cancel()
	}()
	r.clock.Pass(time.Hour)
	if _, err := s.Check(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Check = %v", err)
	}
	<-there.Done()
	// The mark is set beside the end of the context, so the first looks may precede it.
	for overdue() == 0 {
		r.clock.Pass(time.Second)
	}
	before := overdue()
	r.clock.Pass(time.Minute)
	if after := overdue(); after != before+time.Minute {
		t.Errorf("overdue = %v, want %v", after, before+time.Minute)
	}
	close(release)
	<-left
	for overdue() != 0 {
	}
}
