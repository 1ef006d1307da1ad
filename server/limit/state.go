package limit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/karezflow/karez/sdk/manifest"
)

// state is what all processes share of a bucket. All times are milliseconds of the
// database's clock.
type state struct {
	// Last is when it was last changed. Time never goes back behind it.
	Last int64 `json:"last"`
	// Rules are those that any session of the bucket knows; a call counts in all of them.
	Rules []*counting `json:"rules,omitempty"`
	Pace  pace        `json:"pace,omitzero"`
	// Urgent is when an urgent call last waited.
	Urgent int64 `json:"urgent,omitempty"`
	// Owners are the processes that ask.
	Owners map[string]*owner `json:"owners,omitempty"`
	// Own are what people set in place of the declared calls.
	Own []Own `json:"own,omitempty"`
}

// counting is a rule and what was granted under it.
type counting struct {
	rule
	Seen int64  `json:"seen"`
	Logs []*log `json:"logs,omitempty"`
	// Before are calls that were granted before the rule was known: they count in every log.
	Before []grant `json:"before,omitempty"`
}

// rule is a declared limit as it is stored.
type rule struct {
	Calls        int   `json:"calls"`
	Per          int64 `json:"per"`
	PerOperation bool  `json:"perOperation,omitempty"`
}

func ruleOf(l manifest.Limit) rule { return rule{l.Calls, millis(l.Per.Std()), l.PerOperation} }

// log is what was granted for the calls that one rule counts together.
type log struct {
	Operation string  `json:"op,omitempty"`
	Grants    []grant `json:"grants"` // by time
}

// grant is calls of which the last is made at T at the latest, and the first not
// before the grants that stood in the log when it was given.
type grant struct {
	T int64 `json:"t"`
	N int   `json:"n"`
	// Urgent are those among them that were urgent.
	Urgent int `json:"u,omitempty"`
	// Lease names the lease while its owner may still use it.
	Lease string `json:"l,omitempty"`
}

// owner is a process that asks. Its waiting flows decide about its share.
type owner struct {
	Waiting [bands]int `json:"w"`
	// Due is when it comes back for what it did not get; 0 when it waits for nothing.
	Due  int64 `json:"due,omitempty"`
	Seen int64 `json:"seen"`
	// Pass grows with every call it is granted, the faster the smaller its share: whoever has the
	// smallest is first.
	Pass int64 `json:"pass"`
}

const (
	// even is the price of a call for a process that has the whole share.
	even = 1000
	// grace is how long a process that is expected keeps others from what it waits for.
	grace = 250
	// nudge is when to ask again for what an expected process may take.
	nudge = 25
	// forgotten is when a process or a rule that nobody speaks of is dropped, beyond the time it counts for.
	forgotten = 60_000
	// backwards is how far the database's clock may be behind the last change before it counts as set back.
	backwards = 10_000
	// late is by how much one call may come later to the vendor than another, at least.
	late = 100
	// long is the length of a rule that keeps one of so many calls for urgent ones, so that those
	// need not wait until a window's calls come back that others used up.
	long, spare = 10_000, 5
	// urgentFor is how long calls are kept after an urgent one at least, or two windows where that is longer.
	urgentFor = 600_000
	// fine is how many entries a log has before neighbours are counted as one.
	fine = 128
)

// millis gives whole milliseconds, rounded up.
func millis(d time.Duration) int64 { return int64((d + time.Millisecond - 1) / time.Millisecond) }

// widened is the length of a window with the margin: a vendor's counter sees calls
// later than we send them, and some later than others.
func (r rule) widened() int64 { return r.Per + max((r.Per*5+99)/100, late) }

// spared is how many calls a rule keeps for urgent ones while there are any.
func (r rule) spared() int {
	if r.Per < long {
		return 0
	}
	return r.Calls / spare
}

func decode(data []byte) (*state, error) {
	s := &state{}
	if len(data) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("the stored state of a limit is malformed: %w", err)
	}
	return s, nil
}

