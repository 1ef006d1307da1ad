package jsvm

import (
	"strings"

	"github.com/dop251/goja"
	"github.com/shopspring/decimal"
)

// Bounds of exact arithmetic. They are far from any amount and keep one
// operation from taking the worker down.
const (
	maxDecimalText  = 1000
	maxDecimalScale = 100
	maxExponent     = 1000
)

// boxed is an exact decimal: a number of the document that a float64 cannot
// carry, or the result of ctx.decimal. It is the handler of a dynamic object
// without members that never changes; its methods are the prototype's.
type boxed struct {
	sealed
	text  string // as it is written; "" until asked for when value came first
	value decimal.Decimal
	known bool // value is set
}

var _ goja.DynamicObject = (*boxed)(nil)

// String gives the digits. A computed decimal keeps its scale: 1.10 stays 1.10.
func (b *boxed) String() string {
	if b.text == "" {
		b.text = b.value.String()
		if exp := b.value.Exponent(); exp < 0 {
			b.text = b.value.StringFixed(-exp)
		}
	}
	return b.text
}

func (r *run) decimalObject(b *boxed) *goja.Object {
	o := r.vm.NewDynamicObject(b)
	// A dynamic object accepts any prototype, so there is no error to report.
	_ = o.SetPrototype(r.decimalMethods())
	return o
}

func (r *run) decimalMethods() *goja.Object {
	if r.decimals != nil {
		return r.decimals
	}
	methods := r.vm.NewObject()
	r.decimals = methods
	binary := func(name string, apply func(a, b decimal.Decimal) goja.Value) {
		r.method(methods, name, func(call goja.FunctionCall) goja.Value {
			return apply(r.receiver(call), r.operand(call.Argument(0)))
		})
	}
	binary("plus", func(a, b decimal.Decimal) goja.Value { return r.computed(a.Add(b)) })
	binary("minus", func(a, b decimal.Decimal) goja.Value { return r.computed(a.Sub(b)) })
	binary("times", func(a, b decimal.Decimal) goja.Value { return r.computed(a.Mul(b)) })
	binary("compare", func(a, b decimal.Decimal) goja.Value { return r.vm.ToValue(a.Cmp(b)) })
	r.method(methods, "div", func(call goja.FunctionCall) goja.Value {
		a, b, scale := r.receiver(call), r.operand(call.Argument(0)), r.scale(call.Argument(1))
		if b.IsZero() {
			panic(r.coded("script.bad_decimal", "a decimal cannot be divided by zero"))
		}
		return r.computed(a.DivRound(b, scale))
	})
	r.method(methods, "round", func(call goja.FunctionCall) goja.Value {
		a, scale := r.receiver(call), r.scale(call.Argument(0))
		return r.computed(a.Round(scale))
	})
	r.method(methods, "toString", func(call goja.FunctionCall) goja.Value {
		return r.vm.ToValue(r.unboxThis(call).String())
	})
	r.method(methods, "toJSON", func(call goja.FunctionCall) goja.Value {
		return r.rawJSON(r.unboxThis(call).String())
	})
	r.method(methods, "valueOf", func(call goja.FunctionCall) goja.Value {
		panic(r.unsafeNumber(r.unboxThis(call)))
	})
	// The text form is exact, so a decimal may stand in a template or be a key.
	_ = methods.SetSymbol(goja.SymToPrimitive, func(call goja.FunctionCall) goja.Value {
		b := r.unboxThis(call)
		if call.Argument(0).String() == "string" {
			return r.vm.ToValue(b.String())
		}
		panic(r.unsafeNumber(b))
	})
	return methods
}

func (r *run) method(on *goja.Object, name string, f func(goja.FunctionCall) goja.Value) {
	// The object is a fresh one of our own: defining a property cannot fail.
	_ = on.DefineDataProperty(name, r.vm.ToValue(f), goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE)
}

