package seats_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/execution/seats"
)

// clock is moved by hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// rig is seats whose rows are walked by hand.
type rig struct {
	*seats.Seats
	clock  *clock
	walked []seats.Seat
	last   ledger.ID
}

func newRig(most int) *rig {
	c := &clock{time.UnixMilli(1_760_000_000_000)}
	return &rig{Seats: seats.New(most, c.now), clock: c}
}

// offer tells of rows of a flow.
func (r *rig) offer(flow ledger.ID, priority, n int, share seats.Share) {
	for range n {
		r.last++
		next, _ := r.Offer(seats.Row{Work: r.last, Flow: flow, Priority: priority}, share)
		r.walked = append(r.walked, next...)
	}
}

// end ends the walk that began first, and gives its flow.
func (r *rig) end() ledger.ID {
	seat := r.walked[0]
	r.walked = append(r.walked[1:], r.Leave(seat)...)
	return seat.Flow
}

func (r *rig) of(flow ledger.ID) (n int) {
	for _, s := range r.walked {
		if s.Flow == flow {
			n++
		}
	}
	return n
}

// However much a flow has to do, and however slow it is, others begin at once.
func TestAFlowNeverHasAllSeats(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ most, here int }{{1, 1}, {2, 2}, {4, 4}, {8, 8}, {64, 8}} {
		r := newRig(16)
		r.offer(1, 5, 500, seats.Share{Most: tt.most})
		if n := r.of(1); n != tt.here {
			t.Errorf("of %d: %d are walked here, want %d", tt.most, n, tt.here)
		}
		r.offer(2, 5, 1, seats.Share{Most: 4})
		if r.of(2) != 1 {
			t.Errorf("of %d: another flow waits", tt.most)
		}
	}
}

// However many flows write to a system that is slow, those that write elsewhere begin at once.
func TestAConnectionNeverHasAllSeats(t *testing.T) {
	t.Parallel()
	r := newRig(16)
	for flow := range ledger.ID(20) {
		r.offer(1+flow, 5, 10, seats.Share{Most: 4, Connections: []string{"1/slow"}})
	}
	if len(r.walked) != 8 {
		t.Errorf("%d write to the slow system, want half of the seats", len(r.walked))
	}
	r.offer(50, 5, 3, seats.Share{Most: 4, Connections: []string{"1/fast"}})
	r.offer(51, 5, 3, seats.Share{Most: 4, Connections: []string{"1/slow", "1/fast"}})
	if r.of(50) != 3 || r.of(51) != 0 {
		t.Errorf("%d and %d are walked, want 3 and 0", r.of(50), r.of(51))
	}
}

// Flows of a priority take turns, bands have six, three and one turns of ten.
func TestTurns(t *testing.T) {
	t.Parallel()
	r := newRig(1)
	for flow, priority := range map[ledger.ID]int{1: 1, 2: 1, 3: 5, 4: 5, 5: 9, 6: 9} {
		r.offer(flow, priority, 200, seats.Share{})
	}
	r.end()
	turns := map[ledger.ID]int{}
	for range 200 {
		turns[r.end()]++
	}
	for flow, want := range map[ledger.ID]int{1: 60, 2: 60, 3: 30, 4: 30, 5: 10, 6: 10} {
		if n := turns[flow]; n < want-2 || n > want+2 {
			t.Errorf("flow %d had %d turns, want about %d: %v", flow, n, want, turns)
		}
	}
	// One that comes late has its turns from now on, and none for the time before.
	r.offer(7, 1, 200, seats.Share{})
	clear(turns)
	for range 30 {
		turns[r.end()]++
	}
	if turns[7] < 5 || turns[7] > 7 {
		t.Errorf("the late one had %d turns of 30: %v", turns[7], turns)
	}
}

