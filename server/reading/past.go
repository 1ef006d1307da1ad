package reading

import (
	"time"

	"github.com/karezflow/karez/engine/ledger"
)

// Kind names what the run does: sweep or backfill.
func (p Past) Kind() string {
	if p.Reading.Kind == ledger.GapSweep {
		return "sweep"
	}
	return "backfill"
}

// Reads reports whether it still reads, or waits for its turn.
func (p Past) Reads() bool { return p.State <= ledger.RunRunning && !p.PullingEnded }

// Begins and Ends give the range; 0 where a sweep has not found it yet.
func (p Past) Begins() ledger.Millis {
	if p.Reading.From != 0 {
		return p.Reading.From
	}
	return p.From
}

// Ends gives the end of the range.
func (p Past) Ends() ledger.Millis {
	if p.Reading.To != 0 {
		return p.Reading.To
	}
	return p.Reached
}

// Found gives how many documents the ledger did not have.
func (p Past) Found() int {
	if p.Reading.Kind == ledger.GapSweep {
		return p.Counts[ledger.SlotFound]
	}
	return p.Counts[ledger.SlotAccepted]
}

// Percent tells how much of the range was read.
func (p Past) Percent() int {
	switch {
	case p.State == ledger.RunDone || p.PullingEnded && p.Code == "":
		return 100
	case p.Reached == 0 || p.Ends() <= p.Begins():
		return 0
	default:
		return int((p.Reached - p.Begins()) * 100 / (p.Ends() - p.Begins()))
	}
}

// Rate gives how many documents came a minute, since the run began.
func (p Past) Rate(now ledger.Millis) int {
	end := now
	if p.Ended != 0 {
		end = p.Ended
	}
	if p.Started == 0 || end <= p.Started {
		return 0
	}
	return int(int64(p.Counts[ledger.SlotPulled]) * time.Minute.Milliseconds() / int64(end-p.Started))
}

// Left gives how long the run is likely to go on if it goes on as it did; false where
// nobody knows.
func (p Past) Left(now ledger.Millis) (time.Duration, bool) {
	read := int64(p.Reached - p.Begins())
	if !p.Reads() || p.Paused || p.Reading.To == 0 || p.Started == 0 || p.Reached == 0 || read <= 0 || now <= p.Started {
		return 0, false
	}
	return time.Duration(int64(now-p.Started)*int64(p.Reading.To-p.Reached)/read) * time.Millisecond, true
}
