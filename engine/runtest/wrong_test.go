package runtest_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/sdk/fault"
)

// wrongVariable names the wrong store that a process is to exercise.
const wrongVariable = "RUNTEST_WRONG"

// TestExerciseCatchesWrongStores proves that the scenarios can fail: each store
// below breaks one rule, and the scenarios named beside it must see it. As a
// failed scenario fails the test that runs it, this happens in a process of its own.
func TestExerciseCatchesWrongStores(t *testing.T) {
	t.Parallel()
	for _, wrong := range wrongStores() {
		t.Run(wrong.name, func(t *testing.T) {
			t.Parallel()
			for _, scenario := range wrong.caught {
				area, name, _ := strings.Cut(strings.ReplaceAll(scenario, " ", "_"), "/")
				pattern := "^TestMemory$/^" + area + "$"
				if name != "" {
					pattern += "/^" + name + "$"
				}
				cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+pattern, "-rapid.nofailfile", "-rapid.shrinktime=1ms")
				cmd.Env = append(os.Environ(), wrongVariable+"="+wrong.name)
				out, err := cmd.CombinedOutput()
				if err == nil || !strings.Contains(string(out), "--- FAIL: TestMemory/"+strings.ReplaceAll(scenario, " ", "_")) {
					t.Errorf("%s does not see it: %v\n%s", scenario, err, out)
				}
			}
		})
	}
}

// wrongStore is a store that breaks a rule, with the scenarios that see it.
type wrongStore struct {
	name   string
	open   func(*runtest.Memory) runtest.Store
	caught []string
}

