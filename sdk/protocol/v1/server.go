package v1

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/protocol/peer"
	"github.com/karezflow/karez/sdk/protocol/v1/pb"
)

// Serving is what a server needs from its process. Fields are required unless they say otherwise.
type Serving struct {
	// DialHost connects to the stream on which the engine serves Host.
	DialHost func(stream uint32) (*grpc.ClientConn, error)
	// Clock tells the time.
	Clock func() time.Time
	// Stacks takes the stack of each panic of the connector's code.
	Stacks io.Writer
	// Transforms is the code of the nodes that the manifest declares; nil for none.
	Transforms node.Code
}

// Register serves c on registrar. One engine uses it at a time. hangUp ends the
// connection back to the engine, for a process that outlives it.
func Register(registrar grpc.ServiceRegistrar, c connector.Connector, with Serving) (hangUp func()) {
	s := &server{
		connector: c, with: with, sessions: map[uint64]connector.Session{},
		running: running{clock: with.Clock, calls: map[*runningCall]struct{}{}},
	}
	pb.RegisterConnectorServer(registrar, s)
	if with.Transforms != nil {
		pb.RegisterTransformsServer(registrar, &transformServer{server: s, code: with.Transforms})
	}
	return func() { s.link(nil) }
}

type server struct {
	pb.UnimplementedConnectorServer
	connector connector.Connector
	with      Serving
	running   running

	mu       sync.Mutex
	sessions map[uint64]connector.Session
	host     *hostLink
}

// Handshake connects back to the engine.
func (s *server) Handshake(_ context.Context, req *pb.HandshakeRequest) (*pb.HandshakeResponse, error) {
	conn, err := s.with.DialHost(req.GetHostStream())
	if err != nil {
		return nil, fmt.Errorf("connect to the engine's service: %w", err)
	}
	s.link(&hostLink{rpc: pb.NewHostClient(conn), conn: conn, capabilities: req.GetCapabilities()})
	return &pb.HandshakeResponse{Capabilities: announced(s.with.Transforms)}, nil
}

// link replaces the connection back to the engine.
func (s *server) link(now *hostLink) {
	s.mu.Lock()
	old := s.host
	s.host = now
	s.mu.Unlock()
	if old != nil {
		_ = old.conn.Close()
	}
}

// Manifest gives the connector's.
func (s *server) Manifest(ctx context.Context, _ *pb.ManifestRequest) (*pb.ManifestResponse, error) {
	resp := &pb.ManifestResponse{}
	f := s.guard(ctx, nil, "Manifest", func(context.Context) error {
		resp.Yaml = s.connector.Manifest()
		return nil
	})
	return reply(resp, f, "the manifest"), nil
}

// Ping tells of abandoned calls.
func (s *server) Ping(context.Context, *pb.PingRequest) (*pb.PingResponse, error) {
	return &pb.PingResponse{Overdue: toDuration(s.running.overdue())}, nil
}

// Open opens a session and tells what it can do.
func (s *server) Open(ctx context.Context, req *pb.OpenRequest) (*pb.OpenResponse, error) {
	s.mu.Lock()
	link := s.host
	s.mu.Unlock()
	if link == nil {
		f := fault.New(peer.CodeTransport, "a session was opened before the handshake").Unapplied().Classed(fault.Internal)
		return &pb.OpenResponse{Fault: toFault(f)}, nil
	}
	resp := &pb.OpenResponse{}
	f := s.guard(ctx, nil, "Open", func(ctx context.Context) error {
		session, err := s.connector.Open(ctx, fromAccount(req.GetAccount()), &host{link: link, session: req.GetSession()})
		if err != nil {
			return err
		}
		resp.Capabilities = peer.Capabilities(session)
		return s.keep(ctx, req.GetSession(), session)
	})
	return reply(resp, f, "the session"), nil
}

// keep files an open session, or closes it when nobody waits for it any more: the
// engine would never close a session whose opening it gave up.
func (s *server) keep(ctx context.Context, id uint64, session connector.Session) error {
	s.mu.Lock()
	_, taken := s.sessions[id]
	if !taken && ctx.Err() == nil {
		s.sessions[id] = session
		s.mu.Unlock()
		return nil
	}
	s.mu.Unlock()
	_ = session.Close(context.WithoutCancel(ctx))
	if taken {
		return fault.New(peer.CodeTransport, "the session number %d is in use", id).Classed(fault.Internal)
	}
	return ctx.Err()
}

// Check asks the session.
func (s *server) Check(ctx context.Context, req *pb.CheckRequest) (*pb.CheckResponse, error) {
	resp := &pb.CheckResponse{}
	f := s.during(ctx, req, "Check", func(ctx context.Context, session connector.Session) error {
		health, err := session.Check(ctx)
		resp = &pb.CheckResponse{SourceTime: toTime(health.SourceTime), Account: text(health.Account)}
		return err
	})
	return reply(resp, f, "the answer"), nil
}

