// Package world is what the engine meets under test: sources in four dialects that
// change while they are read, and targets of four classes that lose answers. Each
// keeps a ledger of the truth to which things are only added.
//
// It may import deploy/chaos/truth and the standard library only.
package world

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/karezflow/karez/deploy/chaos/truth"
)

// The dialects of sources.
const (
	// Pages are numbered, the newest row first, with a total; the engine reads them backward.
	Pages = "page"
	// Offsets count rows in the order of their keys, with a total.
	Offsets = "offset"
	// Rows are asked for by Limit and StartRow and come alone: no total, no word of more.
	Rows = "rows"
	// Keyset leads on from the last row's time and key.
	Keyset = "keyset"
)

// Dialects gives all of them.
func Dialects() []string { return []string{Pages, Offsets, Rows, Keyset} }

// Event is something that the fakes saw; it goes to the history.
type Event struct {
	At   time.Time `json:"at"`
	Lane string    `json:"lane,omitempty"`
	// Process is who acted: source, target, person, nemesis or engine.
	Process string `json:"process"`
	Op      string `json:"op"`
	// Type is invoke, ok, fail or unknown.
	Type   string `json:"type"`
	Detail any    `json:"detail,omitempty"`
}

// Config makes a World.
type Config struct {
	Clock func() time.Time
	Seed  uint64
	// History takes what happens; nil drops it.
	History func(Event)
}

// World is all the lanes behind one address.
type World struct {
	Config

	mu    sync.Mutex
	lanes map[string]*Lane
	// progress is when the engine first got something done since Watch, in nanoseconds.
	progress atomic.Int64
	// moved is when something was written or marked last, in nanoseconds.
	moved atomic.Int64
}

// New makes an empty World.
func New(c Config) *World {
	if c.History == nil {
		c.History = func(Event) {}
	}
	return &World{Config: c, lanes: map[string]*Lane{}}
}

// Lane is one source with one target.
type Lane struct {
	Name, Dialect string
	Class         truth.Class
	Source        *Source
	Target        *Target

	world *World
}

// Add makes a lane with no documents.
func (w *World) Add(name, dialect string, class truth.Class) *Lane {
	w.mu.Lock()
	defer w.mu.Unlock()
	seed := w.Seed*1000 + uint64(len(w.lanes))
	l := &Lane{Name: name, Dialect: dialect, Class: class, world: w}
	l.Source = newSource(l, newDice(seed, 1))
	l.Target = newTarget(l, newDice(seed, 2))
	w.lanes[name] = l
	return l
}

// Watch begins to look for progress.
func (w *World) Watch() { w.progress.Store(0) }

// Progress gives when the engine first got something done with a fake since Watch, the
// zero time when it did not.
func (w *World) Progress() time.Time {
	at := w.progress.Load()
	if at == 0 {
		return time.Time{}
	}
	return time.Unix(0, at)
}

// Moved gives when something was last written to a target or marked in a source.
func (w *World) Moved() time.Time { return time.Unix(0, w.moved.Load()) }

func (w *World) wrote() {
	w.moved.Store(w.Clock().UnixNano())
	w.progressed()
}

func (w *World) progressed() { w.progress.CompareAndSwap(0, w.Clock().UnixNano()) }

func (l *Lane) note(process, op, kind string, detail any) {
	l.world.History(Event{At: l.world.Clock(), Lane: l.Name, Process: process, Op: op, Type: kind, Detail: detail})
}

// ServeHTTP serves /<lane>/now, /query, /mark, /write and /probe.
func (w *World) ServeHTTP(out http.ResponseWriter, req *http.Request) {
	name, call, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	w.mu.Lock()
	lane := w.lanes[name]
	w.mu.Unlock()
	if lane == nil {
		http.NotFound(out, req)
		return
	}
	switch call {
	case "now":
		answer(out, map[string]any{"now": lane.Source.Now().Unix()})
	case "query":
		lane.Source.query(out, req)
	case "mark":
		lane.Source.mark(out, req)
	case "write":
		lane.Target.write(out, req)
	case "probe":
		lane.Target.probe(out, req)
	default:
		http.NotFound(out, req)
	}
}

// Behind gives how many documents the source holds more than the target, about.
func (l *Lane) Behind() int {
	l.Source.mu.Lock()
	held := len(l.Source.docs)
	l.Source.mu.Unlock()
	l.Target.mu.Lock()
	defer l.Target.mu.Unlock()
	return held*23/25 - len(l.Target.byKey) // two of 25 are left out or refused
}

// Truth gives the lane's ledgers as they are now; the decisions are the person's to add.
func (l *Lane) Truth() truth.Lane {
	t := truth.Lane{Name: l.Name, Dialect: l.Dialect, Class: l.Class}
	t.Documents, t.Marks = l.Source.ledger()
	t.Writes, t.Objects = l.Target.ledger()
	return t
}

// maxBody bounds what a fake reads.
const maxBody = 8 << 20

// read decodes a request, numbers byte by byte.
func read(req *http.Request, into any) error {
	return json.NewDecoder(http.MaxBytesReader(nil, req.Body, maxBody)).Decode(into)
}

// answer writes JSON. What the other end does not take any more is its loss.
func answer(out http.ResponseWriter, body any) {
	out.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(out).Encode(body)
}

// hangUp closes the connection without an answer, or in the middle of one.
func hangUp(out http.ResponseWriter, part string) {
	hijacker, ok := out.(http.Hijacker)
	if !ok {
		return
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		return
	}
	_, _ = conn.Write([]byte(part)) // the connection is to be lost anyway
	_ = conn.Close()
}

// half is the beginning of an answer that never comes whole.
const half = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"code\":0,\"rows\":[{\"no\":"

// dice draws what happens by chance; the same seed draws the same.
type dice struct {
	mu     sync.Mutex
	random *rand.Rand
}

func newDice(seed, stream uint64) *dice {
	return &dice{random: rand.New(rand.NewPCG(seed, stream))} //nolint:gosec // chance that can be repeated
}

// in reports an event of a probability.
func (d *dice) in(probability float64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.Float64() < probability
}

// below draws a number.
func (d *dice) below(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.IntN(n)
}
