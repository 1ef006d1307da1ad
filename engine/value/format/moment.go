package format

import (
	"bytes"
	"strconv"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Moment is a date and time of day as a clock on the wall shows it in a zone.
// Vendors write wall-clock times without an offset, and these must come out as
// they came in even where a zone skips an hour; so a moment is kept in this form.
type Moment struct {
	Year, Month, Day, Hour, Minute, Second, Nano int
}

// ParseMoment reads the forms vendors send: "2006-01-02 15:04:05" (also with /,
// with T, with fractions, with Z or an offset, without seconds), "2006-01-02",
// "20060102", "20060102150405", and Unix seconds or milliseconds as a number or
// as digits. Blank values and the empty dates "0000-00-00" (observed at
// 旺店通) and "0001-01-01T00:00:00" (.NET's zero, observed at 金蝶) are blank.
func ParseMoment(v item.Value, zone *time.Location) (m Moment, blank bool, err error) {
	if v.Blank() {
		return Moment{}, true, nil
	}
	if k := v.Kind(); k == item.String || k == item.Number {
		text := bytes.TrimSpace(Bytes(v))
		if len(text) == 0 || string(text) == "0" || bytes.HasPrefix(text, []byte("0000-00-00")) || bytes.HasPrefix(text, []byte("0001-01-01")) {
			return Moment{}, true, nil
		}
		if m, ok := parseMoment(text, zone); ok {
			return m, false, nil
		}
	}
	return Moment{}, false, bad(v, "value.not_a_date", "a date or time").
		Hinted("dates look like 2026-11-21, 2026-11-21 10:30:00 or 1795228200")
}

func parseMoment(text []byte, zone *time.Location) (Moment, bool) {
	if m, ok := parseDigits(text, zone); ok {
		return m, true
	}
	r := reader{text: text}
	var m Moment
	m.Year = r.number(4, 4)
	sep := r.one("-/.")
	m.Month = r.number(1, 2)
	if r.one(string(sep)) == 0 {
		return m, false
	}
	m.Day = r.number(1, 2)
	if r.end() {
		return m, m.valid()
	}
	if r.one(" T") == 0 {
		return m, false
	}
	m.Hour = r.number(1, 2)
	if r.one(":") == 0 {
		return m, false
	}
	m.Minute = r.number(2, 2)
	if r.one(":") != 0 {
		m.Second = r.number(2, 2)
		m.Nano = r.fraction()
	}
	offset, hasOffset := r.offset()
	if !r.end() || !m.valid() {
		return m, false
	}
	if hasOffset {
		return At(m.In(time.UTC).Add(-offset), zone), true
	}
	return m, true
}

// parseDigits reads the forms that are digits only, with an optional fraction of
// Unix seconds.
func parseDigits(text []byte, zone *time.Location) (Moment, bool) {
	whole, fraction, hasFraction := bytes.Cut(text, []byte("."))
	if len(whole) == 0 || len(whole) > 14 || !digits(whole) || hasFraction && !digits(fraction) {
		return Moment{}, false
	}
	r := reader{text: whole}
	if !hasFraction && (len(whole) == 8 || len(whole) == 14) {
		m := Moment{Year: r.number(4, 4), Month: r.number(2, 2), Day: r.number(2, 2)}
		if len(whole) == 14 {
			m.Hour, m.Minute, m.Second = r.number(2, 2), r.number(2, 2), r.number(2, 2)
		}
		if m.valid() {
			return m, true
		}
	}
	if len(whole) < 9 {
		return Moment{}, false
	}
	n, err := strconv.ParseInt(string(whole), 10, 64)
	if err != nil {
		return Moment{}, false
	}
	if len(whole) > 11 {
		return At(time.UnixMilli(n), zone), true
	}
	f := reader{text: text, at: len(whole)}
	return At(time.Unix(n, int64(f.fraction())), zone), true
}

func digits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// reader takes a date apart. A missing piece makes bad true and everything after it moot.
type reader struct {
	text []byte
	at   int
	bad  bool
}

func (r *reader) number(least, most int) int {
	n, count := 0, 0
	for count < most && r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
		n = n*10 + int(r.text[r.at]-'0')
		r.at++
		count++
	}
	r.bad = r.bad || count < least
	return n
}

func (r *reader) one(of string) byte {
	if r.at < len(r.text) {
		for i := range len(of) {
			if r.text[r.at] == of[i] {
				r.at++
				return of[i]
			}
		}
	}
	return 0
}

func (r *reader) fraction() int {
	if r.one(".") == 0 {
		return 0
	}
	nano, unit := 0, 100_000_000
	start := r.at
	for ; r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9'; r.at++ {
		nano += int(r.text[r.at]-'0') * unit
		unit /= 10
	}
	r.bad = r.bad || r.at == start
	return nano
}

