package bus_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/bus"
	"github.com/karezflow/karez/server/bus/bustest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// The suites look for goroutines that are left behind, so they run alone.

func TestLocal(t *testing.T) { //nolint:paralleltest // see above
	bustest.Exercise(t, func(_ *testing.T, limits bus.Limits) bus.Bus { return bus.NewLocal(limits) })
}

func TestNatsEmbedded(t *testing.T) { //nolint:paralleltest // see above
	bustest.Exercise(t, func(t *testing.T, limits bus.Limits) bus.Bus {
		t.Helper()
		return open(t, bus.NatsConfig{Limits: limits})
	})
}

func TestNatsExternal(t *testing.T) { //nolint:paralleltest // see above
	bustest.Exercise(t, func(t *testing.T, limits bus.Limits) bus.Bus {
		t.Helper()
		return open(t, bus.NatsConfig{Limits: limits, URL: external(t, t.TempDir(), -1).ClientURL(), Prefix: "test"})
	})
}

func open(tb testing.TB, config bus.NatsConfig) *bus.Nats {
	tb.Helper()
	b, err := bus.OpenNats(tb.Context(), config)
	if err != nil {
		tb.Fatalf("OpenNats: %v", err)
	}
	return b
}

// external runs a server on a loopback port until the test ends.
func external(tb testing.TB, dir string, port int) *server.Server {
	tb.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true})
	if err != nil {
		tb.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		tb.Fatal("the server does not start")
	}
	tb.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s
}

// Two processes on one server share the hints and hear each other.
func TestNatsIsShared(t *testing.T) {
	url := external(t, t.TempDir(), -1).ClientURL()
	a, b := open(t, bus.NatsConfig{URL: url}), open(t, bus.NatsConfig{URL: url})
	other := open(t, bus.NatsConfig{URL: url, Prefix: "other"})
	got := make(chan string, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 3)
	for name, x := range map[string]*bus.Nats{"a": a, "b": b, "other": other} {
		if err := x.Listen(ctx, "cache", func(n bus.Notice) { got <- name + " hears " + string(n.Data) }); err != nil {
			t.Fatal(err)
		}
		go func() {
			ended <- x.Subscribe(ctx, 1, func(_ context.Context, h bus.Hint) bool {
				got <- name + " handles " + strconv.FormatInt(h.Work, 10)
				return true
			})
		}()
	}
	if err := a.Announce(ctx, bus.Notice{Topic: "cache", Data: []byte("codes")}); err != nil {
		t.Fatal(err)
	}
	first, second := wait(t, got), wait(t, got)
	if first > second {
		first, second = second, first
	}
	if first != "a hears codes" || second != "b hears codes" {
		t.Errorf("%s, %s", first, second)
	}
	for i := range 20 {
		if err := a.Publish(ctx, []bus.Hint{{Work: int64(i)}}); err != nil {
			t.Fatal(err)
		}
		if line := wait(t, got); line != "a handles "+strconv.Itoa(i) && line != "b handles "+strconv.Itoa(i) {
			t.Errorf("hint %d: %s", i, line)
		}
	}
	cancel()
	for range 3 {
		if err := <-ended; err != nil {
			t.Errorf("Subscribe: %v", err)
		}
	}
	for _, x := range []*bus.Nats{a, b, other} {
		if err := x.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if len(got) > 0 {
		t.Errorf("also: %s", <-got)
	}
}

// closed waits for a subscription that Close ended.
func closed(t *testing.T, ended <-chan error) {
	t.Helper()
	if err := <-ended; !errors.Is(err, bus.ErrClosed) {
		t.Errorf("Subscribe: %v", err)
	}
}

func wait(t *testing.T, c <-chan string) string {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(60 * time.Second):
		t.Fatal("nothing came")
		return ""
	}
}

