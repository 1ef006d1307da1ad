// Package bulk carries one action out on many documents: jobs that a person starts with a
// filter or with ticked rows, whose documents are fixed at the start, and that any process
// goes on with. Each document is acted on by itself; those that can't be are kept with the
// reason and hold nobody else back.
//
// It may import server/access, server/document, server/once, engine/ledger, its rules and sdk/fault:
// never a database, HTTP or another service.
package bulk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/once"
)

// State is how far a job is.
type State string

// The states. A job that is done or cancelled is never gone on with.
const (
	Running   State = "running"
	Paused    State = "paused"
	Cancelled State = "cancelled"
	Done      State = "done"
)

// Job is one action on many documents.
type Job struct {
	ID, Workspace ledger.ID
	// Kind is the action of a document.Order, Version its version.
	Kind, Version string
	// Choice is what was asked for. The documents themselves were fixed at the start.
	Choice document.Choice
	// Confirmed are those of which a person said that the target does not hold what was sent.
	Confirmed []ledger.ID
	Note      string
	Actor     string
	State     State
	// Total documents were chosen; Done were acted on, Refused could not be. What is left
	// of a cancelled job was not touched.
	Total, Done, Refused int
	// Parts is how many packets of documents it has, NextPart the one to go on with.
	Parts, NextPart int
	// Open says that something is left to be done or to be counted.
	Open bool
	// StoppedBy is who paused or cancelled it.
	StoppedBy string
	// Code is that of the fault that keeps it from going on at the moment, "" for none.
	Code                    string
	Created, Updated, Ended ledger.Millis
}

// Claim is the right of one process to go on with a job.
type Claim struct {
	Job   ledger.ID
	Owner string
	Fence int64
}

// Refused is a document that was left alone, and why.
type Refused struct {
	Document ledger.ID
	// Key, Number and Flow name the document where it is still there.
	Key, Number, Flow string
	Code, Message     string
	Args              map[string]string
}

// Part is what was done of one packet of documents.
type Part struct {
	No      int
	Done    int
	Refused []Refused
}

// Store keeps jobs. Every method is one transaction.
type Store interface {
	Claims
	Names
	Starts
	// Job gives a job; ledger.ErrNotFound.
	Job(ctx context.Context, workspace, id ledger.ID) (Job, error)
	// Jobs gives those before an id, the newest first; 0 begins with the newest.
	Jobs(ctx context.Context, workspace, before ledger.ID, limit int) ([]Job, error)
	// Refusals gives those of a job behind a document, by document.
	Refusals(ctx context.Context, job, after ledger.ID, limit int) ([]Refused, error)
	// Move takes a job to a state if it is in one of some others, and gives it as it is then.
	Move(ctx context.Context, workspace, id ledger.ID, from []State, to State, by string, now ledger.Millis) (job Job, moved bool, err error)
}

// Starts begin jobs and remember the orders for them.
type Starts interface {
	once.Keys
	// Add keeps a job with its documents, a packet each, and the key of the order for it,
	// and gives its id.
	Add(ctx context.Context, job Job, parts [][]document.Chosen, o once.Order) (ledger.ID, error)
}

// Claims let one process at a time go on with a job.
type Claims interface {
	// Take claims an open job that runs, or that was cancelled and is not counted yet, and
	// that nobody holds: the one that nobody went on with for longest. false when there is none.
	Take(ctx context.Context, owner string, now, until ledger.Millis) (Job, Claim, bool, error)
	// Documents gives a packet of a job, and which of its documents the job acted on before.
	Documents(ctx context.Context, job ledger.ID, part int) (docs []document.Chosen, acted map[ledger.ID]bool, err error)
	// Commit notes what became of a packet, renews the claim and gives the job as it is
	// then; a job whose last packet it was is done. ledger.ErrFenced where the claim is lost.
	Commit(ctx context.Context, claim Claim, part Part, now, until ledger.Millis) (Job, error)
	// Give ends a claim; code says why nothing goes on at the moment. A cancelled job is
	// counted by what it did and closed. A claim that is lost already is no error.
	Give(ctx context.Context, claim Claim, code string, now ledger.Millis) error
}

// Names name documents to people.
type Names interface {
	// Reasons gives the words of documents' problems.
	Reasons(ctx context.Context, ids []ledger.ID) (map[ledger.ID]document.Problem, error)
	// Names gives the keys and numbers of documents.
	Names(ctx context.Context, ids []ledger.ID) (map[ledger.ID]Refused, error)
}

// Documents are what jobs act on: server/document.
type Documents interface {
	Choose(ctx context.Context, workspace ledger.ID, c document.Choice, after ledger.ID, limit int) ([]document.Chosen, error)
	Ailings(ctx context.Context, workspace ledger.ID, ids []ledger.ID) ([]rules.Ailing, error)
	Carry(ctx context.Context, o document.Order, a rules.Ailing, confirmed bool) ([]ledger.ID, error)
}

// Hints carries wake-ups for work rows. Losing all of them loses nothing.
type Hints interface {
	Publish(ctx context.Context, priority int, work []ledger.ID) error
}