func (s *state) encode() ([]byte, error) { return json.Marshal(s) }

// slot is what calls count as.
type slot struct {
	// operation is "" where operations count together.
	operation string
	// urgent calls are those of flows of high priority, where a rule keeps some for them.
	urgent bool
}

// among is how many of so many calls are urgent.
func (s slot) among(n int) int {
	if s.urgent {
		return n
	}
	return 0
}

// ask is what a process wants of a bucket.
type ask struct {
	owner string
	rules []manifest.Limit
	// lease numbers what is granted; life is how long it may be used.
	lease, life int64
	// want are the slots of waiting calls in the order in which they should be granted.
	want []slot
	// extra are calls to be granted in advance, by slot, where nobody else waits.
	extra map[slot]int
	// waiting is how many flows wait, by band.
	waiting [bands]int
	settle  []settled
}

// settled is what became of a lease.
type settled struct {
	lease int64
	uses  []use
}

// use is calls of an operation that were made at a moment at the latest.
type use struct {
	slot slot
	at   int64
	n    int
}

// reply is what a process gets.
type reply struct {
	// now is the database's time.
	now int64
	// granted are calls by slot; wait is, by slot, how long to wait before asking for more.
	granted map[slot]int
	wait    map[slot]int64
	// waiting are the flows that wait in all processes.
	waiting [bands]int
	pace    pace
}

func leaseName(owner string, no int64) string { return fmt.Sprintf("%s/%d", owner, no) }

// move brings the state to a time and gives the time that counts. Time that went back a
// little stands still, for a lock may have been waited for; if the clock was set back, all
// that was granted counts as granted now.
func (s *state) move(now int64) int64 {
	if back := s.Last - now; back > backwards {
		for _, c := range s.Rules {
			for _, l := range c.Logs {
				for i := range l.Grants {
					l.Grants[i].T -= back
				}
			}
			for i := range c.Before {
				c.Before[i].T -= back
			}
			c.Seen -= back
		}
		for _, o := range s.Owners {
			o.Due, o.Seen = max(o.Due-back, 0), o.Seen-back
		}
		s.Pace.shift(-back)
		s.Urgent = max(s.Urgent-back, 0)
		s.Last = now
	}
	now = max(now, s.Last)
	s.Last = now
	for _, c := range s.Rules {
		before := now - max(c.widened(), s.Pace.stretch(c.rule, now))
		for _, l := range c.Logs {
			l.Grants = since(l.Grants, before)
		}
		c.Before = since(c.Before, before)
		c.Logs = slices.DeleteFunc(c.Logs, func(l *log) bool { return len(l.Grants) == 0 })
	}
	s.Rules = slices.DeleteFunc(s.Rules, func(c *counting) bool { return len(c.Logs) == 0 && c.Seen+c.Per+forgotten < now })
	maps.DeleteFunc(s.Owners, func(_ string, o *owner) bool { return max(o.Seen, o.Due)+forgotten < now })
	return now
}

// since gives what was granted after a time.
func since(grants []grant, before int64) []grant {
	return slices.DeleteFunc(grants, func(g grant) bool { return g.T <= before })
}

// add puts a grant in its place, and joins neighbours where there are many.
func (l *log) add(g grant, step int64) {
	at, _ := slices.BinarySearchFunc(l.Grants, g.T, func(g grant, t int64) int { return cmp.Compare(g.T, t+1) })
	l.Grants = slices.Insert(l.Grants, at, g)
	if len(l.Grants) <= fine {
		return
	}
	// Counting calls as made a little later than they were keeps the bound.
	joined := make([]grant, 0, len(l.Grants))
	for _, g := range slices.Backward(l.Grants) { // the latest stays
		if n := len(joined); n > 0 && g.Lease == "" && joined[n-1].Lease == "" && joined[n-1].T-g.T < step {
			joined[n-1].N += g.N
			joined[n-1].Urgent += g.Urgent
			continue
		}
		joined = append(joined, g)
	}
	slices.Reverse(joined)
	l.Grants = joined
}

