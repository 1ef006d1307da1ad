// Package pagelog remembers the latest page requests of flows, for people who want to see what
// a source was asked and what it answered: the newest of each flow, for a day. It is no
// part of the ledger: a process that is killed forgets what it did not write yet, and where more
// comes than can be written some is left out.
//
// It may import engine/pull, engine/ledger, server/access and sdk/fault: never a database, HTTP or
// another service.
package pagelog

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/server/access"
)

// How much is remembered.
const (
	// Most is how many page requests of a flow are kept.
	Most = 200
	// Age is how long one is kept.
	Age = 24 * time.Hour
	// MaxBody is the most bytes that are kept of a request, and of a response.
	MaxBody = 64 << 10
	// waiting is how many may wait to be written.
	waiting = 256
)

// Request is a page request that is remembered.
type Request struct {
	ID   ledger.ID
	Node string
	// Connection is the name of the connection, "" where it is gone.
	Connection, Operation string
	Run, Window           ledger.ID
	Attempt, Page         int
	Rows, Total           int
	Started, Ended        ledger.Millis
	// Code, Message and Args tell why it failed; Code is "" where it did not.
	Code, Message string
	Args          map[string]string
	// RequestSize and ResponseSize are the bytes there were; MaxBody of them are kept.
	RequestSize, ResponseSize int
}

// Content is what was asked and answered.
type Content struct {
	Request, Response []byte
	// RequestCut and ResponseCut say that only the beginning was kept.
	RequestCut, ResponseCut bool
	// Covered says that a secret was covered: the bytes are not those that were sent.
	Covered bool
}

// Store keeps page requests.
type Store interface {
	// Keep adds requests, cut to MaxBody, and removes what is more than most of a flow or began before old.
	Keep(ctx context.Context, all []pull.Asked, most int, old ledger.Millis) error
	// Of gives the newest of a flow, the newest first; ledger.ErrNotFound where the workspace has no such flow.
	Of(ctx context.Context, workspace ledger.ID, flow string, limit int) ([]Request, error)
	// Content gives one of them with its connection's name; ledger.ErrNotFound.
	Content(ctx context.Context, workspace ledger.ID, flow string, id ledger.ID) (c Content, connection string, err error)
}

// Veils cover the secrets of connections.
type Veils interface {
	// Veil gives a text in which the connection's secrets are covered, and whether one was there.
	Veil(ctx context.Context, workspace ledger.ID, connection string, text []byte) ([]byte, bool, error)
}

// Config wires a Service.
type Config struct {
	Store Store
	Veils Veils
	Clock func() time.Time
	Log   *slog.Logger
	// Every is how often what was heard is written. Default 500 ms.
	Every time.Duration
}

// Service remembers page requests and shows them. Its faults: "auth.…", "object.missing".
type Service struct {
	Config

	heard  chan pull.Asked
	cancel context.CancelFunc
	group  sync.WaitGroup
}

// New makes a Service.
func New(c Config) *Service {
	c.Every = cmp.Or(c.Every, 500*time.Millisecond)
	return &Service{Config: c, heard: make(chan pull.Asked, waiting)}
}

// Heard takes a request that ended; it never waits.
func (s *Service) Heard(a pull.Asked) {
	select {
	case s.heard <- a:
	default: // more comes than can be written
	}
}

// Start begins to write until Stop; the end of the context does not end it, since what
// is under way then may still say something.
func (s *Service) Start(ctx context.Context) {
	writing := context.WithoutCancel(ctx)
	ctx, s.cancel = context.WithCancel(writing)
	s.group.Go(func() {
		tick := time.NewTicker(s.Every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				s.Flush(writing)
				return
			case <-tick.C:
				s.Flush(writing)
			}
		}
	})
}

// Stop writes what was heard and ends.
func (s *Service) Stop() {
	if s.cancel != nil {
		s.cancel()
		s.group.Wait()
	}
}

// Flush writes what was heard so far.
func (s *Service) Flush(ctx context.Context) {
	var all []pull.Asked
	for more := true; more; {
		select {
		case a := <-s.heard:
			all = append(all, a)
		default:
			more = false
		}
	}
	if len(all) == 0 {
		return
	}
	if err := s.Store.Keep(ctx, all, Most, ledger.At(s.Clock().Add(-Age))); err != nil {
		s.Log.WarnContext(ctx, "page requests were not remembered", "requests", len(all), "error", err)
	}
}

// Of gives the newest page requests of a flow, the newest first.
func (s *Service) Of(ctx context.Context, flow string, limit int) ([]Request, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	all, err := s.Store.Of(ctx, p.Workspace, flow, limit)
	return all, missing(err)
}

// Content gives what was asked and answered, with secrets of the connection covered.
func (s *Service) Content(ctx context.Context, flow, request string) (Content, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return Content{}, err
	}
	id, err := strconv.ParseInt(request, 10, 64)
	if err != nil {
		return Content{}, access.Missing()
	}
	c, connection, err := s.Store.Content(ctx, p.Workspace, flow, ledger.ID(id))
	if err != nil {
		return Content{}, missing(err)
	}
	for _, text := range []*[]byte{&c.Request, &c.Response} {
		if len(*text) == 0 {
			continue
		}
		veiled, covered, err := s.Veils.Veil(ctx, p.Workspace, connection, *text)
		if err != nil {
			return Content{}, err
		}
		*text, c.Covered = veiled, c.Covered || covered
	}
	return c, nil
}

// Cut gives the beginning of a text that is kept, of whole characters.
func Cut(text []byte) []byte {
	if len(text) <= MaxBody {
		return text
	}
	end := MaxBody
	for end > MaxBody-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

func missing(err error) error {
	if errors.Is(err, ledger.ErrNotFound) {
		return access.Missing()
	}
	return err
}
