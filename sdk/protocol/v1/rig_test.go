package v1_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/protocol/peer"
	v1 "github.com/karezflow/karez/sdk/protocol/v1"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// fakeConnector opens the session that open makes.
type fakeConnector struct {
	manifest func() []byte
	open     func(context.Context, connector.Account, connector.Host) (connector.Session, error)
}

func (c *fakeConnector) Manifest() []byte {
	if c.manifest == nil {
		return []byte("id: fake")
	}
	return c.manifest()
}

func (c *fakeConnector) Open(ctx context.Context, a connector.Account, h connector.Host) (connector.Session, error) {
	return c.open(ctx, a, h)
}

// fakeSession answers with its functions; a nil one answers with zero values.
type fakeSession struct {
	check    func(context.Context) (connector.Health, error)
	query    func(context.Context, connector.QueryRequest) (connector.Page, error)
	write    func(context.Context, connector.Batch) (connector.Answers, error)
	probe    func(context.Context, connector.ProbeRequest) ([]connector.Found, error)
	discover func(context.Context, string, string) ([]byte, []byte, error)
	close    func(context.Context) error
}

func (s *fakeSession) Check(ctx context.Context) (connector.Health, error) {
	if s.check == nil {
		return connector.Health{}, nil
	}
	return s.check(ctx)
}

func (s *fakeSession) Query(ctx context.Context, q connector.QueryRequest) (connector.Page, error) {
	if s.query == nil {
		return connector.Page{}, nil
	}
	return s.query(ctx, q)
}

func (s *fakeSession) Write(ctx context.Context, b connector.Batch) (connector.Answers, error) {
	return s.write(ctx, b)
}

func (s *fakeSession) Probe(ctx context.Context, p connector.ProbeRequest) ([]connector.Found, error) {
	return s.probe(ctx, p)
}

func (s *fakeSession) Discover(ctx context.Context, operation, form string) ([]byte, []byte, error) {
	return s.discover(ctx, operation, form)
}

func (s *fakeSession) Close(ctx context.Context) error {
	if s.close == nil {
		return nil
	}
	return s.close(ctx)
}

// fakeHost answers with its functions.
type fakeHost struct {
	get   func(context.Context) (connector.Snapshot, error)
	swap  func(context.Context, connector.Snapshot, []byte, time.Duration) (connector.Snapshot, error)
	log   func(context.Context, connector.Level, string, map[string]string)
	trace func(context.Context, connector.Exchange)
}

func (h *fakeHost) State() connector.State { return h }

func (h *fakeHost) Get(ctx context.Context) (connector.Snapshot, error) { return h.get(ctx) }

func (h *fakeHost) CompareAndSwap(ctx context.Context, old connector.Snapshot, value []byte, lease time.Duration) (connector.Snapshot, error) {
	return h.swap(ctx, old, value, lease)
}

func (h *fakeHost) Log(ctx context.Context, level connector.Level, message string, attrs map[string]string) {
	h.log(ctx, level, message, attrs)
}

func (h *fakeHost) Trace(ctx context.Context, e connector.Exchange) { h.trace(ctx, e) }

// rig joins both ends in this process over a real grpc connection each way.
type rig struct {
	client *v1.Client
	conn   *grpc.ClientConn
	clock  *clocktest.Clock
	stacks *lockedBuffer
	// cut ends the connector's side at once.
	cut func()
}

func newRig(t *testing.T, c connector.Connector) *rig {
	t.Helper()
	return newRigWith(t, c, nil)
}

// newRigWith is newRig for a plugin that brings nodes.
func newRigWith(t *testing.T, c connector.Connector, code node.Code) *rig {
	t.Helper()
	r := &rig{clock: &clocktest.Clock{}, stacks: &lockedBuffer{}}
	var stream *bufconn.Listener
	server := serve(t, func(s grpc.ServiceRegistrar) {
		v1.Register(s, c, v1.Serving{
			DialHost: func(uint32) (*grpc.ClientConn, error) {
				conn := dial(t, stream)
				return conn, nil
			},
			Clock:      r.clock.Now,
			Stacks:     r.stacks,
			Transforms: code,
		})
	})
	r.cut = server.stop
	r.conn = dial(t, server.listener)
	client, err := v1.Dial(t.Context(), r.conn, func(register func(grpc.ServiceRegistrar)) uint32 {
		stream = serve(t, register).listener
		return 7
	})
	if err != nil {
		t.Fatal(err)
	}
	r.client = client
	return r
}

// session opens a session of the rig's connector.
func (r *rig) session(t *testing.T, h connector.Host) connector.Session {
	t.Helper()
	s, err := r.client.Open(t.Context(), connector.Account{ID: "c1"}, h)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// openFull gives a client's view of session.
func openFull(t *testing.T, session *fakeSession) peer.Full {
	t.Helper()
	s := newRig(t, opening(session)).session(t, &fakeHost{})
	return s.(peer.Full)
}

func opening(s connector.Session) *fakeConnector {
	return &fakeConnector{open: func(context.Context, connector.Account, connector.Host) (connector.Session, error) {
		return s, nil
	}}
}

type served struct {
	listener *bufconn.Listener
	stop     func()
}

func serve(t *testing.T, register func(grpc.ServiceRegistrar)) served {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.MaxRecvMsgSize(peer.MaxMessage))
	register(server)
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		server.Stop()
		wg.Wait()
	})
	return served{listener, server.Stop}
}

func dial(t *testing.T, listener *bufconn.Listener) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///here",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(peer.MaxMessage)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf []byte
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buf = append(b.buf, p...)
	return len(p), nil
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.buf)
}

var _ io.Writer = (*lockedBuffer)(nil)
