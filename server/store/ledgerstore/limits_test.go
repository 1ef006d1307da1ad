package ledgerstore_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/pack"
	"github.com/karezflow/karez/server/store/storetest"
	"github.com/karezflow/karez/server/store/workstore"
)

// What the contract of every ledger does not say.
func TestInSQL(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := ledgerstore.New(db)
		for name, test := range map[string]func(*testing.T, *store.DB, *ledgerstore.Store, *worldtest.World){
			"large payloads":         largePayloads,
			"long texts":             longTexts,
			"long names of triggers": longTriggers,
			"problem groups":         problemGroups,
			"claims are freed":       freed,
			"the next due work":      nextDue,
			"one key, many takers":   oneKey,
		} {
			t.Run(name, func(t *testing.T) {
				w := worldtest.New(t, whole{s, documentstore.New(db)})
				test(t, db, s, w)
				w.Balance()
			})
		}
	})
}

// noise is a payload that does not compress, of every byte there is.
func noise(size int, seed byte) []byte {
	out := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(out) // never fails
	return out
}

func largePayloads(t *testing.T, db *store.DB, _ *ledgerstore.Store, w *worldtest.World) {
	bodies := map[string][]byte{
		"a": []byte(`{"small":1}`), "b": noise(5<<20, 1), "c": []byte(`{"small":2}`), "d": []byte(`{"small":3}`), "e": {},
		"f": noise(pack.MaxSize-22, 3), // fills the pack of "c" and "d" to the last byte
	}
	var docs []ledger.Incoming
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		docs = append(docs, worldtest.Raw(key, bodies[key]))
	}
	w.Pull(docs...)
	for key, body := range bodies {
		w.Body(key, body)
	}
	var counts []int
	if err := db.Read(t.Context()).Raw("SELECT row_count FROM pack WHERE workspace_id = ? ORDER BY id", w.Workspace).Scan(&counts).Error; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{1, 1, 4}, counts); diff != "" {
		t.Errorf("payloads of the packs (-want +got):\n%s", diff)
	}

	// What is answered may be as large.
	work := w.ClaimDoc("a")
	intent := w.Intent(w.Doc("a"), "K", nil)
	if _, err := w.Intend(work, intent); err != nil {
		t.Fatal(err)
	}
	answer := worldtest.Done(intent)
	answer.Response = bodies["b"]
	w.Must(w.Answer(work, answer))
	got := w.Delivery("a")
	if string(got.Body) != string(intent.Body) || string(got.Response) != string(bodies["b"]) {
		t.Errorf("%d bytes sent, %d bytes answered", len(got.Body), len(got.Response))
	}
}

