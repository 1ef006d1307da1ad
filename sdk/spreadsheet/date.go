package spreadsheet

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// dateKind is what a number format makes of a number.
type dateKind int8

const (
	noDate dateKind = iota
	dateOnly
	timeOnly
	dateTime
	elapsed
)

// readStyles gives what each cell style makes of a number.
func (b *book) readStyles() ([]dateKind, error) {
	if b.styles == "" {
		return nil, nil
	}
	var kinds []dateKind
	own := map[string]string{}
	inCells := false
	return kinds, b.scan(b.styles, func(_ *xml.Decoder, token xml.Token) error {
		switch e := token.(type) {
		case xml.StartElement:
			switch {
			case e.Name.Local == "numFmt":
				own[attr(e, "numFmtId")] = attr(e, "formatCode")
			case e.Name.Local == "cellXfs":
				inCells = true
			case e.Name.Local == "xf" && inCells:
				id := attr(e, "numFmtId")
				if code, ok := own[id]; ok {
					kinds = append(kinds, kindOfCode(code))
				} else {
					kinds = append(kinds, kindOfID(id))
				}
			}
		case xml.EndElement:
			if e.Name.Local == "cellXfs" {
				inCells = false
			}
		}
		return nil
	})
}

// kindOfID knows the formats that workbooks do not write down (ECMA-376 part 1,
// 18.8.30, with those of the Chinese locales).
func kindOfID(id string) dateKind {
	n, err := strconv.Atoi(id)
	switch {
	case err != nil:
		return noDate
	case n >= 14 && n <= 17, n >= 27 && n <= 31, n == 36, n >= 50 && n <= 54, n == 57, n == 58:
		return dateOnly
	case n >= 18 && n <= 21, n >= 32 && n <= 35, n == 45, n == 47, n == 55, n == 56:
		return timeOnly
	case n == 22:
		return dateTime
	case n == 46:
		return elapsed
	default:
		return noDate
	}
}

// kindOfCode reads a format such as yyyy"年"m"月"d"日" or #,##0.00.
func kindOfCode(code string) dateKind {
	var letters strings.Builder
	code = strings.ToLower(code)
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case ';': // what follows is for negative numbers
			i = len(code)
		case '"', '[':
			end := strings.IndexByte(code[i+1:], map[byte]byte{'"': '"', '[': ']'}[c])
			if end < 0 {
				end = len(code) - i - 1
			}
			if inside := code[i+1 : i+1+end]; c == '[' && inside != "" && strings.Trim(inside, "hms") == "" {
				return elapsed
			}
			i += end + 1
		case '\\', '_', '*':
			i++
		default:
			letters.WriteByte(c)
		}
	}
	code = strings.ReplaceAll(letters.String(), "general", "")
	clock := strings.ContainsAny(code, "hs")
	day := strings.ContainsAny(code, "yd") || !clock && strings.Contains(code, "m")
	switch {
	case day && clock:
		return dateTime
	case day:
		return dateOnly
	case clock:
		return timeOnly
	default:
		return noDate
	}
}

const (
	secondsADay = 24 * 60 * 60
	lastDay     = 2958466 // the day after 9999-12-31
)

// text writes a number as the date that it is, or as it is when it can be none.
// Nothing that the number says is left out because its format does not show it.
func (k dateKind) text(number string, from1904 bool) string {
	days, err := strconv.ParseFloat(number, 64)
	if k == noDate || err != nil || !(days >= 0 && days < lastDay) {
		return number
	}
	ms := int64(math.Round(days * secondsADay * 1000))
	clock := time.UnixMilli(ms % (secondsADay * 1000)).UTC()
	shown := clock.Format("15:04:05")
	if clock.Nanosecond() > 0 {
		shown = clock.Format("15:04:05.000")
	}
	whole := ms / (secondsADay * 1000)
	if k == elapsed {
		return fmt.Sprintf("%02d%s", whole*24+int64(clock.Hour()), shown[2:])
	}
	if k == timeOnly && whole == 0 {
		return shown
	}
	day := dayOf(whole, from1904)
	if k == dateOnly && shown == "00:00:00" {
		return day
	}
	return day + " " + shown
}

// dayOf gives the date of a day's number. The calendar of 1900 has a 29 February
// that never was, as 60.
func dayOf(no int64, from1904 bool) string {
	start := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case from1904:
		start = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case no < 60:
		start = start.AddDate(0, 0, 1)
	}
	return start.AddDate(0, 0, int(no)).Format(time.DateOnly)
}
