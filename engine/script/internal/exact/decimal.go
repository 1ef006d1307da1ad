package exact

import (
	"errors"
	"fmt"

	"github.com/shopspring/decimal"
)

// Bounds of exact arithmetic. They are far from any amount and keep one
// operation from taking the worker down.
const (
	maxText     = 1000
	maxScale    = 100
	maxExponent = 1000
)

// Decimal is an exact number that never changes.
type Decimal struct {
	text  string // as it is written; "" until asked for when value came first
	value decimal.Decimal
	known bool // value is set
}

// Written makes a Decimal of a JSON number, which is not looked at before somebody
// computes with it.
func Written(text string) *Decimal { return &Decimal{text: text} }

// Parse reads the text of a decimal.
func Parse(text string) (*Decimal, error) {
	value, err := parse(text)
	return &Decimal{value: value, known: true}, err
}

func parse(text string) (decimal.Decimal, error) {
	wrong := fmt.Errorf("%q is not a decimal number", text[:min(len(text), 60)])
	if len(text) > maxText || !IsDecimal(text) {
		return decimal.Zero, wrong
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Zero, wrong
	}
	return d, bounded(d)
}

func bounded(d decimal.Decimal) error {
	if exp := d.Exponent(); exp > maxExponent || exp < -maxExponent || d.Coefficient().BitLen() > 4*maxText {
		return errors.New("a decimal has too many digits")
	}
	return nil
}

// String gives the digits. A computed decimal keeps its scale: 1.10 stays 1.10.
func (d *Decimal) String() string {
	if d.text == "" {
		d.text = d.value.String()
		if exp := d.value.Exponent(); exp < 0 {
			d.text = d.value.StringFixed(-exp)
		}
	}
	return d.text
}

// Compute applies add, sub, mul, div (with a scale) or round (to a scale, without b).
func Compute(name string, a, b *Decimal, scale float64) (*Decimal, error) {
	x, y, err := values(a, b)
	if err != nil {
		return nil, err
	}
	if (name == "div" || name == "round") && (scale != float64(int32(scale)) || scale < 0 || scale > maxScale) {
		return nil, errors.New("the scale must be a whole number from 0 to 100")
	}
	var value decimal.Decimal
	switch name {
	case "add":
		value = x.Add(y)
	case "sub":
		value = x.Sub(y)
	case "mul":
		value = x.Mul(y)
	case "div":
		if y.IsZero() {
			return nil, errors.New("a decimal cannot be divided by zero")
		}
		value = x.DivRound(y, int32(scale))
	default:
		value = x.Round(int32(scale))
	}
	return &Decimal{value: value, known: true}, bounded(value)
}

// Compare gives -1, 0 or 1.
func Compare(a, b *Decimal) (int, error) {
	x, y, err := values(a, b)
	return x.Cmp(y), err
}

func values(a, b *Decimal) (x, y decimal.Decimal, err error) {
	for _, d := range []*Decimal{a, b} {
		if d.known {
			continue
		}
		if d.value, err = parse(d.text); err != nil {
			return x, y, err
		}
		d.known = true
	}
	return a.value, b.value, nil
}