// Notices carries short messages to whoever listens now, in every process. Losing all of
// them loses nothing but time.
type Notices interface {
	Announce(ctx context.Context, topic string, data []byte) error
	Listen(ctx context.Context, topic string, hear func(topic string, data []byte)) error
}

// Config wires a Service. Hints and Notices may be nil.
type Config struct {
	Store     Store
	Documents Documents
	Hints     Hints
	Notices   Notices
	Clock     func() time.Time
	Log       *slog.Logger
	// Owner names this process in claims; Lease is how long one holds without being
	// renewed. Default 30 s.
	Owner string
	Lease time.Duration
	// Sweep is how often jobs are looked for without a notice. Default 1 s.
	Sweep time.Duration
	// Most is how many documents a job may have. Default 100,000.
	Most int
	// PartSize is how many documents a packet has. Default 100.
	PartSize int
}

// Service starts jobs, shows them and carries them out. Its faults, beside those of
// server/document and once.Carry: "bulk.too_many", "bulk.ended", "document.nothing_selected".
type Service struct {
	Config

	cancel context.CancelFunc
	group  sync.WaitGroup
	woken  chan struct{}
}

// New makes a Service with the defaults filled in.
func New(c Config) *Service {
	c.Lease, c.Sweep = cmp.Or(c.Lease, 30*time.Second), cmp.Or(c.Sweep, time.Second)
	c.Most, c.PartSize = cmp.Or(c.Most, 100_000), cmp.Or(c.PartSize, 100)
	return &Service{Config: c, woken: make(chan struct{}, 1)}
}

// Request asks for a job.
type Request struct {
	Kind, Version string
	// IDs are ticked documents; without them Filter selects.
	IDs    []string
	Filter *document.Filter
	// Confirmed are documents of which the caller looked in the target and says that it
	// does not hold what was sent: only these are sent again without being known refused.
	Confirmed []string
	// Note says why; a skip must have one.
	Note string
	// Seen is Preview.Seen of what the caller looked at, 0 for unknown: what changed later is
	// not acted on.
	Seen ledger.Millis
}

// MaxNamed is how many documents a request may name.
const MaxNamed = 1000

// order checks a request and gives it as a job.
func (r Request) order(p access.Principal) (Job, error) {
	job := Job{
		Workspace: p.Workspace, Kind: r.Kind, Note: strings.TrimSpace(r.Note), State: Running, Open: true,
		Actor: cmp.Or(p.Name, fmt.Sprint("user ", p.User)), Confirmed: numbers(r.Confirmed), Choice: document.Choice{Seen: r.Seen},
	}
	if r.Kind == document.ActionRetry || r.Kind == document.ActionRestore {
		job.Version = cmp.Or(r.Version, document.Published)
	}
	if err := job.order().Check(); err != nil {
		return job, err
	}
	switch {
	case len(r.IDs) > MaxNamed:
		return job, tooMany(MaxNamed)
	case len(r.IDs) > 0:
		if job.Choice.IDs = numbers(r.IDs); len(job.Choice.IDs) == 0 {
			return job, nothing() // a choice without ids would be one by a filter
		}
	case r.Filter != nil:
		job.Choice.Filter = *r.Filter
	default:
		return job, nothing()
	}
	return job, nil
}

func (j *Job) order() document.Order {
	return document.Order{Workspace: j.Workspace, Job: j.ID, Action: j.Kind, Version: j.Version, Actor: j.Actor, Note: j.Note}
}

func nothing() *fault.Fault {
	return fault.New("document.nothing_selected", "no documents were selected").At("ids").Classed(fault.Data).
		Hinted("name documents, or give a filter")
}

func tooMany(most int) *fault.Fault {
	return fault.New("bulk.too_many", "more than %d documents were selected", most).Classed(fault.Data).Arg("most", strconv.Itoa(most)).
		Hinted("narrow the filter, for example to one flow or one reason, and do it in several jobs")
}

// StartJob fixes the documents and starts a job over them. An order that was carried out
// before gives its job as it is now.
func (s *Service) StartJob(ctx context.Context, req Request) (Job, error) {
	p, err := access.Here(ctx, access.Operate)
	if err != nil {
		return Job{}, err
	}
	job, err := req.order(p)
	if err != nil {
		return job, err
	}
	if job.Kind == document.ActionSkip && job.Note == "" {
		return job, fault.New("bulk.no_reason", "documents are let go for good, so a reason is kept with each").At("note").Classed(fault.Data).
			Hinted("write why they are skipped")
	}
	choice, err := json.Marshal(job.Choice)
	if err != nil {
		return job, err
	}
	o := once.New(ctx, 0, "bulk", job.Kind, job.Version, string(choice), fmt.Sprint(job.Confirmed), job.Note)
	before, err := once.Carry(ctx, s.Store, p.Workspace, o, func() (err error) {
		job, err = s.start(ctx, job, o)
		return err
	})
	if before != 0 {
		return s.job(ctx, p.Workspace, before)
	}
	return job, err
}

