// Package dates is the calendar of scripts: texts to instants and back, in the
// flow's time zone, and steps between them. It reads no clock.
//
// Forms are the names of the value language ("datetime", "date", "unix", …) or
// patterns of YYYY, MM, M, DD, D, HH, H, mm, m, ss, s and SSS; other letters of a
// pattern stand in square brackets: YYYY[年]MM[月].
//
// It may import engine/value/format, sdk/item and the standard library.
package dates

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/sdk/item"
)

// Parse reads a text. Without a pattern it takes what the value language takes:
// "2006-01-02 15:04:05", "2006-01-02", "20060102", Unix seconds and milliseconds
// as digits, and so on. blank is true of an empty text and of empty dates such as
// 0000-00-00.
func Parse(text, pattern string, zone *time.Location) (t time.Time, blank bool, err error) {
	if pattern != "" && strings.TrimSpace(text) != "" {
		t, err := parsePattern(text, pattern, zone)
		return t, false, err
	}
	m, blank, err := format.ParseMoment(item.Of(item.AppendText(nil, text)), zone)
	switch {
	case err != nil:
		return time.Time{}, false, fmt.Errorf("%q is not a date or time", clip(text))
	case blank:
		return time.Time{}, true, nil
	default:
		return m.In(zone), false, nil
	}
}

// Format writes an instant; the empty form is "datetime". now is the moment that
// dateDescription counts from.
func Format(t time.Time, form string, zone *time.Location, now time.Time) (string, error) {
	if form == "" {
		form = "datetime"
	}
	if f, err := format.Parse(form); err == nil && f.CheckMoment() == nil {
		raw, err := f.AppendTime(nil, t, format.Env{Zone: zone, Now: now})
		return item.Of(raw).Text(), err
	}
	parts, err := split(form)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	t = t.In(zone)
	for _, p := range parts {
		if p.unit == 0 {
			out.WriteString(p.text)
			continue
		}
		digits := strconv.Itoa(p.unit.of(t))
		out.WriteString(strings.Repeat("0", max(0, p.width-len(digits))))
		out.WriteString(digits)
	}
	return out.String(), nil
}

// part is a piece of a pattern: a unit with its least width, or a text.
type part struct {
	unit  unit
	width int
	text  string
}

// unit is the letter that a pattern writes it by; S are milliseconds.
type unit byte

func (u unit) of(t time.Time) int {
	switch u {
	case 'Y':
		return t.Year()
	case 'M':
		return int(t.Month())
	case 'D':
		return t.Day()
	case 'H':
		return t.Hour()
	case 'm':
		return t.Minute()
	case 's':
		return t.Second()
	default:
		return t.Nanosecond() / int(time.Millisecond)
	}
}

func split(pattern string) ([]part, error) {
	var parts []part
	for i := 0; i < len(pattern); {
		c := pattern[i]
		if c == '[' {
			end := strings.IndexByte(pattern[i:], ']')
			if end < 0 {
				return nil, fmt.Errorf("the pattern %q lacks a closing ]", clip(pattern))
			}
			parts = append(parts, part{text: pattern[i+1 : i+end]})
			i += end + 1
			continue
		}
		width := 1
		for i+width < len(pattern) && pattern[i+width] == c {
			width++
		}
		switch {
		case c == 'Y' && width == 4, c == 'S' && width == 3, strings.IndexByte("MDHms", c) >= 0 && width <= 2:
			parts = append(parts, part{unit: unit(c), width: width})
		case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
			return nil, fmt.Errorf("%q is no part of a date: a pattern is made of YYYY MM DD HH mm ss SSS, other letters stand in [ ]", pattern[i:i+width])
		default:
			parts = append(parts, part{text: pattern[i : i+width]})
		}
		i += width
	}
	return parts, nil
}

