package jsvm

import (
	"errors"
	"fmt"
	"time"

	"github.com/dop251/goja"

	"github.com/karezflow/karez/engine/script/internal/plain"
	"github.com/karezflow/karez/engine/script/internal/spot"
	"github.com/karezflow/karez/sdk/fault"
)

const maxMessage = 1000

var errLimit = errors.New("the time limit of the script is reached")

// guard runs body under the time limit and turns whatever goes wrong into a
// fault: "script.error", "script.timeout", "script.bad_result",
// "script.output_too_large", "script.crashed" or the code of one of our helpers.
// A script that stands still for look-ups has no fault, whatever it came to.
func (p *Program) guard(r *run, limit time.Duration, body func() error) (bad *fault.Fault) {
	timer := time.AfterFunc(limit, func() { r.vm.Interrupt(errLimit) })
	// Reading an error may run code of the script, so the timer is stopped last.
	defer timer.Stop()
	defer func() {
		if r.guess != nil {
			r.guess.Stop()
		}
	}()
	defer func() {
		if x := recover(); x != nil && !r.Open() {
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
	if err == nil || r.Open() {
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
		return p.thrown(r, thrown)
	default:
		return fault.New("script.crashed", "the interpreter failed on this document").Classed(fault.Data).Because(err)
	}
}

// thrown makes a fault of what the script threw, or one of our helpers in it.
func (p *Program) thrown(r *run, thrown *goja.Exception) *fault.Fault {
	if o, ok := thrown.Value().(*goja.Object); ok && r.codes[o] != nil {
		own := r.codes[o]
		f := p.at(thrown.Stack(), own.code, own.message)
		for i := 0; i+1 < len(own.pairs); i += 2 {
			f = f.Arg(own.pairs[i], own.pairs[i+1])
		}
		return f
	}
	message := "an error that could not be read"
	// What is thrown may be an object whose text is code of the script.
	if unreadable := r.vm.Try(func() { message = r.thrownText(thrown.Value()) }); unreadable != nil {
		message = "an error that could not be read"
	}
	return p.at(thrown.Stack(), "script.error", message)
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
	message = plain.Clip(message, maxMessage)
	s := spot.Of(p.source, 1, 1)
	for i := range stack {
		if stack[i].SrcName() == fileName {
			s = spot.Of(p.source, stack[i].Position().Line, stack[i].Position().Column)
			break
		}
	}
	f := fault.New(code, "line %d, column %d: %s", s.Line, s.Column, message)
	return s.Mark(f).Arg("message", message).Classed(fault.Data)
}

// ownError is what one of our helpers threw.
type ownError struct {
	code, message string
	pairs         []string
}

// coded makes an error of the script's world whose code survives being thrown.
// pairs are names and values of the fault's further arguments.
func (r *run) coded(code, message string, pairs ...string) *goja.Object {
	o := r.vm.NewTypeError("%s", message)
	if r.codes == nil {
		r.codes = map[*goja.Object]*ownError{}
	}
	r.codes[o] = &ownError{code, message, pairs}
	return o
}

func (r *run) tooLarge() *fault.Fault {
	return fault.New("script.output_too_large", "the result is larger than %d MiB", r.env.MaxOutput>>20).Classed(fault.Data)
}
