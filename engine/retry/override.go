package retry

import (
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// Override is what a target wants otherwise than the default table has it; what is zero
// stays.
type Override struct {
	// First and Most are the shortest and the longest wait wherever waits grow.
	First, Most time.Duration
	// Tries is the number of attempts wherever there is one.
	Tries int
	// Business is the wait for base data or stock.
	Business time.Duration
	// GiveUpAfter is how long after the first attempt a row is given up that the target
	// refused for a while or did not answer.
	GiveUpAfter time.Duration
}

// Table gives the default table with what is overridden.
func (o Override) Table() Table {
	t := Default()
	for i := range t {
		r := &t[i]
		grows := r.Most > 0
		switch {
		case r.Case == Flow || r.Case == Store:
			continue // they are not the target's
		case r.Case == BusinessWait && o.Business > 0:
			r.First = o.Business
		case grows && o.First > 0:
			r.First, r.Most = o.First, max(r.Most, o.First)
		}
		if grows && o.Most > 0 {
			r.First, r.Most = min(r.First, o.Most), o.Most
		}
		if r.Tries > 0 && o.Tries > 0 {
			r.Tries = o.Tries
		}
		if o.GiveUpAfter > 0 && r.First > 0 && r.End != GoesOn {
			r.Within = o.GiveUpAfter
		}
	}
	return t
}

// The shortest wait and the longest time that a target may ask for.
const (
	Shortest = time.Second
	Longest  = 30 * 24 * time.Hour
)

// Check reports what can't be meant, by the keys of the settings "first", "most",
// "business" and "giveUpAfter".
func (o Override) Check() []*fault.Fault {
	var faults []*fault.Fault
	refuse := func(key string, f *fault.Fault) { faults = append(faults, f.At(key).Classed(fault.Config)) }
	for _, d := range []struct {
		key   string
		value time.Duration
	}{{"first", o.First}, {"most", o.Most}, {"business", o.Business}, {"giveUpAfter", o.GiveUpAfter}} {
		if d.value != 0 && (d.value < Shortest || d.value > Longest) {
			refuse(d.key, fault.New("retry.out_of_range", "%s is not between %s and %s", d.value, Shortest, Longest).
				Hinted("give a time such as 30s, 10m or 24h"))
		}
	}
	if len(faults) > 0 {
		return faults
	}
	t := o.Table()
	if o.First > 0 && o.Most > 0 && o.First > o.Most {
		refuse("first", fault.New("retry.first_over_most", "the first wait of %s is longer than the longest of %s", o.First, o.Most).
			Hinted("the wait grows from the first to the longest: give a shorter one here"))
	}
	if longest := max(t.Of(Transient).First, t.Of(BusinessWait).First); o.GiveUpAfter > 0 && o.GiveUpAfter < longest {
		refuse("giveUpAfter", fault.New("retry.gives_up_first", "it is given up after %s, before the first retry after %s", o.GiveUpAfter, longest).
			Hinted("give a longer time, or shorter waits"))
	}
	return faults
}
