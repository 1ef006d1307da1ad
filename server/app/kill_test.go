package app_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

// since is where the kill tests begin: some seventy refunds, an ordinary mixture.
const since = "2021-05-26 00:00:00"

// TestKilledAtCrashPoints ends the engine at its crash points, at the
// first pass, in the long tests at a later one as well, starts it again and expects
// every refund accounted for, each delivered once.
func TestKilledAtCrashPoints(t *testing.T) {
	t.Parallel()
	for _, point := range points(false, failpoint.List()...) {
		for _, pass := range some(1, []int{1, 3}) {
			name := fmt.Sprintf("%s:%d", point, pass)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				turn(t)
				w := newWorld(t).recent()
				if strings.HasSuffix(point, "_probe") {
					// Look-ups happen only after answers were lost.
					w.control(w.k3+"/_sandbox/faults", `{"faults":[{"path":"BatchSave","kind":"lost_answer","times":2}]}`)
				}
				_, err := w.run("KAREZ_FAILPOINT=" + name)
				t.Logf("killed: %v", errors.Is(err, errKilled))
				if !errors.Is(err, errKilled) && pass == 1 {
					t.Errorf("the crash point was never passed: %v", err)
				}
				w.recovered()
			})
		}
	}
}

// TestKilledOnMariaDB is a part of the above with the ledger in MySQL/MariaDB,
// where a claim outlives its worker until its lease ends.
func TestKilledOnMariaDB(t *testing.T) {
	t.Parallel()
	for _, point := range some(1, []string{"after_intent:1", "after_outcome:1", "after_page:1", "after_claim:1", "after_send:1", "before_outcome:1"}) {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			turn(t)
			w := newWorld(t).recent()
			w.db = storetest.MySQL(t)
			if _, err := w.run("KAREZ_FAILPOINT=" + point); !errors.Is(err, errKilled) {
				t.Errorf("the crash point was never passed: %v", err)
			}
			w.recovered()
		})
	}
}

// TestTheJobOnMariaDB is the whole job with the ledger in MySQL/MariaDB.
func TestTheJobOnMariaDB(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t)
	w.db = storetest.MySQL(t)
	checkJob(t, w)
}

// recovered runs the engine again and checks that nothing is lost or doubled.
func (w *world) recovered() {
	w.t.Helper()
	got, err := w.run()
	if err != nil {
		w.t.Fatal(err)
	}
	if !got.Balanced {
		w.t.Errorf("the balance does not hold: %+v", got)
	}
	compare(w.t, w, since)
	w.sentOnce()
	w.audit()
}

// sure runs the engine again until it knows of every write whether it arrived. The write that
// every kill hits is asked for after waits that double, which may be longer than a run waits.
func (w *world) sure() {
	w.t.Helper()
	for range 3 {
		db, unknown := w.ledger(), 0
		w.must(db.Read(w.t.Context()).Raw("SELECT COUNT(*) FROM delivery WHERE state = ?", ledger.DeliveryUnknown).Scan(&unknown).Error)
		w.must(db.Close())
		if unknown == 0 {
			return
		}
		if _, err := w.run(); err != nil {
			w.t.Fatal(err)
		}
	}
}

// ledger opens the ledger of the world.
func (w *world) ledger() *store.DB {
	w.t.Helper()
	return storetest.Open(w.t, cmp.Or(w.db, "sqlite:"+filepath.Join(w.data, "karez.db")))
}

