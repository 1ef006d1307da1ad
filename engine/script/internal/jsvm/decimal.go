package jsvm

import (
	"slices"
	"strings"

	"github.com/dop251/goja"

	"github.com/karezflow/karez/engine/script/internal/exact"
	"github.com/karezflow/karez/engine/script/internal/plain"
)

// boxed is an exact decimal: a number of the document that a float64 cannot
// carry, or the result of ctx.decimal. It is the handler of a dynamic object
// without members that never changes; its methods are the prototype's.
type boxed struct {
	sealed
	*exact.Decimal
}

var _ goja.DynamicObject = (*boxed)(nil)

func (r *run) decimalObject(d *exact.Decimal) *goja.Object {
	o := r.vm.NewDynamicObject(&boxed{Decimal: d})
	// A dynamic object accepts any prototype, so there is no error to report.
	_ = o.SetPrototype(r.decimalMethods())
	return o
}

// arithmetic are the methods of a decimal and, with the decimal as their first
// argument, the members of ctx.decimal.
func arithmetic() []string { return []string{"add", "sub", "mul", "div", "round", "cmp"} }

// compute applies one of the arithmetic to a decimal and the other arguments.
func (r *run) compute(name string, a *exact.Decimal, arguments []goja.Value) goja.Value {
	given := goja.FunctionCall{Arguments: arguments}
	b, scale := a, given.Argument(0)
	if name != "round" {
		b, scale = r.operand(given.Argument(0)), given.Argument(1)
	}
	if name == "cmp" {
		n, err := exact.Compare(a, b)
		r.calculated(err)
		return r.vm.ToValue(n)
	}
	places := -1.0
	if goja.IsNumber(scale) {
		places = scale.ToFloat()
	}
	d, err := exact.Compute(name, a, b, places)
	r.calculated(err)
	return r.decimalObject(d)
}

func (r *run) calculated(err error) {
	if err != nil {
		panic(r.coded("script.bad_decimal", err.Error()))
	}
}

func (r *run) decimalMethods() *goja.Object {
	if r.decimals != nil {
		return r.decimals
	}
	methods := r.vm.NewObject()
	r.decimals = methods
	for _, name := range arithmetic() {
		r.method(methods, name, func(call goja.FunctionCall) goja.Value {
			return r.compute(name, r.unboxThis(call).Decimal, call.Arguments)
		})
	}
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

// decimalHelper is ctx.decimal: a function that makes decimals, with the arithmetic
// of two values as its members.
func (r *run) decimalHelper() goja.Value {
	helper := r.vm.ToValue(func(call goja.FunctionCall) goja.Value {
		if b := unbox(call.Argument(0)); b != nil {
			return call.Argument(0)
		}
		return r.decimalObject(r.operand(call.Argument(0)))
	}).ToObject(r.vm)
	for _, name := range arithmetic() {
		r.method(helper, name, func(call goja.FunctionCall) goja.Value {
			return r.compute(name, r.operand(call.Argument(0)), call.Arguments[min(1, len(call.Arguments)):])
		})
	}
	r.method(helper, "sum", r.sum)
	return helper
}

// sum adds up an array: ctx.decimal.sum(list), sum(list, "member") or
// sum(list, element => value). What is absent or null adds nothing.
func (r *run) sum(call goja.FunctionCall) goja.Value {
	list, isObject := call.Argument(0).(*goja.Object)
	if !isObject || !r.isUnknown(list) && list.ClassName() != "Array" {
		panic(r.coded("script.bad_decimal", "ctx.decimal.sum takes an array, not "+kindOf(call.Argument(0))))
	}
	by := call.Argument(1)
	apply, isFunction := goja.AssertFunction(by)
	if !isFunction && !goja.IsUndefined(by) && !goja.IsString(by) {
		panic(r.coded("script.bad_decimal", "ctx.decimal.sum takes the name of a member or a function, not "+kindOf(by)))
	}
	total := exact.Written("0")
	r.vm.ForOf(list, func(v goja.Value) bool {
		var err error
		switch o, isObject := v.(*goja.Object); {
		case isFunction:
			if v, err = apply(goja.Undefined(), v); err != nil {
				panic(err)
			}
		case goja.IsString(by) && isObject:
			v = o.Get(by.String())
		case goja.IsString(by):
			panic(r.coded("script.bad_decimal", "an element of the array is "+kindOf(v)+" and has no member "+by.String()))
		}
		if !omitted(v) && !goja.IsNull(v) {
			total, err = exact.Compute("add", total, r.operand(v), 0)
			r.calculated(err)
		}
		return true
	})
	return r.decimalObject(total)
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
	digits := plain.Clip(b.String(), 60)
	return r.coded("script.unsafe_number",
		"the number "+digits+" cannot be converted without losing digits; use ctx.decimal, or String(x) for its text", "sample", digits)
}

func (r *run) unboxThis(call goja.FunctionCall) *boxed {
	if b := unbox(call.This); b != nil {
		return b
	}
	panic(r.vm.NewTypeError("this is not a decimal"))
}

// unbox gives the decimal behind v, or nil.
func unbox(v goja.Value) *boxed {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil
	}
	b, _ := handlerOf(o).(*boxed)
	return b
}

// operand reads an argument of exact arithmetic. A float counts as its shortest
// text, so 0.1 is a tenth.
func (r *run) operand(v goja.Value) *exact.Decimal {
	if b := unbox(v); b != nil {
		return b.Decimal
	}
	if o, ok := v.(*goja.Object); ok && r.isUnknown(o) {
		return exact.Written("0")
	}
	if !slices.Contains([]bool{goja.IsString(v), goja.IsNumber(v), goja.IsBigInt(v)}, true) {
		panic(r.coded("script.bad_decimal", "a decimal needs a number or the text of one, not "+kindOf(v)))
	}
	d, err := exact.Parse(strings.TrimSpace(v.String()))
	r.calculated(err)
	return d
}
