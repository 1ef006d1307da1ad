package jsvm

import (
	"time"

	"github.com/dop251/goja"

	"github.com/karezflow/karez/engine/script/internal/plain"
)

// functions are a helper's members, which know no interpreter.
type functions interface {
	Names() []string
	Func(name string) plain.Func
}

// helper makes an object of functions that never change. Their errors are thrown with the code.
func (r *run) helper(of functions, code string) goja.Value {
	o := r.vm.NewObject()
	for _, name := range of.Names() {
		apply := of.Func(name)
		r.method(o, name, func(call goja.FunctionCall) goja.Value {
			args := make(plain.Args, len(call.Arguments))
			for i, v := range call.Arguments {
				args[i] = r.plain(v)
			}
			got, err := apply(args)
			if err != nil {
				panic(r.coded(code, err.Error()))
			}
			switch got := got.(type) {
			case nil:
				return goja.Null()
			case time.Time:
				return r.dateValue(got)
			default:
				return r.vm.ToValue(got)
			}
		})
	}
	return o
}

// plain gives a value as functions without an interpreter read it.
func (r *run) plain(v goja.Value) any {
	if omitted(v) || goja.IsNull(v) {
		return nil
	}
	if b := unbox(v); b != nil {
		return b.String()
	}
	o, isObject := v.(*goja.Object)
	switch {
	case isObject && r.isUnknown(o):
		return plain.Unknown{}
	case isObject && o.ClassName() == "Date":
		if t, ok := o.Export().(time.Time); ok {
			return t
		}
		return plain.Other("an invalid date")
	case goja.IsString(v):
		return v.String()
	case goja.IsNumber(v):
		return v.ToFloat()
	default:
		return plain.Other(kindOf(v))
	}
}

// dateValue makes a Date of the interpreter.
func (r *run) dateValue(t time.Time) goja.Value {
	made, err := r.vm.New(r.vm.Get("Date"), r.vm.ToValue(t.UnixMilli()))
	if err != nil {
		panic(err)
	}
	return made
}