// longTexts writes texts that no column holds, in characters of several bytes and
// with bytes that are no characters.
func longTexts(t *testing.T, db *store.DB, s *ledgerstore.Store, w *worldtest.World) {
	long := strings.Repeat("单", 30000) + "\xff" + strings.Repeat("é", 30000)
	short := func(most int) string { return strings.Repeat("单", most) }
	whole := strings.Repeat("单", 21845)
	refused := worldtest.Rec("a", "1")
	refused.Number = long
	refused.Problem = &ledger.Problem{Code: long, Message: long, Path: long, NodeID: long, Hint: long, Args: map[string]string{"0": long}}
	sent := worldtest.Rec("b", "1")
	sent.Number = "\xff" + long
	w.Pull(refused, sent)
	if got := w.Doc("a").Number; got != short(190) {
		t.Errorf("number of %d characters", utf8.RuneCountInString(got))
	}
	if got := w.Doc("b").Number; got != "\uFFFD"+short(189) {
		t.Errorf("number %.20q", got)
	}
	want := &ledger.Problem{Code: short(64), NodeID: short(64), Message: whole, Path: whole, Hint: whole}
	if diff := cmp.Diff(want, w.Problem("a")); diff != "" {
		t.Errorf("problem (-want +got):\n%.400s", diff)
	}

	work := w.ClaimDoc("b")
	intent := w.Intent(w.Doc("b"), strings.Repeat("k", 190), nil)
	intent.Resource = long
	call, err := s.NextIDs(t.Context(), 1)
	w.Must(err)
	intent.Call = call
	_, err = s.CommitIntents(t.Context(), ledger.IntentCommit{
		Claim: ledger.ClaimOf(work), Workspace: w.Workspace, Rows: []ledger.Intent{intent}, Now: w.Now,
		Calls: []ledger.Call{{ID: call, Workspace: w.Workspace, Connection: w.Connection, Operation: long, Kind: ledger.SendCall, Rows: 1, Started: w.Now, TraceID: long}},
	})
	w.Must(err)
	answer := worldtest.Done(intent)
	answer.State, answer.TargetID, answer.TargetNumber, answer.Code, answer.Message = ledger.DeliveryRejected, long, long, long, long
	answer.Args = map[string]string{"0": long, "1": "n"}
	answer.FreeKey = true
	o := w.Outcome(work)
	o.Deliveries, o.Calls = []ledger.Resolution{answer}, []ledger.CallEnd{{ID: call, Code: long}}
	_, err = s.CommitOutcome(t.Context(), o)
	w.Must(err)
	got := w.Delivery("b")
	if got.Resource != short(190) || got.TargetID != short(190) || got.TargetNumber != short(190) || got.Code != short(64) || got.Message != whole || got.Args != nil {
		t.Errorf("delivery %.200v", got)
	}
	var owners int
	if err := db.Read(t.Context()).Raw("SELECT COUNT(*) FROM target_key WHERE connection_id = ?", w.Connection).Scan(&owners).Error; err != nil || owners != 0 {
		t.Errorf("%d keys are owned after the key was freed, %v", owners, err)
	}

	w.Must(s.EndPulling(t.Context(), w.Run.ID, &fault.Fault{Code: long, Message: long, Args: map[string]string{"0": long}}, w.Now))
	run, _, err := s.Run(t.Context(), w.Run.ID)
	w.Must(err)
	if run.Code != short(64) || run.Message != whole || run.Args != nil {
		t.Errorf("run ended with a code of %d and a message of %d bytes", len(run.Code), len(run.Message))
	}
}

func longTriggers(t *testing.T, _ *store.DB, s *ledgerstore.Store, w *worldtest.World) {
	ask := ledger.Run{Workspace: w.Workspace, Flow: w.Flow, Version: w.Version, Trigger: strings.Repeat("定时", 50), FireAt: 77, TraceID: strings.Repeat("t", 99)}
	first, created, err := s.OpenRun(t.Context(), ask, w.Now)
	if err != nil || !created || utf8.RuneCountInString(first.Trigger) != 64 {
		t.Fatalf("%+v, created %t, %v", first, created, err)
	}
	again, created, err := s.OpenRun(t.Context(), ask, w.Now)
	if err != nil || created || again.ID != first.ID {
		t.Errorf("the same firing again: %d and %d, created %t, %v", first.ID, again.ID, created, err)
	}
}

