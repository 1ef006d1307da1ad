package bus

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// embedded is a NATS server inside this process that nobody else can reach.
type embedded struct {
	server *server.Server
	dir    string // its own directory; "" when it was given
}

// startEmbedded starts a server that listens nowhere. JetStream wants a directory
// even for what it keeps in memory.
func startEmbedded(dir string, memory int64, log *slog.Logger) (*embedded, error) {
	e := &embedded{}
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "karez-bus-"); err != nil {
			return nil, err
		}
		e.dir = dir
	}
	s, err := server.NewServer(&server.Options{
		ServerName:             "karez",
		DontListen:             true,
		JetStream:              true,
		JetStreamMaxMemory:     memory,
		StoreDir:               dir,
		NoLog:                  true,
		NoSigs:                 true,
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, errors.Join(err, e.clean())
	}
	e.server = s
	words := &serverLog{log: log}
	s.SetLogger(words, false, false)
	s.Start()
	// With no listener to wait for, Start has done everything or failed.
	if reason := words.reason(); reason != "" || !s.ReadyForConnections(startLimit) {
		return nil, errors.Join(fmt.Errorf("%w: %s", errStart, reason), e.stop())
	}
	return e, nil
}

const startLimit = 20 * time.Second

var errStart = errors.New("the embedded NATS server did not start")

// serverLog keeps why the server gave up and passes on what an administrator should know.
type serverLog struct {
	log *slog.Logger

	mu    sync.Mutex
	fatal string
}

var _ server.Logger = (*serverLog)(nil)

func (l *serverLog) reason() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal
}

// Fatalf implements server.Logger.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fatal = fmt.Sprintf(format, v...)
}

// Errorf implements server.Logger.
func (l *serverLog) Errorf(format string, v ...any) {
	l.log.Error("NATS server: " + fmt.Sprintf(format, v...))
}

// Warnf implements server.Logger.
func (l *serverLog) Warnf(format string, v ...any) {
	l.log.Warn("NATS server: " + fmt.Sprintf(format, v...))
}

// Noticef implements server.Logger.
func (l *serverLog) Noticef(string, ...any) {}

// Debugf implements server.Logger.
func (l *serverLog) Debugf(string, ...any) {}

// Tracef implements server.Logger.
func (l *serverLog) Tracef(string, ...any) {}

func (e *embedded) stop() error {
	e.server.Shutdown()
	e.server.WaitForShutdown()
	return e.clean()
}

func (e *embedded) clean() error {
	if e.dir == "" {
		return nil
	}
	return os.RemoveAll(e.dir)
}
