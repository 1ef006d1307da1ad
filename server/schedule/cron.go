package schedule

import (
	"strings"
	"time"

	"github.com/adhocore/gronx"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
)

// cron is a schedule in a zone.
//
// Where the zone's clock jumps, it keeps two rules. A schedule that names its
// hours ("30 2 * * *") fires once for every hour that it names: one that the clock
// skips fires at the moment of the jump, one that comes twice fires the first time
// only. A schedule of every hour ("*/10 * * * *", "0 */2 * * *", @hourly) goes by
// the time that passes: it leaves out what is skipped and fires again in what is repeated.
type cron struct {
	text string
	zone *time.Location
	// named says that the hours are named.
	named bool
}

// parse reads a schedule: "schedule.invalid" or "schedule.zone_unknown". The empty
// zone is the flow document's default.
func parse(text, zone string) (cron, error) {
	c := cron{text: strings.Join(strings.Fields(text), " ")}
	tag := strings.HasPrefix(c.text, "@")
	valid := gronx.New().IsValid(c.text)
	if tag {
		valid = valid && c.text != "@everysecond"
	} else {
		valid = valid && strings.Count(c.text, " ") == 4
	}
	segments, err := gronx.Segments(c.text)
	if err != nil || !valid {
		return c, fault.New("schedule.invalid", "%s is not a schedule", text).At("cron").Classed(fault.Data).
			Hinted("five fields: minute hour day month weekday, for example */10 * * * *")
	}
	hour := segments[2] // behind seconds and minutes
	c.named = !strings.HasPrefix(hour, "*") && hour != "?"
	if zone == "" {
		zone = flow.DefaultTimezone
	}
	if c.zone, err = time.LoadLocation(zone); err != nil || zone == "Local" {
		return c, fault.New("schedule.zone_unknown", "%s is not a time zone", zone).At("timezone").Classed(fault.Data).
			Hinted("an IANA name, for example Asia/Shanghai")
	}
	return c, nil
}

// next gives the first firing after an instant; false when there is none.
func (c cron) next(after time.Time) (time.Time, bool) {
	at := after.In(c.zone)
	offset := offsetOf(at)
	start, end := at.ZoneBounds()
	wall := at.UTC().Add(offset)
	// The search goes over the hands of a clock that never jumps, from one of the
	// zone's jumps to the next: two a year, and no schedule rests for a century.
	for range 2 * 100 * 2 {
		next, err := gronx.NextTickAfter(c.text, wall, false)
		if err != nil {
			return time.Time{}, false
		}
		fire := next.Add(-offset)
		if end.IsZero() || fire.Before(end) {
			if c.named && fire.Before(start.Add(c.repeated(start, offset))) {
				wall = next
				continue
			}
			return fire.UTC(), true
		}
		before := offset
		offset = offsetOf(end)
		if c.named && next.Before(end.UTC().Add(offset)) && offset > before {
			return end.UTC(), true
		}
		wall = end.UTC().Add(offset - time.Nanosecond)
		wall = wall.Truncate(time.Second)
		start, end = end.ZoneBounds()
	}
	return time.Time{}, false
}

// repeated gives how long after a jump the clock shows what it showed before.
func (c cron) repeated(jump time.Time, offset time.Duration) time.Duration {
	if jump.IsZero() {
		return 0
	}
	return max(offsetOf(jump.Add(-time.Nanosecond))-offset, 0)
}

func offsetOf(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// last gives the latest firing after an instant and not after now; false when
// there is none. It halves the time in between, so that a long absence costs no more
// than a short one.
func (c cron) last(after, now time.Time) (time.Time, bool) {
	fire, ok := c.next(after)
	if !ok || fire.After(now) {
		return time.Time{}, false
	}
	late := now
	for {
		following, ok := c.next(fire)
		if !ok || following.After(now) {
			return fire, true
		}
		middle := fire.Add(late.Sub(fire) / 2)
		if later, ok := c.next(middle); ok && !later.After(now) {
			fire = later
			continue
		}
		// No firing lies between the middle and now.
		fire, late = following, middle
	}
}
