package v1

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/protocol/peer"
	"github.com/karezflow/karez/sdk/protocol/v1/pb"
)

// Client is a connector in another process. It implements connector.Connector.
type Client struct {
	rpc          pb.ConnectorClient
	hosts        *hostServer
	manifest     []byte
	capabilities []string
	// code is nil where the process serves no nodes.
	code        *RemoteCode
	lastSession atomic.Uint64
}

// Dial makes the handshake on conn and reads the manifest. serveHost serves what
// register adds to a server on a new stream back, and gives the stream's number.
func Dial(ctx context.Context, conn grpc.ClientConnInterface, serveHost func(register func(grpc.ServiceRegistrar)) (stream uint32)) (*Client, error) {
	hosts := &hostServer{hosts: map[uint64]connector.Host{}}
	c := &Client{rpc: pb.NewConnectorClient(conn), hosts: hosts}
	shaken, err := c.rpc.Handshake(ctx, &pb.HandshakeRequest{
		Capabilities: []string{hostLogs, hostTraces},
		HostStream:   serveHost(hosts.register),
	})
	if err != nil {
		return nil, fromStatus(ctx, err, "the handshake")
	}
	c.capabilities = shaken.GetCapabilities()
	if slices.Contains(c.capabilities, transforms) {
		c.code = &RemoteCode{pb.NewTransformsClient(conn)}
	}
	read, err := invoke(ctx, "Manifest", &pb.ManifestRequest{}, c.rpc.Manifest)
	if err != nil {
		return nil, err
	}
	c.manifest = read.GetYaml()
	return c, nil
}

// Manifest gives the YAML as it was at the handshake.
func (c *Client) Manifest() []byte { return c.manifest }

// Capabilities gives what the process announced.
func (c *Client) Capabilities() []string { return c.capabilities }

// Ping proves that the process answers, and tells for how long it has been working
// on a call that nobody waits for.
func (c *Client) Ping(ctx context.Context) (overdue time.Duration, err error) {
	pong, err := invoke(ctx, "Ping", &pb.PingRequest{}, c.rpc.Ping)
	if err != nil {
		return 0, err
	}
	return pong.GetOverdue().AsDuration(), nil
}

// Open opens a session in the process. The session implements exactly those
// optional interfaces that the session there implements.
func (c *Client) Open(ctx context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	id := c.lastSession.Add(1)
	c.hosts.put(id, host)
	resp, err := invoke(ctx, "Open", &pb.OpenRequest{Session: id, Account: toAccount(account)}, c.rpc.Open)
	if err != nil {
		c.hosts.drop(id)
		// Opening makes no call to the vendor, so whatever it was for was not done.
		return nil, fault.From(err).Unapplied()
	}
	return peer.Narrow(&session{client: c, id: id}, resp.GetCapabilities()), nil
}

// session is a session in the process. It implements every optional interface;
// Open narrows it.
type session struct {
	client *Client
	id     uint64
}

// Check makes the call there.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	req := &pb.CheckRequest{Session: s.id, Meta: metaOf(ctx)}
	resp, err := invoke(ctx, "Check", req, s.client.rpc.Check)
	if err != nil {
		return connector.Health{}, err
	}
	return connector.Health{SourceTime: fromTime(resp.GetSourceTime()), Account: resp.GetAccount()}, nil
}

// Query makes the call there.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	resp, err := invoke(ctx, "Query", toQuery(s.id, req), s.client.rpc.Query)
	if err != nil {
		return connector.Page{}, err
	}
	return fromPage(resp), nil
}

// Write makes the call there and refuses answers that do not match the rows.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	resp, err := invoke(ctx, "Write", toBatch(s.id, batch), s.client.rpc.Write)
	if err != nil {
		return connector.Answers{}, err
	}
	if batch.Keys != nil {
		if f := matched(len(resp.GetAnswers()), len(batch.Keys)); f != nil {
			return connector.Answers{}, f
		}
	}
	return fromAnswers(resp), nil
}

// Probe makes the call there and refuses answers that do not match the keys.
func (s *session) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	resp, err := invoke(ctx, "Probe", toProbe(s.id, req), s.client.rpc.Probe)
	if err != nil {
		return nil, err
	}
	if f := matched(len(resp.GetFound()), len(req.Keys)); f != nil {
		return nil, f
	}
	return fromFound(resp), nil
}

// Discover makes the call there.
func (s *session) Discover(ctx context.Context, operation, form string) (request, response []byte, err error) {
	req := &pb.DiscoverRequest{Session: s.id, Meta: metaOf(ctx), Operation: text(operation), Form: text(form)}
	resp, err := invoke(ctx, "Discover", req, s.client.rpc.Discover)
	if err != nil {
		return nil, nil, err
	}
	return resp.GetRequest(), resp.GetResponse(), nil
}

// Close ends the session there. A process that is gone has closed it already.
func (s *session) Close(ctx context.Context) error {
	_, err := invoke(ctx, "Close", &pb.CloseRequest{Session: s.id}, s.client.rpc.Close)
	s.client.hosts.drop(s.id)
	if fault.CodeOf(err) == peer.CodeCrashed {
		return nil
	}
	return err
}

// matched refuses answers that cannot be told apart: with one too few or too many
// a row would get its neighbour's outcome.
func matched(answers, asked int) *fault.Fault {
	if answers == asked {
		return nil
	}
	return fault.New(peer.CodeAnswerMismatch, "the connector gave %d answers for %d rows", answers, asked).
		Hinted("this is a defect of the connector").
		Arg("answers", fmt.Sprint(answers)).Arg("rows", fmt.Sprint(asked)).
		Classed(fault.Internal)
}

// answer is a message that may carry a fault.
type answer interface{ GetFault() *pb.Fault }

// invoke makes one call; its error is always a *fault.Fault.
func invoke[Q, R proto.Message](ctx context.Context, what string, req Q, rpc func(context.Context, Q, ...grpc.CallOption) (R, error)) (R, error) {
	var none R
	if err := ctx.Err(); err != nil {
		return none, endedCall(err, what).Unapplied()
	}
	if f := tooLarge(req, "the request of "+what); f != nil {
		return none, f.Unapplied()
	}
	resp, err := rpc(ctx, req)
	if err != nil {
		return none, fromStatus(ctx, err, what)
	}
	if failed, ok := any(resp).(answer); ok {
		if f := fromFault(failed.GetFault()); f != nil {
			return none, f
		}
	}
	return resp, nil
}
