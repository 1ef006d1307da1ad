// Package notice announces what happens to runs and flows to whoever listens now, in
// every process: that something is worth a look, not how it stands.
//
// It may import engine/ledger only: never what runs flows, a bus or a database.
package notice

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
)

// Notices carries short messages to whoever listens now, in every process. Losing
// all of them loses nothing but time.
type Notices interface {
	// Announce sends data to all who listen to a topic.
	Announce(ctx context.Context, topic string, data []byte) error
	// Listen calls hear for each message on a topic until the context ends; "run.>"
	// stands for every topic that begins with "run.". Calls come one after the other.
	Listen(ctx context.Context, topic string, hear func(topic string, data []byte)) error
}

// The types of events.
const (
	RunEvent  = "run"
	FlowEvent = "flow"
)

// Event is something that happened in a workspace.
type Event struct {
	// Seq grows strictly for one watcher.
	Seq  int64  `json:"-"`
	Type string `json:"type"`
	// At is when it happened.
	At ledger.Millis `json:"at"`
	// Data is {"id","flow","state"} of a run, whose flow is the public id, or
	// {"id","change"} of a flow.
	Data json.RawMessage `json:"data"`
}

// Config wires Events.
type Config struct {
	// Notices may be nil: nobody hears anything then.
	Notices Notices
	Clock   func() time.Time
	Log     *slog.Logger
	// Every is the least time between two notices of one run's progress. Default 250 ms.
	Every time.Duration
}

// Events announces what happens to runs and flows. A nil *Events announces nothing.
type Events struct {
	Config

	mu     sync.Mutex
	recent map[ledger.ID]*recent
	closed bool
}

// recent is a run whose progress was announced a moment ago.
type recent struct {
	timer *time.Timer
	// more says that it went on since.
	more bool
}

// New gives Events with the defaults filled in.
func New(c Config) *Events {
	if c.Every == 0 {
		c.Every = 250 * time.Millisecond
	}
	return &Events{Config: c, recent: map[ledger.ID]*recent{}}
}

// Close ends notices that wait for their time. Closing twice is legal.
func (e *Events) Close() {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	for _, r := range e.recent {
		r.timer.Stop()
	}
	clear(e.recent)
}

// Progress announces that a run went on: at once, or when the last notice about
// it is old enough.
func (e *Events) Progress(ctx context.Context, run ledger.ID) {
	if e == nil || e.Notices == nil || run == 0 {
		return
	}
	e.mu.Lock()
	r, closed := e.recent[run], e.closed
	switch {
	case closed:
	case r != nil:
		r.more = true
	default:
		ctx := context.WithoutCancel(ctx)
		e.recent[run] = &recent{timer: time.AfterFunc(e.Every, func() { e.again(ctx, run) })}
	}
	e.mu.Unlock()
	if r == nil && !closed {
		e.announce(ctx, RunTopic(run), nil)
	}
}

// again announces what happened to a run since its last notice.
func (e *Events) again(ctx context.Context, run ledger.ID) {
	e.mu.Lock()
	r := e.recent[run]
	more := r != nil && r.more
	switch {
	case more:
		r.more = false
		r.timer.Reset(e.Every)
	case r != nil:
		delete(e.recent, run)
	}
	e.mu.Unlock()
	if more {
		e.announce(ctx, RunTopic(run), nil)
	}
}

// Run announces that a run took a state, to those who watch it and to its
// workspace. flow is the flow's public id.
func (e *Events) Run(ctx context.Context, run ledger.Run, flow string) {
	if e == nil || e.Notices == nil {
		return
	}
	e.announce(ctx, RunTopic(run.ID), nil)
	e.tell(ctx, run.Workspace, RunEvent, map[string]string{"id": text(run.ID), "flow": flow, "state": run.State.String()})
}

// Flow announces a change of a flow, for example "published".
func (e *Events) Flow(ctx context.Context, workspace ledger.ID, flow, change string) {
	if e == nil || e.Notices == nil {
		return
	}
	e.tell(ctx, workspace, FlowEvent, map[string]string{"id": flow, "change": change})
}

func (e *Events) tell(ctx context.Context, workspace ledger.ID, kind string, about map[string]string) {
	data, err := json.Marshal(about)
	if err == nil {
		data, err = json.Marshal(Event{Type: kind, At: ledger.At(e.Clock()), Data: data})
	}
	if err != nil {
		e.Log.ErrorContext(ctx, "an event can't be written", "type", kind, "error", err)
		return
	}
	e.announce(ctx, WorkspaceTopic(workspace), data)
}

func (e *Events) announce(ctx context.Context, topic string, data []byte) {
	if err := e.Notices.Announce(ctx, topic, data); err != nil && ctx.Err() == nil {
		e.Log.WarnContext(ctx, "a notice was not sent; who waits for it looks by itself", "topic", topic, "error", err)
	}
}

// Listen wakes for every notice on a topic. Where nobody carries notices, nothing wakes.
func (e *Events) Listen(ctx context.Context, topic string, hear func(topic string, data []byte)) {
	if e == nil || e.Notices == nil {
		return
	}
	if err := e.Notices.Listen(ctx, topic, hear); err != nil && ctx.Err() == nil {
		e.Log.WarnContext(ctx, "notices are not heard; what happens is seen later", "topic", topic, "error", err)
	}
}

// maxWaiting is how many events of a workspace wait for a slow watcher.
const maxWaiting = 64

// Watch gives the events of a workspace from now on. The channel is closed when the context
// ends. A watcher that is too far behind misses events.
func (e *Events) Watch(ctx context.Context, workspace ledger.ID) <-chan Event {
	var (
		mu     sync.Mutex
		closed bool
		seq    int64
		out    = make(chan Event, maxWaiting)
	)
	e.Listen(ctx, WorkspaceTopic(workspace), func(_ string, data []byte) {
		var event Event
		if err := json.Unmarshal(data, &event); err != nil {
			e.Log.WarnContext(ctx, "an event can't be read", "error", err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if closed {
			return
		}
		seq = max(seq+1, e.Clock().UnixMilli())
		event.Seq = seq
		select {
		case out <- event:
		default:
		}
	})
	context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		closed = true
		close(out)
	})
	return out
}

// The topics under which all runs and all workspaces are heard.
const (
	AllRuns       = "run.>"
	AllWorkspaces = "workspace.>"
)

// RunTopic is the topic of one run.
func RunTopic(run ledger.ID) string { return "run." + text(run) }

// WorkspaceTopic is the topic of a workspace.
func WorkspaceTopic(workspace ledger.ID) string { return "workspace." + text(workspace) }

func text(id ledger.ID) string { return strconv.FormatInt(int64(id), 10) }
