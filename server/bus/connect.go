package bus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Login says who a program is to an external server, in the ways that NATS knows. The
// address may carry a user and a password, or a token, itself.
type Login struct {
	// User and Password log in by name.
	User, Password string
	// Credentials is the path of a credentials file, NKey that of a file with a seed.
	Credentials, NKey string
	// CA is the path of the certificates that are trusted beside the system's.
	CA string
	// Certificate and Key are the paths of this program's own certificate.
	Certificate, Key string
}

func (l Login) options() ([]nats.Option, error) {
	var options []nats.Option
	if l.User != "" {
		options = append(options, nats.UserInfo(l.User, l.Password))
	}
	if l.Credentials != "" {
		options = append(options, nats.UserCredentials(l.Credentials))
	}
	if l.NKey != "" {
		option, err := nats.NkeyOptionFromSeed(l.NKey)
		if err != nil {
			return nil, fmt.Errorf("the NKey can't be used: %w", err)
		}
		options = append(options, option)
	}
	if l.CA != "" {
		options = append(options, nats.RootCAs(l.CA))
	}
	if l.Certificate != "" || l.Key != "" {
		options = append(options, nats.ClientCert(l.Certificate, l.Key))
	}
	return options, nil
}

// How a server that is away is noticed and sought.
const (
	// pingEvery and pingsOut tell a server that says nothing from one that has nothing to
	// say; the library's own would take minutes.
	pingEvery = 5 * time.Second
	pingsOut  = 2
	// firstSeek doubles with every round over the servers, up to mostSeek.
	firstSeek = 100 * time.Millisecond
	mostSeek  = 5 * time.Second
	// stuckFor is how long a server that did not answer in time is left alone.
	stuckFor = 5 * time.Second
)

// seek gives the time before the next round over the servers. Half of it is chance, so
// that not all processes come at once.
func seek(round int) time.Duration {
	wait := mostSeek
	if round < 6 {
		wait = firstSeek << max(round, 0)
	}
	return wait/2 + rand.N(wait/2) //nolint:gosec // guards nothing
}

func (n *Nats) connect() (err error) {
	log := n.config.Log
	options := []nats.Option{
		nats.Name("karez"),
		nats.MaxReconnects(-1),
		nats.CustomReconnectDelay(seek),
		nats.PingInterval(pingEvery),
		nats.MaxPingsOutstanding(pingsOut),
		// What is kept for a server that is away would come late and all at once.
		nats.ReconnectBufSize(-1),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("the connection to NATS is lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(c *nats.Conn) {
			log.Info("the connection to NATS is back", "server", c.ConnectedUrlRedacted())
			n.renew()
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("NATS reports a problem", "error", err)
		}),
	}
	if n.config.URL == "" {
		if n.server, err = startEmbedded(n.config.Dir, n.config.Memory, log); err != nil {
			return err
		}
		options = append(options, nats.InProcessServer(n.server.server))
	} else {
		login, err := n.config.options()
		if err != nil {
			return err
		}
		options = append(options, login...)
	}
	n.conn, err = nats.Connect(n.config.URL, options...)
	if err != nil && n.config.Patient && unreached(err) {
		log.Warn("NATS does not answer yet; it is sought until it does", "error", err)
		n.conn, err = nats.Connect(n.config.URL, append(options, nats.RetryOnFailedConnect(true))...)
	}
	if err == nil {
		// An answer that never comes must not count as under way for ever.
		n.stream, err = jetstream.New(n.conn, jetstream.WithPublishAsyncTimeout(publishLimit))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("cannot reach NATS: %w", err), n.disconnect())
	}
	return nil
}

// unreached reports whether a server may answer later what it did not answer now.
func unreached(err error) bool {
	return errors.Is(err, nats.ErrNoServers) || errors.Is(err, nats.ErrTimeout)
}

// hopeless reports whether a server has refused what no waiting will bring.
func hopeless(err error) bool {
	return errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount)
}

