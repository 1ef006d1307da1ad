package outbound

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// GateKey is the variable by which an engine tells a connector's process the socket of its
// gate. A process that is confined has no network but the gate, which takes HTTP's CONNECT:
// the engine looks names up, checks the address and dials. Where the variable is not set,
// the process dials by itself.
const GateKey = "KAREZ_GATE"

// ReachHeader carries, in a call of the gate, the reach that the connection allows; without
// it the gate takes Local.
const ReachHeader = "Karez-Reach"

// Refusal is the gate's answer where no connection came about, as JSON, with the status 403
// where the address may not be reached and 502 where it could not.
type Refusal struct {
	// Fault is set of an address that may not be reached.
	Fault *fault.Fault `json:"fault,omitempty"`
	// Cause is why the system could not be reached, Reason in words.
	Cause  Cause  `json:"cause,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Cause is why a system could not be reached.
type Cause string

// The causes that programs ask for; of others there are the words only.
const (
	CauseRefused Cause = "refused"
	CauseTimeout Cause = "timeout"
	CauseNoHost  Cause = "no_host"
)

// maxRefusal is how much of a refusal is read.
const maxRefusal = 64 << 10

// CauseOf gives the cause of a failed dial, "" where it is none of those known.
func CauseOf(err error) Cause {
	name, isName := errors.AsType[*net.DNSError](err)
	timed, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return CauseRefused
	case isName && name.IsNotFound:
		return CauseNoHost
	case isNet && timed.Timeout():
		return CauseTimeout
	}
	return ""
}

// throughGate dials by way of the engine.
func throughGate(gate string, reach Reach) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := throughGateTo(ctx, gate, reach, address)
		if own, ok := errors.AsType[*fault.Fault](err); ok {
			return nil, own
		}
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		return conn, nil
	}
}

func throughGateTo(ctx context.Context, gate string, reach Reach, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	plain, err := new(net.Dialer).DialContext(ctx, "unix", gate)
	if err != nil {
		return nil, fmt.Errorf("the engine's gate: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = plain.SetDeadline(time.Unix(1, 0)) })
	opened, err := open(plain, reach, address)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = plain.Close()
		if ended := ctx.Err(); ended != nil {
			return nil, ended
		}
		return nil, err
	}
	return opened, nil
}

// open asks the gate for the address.
func open(plain net.Conn, reach Reach, address string) (net.Conn, error) {
	if _, err := fmt.Fprintf(plain, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s: %s\r\n\r\n", address, address, ReachHeader, reach); err != nil {
		return nil, err
	}
	early := bufio.NewReader(plain)
	answer, err := http.ReadResponse(early, &http.Request{Method: http.MethodConnect}) //nolint:bodyclose // it is the connection itself
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusOK {
		if unix, ok := plain.(*net.UnixConn); ok {
			return &opened{UnixConn: unix, early: early}, nil
		}
		return nil, net.UnknownNetworkError(plain.LocalAddr().Network())
	}
	var refusal Refusal
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxRefusal)).Decode(&refusal); err != nil {
		return nil, fmt.Errorf("the engine's gate answers %s", answer.Status)
	}
	return nil, refusal.asError(address)
}

// asError gives what dialling here would have given.
func (r Refusal) asError(address string) error {
	host, _, _ := net.SplitHostPort(address)
	switch {
	case r.Fault != nil:
		return r.Fault
	case r.Cause == CauseRefused:
		return os.NewSyscallError("connect", syscall.ECONNREFUSED)
	case r.Cause == CauseTimeout:
		return os.ErrDeadlineExceeded
	case r.Cause == CauseNoHost:
		return &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return errors.New(r.Reason)
}

// opened is a connection through the gate. A system that speaks first may have been heard
// together with the gate's answer.
type opened struct {
	*net.UnixConn

	early *bufio.Reader
}

// Read gives what was heard early first.
func (o *opened) Read(p []byte) (int, error) {
	if o.early.Buffered() > 0 {
		return o.early.Read(p)
	}
	return o.UnixConn.Read(p)
}
