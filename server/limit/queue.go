package limit

import (
	"cmp"
	"slices"
)

// bands are high, normal and low; weight is how many of ten turns each has.
const bands = 3

func weight(band int) int64 { return [bands]int64{6, 3, 1}[band] }

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

// queue holds the calls that wait in this process: bands by weighted turns, in a
// band the flows one after the other, in a flow first come, first served.
type queue struct {
	lines [bands][]*line
	// pass grows with every turn of a band, the faster the smaller its weight: the smallest is first.
	pass [bands]int64
	// all are the flows that wait in all processes, as far as known; a band has the part
	// of its weight that its flows here are of them.
	all [bands]int
	n   int
}

// price is by how much a turn of a band makes its pass grow.
func (q *queue) price(band int) int64 {
	mine := len(q.lines[band])
	return 1_000_000 * int64(max(q.all[band], mine, 1)) / (weight(band) * int64(max(mine, 1)))
}

// order gives the bands by their passes.
func order(pass [bands]int64) [bands]int {
	o := [bands]int{0, 1, 2}
	slices.SortStableFunc(o[:], func(a, b int) int { return cmp.Compare(pass[a], pass[b]) })
	return o
}

// least is the smallest pass of bands in which calls wait.
func (q *queue) least() (least int64) {
	for _, b := range order(q.pass) {
		if len(q.lines[b]) > 0 {
			return q.pass[b]
		}
	}
	return 0
}

// line is the calls of one flow.
type line struct {
	flow    int64
	waiting []*waiter
}

// waiter is a call that waits.
type waiter struct {
	slot slot
	band int
	flow int64
	// ready gets the turn; lease is what it came from, once it was given.
	ready chan Turn
	lease *lease
}

func (q *queue) push(w *waiter) {
	if len(q.lines[w.band]) == 0 { // what a band did not ask for is not made up for
		q.pass[w.band] = max(q.pass[w.band], q.least())
	}
	q.n++
	for _, l := range q.lines[w.band] {
		if l.flow == w.flow {
			l.waiting = append(l.waiting, w)
			return
		}
	}
	q.lines[w.band] = append(q.lines[w.band], &line{w.flow, []*waiter{w}})
}

// pop gives the next call whose slot has room; nil when there is none.
func (q *queue) pop(has func(slot slot) bool) *waiter {
	for _, b := range order(q.pass) {
		for i, l := range q.lines[b] {
			at := slices.IndexFunc(l.waiting, func(w *waiter) bool { return has(w.slot) })
			if at < 0 {
				continue
			}
			w := l.waiting[at]
			q.pass[b] += q.price(b)
			q.cut(b, i, at)
			if len(l.waiting) > 0 { // its flow goes to the end
				q.lines[b] = append(slices.Delete(q.lines[b], i, i+1), l)
			}
			return w
		}
	}
	return nil
}

// cut takes a call out, and its flow's line with the last one.
func (q *queue) cut(band, line, at int) {
	l := q.lines[band][line]
	l.waiting = slices.Delete(l.waiting, at, at+1)
	if len(l.waiting) == 0 {
		q.lines[band] = slices.Delete(q.lines[band], line, line+1)
	}
	q.n--
}

// drop takes out a call that was given up.
func (q *queue) drop(w *waiter) {
	for i, l := range q.lines[w.band] {
		if at := slices.Index(l.waiting, w); at >= 0 {
			q.cut(w.band, i, at)
			return
		}
	}
}

// slots gives the slots of waiting calls in the order of their turns, at most so many.
func (q *queue) slots(most int) []slot {
	var lists [bands][]slot
	for b, lines := range q.lines {
		for depth, more := 0, true; more && len(lists[b]) < most; depth++ {
			more = false
			for _, l := range lines {
				if depth < len(l.waiting) {
					lists[b], more = append(lists[b], l.waiting[depth].slot), true
				}
			}
		}
	}
	var out []slot
	for pass := q.pass; len(out) < min(q.n, most); {
		for _, b := range order(pass) {
			if len(lists[b]) > 0 {
				out, lists[b] = append(out, lists[b][0]), lists[b][1:]
				pass[b] += q.price(b)
				break
			}
		}
	}
	return out
}

// flows counts the flows that wait, by band.
func (q *queue) flows() (n [bands]int) {
	for b := range q.lines {
		n[b] = len(q.lines[b])
	}
	return n
}
