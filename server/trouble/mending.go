package trouble

import (
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// Mending remembers which writes of one session the other side refuses whatever they
// carry: a secret that is missing, a credential that is wrong, a form that is not
// licensed. It is told once, and what would meet it again is held back. Whoever opens
// the connection anew, as after a change, begins without troubles.
type Mending struct {
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
	// firstWait is the wait before a refused write is tried again, doubled up to mostWait.
	firstWait, mostWait = 5 * time.Second, 2 * time.Minute
	// mostMet bounds what is remembered; parameters may be made from documents.
	mostMet = 1000
	// forgotten is how long after its time a write that nobody makes any more is remembered.
	forgotten = time.Hour
)

// Held tells why a write is not to be made now. When its time has come one caller may
// try, and the others go on waiting for what comes of it.
func (t *Mending) Held(operation string, params []byte) *fault.Fault {
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

// NewMending makes a Mending of a session.
func NewMending(m *manifest.Manifest, clock func() time.Time, log *slog.Logger) *Mending {
	return &Mending{manifest: m, clock: clock, log: log, met: map[call]*met{}}
}

// Wrote notes what came of a write.
func (t *Mending) Wrote(operation string, params []byte, err error) {
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
	m.pause = max(min(max(2*m.pause, firstWait), mostWait), f.RetryAfter)
	m.next = now.Add(m.pause)
}

// forget drops what nobody has come back to.
func (t *Mending) forget(now time.Time) {
	maps.DeleteFunc(t.met, func(_ call, m *met) bool { return now.Sub(m.next) > forgotten })
}

// First gives the one that was met first, nil when there is none.
func (t *Mending) First() *Trouble {
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
	return &Trouble{Fault: first.fault, Since: first.since}
}
