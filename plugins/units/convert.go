package main

import (
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// convert is the node 单位换算.
type convert struct{}

type conversion struct {
	Lines, Quantity, Unit, Price, To string

	Units []struct{ Unit, Factor string }
	// Scale and PriceScale may be written as texts: forms do.
	Scale, PriceScale   digits
	Rounding, OnUnknown string

	factors map[string]*big.Rat
}

// digits is a number of digits.
type digits int

// UnmarshalJSON implements json.Unmarshaler.
func (d *digits) UnmarshalJSON(raw []byte) error {
	var n json.Number
	if err := json.Unmarshal(raw, &n); err != nil {
		return fmt.Errorf("digits: %w", err)
	}
	whole, err := n.Int64()
	*d = digits(whole)
	if err != nil {
		return fmt.Errorf("digits: %w", err)
	}
	return nil
}

// CheckSettings implements node.Checker.
func (convert) CheckSettings(raw []byte) (found []*fault.Fault) {
	seen := map[string]bool{}
	i := 0
	for row := range item.Of(raw).Field("units").Elements() {
		at := fmt.Sprintf("units[%d]", i)
		i++
		if text := row.Field("factor").Text(); factor(text) == nil {
			found = append(found, fault.New("units.factor", "%q is no factor above zero such as 12, 0.5 or 1/3", text).At(at+".factor").Classed(fault.Config))
		}
		unit := row.Field("unit").Text()
		if seen[unit] {
			found = append(found, fault.New("units.unit_repeated", "%s has a factor already", unit).At(at+".unit").Classed(fault.Config))
		}
		seen[unit] = true
	}
	return found
}

// New implements node.Transformer.
func (convert) New(s node.Settings) (node.TransformFunc, error) {
	var c conversion
	if err := s.Decode(&c); err != nil {
		return nil, err
	}
	c.factors = map[string]*big.Rat{c.To: big.NewRat(1, 1)}
	for _, u := range c.Units {
		f := factor(u.Factor)
		if f == nil {
			return nil, fault.New("units.factor", "%q is no factor above zero such as 12, 0.5 or 1/3", u.Factor).At("units").Classed(fault.Config)
		}
		c.factors[u.Unit] = f
	}
	return each(c.document), nil
}

func (c *conversion) document(raw []byte) ([]byte, *fault.Fault) {
	if c.Lines == "" {
		return c.record(raw, func(field string) string { return field })
	}
	lines, f := linesOf(raw, c.Lines)
	if f != nil || len(lines) == 0 {
		return raw, f
	}
	changed := make([][]byte, len(lines))
	for i, line := range lines {
		if changed[i], f = c.record(line.Raw(), func(field string) string { return lineAt(c.Lines, i, field) }); f != nil {
			return nil, f
		}
	}
	return withLines(raw, c.Lines, lines, changed)
}

// record converts the fields of an object; at names them in the document.
func (c *conversion) record(raw []byte, at func(field string) string) ([]byte, *fault.Fault) {
	v := item.Of(raw)
	unit := v.Path(c.Unit).Text()
	by := c.factors[unit]
	switch {
	case unit == c.To:
		return raw, nil
	case by == nil && c.OnUnknown == "keep":
		return raw, nil
	case by == nil:
		return nil, fault.New("units.unknown_unit", "there is no factor from %q to %s", unit, c.To).At(at(c.Unit)).Classed(fault.Data).
			Hinted("add the unit to the node's factors")
	}
	out, f := c.calculated(raw, v.Path(c.Quantity), c.Quantity, at, int(c.Scale), func(n *big.Rat) *big.Rat { return n.Mul(n, by) })
	if f != nil {
		return nil, f
	}
	if price := v.Path(c.Price); c.Price != "" && !price.Blank() {
		if out, f = c.calculated(out, price, c.Price, at, int(c.PriceScale), func(n *big.Rat) *big.Rat { return n.Quo(n, by) }); f != nil {
			return nil, f
		}
	}
	return put(out, c.Unit, item.AppendText(nil, c.To))
}

// calculated puts the result of a field into its place.
func (c *conversion) calculated(raw []byte, was item.Value, field string, at func(string) string, scale int, do func(*big.Rat) *big.Rat) ([]byte, *fault.Fault) {
	n, f := number(was, at(field))
	if f != nil {
		return nil, f
	}
	whole, exact := rounded(do(n), scale, c.Rounding)
	if !exact && c.Rounding == "exact" {
		return nil, fault.New("units.inexact", "%s can't be converted without rounding to %d digits", at(field), scale).At(at(field)).Classed(fault.Data).
			Hinted("allow more digits, or choose how to round")
	}
	return put(raw, field, like(was, short(written(whole, scale))))
}
