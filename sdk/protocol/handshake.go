package protocol

import (
	"context"
	"fmt"
	"io"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/experimental"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/protocol/peer"
	v1 "github.com/karezflow/karez/sdk/protocol/v1"
)

const (
	// cookieKey and cookieValue are set in the environment of a connector that the
	// engine starts. They keep people from running one by hand and waiting; they
	// protect nothing.
	cookieKey   = "KAREZ_CONNECTOR"
	cookieValue = "7d1f1a7c-karez-connector"

	// LifelineKey names the variable with the number of an inherited file whose end
	// means that the engine is gone.
	LifelineKey = "KAREZ_LIFELINE"

	// setName is the only entry of each version's plugin set.
	setName = "connector"

	// shakeTime bounds the first calls on a started process.
	shakeTime = 10 * time.Second
)

// Handshake gives what an executable and its engine have to agree on before they
// speak: the variable in the environment, and the protocol versions by number.
// Connectors in other languages need it; those in Go call Main or Serve.
func Handshake() (key, value string, versions []int) {
	return cookieKey, cookieValue, []int{v1.Version}
}

func handshakeConfig() goplugin.HandshakeConfig {
	return goplugin.HandshakeConfig{MagicCookieKey: cookieKey, MagicCookieValue: cookieValue}
}

// pluginSets gives the go-plugin sets by version; c and code are nil at the dialing end.
func pluginSets(c connector.Connector, code node.Code, clock func() time.Time, stacks io.Writer) map[int]goplugin.PluginSet {
	return map[int]goplugin.PluginSet{
		v1.Version: {setName: &pluginV1{connector: c, code: code, clock: clock, stacks: stacks}},
	}
}

// pluginV1 joins version 1 to go-plugin's connection and broker.
type pluginV1 struct {
	goplugin.NetRPCUnsupportedPlugin
	connector connector.Connector
	// code is nil where the plugin brings no nodes.
	code   node.Code
	clock  func() time.Time
	stacks io.Writer
	// hangUp is set once the connector is served; its process ends instead of calling it.
	hangUp func()
}

// GRPCServer is called by go-plugin in the connector's process.
func (p *pluginV1) GRPCServer(broker *goplugin.GRPCBroker, server *grpc.Server) error {
	p.hangUp = v1.Register(server, p.connector, v1.Serving{
		DialHost: func(stream uint32) (*grpc.ClientConn, error) {
			return broker.DialWithOptions(stream, dialOptions()...)
		},
		Clock:      p.clock,
		Stacks:     p.stacks,
		Transforms: p.code,
	})
	return nil
}

// GRPCClient is called by go-plugin in the engine; ctx ends with the process.
func (p *pluginV1) GRPCClient(ctx context.Context, broker *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, shakeTime)
	defer cancel()
	client, err := v1.Dial(ctx, conn, func(register func(grpc.ServiceRegistrar)) uint32 {
		stream := broker.NextId()
		go broker.AcceptAndServe(stream, func(opts []grpc.ServerOption) *grpc.Server {
			server := newServer(opts)
			register(server)
			return server
		})
		return stream
	})
	if err != nil {
		return nil, fmt.Errorf("handshake of protocol version %d: %w", v1.Version, err)
	}
	return client, nil
}

// newServer makes the server of either process. The cap stands on both ends of
// both directions, since go-plugin itself accepts messages up to 2 GiB.
func newServer(opts []grpc.ServerOption) *grpc.Server {
	var pool buffers
	opts = append(opts,
		grpc.MaxRecvMsgSize(peer.MaxMessage),
		grpc.MaxSendMsgSize(peer.MaxMessage),
		experimental.BufferPool(&pool),
		grpc.ForceServerCodecV2(codec{&pool}),
	)
	return grpc.NewServer(opts...)
}

func dialOptions() []grpc.DialOption {
	var pool buffers
	return []grpc.DialOption{
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(peer.MaxMessage),
			grpc.MaxCallSendMsgSize(peer.MaxMessage),
			grpc.ForceCodecV2(codec{&pool}),
		),
		experimental.WithBufferPool(&pool),
	}
}
