// Package retry is the one table of what is done about a write that failed: how long it
// waits before it is tried again, how the wait grows, when the engine gives up and what
// becomes of it then. A target overrides what it likes to have otherwise.
//
// It may import engine/ledger and sdk/fault only: it knows no flow, store or clock.
package retry

import (
	"cmp"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// Case is a way in which a write fails, as far as trying again goes.
type Case string

// The cases.
const (
	// Unreached: the call was not made, or refused as a whole for a reason that passes,
	// so that the target did not look at the row.
	Unreached Case = "unreached"
	// Transient: the target looked at the row and had a failure that passes.
	Transient Case = "transient"
	// Rate: the target wants fewer calls.
	Rate Case = "rate"
	// Mending: the connection or the flow has to be mended, whatever the row is.
	Mending Case = "mending"
	// BusinessWait: the target lacks base data or stock.
	BusinessWait Case = "business_wait"
	// Lost: no answer came, so the target may hold the row.
	Lost Case = "lost"
	// Duplicate: the target holds an object with the row's key.
	Duplicate Case = "duplicate"
	// Data: the row itself is refused.
	Data Case = "data"
	// Flow: the flow can't work at present: its version doesn't run, or a node or a
	// look-up has a failure that passes.
	Flow Case = "flow"
	// Store: the ledger can't be written at present.
	Store Case = "store"
)

// End is what becomes of a row that is given up.
type End string

// The ends.
const (
	// GoesOn: it is never given up.
	GoesOn End = "goes_on"
	// Rejects: it is rejected; the target certainly does not hold it.
	Rejects End = "rejects"
	// Asks: a person has to decide, because the target may hold it.
	Asks End = "asks"
)

// Rule is one line of the table.
type Rule struct {
	Case Case
	// First is the wait after the first failure, 0 where it is not tried again by itself.
	First time.Duration
	// Most is the longest wait: it doubles with each failure up to there, and is
	// prolonged by up to a quarter, so that what failed together does not come back
	// together. Where it is 0 the wait is always First.
	Most time.Duration
	// Tries is how many attempts that the target refused or did not answer there are
	// before it is given up, 0 for any number.
	Tries int
	// Within is how long after the first attempt it is given up, 0 for never.
	Within time.Duration
	End    End
}

// Table has a rule for every case, in the order in which people read them.
type Table []Rule

const (
	first = 2 * time.Second
	tries = 20
)

// Default gives the table of targets that override nothing.
func Default() Table {
	return Table{
		{Case: Unreached, First: first, Most: most, End: GoesOn},
		{Case: Mending, First: first, Most: most, End: GoesOn},
		{Case: Transient, First: first, Most: most, Tries: tries, End: Rejects},
		{Case: Rate, First: first, Most: most, Tries: tries, End: Rejects},
		{Case: BusinessWait, First: most, End: Rejects},
		{Case: Lost, First: first, Most: most, Tries: tries, End: Asks},
		{Case: Duplicate, End: Asks},
		{Case: Data, End: Rejects},
		{Case: Flow, First: first, Most: most, End: GoesOn},
		{Case: Store, First: first, Most: most / 5, End: GoesOn},
	}
}

// Of gives the rule of a case, that of the default table where this one has none.
func (t Table) Of(c Case) Rule {
	is := func(r Rule) bool { return r.Case == c }
	if i := slices.IndexFunc(t, is); i >= 0 {
		return t[i]
	}
	rest := Default()
	return rest[slices.IndexFunc(rest, is)]
}

// CaseOf gives the case of a row that the target refused with a fault.
func CaseOf(f *fault.Fault) Case {
	switch fault.ClassOf(f) {
	case fault.Transient:
		return Transient
	case fault.Rate:
		return Rate
	case fault.Auth, fault.Config:
		return Mending
	case fault.BusinessWait:
		return BusinessWait
	case fault.Duplicate:
		return Duplicate
	case fault.Data, fault.Internal:
		return Data
	default:
		return Data
	}
}

// Wait is how long to wait after so many tries in a row, counted from 1, and not less
// than the vendor asked for, 0 for nothing. The seed spreads the waits of different rows;
// it always gives the same for the same.
func (r Rule) Wait(tries int, seed ledger.ID, asked time.Duration) time.Duration {
	if r.Most == 0 {
		return cmp.Or(asked, r.First)
	}
	wait := ledger.Backoff(r.First, r.Most, tries, seed)
	if asked > wait {
		return ledger.Spread(asked, tries, seed)
	}
	return wait
}

// Over reports whether a row is given up that spent so many tries, the first at since; 0
// where that is not known.
func (r Rule) Over(spent int, since, now ledger.Millis) bool {
	return r.Tries > 0 && spent >= r.Tries || r.Within > 0 && since > 0 && now >= since.Add(r.Within)
}

// Next gives when a row is tried again that waits from now on: when its time is over at
// the latest, for a last attempt.
func (r Rule) Next(wait time.Duration, since, now ledger.Millis) ledger.Millis {
	next := now.Add(wait)
	if end := since.Add(r.Within); r.Within > 0 && since > 0 && end > now {
		return min(next, end)
	}
	return next
}