// A handler that takes longer than a process may be silent keeps its hint.
func TestNatsLongHandlersKeepTheirHint(t *testing.T) {
	const silence = 300 * time.Millisecond
	b := open(t, bus.NatsConfig{Limits: bus.Limits{Silence: silence}})
	began := make(chan string, 10)
	ended := make(chan error, 1)
	go func() {
		ended <- b.Subscribe(t.Context(), 3, func(_ context.Context, h bus.Hint) bool {
			began <- strconv.FormatInt(h.Work, 10)
			if h.Work == 1 {
				<-time.After(4 * silence)
				began <- "done"
			}
			return true
		})
	}()
	if err := b.Publish(t.Context(), []bus.Hint{{Work: 1}}); err != nil {
		t.Fatal(err)
	}
	if first, second := wait(t, began), wait(t, began); first != "1" || second != "done" {
		t.Errorf("%s, then %s", first, second)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	closed(t, ended)
	if len(began) > 0 {
		t.Errorf("the hint was delivered again: %s", <-began)
	}
}

// A server that comes back without its memory gets its stream again, and
// subscriptions and listeners go on.
func TestNatsServerLosesItsMemory(t *testing.T) {
	s := external(t, t.TempDir(), -1)
	addr, ok := s.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal("the server has no address")
	}
	b := open(t, bus.NatsConfig{URL: s.ClientURL(), Limits: bus.Limits{Retry: 20 * time.Millisecond}, Log: slog.New(slog.DiscardHandler)})
	got := make(chan string, 1000)
	if err := b.Listen(t.Context(), "a", func(n bus.Notice) { got <- "notice" }); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- b.Subscribe(t.Context(), 2, func(_ context.Context, h bus.Hint) bool {
			got <- strconv.FormatInt(h.Work, 10)
			return true
		})
	}()
	publish := func(work int64) error { return b.Publish(t.Context(), []bus.Hint{{Work: work, Priority: 5}}) }
	if err := publish(1); err != nil {
		t.Fatal(err)
	}
	if v := wait(t, got); v != "1" {
		t.Errorf("got %s", v)
	}

	s.Shutdown()
	s.WaitForShutdown()
	external(t, t.TempDir(), addr.Port)
	// What the sweeper does: again and again, whatever the answer.
	for handled := false; !handled; {
		_ = publish(2)
		select {
		case v := <-got:
			handled = v == "2"
		case <-time.After(100 * time.Millisecond):
		}
	}
	for heard := false; !heard; {
		_ = b.Announce(t.Context(), bus.Notice{Topic: "a"})
		heard = wait(t, got) == "notice"
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	closed(t, ended)
}

func TestOpenNatsFails(t *testing.T) {
	if _, err := bus.OpenNats(t.Context(), bus.NatsConfig{URL: "nats://127.0.0.1:1"}); err == nil {
		t.Error("a server that is not there was reached")
	}
	if _, err := bus.OpenNats(t.Context(), bus.NatsConfig{Prefix: "a.>"}); err == nil {
		t.Error("a prefix that is a pattern passed")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bus.OpenNats(t.Context(), bus.NatsConfig{Dir: file}); err == nil || !strings.Contains(err.Error(), "JetStream") {
		t.Errorf("a directory that is a file: %v", err)
	}
	// A server without JetStream.
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the server does not start")
	}
	if _, err := bus.OpenNats(t.Context(), bus.NatsConfig{URL: s.ClientURL()}); err == nil {
		t.Error("a server without JetStream passed")
	}
}

// The embedded server listens nowhere and leaves no files.
func TestNatsEmbeddedLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	b := open(t, bus.NatsConfig{})
	if entries, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(entries) != 1 {
		t.Errorf("%d directories, %v", len(entries), err)
	}
	if ports := listening(t); len(ports) > 0 {
		t.Errorf("the process listens: %v", ports)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(entries) != 0 {
		t.Errorf("%d directories are left, %v", len(entries), err)
	}
}