// renew makes the stream again on a server that came back without it, so that nobody
// has to find out first.
func (n *Nats) renew() {
	if !n.enter() {
		return
	}
	go func() {
		defer n.active.Done()
		select {
		case <-n.opened:
		case <-n.done:
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), callLimit)
		defer cancel()
		if err := n.ensure(ctx); err != nil {
			n.config.Log.Warn("the queue of hints could not be made; who needs it tries again", "error", err)
		}
	}()
}

// away reports whether offering something to the server would only take time.
func (n *Nats) away() bool { return n.stuck.Load() || !n.conn.IsConnected() }

// pauseForServer leaves a server alone for a while that did not answer in time.
func (n *Nats) pauseForServer() {
	if n.stuck.CompareAndSwap(false, true) {
		time.AfterFunc(stuckFor, func() { n.stuck.Store(false) })
	}
}

// Standing is how a server stands.
type Standing struct {
	// Address is where this program is connected, "" inside the process.
	Address string
	// Version is the server's; Cluster names the cluster that it is one of, "" for none.
	Version, Cluster string
	// Replicas is on how many servers hints are kept.
	Replicas int
}

// Check asks the server whether it is there and keeps the queue of hints.
func (n *Nats) Check(ctx context.Context) (Standing, error) {
	if !n.enter() {
		return Standing{}, ErrClosed
	}
	defer n.active.Done()
	if n.away() {
		return Standing{}, ErrAway
	}
	ctx, cancel := context.WithTimeout(ctx, publishLimit)
	defer cancel()
	stream, err := n.stream.Stream(ctx, n.streamName())
	if err != nil {
		return Standing{}, fmt.Errorf("the queue of hints is not there: %w", err)
	}
	s := Standing{Version: n.conn.ConnectedServerVersion(), Cluster: n.conn.ConnectedClusterName(), Replicas: stream.CachedInfo().Config.Replicas}
	if n.server == nil {
		s.Address = n.conn.ConnectedUrlRedacted()
	}
	return s, nil
}

// clustered is on how many servers of a cluster hints are kept where nobody says.
const clustered = 3

// ensure makes the stream and its consumers as they should be. A server that
// lost its memory has neither.
func (n *Nats) ensure(ctx context.Context) error {
	if !n.conn.IsConnected() {
		return ErrAway
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	if err := n.ensureStream(ctx); err != nil {
		return fmt.Errorf("cannot make the stream of hints: %w", err)
	}
	for b := range band(bands) {
		if err := n.ensureConsumer(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

func (n *Nats) ensureStream(ctx context.Context) error {
	config := jetstream.StreamConfig{
		Name:      n.streamName(),
		Subjects:  []string{n.config.Prefix + ".work.>"},
		Retention: jetstream.WorkQueuePolicy,
		Storage:   jetstream.MemoryStorage,
		Discard:   jetstream.DiscardNew,
		MaxMsgs:   int64(n.config.Capacity),
		MaxAge:    staleAfter,
		Replicas:  n.config.Replicas,
	}
	if config.Replicas > 0 {
		_, err := n.stream.CreateOrUpdateStream(ctx, config)
		return err
	}
	if config.Replicas = 1; n.conn.ConnectedClusterName() == "" {
		_, err := n.stream.CreateOrUpdateStream(ctx, config)
		return err
	}
	config.Replicas = clustered
	_, err := n.stream.CreateOrUpdateStream(ctx, config)
	if !tooFew(err) {
		return err
	}
	// A cluster of fewer servers, or one of which too few are up. A stream that is there
	// already stays as it is.
	config.Replicas = 1
	if _, err = n.stream.CreateStream(ctx, config); errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return nil
	}
	return err
}

// tooFew recognises the refusal of a cluster that has too few servers for a stream.
func tooFew(err error) bool {
	const noPeers, notSupported = 10005, 10074 // of the server's list of errors: JSClusterNoPeersErrF, JSStreamReplicasNotSupportedErr
	var refusal *jetstream.APIError
	return errors.As(err, &refusal) && (refusal.ErrorCode == noPeers || refusal.ErrorCode == notSupported)
}