// audit looks at every document in the ledger: each refund is there, and what did
// not go through stands still for one of the two reasons that the data gives.
func (w *world) audit() {
	w.t.Helper()
	db := w.ledger()
	ctx := w.t.Context()
	var stream ledger.ID
	w.must(db.Read(ctx).Raw("SELECT id FROM stream").Scan(&stream).Error)
	documents, err := ledgerstore.New(db).Documents(ctx, stream, 0, 10000)
	w.must(err)
	seen, delivered := map[string]bool{}, 0
	for _, d := range documents {
		seen[d.Key] = true
		problem, _, err := ledgerstore.New(db).Problem(ctx, d.ID)
		w.must(err)
		switch {
		case d.State == ledger.Delivered:
			delivered++
		case d.State == ledger.Filtered:
		case d.State == ledger.NeedsDecision && problem.Code == ledger.CodeKeyTaken:
		case d.State == ledger.RetryAt && problem.Code == "vendor.9":
		default:
			w.t.Errorf("refund %s is %s with %+v", d.Key, d.State, problem)
		}
	}
	for _, r := range w.refunds(since) {
		if !seen[r.AsID.String()] {
			w.t.Errorf("refund %s is lost", r.AsID)
		}
	}
	if bills := len(w.bills()); delivered != bills {
		w.t.Errorf("%d delivered refunds, %d bills", delivered, bills)
	}
}

// TestKilledAtRandomMoments kills the engine after random times until it gets through.
func TestKilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	const each = 5
	for round := range len(some(2, make([]struct{}, 40))) {
		seed := uint64(round + 1)
		t.Run("seed "+strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			turn(t)
			random := rand.New(rand.NewPCG(seed, 1))
			w := newWorld(t).recent()
			for killed := 0; killed < each; {
				if w.killAfter(time.Duration(150+random.IntN(1200)) * time.Millisecond) {
					killed++
				}
			}
			w.recovered()
		})
	}
}

// killAfter starts the engine and kills it after a while; false when it ended before.
func (w *world) killAfter(wait time.Duration) bool {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), wait)
	defer cancel()
	cmd := w.command(ctx) // the context kills it with SIGKILL
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && ctx.Err() == nil {
		w.t.Fatalf("%v\n%s", err, &out)
	}
	return exit != nil && exit.ExitCode() == -1
}

// TestConnectorsKilledMidCall kills each connector's process while it is at work.
// The engine itself goes on and gets through in the same run.
func TestConnectorsKilledMidCall(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"jushuitan", "kingdee-k3cloud"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			turn(t)
			w := newWorld(t).recent()
			w.control(w.jst+"/_sandbox/faults", `{"faults":[{"path":"refund","kind":"delay","delayMs":400,"times":20}]}`)
			w.control(w.k3+"/_sandbox/faults", `{"faults":[{"path":"BatchSave","kind":"delay","delayMs":400,"times":20}]}`)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			cmd := w.command(ctx)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			w.must(cmd.Start())
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			w.busy(id)
			killed, over := 0, false
			for killed < 3 && !over {
				select {
				case err := <-ended:
					ended <- err
					over = true
				case <-time.After(700 * time.Millisecond):
					for _, pid := range children(t, cmd.Process.Pid, id) {
						w.must(syscall.Kill(pid, syscall.SIGKILL))
						killed++
					}
				}
			}
			t.Logf("killed %d times", killed)
			if killed == 0 {
				t.Error("the connector was never killed")
			}
			got, err := w.read(<-ended, &stdout, &stderr)
			if err != nil || !got.Balanced {
				t.Fatalf("the run is %+v, %v\n%s", got, err, &stderr)
			}
			w.sure()
			w.recovered()
		})
	}
}

// busy waits until the connector's system was called.
func (w *world) busy(id string) {
	w.t.Helper()
	url := map[string]string{"jushuitan": w.jst, "kingdee-k3cloud": w.k3}[id]
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		var state struct {
			Calls map[string]int `json:"calls"`
		}
		w.get(url+"/_sandbox/state", &state)
		if len(state.Calls) > 0 {
			return
		}
		select {
		case <-w.t.Context().Done():
			w.t.Fatal("the connector never called")
		case <-ticker.C:
		}
	}
}

// children gives the processes of a connector that this engine started.
func children(t *testing.T, parent int, id string) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue // it has gone
		}
		name, rest, ok := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		if ok && len(fields) > 1 && fields[1] == strconv.Itoa(parent) && strings.Contains(name, id[:8]) {
			pids = append(pids, pid)
		}
	}
	return pids
}