// rawJSON makes the value that JSON.stringify writes digit by digit.
func (r *run) rawJSON(text string) goja.Value {
	quote, ok := goja.AssertFunction(r.vm.Get("JSON").ToObject(r.vm).Get("rawJSON"))
	if !ok {
		panic(r.vm.NewTypeError("JSON.rawJSON was replaced"))
	}
	made, err := quote(goja.Undefined(), r.vm.ToValue(text))
	if err != nil {
		panic(err)
	}
	return made
}

func (r *run) unsafeNumber(b *boxed) *goja.Object {
	return r.coded("script.unsafe_number",
		"the number "+clip(b.String(), 60)+" cannot be converted without losing digits; use ctx.decimal, or String(x) for its text")
}

func (r *run) unboxThis(call goja.FunctionCall) *boxed {
	if b := unbox(call.This); b != nil {
		return b
	}
	panic(r.vm.NewTypeError("this is not a decimal"))
}

func (r *run) receiver(call goja.FunctionCall) decimal.Decimal { return r.exact(r.unboxThis(call)) }

// unbox gives the decimal behind v, or nil.
func unbox(v goja.Value) *boxed {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil
	}
	b, _ := handlerOf(o).(*boxed)
	return b
}

func (r *run) exact(b *boxed) decimal.Decimal {
	if !b.known {
		b.value, b.known = r.parseDecimal(b.text), true
	}
	return b.value
}

// operand reads an argument of exact arithmetic. A float counts as its shortest
// text, so 0.1 is a tenth.
func (r *run) operand(v goja.Value) decimal.Decimal {
	if b := unbox(v); b != nil {
		return r.exact(b)
	}
	if goja.IsString(v) || goja.IsNumber(v) || goja.IsBigInt(v) {
		return r.parseDecimal(strings.TrimSpace(v.String()))
	}
	panic(r.coded("script.bad_decimal", "a decimal needs a number or the text of one, not "+kindOf(v)))
}

// isDecimal reports whether text is an optional sign, digits, an optional
// fraction and an optional exponent. Separators and currency signs are refused:
// what they mean differs from country to country.
func isDecimal(text string) bool {
	rest := strings.TrimLeft(text, "+-")
	if len(text)-len(rest) > 1 {
		return false
	}
	mantissa, exponent, hasExponent := cutAny(rest, "eE")
	if hasExponent {
		if trimmed := strings.TrimLeft(exponent, "+-"); len(exponent)-len(trimmed) > 1 || !isDigits(trimmed) {
			return false
		}
	}
	whole, fraction, hasFraction := strings.Cut(mantissa, ".")
	return isDigits(whole) && (!hasFraction || isDigits(fraction))
}

func cutAny(s, chars string) (before, after string, found bool) {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func (r *run) parseDecimal(text string) decimal.Decimal {
	if len(text) > maxDecimalText || !isDecimal(text) {
		panic(r.coded("script.bad_decimal", `"`+clip(text, 60)+`" is not a decimal number`))
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		panic(r.coded("script.bad_decimal", `"`+clip(text, 60)+`" is not a decimal number`))
	}
	return r.bounded(d)
}

func (r *run) bounded(d decimal.Decimal) decimal.Decimal {
	if exp := d.Exponent(); exp > maxExponent || exp < -maxExponent || d.Coefficient().BitLen() > 4*maxDecimalText {
		panic(r.coded("script.bad_decimal", "a decimal has too many digits"))
	}
	return d
}

func (r *run) computed(d decimal.Decimal) goja.Value {
	return r.decimalObject(&boxed{value: r.bounded(d), known: true})
}

func (r *run) scale(v goja.Value) int32 {
	n := v.ToInteger()
	if !goja.IsNumber(v) || n < 0 || n > maxDecimalScale {
		panic(r.coded("script.bad_decimal", "the scale must be a whole number from 0 to 100"))
	}
	return int32(n)
}
