package proxy_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/karezflow/karez/deploy/chaos/proxy"
)

// stand is a server behind a proxy.
type stand struct {
	t      *testing.T
	proxy  *proxy.Proxy
	client *http.Client
	// heard counts the requests that came through whole.
	heard atomic.Int64
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{t: t, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			s.heard.Add(1)
			_, _ = w.Write(body)
		}
	}))
	t.Cleanup(server.Close)
	p, err := proxy.Listen(t.Context(), server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.proxy = p
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// echo sends a text through the proxy and gives what comes back.
func (s *stand) echo(patience time.Duration, text string) (string, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.proxy.Addr(), strings.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

const long = 10 * time.Second

func TestWhatPassesArrives(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	text := strings.Repeat("单据", 100_000)
	if got, err := s.echo(long, text); err != nil || got != text {
		t.Errorf("%d bytes of %d came back, %v", len(got), len(text), err)
	}
}

func TestDelayAndTrickleOnlyTakeTime(t *testing.T) {
	t.Parallel()
	for _, spell := range []proxy.Spell{{Mode: proxy.Delay, Wait: 60 * time.Millisecond}, {Mode: proxy.Trickle, Wait: time.Millisecond}} {
		s := newStand(t)
		s.proxy.Cast(spell)
		began := time.Now()
		if got, err := s.echo(long, "a document"); err != nil || got != "a document" {
			t.Errorf("%s: %q, %v", spell.Mode, got, err)
		}
		if took := time.Since(began); took < 100*time.Millisecond {
			t.Errorf("%s took %s only", spell.Mode, took)
		}
	}
}

func TestCutClosesAndRefuses(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	conn, err := net.Dial("tcp", s.proxy.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	s.proxy.Cast(proxy.Spell{Mode: proxy.Cut})
	if err := conn.SetReadDeadline(time.Now().Add(long)); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("the open connection was not cut: %v", err)
	}
	if _, err := s.echo(long, "x"); err == nil {
		t.Error("a new connection was let through")
	}
	s.proxy.Cast(proxy.Spell{Mode: proxy.Pass})
	if got, err := s.echo(long, "x"); err != nil || got != "x" {
		t.Errorf("after the cut: %q, %v", got, err)
	}
}

func TestCutAfterLosesTheAnswerOnly(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.proxy.Cast(proxy.Spell{Mode: proxy.CutAfter, Bytes: 40})
	if _, err := s.echo(long, strings.Repeat("x", 1000)); err == nil {
		t.Error("the answer came whole")
	}
	if s.heard.Load() != 1 {
		t.Errorf("the question came %d times", s.heard.Load())
	}
}

func TestABlackholeSwallowsAndNothingComesOutLater(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.proxy.Cast(proxy.Spell{Mode: proxy.Blackhole})
	if _, err := s.echo(200*time.Millisecond, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	s.proxy.Cast(proxy.Spell{Mode: proxy.Pass})
	// What the asker gave up must not arrive behind its back.
	if got, err := s.echo(long, "y"); err != nil || got != "y" || s.heard.Load() != 1 {
		t.Errorf("%q, %v, heard %d", got, err, s.heard.Load())
	}
}

func TestTheEndOfABlackholeClosesWhatItSwallowed(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.proxy.Cast(proxy.Spell{Mode: proxy.Blackhole})
	time.AfterFunc(100*time.Millisecond, func() { s.proxy.Cast(proxy.Spell{Mode: proxy.Pass}) })
	if got, err := s.echo(long, "x"); err == nil || errors.Is(err, context.DeadlineExceeded) || s.heard.Load() != 0 {
		t.Errorf("%q, %v, heard %d", got, err, s.heard.Load())
	}
}