func wrongStores() []wrongStore {
	return []wrongStore{
		{
			"notes only the first missing number", func(m *runtest.Memory) runtest.Store { return missesOne{m} },
			[]string{"numbers/and what nobody had"},
		},
		{
			"forgets what a run is asked for", func(m *runtest.Memory) runtest.Store { return asksNothing{m} },
			[]string{"numbers/a run keeps what it is asked for"},
		},
		{
			"takes pages of any attempt", func(m *runtest.Memory) runtest.Store { return &unfencedPages{Memory: m} },
			[]string{"page/an older attempt is fenced out"},
		},
		{
			"forgets a queued revision", func(m *runtest.Memory) runtest.Store { return forgetsQueued{m} },
			[]string{"reread/one in flight is not overtaken", "queue/dropped when the older is delivered", "queue/walked after rejected"},
		},
		{
			"loses a count", func(m *runtest.Memory) runtest.Store { return losesCount{m} },
			[]string{"page/new documents", "page/an empty page"},
		},
		{
			"counts claimed documents as waiting", func(m *runtest.Memory) runtest.Store { return waitsClaimed{m} },
			[]string{"page/250 documents in three work rows", "claim/one of sixteen wins", "run/done with retries and decisions open"},
		},
		{
			"folds keys", func(m *runtest.Memory) runtest.Store {
				return spoilsPages{m, func(in *ledger.Incoming) { in.Key = strings.ToLower(in.Key) }}
			},
			[]string{"page/keys that nearly agree"},
		},
		{
			"trims keys", func(m *runtest.Memory) runtest.Store {
				return spoilsPages{m, func(in *ledger.Incoming) { in.Key = strings.TrimRight(in.Key, " ") }}
			},
			[]string{"page/keys that nearly agree"},
		},
		{
			"repairs bodies", func(m *runtest.Memory) runtest.Store {
				return spoilsPages{m, func(in *ledger.Incoming) { in.Body = bytes.ToValidUTF8(in.Body, []byte("\ufffd")) }}
			},
			[]string{"page/bodies byte by byte"},
		},
		{
			"keeps the caller's bytes", func(m *runtest.Memory) runtest.Store { return &keepsBytes{Memory: m, bodies: map[ledger.ID][]byte{}} },
			[]string{"page/bodies byte by byte"},
		},
		{
			"does not hold", func(m *runtest.Memory) runtest.Store { return neverHolds{m} },
			[]string{"hold/claimable when the window is done", "hold/a promoted revision is held with its window"},
		},
		{
			"releases held work at once and for good", func(m *runtest.Memory) runtest.Store { return releasesNothing{m} },
			[]string{"hold/claimable when the window is done", "withdraw/the parts of a split window hold their own", "chaos"},
		},
		{
			"keeps what an unstable reading left", func(m *runtest.Memory) runtest.Store { return &neverWithdraws{Memory: m, ahead: map[ledger.ID]int{}} },
			[]string{"withdraw/only what the last attempt read is released", "withdraw/what queued is let go", "withdraw/what was promoted is withdrawn too"},
		},
		{
			"moves the cursor over gaps", func(m *runtest.Memory) runtest.Store { return &jumps{Memory: m, to: map[ledger.ID]ledger.Millis{}} },
			[]string{"window/the cursor is the end of what is contiguous", "window/only live windows move the cursor", "window/split"},
		},
		{
			"finishes windows of any attempt", func(m *runtest.Memory) runtest.Store { return &unfencedFinish{unfencedPages{Memory: m}} },
			[]string{"window/restarted", "window/an older attempt cannot finish or split"},
		},
		{
			"gives a row to many", func(m *runtest.Memory) runtest.Store {
				return claimsAhead{m, func(lease time.Duration) time.Duration { return 100 * lease }}
			},
			[]string{"claim/one of sixteen wins", "claim/a claimed row says who, how often and until when", "claim/a renewed lease holds"},
		},
		{
			"claims before it is due", func(m *runtest.Memory) runtest.Store {
				return claimsAhead{m, func(time.Duration) time.Duration { return 24 * time.Hour }}
			},
			[]string{"claim/not due, gone or unknown", "claim/released", "outcome/a retry has its own work row"},
		},
		{
			"renews lost claims", func(m *runtest.Memory) runtest.Store { return renewsAll{m} },
			[]string{"claim/an expired lease is taken over", "claim/released"},
		},
		{
			"gives due work in any order", func(m *runtest.Memory) runtest.Store { return dueBackwards{m} },
			[]string{"claim/due by priority and time"},
		},
		{
			"loads in any order", func(m *runtest.Memory) runtest.Store { return loadsBackwards{m} },
			[]string{"claim/loaded with its window and deliveries", "page/250 documents in three work rows"},
		},
		{
			"ignores the fence", func(m *runtest.Memory) runtest.Store { return newUnfenced(m) },
			[]string{"claim/a lost claim commits nothing", "answer/a late answer resolves the delivery and not the document"},
		},
		{
			"ignores attempts", func(m *runtest.Memory) runtest.Store { return anyAttempt{newUnfenced(m)} },
			[]string{"intent/attempts follow each other", "intent/a delivery that became done is not sent again", "chaos"},
		},
		{
			"lets anybody write a key", func(m *runtest.Memory) runtest.Store {
				return spoilsIntents{m, func(in *ledger.Intent) { in.Owned = false }}
			},
			[]string{"intent/two rows of a commit with one key", "intent/another document's key", "intent/a freed key"},
		},
		{
			"folds target keys", func(m *runtest.Memory) runtest.Store {
				return spoilsIntents{m, func(in *ledger.Intent) { in.Key = strings.TrimSpace(strings.ToLower(in.Key)) }}
			},
			[]string{"intent/keys are compared byte by byte, within a resource"},
		},
		{
			"keeps no history", func(m *runtest.Memory) runtest.Store { return noHistory{m} },
			[]string{"intent/a new revision keeps the old row as history"},
		},
		{
			"offers no history", func(m *runtest.Memory) runtest.Store { return struct{ runtest.Store }{m} },
			[]string{"intent/a new revision keeps the old row as history"},
		},
		{
			"throws late answers away", func(m *runtest.Memory) runtest.Store { return dropsLate{m} },
			[]string{"answer/a late answer resolves the delivery and not the document", "answer/a late answer after the row is gone"},
		},
		{
			"hides that somebody else answered", func(m *runtest.Memory) runtest.Store { return neverStale{m} },
			[]string{"answer/resolved by somebody else meanwhile", "answer/an answer of an older attempt is evidence only"},
		},
		{
			"forgets writebacks that come later", func(m *runtest.Memory) runtest.Store { return forgetsWritebacks{m} },
			[]string{"answer/a writeback that comes later", "answer/in the middle of a walk"},
		},
		{
			"forgets what queues behind a rejected document", func(m *runtest.Memory) runtest.Store { return walksNothing{m} },
			[]string{"outcome/a rejected document goes on where a branch of it does", "queue/blocked behind a rejected one with an uncertain delivery"},
		},
		{
			"retries at once", func(m *runtest.Memory) runtest.Store {
				return spoilsOutcomes{m, func(out *ledger.Settled, now ledger.Millis) { out.RetryAt = now }}
			},
			[]string{"outcome/a retry has its own work row"},
		},
		{
			"forgets why", func(m *runtest.Memory) runtest.Store {
				return spoilsOutcomes{m, func(out *ledger.Settled, _ ledger.Millis) { out.Problem = nil }}
			},
			[]string{"outcome/problems are set, replaced and cleared", "outcome/ends as rejected", "queue/blocked behind a decision"},
		},
		{
			"forgets the values of a reason", func(m *runtest.Memory) runtest.Store { return forgetsArgs{m} },
			[]string{
				"outcome/problems are set, replaced and cleared", "outcome/ends as rejected", "answer/ends as rejected", "run/failed when pulling failed",
			},
		},
		{
			"opens a run twice", func(m *runtest.Memory) runtest.Store { return &opensTwice{Memory: m} },
			[]string{"run/one for each firing", "run/one for a firing that many see"},
		},
		{
			"finishes runs while they pull", func(m *runtest.Memory) runtest.Store { return finishesEarly{m} },
			[]string{"run/done when everything is settled"},
		},
		{
			"begins whatever it is given", func(m *runtest.Memory) runtest.Store { return beginsAll{m} },
			[]string{"run/queued, then begun by one of many", "run/cancelled while it waits"},
		},
		{
			"cancels what was read already", func(m *runtest.Memory) runtest.Store { return cancelsLate{m} },
			[]string{"run/cancelled too late", "run/cancelled while it pulls"},
		},
		{
			"forgets that pulling failed", func(m *runtest.Memory) runtest.Store { return forgetsFailure{m} },
			[]string{"run/failed when pulling failed"},
		},
		{
			"repairs what was not seen", func(m *runtest.Memory) runtest.Store { return repairsBlindly{m, new(sync.Mutex)} },
			[]string{"retry/of two people one wins", "resend/of two people one wins"},
		},
		{
			"pins nothing", func(m *runtest.Memory) runtest.Store { return pinsNothing{m} },
			[]string{"retry/rejected, mended and delivered after the run is done"},
		},
		{
			"forgets edits", func(m *runtest.Memory) runtest.Store { return forgetsEdits{m} },
			[]string{"edit/a new revision that a re-read does not undo", "edit/an edit of an edit"},
		},
		{
			"forgets edited bodies", func(m *runtest.Memory) runtest.Store { return forgetsOrders{m} },
			[]string{"resend/an edited body"},
		},
		{
			"keeps the keys of what is skipped", func(m *runtest.Memory) runtest.Store { return keepsKeys{m} },
			[]string{"skip/the owner of a key gives it to the other"},
		},
		{
			"hands out ids twice", func(m *runtest.Memory) runtest.Store { return sameIDs{m} },
			[]string{"stream/ids are handed out once"},
		},
		{
			"opens streams anew", func(m *runtest.Memory) runtest.Store { return &newStreams{Memory: m} },
			[]string{"stream/made once, nodes numbered"},
		},
	}
}