// A row that is not to be had because other processes walk all that may be walked of its flow
// waits a moment, first of its flow; other flows have the seat meanwhile.
func TestCrowdedElsewhere(t *testing.T) {
	t.Parallel()
	r := newRig(1)
	r.offer(1, 5, 2, seats.Share{Most: 4})
	r.offer(2, 9, 1, seats.Share{Most: 4})
	next, wait := r.Crowded(r.walked[0])
	if len(next) != 1 || next[0].Flow != 2 || wait <= 0 {
		t.Fatalf("%+v after %s", next, wait)
	}
	if next = r.Leave(next[0]); len(next) != 0 {
		t.Errorf("%+v at once", next)
	}
	r.clock.at = r.clock.at.Add(wait - 1)
	if next = r.Next(); len(next) != 0 {
		t.Errorf("%+v a moment before", next)
	}
	r.clock.at = r.clock.at.Add(1)
	if next = r.Next(); len(next) != 1 || next[0].Work != 1 {
		t.Errorf("%+v, want the first", next)
	}
}

// What is told twice is walked once; what too many wait before is not kept.
func TestWhatIsKept(t *testing.T) {
	t.Parallel()
	r := newRig(1)
	row := seats.Row{Work: 1, Flow: 1, Priority: 5}
	first, kept := r.Offer(row, seats.Share{})
	if len(first) != 1 || !kept {
		t.Fatalf("%+v, %t", first, kept)
	}
	if next, kept := r.Offer(row, seats.Share{}); len(next) != 0 || kept {
		t.Errorf("while it is walked: %+v, %t", next, kept)
	}
	r.Leave(first[0])
	if next, kept := r.Offer(row, seats.Share{}); len(next) != 1 || !kept {
		t.Errorf("afterwards: %+v, %t", next, kept)
	}
	n := 0
	for id := range ledger.ID(5000) {
		if _, kept := r.Offer(seats.Row{Work: 10 + id, Flow: 1, Priority: 5}, seats.Share{}); kept {
			n++
		}
	}
	if n != 2000 {
		t.Errorf("%d rows of a flow wait", n)
	}
}

// Whatever comes and goes: no bound is passed, nothing that could be walked waits, nothing
// is lost, and in the end all is walked.
func TestSeats(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 8).Draw(t, "seats")
		r := newRig(most)
		shares := map[ledger.ID]seats.Share{}
		for flow := range ledger.ID(5) {
			shares[flow+1] = seats.Share{
				Most:        rapid.IntRange(0, 6).Draw(t, "most"),
				Connections: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 2, rapid.ID).Draw(t, "connections"),
			}
		}
		waiting, done := map[ledger.ID]int{}, 0
		check := func() {
			t.Helper()
			flows, connections := map[ledger.ID]int{}, map[string]int{}
			for _, s := range r.walked {
				flows[s.Flow]++
				for _, c := range shares[s.Flow].Connections {
					connections[c]++
				}
			}
			room := func(flow ledger.ID, by int) bool {
				share := shares[flow]
				return (share.Most == 0 || flows[flow]+by <= min(share.Most, (most+1)/2)) &&
					!slices.ContainsFunc(share.Connections, func(c string) bool { return connections[c]+by > (most+1)/2 })
			}
			for flow := range shares {
				if !room(flow, 0) || len(r.walked) > most {
					t.Fatalf("too many: %v, %v of %d", flows, connections, most)
				}
				if waiting[flow] > flows[flow] && len(r.walked) < most && room(flow, 1) {
					t.Fatalf("flow %d waits with %d, though it might be walked: %v, %v of %d", flow, waiting[flow], flows, connections, most)
				}
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "ends") && len(r.walked) > 0 {
				waiting[r.end()]--
				done++
			} else {
				flow := ledger.ID(rapid.IntRange(1, 5).Draw(t, "flow"))
				r.offer(flow, rapid.SampledFrom([]int{1, 5, 9}).Draw(t, "priority"), 1, shares[flow])
				waiting[flow]++
			}
			check()
		}
		for len(r.walked) > 0 {
			waiting[r.end()]--
			done++
			check()
		}
		if done != int(r.last) {
			t.Fatalf("%d of %d were walked", done, r.last)
		}
	})
}
