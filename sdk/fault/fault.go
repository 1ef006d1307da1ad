// Package fault is the one error type of the product: a stable dotted code, a
// sentence a consultant understands, the path of the bad field and a hint.
//
// Everything that can reach a person or a retry policy is a *Fault. The package
// is the floor of the tree: it may import the standard library only.
package fault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Class says who can mend a failure, and so how it is retried.
type Class string

// The classes. The zero Class means Internal.
const (
	// Transient failures pass by themselves: a cut connection, a 502, a time-out.
	Transient Class = "transient"
	// Rate means the vendor asked for fewer calls.
	Rate Class = "rate"
	// Auth means the credentials or the session were refused.
	Auth Class = "auth"
	// Data means this document is at fault; another one may pass.
	Data Class = "data"
	// Config means the flow or the connection is at fault; every document will fail.
	Config Class = "config"
	// BusinessWait means the target lacks something that may arrive later: base data, stock.
	BusinessWait Class = "business_wait"
	// Duplicate means the target already holds an object with this key.
	Duplicate Class = "duplicate"
	// Internal is a defect of the product or of a connector.
	Internal Class = "internal"
)

// Fault is a coded error. Its fields are set through the methods, each of which
// returns a copy, so a package can keep a template and vary it.
type Fault struct { //nolint:errname // the vocabulary of the product: a fault, with code and hint
	// Code is stable and dotted, for example "source.key_invalid".
	Code string `json:"code"`
	// Message is one sentence. It never contains a secret.
	Message string `json:"message"`
	// Path names the bad field, for example "spec.nodes[2].settings.key".
	Path string `json:"path,omitempty"`
	// Hint says what to do next.
	Hint string `json:"hint,omitempty"`
	// Class says how the failure is retried.
	Class Class `json:"class,omitempty" enum:"transient,rate,auth,data,config,business_wait,duplicate,internal"`
	// Args are the variable parts of Message and Hint, for translated catalogues:
	// "0", "1", … in the order of the message's format, "hint0", "hint1", … in that
	// of the hint's, and those that Arg names.
	Args map[string]string `json:"args,omitempty"`
	// RetryAfter is the wait the vendor asked for; zero when it named none.
	RetryAfter time.Duration `json:"retryAfter,omitempty"`
	// NotApplied is true when it is certain that a write left no trace at the
	// target: nothing was sent, or the vendor refused the call as a whole.
	NotApplied bool `json:"notApplied,omitempty"`

	cause error
	// answer is shown beside the fault, never in it: it may be long, and it is the vendor's.
	answer []byte
}

// MaxAnswer is the most bytes of a vendor's answer that a Fault carries.
const MaxAnswer = 16 << 10

// New makes a Fault with a formatted message.
func New(code, format string, args ...any) *Fault {
	return &Fault{Code: code, Message: fmt.Sprintf(format, args...), Args: numbered(nil, "", args)}
}

// numbered adds arguments to those there are, named by their place behind a prefix,
// so that a translated sentence can use what the original one does.
func numbered(there map[string]string, prefix string, args []any) map[string]string {
	if len(args) == 0 {
		return there
	}
	named := make(map[string]string, len(there)+len(args))
	maps.Copy(named, there)
	for i, arg := range args {
		named[prefix+strconv.Itoa(i)] = fmt.Sprint(arg)
	}
	return named
}

// Wrap makes a Fault whose cause is err. The cause's text is appended to the message.
func Wrap(err error, code, format string, args ...any) *Fault {
	f := New(code, format, args...)
	f.Message += ": " + err.Error()
	f.cause = err
	return f
}

// Error gives code, path and message on one line.
func (f *Fault) Error() string {
	if f.Path == "" {
		return f.Code + ": " + f.Message
	}
	return f.Code + " at " + f.Path + ": " + f.Message
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.cause }

// Is reports whether target is a Fault with the same code.
func (f *Fault) Is(target error) bool {
	var t *Fault
	return errors.As(target, &t) && t.Code == f.Code
}

// At sets the path.
func (f *Fault) At(path string) *Fault { return f.with(func(c *Fault) { c.Path = path }) }

