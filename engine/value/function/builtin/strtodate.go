package builtin

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"vitess.io/vitess/go/sqltypes"
)

// strToDate reads a moment that is written by a pattern. By what the pattern has it
// gives a date, a time, or both; what does not fit the pattern gives NULL.
func strToDate(args []sqltypes.Value) (sqltypes.Value, error) {
	r := reader{text: args[0].ToString()}
	r.kinds(args[1].ToString())
	if !r.pattern(args[1].ToString()) || !r.valid() {
		return sqltypes.NULL, nil
	}
	date := pad(r.year, 4) + "-" + pad(r.month, 2) + "-" + pad(r.day, 2)
	clock := pad(r.hour, 2) + ":" + pad(r.minute, 2) + ":" + pad(r.second, 2)
	if r.fraction >= 0 {
		clock += "." + pad(r.fraction, 6)
	}
	switch {
	case r.dates && !r.times:
		return sqltypes.MakeTrusted(sqltypes.Date, []byte(date)), nil
	case r.times && !r.dates:
		return sqltypes.MakeTrusted(sqltypes.Time, []byte(clock)), nil
	default:
		return sqltypes.MakeTrusted(sqltypes.Datetime, []byte(date+" "+clock)), nil
	}
}

func pad(n, width int) string {
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(width-len(s), 0)) + s
}

// reader reads a text along a pattern.
type reader struct {
	text                                   string
	year, month, day, hour, minute, second int
	// fraction is in microseconds; -1 where the pattern has none.
	fraction int
	// dates and times say what the pattern has.
	dates, times bool
	// half is "AM" or "PM" where the clock has twelve hours; twelve says that it has.
	half   string
	twelve bool
}

// kinds tells what a pattern has, whether the text has all of it or not.
func (r *reader) kinds(p string) {
	r.fraction = -1
	for i := 0; i+1 < len(p); i++ {
		if p[i] != '%' {
			continue
		}
		i++
		switch {
		case strings.IndexByte(dateLetters, p[i]) >= 0:
			r.dates = true
		case p[i] == 'f':
			r.times, r.fraction = true, 0
		case p[i] != '%':
			r.times = true
		default:
		}
	}
}

// dateLetters are the letters of a pattern that stand for parts of a date.
const dateLetters = "YymcdeDbMaW"

func (r *reader) pattern(p string) bool {
	for p != "" {
		r.text = strings.TrimLeftFunc(r.text, unicode.IsSpace)
		if unicode.IsSpace(rune(p[0])) {
			p = p[1:]
			continue
		}
		if r.text == "" {
			return true // what the text lacks at its end stays zero
		}
		if p[0] != '%' || len(p) == 1 {
			if r.text[0] != p[0] {
				return false
			}
			r.text, p = r.text[1:], p[1:]
			continue
		}
		if !r.part(p[1]) {
			return false
		}
		p = p[2:]
	}
	return true
}

// part reads what one letter of the pattern stands for.
func (r *reader) part(letter byte) bool {
	switch {
	case letter == 'T':
		return r.pattern("%H:%i:%s")
	case letter == 'r':
		return r.pattern("%h:%i:%s %p")
	case strings.IndexByte(dateLetters, letter) >= 0:
		return r.date(letter)
	default:
		return r.time(letter)
	}
}

func (r *reader) date(letter byte) bool {
	switch letter {
	case 'Y':
		digits := len(r.text) - len(strings.TrimLeft(r.text, "0123456789"))
		if digits == 2 {
			return r.date('y')
		}
		return r.number(&r.year, 4)
	case 'y':
		ok := r.number(&r.year, 2)
		if r.year += 2000; r.year >= 2070 {
			r.year -= 100
		}
		return ok
	case 'm', 'c':
		return r.number(&r.month, 2)
	case 'd', 'e':
		return r.number(&r.day, 2)
	case 'D':
		ok := r.number(&r.day, 2)
		r.text = strings.TrimLeftFunc(r.text, unicode.IsLetter)
		return ok
	case 'b', 'M':
		var names []string
		for m := time.January; m <= time.December; m++ {
			names = append(names, m.String())
		}
		at := r.name(names, letter == 'b')
		r.month = at + 1
		return at >= 0
	default: // a, W: the day of the week is read and does not count
		var names []string
		for d := time.Sunday; d <= time.Saturday; d++ {
			names = append(names, d.String())
		}
		return r.name(names, letter == 'a') >= 0
	}
}

func (r *reader) time(letter byte) bool {
	switch letter {
	case 'H', 'k':
		return r.number(&r.hour, 2)
	case 'h', 'I', 'l':
		r.twelve = true
		return r.number(&r.hour, 2)
	case 'i':
		return r.number(&r.minute, 2)
	case 's', 'S':
		return r.number(&r.second, 2)
	case 'f':
		before := len(r.text)
		ok := r.number(&r.fraction, 6)
		for i := before - len(r.text); i < 6; i++ {
			r.fraction *= 10
		}
		return ok
	case 'p':
		if len(r.text) < 2 {
			return false
		}
		r.half, r.text = strings.ToUpper(r.text[:2]), r.text[2:]
		return r.half == "AM" || r.half == "PM"
	default:
		return false
	}
}

func (r *reader) number(to *int, most int) bool {
	n := 0
	for n < most && n < len(r.text) && r.text[n] >= '0' && r.text[n] <= '9' {
		n++
	}
	v, err := strconv.Atoi(r.text[:n])
	*to, r.text = v, r.text[n:]
	return err == nil
}

// name reads one of the names, or its first three letters, and gives its place or -1.
func (r *reader) name(names []string, short bool) int {
	for i, name := range names {
		if short {
			name = name[:3]
		}
		if len(r.text) >= len(name) && strings.EqualFold(r.text[:len(name)], name) {
			r.text = r.text[len(name):]
			return i
		}
	}
	return -1
}

// valid settles the hour and tells whether the parts make a moment.
func (r *reader) valid() bool {
	if r.twelve {
		if r.hour < 1 || r.hour > 12 {
			return false
		}
		if r.hour %= 12; r.half == "PM" {
			r.hour += 12
		}
	}
	if r.hour > 23 || r.minute > 59 || r.second > 59 || r.month > 12 {
		return false
	}
	if r.dates && (r.year == 0 || r.month == 0 || r.day == 0) {
		return false
	}
	return !r.dates || time.Date(r.year, time.Month(r.month), r.day, 0, 0, 0, 0, time.UTC).Day() == r.day
}
