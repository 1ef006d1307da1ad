package limit

import "time"

// pace is what a vendor's refusals taught: how much of what is declared it bears at
// present. A refusal halves it, and it comes back step by step.
type pace struct {
	// Level is what is left of the whole at Since, in thousandths; 0 is the whole.
	Level int   `json:"level,omitempty"`
	Since int64 `json:"since,omitempty"`
	// Until is when calls begin again.
	Until int64 `json:"until,omitempty"`
	// Refused is when the vendor last asked for fewer calls, with the code it said so with,
	// and Row how often it did in quick succession.
	Refused int64  `json:"refused,omitempty"`
	Code    string `json:"code,omitempty"`
	Row     int    `json:"row,omitempty"`
	// Step is how long each tenth takes to come back.
	Step int64 `json:"step,omitempty"`
}

const (
	whole = 1000
	// lowest is what a bucket is never lowered under; a tenth is one step of recovery.
	lowest, tenth = 16, whole / 10
	// shortStep and longStep bound the time of a step.
	shortStep, longStep = 5_000, 60_000
	// firstPause is the wait after a refusal that names none, doubled with each up to mostPause.
	firstPause, mostPause = 1_000, 60_000
	// longPause bounds the wait that a vendor may ask for.
	longPause = int64(24 * time.Hour / time.Millisecond)
)

// level is what is left of the whole.
func (p *pace) level(now int64) int {
	if p.Level == 0 {
		return whole
	}
	if now <= p.Since || p.Step == 0 {
		return p.Level
	}
	return int(min(int64(whole), int64(p.Level)+(now-p.Since)/p.Step*tenth))
}

// of is what is left of so many calls in a window: fewer calls, or one in a longer window.
func (p *pace) of(calls int, per, now int64) (int, int64) {
	level := p.level(now)
	if level == whole {
		return calls, per
	}
	if n := calls * level / whole; n > 0 {
		return n, per
	}
	return 1, per * whole / int64(calls*level)
}

// stretch is the window of a rule as it is at present.
func (p *pace) stretch(r rule, now int64) int64 {
	_, per := p.of(r.Calls, r.widened(), now)
	return per
}

func (p *pace) shift(by int64) {
	p.Since, p.Until, p.Refused = max(p.Since+by, 0), max(p.Until+by, 0), max(p.Refused+by, 0)
}

// refuse notes that the vendor asked for fewer calls of one that was let through at a
// moment. Calls from before the last lowering say nothing new.
func (p *pace) refuse(now, passed, wait int64, code string, shortest int64) {
	wait = min(wait, longPause)
	news := p.Refused == 0 || passed > p.Refused
	if news {
		step := min(max(4*shortest, shortStep), longStep)
		if p.Refused > 0 && now-p.Refused < 2*step+mostPause {
			p.Row++
		} else {
			p.Row = 1
		}
		p.Level = max(p.level(now)/2, lowest)
		p.Refused, p.Step = now, step
		if wait == 0 {
			wait = min(int64(firstPause)<<min(p.Row-1, 10), mostPause)
		}
	}
	p.Code = code
	p.Until = max(p.Until, now+wait)
	p.Since = max(p.Since, p.Until, now)
}
