// Package retention removes what is bulky and old: payloads, calls, posts, the errands
// that are done and the pages of windows, each by an age that a workspace sets. The rows
// of documents and deliveries stay, and so does whatever something unfinished needs.
//
// It may import server/access, server/loop, engine/failpoint, engine/ledger and sdk/fault
// only: never a database, HTTP or another service.
package retention

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/loop"
)

// Policy says for how many days things are kept; 0 keeps them for ever.
type Policy struct {
	// Payloads are what was read, composed and sent, with the answers for it.
	Payloads int
	// Calls are calls to vendors with their whole answers, and their exceptional rows.
	Calls int
	// Posts are requests that were posted with their answers.
	Posts int
	// Errands are finished calls made after walks.
	Errands int
	// Pages are the records of pages that were read.
	Pages int
	// Version counts the changes from 0, for a policy that nobody ever set.
	Version int
	// By and Updated tell of the last change.
	By      string
	Updated ledger.Millis
}

// Default is the policy of a workspace that set none.
func Default() Policy {
	return Policy{Payloads: 90, Calls: 30, Posts: 30, Errands: 90, Pages: 90}
}

// MaxDays is the longest age that can be set.
const MaxDays = 36500

// Class is a kind of things that go by one age.
type Class int8

// The classes, in the order in which a pass takes them.
const (
	Payloads Class = iota
	Calls
	Posts
	Errands
	Pages
	classes
)

// String is the name of the age of a class, as a Policy and the interface have it.
func (c Class) String() string {
	return [...]string{Payloads: "payloads", Calls: "calls", Posts: "posts", Errands: "errands", Pages: "pages"}[c]
}

// days gives the age of a class.
func (p Policy) days(c Class) int {
	return [...]int{Payloads: p.Payloads, Calls: p.Calls, Posts: p.Posts, Errands: p.Errands, Pages: p.Pages}[c]
}

// Before gives, for things of a class, the instant before which what was made is old; 0 where
// none is.
func (p Policy) Before(c Class, now ledger.Millis) ledger.Millis {
	days := p.days(c)
	if days == 0 {
		return 0
	}
	return max(0, now-ledger.Millis(time.Duration(days)*24*time.Hour/time.Millisecond))
}

// Freed is what was removed.
type Freed struct {
	Packs, Bytes                 int64
	Calls, Posts, Errands, Pages int64
	// Needed are old packs that something unfinished needs.
	Needed int64
}

// Pass is what one pass removed of one workspace.
type Pass struct {
	ID             ledger.ID
	Started, Ended ledger.Millis
	Freed
}

// Old says what is old, by workspace and class.
type Old map[ledger.ID][int(classes)]ledger.Millis

// Before gives the instant before which things of a class are old in a workspace, 0 for none.
func (o Old) Before(workspace ledger.ID, c Class) ledger.Millis { return o[workspace][c] }

// Cursor is where a pass stands in a class. A store gives it a meaning; the zero Cursor
// is the beginning.
type Cursor struct {
	Table, ID ledger.ID
	At        ledger.Millis
	Text      string
}

// Batch is what one transaction removed.
type Batch struct {
	// Freed is by workspace.
	Freed map[ledger.ID]Freed
	Next  Cursor
	// Done says that nothing of the class is left.
	Done bool
}

// Needed knows the packs and the calls that something unfinished needs.
type Needed struct{ Packs, Calls map[ledger.ID]bool }

// Store is what the service needs of a database.
type Store interface {
	Policies
	Purger
	Rights
}

// Policies keep what workspaces set, and what was removed.
type Policies interface {
	// Policy gives a workspace's policy, Default where none was set.
	Policy(ctx context.Context, workspace ledger.ID) (Policy, error)
	// SetPolicy sets it where its version is the one on record; else it is false.
	SetPolicy(ctx context.Context, workspace ledger.ID, p Policy) (bool, error)
	// Policies gives those of all workspaces.
	Policies(ctx context.Context) (map[ledger.ID]Policy, error)
	// Passes gives the newest passes of a workspace.
	Passes(ctx context.Context, workspace ledger.ID, most int) ([]Pass, error)
	// Count counts what is old of each class in a workspace, each up to most. What
	// something unfinished needs counts along.
	Count(ctx context.Context, workspace ledger.ID, old Old, most int) (map[Class]int, error)
}

// Purger finds and removes what is old.
type Purger interface {
	// Needed looks through a part of the ledger for what something unfinished needs and
	// adds it. done: that was the last part.
	Needed(ctx context.Context, from Cursor, found Needed) (next Cursor, done bool, err error)
	// Purge removes a batch of what is old of a class and notes it in the pass, in one
	// short transaction. What is in needed is left alone.
	Purge(ctx context.Context, pass ledger.ID, c Class, from Cursor, old Old, needed Needed, now ledger.Millis) (Batch, error)
	// Begin opens a pass of the workspaces, End closes it.
	Begin(ctx context.Context, workspaces []ledger.ID, now ledger.Millis) (ledger.ID, error)
	End(ctx context.Context, pass ledger.ID, now ledger.Millis) error
	// Last gives when the last pass that came to its end began, 0 for never.
	Last(ctx context.Context) (ledger.Millis, error)
}

