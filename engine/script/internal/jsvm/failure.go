package jsvm

import (
	"errors"
	"fmt"
	"time"

	"github.com/dop251/goja"

	"github.com/karezflow/karez/sdk/fault"
)

const maxMessage = 1000

var errLimit = errors.New("the time limit of the script is reached")

// guard runs body under the time limit and turns whatever goes wrong into a
// fault: "script.error", "script.timeout", "script.unsafe_number",
// "script.bad_decimal", "script.bad_result", "script.output_too_large" or
// "script.crashed".
func (p *Program) guard(r *run, limit time.Duration, body func() error) (bad *fault.Fault) {
	timer := time.AfterFunc(limit, func() { r.vm.Interrupt(errLimit) })
	// Reading an error may run code of the script, so the timer is stopped last.
	defer timer.Stop()
	defer func() {
		if x := recover(); x != nil {
			err, ok := x.(error)
			if !ok {
				err = fmt.Errorf("%v", x) // the interpreter panicked with no error
			}
			bad = p.failure(r, err, limit)
		}
	}()
	var err error
	if thrown := r.vm.Try(func() { err = body() }); thrown != nil {
		err = thrown
	}
	if err == nil {
		return nil
	}
	return p.failure(r, err, limit)
}

func (p *Program) failure(r *run, err error, limit time.Duration) *fault.Fault {
	var (
		own         *fault.Fault
		interrupted *goja.InterruptedError
		overflow    *goja.StackOverflowError
		thrown      *goja.Exception
	)
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &interrupted):
		return p.at(interrupted.Stack(), "script.timeout", fmt.Sprintf("the script ran longer than %s and was stopped", limit))
	case errors.As(err, &overflow):
		return p.at(overflow.Stack(), "script.error", "functions call each other too deeply")
	case errors.As(err, &thrown):
		code, message := "script.error", "an error that could not be read"
		if o, ok := thrown.Value().(*goja.Object); ok && r.codes[o] != "" {
			code = r.codes[o]
			message = o.Get("message").String()
		} else if unreadable := r.vm.Try(func() { message = r.thrownText(thrown.Value()) }); unreadable != nil {
			return p.at(thrown.Stack(), code, message)
		}
		return p.at(thrown.Stack(), code, message)
	default:
		return fault.New("script.crashed", "the interpreter failed on this document").Classed(fault.Data).Because(err)
	}
}

// thrownText says what was thrown: an error by name and message, anything else as JSON.
func (r *run) thrownText(v goja.Value) string {
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() == "Error" {
		return v.String()
	}
	text, _, err := r.encode(nil, v, 0)
	if err != nil {
		return kindOf(v)
	}
	return string(text)
}

// at names the innermost place of the stack that is in the user's source.
func (p *Program) at(stack []goja.StackFrame, code, message string) *fault.Fault {
	message = clip(message, maxMessage)
	for i := range stack {
		if stack[i].SrcName() == fileName {
			s := place(p.source, stack[i].Position())
			f := fault.New(code, "line %d, column %d: %s", s.line, s.column, message)
			return s.mark(f).Arg("message", message).Classed(fault.Data)
		}
	}
	return fault.New(code, "%s", message).Arg("message", message).Classed(fault.Data)
}

// coded makes an error of the script's world whose code survives being thrown.
func (r *run) coded(code, message string) *goja.Object {
	o := r.vm.NewTypeError("%s", message)
	if r.codes == nil {
		r.codes = map[*goja.Object]string{}
	}
	r.codes[o] = code
	return o
}

func (r *run) tooLarge() *fault.Fault {
	return fault.New("script.output_too_large", "the result is larger than %d MiB", r.maxOutput>>20).Classed(fault.Data)
}
