package v1

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/protocol/peer"
	"github.com/karezflow/karez/sdk/protocol/v1/pb"
)

// noteTime is how long a line of the log or a trace may keep a session waiting.
// Both are worth less than the call they belong to.
const noteTime = 5 * time.Second

// hostLink is the connection back to the engine, one for the process.
type hostLink struct {
	rpc          pb.HostClient
	conn         *grpc.ClientConn
	capabilities []string
}

// host is connector.Host for one session, in the connector's process.
type host struct {
	link    *hostLink
	session uint64
}

// State is the engine's.
func (h *host) State() connector.State { return (*state)(h) }

// Log sends the line to the engine, if that takes lines.
func (h *host) Log(ctx context.Context, level connector.Level, message string, attrs map[string]string) {
	if !slices.Contains(h.link.capabilities, hostLogs) {
		return
	}
	req := &pb.LogRequest{
		Session: h.session, Meta: metaOf(ctx), Level: text(string(level)), Message: text(message), Attrs: textMap(attrs),
	}
	if tooLarge(req, "the log line") != nil {
		return
	}
	ctx, cancel := noting(ctx)
	defer cancel()
	_, _ = h.link.rpc.Log(ctx, req)
}

// Trace sends the exchange to the engine, if that takes traces.
func (h *host) Trace(ctx context.Context, exchange connector.Exchange) {
	heard(ctx, exchange)
	if !slices.Contains(h.link.capabilities, hostTraces) {
		return
	}
	req := &pb.TraceRequest{Session: h.session, Meta: metaOf(ctx), Exchange: toExchange(exchange)}
	if tooLarge(req, "the trace") != nil {
		// An exchange without its bodies still shows when, where and with what result.
		req.Exchange.RequestBody, req.Exchange.ResponseBody = nil, nil
	}
	ctx, cancel := noting(ctx)
	defer cancel()
	_, _ = h.link.rpc.Trace(ctx, req)
}

// noting gives a context for a line about a call, which may have been cancelled:
// that is when its lines matter most.
func noting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), noteTime)
}

// state is connector.State for one session, in the connector's process.
type state host

// Get asks the engine.
func (s *state) Get(ctx context.Context) (connector.Snapshot, error) {
	resp, err := s.link.rpc.GetState(ctx, &pb.GetStateRequest{Session: s.session, Meta: metaOf(ctx)})
	if err != nil {
		return connector.Snapshot{}, unreachable(ctx, err, "reading")
	}
	if f := fromFault(resp.GetFault()); f != nil {
		return connector.Snapshot{}, f
	}
	return fromSnapshot(resp.GetSnapshot()), nil
}

// CompareAndSwap asks the engine.
func (s *state) CompareAndSwap(ctx context.Context, old connector.Snapshot, value []byte, lease time.Duration) (connector.Snapshot, error) {
	req := &pb.CompareAndSwapStateRequest{
		Session: s.session, Meta: metaOf(ctx), Old: toSnapshot(old), Value: value, Lease: toDuration(lease),
	}
	if f := tooLarge(req, "the state"); f != nil {
		return connector.Snapshot{}, f
	}
	resp, err := s.link.rpc.CompareAndSwapState(ctx, req)
	if err != nil {
		return connector.Snapshot{}, unreachable(ctx, err, "storing")
	}
	return fromSwap(resp)
}

func unreachable(ctx context.Context, err error, act string) *fault.Fault {
	if ended := ctx.Err(); ended != nil {
		return endedCall(ended, act+" the connector's state")
	}
	return fault.New(peer.CodeHostUnreachable, "the engine did not answer %s the connector's state", act).
		Because(err).Classed(fault.Transient)
}