// spoilsPages changes every document on its way in.
type spoilsPages struct {
	*runtest.Memory
	spoil func(*ledger.Incoming)
}

func (s spoilsPages) CommitPage(ctx context.Context, page ledger.PageCommit) (ledger.PageResult, error) {
	page.Docs = spoiled(page.Docs, s.spoil)
	return s.Memory.CommitPage(ctx, page)
}

// spoilsIntents changes every intent on its way in.
type spoilsIntents struct {
	*runtest.Memory
	spoil func(*ledger.Intent)
}

func (s spoilsIntents) CommitIntents(ctx context.Context, commit ledger.IntentCommit) (ledger.IntentResult, error) {
	commit.Rows = spoiled(commit.Rows, s.spoil)
	return s.Memory.CommitIntents(ctx, commit)
}

// spoilsOutcomes changes what every document ends as on its way in.
type spoilsOutcomes struct {
	*runtest.Memory
	spoil func(out *ledger.Settled, now ledger.Millis)
}

func (s spoilsOutcomes) CommitOutcome(ctx context.Context, o ledger.Outcome) (ledger.OutcomeResult, error) {
	o.Documents = spoiled(o.Documents, func(out *ledger.Settled) { s.spoil(out, o.Now) })
	return s.Memory.CommitOutcome(ctx, o)
}

