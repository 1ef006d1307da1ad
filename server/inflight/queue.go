package inflight

import (
	"cmp"
	"slices"

	"github.com/karezflow/karez/engine/turn"
)

// bands are high, normal and low.
const bands = 3

// price is how much a turn of a band costs it: of ten turns high has six, normal three, low one.
func price(band int) int { return [bands]int{1, 2, 6}[band] }

// bandOf gives the band of a priority as work rows have it; 0 is normal.
func bandOf(priority int) int {
	switch {
	case priority == 0:
		return 1
	case priority <= 3:
		return 0
	case priority <= 6:
		return 1
	default:
		return 2
	}
}

// queue holds calls that wait for a place: before all those that are first, then bands by
// weighted turns, in a band the flows one after the other, in a flow first come, first served.
type queue struct {
	first []*waiter
	lines [bands][]*line
	// paid is what a band's turns have cost; who paid least is next.
	paid [bands]int
	n    int
}

// line is the calls of one flow.
type line struct {
	flow    int64
	waiting []*waiter
}

// waiter is a call that waits. ready is closed when it has its place.
type waiter struct {
	first bool
	band  int
	ready chan struct{}
}

func (q *queue) push(caller turn.Caller, first bool) *waiter {
	w := &waiter{first: first, band: bandOf(caller.Priority), ready: make(chan struct{})}
	q.n++
	if first {
		q.first = append(q.first, w)
		return w
	}
	b := w.band
	if len(q.lines[b]) == 0 { // what a band did not ask for is not made up for
		if others := q.order(); len(others) > 0 {
			q.paid[b] = max(q.paid[b], q.paid[others[0]])
		}
	}
	at := slices.IndexFunc(q.lines[b], func(l *line) bool { return l.flow == caller.Flow })
	if at < 0 {
		at = len(q.lines[b])
		q.lines[b] = append(q.lines[b], &line{flow: caller.Flow})
	}
	q.lines[b][at].waiting = append(q.lines[b][at].waiting, w)
	return w
}

// order gives the bands in which calls wait, the next one first.
func (q *queue) order() (waiting []int) {
	for b := range bands {
		if len(q.lines[b]) > 0 {
			waiting = append(waiting, b)
		}
	}
	slices.SortStableFunc(waiting, func(a, b int) int { return cmp.Compare(q.paid[a], q.paid[b]) })
	return waiting
}

// pop gives the next call of a queue that is not empty.
func (q *queue) pop() *waiter {
	q.n--
	if len(q.first) > 0 {
		w := q.first[0]
		q.first = q.first[1:]
		return w
	}
	b := q.order()[0]
	l := q.lines[b][0]
	w := l.waiting[0]
	l.waiting = l.waiting[1:]
	q.lines[b] = q.lines[b][1:]
	if len(l.waiting) > 0 { // its flow goes to the end
		q.lines[b] = append(q.lines[b], l)
	}
	q.paid[b] += price(b)
	return w
}

// drop takes out a call that was given up; false when it does not wait any more.
func (q *queue) drop(w *waiter) bool {
	if at := slices.Index(q.first, w); at >= 0 {
		q.first = slices.Delete(q.first, at, at+1)
		q.n--
		return true
	}
	for i, l := range q.lines[w.band] {
		at := slices.Index(l.waiting, w)
		if at < 0 {
			continue
		}
		if l.waiting = slices.Delete(l.waiting, at, at+1); len(l.waiting) == 0 {
			q.lines[w.band] = slices.Delete(q.lines[w.band], i, i+1)
		}
		q.n--
		return true
	}
	return false
}
