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

// What is urgent does not wait for what takes long, to the same system either: of 16 seats the
// highest priority finds four, and those that are not of the lowest another four.
func TestUrgentRowsFindASeat(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ priority, here, elsewhere int }{{8, 4, 4}, {5, 8, 4}, {2, 12, 4}} {
		r := newRig(16)
		slow := seats.Share{Connections: []string{"1/slow"}}
		for flow := range ledger.ID(20) {
			r.offer(1+flow, tt.priority, 10, slow)
		}
		if len(r.walked) != tt.here {
			t.Errorf("%d of priority %d call the slow system, want %d", len(r.walked), tt.priority, tt.here)
		}
		for flow := range ledger.ID(20) {
			r.offer(50+flow, tt.priority, 10, seats.Share{})
		}
		if n := len(r.walked) - tt.here; n != tt.elsewhere {
			t.Errorf("%d of priority %d call others, want %d", n, tt.priority, tt.elsewhere)
		}
		before := len(r.walked)
		if r.offer(99, 2, 1, slow); len(r.walked) != min(before+1, 16) {
			t.Errorf("an urgent row waits for %d of priority %d", before, tt.priority)
		}
	}
}

// A row that waits and becomes urgent does not wait any longer than others that are.
func TestAWaitingRowChangesItsPriority(t *testing.T) {
	t.Parallel()
	r := newRig(1)
	r.offer(1, 5, 1, seats.Share{})
	r.offer(2, 8, 1, seats.Share{})
	r.offer(3, 8, 1, seats.Share{})
	if _, kept := r.Offer(seats.Row{Work: 3, Flow: 3, Priority: 2}, seats.Share{}); !kept {
		t.Error("it is not kept")
	}
	var order []ledger.ID
	for len(r.walked) > 0 {
		order = append(order, r.end())
	}
	if !slices.Equal(order, []ledger.ID{1, 3, 2}) {
		t.Errorf("%v", order)
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
		waiting, done := map[place]int{}, 0
		check := func() {
			t.Helper()
			had := tallied(r.walked, shares)
			for _, seat := range r.walked {
				if !had.room(place{seat.Flow, seat.Priority}, shares[seat.Flow], most, 0) {
					t.Fatalf("too many: %+v of %d", had, most)
				}
				rest := tallied(slices.DeleteFunc(slices.Clone(r.walked), func(s seats.Seat) bool { return s.Work == seat.Work }), shares)
				wanted := false
				for at, n := range waiting {
					wanted = wanted || n > 0 && rest.room(at, shares[at.flow], most, 1)
				}
				if r.Wanted(seat) != wanted {
					t.Fatalf("that somebody waits for %+v is %t: %+v, %v", seat, !wanted, had, waiting)
				}
			}
			for at, n := range waiting {
				if n > 0 && had.room(at, shares[at.flow], most, 1) {
					t.Fatalf("%+v waits, though it might be walked: %+v of %d", at, had, most)
				}
			}
		}
		// step does what changes who is walked, and tells the model.
		step := func(at place, do func()) {
			before := len(r.walked)
			waiting[at]++
			do()
			for _, seat := range r.walked[before:] {
				waiting[place{seat.Flow, seat.Priority}]--
			}
		}
		end := func() {
			seat := r.walked[0]
			r.walked = r.walked[1:]
			step(place{}, func() { r.walked = append(r.walked, r.Leave(seat)...) })
			delete(waiting, place{})
			done++
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "ends") && len(r.walked) > 0 {
				end()
			} else {
				at := place{ledger.ID(rapid.IntRange(1, 5).Draw(t, "flow")), rapid.SampledFrom([]int{2, 5, 8}).Draw(t, "priority")}
				step(at, func() { r.offer(at.flow, at.priority, 1, shares[at.flow]) })
			}
			check()
		}
		for len(r.walked) > 0 {
			end()
			check()
		}
		if done != int(r.last) {
			t.Fatalf("%d of %d were walked", done, r.last)
		}
	})
}

// place is where rows wait.
type place struct {
	flow     ledger.ID
	priority int
}

// had is who has how many seats: a flow's, those of a band and of all behind it, and the same
// of a connection.
type had struct {
	flows       map[ledger.ID]int
	bands       [3]int
	connections map[string]*[3]int
}

func tallied(walked []seats.Seat, shares map[ledger.ID]seats.Share) had {
	h := had{flows: map[ledger.ID]int{}, connections: map[string]*[3]int{}}
	for _, s := range walked {
		h.flows[s.Flow]++
		for _, c := range append([]string{""}, shares[s.Flow].Connections...) {
			in := &h.bands
			if c != "" {
				if h.connections[c] == nil {
					h.connections[c] = &[3]int{}
				}
				in = h.connections[c]
			}
			for b := range s.Priority/3 + 1 {
				in[b]++
			}
		}
	}
	return h
}

// room says that so many more of a flow keep all bounds.
func (h had) room(at place, share seats.Share, most, more int) bool {
	fits := func(in *[3]int, of int) bool {
		for b := range at.priority/3 + 1 {
			if in != nil && in[b]+more > max(of-b*(most/4), 1) {
				return false
			}
		}
		return true
	}
	for _, c := range share.Connections {
		if !fits(h.connections[c], (most+1)/2+most/4) {
			return false
		}
	}
	return fits(&h.bands, most) && (share.Most == 0 || h.flows[at.flow]+more <= min(share.Most, (most+1)/2))
}
