package courier_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/courier"
	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/errand/errandtest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// rig is a courier over a store in memory and a system that takes bills.
type rig struct {
	*enginetest.ERP

	manifest *manifest.Manifest
	closed   error
}

func (r *rig) Open(context.Context, ledger.ID, string) (ledger.ID, connector.Session, error) {
	return 5, r.ERP, r.closed
}

func (r *rig) Manifest(context.Context, ledger.ID, string) (*manifest.Manifest, error) {
	return r.manifest, nil
}

// TestRound: what a system answers is where an errand stands.
func TestRound(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		operation string
		change    func(*rig)
		want      errand.State
		code      string
		attempt   int
	}{
		"done":                {"bills", func(*rig) {}, errand.Done, "", 1},
		"refused":             {"bills", func(r *rig) { r.Refuse = func(string) string { return "wrong" } }, errand.Rejected, "vendor.wrong", 1},
		"waits for base data": {"bills", func(r *rig) { r.Refuse = func(string) string { return "missing" } }, errand.RetryAt, "vendor.missing", 1},
		"no connection":       {"bills", func(r *rig) { r.closed = fault.New("connection.down", "down").Classed(fault.Transient) }, errand.RetryAt, "connection.down", 0},
		"operation gone":      {"nothing", func(*rig) {}, errand.RetryAt, "errand.operation_gone", 0},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := manifest.Parse([]byte(enginetest.System))
			if err != nil {
				t.Fatal(err)
			}
			r := &rig{ERP: &enginetest.ERP{}, manifest: m}
			tt.change(r)
			store := errandtest.NewMemory(func([]ledger.ID) map[ledger.ID]bool { return nil })
			now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
			store.Enter([]errand.Record{errand.New(ledger.Errand{
				ErrandKey: ledger.ErrandKey{Document: 9, NodeNo: 7, Way: "1"}, Purpose: ledger.WritebackErrand, Connection: "erp", Operation: tt.operation, Mode: "create",
				Key: "a", Params: []byte(`{"form":"F1"}`), Body: []byte(`{"no":"a","amount":1.50}`),
			}, 1, 1, 2, ledger.At(now))})
			c := courier.New(courier.Config{Store: store, Connections: r, Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Owner: "me"})
			if n, err := c.Round(t.Context(), t.Context()); n != 1 || err != nil {
				t.Fatal(n, err)
			}
			got, err := store.Of(t.Context(), 1, 9)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]any{tt.want, tt.code, tt.attempt}, []any{got[0].State, got[0].Code, got[0].Attempt}); diff != "" {
				t.Error(diff)
			}
			if n, err := c.Round(t.Context(), t.Context()); n != 0 || err != nil {
				t.Errorf("a second round took %d, %v", n, err)
			}
		})
	}
}

// two is a rig with a second system, behind the connection slow.
type two struct {
	*rig

	slow *enginetest.ERP
}

func (r *two) Open(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, connector.Session, error) {
	if name == "slow" {
		return 6, r.slow, nil
	}
	return r.rig.Open(ctx, workspace, name)
}

// A system that does not answer holds up the calls of no other one, however many wait
// for it.
func TestSlowSystemHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	m, err := manifest.Parse([]byte(enginetest.System))
	if err != nil {
		t.Fatal(err)
	}
	called, answer := make(chan struct{}, 3), make(chan struct{})
	r := &two{rig: &rig{ERP: &enginetest.ERP{}, manifest: m}, slow: &enginetest.ERP{Hang: func(context.Context) error {
		called <- struct{}{}
		<-answer
		return nil
	}}}
	store := errandtest.NewMemory(func([]ledger.ID) map[ledger.ID]bool { return nil })
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	for i, key := range []string{"s1", "s2", "s3", "quick"} {
		connection := "erp"
		if key[0] == 's' {
			connection = "slow"
		}
		store.Enter([]errand.Record{errand.New(ledger.Errand{
			ErrandKey: ledger.ErrandKey{Document: ledger.ID(i + 1), NodeNo: 7, Way: "1"}, Purpose: ledger.WritebackErrand, Connection: connection, Operation: "bills", Mode: "create",
			Key: key, Params: []byte(`{"form":"F1"}`), Body: []byte(`{"no":"` + key + `","amount":1.50}`),
		}, ledger.ID(i+1), 1, 2, ledger.At(now))})
	}
	c := courier.New(courier.Config{Store: store, Connections: r, Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Owner: "me", Batch: 1})
	first := make(chan error, 1)
	go func() {
		_, err := c.Round(t.Context(), t.Context())
		first <- err
	}()
	<-called
	second := make(chan error, 1)
	go func() {
		_, err := c.Round(t.Context(), t.Context())
		second <- err
	}()
	select {
	case <-called:
		t.Error("a second call is made of the system that does not answer")
	case err := <-second:
		if err != nil {
			t.Error(err)
		}
	}
	got, err := store.Of(t.Context(), 1, 4)
	if err != nil || got[0].State != errand.Done {
		t.Errorf("the other system's call is %v, %v", got[0].State, err)
	}
	close(answer)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

// The end of the taking lets the call that is under way come to its end, and begins no
// other one.
func TestNothingIsTakenAfterTheEnd(t *testing.T) {
	t.Parallel()
	m, err := manifest.Parse([]byte(enginetest.System))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	hang := func(context.Context) error { stop(); return nil }
	r := &two{rig: &rig{ERP: &enginetest.ERP{Hang: hang}, manifest: m}, slow: &enginetest.ERP{Hang: hang}}
	store := errandtest.NewMemory(func([]ledger.ID) map[ledger.ID]bool { return nil })
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	for i, connection := range []string{"erp", "slow"} {
		store.Enter([]errand.Record{errand.New(ledger.Errand{
			ErrandKey: ledger.ErrandKey{Document: ledger.ID(i + 1), NodeNo: 7, Way: "1"}, Purpose: ledger.WritebackErrand, Connection: connection, Operation: "bills", Mode: "create",
			Key: connection, Params: []byte(`{"form":"F1"}`), Body: []byte(`{"no":"` + connection + `","amount":1.50}`),
		}, ledger.ID(i+1), 1, 2, ledger.At(now))})
	}
	c := courier.New(courier.Config{Store: store, Connections: r, Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Owner: "me"})
	if n, err := c.Round(ctx, t.Context()); n != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d taken, %v", n, err)
	}
	for document, want := range map[ledger.ID]errand.State{1: errand.Done, 2: errand.Pending} {
		got, err := store.Of(t.Context(), 1, document)
		if err != nil || got[0].State != want {
			t.Errorf("call %d is %s, want %s; %v", document, got[0].State, want, err)
		}
	}
}