// Rights see to it that one process purges at a time.
type Rights interface {
	// Take takes the right to purge until an instant, Keep keeps it: false where another
	// has it. Give gives it back.
	Take(ctx context.Context, owner string, now, until ledger.Millis) (bool, error)
	Keep(ctx context.Context, owner string, until ledger.Millis) (bool, error)
	Give(ctx context.Context, owner string) error
	// Taken reports whether somebody has the right.
	Taken(ctx context.Context, now ledger.Millis) (bool, error)
}

// Config wires a Service.
type Config struct {
	Store Store
	// Owner names the process.
	Owner string
	Clock func() time.Time
	Log   *slog.Logger
	// Every is how often a pass begins, Look how often it is looked whether one is due.
	// Default 24 h and 10 min.
	Every, Look time.Duration
	// Lease is how long the right to purge holds when its owner is gone. Default 2 min.
	Lease time.Duration
	// Rest waits between two batches for as long as it is told; nil waits by the clock.
	Rest func(ctx context.Context, d time.Duration) error
}

// Service purges, and shows and sets policies. Its faults: "auth.…",
// "retention.days_invalid", "retention.changed".
type Service struct {
	Config

	loop loop.Loop

	// kept is when the right to purge was taken or kept last, looked when it was looked
	// last whether a pass is due.
	kept, looked ledger.Millis

	mu sync.Mutex
	// asked says that a person wants a pass now.
	asked bool
}

// New makes a Service with the defaults filled in.
func New(c Config) *Service {
	c.Every, c.Look, c.Lease = cmp.Or(c.Every, 24*time.Hour), cmp.Or(c.Look, 10*time.Minute), cmp.Or(c.Lease, 2*time.Minute)
	if c.Rest == nil {
		c.Rest = rest
	}
	return &Service{Config: c}
}

func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Start purges in the background until Stop. What an earlier process did not finish goes
// on where it stopped, for what was removed is gone.
func (s *Service) Start(ctx context.Context) {
	s.loop.Start(ctx, min(s.Look, hears), s.Log, "what is old could not be removed; it is tried again", s.Tick)
}

// hears is how soon a pass begins that a person asked for.
const hears = 5 * time.Second

// Stop ends the loop and waits for it. Stopping twice or before Start is legal.
func (s *Service) Stop() { s.loop.Stop() }

// Tick makes a pass where one is due or was asked for.
func (s *Service) Tick(ctx context.Context) error {
	now := s.now()
	if !s.wanted() {
		if s.looked != 0 && now < s.looked.Add(s.Look) {
			return nil
		}
		s.looked = now
		last, err := s.Store.Last(ctx)
		if err != nil || now < last.Add(s.Every) {
			return err
		}
	}
	return s.Pass(ctx)
}

func (s *Service) wanted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = false
	return asked
}

func (s *Service) now() ledger.Millis { return ledger.At(s.Clock()) }

// Pass removes all that is old now, unless another process is at it.
func (s *Service) Pass(ctx context.Context) error {
	mine, err := s.Store.Take(ctx, s.Owner, s.now(), s.now().Add(s.Lease))
	if err != nil || !mine {
		return err
	}
	s.kept = s.now()
	defer func() {
		if err := s.Store.Give(context.WithoutCancel(ctx), s.Owner); err != nil {
			s.Log.WarnContext(ctx, "the right to purge could not be given back", "error", err)
		}
	}()
	err = s.pass(ctx)
	if errors.Is(err, ledger.ErrFenced) {
		return nil // another process goes on
	}
	return err
}

func (s *Service) pass(ctx context.Context) error {
	policies, err := s.Store.Policies(ctx)
	if err != nil {
		return err
	}
	now, old := s.now(), Old{}
	var workspaces []ledger.ID
	for id, p := range policies {
		var before [int(classes)]ledger.Millis
		for c := range classes {
			before[c] = p.Before(c, now)
		}
		old[id] = before
		workspaces = append(workspaces, id)
	}
	needed, err := s.needed(ctx)
	if err != nil {
		return err
	}
	pass, err := s.Store.Begin(ctx, workspaces, now)
	if err != nil {
		return err
	}
	var total Freed
	for c := range classes {
		if err := s.class(ctx, pass, c, old, needed, &total); err != nil {
			return err
		}
	}
	s.Log.InfoContext(ctx, "what is old was removed", "packs", total.Packs, "bytes", total.Bytes)
	return s.Store.End(ctx, pass, s.now())
}

