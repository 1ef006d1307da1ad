package flowstate

import (
	"slices"
	"time"

	"github.com/karezflow/karez/engine/ledger"
)

// The verdicts, the first that applies.
const (
	// Unpublished flows never run; Stopped ones only when a person starts them, Paused ones
	// not at all.
	Unpublished = "unpublished"
	Paused      = "paused"
	// Failing: the last run could not read its sources.
	Failing = "failing"
	// Attention: documents wait for a person.
	Attention = "attention"
	Stopped   = "stopped"
	Never     = "never"
	// Late: a source is read less far than the flow's usual pace explains.
	Late = "late"
	// Retrying: some documents are tried again, by themselves.
	Retrying = "retrying"
	Busy     = "reading"
	Healthy  = "healthy"
)

// Verdict is how a flow is doing, in a word and its numbers.
type Verdict struct {
	Code string
	// Waiting counts the documents that wait for a person, Again those tried again by themselves.
	Waiting, Again int
	// Behind is the largest lag of a source, Usual the time between two runs; 0 where
	// nobody knows.
	Behind, Usual time.Duration
}

const (
	// leeway is how many usual pauses a source may be behind, patience how long it may be at least.
	leeway   = 3
	patience = 30 * time.Minute
)

// IsLate tells whether a source is read less far than the flow's usual pace explains.
func (v Verdict) IsLate() bool { return v.Behind > max(patience, leeway*v.Usual) }

// judge tells how a flow is doing. runs are the newest first.
func judge(f Flow, runs []ledger.Run, sources []Lag, clusters []Cluster) Verdict {
	v := Verdict{Usual: usual(runs)}
	for _, c := range clusters {
		switch {
		case c.State == ledger.RetryAt:
			v.Again += c.Documents
		case c.State.Repairable():
			v.Waiting += c.Documents
		}
	}
	for _, s := range sources {
		v.Behind = max(v.Behind, s.Behind)
	}
	reading := len(runs) > 0 && runs[0].State <= ledger.RunRunning
	switch {
	case f.Version == 0:
		v.Code = Unpublished
	case f.Paused:
		v.Code = Paused
	case len(runs) > 0 && runs[0].Outcome() == ledger.RunFailed:
		v.Code = Failing
	case v.Waiting > 0:
		v.Code = Attention
	case !f.Enabled && !reading:
		v.Code = Stopped
	case len(runs) == 0:
		v.Code = Never
	case f.Enabled && v.IsLate():
		v.Code = Late
	case v.Again > 0:
		v.Code = Retrying
	case reading:
		v.Code = Busy
	default:
		v.Code = Healthy
	}
	return v
}

// usual gives the median time between two runs that read what changed, 0 where there are
// not three.
func usual(runs []ledger.Run) time.Duration {
	var gaps []time.Duration
	last := ledger.Millis(0)
	for _, r := range runs {
		if r.Reading != nil || len(r.Numbers) > 0 {
			continue
		}
		if last != 0 {
			gaps = append(gaps, between(r.FireAt, last))
		}
		last = r.FireAt
	}
	if len(gaps) < 2 {
		return 0
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}
