// Package seats decides which of the pieces of work that this process was told of are walked
// next. Walks have seats, and no flow and no connection has all of them:
//
//   - A flow has at most as many as it may have under way over all processes, and never more
//     than half of all seats.
//   - Flows that write to the same connection have at most half of all seats together, so
//     that a system that is slow leaves the other half to others.
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
	// Connections are those that it writes to, by names that are the same for no two.
	Connections []string
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
	taken int
	// flows and connections count the seats that each has.
	flows       map[ledger.ID]int
	connections map[string]int
	// until says how long a flow rests.
	until map[ledger.ID]time.Time
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
		most: most, clock: clock, known: map[ledger.ID]bool{}, flows: map[ledger.ID]int{}, connections: map[string]int{}, until: map[ledger.ID]time.Time{},
	}
}

// Offer tells of a row, and gives those that are to be walked now. kept says that the row
// waits or is walked, false that it is known already or that too many wait.
func (s *Seats) Offer(row Row, share Share) (seats []Seat, kept bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[row.Work] {
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

// Leave gives a seat back, and gives the rows that are to be walked now.
func (s *Seats) Leave(seat Seat) []Seat {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave(seat)
	delete(s.known, seat.Work)
	return s.next()
}

// Crowded gives back the seat of a row that is not to be had because its flow has all that it
// may have, in other processes too. It waits here, first of its flow, and Next gives it after
// the time that is told.
func (s *Seats) Crowded(seat Seat) (seats []Seat, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave(seat)
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

func (s *Seats) leave(seat Seat) {
	s.taken--
	if s.flows[seat.Flow]--; s.flows[seat.Flow] == 0 {
		delete(s.flows, seat.Flow)
	}
	for _, c := range seat.share.Connections {
		if s.connections[c]--; s.connections[c] == 0 {
			delete(s.connections, c)
		}
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
	for now := s.clock(); s.taken < s.most; {
		seat, ok := s.one(now)
		if !ok {
			break
		}
		seats = append(seats, seat)
	}
	return seats
}

func (s *Seats) one(now time.Time) (Seat, bool) {
	for _, b := range s.order() {
		for i, l := range s.lines[b] {
			if !s.room(l, now) {
				continue
			}
			row := l.rows[0]
			l.rows = l.rows[1:]
			s.lines[b] = slices.Delete(s.lines[b], i, i+1)
			if len(l.rows) > 0 {
				s.lines[b] = append(s.lines[b], l)
			}
			s.pass[b] += 60 / weight(b)
			s.taken++
			s.flows[l.flow]++
			for _, c := range l.share.Connections {
				s.connections[c]++
			}
			return Seat{row, l.share}, true
		}
	}
	return Seat{}, false
}

// room says whether a flow may have one more seat.
func (s *Seats) room(l *line, now time.Time) bool {
	if until, rests := s.until[l.flow]; rests {
		if now.Before(until) {
			return false
		}
		delete(s.until, l.flow)
	}
	if l.share.Most > 0 && s.flows[l.flow] >= min(l.share.Most, (s.most+1)/2) {
		return false
	}
	return !slices.ContainsFunc(l.share.Connections, func(c string) bool { return s.connections[c] >= (s.most+1)/2 })
}
