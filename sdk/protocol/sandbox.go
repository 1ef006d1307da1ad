package protocol

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// drainSandbox is how long open requests may take to end when a sandbox stops.
const drainSandbox = 2 * time.Second

// serveSandbox serves the sandbox until ctx ends or stdin is closed, and writes
// one line with its address to stdout as soon as it accepts connections.
func serveSandbox(ctx context.Context, sandbox func(func() time.Time) http.Handler, addr, now string, stdin io.Reader, stdout io.Writer) error {
	if sandbox == nil {
		return fault.New("sandbox.none", "this connector ships no sandbox").Classed(fault.Config)
	}
	clock, err := clockFrom(now)
	if err != nil {
		return err
	}
	listener, err := listenLoopback(ctx, addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: dated(sandbox(clock), clock), ReadHeaderTimeout: 10 * time.Second}
	served := closed(func() { err = server.Serve(listener) })

	line, encodeErr := json.Marshal(map[string]string{"url": "http://" + listener.Addr().String()})
	if encodeErr == nil {
		_, encodeErr = stdout.Write(append(line, '\n'))
	}
	if encodeErr == nil {
		select {
		case <-ctx.Done():
		case <-closed(func() { _, _ = io.Copy(io.Discard, stdin) }):
		case <-served:
		}
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainSandbox)
	defer cancel()
	if server.Shutdown(drain) != nil {
		_ = server.Close()
	}
	<-served
	if errors.Is(err, http.ErrServerClosed) {
		err = encodeErr
	}
	return err
}

// clockFrom gives a clock that starts at the moment start and advances with the
// real time; without start it is the real time.
func clockFrom(start string) (func() time.Time, error) {
	if start == "" {
		return time.Now, nil //nolint:forbidigo // the process's clock comes in here
	}
	from, err := time.Parse(time.RFC3339, start)
	if err != nil {
		return nil, fault.New("sandbox.now_invalid", "--now %q is not a time such as 2026-03-01T08:00:00+08:00", start).Classed(fault.Config)
	}
	began := time.Now() //nolint:forbidigo // the process's clock comes in here
	return func() time.Time { return from.Add(time.Since(began)) }, nil
}

// listenLoopback listens on addr if it is a loopback address: a sandbox accepts
// any caller, so it must not be reachable from another machine.
func listenLoopback(ctx context.Context, addr string) (net.Listener, error) {
	refused := fault.New("sandbox.address_refused", "a sandbox listens on loopback only, for example 127.0.0.1:0, not on %q", addr).Classed(fault.Config)
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, refused.Because(err)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, refused
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fault.Wrap(err, "sandbox.address_unusable", "the sandbox cannot listen on %s", addr).Classed(fault.Config)
	}
	return listener, nil
}

// dated answers with the sandbox's own time in the Date header.
func dated(next http.Handler, clock func() time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", clock().UTC().Format(http.TimeFormat))
		next.ServeHTTP(w, r)
	})
}

// closed runs work beside the caller and gives a channel that closes when it ends.
func closed(work func()) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	return done
}
