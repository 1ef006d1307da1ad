package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/protocol"
)

// TestMain lets this test binary be the connector's executable.
func TestMain(m *testing.M) {
	if os.Getenv("KAREZ_TEST_ROLE") == "connector" {
		main()
		return
	}
	leaktest.Main(m)
}

// dial starts the connector as a process of its own and opens a session there.
func (b *bench) dial() connector.Session {
	b.t.Helper()
	self, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	process, err := protocol.Dial(b.t.Context(), protocol.Config{
		Child: protocol.Command(self, nil, []string{"KAREZ_TEST_ROLE=connector"}, os.Stderr),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { process.Stop(context.Background()) })
	if string(process.Connector.Manifest()) != manifestYAML {
		b.t.Error("the process declares something else")
	}
	raw, err := json.Marshal(b.settings)
	if err != nil {
		b.t.Fatal(err)
	}
	session, err := process.Connector.Open(b.t.Context(), connector.Account{ID: "c1", Settings: raw, Secrets: b.secrets}, b.host)
	if err != nil {
		b.t.Fatal(err)
	}
	return session
}

// TestTwoProcessesShareOneToken has workers of two processes, whose clocks are
// years ahead of the sandbox's, find the token expired at once.
func TestTwoProcessesShareOneToken(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	b.set(`{"oldTokensDie":true}`)
	sessions := []connector.Session{b.dial(), b.dial()}
	for _, s := range sessions {
		if page := query(t, s, `{"page_index":1,"page_size":50,`+span(7*day, 0)+`}`); page.Total < 50 || !page.SourceTime.Equal(start()) {
			t.Errorf("total %d at %v", page.Total, page.SourceTime)
		}
	}
	// One call more than the token's own taught the first process the sandbox's clock.
	b.wantTokenCalls(2, 0, 0)
	b.set(`{"expireTokens":true}`)
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { _, errs[i] = sessions[i%2].Query(t.Context(), refunds(someRefunds)) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	b.wantTokenCalls(2, 0, 1)

	_, err := sessions[0].Query(t.Context(), refunds(`{}`))
	if f := classified(t, err, "vendor.130", fault.Config); f.Message != "修改时间与单号不能同时为空" {
		t.Errorf("over the wire: %q", f.Message)
	}
	for _, s := range sessions {
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