// class removes all that is old of a class.
func (s *Service) class(ctx context.Context, pass ledger.ID, c Class, old Old, needed Needed, total *Freed) error {
	for at := (Cursor{}); ; {
		began := s.Clock()
		batch, err := s.Store.Purge(ctx, pass, c, at, old, needed, s.now())
		if err != nil {
			return err
		}
		for _, f := range batch.Freed {
			total.Packs, total.Bytes = total.Packs+f.Packs, total.Bytes+f.Bytes
		}
		failpoint.Hit("after_batch")
		if at = batch.Next; batch.Done {
			return nil
		}
		if err := s.pause(ctx, s.Clock().Sub(began)); err != nil {
			return err
		}
	}
}

// needed gathers what something unfinished needs. That is so for good: of what
// is finished nothing becomes unfinished again without packs of its own, see the record.
func (s *Service) needed(ctx context.Context) (Needed, error) {
	found := Needed{Packs: map[ledger.ID]bool{}, Calls: map[ledger.ID]bool{}}
	for at, done := (Cursor{}), false; !done; {
		began := s.Clock()
		var err error
		if at, done, err = s.Store.Needed(ctx, at, found); err != nil {
			return found, err
		}
		if err := s.pause(ctx, s.Clock().Sub(began)); err != nil {
			return found, err
		}
	}
	return found, nil
}

// The pause behind a batch is several times as long as the batch took, so that whoever
// else writes waits for one batch at most and has the database most of the time.
const (
	idle     = 4
	minPause = 5 * time.Millisecond
	maxPause = 2 * time.Second
)

func (s *Service) pause(ctx context.Context, took time.Duration) error {
	if err := s.Rest(ctx, min(max(idle*took, minPause), maxPause)); err != nil {
		return err
	}
	if s.now() < s.kept.Add(s.Lease/4) {
		return nil
	}
	s.kept = s.now()
	mine, err := s.Store.Keep(ctx, s.Owner, s.kept.Add(s.Lease))
	if err == nil && !mine {
		return ledger.ErrFenced
	}
	return err
}

// View is what people see of retention in their workspace.
type View struct {
	Policy Policy
	// Passes are the newest first.
	Passes []Pass
	// Running says that a pass is on its way, Asked that one begins in a moment.
	Running, Asked bool
}

// mostPasses is how many passes are shown.
const mostPasses = 20

// Get gives the policy of the caller's workspace and what was removed lately.
func (s *Service) Get(ctx context.Context) (View, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return View{}, err
	}
	return s.view(ctx, p.Workspace)
}

func (s *Service) view(ctx context.Context, workspace ledger.ID) (View, error) {
	policy, err := s.Store.Policy(ctx, workspace)
	if err != nil {
		return View{}, err
	}
	passes, err := s.Store.Passes(ctx, workspace, mostPasses)
	if err != nil {
		return View{}, err
	}
	running, err := s.Store.Taken(ctx, s.now())
	s.mu.Lock()
	defer s.mu.Unlock()
	return View{policy, passes, running, s.asked}, err
}

// MostCounted is up to where an estimate counts.
const MostCounted = 100_000

// Estimate tells how much a pass would remove now at most, were the policy this one. It
// removes nothing.
func (s *Service) Estimate(ctx context.Context, policy Policy) (map[Class]int, error) {
	p, err := access.Here(ctx, access.Administer)
	if err != nil {
		return nil, err
	}
	if err := policy.check(); err != nil {
		return nil, err
	}
	now := s.now()
	var before [int(classes)]ledger.Millis
	for c := range classes {
		before[c] = policy.Before(c, now)
	}
	return s.Store.Count(ctx, p.Workspace, Old{p.Workspace: before}, MostCounted)
}

// check refuses ages that are none.
func (p Policy) check() error {
	for c, field := range [...]string{Payloads: "payloads", Calls: "calls", Posts: "posts", Errands: "errands", Pages: "pages"} {
		if n := p.days(Class(c)); n < 0 || n > MaxDays {
			return fault.New("retention.days_invalid", "an age is a number of days from 0 to %d", MaxDays).At(field).Classed(fault.Data).
				Hinted("write 0 to keep for ever")
		}
	}
	return nil
}

// Set changes the policy. Its Version is the one that the caller saw.
func (s *Service) Set(ctx context.Context, policy Policy) (View, error) {
	p, err := access.Here(ctx, access.Administer)
	if err != nil {
		return View{}, err
	}
	if err := policy.check(); err != nil {
		return View{}, err
	}
	policy.By, policy.Updated = p.Name, s.now()
	set, err := s.Store.SetPolicy(ctx, p.Workspace, policy)
	if err != nil {
		return View{}, err
	}
	if !set {
		return View{}, fault.New("retention.changed", "somebody else changed these settings meanwhile").Classed(fault.Data).Hinted("look at them again before you change them")
	}
	return s.view(ctx, p.Workspace)
}

// Ask makes this process begin a pass in a moment.
func (s *Service) Ask(ctx context.Context) error {
	if _, err := access.Here(ctx, access.Administer); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = true
	return nil
}