// log gives what a rule counts a call of a slot in.
func (c *counting) log(operation string) *log {
	if !c.PerOperation {
		operation = ""
	}
	for _, l := range c.Logs {
		if l.Operation == operation {
			return l
		}
	}
	l := &log{Operation: operation, Grants: slices.Clone(c.Before)}
	c.Logs = append(c.Logs, l)
	return l
}

// rule gives the counting of a rule, and begins one.
func (s *state) rule(r rule, now int64) *counting {
	for _, c := range s.Rules {
		if c.rule == r {
			c.Seen = now
			return c
		}
	}
	c := &counting{rule: r, Seen: now, Before: s.known()}
	s.Rules = append(s.Rules, c)
	return c
}

// known gives what is known of earlier calls, whichever operation they were: what the
// rule over the longest time counts.
func (s *state) known() []grant {
	var longest *counting
	for _, c := range s.Rules {
		if longest == nil || c.Per > longest.Per {
			longest = c
		}
	}
	if longest == nil {
		return nil
	}
	var all []grant
	for _, l := range longest.Logs {
		all = append(all, l.Grants...)
	}
	slices.SortFunc(all, func(a, b grant) int { return cmp.Compare(a.T, b.T) })
	for i := range all {
		all[i].Lease = ""
	}
	return all
}

// room tells how many calls of a slot a rule lets through now, and when the next one
// where it lets none.
func (s *state) room(c *counting, of slot, now int64) (n int, at int64) {
	calls, per := s.allowed(c.rule, now)
	kept := 0 // for urgent calls that are not made yet
	if !of.urgent && s.Urgent > 0 && now < s.Urgent+max(urgentFor, 2*c.Per) {
		kept = rule{Calls: calls, Per: c.Per}.spared()
	}
	l := c.log(of.operation)
	used, urgent := 0, 0
	for _, g := range l.Grants {
		if g.T > now-per {
			used, urgent = used+g.N, urgent+g.Urgent
		}
	}
	free := func() int { return calls - used - max(kept-urgent, 0) }
	if free() > 0 {
		return free(), now
	}
	for _, g := range l.Grants {
		if g.T > now-per {
			if used, urgent = used-g.N, urgent-g.Urgent; free() > 0 {
				return 0, g.T + per
			}
		}
	}
	return 0, now + per
}

// allowed is what a rule allows at present: calls in a window, margin included.
func (s *state) allowed(r rule, now int64) (calls int, per int64) {
	calls = r.Calls
	for _, o := range s.Own {
		if o.rule() == (rule{r.Calls, r.Per, r.PerOperation}) {
			calls = o.Allowed
		}
	}
	return s.Pace.of(calls, r.widened(), now)
}

// take grants what may be granted now.
func (s *state) take(now int64, a ask) reply {
	now = s.move(now)
	rules := make([]*counting, 0, len(a.rules))
	for _, r := range a.rules {
		rules = append(rules, s.rule(ruleOf(r), now))
	}
	s.settle(now, a)
	if slices.ContainsFunc(a.want, func(of slot) bool { return of.urgent }) {
		s.Urgent = now
	}
	me, others := s.enter(a, now)
	held, start := false, me.Pass
	r := reply{now: now, granted: map[slot]int{}, wait: map[slot]int64{}, pace: s.Pace, waiting: others.flows}
	for _, of := range a.want {
		if r.wait[of] > 0 {
			continue
		}
		free, at := s.free(rules, of, now)
		switch {
		case free == 0:
			r.wait[of] = max(at-now, 1)
		case others.first(me.Pass, free+int((me.Pass-start)/others.cost)):
			r.wait[of], held = nudge, true
		default:
			s.grant(of, 1, now, a, &r)
			me.Pass += others.cost
		}
	}
	if !others.wait {
		for of, n := range a.extra {
			free, _ := s.free(rules, of, now)
			if n = min(n, free/2); n > 0 && r.wait[of] == 0 {
				s.grant(of, n, now, a, &r)
			}
		}
	}
	me.Waiting, me.Due = a.waiting, 0
	for _, wait := range r.wait {
		if me.Due == 0 || now+wait < me.Due {
			me.Due = now + wait
		}
	}
	if held { // it could use what there is
		me.Due = now
	}
	return r
}

