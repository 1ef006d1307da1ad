package group

import (
	"errors"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/karezflow/karez/sdk/item"
)

// The functions of calculations.
const (
	Sum     = "$sum"
	Average = "$avg"
	Least   = "$min"
	Most    = "$max"
	List    = "$push"
	Set     = "$addToSet"
	First   = "$first"
	Last    = "$last"
)

func functions() []string { return []string{Sum, Average, Least, Most, List, Set, First, Last} }

const (
	maxScale = 20
	// maxDigits bounds how long a number may get when it is written without an exponent.
	maxDigits = 1000
)

// of calculates; blanks count as nothing. nil leaves the field out.
func (c calculation) of(values []item.Value) []byte {
	given := make([]item.Value, 0, len(values))
	for _, v := range values {
		if !v.Blank() {
			given = append(given, v)
		}
	}
	switch c.Function {
	case List, Set:
		return listed(given, c.Function == Set)
	case Sum:
		total, texts := sum(given)
		return numeral(total.StringFixed(max(-total.Exponent(), 0)), texts)
	}
	if len(given) == 0 {
		return nil
	}
	switch c.Function {
	case Average:
		total, texts := sum(given)
		scale := int32(c.Scale) //nolint:gosec // New bounds it
		return numeral(total.DivRound(decimal.NewFromInt(int64(len(given))), scale).StringFixed(scale), texts)
	case Least, Most:
		return extreme(given, c.Function == Most).Raw()
	case Last:
		return given[len(given)-1].Raw()
	default:
		return given[0].Raw()
	}
}

// sum adds up exactly; the total has as many digits behind the point as the longest
// part. texts says that all parts are texts.
func sum(values []item.Value) (total decimal.Decimal, texts bool) {
	texts = len(values) > 0
	for _, v := range values {
		d, err := decimalOf(v)
		if err != nil {
			continue // Check let it not pass
		}
		total = total.Add(d)
		texts = texts && v.Kind() == item.String
	}
	return total, texts
}

func numeral(text string, quoted bool) []byte {
	if quoted {
		return item.AppendText(nil, text)
	}
	return []byte(text)
}

// extreme gives the least or greatest value: of numbers, where all are, else of texts.
func extreme(values []item.Value, most bool) item.Value {
	numbers := make([]decimal.Decimal, len(values))
	numeric := true
	for i, v := range values {
		d, err := decimalOf(v)
		numbers[i], numeric = d, numeric && err == nil
	}
	best := 0
	for i := range values {
		order := strings.Compare(values[i].Text(), values[best].Text())
		if numeric {
			order = numbers[i].Cmp(numbers[best])
		}
		if most && order > 0 || !most && order < 0 {
			best = i
		}
	}
	return values[best]
}

func listed(values []item.Value, distinct bool) []byte {
	out := []byte{'['}
	seen := map[string]bool{}
	for _, v := range values {
		key := kindOf(v) + sameness(v)
		if distinct && seen[key] {
			continue
		}
		seen[key] = true
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, v.Raw()...)
	}
	return append(out, ']')
}

func kindOf(v item.Value) string {
	if v.Kind() == item.String {
		return "text "
	}
	return ""
}

// sameness gives equal values the same text: 10.5 and 10.50 are one number, and a
// number is the text that is written like it. Texts are what they are: of codes every
// zero counts.
func sameness(v item.Value) string {
	if v.Kind() == item.Number {
		if d, err := decimalOf(v); err == nil {
			return d.String()
		}
	}
	return v.Text()
}

// errNotANumber is told to nobody: who asks says what is wrong.
var errNotANumber = errors.New("not a number")

// decimalOf reads a number, or a text that holds one.
func decimalOf(v item.Value) (decimal.Decimal, error) {
	bad := func() (decimal.Decimal, error) {
		return decimal.Decimal{}, errNotANumber
	}
	if k := v.Kind(); k != item.Number && k != item.String {
		return bad()
	}
	text := strings.TrimSpace(v.Text())
	if len(text) == 0 || len(text) > maxDigits {
		return bad()
	}
	for _, c := range text {
		if c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' && (c < '0' || c > '9') {
			return bad()
		}
	}
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		if e, err := strconv.Atoi(text[at+1:]); err != nil || e > maxDigits || e < -maxDigits {
			return bad()
		}
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return bad()
	}
	return d, nil
}

// object builds a JSON object.
type object struct{ raw []byte }

// add adds a member; one without a value is left out.
func (o *object) add(name string, raw []byte) {
	if len(raw) == 0 {
		return
	}
	if len(o.raw) > 0 {
		o.raw = append(o.raw, ',')
	}
	o.raw = append(append(item.AppendText(o.raw, name), ':'), raw...)
}

func (o *object) close() []byte {
	return append(append([]byte{'{'}, o.raw...), '}')
}

func itoa(n int) string { return strconv.Itoa(n) }