func problemGroups(t *testing.T, _ *store.DB, s *ledgerstore.Store, w *worldtest.World) {
	groups, err := s.ProblemGroups(t.Context(), w.Run.ID)
	if err != nil || len(groups) != 0 {
		t.Fatalf("without problems: %v, %v", groups, err)
	}
	for i := range 5 {
		in := worldtest.Rec(fmt.Sprint("r", i), "1")
		if i == 1 {
			in.Number = "" // found by its key then
		}
		w.Pull(in)
	}
	w.Pull(worldtest.Refused(worldtest.Rec("x", "1")), worldtest.Refused(worldtest.Rec("y", "1")))
	w.Pull(worldtest.Rec("u", "1"))
	w.Pull(worldtest.Rec("fine", "1"))
	for i := range 4 {
		w.Walk(fmt.Sprint("r", i), ledger.Rejected)
	}
	w.Walk("r4", ledger.NeedsDecision)
	w.Walk("u", ledger.Unmapped)
	w.Walk("fine", ledger.Delivered)
	// Another run's problems are its own.
	w.Run = w.OpenRun("manual", worldtest.Start+1)
	w.Pull(worldtest.Refused(worldtest.Rec("z", "1")))

	groups, err = s.ProblemGroups(t.Context(), w.Runs[0])
	w.Must(err)
	why := map[string]string{"0": "数量", "key": `"\{}`}
	want := []ledger.ProblemGroup{
		{State: ledger.Rejected, Code: "test.rejected", Message: "因为", Args: why, Documents: 4, Examples: []string{"No r0", "r1", "No r2"}},
		{State: ledger.Rejected, Code: "source.key_invalid", Message: "the key is empty", Args: map[string]string{"0": "编号"}, Documents: 2, Examples: []string{"No x", "No y"}},
		{State: ledger.Unmapped, Code: "test.unmapped", Message: "因为", Args: why, Documents: 1, Examples: []string{"No u"}},
		{State: ledger.NeedsDecision, Code: "test.needs_decision", Message: "因为", Args: why, Documents: 1, Examples: []string{"No r4"}},
	}
	if diff := cmp.Diff(want, groups); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// freed claims a row and lets the process start anew: on SQLite whoever held the
// claim is gone; a MySQL server may have other processes at work.
func freed(t *testing.T, db *store.DB, s *ledgerstore.Store, w *worldtest.World) {
	w.Pull(worldtest.Rec("a", "1"))
	old := w.ClaimDoc("a")
	w.Must(workstore.FreeAll(t.Context(), db))
	if db.Dialect() == store.MySQL {
		w.Unclaimable("a row that another process holds", old.ID)
		return
	}
	again := w.ClaimDoc("a")
	if again.Fence <= old.Fence {
		t.Errorf("fence %d after %d", again.Fence, old.Fence)
	}
	w.Fenced("what the old process commits", w.Store.Renew(t.Context(), ledger.ClaimOf(old), w.Now))
}

func nextDue(t *testing.T, _ *store.DB, s *ledgerstore.Store, w *worldtest.World) {
	if at, ok, err := s.NextDue(t.Context(), w.Flow); ok || err != nil {
		t.Errorf("without work: %d, %t, %v", at, ok, err)
	}
	w.Pull(worldtest.Rec("a", "1"))
	w.Walk("a", ledger.RetryAt)
	later := w.Settled("a", ledger.RetryAt).RetryAt
	if at, ok, err := s.NextDue(t.Context(), w.Flow); !ok || err != nil || at != later {
		t.Errorf("%d, %t, %v, want %d", at, ok, err, later)
	}
	w.Pull(worldtest.Rec("b", "1"))
	if at, ok, err := s.NextDue(t.Context(), w.Flow); !ok || err != nil || at > w.Now {
		t.Errorf("%d, %t, %v, want at most %d", at, ok, err, w.Now)
	}
}

// oneKey lets documents of eight workers ask for the same target key at once: one
// gets it, for two would be written twice.
func oneKey(t *testing.T, _ *store.DB, _ *ledgerstore.Store, w *worldtest.World) {
	const workers = 8
	for round := range 3 {
		works := make([]ledger.Work, workers)
		intents := make([]ledger.Intent, workers)
		for i := range workers {
			key := fmt.Sprintf("%d/%d", round, i)
			w.Pull(worldtest.Rec(key, "1"))
			works[i] = w.ClaimDoc(key)
			intents[i] = w.Intent(w.Doc(key), fmt.Sprint("B", round), nil)
		}
		var mu sync.Mutex
		owners := map[ledger.DeliveryKey]int{}
		won := 0
		w.Together(workers, func(i int) error {
			result, err := w.Intend(works[i], intents[i])
			mu.Lock()
			defer mu.Unlock()
			if owner, taken := result.Taken[0]; taken {
				owners[owner]++
			} else if err == nil {
				owners[intents[i].DeliveryKey]++
				won++
			}
			return err
		})
		if won != 1 || len(owners) != 1 {
			t.Errorf("round %d: %d took the key, owners %v", round, won, owners)
		}
	}
}