// listening gives the lines of the kernel's list of sockets that belong to this
// process and listen.
func listening(t *testing.T) (lines []string) {
	t.Helper()
	own := map[string]bool{}
	files, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no open files: %v", err)
	}
	for _, file := range files {
		if target, err := os.Readlink(file); err == nil { // files come and go
			own[strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")] = true
		}
	}
	for _, list := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		text, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			const state, inode, listens = 3, 9, "0A"
			if f := strings.Fields(line); len(f) > inode && f[state] == listens && own[f[inode]] {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// What is on the wire between versions of the product. A change here needs an
// answer to what older processes make of it.
func TestWireForm(t *testing.T) {
	s := external(t, t.TempDir(), -1)
	c, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got := make(chan string, 10)
	if _, err := c.Subscribe("karez.>", func(m *nats.Msg) { got <- m.Subject + " " + string(m.Data) }); err != nil {
		t.Fatal(err)
	}
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	b := open(t, bus.NatsConfig{URL: s.ClientURL()})
	hints := []bus.Hint{{Work: 1, Connection: 3, Priority: 3}, {Work: 9007199254740993, Connection: 4, Priority: 4}, {Work: 5, Priority: 7}}
	if err := b.Publish(t.Context(), hints); err != nil {
		t.Fatal(err)
	}
	if err := b.Announce(t.Context(), bus.Notice{Topic: "run.1.cancel", Data: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`karez.work.high.3 {"work":1,"connection":3,"priority":3}`,
		`karez.work.normal.4 {"work":9007199254740993,"connection":4,"priority":4}`,
		`karez.work.low.0 {"work":5,"priority":7}`,
		`karez.note.run.1.cancel x`,
	} {
		if line := wait(t, got); line != want {
			t.Errorf("got %s, want %s", line, want)
		}
	}
	// A message of somebody else on the stream is put aside.
	if err := c.Publish("karez.work.high.1", []byte("nonsense")); err != nil {
		t.Fatal(err)
	}
	handled := make(chan string, 10)
	ended := make(chan error, 1)
	go func() {
		ended <- b.Subscribe(t.Context(), 1, func(_ context.Context, h bus.Hint) bool {
			handled <- strconv.FormatInt(h.Work, 10)
			return true
		})
	}()
	for range hints {
		wait(t, handled)
	}
	for stored(t, c) != 0 {
		runtime.Gosched() // until every message is answered; the test's own time limit is the bound
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	closed(t, ended)
}

// stored counts the messages on the stream of hints, -1 when there is none.
func stored(t *testing.T, c *nats.Conn) int {
	t.Helper()
	js, err := c.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	info, err := js.StreamInfo("karez-work")
	if err != nil {
		return -1
	}
	return int(info.State.Msgs)
}

// Each side mends the stream by itself.
func TestNatsStreamIsMended(t *testing.T) {
	for _, side := range []string{"publisher", "subscriber"} {
		s := external(t, t.TempDir(), -1)
		c, err := nats.Connect(s.ClientURL())
		if err != nil {
			t.Fatal(err)
		}
		js, err := c.JetStream()
		if err != nil {
			t.Fatal(err)
		}
		b := open(t, bus.NatsConfig{URL: s.ClientURL(), Limits: bus.Limits{Retry: 10 * time.Millisecond}})
		ended := make(chan error, 1)
		if side == "subscriber" {
			got := make(chan string, 1)
			go func() {
				ended <- b.Subscribe(t.Context(), 1, func(context.Context, bus.Hint) bool {
					got <- "a hint"
					return true
				})
			}()
			if err := b.Publish(t.Context(), []bus.Hint{{Work: 1}}); err != nil {
				t.Fatal(err)
			}
			wait(t, got)
		}
		if err := js.DeleteStream("karez-work"); err != nil {
			t.Fatal(err)
		}
		if side == "publisher" {
			ended <- bus.ErrClosed // there is no subscription
			if err := b.Publish(t.Context(), []bus.Hint{{Work: 2}}); err != nil {
				t.Errorf("Publish: %v", err)
			}
		}
		for stored(t, c) < 0 {
			runtime.Gosched() // until it is there again; the test's own time limit is the bound
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		closed(t, ended)
		c.Close()
	}
}

func BenchmarkHints(b *testing.B) {
	for name, x := range map[string]func() bus.Bus{
		"local": func() bus.Bus { return bus.NewLocal(bus.Limits{}) },
		"nats":  func() bus.Bus { return open(b, bus.NatsConfig{}) },
	} {
		b.Run(name, func(b *testing.B) {
			x := x()
			defer func() { _ = x.Close() }()
			handled := make(chan struct{}, 1000)
			go func() {
				_ = x.Subscribe(b.Context(), 4, func(context.Context, bus.Hint) bool {
					handled <- struct{}{}
					return true
				})
			}()
			hints := make([]bus.Hint, 100)
			for b.Loop() {
				if err := x.Publish(b.Context(), hints); err != nil {
					b.Fatal(err)
				}
				for range hints {
					<-handled
				}
			}
			b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "hints/s")
		})
	}
}