// Under puts prefix before the path.
func (f *Fault) Under(prefix string) *Fault {
	return f.with(func(c *Fault) {
		switch {
		case c.Path == "":
			c.Path = prefix
		case c.Path[0] == '[':
			c.Path = prefix + c.Path
		default:
			c.Path = prefix + "." + c.Path
		}
	})
}

// Hinted sets the hint, in place of one in both languages too.
func (f *Fault) Hinted(format string, args ...any) *Fault {
	return f.with(func(c *Fault) {
		c.Hint, c.Args = fmt.Sprintf(format, args...), numbered(c.Args, "hint", args)
		if c.Args[HintZH] != "" {
			c.Args = maps.Clone(c.Args)
			delete(c.Args, HintZH)
		}
	})
}

// HintZH names the argument that holds the hint in Chinese, where a catalogue can't
// know it: the hint of a connector's manifest.
const HintZH = "hintZH"

// Advised sets the hint in both languages.
func (f *Fault) Advised(english, chinese string) *Fault {
	return f.Arg(HintZH, chinese).with(func(c *Fault) { c.Hint = english })
}

// FileArg is the argument that names the file which a message is about; catalogues in
// other languages put it before their sentence, as InFile does.
const FileArg = "file"

// InFile names the file that the fault is about, before the message. A file that is
// named already stays.
func (f *Fault) InFile(name string) *Fault {
	if f.Args[FileArg] != "" {
		return f
	}
	return f.Arg(FileArg, name).with(func(c *Fault) { c.Message = name + ": " + c.Message })
}

// Classed sets the class.
func (f *Fault) Classed(class Class) *Fault { return f.with(func(c *Fault) { c.Class = class }) }

// Arg records a variable part of the message.
func (f *Fault) Arg(name, value string) *Fault {
	return f.with(func(c *Fault) {
		c.Args = maps.Clone(c.Args)
		if c.Args == nil {
			c.Args = map[string]string{}
		}
		c.Args[name] = value
	})
}

// After sets the wait the vendor asked for.
func (f *Fault) After(wait time.Duration) *Fault {
	return f.with(func(c *Fault) { c.RetryAfter = wait })
}

// Unapplied marks a write as certainly not applied.
func (f *Fault) Unapplied() *Fault { return f.with(func(c *Fault) { c.NotApplied = true }) }

// Because sets the cause without showing it in the message.
func (f *Fault) Because(err error) *Fault { return f.with(func(c *Fault) { c.cause = err }) }

// Answered keeps what the vendor answered to the call that failed, without secrets, for people
// who look at the attempt. Of a longer one its first MaxAnswer bytes are kept, and an ellipsis.
func (f *Fault) Answered(answer []byte) *Fault {
	if len(answer) > MaxAnswer {
		cut := MaxAnswer
		for cut > MaxAnswer-utf8.UTFMax && !utf8.RuneStart(answer[cut]) {
			cut--
		}
		answer = append(slices.Clone(answer[:cut]), "…"...)
	}
	return f.with(func(c *Fault) { c.answer = answer })
}

// Answer is what Answered kept; nil when the vendor did not answer.
func (f *Fault) Answer() []byte { return f.answer }

func (f *Fault) with(change func(*Fault)) *Fault {
	c := *f
	change(&c)
	return &c
}

// From finds the Fault in err's chain, or wraps err as "internal.unexpected"; the end of a
// context is "internal.interrupted" or "internal.timeout", in words for people.
// From(nil) is nil.
func From(err error) *Fault {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	switch {
	case errors.Is(err, context.Canceled):
		return New("internal.interrupted", "it was interrupted").Classed(Transient).Because(err)
	case errors.Is(err, context.DeadlineExceeded):
		return New("internal.timeout", "no answer came in time").Classed(Transient).Because(err)
	default:
		return Wrap(err, "internal.unexpected", "an unexpected failure").Classed(Internal)
	}
}

// CodeOf gives the code of the Fault in err's chain, or "" when there is none.
func CodeOf(err error) string {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Code
	}
	return ""
}

// ClassOf gives the class of the Fault in err's chain, or Internal when there is none.
func ClassOf(err error) Class {
	var f *Fault
	if errors.As(err, &f) && f.Class != "" {
		return f.Class
	}
	return Internal
}
