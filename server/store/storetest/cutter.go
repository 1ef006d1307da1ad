package storetest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// Cutter stands between a program and a MySQL server, and cuts connections whose COMMIT
// the server has carried out, before the program hears of it.
type Cutter struct {
	listener net.Listener
	server   string
	// every is which COMMIT is cut: 1 for each, 3 for every third, 0 for none.
	every, seen, cut atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// NewCutter starts one before the server of an address; it ends with the test.
func NewCutter(t *testing.T, address string) *Cutter {
	t.Helper()
	server, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &Cutter{listener: listener, server: server.Host, conns: map[net.Conn]bool{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { c.pass(client) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close() // ends the loop
		c.mu.Lock()
		for conn := range c.conns {
			_ = conn.Close() // the other end may have
		}
		c.mu.Unlock()
		running.Wait()
	})
	return c
}

// Address gives the address of a database through this place.
func (c *Cutter) Address(t *testing.T, address string) string {
	t.Helper()
	through, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	through.Host = c.listener.Addr().String()
	return through.String()
}

// Every cuts every n-th COMMIT from now on, none where n is 0, and gives how many were cut so far.
func (c *Cutter) Every(n int64) int64 {
	c.every.Store(n)
	return c.cut.Load()
}

// keep remembers a connection, so that it ends with the test.
func (c *Cutter) keep(conn net.Conn) (forget func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns[conn] = true
	return func() {
		_ = conn.Close() // perhaps for the second time
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.conns, conn)
	}
}

// commit is the packet by which the driver asks for one: length, number, command, text.
var commit = []byte("\x07\x00\x00\x00\x03COMMIT") //nolint:gochecknoglobals // nobody changes it

func (c *Cutter) pass(client net.Conn) {
	defer c.keep(client)()
	server, err := net.Dial("tcp", c.server) //nolint:noctx // ends with the test
	if err != nil {
		return
	}
	defer c.keep(server)()
	var cutting atomic.Bool
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			if cutting.Load() {
				// The server has answered: the COMMIT is done, and nobody hears of it.
				c.cut.Add(1)
				err = errors.Join(io.EOF, client.Close())
			}
			if err == nil {
				_, err = client.Write(buffer[:n])
			}
			if err != nil {
				_, _ = client.Close(), server.Close() // perhaps for the second time
				return
			}
		}
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			break
		}
		if bytes.Equal(buffer[:n], commit) {
			if every := c.every.Load(); every > 0 && c.seen.Add(1)%every == 0 {
				cutting.Store(true)
			}
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			break
		}
	}
	_ = server.Close() // ends the answers, too
	<-answered
}
