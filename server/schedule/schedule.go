// Package schedule starts flows when their time has come: at the times of a cron
// expression in the flow's zone, after other flows have finished, or when files are
// put into a folder that it reads.
//
// Any number of schedulers may run: a firing has a time of its own that all of
// them find alike, so that it happens once.
//
// It may import server/loop, engine/flow, engine/ledger, sdk/fault, sdk/item and server/access: never a
// database, HTTP or another service.
package schedule

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/loop"
)

// Flow is an enabled flow.
type Flow struct {
	ID, Workspace ledger.ID
	PublicID      string
	// Version is the published version.
	Version ledger.ID
	// Changed is when the flow was last saved, published or enabled.
	Changed ledger.Millis
}

// Firing is the last time that a trigger fired; the zero Firing when it never did.
type Firing struct {
	At ledger.Millis
	// Queued says that the run has not begun.
	Queued bool
}

// Store is what the scheduler needs of a database.
type Store interface {
	// Enabled gives the enabled flows of all workspaces that have a published version and
	// do not rest. One that rested fires for the latest time that it missed.
	Enabled(ctx context.Context) ([]Flow, error)
	// Document gives a version's document; ledger.ErrNotFound.
	Document(ctx context.Context, version ledger.ID) ([]byte, error)
	// LastFiring gives the last firing of a flow's trigger.
	LastFiring(ctx context.Context, flow ledger.ID, trigger string) (Firing, error)
	// DoneAfter gives when a run of a flow first ended as done after an instant, 0
	// when none did. The flow is named by its public id.
	DoneAfter(ctx context.Context, workspace ledger.ID, publicID string, since ledger.Millis) (ledger.Millis, error)
}

// Runs starts runs.
type Runs interface {
	// Trigger starts a run of a flow; the same firing again is the same run.
	Trigger(ctx context.Context, flow, trigger string, fireAt time.Time) (ledger.ID, error)
	// Sweep starts a run that looks through a source node for what was missed; the same
	// firing again is the same run.
	Sweep(ctx context.Context, flow, node, trigger string, fireAt time.Time) (ledger.ID, error)
}

// Folders know what is put into folders.
type Folders interface {
	// Stamp gives when what a file node with these settings reads from a folder last
	// changed, the zero time where nothing is to be read now.
	Stamp(ctx context.Context, workspace ledger.ID, settings []byte) (time.Time, error)
}

// Config wires a Service. Without Folders no flow is started by files.
type Config struct {
	Store   Store
	Runs    Runs
	Folders Folders
	Clock   func() time.Time
	Log     *slog.Logger
	// Every is how often it looks whether something is due. Default 1 s.
	Every time.Duration
}

// Service starts flows when their time has come.
type Service struct {
	Config

	loop loop.Loop

	mu sync.Mutex
	// known are the flows that were enabled at the last look.
	known map[ledger.ID]*scheduled
}

// New makes a Service with the defaults filled in.
func New(c Config) *Service {
	if c.Every == 0 {
		c.Every = time.Second
	}
	return &Service{Config: c, known: map[ledger.ID]*scheduled{}}
}

// Start looks for what is due until Stop.
func (s *Service) Start(ctx context.Context) {
	s.loop.Start(ctx, s.Every, s.Log, "flows could not be scheduled; they are tried again", s.Tick)
}

// Stop ends the loop and waits for it. Stopping twice or before Start is legal.
func (s *Service) Stop() { s.loop.Stop() }

// scheduled is an enabled flow with its triggers.
type scheduled struct {
	version  ledger.ID
	triggers []*trigger
	// from is where its triggers begin to count, but for firings that are stored.
	from ledger.Millis
}

// trigger is what starts a flow.
type trigger struct {
	// name identifies it among the flow's firings.
	name string
	// from is the last firing that is known here, or where it begins to count. The
	// stored firings are asked before it fires.
	from ledger.Millis
	// cron and due are set for a schedule; due is the zero time when it never fires again.
	cron *cron
	due  time.Time
	// after are the public ids of the flows it waits for.
	after []string
	// files are the settings of a node that reads a folder.
	files []byte
	// sweep is the source node that the schedule looks through for what was missed.
	sweep string
}

