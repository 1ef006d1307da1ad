package schedule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/schedule"
)

// sweeping publishes flow a, whose sources are looked through by schedules, in a zone.
func (w *world) sweeping(zone string, schedules map[string]string) {
	w.publish("a", `[{"schedule":"0 * * * *"}]`)
	w.mu.Lock()
	defer w.mu.Unlock()
	var nodes []string
	for node, cron := range schedules {
		nodes = append(nodes, fmt.Sprintf(`{"id":%q,"type":"source","settings":{"sweep":{"schedule":%q}}}`, node, cron))
	}
	version := w.flows["a"].Version
	w.documents[version] = strings.NewReplacer(`"nodes":[]`, `"nodes":[`+strings.Join(nodes, ",")+`]`, `"UTC"`, fmt.Sprintf("%q", zone)).Replace(w.documents[version])
}

// TestSweepsFireByTheirOwnSchedule, each source by its own and in the flow's zone, beside
// the flow's.
func TestSweepsFireByTheirOwnSchedule(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-01T17:50:00Z")
	w.sweeping("Asia/Shanghai", map[string]string{"orders": "30 2 * * *", "refunds": "45 2 * * *", "people": "", "broken": "at night"})
	s := w.scheduler()
	w.look(s)
	w.tick(s, 40, time.Minute) // 18:30 UTC is 02:30 there
	w.firedAre("a schedule:0 * * * * 18:00", "a sweep:orders 18:30")
	w.tick(s, 15, time.Minute)
	w.firedAre("a schedule:0 * * * * 18:00", "a sweep:orders 18:30", "a sweep:refunds 18:45")
}

// TestASweepThatWasMissedFiresOnce, however long nobody was there, and not at all for
// times at which its flow was off.
func TestASweepThatWasMissedFiresOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-01T02:00:00Z")
	w.sweeping("UTC", map[string]string{"orders": "30 2 * * *"})
	w.clock.Pass(80 * time.Hour)
	s := w.scheduler()
	w.look(s)
	w.look(w.scheduler())
	w.firedAre("a schedule:0 * * * * 10:00", "a sweep:orders 02:30")
	off := w.disable("a")
	w.tick(s, 48, time.Hour)
	w.enable(off)
	w.tick(s, 1, time.Minute)
	w.firedAre("a schedule:0 * * * * 10:00", "a sweep:orders 02:30")
}

// TestASweepIsRefusedInPeace: a flow that was paused or disabled meanwhile is let go, and
// what fails otherwise is tried again.
func TestASweepIsRefusedInPeace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-01T02:29:00Z")
	w.sweeping("UTC", map[string]string{"orders": "30 2 * * *"})
	s := w.scheduler()
	w.look(s)
	w.mu.Lock()
	w.refuses = fault.New("flow.paused", "paused")
	w.mu.Unlock()
	w.tick(s, 2, time.Minute)
	w.firedAre()
	w.mu.Lock()
	w.refuses = nil
	w.mu.Unlock()
	w.tick(s, 24*60, time.Minute)
	if n := len(w.fired); n != 25 || w.fired[n-1].String() != "a sweep:orders 02:30" && w.fired[n-2].String() != "a sweep:orders 02:30" {
		t.Errorf("fired %v", w.fired)
	}
}

// TestNextSweep tells people when it is.
func TestNextSweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-01T00:00:00Z")
	w.sweeping("Asia/Shanghai", map[string]string{"orders": "30 2 * * *", "people": ""})
	docs, err := flow.Parse([]byte(w.documents[w.flows["a"].Version]))
	if err != nil {
		t.Fatal(err)
	}
	for node, want := range map[string]ledger.Millis{"orders": ledger.At(at(t, "2026-01-01T18:30:00Z")), "people": 0, "nobody": 0} {
		var got ledger.Millis
		if next := schedule.NextSweep(docs[0], node, w.clock.Now()); !next.IsZero() {
			got = ledger.At(next)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", node, got.Time(), want.Time())
		}
	}
}
