// Package seats decides which of the pieces of work that this process was told of are walked,
// or which flows are read, next. Both have seats, and no flow, no connection and no priority
// but the highest has all of them:
//
//   - A flow has at most as many as it may have under way over all processes, and never more
//     than half of all seats.
//   - Normal priorities leave a quarter of all seats to high ones, and low ones half of them to
//     both: what takes long, because a limit is used up or a system is slow, is not waited for
//     by what is urgent.
//   - Flows that call the same connection have at most half of all seats together, so that a
//     system that is slow leaves the other half to others; of high priority three quarters, of
//     low one.
//   - Where more waits, high, normal and low priorities have six, three and one turns of ten,
//     and the flows of a priority take turns.
//
// What waits here is not held: any process may claim it, and one that is gone loses nothing.
//
// It may import engine/ledger only.
package seats

import (
	"cmp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
)

// Row is a piece of work that waits.
type Row struct {
	Work, Flow ledger.ID
	Priority   int
}

// Share is what a flow may have.
type Share struct {
	// Most is how many pieces of its work may be under way over all processes; 0 is no bound.
	Most int
	// Connections are those that it calls, by names that are the same for no two.
	Connections []string
}

// Calling names the connections of a workspace, each once.
func Calling(workspace ledger.ID, connections ...string) []string {
	names := make([]string, 0, len(connections))
	for _, name := range connections {
		names = append(names, strconv.FormatInt(int64(workspace), 10)+"/"+name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

const (
	// bands are high, normal and low.
	bands = 3
	// mostWaiting is how many rows of a flow wait here; the sweeper finds the others again.
	mostWaiting = 2000
	// rest is how long a flow waits here that has all it may have elsewhere.
	rest = 100 * time.Millisecond
)

func weight(band int) int { return [bands]int{6, 3, 1}[band] }

func bandOf(priority int) int {
	switch {
	case priority <= 3:
		return 0
	case priority <= 6:
		return 1
	default:
		return 2
	}
}

// Seats are those of one process. They are safe for concurrent use.
type Seats struct {
	most  int
	clock func() time.Time

	mu sync.Mutex
	// lines are the flows that wait, by band, in the order of their turns.
	lines [bands][]*line
	// pass grows with each turn of a band, the faster the smaller its weight.
	pass [bands]int
	// known are the rows that wait or are walked.
	known map[ledger.ID]bool
	// taken counts the seats that are had, flows and connections those that each has.
	taken       tally
	flows       map[ledger.ID]int
	connections map[string]tally
	// until says how long a flow rests.
	until map[ledger.ID]time.Time
}

// tally counts seats by band.
type tally [bands]int

// from counts those of a band and of all behind it.
func (t tally) from(band int) (n int) {
	for _, of := range t[band:] {
		n += of
	}
	return n
}

// line is the rows of one flow.
type line struct {
	flow  ledger.ID
	share Share
	rows  []Row
}

// Seat is the right to walk a row.
type Seat struct {
	Row

	share Share
}

// New makes so many seats.
func New(most int, clock func() time.Time) *Seats {
	return &Seats{
		most: most, clock: clock, known: map[ledger.ID]bool{}, flows: map[ledger.ID]int{}, connections: map[string]tally{}, until: map[ledger.ID]time.Time{},
	}
}

// Offer tells of a row, and gives those that are to be walked now. kept says that the row
// waits or is walked, false that it is known already or that too many wait.
func (s *Seats) Offer(row Row, share Share) (seats []Seat, kept bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[row.Work] && !s.moves(row) {
		return s.next(), false
	}
	l := s.line(row, share)
	if len(l.rows) >= mostWaiting {
		return s.next(), false
	}
	s.known[row.Work] = true
	l.rows, l.share = append(l.rows, row), share
	return s.next(), true
}

// moves takes a row that waits under another priority than it has now out of its line.
func (s *Seats) moves(row Row) bool {
	for b, lines := range s.lines {
		for i, l := range lines {
			at := slices.IndexFunc(l.rows, func(r Row) bool { return r.Work == row.Work })
			if at < 0 || b == bandOf(row.Priority) {
				continue
			}
			if l.rows = slices.Delete(l.rows, at, at+1); len(l.rows) == 0 {
				s.lines[b] = slices.Delete(lines, i, i+1)
			}
			return true
		}
	}
	return false
}

// Wanted reports whether something waits that could have the seat if it were left.
func (s *Seats) Wanted(seat Seat) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count(seat, -1)
	defer s.count(seat, 1)
	now := s.clock()
	for b, lines := range s.lines {
		if slices.ContainsFunc(lines, func(l *line) bool { return s.may(l, b, now) }) {
			return true
		}
	}
	return false
}

// Leave gives a seat back, and gives the rows that are to be walked now.
func (s *Seats) Leave(seat Seat) []Seat {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count(seat, -1)
	delete(s.known, seat.Work)
	return s.next()
}

// Crowded gives back the seat of a row that is not to be had because its flow has all that it
// may have, in other processes too. It waits here, first of its flow, and Next gives it after
// the time that is told.
func (s *Seats) Crowded(seat Seat) (seats []Seat, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count(seat, -1)
	l := s.line(seat.Row, seat.share)
	l.rows = slices.Insert(l.rows, 0, seat.Row)
	s.until[seat.Flow] = s.clock().Add(rest)
	return s.next(), rest
}

// Next gives the rows that are to be walked now.
func (s *Seats) Next() []Seat {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next()
}

// count counts a seat that is taken or, by -1, left.
func (s *Seats) count(seat Seat, n int) {
	b := bandOf(seat.Priority)
	s.taken[b] += n
	if s.flows[seat.Flow] += n; s.flows[seat.Flow] == 0 {
		delete(s.flows, seat.Flow)
	}
	for _, c := range seat.share.Connections {
		t := s.connections[c]
		if t[b] += n; t == (tally{}) {
			delete(s.connections, c)
			continue
		}
		s.connections[c] = t
	}
}

// line gives the line of a row's flow in its band.
func (s *Seats) line(row Row, share Share) *line {
	b := bandOf(row.Priority)
	if at := slices.IndexFunc(s.lines[b], func(l *line) bool { return l.flow == row.Flow }); at >= 0 {
		return s.lines[b][at]
	}
	if len(s.lines[b]) == 0 { // what a band did not ask for is not made up for
		s.pass[b] = max(s.pass[b], s.least())
	}
	l := &line{flow: row.Flow, share: share}
	s.lines[b] = append(s.lines[b], l)
	return l
}

// least is the smallest pass of bands in which work waits.
func (s *Seats) least() int {
	for _, b := range s.order() {
		if len(s.lines[b]) > 0 {
			return s.pass[b]
		}
	}
	return 0
}

func (s *Seats) order() [bands]int {
	o := [bands]int{0, 1, 2}
	slices.SortStableFunc(o[:], func(a, b int) int { return cmp.Compare(s.pass[a], s.pass[b]) })
	return o
}

// next seats rows as long as there are seats for them.
func (s *Seats) next() (seats []Seat) {
	now := s.clock()
	for seat, ok := s.one(now); ok; seat, ok = s.one(now) {
		seats = append(seats, seat)
	}
	return seats
}

func (s *Seats) one(now time.Time) (Seat, bool) {
	for _, b := range s.order() {
		for i, l := range s.lines[b] {
			if !s.may(l, b, now) {
				continue
			}
			row := l.rows[0]
			l.rows = l.rows[1:]
			s.lines[b] = slices.Delete(s.lines[b], i, i+1)
			if len(l.rows) > 0 {
				s.lines[b] = append(s.lines[b], l)
			}
			s.pass[b] += 60 / weight(b)
			seat := Seat{row, l.share}
			s.count(seat, 1)
			return seat, true
		}
	}
	return Seat{}, false
}

// room says whether a band may have one more of so many seats: each band leaves a quarter of all
// seats to those before it.
func (s *Seats) room(band int, taken tally, of int) bool {
	for b := range band + 1 {
		if taken.from(b) >= max(of-b*(s.most/4), 1) {
			return false
		}
	}
	return true
}

// may says whether a flow may have one more seat.
func (s *Seats) may(l *line, band int, now time.Time) bool {
	if until, rests := s.until[l.flow]; rests {
		if now.Before(until) {
			return false
		}
		delete(s.until, l.flow)
	}
	if l.share.Most > 0 && s.flows[l.flow] >= min(l.share.Most, (s.most+1)/2) {
		return false
	}
	return s.room(band, s.taken, s.most) && !slices.ContainsFunc(l.share.Connections, func(c string) bool {
		return !s.room(band, s.connections[c], (s.most+1)/2+s.most/4)
	})
}