func parsePattern(text, pattern string, zone *time.Location) (time.Time, error) {
	parts, err := split(pattern)
	if err != nil {
		return time.Time{}, err
	}
	wrong := fmt.Errorf("%q does not look like %s", clip(text), clip(pattern))
	got := map[unit]int{'Y': 1970, 'M': 1, 'D': 1}
	rest := text
	for _, p := range parts {
		if p.unit == 0 {
			var ok bool
			if rest, ok = strings.CutPrefix(rest, p.text); !ok {
				return time.Time{}, wrong
			}
			continue
		}
		n := digits(rest, max(p.width, 2))
		if n < p.width {
			return time.Time{}, wrong
		}
		got[p.unit], _ = strconv.Atoi(rest[:n]) // up to four digits
		rest = rest[n:]
	}
	t := time.Date(got['Y'], time.Month(got['M']), got['D'], got['H'], got['m'], got['s'], got['S']*int(time.Millisecond), zone)
	if rest != "" || got['H'] > 23 || got['m'] > 59 || got['s'] > 59 || t.Day() != got['D'] || int(t.Month()) != got['M'] {
		return time.Time{}, wrong
	}
	return t, nil
}

// digits counts the digits that a text begins with, up to most.
func digits(text string, most int) int {
	n := 0
	for n < most && n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}

var errUnit = errors.New("the unit must be year, month, week, day, hour, minute or second")

// maxSteps keeps what is added within the years that a date can have.
const maxSteps = 1_000_000_000

// Add steps n units on. A month or year that ends before the day is left at its
// last day: a month after the 31st of January is the end of February. Days and
// longer units keep the time of day.
func Add(t time.Time, n int64, unit string, zone *time.Location) (time.Time, error) {
	if n > maxSteps || n < -maxSteps {
		return time.Time{}, fmt.Errorf("%d steps are too many", n)
	}
	t = t.In(zone)
	switch unit {
	case "year":
		return addMonths(t, 12*int(n)), nil
	case "month":
		return addMonths(t, int(n)), nil
	case "week":
		return t.AddDate(0, 0, 7*int(n)), nil
	case "day":
		return t.AddDate(0, 0, int(n)), nil
	case "hour":
		return later(t, 3600*n), nil
	case "minute":
		return later(t, 60*n), nil
	case "second":
		return later(t, n), nil
	default:
		return time.Time{}, errUnit
	}
}

// later does not use a time.Duration, which ends at some 292 years.
func later(t time.Time, seconds int64) time.Time {
	return time.Unix(t.Unix()+seconds, int64(t.Nanosecond())).In(t.Location())
}

func addMonths(t time.Time, n int) time.Time {
	moved := t.AddDate(0, n, 0)
	if moved.Day() != t.Day() {
		moved = moved.AddDate(0, 0, -moved.Day()) // the last day of the month before
	}
	return moved
}

// Diff gives the whole units from one instant to another, negative when the second
// is earlier. Days and longer units are counted on the calendar of the zone.
func Diff(from, to time.Time, unit string, zone *time.Location) (int64, error) {
	a, b := wall(from, zone), wall(to, zone)
	switch unit {
	case "year":
		return months(a, b) / 12, nil
	case "month":
		return months(a, b), nil
	case "week":
		return (b.UnixMilli() - a.UnixMilli()) / (7 * 24 * 3600_000), nil
	case "day":
		return (b.UnixMilli() - a.UnixMilli()) / (24 * 3600_000), nil
	case "hour":
		return (to.UnixMilli() - from.UnixMilli()) / 3600_000, nil
	case "minute":
		return (to.UnixMilli() - from.UnixMilli()) / 60_000, nil
	case "second":
		return (to.UnixMilli() - from.UnixMilli()) / 1000, nil
	default:
		return 0, errUnit
	}
}

// wall gives the instant at which a clock in UTC shows what one in zone shows at t,
// so that every day has 24 hours.
func wall(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

func months(a, b time.Time) int64 {
	n := (b.Year()-a.Year())*12 + int(b.Month()) - int(a.Month())
	switch there := addMonths(a, n); {
	case n > 0 && there.After(b):
		n--
	case n < 0 && there.Before(b):
		n++
	}
	return int64(n)
}

func clip(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
