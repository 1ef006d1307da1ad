package bulk

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/loop"
)

const (
	// turn is how many packets of a job are worked on before another job has its turn.
	turn = 20
	// atOnce is how many documents are acted on side by side: the store commits them together.
	atOnce = 8
)

// Start begins to carry jobs out until Stop.
func (s *Service) Start(ctx context.Context) {
	ctx, s.cancel = context.WithCancel(ctx)
	s.listen(ctx, "bulk.>", s.wake)
	s.group.Go(func() {
		ticker := time.NewTicker(s.Sweep)
		defer ticker.Stop()
		for ctx.Err() == nil {
			worked, err := s.Round(ctx)
			if err != nil && ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "a job over documents does not go on and is tried again", "error", err)
			}
			if worked && err == nil {
				continue // there may be more
			}
			woken := s.woken
			if err != nil {
				woken = nil // what fails is not tried again faster than this
			}
			select {
			case <-ctx.Done():
			case <-ticker.C:
			case <-woken:
			}
		}
	})
}

// Stop ends the work after the documents at hand and waits. Stopping twice or before
// Start is legal.
func (s *Service) Stop() {
	if s.cancel != nil {
		s.cancel()
	}
	s.group.Wait()
}

func (s *Service) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// Round goes on with one job for a while; false when there is none to go on with.
func (s *Service) Round(ctx context.Context) (bool, error) {
	job, claim, ok, err := s.Store.Take(ctx, s.Owner, s.now(), s.now().Add(s.Lease))
	if err != nil || !ok {
		return false, err
	}
	err = s.work(ctx, job, claim)
	code := ""
	if err != nil && ctx.Err() == nil && !errors.Is(err, ledger.ErrFenced) {
		code = fault.From(err).Code
	}
	// The claim is given back even where the program stops: another one goes on at once.
	err = errors.Join(err, s.Store.Give(context.WithoutCancel(ctx), claim, code, s.now()))
	s.announce(ctx, job.ID)
	if errors.Is(err, ledger.ErrFenced) {
		err = nil // somebody else goes on
	}
	return true, err
}

func (s *Service) work(ctx context.Context, job Job, claim Claim) error {
	for range turn {
		if job.State != Running || !job.Open || ctx.Err() != nil {
			return nil //nolint:nilerr // who stops gives the job back as it is
		}
		part, err := s.part(ctx, job)
		if err != nil {
			return err
		}
		if job, err = s.Store.Commit(ctx, claim, part, s.now(), s.now().Add(s.Lease)); err != nil {
			return err
		}
		s.announce(ctx, job.ID)
	}
	return nil
}

// part acts on the documents of the packet that is next.
func (s *Service) part(ctx context.Context, job Job) (Part, error) {
	part := Part{No: job.NextPart}
	docs, acted, err := s.Store.Documents(ctx, job.ID, job.NextPart)
	if err != nil {
		return part, err
	}
	found, err := s.Documents.Ailings(ctx, job.Workspace, idsOf(docs))
	if err != nil {
		return part, err
	}
	at := map[ledger.ID]rules.Ailing{}
	for _, a := range found {
		at[a.Document.ID] = a
	}
	var (
		mu     sync.Mutex
		group  sync.WaitGroup
		failed error
		due    []ledger.ID
		room   = make(chan struct{}, atOnce)
	)
	for _, doc := range docs {
		if acted[doc.ID] { // before the process that worked on it was gone
			part.Done++
			continue
		}
		room <- struct{}{}
		group.Go(func() {
			defer func() { <-room }()
			a, there := at[doc.ID]
			work, err := s.one(ctx, job, doc, a, there)
			mu.Lock()
			defer mu.Unlock()
			switch f := fault.From(err); {
			case err == nil:
				part.Done++
				due = append(due, work...)
			case document.Refusal(f):
				part.Refused = append(part.Refused, Refused{Document: doc.ID, Code: f.Code, Message: f.Message, Args: f.Args})
			case failed == nil:
				failed = err
			}
		})
	}
	group.Wait()
	s.hint(ctx, due)
	slices.SortFunc(part.Refused, func(a, b Refused) int { return int(a.Document - b.Document) })
	return part, failed
}

// one acts on a document, if it still is what was chosen.
func (s *Service) one(ctx context.Context, job Job, chosen document.Chosen, a rules.Ailing, there bool) ([]ledger.ID, error) {
	switch {
	case !there:
		return nil, access.Missing()
	case !chosen.Still(a, job.Kind):
		return nil, rules.Changed()
	default:
		return s.Documents.Carry(ctx, job.order(), a, slices.Contains(job.Confirmed, chosen.ID))
	}
}

func (s *Service) hint(ctx context.Context, work []ledger.ID) {
	if len(work) == 0 || s.Hints == nil {
		return
	}
	if err := s.Hints.Publish(ctx, ledger.LowPriority, work); err != nil {
		s.Log.WarnContext(ctx, "work was not announced; the sweeper will find it", "error", err)
	}
}

// Snapshot is how a job stood at a moment.
type Snapshot struct {
	// Seq grows strictly, also over several watches one after the other.
	Seq int64
	At  time.Time
	Job Job
	// Final says that the job is over and nothing follows.
	Final bool
}

const (
	// lookGap is the least time between two looks at a watched job, lookEvery the most.
	lookGap   = 250 * time.Millisecond
	lookEvery = time.Second
)

// Watch gives a job as it stands now and again whenever it changed. The last snapshot is
// final; then, or when the context ends, the channel is closed.
func (s *Service) Watch(ctx context.Context, id ledger.ID) (<-chan Snapshot, error) {
	job, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	out := make(chan Snapshot)
	woken := make(chan struct{}, 1)
	s.listen(ctx, topic(id), func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	})
	go func() {
		defer close(out)
		s.follow(ctx, job, woken, out)
	}()
	return out, nil
}

// follow tells how a job stands until it is over or the context ends.
func (s *Service) follow(ctx context.Context, job Job, woken <-chan struct{}, out chan<- Snapshot) {
	seq := int64(0)
	for last := (Job{}); ; {
		if !reflect.DeepEqual(last, job) {
			seq = max(seq+1, s.Clock().UnixMilli())
			select {
			case out <- Snapshot{Seq: seq, At: s.Clock(), Job: job, Final: !job.Open}:
			case <-ctx.Done():
				return
			}
			last = job
		}
		if !job.Open || !loop.Pause(ctx, lookGap, nil) || !loop.Pause(ctx, lookEvery-lookGap, woken) {
			return
		}
		next, err := s.job(ctx, job.Workspace, job.ID)
		switch {
		case err == nil:
			job = next
		case ctx.Err() == nil:
			s.Log.WarnContext(ctx, "a watched job can't be read; it is tried again", "job", job.ID, "error", err)
		}
	}
}

func topic(job ledger.ID) string { return "bulk." + idText(job) }

func (s *Service) announce(ctx context.Context, job ledger.ID) {
	s.wake()
	if s.Notices == nil {
		return
	}
	if err := s.Notices.Announce(ctx, topic(job), nil); err != nil && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "a notice was not sent; who waits for it looks by itself", "job", job, "error", err)
	}
}

func (s *Service) listen(ctx context.Context, topic string, hear func()) {
	if s.Notices == nil {
		return
	}
	if err := s.Notices.Listen(ctx, topic, func(string, []byte) { hear() }); err != nil && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "notices are not heard; what happens is seen later", "topic", topic, "error", err)
	}
}
