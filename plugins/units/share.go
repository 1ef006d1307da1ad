package main

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// share is the node 金额分摊.
type share struct{}

type sharing struct {
	Amount, Lines, By, Into, OnZero string

	Scale digits
}

// New implements node.Transformer.
func (share) New(s node.Settings) (node.TransformFunc, error) {
	var h sharing
	if err := s.Decode(&h); err != nil {
		return nil, err
	}
	return each(h.document), nil
}

func (h *sharing) document(raw []byte) ([]byte, *fault.Fault) {
	scale := int(h.Scale)
	amount, f := number(item.Of(raw).Path(h.Amount), h.Amount)
	if f != nil {
		return nil, f
	}
	total, exact := rounded(amount, scale, "exact")
	if !exact {
		return nil, fault.New("units.amount_digits", "%s has more than %d digits", h.Amount, scale).At(h.Amount).Classed(fault.Data)
	}
	lines, f := linesOf(raw, h.Lines)
	if f != nil {
		return nil, f
	}
	if len(lines) == 0 {
		if total.Sign() == 0 {
			return raw, nil
		}
		return nil, fault.New("units.no_lines", "there are no lines in %s to share the amount over", h.Lines).At(h.Lines).Classed(fault.Data)
	}
	weights, f := h.weights(lines)
	if f != nil {
		return nil, f
	}
	changed := make([][]byte, len(lines))
	for i, part := range split(total, weights) {
		if changed[i], f = put(lines[i].Raw(), h.Into, like(lines[i].Path(h.Into), written(part, scale))); f != nil {
			return nil, f
		}
	}
	return withLines(raw, h.Lines, lines, changed)
}

// weights gives what the shares go by: all of one sign, and not all zero.
func (h *sharing) weights(lines []item.Value) ([]*big.Rat, *fault.Fault) {
	weights := make([]*big.Rat, len(lines))
	sign := 0
	for i, line := range lines {
		at := lineAt(h.Lines, i, h.By)
		w, f := number(line.Path(h.By), at)
		if f != nil {
			return nil, f
		}
		if w.Sign()*sign < 0 {
			return nil, fault.New("units.mixed_signs", "weights of both signs can't be shared by").At(at).Classed(fault.Data)
		}
		sign = cmp.Or(sign, w.Sign())
		weights[i] = w.Abs(w)
	}
	if sign != 0 {
		return weights, nil
	}
	if h.OnZero != "equal" {
		return nil, fault.New("units.zero_weights", "all weights in %s are zero", h.Lines).At(h.Lines).Classed(fault.Data).
			Hinted("choose another weight, or equal shares where all are zero")
	}
	for i := range weights {
		weights[i] = big.NewRat(1, 1)
	}
	return weights, nil
}

// split gives whole shares that add up to total: each one's part without its fraction, and
// one more to those with the largest fractions, of equal ones to the first.
func split(total *big.Int, weights []*big.Rat) []*big.Int {
	sum := new(big.Rat)
	for _, w := range weights {
		sum.Add(sum, w)
	}
	type remainder struct {
		at   int
		rest *big.Rat
	}
	left := new(big.Int).Abs(total)
	amount := new(big.Rat).SetInt(left)
	parts, rests := make([]*big.Int, len(weights)), make([]remainder, len(weights))
	for i, w := range weights {
		part := new(big.Rat).Quo(new(big.Rat).Mul(amount, w), sum)
		parts[i] = new(big.Int).Quo(part.Num(), part.Denom())
		rests[i] = remainder{i, part.Sub(part, new(big.Rat).SetInt(parts[i]))}
	}
	for _, p := range parts {
		left = new(big.Int).Sub(left, p)
	}
	slices.SortStableFunc(rests, func(a, b remainder) int { return b.rest.Cmp(a.rest) })
	for _, r := range rests[:left.Int64()] {
		parts[r.at].Add(parts[r.at], big.NewInt(1))
	}
	if total.Sign() < 0 {
		for _, p := range parts {
			p.Neg(p)
		}
	}
	return parts
}
