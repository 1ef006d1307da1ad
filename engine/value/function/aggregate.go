package function

import (
	"bytes"
	"slices"

	"vitess.io/vitess/go/mysql/decimal"
	"vitess.io/vitess/go/sqltypes"
	querypb "vitess.io/vitess/go/vt/proto/query"

	"github.com/karezflow/karez/engine/value/function/builtin"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// aggregate is one over the values of a placeholder. Values that are NULL don't count.
type aggregate struct {
	kind     string
	slot     int
	distinct bool
	// separator is what stands between the texts of GROUP_CONCAT.
	separator string
}

func (a *aggregate) known() bool {
	return slices.Contains([]string{"sum", "avg", "min", "max", "count", "group_concat"}, a.kind)
}

func (a *aggregate) run(c *call, to *querypb.BindVariable) error {
	t := tally{aggregate: a}
	if a.distinct {
		t.seen = map[string]bool{}
	}
	if err := c.in.Each(a.slot, t.add); err != nil {
		return err
	}
	to.Type, to.Value = t.result()
	return nil
}

// skipped computes it all the same, for its places count; but it may not fail.
func (a *aggregate) skipped(c *call, to *querypb.BindVariable) {
	if a.run(c, to) != nil {
		to.Type, to.Value = sqltypes.Null, nil
	}
}

// tally gathers the values of an aggregate.
type tally struct {
	*aggregate

	count int64
	sum   decimal.Decimal
	// best is the least or greatest number so far; it is of type kept.
	best  decimal.Decimal
	kept  querypb.Type
	float []byte
	// places is how many the number with the most has.
	places int32
	// text is the least or greatest so far with all values taken as texts, and texts
	// says that this is how they compare: one of them is no number.
	text   []byte
	texts  bool
	joined []byte
	seen   map[string]bool
}

func (t *tally) add(v item.Value) error {
	typ, text := typed(v)
	if typ == sqltypes.Null || t.again(typ, text) {
		return nil
	}
	t.count++
	switch t.kind {
	case "sum", "avg":
		return t.addend(typ, text)
	case "min", "max":
		return t.compare(typ, text)
	case "group_concat":
		if t.count > 1 {
			t.joined = append(t.joined, t.separator...)
		}
		t.joined = append(t.joined, v.Text()...)
	default:
	}
	return nil
}

// again tells whether the value is one of those that were there, where they count once.
func (t *tally) again(typ querypb.Type, text []byte) bool {
	if !t.distinct {
		return false
	}
	var key string
	if sqltypes.IsNumber(typ) {
		if d, err := decimal.NewFromString(string(text)); err == nil {
			text = bytes.TrimSuffix(bytes.TrimRight(d.FormatMySQL(maxPlaces), "0"), []byte("."))
		}
		key = "n" + string(text)
	} else {
		key = "t" + string(builtin.Weight(text))
	}
	was := t.seen[key]
	t.seen[key] = true
	return was
}

func (t *tally) addend(typ querypb.Type, text []byte) error {
	d, err := decimal.NewFromString(string(text))
	if err != nil || !sqltypes.IsNumber(typ) {
		return fault.New("function.not_a_number", "%q is not a number that can be added", text).Classed(fault.Data)
	}
	if t.count == 1 {
		t.sum = d
	} else {
		t.sum = t.sum.Add(d)
	}
	return nil
}

func (t *tally) compare(typ querypb.Type, text []byte) error {
	if c := builtin.Order(text, t.text); t.count == 1 || c != 0 && (t.kind == "min") == (c < 0) {
		t.text = bytes.Clone(text)
	}
	d, err := decimal.NewFromString(string(text))
	if err != nil || !sqltypes.IsNumber(typ) {
		t.texts = true
		return nil //nolint:nilerr // a text is no number
	}
	if c := d.Cmp(t.best); t.kept == sqltypes.Null || c != 0 && (t.kind == "min") == (c < 0) {
		t.best, t.kept = d, typ
		if t.float = nil; typ == sqltypes.Float64 {
			t.float = bytes.Clone(text)
		}
	}
	t.places = max(t.places, int32(fraction(text))) //nolint:gosec // no text is that long
	return nil
}

// avgScale is div_precision_increment.
const avgScale = 4

func (t *tally) result() (querypb.Type, []byte) {
	switch {
	case t.kind == "count":
		return builtin.Number([]byte(decimal.NewFromInt(t.count).String()))
	case t.count == 0:
		return sqltypes.Null, nil
	case t.kind == "group_concat":
		return sqltypes.VarChar, t.joined
	case t.kind == "sum":
		return sqltypes.Decimal, t.sum.FormatMySQL(max(-t.sum.Exponent(), 0))
	case t.kind == "avg":
		return sqltypes.Decimal, t.sum.Div(decimal.NewFromInt(t.count), avgScale).FormatMySQL(max(-t.sum.Exponent(), 0) + avgScale)
	case t.texts:
		return sqltypes.VarChar, t.text
	case t.float != nil:
		return t.kept, t.float
	default:
		return builtin.Number(t.best.FormatMySQL(t.places))
	}
}