func spoiled[T any](rows []T, spoil func(*T)) []T {
	rows = slices.Clone(rows)
	for i := range rows {
		spoil(&rows[i])
	}
	return rows
}

type unfencedPages struct {
	*runtest.Memory
	mu       sync.Mutex
	attempts map[ledger.ID]int
}

func (s *unfencedPages) RestartWindow(ctx context.Context, w ledger.Window, run ledger.ID, now ledger.Millis) (ledger.Window, error) {
	again, err := s.Memory.RestartWindow(ctx, w, run, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.attempts == nil {
		s.attempts = map[ledger.ID]int{}
	}
	s.attempts[w.ID] = max(s.attempts[w.ID], again.Attempt)
	return again, err
}

func (s *unfencedPages) latest(window ledger.ID, attempt int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(attempt, s.attempts[window])
}

func (s *unfencedPages) CommitPage(ctx context.Context, page ledger.PageCommit) (ledger.PageResult, error) {
	page.Attempt = s.latest(page.Window, page.Attempt)
	return s.Memory.CommitPage(ctx, page)
}

type unfencedFinish struct{ unfencedPages }

func (s *unfencedFinish) FinishWindow(ctx context.Context, w ledger.Window, now ledger.Millis) ([]ledger.ID, error) {
	w.Attempt = s.latest(w.ID, w.Attempt)
	return s.Memory.FinishWindow(ctx, w, now)
}

type forgetsQueued struct{ *runtest.Memory }

func (s forgetsQueued) CommitPage(ctx context.Context, page ledger.PageCommit) (ledger.PageResult, error) {
	docs, err := s.Documents(ctx, page.Stream, 0, 1000)
	if err != nil {
		return ledger.PageResult{}, err
	}
	inFlight := func(in ledger.Incoming) bool {
		return slices.ContainsFunc(docs, func(d ledger.Document) bool {
			return d.Key == in.Key && d.State.Open() && d.SourceHash != in.SourceHash
		})
	}
	page.Docs = slices.DeleteFunc(slices.Clone(page.Docs), inFlight)
	return s.Memory.CommitPage(ctx, page)
}

type losesCount struct{ *runtest.Memory }

func (s losesCount) Run(ctx context.Context, id ledger.ID) (ledger.Run, ledger.Counts, error) {
	run, counts, err := s.Memory.Run(ctx, id)
	delete(counts, ledger.SlotDropped)
	return run, counts, err
}

type waitsClaimed struct{ *runtest.Memory }

func (s waitsClaimed) Run(ctx context.Context, id ledger.ID) (ledger.Run, ledger.Counts, error) {
	run, counts, err := s.Memory.Run(ctx, id)
	if run.State == ledger.RunDone {
		counts[ledger.SlotClaimed]++
	}
	counts[ledger.SlotOf(ledger.Waiting)] += counts[ledger.SlotClaimed]
	counts[ledger.SlotClaimed] = 0
	return run, counts, err
}

type keepsBytes struct {
	*runtest.Memory
	mu     sync.Mutex
	bodies map[ledger.ID][]byte
}

func (s *keepsBytes) CommitPage(ctx context.Context, page ledger.PageCommit) (ledger.PageResult, error) {
	result, err := s.Memory.CommitPage(ctx, page)
	docs, _ := s.Documents(ctx, page.Stream, 0, 1000)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range docs {
		for _, in := range page.Docs {
			if in.Key == d.Key {
				s.bodies[d.ID] = in.Body
			}
		}
	}
	return result, err
}

func (s *keepsBytes) Body(_ context.Context, document ledger.ID) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bodies[document], nil
}

type neverHolds struct{ *runtest.Memory }

func (s neverHolds) CommitPage(ctx context.Context, page ledger.PageCommit) (ledger.PageResult, error) {
	page.Hold = false
	return s.Memory.CommitPage(ctx, page)
}

type releasesNothing struct{ *runtest.Memory }

func (s releasesNothing) FinishWindow(ctx context.Context, w ledger.Window, _ ledger.Millis) ([]ledger.ID, error) {
	ids, err := s.Memory.FinishWindow(ctx, w, ledger.FarFuture-1)
	return ids[:0], err
}

