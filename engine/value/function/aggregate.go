package function

import (
	"slices"

	"vitess.io/vitess/go/mysql/decimal"
	"vitess.io/vitess/go/sqltypes"
	querypb "vitess.io/vitess/go/vt/proto/query"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// aggregate is one over the values of a placeholder. Values that are NULL don't count.
type aggregate struct {
	kind string
	slot int
}

func (a *aggregate) known() bool {
	return slices.Contains([]string{"sum", "avg", "min", "max", "count"}, a.kind)
}

func (a *aggregate) run(c *call, to *querypb.BindVariable) error {
	t := tally{kind: a.kind}
	if err := c.in.Each(a.slot, t.add); err != nil {
		return err
	}
	to.Type, to.Value = t.result()
	return nil
}

// tally gathers the values of an aggregate.
type tally struct {
	kind  string
	count int64
	sum   decimal.Decimal
	// best is the least or greatest value so far.
	best  []byte
	kept  querypb.Type
	value decimal.Decimal
}

func (t *tally) add(v item.Value) error {
	typ, text := typed(v)
	if typ == sqltypes.Null {
		return nil
	}
	t.count++
	if t.kind == "count" {
		return nil
	}
	if !sqltypes.IsNumber(typ) {
		return t.text(typ, text)
	}
	d, err := decimal.NewFromString(string(text))
	if err != nil {
		return fault.New("function.not_a_number", "%q is not a number that can be added", text).Classed(fault.Data)
	}
	switch t.kind {
	case "sum", "avg":
		if t.count == 1 {
			t.sum = d
		} else {
			t.sum = t.sum.Add(d)
		}
	case "min", "max":
		if t.count == 1 || (t.kind == "min") == (d.Cmp(t.value) < 0) && d.Cmp(t.value) != 0 {
			t.best, t.kept, t.value = text, typ, d
		}
	default:
	}
	return nil
}

// text takes a value that is no number: only the least and the greatest can be told.
func (t *tally) text(typ querypb.Type, text []byte) error {
	if t.kind == "sum" || t.kind == "avg" {
		return fault.New("function.not_a_number", "%q is not a number that can be added", text).Classed(fault.Data)
	}
	if t.count == 1 || (t.kind == "min") == (string(text) < string(t.best)) && string(text) != string(t.best) {
		t.best, t.kept = text, typ
	}
	return nil
}

// avgScale is div_precision_increment.
const avgScale = 4

func (t *tally) result() (querypb.Type, []byte) {
	switch {
	case t.kind == "count":
		return number([]byte(decimal.NewFromInt(t.count).String()))
	case t.count == 0:
		return sqltypes.Null, nil
	case t.kind == "sum":
		return sqltypes.Decimal, t.sum.FormatMySQL(max(-t.sum.Exponent(), 0))
	case t.kind == "avg":
		return sqltypes.Decimal, t.sum.Div(decimal.NewFromInt(t.count), avgScale).FormatMySQL(max(-t.sum.Exponent(), 0) + avgScale)
	default:
		return t.kept, t.best
	}
}