// Query asks the session.
func (s *server) Query(ctx context.Context, req *pb.QueryRequest) (*pb.QueryResponse, error) {
	resp := &pb.QueryResponse{}
	f := s.during(ctx, req, "Query", func(ctx context.Context, session connector.Session) error {
		page, err := session.Query(ctx, fromQuery(req))
		resp = toPage(page)
		return err
	})
	return reply(resp, f, "the page"), nil
}

// Write asks the session, if it writes.
func (s *server) Write(ctx context.Context, req *pb.WriteRequest) (*pb.WriteResponse, error) {
	resp := &pb.WriteResponse{}
	f := s.during(ctx, req, "Write", func(ctx context.Context, session connector.Session) error {
		writer, ok := session.(connector.Writer)
		if !ok {
			return lacks("Write")
		}
		answers, err := writer.Write(ctx, fromBatch(req))
		resp = toAnswers(answers)
		return err
	})
	return reply(resp, f, "the answer"), nil
}

// Probe asks the session, if it probes.
func (s *server) Probe(ctx context.Context, req *pb.ProbeRequest) (*pb.ProbeResponse, error) {
	resp := &pb.ProbeResponse{}
	f := s.during(ctx, req, "Probe", func(ctx context.Context, session connector.Session) error {
		prober, ok := session.(connector.Prober)
		if !ok {
			return lacks("Probe")
		}
		found, err := prober.Probe(ctx, fromProbe(req))
		resp = toFound(found)
		return err
	})
	return reply(resp, f, "the answer"), nil
}

// Discover asks the session, if it discovers.
func (s *server) Discover(ctx context.Context, req *pb.DiscoverRequest) (*pb.DiscoverResponse, error) {
	resp := &pb.DiscoverResponse{}
	f := s.during(ctx, req, "Discover", func(ctx context.Context, session connector.Session) error {
		discoverer, ok := session.(connector.Discoverer)
		if !ok {
			return lacks("Discover")
		}
		request, response, err := discoverer.Discover(ctx, req.GetOperation(), req.GetForm())
		resp = &pb.DiscoverResponse{Request: request, Response: response}
		return err
	})
	return reply(resp, f, "the list of fields"), nil
}

// Close closes the session and forgets it.
func (s *server) Close(ctx context.Context, req *pb.CloseRequest) (*pb.CloseResponse, error) {
	s.mu.Lock()
	session, open := s.sessions[req.GetSession()]
	delete(s.sessions, req.GetSession())
	s.mu.Unlock()
	if !open {
		return &pb.CloseResponse{}, nil
	}
	f := s.guard(ctx, nil, "Close", session.Close)
	return &pb.CloseResponse{Fault: toFault(f)}, nil
}

// marked is a request to a session.
type marked interface {
	GetSession() uint64
	GetMeta() *pb.Meta
}

// during runs work on the request's session.
func (s *server) during(ctx context.Context, req marked, what string, work func(context.Context, connector.Session) error) *fault.Fault {
	s.mu.Lock()
	session, open := s.sessions[req.GetSession()]
	s.mu.Unlock()
	if !open {
		return fault.New(peer.CodeSessionUnknown, "%s came for a session that is not open", what).Unapplied().Classed(fault.Transient)
	}
	ctx, last := listening(ctx)
	return last.of(s.guard(ctx, req.GetMeta(), what, func(ctx context.Context) error { return work(ctx, session) }))
}

// guard runs connector code: its panic becomes a fault and the process lives on,
// and a call that outlives its context is noticed.
func (s *server) guard(ctx context.Context, meta *pb.Meta, what string, work func(context.Context) error) (f *fault.Fault) {
	defer s.running.begin(ctx)()
	defer func() {
		if value := recover(); value != nil {
			// The value may quote data or a secret, so only the runtime's own texts are shown.
			reason := fmt.Sprintf("a %T", value)
			if err, ok := value.(runtime.Error); ok {
				reason = err.Error()
			}
			_, _ = fmt.Fprintf(s.with.Stacks, "panic in %s: %s\n%s\n", what, reason, debug.Stack())
			f = fault.New(peer.CodePanic, "the connector's code failed in %s: %s", what, reason).
				Hinted("this is a defect of the connector; its log has the place").Classed(fault.Internal)
		}
	}()
	if meta != nil {
		ctx = peer.WithMeta(ctx, fromMeta(meta))
	}
	if err := work(ctx); err != nil {
		return asFault(err, what)
	}
	return nil
}

func lacks(what string) *fault.Fault {
	return fault.New(peer.CodeUnsupported, "the connector does not offer %s", what).Unapplied().Classed(fault.Config)
}

// reply gives resp, or a message of its kind with only the fault in it when there
// is one or when resp cannot cross. Every answer has a field of that name.
func reply[R proto.Message](resp R, f *fault.Fault, name string) R {
	if f == nil {
		f = tooLarge(resp, name)
	}
	if f == nil {
		return resp
	}
	failed := resp.ProtoReflect().New()
	failed.Set(failed.Descriptor().Fields().ByName("fault"), protoreflect.ValueOfMessage(toFault(f).ProtoReflect()))
	return failed.Interface().(R) //nolint:forcetypeassert // a message of resp's own type
}
