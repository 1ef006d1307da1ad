//go:build linux

package pluginhost_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/sdk/fault"
)

func get(t *testing.T, url string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestSandboxAnswersAtItsOwnTime(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "one", trailer{})
	s, err := r.Sandbox(t.Context(), "one", "", "127.0.0.1:0", time.Date(2021, 5, 28, 8, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(s.URL, "http://127.0.0.1:") {
		t.Errorf("URL = %s", s.URL)
	}
	if got := get(t, s.URL); !strings.HasPrefix(got, "2021-05-28T08:0") {
		t.Errorf("its time is %s", got)
	}
	// The process that only told the manifest is gone; the sandbox runs.
	r.await(t, pluginhost.Stopped, "one")
	select {
	case <-s.Ended():
		t.Error("the sandbox ended")
	default:
	}
	s.Stop()
	s.Stop()
	<-s.Ended()
	if resp, err := http.Get(s.URL); err == nil { //nolint:bodyclose // there is none
		t.Errorf("a stopped sandbox answers %v", resp.Status)
	}
}

func TestSandboxEndsWithTheHost(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "one", trailer{})
	s, err := r.Sandbox(t.Context(), "one", "", "127.0.0.1:0", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	r.close(t)
	<-s.Ended()
	if _, err := r.Sandbox(t.Context(), "one", "", "127.0.0.1:0", time.Time{}); fault.CodeOf(err) != pluginhost.CodeClosed {
		t.Errorf("a sandbox of a closed host = %v", err)
	}
}

func TestSandboxFails(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "one", trailer{})
	cases := map[string]struct{ id, addr, code, hint string }{
		"missing":   {"two", "127.0.0.1:0", pluginhost.CodeMissing, ""},
		"not local": {"one", "0.0.0.0:0", pluginhost.CodeSandbox, "sandbox.address_refused"},
	}
	for name, c := range cases {
		_, err := r.Sandbox(t.Context(), c.id, "", c.addr, time.Time{})
		if f := fault.From(err); f.Code != c.code || !strings.Contains(f.Hint, c.hint) {
			t.Errorf("%s: %+v", name, f)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Sandbox(ctx, "one", "", "127.0.0.1:0", time.Time{}); err == nil {
		t.Error("a sandbox started with a cancelled context")
	}
}
