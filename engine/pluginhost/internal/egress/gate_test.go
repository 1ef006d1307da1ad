package egress_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/pluginhost/internal/egress"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/outbound"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// system answers every connection with do, and gives its address.
func system(t *testing.T, do func(net.Conn)) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			do(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return listener.Addr().String()
}

func gate(t *testing.T, hosts []string, settings string) (*egress.Gate, chan string) {
	t.Helper()
	told := make(chan string, 100)
	g, err := egress.Open("", func(host string) { told <- host })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	g.Declare(hosts, map[string]string{"host": "default.example.com"}, []byte(settings))
	return g, told
}

// through makes the process of the test one that has only the gate.
func through(t *testing.T, g *egress.Gate) func(ctx context.Context, network, address string) (net.Conn, error) {
	t.Helper()
	t.Setenv(outbound.GateKey, g.Path())
	return outbound.Dialer(outbound.Local)
}

func TestASystemThatSpeaksFirst(t *testing.T) {
	at := system(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "220 ready\n")
		line, _ := bufio.NewReader(conn).ReadString('\n')
		_, _ = io.WriteString(conn, "heard "+line)
	})
	g, _ := gate(t, []string{"{address}"}, `{"address":"http://`+at+`","n":1}`)
	conn, err := through(t, g)(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	greeting, err := in.ReadString('\n')
	if _, second := io.WriteString(conn, "hello\n"); err != nil || second != nil || greeting != "220 ready\n" {
		t.Fatalf("greeting %q, %v, %v", greeting, err, second)
	}
	rest, err := io.ReadAll(in)
	if err != nil || string(rest) != "heard hello\n" {
		t.Errorf("then %q, %v", rest, err)
	}
	_ = conn.Close()
}

func TestWhatDoesNotComeAbout(t *testing.T) {
	at := system(t, func(net.Conn) {})
	closed, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	g, told := gate(t, []string{"localhost", "nowhere.invalid", "{address}", "{host}"}, `{"address":"http://`+closed.Addr().String()+`","host":"169.254.169.254"}`)
	dial := through(t, g)
	_, port, _ := net.SplitHostPort(at)
	for _, c := range []struct {
		address string
		is      func(error) bool
	}{
		{at, func(err error) bool { return fault.CodeOf(err) == egress.CodeUndeclared }},
		{at, func(err error) bool { return fault.CodeOf(err) == egress.CodeUndeclared }},
		// A name of the connector's own leads to no loopback, one of no connection to no secrets of a cloud.
		{"localhost:" + port, func(err error) bool { return fault.CodeOf(err) == "outbound.refused" }},
		{"169.254.169.254:80", func(err error) bool { return fault.CodeOf(err) == "outbound.refused" }},
		{closed.Addr().String(), func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }},
		{"nowhere.invalid:80", func(err error) bool {
			_, isName := errors.AsType[*net.DNSError](err)
			return isName || fault.CodeOf(err) == "" && err != nil
		}},
	} {
		conn, err := dial(t.Context(), "tcp", c.address)
		if err == nil {
			_ = conn.Close()
		}
		if !c.is(err) {
			t.Errorf("%s: %v", c.address, err)
		}
	}
	if len(told) != 1 || <-told != "127.0.0.1" {
		t.Error("a refused system is not told of once")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dial(ended, "tcp", closed.Addr().String()); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that was called off: %v", err)
	}
}

// The gate answers what is no call of it, and ends what it has under way.
func TestStrangers(t *testing.T) {
	holds := make(chan struct{})
	at := system(t, func(net.Conn) { <-holds })
	t.Cleanup(func() { close(holds) }) // before the system's own end
	g, err := egress.Open("", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	g.Declare([]string{"{a}"}, nil, []byte(`{"a":"`+at+`"}`))
	for _, ask := range []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x00\xff\r\n\r\n", "CONNECT " + strings.Repeat("x", 20<<10) + "\r\n\r\n"} {
		conn, err := new(net.Dialer).DialContext(t.Context(), "unix", g.Path())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, ask)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err == nil && answer.StatusCode == http.StatusOK {
			t.Errorf("%.20q: %v", ask, answer.Status)
		}
		if err == nil {
			_ = answer.Body.Close()
		}
		_ = conn.Close()
	}
	conn, err := new(net.Dialer).DialContext(t.Context(), "unix", g.Path())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", at, at)
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.Contains(line, "200") {
		t.Fatalf("the gate says %q, %v", line, err)
	}
	over := make(chan struct{})
	go func() {
		g.Close()
		close(over)
	}()
	select {
	case <-over:
	case <-time.After(20 * time.Second):
		t.Fatal("the gate does not close under a connection")
	}
	_ = conn.Close()
}
