package jsvm

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/karezflow/karez/engine/script/internal/asking"
	"github.com/karezflow/karez/engine/script/internal/plain"
	"github.com/karezflow/karez/sdk/item"
)

// guessTime is how long a run goes on without an answer to find out what else it
// will ask.
const guessTime = 200 * time.Millisecond

var errAsked = errors.New("the script stands still for look-ups")

// lookup is ctx.lookup(name, values): values are an object by the names of the
// conditions, or the value itself where there is one condition.
func (r *run) lookup(call goja.FunctionCall) goja.Value {
	said := plain.Clip(call.Argument(0).String(), 60)
	no, known := r.Find(said)
	if no < 0 {
		panic(r.coded("script.unknown_lookup", "the node declares no look-up named "+said+"; it declares: "+known, "name", said, "known", known))
	}
	values := r.conditions(said, r.Lookups[no].Conditions(), call.Argument(1))
	fail := func(code, message string) *goja.Object {
		sample := plain.Clip(strings.Join(values, ", "), 100)
		return r.coded(code, "the look-up "+said+" "+message+": "+sample, "name", said, "sample", sample)
	}
	outcome, raw := r.Ask(asking.Asked{Lookup: no, Values: values})
	switch outcome {
	case asking.NothingAsked:
		panic(fail("script.lookup_blank", "is asked with an empty value"))
	case asking.Nothing:
		panic(fail("script.lookup_nothing", "found nothing"))
	case asking.Several:
		panic(fail("script.lookup_several", "found several values"))
	case asking.Found:
		return r.read(raw)
	case asking.Stands:
		return r.stand()
	default:
		return goja.Undefined()
	}
}

// conditions reads the values of a look-up's conditions, in their order.
func (r *run) conditions(name string, wanted []string, given goja.Value) []string {
	bad := func(message string) *goja.Object {
		return r.coded("script.bad_lookup", "the look-up "+name+" "+message, "name", name)
	}
	by, isObject := given.(*goja.Object)
	if isObject = isObject && !r.isUnknown(by) && unbox(by) == nil; !isObject && len(wanted) > 1 {
		panic(bad("has several conditions: give an object with a value for each"))
	}
	values := make([]string, len(wanted))
	for i, condition := range wanted {
		v := given
		if isObject {
			v = by.Get(condition)
		}
		text, ok := r.asText(v)
		if !ok {
			panic(bad("cannot be asked with " + kindOf(v) + " for " + condition))
		}
		values[i] = text
	}
	if isObject {
		for _, condition := range by.Keys() {
			if !slices.Contains(wanted, condition) {
				panic(bad("has no condition on " + plain.Clip(condition, 60)))
			}
		}
	}
	return values
}

// asText gives the text that a value is compared as; "" for nothing.
func (r *run) asText(v goja.Value) (text string, ok bool) {
	if omitted(v) || goja.IsNull(v) {
		return "", true
	}
	if b := unbox(v); b != nil {
		return b.String(), true
	}
	if o, isObject := v.(*goja.Object); isObject {
		return "", r.isUnknown(o)
	}
	raw, bad := r.encodePrimitive(nil, v)
	return item.Of(raw).Text(), bad == nil
}

// stand gives the unknown value to go on with, for a while.
func (r *run) stand() goja.Value {
	if r.guess == nil {
		r.guess = time.AfterFunc(guessTime, func() { r.vm.Interrupt(errAsked) })
	}
	if r.Exhausted() {
		r.vm.Interrupt(errAsked)
	}
	return r.unknownValue()
}

func (r *run) isUnknown(o *goja.Object) bool { return o != nil && o == r.unknown }

// unknownValue stands for an answer that is not there yet. It takes everything a
// script may do to a value: its members and what it gives when it is called are
// itself, as a text it is empty, as a list it has no elements.
func (r *run) unknownValue() goja.Value {
	if r.unknown != nil {
		return r.unknown
	}
	function := func(f func() goja.Value) goja.Value {
		return r.vm.ToValue(func(goja.FunctionCall) goja.Value { return f() })
	}
	self := func() goja.Value { return r.unknown }
	symbols := map[*goja.Symbol]goja.Value{
		goja.SymToPrimitive: function(func() goja.Value { return r.vm.ToValue("") }),
		goja.SymIterator: function(func() goja.Value {
			none := r.vm.NewArray()
			values, _ := goja.AssertFunction(none.Get("values"))
			iterator, err := values(none)
			if err != nil {
				panic(err)
			}
			return iterator
		}),
	}
	r.unknown = r.vm.ToValue(r.vm.NewProxy(function(self).ToObject(r.vm), &goja.ProxyTrapConfig{
		Get:    func(*goja.Object, string, goja.Value) goja.Value { return self() },
		GetIdx: func(*goja.Object, int, goja.Value) goja.Value { return self() },
		GetSym: func(_ *goja.Object, s *goja.Symbol, _ goja.Value) goja.Value { return symbols[s] },
		Set:    func(*goja.Object, string, goja.Value, goja.Value) bool { return true },
		SetIdx: func(*goja.Object, int, goja.Value, goja.Value) bool { return true },
	})).ToObject(r.vm)
	return r.unknown
}