// neverWithdraws counts attempts beside the store, which sees one only.
type neverWithdraws struct {
	*runtest.Memory
	mu    sync.Mutex
	ahead map[ledger.ID]int
}

func (s *neverWithdraws) behind(window ledger.ID, attempt int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return attempt - s.ahead[window]
}

func (s *neverWithdraws) RestartWindow(_ context.Context, w ledger.Window, run ledger.ID, _ ledger.Millis) (ledger.Window, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead[w.ID]++
	w.Attempt++
	w.Run = run
	return w, nil
}

func (s *neverWithdraws) CommitPage(ctx context.Context, page ledger.PageCommit) (ledger.PageResult, error) {
	page.Attempt = s.behind(page.Window, page.Attempt)
	return s.Memory.CommitPage(ctx, page)
}

func (s *neverWithdraws) FinishWindow(ctx context.Context, w ledger.Window, now ledger.Millis) ([]ledger.ID, error) {
	w.Attempt = s.behind(w.ID, w.Attempt)
	return s.Memory.FinishWindow(ctx, w, now)
}

type jumps struct {
	*runtest.Memory
	mu sync.Mutex
	to map[ledger.ID]ledger.Millis
}

func (s *jumps) FinishWindow(ctx context.Context, w ledger.Window, now ledger.Millis) ([]ledger.ID, error) {
	ids, err := s.Memory.FinishWindow(ctx, w, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to[w.Stream] = max(s.to[w.Stream], w.To)
	return ids, err
}

func (s *jumps) OpenStream(ctx context.Context, workspace, flow ledger.ID, nodeID string) (ledger.Stream, error) {
	stream, err := s.Memory.OpenStream(ctx, workspace, flow, nodeID)
	s.mu.Lock()
	defer s.mu.Unlock()
	stream.Watermark = s.to[stream.ID]
	return stream, err
}

// claimsAhead claims what is not to be had as if it were later.
type claimsAhead struct {
	*runtest.Memory
	by func(lease time.Duration) time.Duration
}

func (s claimsAhead) Claim(ctx context.Context, id ledger.ID, owner string, now ledger.Millis, lease time.Duration) (ledger.Work, bool, error) {
	work, ok, err := s.Memory.Claim(ctx, id, owner, now, lease)
	if !ok {
		return s.Memory.Claim(ctx, id, owner, now.Add(s.by(lease)), lease)
	}
	return work, ok, err
}

type renewsAll struct{ *runtest.Memory }

func (s renewsAll) Renew(ctx context.Context, claim ledger.Claim, until ledger.Millis) error {
	if err := s.Memory.Renew(ctx, claim, until); !errors.Is(err, ledger.ErrFenced) {
		return err
	}
	return nil
}

type dueBackwards struct{ *runtest.Memory }

func (s dueBackwards) Due(ctx context.Context, now ledger.Millis, limit int) ([]ledger.Work, error) {
	due, err := s.Memory.Due(ctx, now, limit)
	slices.Reverse(due)
	return due, err
}

type loadsBackwards struct{ *runtest.Memory }

func (s loadsBackwards) Load(ctx context.Context, work ledger.Work) ([]ledger.Task, error) {
	tasks, err := s.Memory.Load(ctx, work)
	slices.Reverse(tasks)
	return tasks, err
}

// unfenced lets every commit pass as that of the row's present owner.
type unfenced struct {
	*runtest.Memory
	mu     sync.Mutex
	claims map[ledger.ID]ledger.Claim
}

func newUnfenced(m *runtest.Memory) *unfenced {
	return &unfenced{Memory: m, claims: map[ledger.ID]ledger.Claim{}}
}

func (s *unfenced) Claim(ctx context.Context, id ledger.ID, owner string, now ledger.Millis, lease time.Duration) (ledger.Work, bool, error) {
	work, ok, err := s.Memory.Claim(ctx, id, owner, now, lease)
	s.mu.Lock()
	defer s.mu.Unlock()
	if ok {
		s.claims[id] = ledger.ClaimOf(work)
	}
	return work, ok, err
}

func (s *unfenced) present(claim ledger.Claim) ledger.Claim {
	s.mu.Lock()
	defer s.mu.Unlock()
	if present, ok := s.claims[claim.Work]; ok {
		return present
	}
	return claim
}

func (s *unfenced) CommitIntents(ctx context.Context, commit ledger.IntentCommit) (ledger.IntentResult, error) {
	commit.Claim = s.present(commit.Claim)
	return s.Memory.CommitIntents(ctx, commit)
}

func (s *unfenced) CommitOutcome(ctx context.Context, o ledger.Outcome) (ledger.OutcomeResult, error) {
	o.Claim = s.present(o.Claim)
	return s.Memory.CommitOutcome(ctx, o)
}

type anyAttempt struct{ *unfenced }

func (s anyAttempt) CommitIntents(ctx context.Context, commit ledger.IntentCommit) (ledger.IntentResult, error) {
	commit.Rows = slices.Clone(commit.Rows)
	for i, in := range commit.Rows {
		on, err := s.Deliveries(ctx, in.Document)
		if err != nil {
			return ledger.IntentResult{}, err
		}
		commit.Rows[i].Attempt = 1
		for _, d := range on {
			if d.DeliveryKey == in.DeliveryKey {
				commit.Rows[i].Attempt = d.Attempt + 1
				commit.Rows[i].Rev = max(in.Rev, d.Rev+1)
			}
		}
	}
	return s.unfenced.CommitIntents(ctx, commit)
}

type noHistory struct{ *runtest.Memory }

func (noHistory) History(context.Context, ledger.ID) ([]ledger.Delivery, error) { return nil, nil }

type dropsLate struct{ *runtest.Memory }

func (s dropsLate) CommitOutcome(ctx context.Context, o ledger.Outcome) (ledger.OutcomeResult, error) {
	if err := s.Renew(ctx, o.Claim, o.Now.Add(time.Minute)); err != nil {
		return ledger.OutcomeResult{}, err
	}
	return s.Memory.CommitOutcome(ctx, o)
}

type neverStale struct{ *runtest.Memory }

func (s neverStale) CommitOutcome(ctx context.Context, o ledger.Outcome) (ledger.OutcomeResult, error) {
	var open []ledger.Resolution
	for _, r := range o.Deliveries {
		on, err := s.Deliveries(ctx, r.Document)
		if err != nil {
			return ledger.OutcomeResult{}, err
		}
		for _, d := range on {
			if d.DeliveryKey == r.DeliveryKey && d.Attempt == r.Attempt && d.State.Uncertain() {
				open = append(open, r)
			}
		}
	}
	o.Deliveries = open
	return s.Memory.CommitOutcome(ctx, o)
}

type forgetsWritebacks struct{ *runtest.Memory }

func (s forgetsWritebacks) CommitOutcome(ctx context.Context, o ledger.Outcome) (ledger.OutcomeResult, error) {
	o.Writebacks = nil
	return s.Memory.CommitOutcome(ctx, o)
}

// walksNothing ends every document that is not to be retried.
type walksNothing struct{ *runtest.Memory }

func (s walksNothing) CommitOutcome(ctx context.Context, o ledger.Outcome) (ledger.OutcomeResult, error) {
	o.Documents = spoiled(o.Documents, func(out *ledger.Settled) {
		if out.State == ledger.Rejected {
			out.RetryAt, out.Attention = 0, 0
		}
	})
	return s.Memory.CommitOutcome(ctx, o)
}

type opensTwice struct {
	*runtest.Memory
	mu sync.Mutex
	n  ledger.Millis
}

func (s *opensTwice) OpenRun(ctx context.Context, run ledger.Run, now ledger.Millis) (ledger.Run, bool, error) {
	s.mu.Lock()
	s.n++
	fireAt, n := run.FireAt, s.n
	s.mu.Unlock()
	run.FireAt += n
	opened, created, err := s.Memory.OpenRun(ctx, run, now)
	opened.FireAt = fireAt
	return opened, created, err
}

type finishesEarly struct{ *runtest.Memory }

func (s finishesEarly) FinishRun(ctx context.Context, id ledger.ID, now ledger.Millis) (bool, error) {
	if err := s.EndPulling(ctx, id, nil, now); err != nil {
		return false, err
	}
	return s.Memory.FinishRun(ctx, id, now)
}

type forgetsFailure struct{ *runtest.Memory }

func (s forgetsFailure) EndPulling(ctx context.Context, run ledger.ID, _ *fault.Fault, now ledger.Millis) error {
	return s.Memory.EndPulling(ctx, run, nil, now)
}

type forgetsArgs struct{ *runtest.Memory }

func (s forgetsArgs) CommitOutcome(ctx context.Context, o ledger.Outcome) (ledger.OutcomeResult, error) {
	o.Deliveries = spoiled(o.Deliveries, func(r *ledger.Resolution) { r.Args = nil })
	o.Documents = spoiled(o.Documents, func(out *ledger.Settled) {
		if out.Problem != nil {
			bare := *out.Problem
			bare.Args, out.Problem = nil, &bare
		}
	})
	return s.Memory.CommitOutcome(ctx, o)
}

func (s forgetsArgs) EndPulling(ctx context.Context, run ledger.ID, why *fault.Fault, now ledger.Millis) error {
	if why != nil {
		why = &fault.Fault{Code: why.Code, Message: why.Message}
	}
	return s.Memory.EndPulling(ctx, run, why, now)
}

type beginsAll struct{ *runtest.Memory }

func (s beginsAll) BeginRun(ctx context.Context, id ledger.ID, now ledger.Millis) (bool, error) {
	_, err := s.Memory.BeginRun(ctx, id, now)
	return true, err
}

type cancelsLate struct{ *runtest.Memory }

func (s cancelsLate) CancelRun(ctx context.Context, id ledger.ID, by string, now ledger.Millis) (ledger.Run, bool, error) {
	run, _, err := s.Memory.CancelRun(ctx, id, by, now)
	return run, true, err
}

type sameIDs struct{ *runtest.Memory }

func (s sameIDs) NextIDs(ctx context.Context, n int) (ledger.ID, error) {
	return s.Memory.NextIDs(ctx, n/2)
}

type newStreams struct {
	*runtest.Memory
	mu sync.Mutex
	n  int
}

func (s *newStreams) OpenStream(ctx context.Context, workspace, flow ledger.ID, nodeID string) (ledger.Stream, error) {
	s.mu.Lock()
	s.n++
	suffix := strings.Repeat("'", s.n)
	s.mu.Unlock()
	stream, err := s.Memory.OpenStream(ctx, workspace, flow, nodeID+suffix)
	stream.NodeID = nodeID
	return stream, err
}

type repairsBlindly struct {
	*runtest.Memory

	mu *sync.Mutex
}

func (s repairsBlindly) Repair(ctx context.Context, r ledger.Repair) ([]ledger.ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.Ailing(ctx, r.Workspace, r.Document)
	if err == nil {
		r.Seen = a.Document.Sight()
		if !a.Document.State.Repairable() {
			return nil, nil
		}
	}
	return s.Memory.Repair(ctx, r)
}

type pinsNothing struct{ *runtest.Memory }

func (s pinsNothing) Repair(ctx context.Context, r ledger.Repair) ([]ledger.ID, error) {
	r.Version = 0
	return s.Memory.Repair(ctx, r)
}

type forgetsEdits struct{ *runtest.Memory }

func (s forgetsEdits) Repair(ctx context.Context, r ledger.Repair) ([]ledger.ID, error) {
	r.Source = nil
	return s.Memory.Repair(ctx, r)
}

type forgetsOrders struct{ *runtest.Memory }

func (s forgetsOrders) Repair(ctx context.Context, r ledger.Repair) ([]ledger.ID, error) {
	r.Body = nil
	return s.Memory.Repair(ctx, r)
}

// keepsKeys takes the keys back that a skip freed, for a document of nobody's.
type keepsKeys struct{ *runtest.Memory }

func (s keepsKeys) CommitIntents(ctx context.Context, commit ledger.IntentCommit) (ledger.IntentResult, error) {
	result, err := s.Memory.CommitIntents(ctx, commit)
	for i, in := range commit.Rows {
		if in.Attempt > 2 && err == nil {
			result.Taken[i] = ledger.DeliveryKey{Document: in.Document - 1}
		}
	}
	return result, err
}

type missesOne struct{ *runtest.Memory }

func (s missesOne) SetMissing(ctx context.Context, id ledger.ID, numbers []string) error {
	return s.Memory.SetMissing(ctx, id, numbers[:min(1, len(numbers))])
}

type asksNothing struct{ *runtest.Memory }

func (s asksNothing) OpenRun(ctx context.Context, run ledger.Run, now ledger.Millis) (ledger.Run, bool, error) {
	run.Numbers = nil
	return s.Memory.OpenRun(ctx, run, now)
}