// Tick fires what is due now: a schedule whose time came several times since it
// last fired, because no scheduler ran or because its run still waits for its
// turn, fires once, for the latest of them.
func (s *Service) Tick(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Clock()
	flows, err := s.Store.Enabled(ctx)
	if err != nil {
		return err
	}
	enabled := make(map[ledger.ID]bool, len(flows))
	for _, f := range flows {
		enabled[f.ID] = true
		if s.known[f.ID] == nil {
			// Enabling is a change: a flow does not fire for times at which it was off.
			s.known[f.ID] = &scheduled{from: f.Changed}
		}
	}
	for id := range s.known {
		if !enabled[id] {
			delete(s.known, id)
		}
	}
	var errs []error
	for _, f := range flows {
		errs = append(errs, s.flow(ctx, f, s.known[f.ID], now))
	}
	return errors.Join(errs...)
}

func (s *Service) flow(ctx context.Context, f Flow, at *scheduled, now time.Time) error {
	if at.version != f.Version {
		if err := s.load(ctx, f, at, now); err != nil {
			return err
		}
	}
	var errs []error
	for _, t := range at.triggers {
		switch {
		case t.files != nil:
			errs = append(errs, s.onFiles(ctx, f, t))
		case t.cron == nil:
			errs = append(errs, s.afterOthers(ctx, f, t))
		case !t.due.IsZero() && !t.due.After(now):
			errs = append(errs, s.onTime(ctx, f, t, now))
		}
	}
	return errors.Join(errs...)
}

// load reads the triggers of a version. Those that the version before had go on counting.
func (s *Service) load(ctx context.Context, f Flow, at *scheduled, now time.Time) error {
	text, err := s.Store.Document(ctx, f.Version)
	if err != nil {
		return err
	}
	docs, err := flow.Parse(text)
	if err != nil || len(docs) != 1 {
		return fault.New("flow.version_unreadable", "version %d of a flow can't be read", f.Version).Because(err).Classed(fault.Internal)
	}
	from := at.from
	if at.version != 0 {
		from = ledger.At(now) // what is new in this version counts from now
	}
	triggers := triggersOf(docs[0])
	for _, t := range triggers {
		if t.files == nil { // what lies in a folder already is wanted
			t.from = from
		}
		if i := slices.IndexFunc(at.triggers, func(old *trigger) bool { return old.name == t.name }); i >= 0 {
			t.from = at.triggers[i].from
		}
		t.wait()
	}
	at.version, at.triggers = f.Version, triggers
	return nil
}

// wait finds when a schedule fires next.
func (t *trigger) wait() {
	if t.cron != nil {
		t.due, _ = t.cron.next(t.from.Time())
	}
}

// triggersOf gives the triggers of a document that fire by themselves. What can't
// be read as a trigger never fires; publishing refuses it.
func triggersOf(doc *flow.Document) []*trigger {
	var out []*trigger
	for _, t := range doc.Spec.Triggers {
		one := &trigger{}
		switch {
		case t.Schedule != "":
			c, err := parse(t.Schedule, doc.Spec.Settings.Timezone)
			if err != nil {
				continue
			}
			one.name, one.cron = nameOf("schedule:", c.text), &c
		case len(t.After) > 0:
			aliases := slices.Compact(slices.Sorted(slices.Values(t.After)))
			for _, alias := range aliases {
				one.after = append(one.after, doc.Spec.Uses[alias].Flow)
			}
			if slices.Contains(one.after, "") {
				continue
			}
			one.name = nameOf("after:", strings.Join(aliases, ","))
		default:
			continue
		}
		if !slices.ContainsFunc(out, func(other *trigger) bool { return other.name == one.name }) {
			out = append(out, one)
		}
	}
	return append(append(out, sweeps(doc)...), watched(doc)...)
}

// sweeps gives a trigger for each source that has a schedule of its own by which it is
// looked through for what was missed.
func sweeps(doc *flow.Document) []*trigger {
	var out []*trigger
	for _, n := range doc.Spec.Nodes {
		text := item.Of(n.Settings).Field("sweep").Field("schedule").Text()
		if n.Type != "source" || text == "" {
			continue
		}
		if c, err := parse(text, doc.Spec.Settings.Timezone); err == nil {
			out = append(out, &trigger{name: ledger.Reading{Kind: ledger.GapSweep, Node: n.ID}.Trigger(), cron: &c, sweep: n.ID})
		}
	}
	return out
}

// maxName is the longest name of a trigger that is stored as it is.
const maxName = 64