func (r *reader) offset() (time.Duration, bool) {
	if r.one("Z") != 0 {
		return 0, true
	}
	r.one(" ")
	sign := r.one("+-")
	if sign == 0 {
		return 0, false
	}
	hours := r.number(2, 2)
	r.one(":")
	minutes := r.number(2, 2)
	r.bad = r.bad || hours > 14 || minutes > 59
	d := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if sign == '-' {
		d = -d
	}
	return d, true
}

func (r *reader) end() bool { return !r.bad && r.at == len(r.text) }

func (m Moment) valid() bool {
	return m.Year > 0 && m.Month >= 1 && m.Month <= 12 && m.Day >= 1 && m.Day <= daysIn(m.Year, m.Month) &&
		m.Hour <= 23 && m.Minute <= 59 && m.Second <= 59
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}

// At gives the moment a clock in zone shows at t.
func At(t time.Time, zone *time.Location) Moment {
	t = t.In(zone)
	return Moment{t.Year(), int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond()}
}

// In gives the instant at which a clock in zone shows the moment.
func (m Moment) In(zone *time.Location) time.Time {
	return time.Date(m.Year, time.Month(m.Month), m.Day, m.Hour, m.Minute, m.Second, m.Nano, zone)
}

func (f Format) appendMoment(dst []byte, m Moment, env Env) []byte {
	switch f.kind {
	case unixSeconds:
		return strconv.AppendInt(dst, m.In(env.Zone).Unix(), 10)
	case unixMillis:
		return strconv.AppendInt(dst, m.In(env.Zone).UnixMilli(), 10)
	case description:
		return item.AppendText(dst, describe(env.Now.Sub(m.In(env.Zone))))
	default: // a text of digits
	}
	dst = append(dst, '"')
	switch f.kind {
	case date:
		dst = m.appendDate(dst)
	case clock:
		dst = m.appendClock(dst)
	case shortDate:
		dst = m.appendMonthDay(dst)
	case shortTime:
		dst = m.appendHourMinute(dst)
	case shortDateTime:
		dst = m.appendHourMinute(append(m.appendMonthDay(dst), ' '))
	case isoDateTime:
		dst = m.appendClock(append(m.appendDate(dst), 'T'))
	default:
		dst = m.appendClock(append(m.appendDate(dst), ' '))
	}
	return append(dst, '"')
}

func (m Moment) appendDate(dst []byte) []byte {
	dst = two(two(dst, m.Year/100), m.Year%100)
	return m.appendMonthDay(append(dst, '-'))
}

func (m Moment) appendMonthDay(dst []byte) []byte {
	return two(append(two(dst, m.Month), '-'), m.Day)
}

func (m Moment) appendHourMinute(dst []byte) []byte {
	return two(append(two(dst, m.Hour), ':'), m.Minute)
}

func (m Moment) appendClock(dst []byte) []byte {
	return two(append(m.appendHourMinute(dst), ':'), m.Second)
}

func two(dst []byte, n int) []byte { return append(dst, byte('0'+n/10%10), byte('0'+n%10)) }

// describe words an age as the schemes' dateDescription does (刚刚, 5分钟前, …).
func describe(age time.Duration) string {
	const day = 24 * time.Hour
	suffix := "前"
	if age < 0 {
		age, suffix = -age, "后"
	}
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{365 * day, "年"}, {30 * day, "个月"}, {7 * day, "周"}, {day, "天"}, {time.Hour, "小时"}, {time.Minute, "分钟"}} {
		if age >= unit.length {
			return strconv.Itoa(int(age/unit.length)) + unit.name + suffix
		}
	}
	return "刚刚"
}

// AppendTime appends t, as a clock in the environment's zone shows it, in the
// form the format says; the zero Format gives Unix seconds.
func (f Format) AppendTime(dst []byte, t time.Time, env Env) ([]byte, error) {
	switch f.kind {
	case none, unixSeconds:
		return strconv.AppendInt(dst, t.Unix(), 10), nil
	case unixMillis:
		return strconv.AppendInt(dst, t.UnixMilli(), 10), nil
	case description:
		return item.AppendText(dst, describe(env.Now.Sub(t))), nil
	case longText, intval, round, amount, implode:
		return f.Append(dst, item.Of(strconv.AppendInt(nil, t.Unix(), 10)), env)
	default:
		return f.appendMoment(dst, At(t, env.Zone), env), nil
	}
}

// CheckMoment reports whether the format writes dates or times.
func (f Format) CheckMoment() *fault.Fault {
	switch f.kind {
	case none, longText, intval, round, amount, implode:
		return fault.New("value.not_a_date_format", "this is not a format for dates").Classed(fault.Config)
	default:
		return nil
	}
}
