package value

import (
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/engine/value/logic"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// asMoment before a condition's value compares points in time, however the two sides
// write them: Unix seconds or milliseconds, dates and times. Schemes of 轻易云 write
// timestamp:1700000000 so.
const asMoment = "timestamp:"

// moments takes the marks out of a condition's value, of each in a list, and reports
// whether there were any.
func (r *row) moments(l logic.Logic) bool {
	if l.Unary() || l == logic.Like || l == logic.Notlike {
		return false
	}
	if !r.text {
		marked := strings.Contains(r.value, `"`+asMoment)
		r.value = strings.ReplaceAll(r.value, `"`+asMoment, `"`)
		return marked
	}
	if !strings.HasPrefix(r.value, asMoment) {
		return false
	}
	ends := []string{r.value}
	if l.List() {
		ends = splitList(r.value)
	}
	for i := range ends {
		ends[i] = strings.TrimPrefix(ends[i], asMoment)
	}
	r.value = strings.Join(ends, ",")
	return true
}

// test compares a value with the operands.
func (c *condition) test(v item.Value, operands []item.Value) (bool, *fault.Fault) {
	if c.zone == nil {
		return c.logic.Test(v, operands...), nil
	}
	v, f := instant(v, c.zone)
	if f != nil {
		return false, f.Arg("text", c.name)
	}
	at := make([]item.Value, len(operands))
	for i, o := range operands {
		if at[i], f = instant(o, c.zone); f != nil {
			return false, f.Arg("text", c.operands[min(i, len(c.operands)-1)].String())
		}
	}
	return c.logic.Test(v, at...), nil
}

// instant gives the microseconds since 1970 of a date, a time or a timestamp; nothing of
// a blank one.
func instant(v item.Value, zone *time.Location) (item.Value, *fault.Fault) {
	m, blank, err := format.ParseMoment(v, zone)
	switch {
	case err != nil:
		return item.Value{}, fault.From(err)
	case blank:
		return item.Value{}, nil
	default:
		return item.Of(strconv.AppendInt(nil, m.In(zone).UnixMicro(), 10)), nil
	}
}
