package dates

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/karezflow/karez/engine/script/internal/plain"
)

// Calendar is ctx.date: the calendar of a zone, at a moment that does not pass.
type Calendar struct {
	Zone *time.Location
	Now  time.Time
}

// Names lists the functions in the order of their documentation.
func (Calendar) Names() []string { return []string{"now", "parse", "format", "add", "diff"} }

// Func gives a function by its name.
func (c Calendar) Func(name string) plain.Func {
	return map[string]plain.Func{
		"now": func(plain.Args) (any, error) { return c.Now, nil }, "parse": c.parse, "format": c.format, "add": c.add, "diff": c.diff,
	}[name]
}

func (c Calendar) parse(args plain.Args) (any, error) {
	t, blank, err := c.instant(args.At(0), args.Text(1))
	if blank || err != nil {
		return nil, err
	}
	return t, nil
}

func (c Calendar) format(args plain.Args) (any, error) {
	t, blank, err := c.instant(args.At(0), "")
	if blank || err != nil {
		return "", err
	}
	return Format(t, args.Text(1), c.Zone, c.Now)
}

func (c Calendar) add(args plain.Args) (any, error) {
	t, blank, err := c.instant(args.At(0), "")
	if blank || err != nil {
		return nil, err
	}
	n, ok := args.At(1).(float64)
	if _, unknown := args.At(1).(plain.Unknown); unknown {
		return t, nil
	}
	if !ok || n != math.Trunc(n) {
		return nil, fmt.Errorf("ctx.date.add takes a whole number of units, not %s", plain.Kind(args.At(1)))
	}
	if math.Abs(n) > maxSteps {
		return nil, fmt.Errorf("%g steps are too many", n)
	}
	return Add(t, int64(n), args.Text(2), c.Zone)
}

func (c Calendar) diff(args plain.Args) (any, error) {
	from, blank, err := c.instant(args.At(0), "")
	if blank || err != nil {
		return nil, err
	}
	to, blank, err := c.instant(args.At(1), "")
	if blank || err != nil {
		return nil, err
	}
	n, err := Diff(from, to, args.Text(2), c.Zone)
	return float64(n), err
}

// instant reads a Date, or a text or number as Parse does.
func (c Calendar) instant(v any, pattern string) (t time.Time, blank bool, err error) {
	switch v := v.(type) {
	case nil:
		return time.Time{}, true, nil
	case time.Time:
		return v, false, nil
	case plain.Unknown:
		return c.Now, false, nil
	case string:
		return Parse(v, pattern, c.Zone)
	case float64:
		return Parse(strconv.FormatFloat(v, 'f', -1, 64), pattern, c.Zone)
	default:
		return time.Time{}, false, fmt.Errorf("a date is a Date or the text of one, not %s", plain.Kind(v))
	}
}
