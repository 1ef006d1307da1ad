// Package proxy stands between two ends of TCP connections and makes the network bad:
// it delays, cuts, cuts after some bytes, trickles and swallows.
//
// It may import the standard library only.
package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Mode is what the proxy does to what passes.
type Mode string

// The modes.
const (
	// Pass lets everything through.
	Pass Mode = "pass"
	// Delay holds each piece up for Spell.Wait.
	Delay Mode = "delay"
	// Cut closes every connection and each new one.
	Cut Mode = "cut"
	// CutAfter closes a connection when Spell.Bytes of an answer have passed.
	CutAfter Mode = "cut_after"
	// Trickle lets one byte of an answer pass every Spell.Wait.
	Trickle Mode = "trickle"
	// Blackhole swallows everything and answers nothing; when it ends the connections
	// that it swallowed something of are closed.
	Blackhole Mode = "blackhole"
)

// Modes gives the modes that are faults.
func Modes() []Mode { return []Mode{Delay, Cut, CutAfter, Trickle, Blackhole} }

// Spell is a mode with its measure.
type Spell struct {
	Mode  Mode
	Wait  time.Duration
	Bytes int
}

// Proxy forwards connections to one address.
type Proxy struct {
	target   string
	listener net.Listener

	mu    sync.Mutex
	spell Spell
	open  map[net.Conn]bool
	// changed is closed when the spell changes.
	changed chan struct{}
	closed  bool
	group   sync.WaitGroup
}

// Listen starts a proxy on a free port of loopback.
func Listen(ctx context.Context, target string) (*Proxy, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{target: target, listener: listener, spell: Spell{Mode: Pass}, open: map[net.Conn]bool{}, changed: make(chan struct{})}
	p.group.Go(p.accept)
	return p, nil
}

// Addr is where the proxy listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Cast changes what the proxy does, to connections that are open as well.
func (p *Proxy) Cast(s Spell) {
	p.mu.Lock()
	p.spell = s
	close(p.changed)
	p.changed = make(chan struct{})
	var cut []net.Conn
	if s.Mode == Cut {
		for conn := range p.open {
			cut = append(cut, conn)
		}
	}
	p.mu.Unlock()
	for _, conn := range cut {
		_ = conn.Close() // that it is closed is all that is wanted
	}
}

// Close stops the proxy and closes what is open.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	err := p.listener.Close()
	p.Cast(Spell{Mode: Cut})
	p.group.Wait()
	return err
}

func (p *Proxy) now() (Spell, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.spell, p.changed
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			p.group.Go(func() { p.serve(conn) })
		}
	}
}

// keep notes an open connection; false when there is to be none.
func (p *Proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.spell.Mode == Cut {
		return false
	}
	p.open[conn] = true
	return true
}

func (p *Proxy) drop(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		delete(p.open, conn)
		_ = conn.Close() // it may be closed already
	}
}

func (p *Proxy) serve(client net.Conn) {
	if !p.keep(client) {
		_ = client.Close()
		return
	}
	server, err := net.DialTimeout("tcp", p.target, 2*time.Second) //nolint:noctx // bounded by its time-out
	if err != nil || !p.keep(server) {
		p.drop(client)
		if server != nil {
			_ = server.Close()
		}
		return
	}
	// gone is closed when either end is: what was held up then is never delivered.
	gone := make(chan struct{})
	var once sync.Once
	end := func() {
		once.Do(func() { close(gone) })
		p.drop(client, server)
	}
	p.group.Go(func() {
		defer end()
		p.pipe(server, client, gone, false)
	})
	defer end()
	p.pipe(client, server, gone, true)
}

// flow is one direction of a connection.
type flow struct {
	*Proxy

	to io.Writer
	// answers says that it carries answers; gone is closed when either end is, ended when
	// the sender is.
	answers     bool
	gone, ended chan struct{}
	passed      int
}

// pipe carries bytes from one end to the other; answers says that they are answers. It
// reads ahead, so that it notices the end of the sender while it holds bytes up.
func (p *Proxy) pipe(to io.Writer, from io.Reader, gone chan struct{}, answers bool) {
	f := &flow{Proxy: p, to: to, answers: answers, gone: gone, ended: make(chan struct{})}
	pieces := make(chan []byte, 64)
	p.group.Go(func() {
		defer close(f.ended)
		defer close(pieces)
		f.read(from, pieces)
	})
	for {
		select {
		case piece, more := <-pieces:
			if !more || !f.pass(piece) {
				return
			}
		case <-gone:
			return
		}
	}
}

func (f *flow) read(from io.Reader, pieces chan<- []byte) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			select {
			case pieces <- append([]byte(nil), buffer[:n]...):
			case <-f.gone:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass lets a piece through as the spell of the moment wants; false ends the connection.
func (f *flow) pass(piece []byte) bool {
	for len(piece) > 0 {
		n, last := f.hold(len(piece))
		if _, err := f.to.Write(piece[:n]); err != nil || last {
			return false
		}
		f.passed += n
		piece = piece[n:]
	}
	return true
}

// hold holds up what the spell of the moment holds up, and gives how many of the bytes
// may pass then; last says that nothing follows them.
func (f *flow) hold(bytes int) (n int, last bool) {
	spell, changed := f.now()
	switch spell.Mode {
	case Cut:
		return 0, true
	case Blackhole:
		// What is swallowed never comes out, not even behind the back of one who gave up.
		select {
		case <-changed:
		case <-f.gone:
		case <-f.ended:
		}
		return 0, true
	case Trickle:
		if !f.answers {
			return bytes, false
		}
		return f.later(1, spell.Wait)
	case Delay:
		return f.later(bytes, spell.Wait)
	case CutAfter:
		if f.answers && f.passed+bytes > spell.Bytes {
			return max(spell.Bytes-f.passed, 0), true
		}
	case Pass:
	}
	return bytes, false
}

// later lets bytes pass after a while, none where an end has gone by then.
func (f *flow) later(bytes int, wait time.Duration) (n int, last bool) {
	if !pause(wait, f.gone) {
		return 0, true
	}
	return bytes, false
}

// pause waits; false when the connection has gone.
func pause(wait time.Duration, gone <-chan struct{}) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-gone:
		return false
	}
}
