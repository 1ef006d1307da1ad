package connection

import (
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// Trouble is what keeps writes of a connection from being made until somebody mends it.
type Trouble struct {
	Fault *fault.Fault
	// Since is when it was first met.
	Since ledger.Millis
}

// troubles remembers which writes of one session the other side refuses whatever they
// carry: a secret that is missing, a credential that is wrong, a form that is not
// licensed. It is told once, and what would meet it again is held back. Whoever opens
// the connection anew, as after a change, begins without troubles.
type troubles struct {
	manifest *manifest.Manifest
	log      *slog.Logger
	clock    func() time.Time

	mu  sync.Mutex
	met map[call]*met
}

// call is what calls have in common that meet the same trouble.
type call struct{ operation, params string }

type met struct {
	fault       *fault.Fault
	since, next time.Time
	pause       time.Duration
}

const (
	// firstPause is the wait before a refused write is tried again, doubled up to mostPause.
	firstPause, mostPause = 5 * time.Second, 2 * time.Minute
	// mostMet bounds what is remembered; parameters may be made from documents.
	mostMet = 1000
	// forgotten is how long after its time a write that nobody makes any more is remembered.
	forgotten = time.Hour
)

// Held tells why a write is not to be made now. When its time has come one caller may
// try, and the others go on waiting for what comes of it.
func (t *troubles) Held(operation string, params []byte) *fault.Fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	t.forget(now)
	m := t.met[call{operation, string(params)}]
	if m == nil {
		return nil
	}
	if now.Before(m.next) {
		return m.fault.After(m.next.Sub(now)).Unapplied()
	}
	m.next = now.Add(m.pause)
	return nil
}

// wrote notes what came of a write.
func (t *troubles) wrote(operation string, params []byte, err error) {
	k := call{operation, string(params)}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	t.forget(now)
	m := t.met[k]
	if err == nil {
		if delete(t.met, k); m != nil && len(t.met) == 0 {
			t.log.Info("writing goes on", "operation", operation)
		}
		return
	}
	f := t.manifest.Classify(operation, fault.From(err))
	if !f.NotApplied || f.Class != fault.Auth && f.Class != fault.Config {
		return
	}
	switch {
	case m == nil && len(t.met) == mostMet:
		return
	case m == nil:
		m = &met{since: now}
		if t.met[k] = m; len(t.met) == 1 {
			t.log.Warn("writes wait until the connection or the flow is mended", "operation", operation, "error", f)
		}
	}
	m.fault = f
	m.pause = max(min(max(2*m.pause, firstPause), mostPause), f.RetryAfter)
	m.next = now.Add(m.pause)
}

// forget drops what nobody has come back to.
func (t *troubles) forget(now time.Time) {
	maps.DeleteFunc(t.met, func(_ call, m *met) bool { return now.Sub(m.next) > forgotten })
}

// trouble gives the one that was met first, nil when there is none.
func (t *troubles) trouble() *Trouble {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(t.clock())
	var first *met
	for _, m := range t.met {
		if first == nil || m.since.Before(first.since) {
			first = m
		}
	}
	if first == nil {
		return nil
	}
	return &Trouble{first.fault, ledger.At(first.since)}
}

// trouble gives what keeps the writes of a connection waiting, as this process met it.
func (s *Service) trouble(c Connection) *Trouble {
	s.mu.Lock()
	o := s.open[key{c.Workspace, c.Name}]
	var of interface{ trouble() *Trouble }
	if o != nil && o.id == c.ID && o.revision >= c.Revision {
		of, _ = o.session.(interface{ trouble() *Trouble })
	}
	s.mu.Unlock()
	if of == nil {
		return nil
	}
	return of.trouble()
}
