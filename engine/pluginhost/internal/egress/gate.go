// Package egress is the gate through which a confined connector reaches the network: a socket
// that takes HTTP's CONNECT, for the systems that the connector declares and no others.
//
// It may import the standard library, sdk/fault and sdk/outbound, and nothing else.
package egress

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/outbound"
)

// CodeUndeclared means that a connector wanted to reach a system that it does not declare.
const CodeUndeclared = "outbound.undeclared"

const (
	// maxConnections is how many connections a process has at a time.
	maxConnections = 256
	// maxHeader and askTime bound a call of the gate.
	maxHeader = 8 << 10
	askTime   = 5 * time.Second
	// maxTold is how many refused systems are told of.
	maxTold = 20
)

// Gate is the way out of one process.
type Gate struct {
	tell     func(host string)
	dir      string
	listener net.Listener
	work     sync.WaitGroup
	closing  context.Context //nolint:containedctx // the gate's life
	close    context.CancelFunc

	mu    sync.Mutex
	rules rules
	told  map[string]bool
	count int
}

// Open opens a gate in a folder of its own below dir, which is the system's temporary folder
// where it is "". Until it is told otherwise it lets nothing through. tell is called once
// for each of the first systems that are refused.
func Open(dir string, tell func(host string)) (*Gate, error) {
	own, err := os.MkdirTemp(dir, "gate")
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("unix", filepath.Join(own, "s")) //nolint:noctx // at once
	if err != nil {
		_ = os.RemoveAll(own)
		return nil, err
	}
	g := &Gate{tell: tell, dir: own, listener: listener, told: map[string]bool{}}
	g.closing, g.close = context.WithCancel(context.Background())
	g.work.Go(g.serve)
	return g, nil
}

// Path is the gate's socket.
func (g *Gate) Path() string { return g.listener.Addr().String() }

// Declare lets through what a connector declares, and what the settings of a connection, a
// JSON object, or their defaults name besides what those of others do.
func (g *Gate) Declare(hosts []string, defaults map[string]string, settings []byte) {
	var given map[string]any
	_ = json.Unmarshal(settings, &given) // what is no object names nothing
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rules.declare(hosts)
	for key, value := range defaults {
		g.rules.admit(key, value)
	}
	for key, value := range given {
		if text, ok := value.(string); ok {
			g.rules.admit(key, text)
		}
	}
}

// Close ends the gate and every connection through it.
func (g *Gate) Close() {
	g.close()
	_ = g.listener.Close()
	g.work.Wait()
	_ = os.RemoveAll(g.dir)
}

func (g *Gate) serve() {
	for {
		conn, err := g.listener.Accept()
		if err != nil {
			return
		}
		g.mu.Lock()
		full := g.count >= maxConnections
		if !full {
			g.count++
		}
		g.mu.Unlock()
		if full {
			_ = conn.Close()
			continue
		}
		g.work.Go(func() {
			g.attend(conn)
			g.mu.Lock()
			g.count--
			g.mu.Unlock()
		})
	}
}

// attend serves one connection of the process, for as long as that lasts.
func (g *Gate) attend(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(g.closing, func() { _ = conn.Close() })()
	_ = conn.SetReadDeadline(time.Now().Add(askTime)) //nolint:forbidigo // the kernel's clock decides
	in := bufio.NewReader(io.LimitReader(conn, maxHeader))
	ask, err := http.ReadRequest(in)
	if err != nil || ask.Method != http.MethodConnect {
		_, _ = io.WriteString(conn, "HTTP/1.1 405 Method Not Allowed\r\nAllow: CONNECT\r\nContent-Length: 0\r\n\r\n")
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	there, refusal := g.dial(ask)
	if refusal != nil {
		refuse(conn, *refusal)
		return
	}
	defer func() { _ = there.Close() }()
	defer context.AfterFunc(g.closing, func() { _ = there.Close() })()
	if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return
	}
	early, _ := in.Peek(in.Buffered())
	if _, err := there.Write(early); err != nil {
		return
	}
	relay(conn, there)
}

// dial reaches what is asked for, if it may be reached.
func (g *Gate) dial(ask *http.Request) (net.Conn, *outbound.Refusal) {
	host, portText, err := net.SplitHostPort(ask.Host)
	port, second := strconv.ParseUint(portText, 10, 16)
	if err != nil || second != nil || host == "" {
		return nil, &outbound.Refusal{Reason: "this is no system's address"}
	}
	reach := outbound.Reach(ask.Header.Get(outbound.ReachHeader))
	if reach == "" {
		reach = outbound.Local
	}
	g.mu.Lock()
	most := g.rules.reach(host, int(port))
	first := most == "" && !g.told[host] && len(g.told) < maxTold
	if first {
		g.told[host] = true
	}
	g.mu.Unlock()
	if first {
		g.tell(host)
	}
	if most == "" {
		return nil, &outbound.Refusal{Fault: fault.New(CodeUndeclared, "the connector does not declare that it calls %s, so it is not let through", host).
			Classed(fault.Config).Unapplied().Arg("host", host).
			Hinted("the connector's hosts have to name it, or the connection's settings")}
	}
	if most == outbound.Private && reach == outbound.Local {
		reach = most
	}
	conn, err := outbound.Direct(reach)(g.closing, "tcp", ask.Host)
	if err != nil {
		own, _ := errors.AsType[*fault.Fault](err)
		return nil, &outbound.Refusal{Fault: own, Cause: outbound.CauseOf(err), Reason: err.Error()}
	}
	return conn, nil
}

func refuse(conn net.Conn, refusal outbound.Refusal) {
	status := http.StatusBadGateway
	if refusal.Fault != nil {
		status = http.StatusForbidden
	}
	text, err := json.Marshal(refusal)
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 "+strconv.Itoa(status)+" "+http.StatusText(status)+
		"\r\nContent-Type: application/json\r\nContent-Length: "+strconv.Itoa(len(text))+"\r\n\r\n"+string(text))
}

// relay passes on what each side says until both have said all.
func relay(a, b net.Conn) {
	var both sync.WaitGroup
	pass := func(to, from net.Conn) {
		_, err := io.Copy(to, from)
		half, ok := to.(interface{ CloseWrite() error })
		if err != nil || !ok || half.CloseWrite() != nil {
			_ = to.Close()
			_ = from.Close()
		}
	}
	both.Go(func() { pass(a, b) })
	pass(b, a)
	both.Wait()
}