func (s *Service) start(ctx context.Context, job Job, o once.Order) (Job, error) {
	chosen, err := s.choose(ctx, job)
	if err != nil {
		return job, err
	}
	if len(chosen) > s.Most {
		return job, tooMany(s.Most)
	}
	if len(chosen) == 0 {
		return job, nothing()
	}
	job.Total = len(chosen)
	parts := slices.Collect(slices.Chunk(chosen, s.PartSize))
	job.Parts = len(parts)
	job.Created, job.Updated = s.now(), s.now()
	if job.ID, err = s.Store.Add(ctx, job, parts, o); err != nil {
		return job, err
	}
	s.Log.InfoContext(ctx, "a person started a job over documents", "job", job.ID, "kind", job.Kind, "documents", job.Total, "by", job.Actor)
	s.announce(ctx, job.ID)
	return job, nil
}

// choose gives at most one document more than a job may have.
func (s *Service) choose(ctx context.Context, job Job) ([]document.Chosen, error) {
	const page = 5000
	var all []document.Chosen
	after := ledger.ID(0)
	for len(all) <= s.Most {
		found, err := s.Documents.Choose(ctx, job.Workspace, job.Choice, after, page)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
		if len(found) < page {
			break
		}
		after = found[len(found)-1].ID
	}
	return all, nil
}

// Page is a part of the list of jobs.
type Page struct {
	Items []Job
	// Next is the After of the next page, "" when this is the last.
	Next string
}

// List gives the jobs of the caller's workspace, the newest first.
func (s *Service) List(ctx context.Context, after string, limit int) (Page, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return Page{}, err
	}
	limit = min(cmp.Or(max(limit, 0), 50), 200)
	items, err := s.Store.Jobs(ctx, p.Workspace, number(after), limit+1)
	if err != nil || len(items) <= limit {
		return Page{Items: items}, err
	}
	return Page{Items: items[:limit], Next: idText(items[limit-1].ID)}, nil
}

// Get gives a job.
func (s *Service) Get(ctx context.Context, id ledger.ID) (Job, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return Job{}, err
	}
	return s.job(ctx, p.Workspace, id)
}

func (s *Service) job(ctx context.Context, workspace, id ledger.ID) (Job, error) {
	job, err := s.Store.Job(ctx, workspace, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return job, access.Missing()
	}
	return job, err
}

// Refusals gives the documents that a job could not act on, and where the next page
// begins: "" at the end.
func (s *Service) Refusals(ctx context.Context, id ledger.ID, after string, limit int) ([]Refused, string, error) {
	job, err := s.Get(ctx, id)
	if err != nil {
		return nil, "", err
	}
	limit = min(cmp.Or(max(limit, 0), 50), 200)
	items, err := s.Store.Refusals(ctx, job.ID, number(after), limit+1)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(items) > limit {
		items = items[:limit]
		next = idText(items[limit-1].Document)
	}
	ids := make([]ledger.ID, len(items))
	for i := range items {
		ids[i] = items[i].Document
	}
	names, err := s.Store.Names(ctx, ids)
	for i := range items {
		named := names[items[i].Document]
		items[i].Key, items[i].Number, items[i].Flow = named.Key, named.Number, named.Flow
	}
	return items, next, err
}

// Pause lets a job rest: the packet at hand comes to its end, no further one is begun.
func (s *Service) Pause(ctx context.Context, id ledger.ID) (Job, error) {
	return s.move(ctx, id, Paused, Running)
}

// Resume goes on with a paused job.
func (s *Service) Resume(ctx context.Context, id ledger.ID) (Job, error) {
	return s.move(ctx, id, Running, Paused)
}

// Cancel ends a job: the packet at hand comes to its end, what is left is not touched.
// What was done stays done.
func (s *Service) Cancel(ctx context.Context, id ledger.ID) (Job, error) {
	return s.move(ctx, id, Cancelled, Running, Paused)
}

func (s *Service) move(ctx context.Context, id ledger.ID, to State, from ...State) (Job, error) {
	p, err := access.Here(ctx, access.Operate)
	if err != nil {
		return Job{}, err
	}
	job, moved, err := s.Store.Move(ctx, p.Workspace, id, from, to, cmp.Or(p.Name, fmt.Sprint("user ", p.User)), s.now())
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return job, access.Missing()
	case err != nil:
		return job, err
	case moved:
		s.Log.InfoContext(ctx, "a person moved a job over documents", "job", id, "to", to)
		s.announce(ctx, id)
		return job, nil
	case job.State == to:
		return job, nil // a second wish is the first one
	default:
		return job, fault.New("bulk.ended", "the job is over").Classed(fault.Config).Hinted("start a new one for what is left")
	}
}

func (s *Service) now() ledger.Millis { return ledger.At(s.Clock()) }

func idText(id ledger.ID) string { return strconv.FormatInt(int64(id), 10) }

// number reads an id, 0 when it is none.
func number(text string) ledger.ID {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return ledger.ID(id)
}

func numbers(texts []string) []ledger.ID {
	var ids []ledger.ID
	for _, text := range texts {
		if id := number(text); id != 0 {
			ids = append(ids, id)
		}
	}
	return ids
}
