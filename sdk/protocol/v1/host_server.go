package v1

import (
	"context"
	"sync"

	"google.golang.org/grpc"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/protocol/peer"
	"github.com/karezflow/karez/sdk/protocol/v1/pb"
)

// hostServer serves each session's connector.Host to the connector's process. It
// lives in the engine.
type hostServer struct {
	pb.UnimplementedHostServer

	mu    sync.Mutex
	hosts map[uint64]connector.Host
}

func (h *hostServer) register(registrar grpc.ServiceRegistrar) { pb.RegisterHostServer(registrar, h) }

func (h *hostServer) put(session uint64, host connector.Host) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hosts[session] = host
}

func (h *hostServer) drop(session uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.hosts, session)
}

// of gives the host of a request's session and the context of the call that the
// connector is working on.
func (h *hostServer) of(ctx context.Context, req marked) (context.Context, connector.Host, *fault.Fault) {
	h.mu.Lock()
	host := h.hosts[req.GetSession()]
	h.mu.Unlock()
	if host == nil {
		return ctx, nil, fault.New(peer.CodeSessionUnknown, "the connector spoke for a session that is not open").Classed(fault.Internal)
	}
	return peer.WithMeta(ctx, fromMeta(req.GetMeta())), host, nil
}

// GetState asks the session's host.
func (h *hostServer) GetState(ctx context.Context, req *pb.GetStateRequest) (*pb.GetStateResponse, error) {
	ctx, host, f := h.of(ctx, req)
	if f != nil {
		return &pb.GetStateResponse{Fault: toFault(f)}, nil
	}
	now, err := host.State().Get(ctx)
	if err != nil {
		f = asFault(err, "reading the connector's state")
		return &pb.GetStateResponse{Fault: toFault(f)}, nil
	}
	return &pb.GetStateResponse{Snapshot: toSnapshot(now)}, nil
}

// CompareAndSwapState asks the session's host.
func (h *hostServer) CompareAndSwapState(ctx context.Context, req *pb.CompareAndSwapStateRequest) (*pb.CompareAndSwapStateResponse, error) {
	ctx, host, f := h.of(ctx, req)
	if f != nil {
		return &pb.CompareAndSwapStateResponse{Fault: toFault(f)}, nil
	}
	return toSwap(host.State().CompareAndSwap(ctx, fromSnapshot(req.GetOld()), req.GetValue(), req.GetLease().AsDuration())), nil
}

// Log hands the line to the session's host; one of a closed session is dropped.
func (h *hostServer) Log(ctx context.Context, req *pb.LogRequest) (*pb.LogResponse, error) {
	if ctx, host, f := h.of(ctx, req); f == nil {
		host.Log(ctx, connector.Level(req.GetLevel()), req.GetMessage(), req.GetAttrs())
	}
	return &pb.LogResponse{}, nil
}

// Trace hands the exchange to the session's host; one of a closed session is dropped.
func (h *hostServer) Trace(ctx context.Context, req *pb.TraceRequest) (*pb.TraceResponse, error) {
	if ctx, host, f := h.of(ctx, req); f == nil {
		host.Trace(ctx, fromExchange(req.GetExchange()))
	}
	return &pb.TraceResponse{}, nil
}
