package schedule

import (
	"slices"
	"time"

	"github.com/karezflow/karez/engine/flow"
)

// Plan is when the schedules of a document start its flow.
type Plan struct {
	// Crons are its schedules, in its order; Zone is where they count.
	Crons []string
	Zone  string
	// Next are the next firings of all of them together, in UTC.
	Next []time.Time
}

// PlanOf gives the plan of a document with so many of its next firings after an instant.
// Schedules that can't be read never fire and are left out. What sweeps gaps or watches a
// folder starts no run of the whole flow and is no part of it.
func PlanOf(doc *flow.Document, after time.Time, most int) Plan {
	p := Plan{Zone: doc.Spec.Settings.Timezone}
	if p.Zone == "" {
		p.Zone = flow.DefaultTimezone
	}
	var all []cron
	for _, t := range triggersOf(doc) {
		if t.cron != nil && t.sweep == "" && !slices.Contains(p.Crons, t.cron.text) {
			all, p.Crons = append(all, *t.cron), append(p.Crons, t.cron.text)
		}
	}
	for range most {
		var first time.Time
		for _, c := range all {
			if next, ok := c.next(after); ok && (first.IsZero() || next.Before(first)) {
				first = next
			}
		}
		if first.IsZero() {
			break
		}
		p.Next, after = append(p.Next, first), first
	}
	return p
}
