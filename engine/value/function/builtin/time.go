package builtin

import (
	"strings"
	"time"

	"vitess.io/vitess/go/mysql/datetime"
	"vitess.io/vitess/go/mysql/decimal"
	"vitess.io/vitess/go/sqltypes"
)

// moment reads an argument as a date and time; false where it is none.
func moment(v sqltypes.Value) (datetime.DateTime, bool) {
	s := strings.TrimSpace(v.ToString())
	if dt, _, ok := datetime.ParseDateTime(s, -1); ok {
		return dt, true
	}
	d, ok := datetime.ParseDate(s)
	return datetime.DateTime{Date: d}, ok
}

// civil gives a moment in a zone without changes of the clock, for differences.
func civil(dt datetime.DateTime) time.Time {
	return time.Date(dt.Date.Year(), time.Month(dt.Date.Month()), dt.Date.Day(), dt.Time.Hour(), dt.Time.Minute(), dt.Time.Second(), dt.Time.Nanosecond(), time.UTC)
}

func two(a, b sqltypes.Value) (from, to time.Time, ok bool) {
	x, ok := moment(a)
	if !ok || x.Date.IsZero() {
		return from, to, false
	}
	y, ok := moment(b)
	return civil(x), civil(y), ok && !y.Date.IsZero()
}

const day = 24 * time.Hour

// dateDiff gives the days from the second date to the first; times of day don't count.
func dateDiff(args []sqltypes.Value) (sqltypes.Value, error) {
	a, b, ok := two(args[0], args[1])
	if !ok {
		return sqltypes.NULL, nil
	}
	return sqltypes.NewInt64(int64(a.Truncate(day).Sub(b.Truncate(day)) / day)), nil
}

// timestampDiff gives the whole units from the first moment to the second.
func timestampDiff(args []sqltypes.Value) (sqltypes.Value, error) {
	from, to, ok := two(args[1], args[2])
	if !ok {
		return sqltypes.NULL, nil
	}
	switch unit := args[0].ToString(); unit {
	case "year":
		return sqltypes.NewInt64(months(from, to) / 12), nil
	case "quarter":
		return sqltypes.NewInt64(months(from, to) / 3), nil
	case "month":
		return sqltypes.NewInt64(months(from, to)), nil
	default:
		spans := map[string]time.Duration{"week": 7 * day, "day": day, "hour": time.Hour, "minute": time.Minute, "second": time.Second, "microsecond": time.Microsecond}
		return sqltypes.NewInt64(int64(to.Sub(from) / spans[unit])), nil
	}
}

// months counts whole months between two moments.
func months(from, to time.Time) int64 {
	if to.Before(from) {
		return -months(to, from)
	}
	n := int64(to.Year()-from.Year())*12 + int64(to.Month()) - int64(from.Month())
	if rest(to) < rest(from) {
		n--
	}
	return n
}

// rest is what of a moment is within its month.
func rest(t time.Time) time.Duration {
	return time.Duration(t.Day())*day + t.Sub(t.Truncate(day))
}

// extract gives one part of a moment as a number.
func extract(args []sqltypes.Value) (sqltypes.Value, error) {
	dt, ok := moment(args[1])
	if !ok {
		return sqltypes.NULL, nil
	}
	d, t := dt.Date, dt.Time
	hms := t.Hour()*10000 + t.Minute()*100 + t.Second()
	parts := map[string]int{
		"year": d.Year(), "quarter": d.Quarter(), "month": d.Month(), "week": d.Week(0), "day": d.Day(),
		"hour": t.Hour(), "minute": t.Minute(), "second": t.Second(), "microsecond": t.Nanosecond() / 1000,
		"year_month": d.Year()*100 + d.Month(), "day_hour": d.Day()*100 + t.Hour(), "day_minute": d.Day()*10000 + hms/100,
		"day_second": d.Day()*1000000 + hms, "hour_minute": hms / 100, "hour_second": hms, "minute_second": hms % 10000,
	}
	n, ok := parts[args[0].ToString()]
	if !ok {
		return sqltypes.NULL, nil
	}
	return sqltypes.NewInt64(int64(n)), nil
}

func dayName(args []sqltypes.Value) (sqltypes.Value, error) {
	dt, ok := moment(args[0])
	if !ok || dt.Date.IsZero() {
		return sqltypes.NULL, nil
	}
	return text(dt.Date.Weekday().String()), nil
}

// timeFormat is DATE_FORMAT of a time of day.
func timeFormat(args []sqltypes.Value) (sqltypes.Value, error) {
	t, ok := clock(args[0])
	if !ok {
		return sqltypes.NULL, nil
	}
	out, err := datetime.Format(args[1].ToString(), datetime.DateTime{Time: t}, datetime.DefaultPrecision)
	if err != nil {
		return sqltypes.NULL, nil //nolint:nilerr // a pattern that can't be read gives NULL
	}
	return text(string(out)), nil
}

func clock(v sqltypes.Value) (datetime.Time, bool) {
	s := strings.TrimSpace(v.ToString())
	if dt, _, ok := datetime.ParseDateTime(s, -1); ok {
		return dt.Time, true
	}
	t, _, state := datetime.ParseTime(s, -1)
	return t, state == datetime.TimeOK
}

// timeDiff gives the time between two moments, or two times of day.
func timeDiff(args []sqltypes.Value) (sqltypes.Value, error) {
	var span time.Duration
	x, _, xok := datetime.ParseDateTime(args[0].ToString(), -1)
	y, _, yok := datetime.ParseDateTime(args[1].ToString(), -1)
	if xok != yok {
		return sqltypes.NULL, nil // a moment and a time of day have no difference
	}
	if xok {
		span = civil(x).Sub(civil(y))
	} else {
		a, ok := clock(args[0])
		b, ok2 := clock(args[1])
		if !ok || !ok2 {
			return sqltypes.NULL, nil
		}
		span = a.ToDuration() - b.ToDuration()
	}
	const most = 838*time.Hour + 59*time.Minute + 59*time.Second
	span = min(max(span, -most), most)
	t := datetime.NewTimeFromSeconds(seconds(span))
	return sqltypes.MakeTrusted(sqltypes.Time, t.Format(0)), nil
}

// timestamp gives a date and time; a second argument is a time to be added.
func timestamp(args []sqltypes.Value) (sqltypes.Value, error) {
	dt, ok := moment(args[0])
	if !ok {
		return sqltypes.NULL, nil
	}
	if len(args) > 1 {
		add, ok := clock(args[1])
		if !ok || dt.Date.IsZero() {
			return sqltypes.NULL, nil
		}
		dt = datetime.NewDateTimeFromStd(civil(dt).Add(add.ToDuration()))
	}
	return sqltypes.MakeTrusted(sqltypes.Datetime, dt.Format(0)), nil
}

func seconds(d time.Duration) decimal.Decimal { return decimal.New(int64(d), -9) }