// free tells how many calls of a slot all rules let through.
func (s *state) free(rules []*counting, of slot, now int64) (free int, at int64) {
	if now < s.Pace.Until {
		return 0, s.Pace.Until
	}
	free, at = 1<<30, now
	for _, c := range rules {
		n, t := s.room(c, of, now)
		free, at = min(free, n), max(at, t)
	}
	return free, at
}

// grant records calls in every rule that is known.
func (s *state) grant(of slot, n int, now int64, a ask, r *reply) {
	lease := leaseName(a.owner, a.lease)
	for _, c := range s.Rules {
		l := c.log(of.operation)
		if i := len(l.Grants) - 1; i >= 0 && l.Grants[i].Lease == lease {
			l.Grants[i].N += n
			l.Grants[i].Urgent += of.among(n)
			continue
		}
		l.add(grant{T: now + a.life, N: n, Urgent: of.among(n), Lease: lease}, c.Per/64)
	}
	r.granted[of] += n
}

// settle puts in place of leases what became of them.
func (s *state) settle(now int64, a ask) {
	for _, done := range a.settle {
		lease := leaseName(a.owner, done.lease)
		for _, c := range s.Rules {
			for _, l := range c.Logs {
				l.Grants = slices.DeleteFunc(l.Grants, func(g grant) bool { return g.Lease == lease })
			}
			for _, u := range done.uses {
				if u.n > 0 {
					c.log(u.slot.operation).add(grant{T: min(u.at, now), N: u.n, Urgent: u.slot.among(u.n)}, c.Per/64)
				}
			}
		}
	}
}

// rivals are the other processes that wait for the bucket.
type rivals struct {
	// wait says that there are any; cost is by how much the own pass grows with each call.
	wait bool
	cost int64
	// flows are those that wait in all processes.
	flows [bands]int
	// pass is the smallest of those who are expected now.
	pass    int64
	expects bool
}

// first says that somebody else is to be granted before a process with a pass, of so many
// calls that there were to be had: it would have more than its share of them.
func (r rivals) first(pass int64, free int) bool { return r.expects && r.pass+int64(free)*even <= pass }

// enter notes that a process asks, and tells who else waits.
func (s *state) enter(a ask, now int64) (*owner, rivals) {
	name, waiting := a.owner, a.waiting
	me := s.Owners[name]
	if me == nil {
		me = &owner{}
		if s.Owners == nil {
			s.Owners = map[string]*owner{}
		}
		s.Owners[name] = me
	}
	idle := me.Due == 0
	me.Seen = now
	var r rivals
	total, least := waiting, int64(-1)
	for other, o := range s.Owners {
		if other == name || o.Due == 0 || o.Due+grace < now {
			continue
		}
		r.wait = true
		for b, n := range o.Waiting {
			total[b] += n
		}
		if least < 0 || o.Pass < least {
			least = o.Pass
		}
		// A lease that is not settled yet lets others believe that they have to wait for its whole life.
		if o.Due <= now+a.life && (!r.expects || o.Pass < r.pass) {
			r.expects, r.pass = true, o.Pass
		}
	}
	if idle && least >= 0 {
		me.Pass = max(me.Pass, least) // what it did not ask for is not made up for
	}
	r.flows, r.cost = total, costOf(waiting, total)
	return me, r
}

// costOf is the price of a call for a process with so many flows waiting of all: the
// inverse of its share. A band's weight is shared by its flows.
func costOf(mine, all [bands]int) int64 {
	var weights, share int64
	for b, n := range all {
		if n > 0 {
			weights += weight(b) * 1000
			share += weight(b) * 1000 * int64(mine[b]) / int64(n)
		}
	}
	return weights * even / max(share, 1)
}