// nameOf names a trigger; the end of a long one gives way to a digest of the whole.
func nameOf(kind, text string) string {
	name := kind + text
	if len(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return strings.ToValidUTF8(name[:maxName-17], "") + "#" + hex.EncodeToString(sum[:8])
}

// watched gives a trigger for each node that reads a folder.
func watched(doc *flow.Document) []*trigger {
	var out []*trigger
	for _, n := range doc.Spec.Nodes {
		settings := item.Of(n.Settings)
		if n.Type != "file" || settings.Field("from").Text() != "folder" {
			continue
		}
		name := settings.Field("folder").Text() + "/" + cmp.Or(settings.Field("pattern").Text(), "*")
		out = append(out, &trigger{name: nameOf("files:", name), files: n.Settings})
	}
	return out
}

// onFiles fires when the files of a folder changed since the last firing, which has the
// time of that change.
func (s *Service) onFiles(ctx context.Context, f Flow, t *trigger) error {
	if s.Folders == nil {
		return nil
	}
	stamp, err := s.Folders.Stamp(ctx, f.Workspace, t.files)
	at := ledger.At(stamp)
	if err != nil || at <= t.from {
		return err
	}
	last, err := s.Store.LastFiring(ctx, f.ID, t.name)
	if err != nil || last.Queued {
		return err
	}
	if t.from = max(t.from, last.At); at <= t.from {
		return nil
	}
	if err := s.fire(ctx, f, t, stamp); err != nil {
		return err
	}
	t.from = at
	return nil
}

// onTime fires a schedule for the latest of its times that have come.
func (s *Service) onTime(ctx context.Context, f Flow, t *trigger, now time.Time) error {
	last, err := s.Store.LastFiring(ctx, f.ID, t.name)
	if err != nil || last.Queued {
		return err
	}
	// It may have fired before this scheduler began, or by another one.
	t.from = max(t.from, last.At)
	if at, ok := t.cron.last(t.from.Time(), now); ok {
		if err := s.fire(ctx, f, t, at); err != nil {
			return err
		}
		t.from = ledger.At(at)
	}
	t.wait()
	return nil
}

// afterOthers fires when every flow it waits for was done since the last firing.
// The firing's time is when the last of them first was, so that all schedulers find it.
func (s *Service) afterOthers(ctx context.Context, f Flow, t *trigger) error {
	last, err := s.Store.LastFiring(ctx, f.ID, t.name)
	if err != nil || last.Queued {
		return err
	}
	t.from = max(t.from, last.At)
	var at ledger.Millis
	for _, other := range t.after {
		done, err := s.Store.DoneAfter(ctx, f.Workspace, other, t.from)
		if err != nil || done == 0 {
			return err
		}
		at = max(at, done)
	}
	if err := s.fire(ctx, f, t, at.Time()); err != nil {
		return err
	}
	t.from = at
	return nil
}

// fire starts a run. A flow that was disabled, or deleted, a moment ago is let go.
func (s *Service) fire(ctx context.Context, f Flow, t *trigger, at time.Time) error {
	as := access.With(ctx, access.Principal{Workspace: f.Workspace, Name: "schedule", Role: access.Operator})
	var err error
	if t.sweep != "" {
		_, err = s.Runs.Sweep(as, f.PublicID, t.sweep, t.name, at)
	} else {
		_, err = s.Runs.Trigger(as, f.PublicID, t.name, at)
	}
	switch fault.CodeOf(err) {
	case "flow.disabled", "flow.paused", "flow.not_published", "object.missing":
		s.Log.InfoContext(ctx, "a flow does not run on time", "flow", f.PublicID, "trigger", t.name, "reason", err)
		return nil
	default:
		return err
	}
}

// Next gives the next firings of a cron expression in a zone, at most 100 and 5
// where n is not positive; fewer where it fires no more.
func (s *Service) Next(ctx context.Context, expression, zone string, n int) ([]time.Time, error) {
	if _, err := access.Here(ctx, access.Read); err != nil {
		return nil, err
	}
	c, err := parse(expression, zone)
	if err != nil {
		return nil, err
	}
	var times []time.Time
	at := s.Clock()
	for range min(cmp.Or(max(n, 0), 5), 100) {
		next, ok := c.next(at)
		if !ok {
			break
		}
		times = append(times, next)
		at = next
	}
	return times, nil
}

// NextAt gives when a cron text of a zone fires next after an instant; the zero time when
// it never does.
func NextAt(expression, zone string, after time.Time) (time.Time, error) {
	c, err := parse(expression, zone)
	if err != nil {
		return time.Time{}, err
	}
	at, _ := c.next(after)
	return at, nil
}

// NextSweep gives when a source node of a document is next looked through for what was
// missed; the zero time when it never is by itself.
func NextSweep(doc *flow.Document, node string, after time.Time) time.Time {
	for _, t := range sweeps(doc) {
		if t.sweep == node {
			next, _ := t.cron.next(after)
			return next
		}
	}
	return time.Time{}
}
