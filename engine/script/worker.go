package script

import (
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"time"
	// Scripts work in the flow's time zone, and a worker can open no zone files.
	_ "time/tzdata"

	"github.com/karezflow/karez/engine/script/internal/jsvm"
	"github.com/karezflow/karez/sdk/fault"
)

const (
	// maxPrograms bounds the compiled scripts a worker keeps.
	maxPrograms = 64
	// maxRecord bounds one record that a script makes, in bytes.
	maxRecord = 16 << 20
	// maxReply is the size of results beyond which a reply ends early.
	maxReply = 24 << 20
)

// RunWorker is the whole life of a worker process: it takes its limits from the
// first frame, locks itself in and answers calls until stdin ends. It gives the
// process's exit code. It must only be called by a process that was started to be
// a worker, because the limits it sets cannot be lifted again.
func RunWorker(stdin io.Reader, stdout io.Writer) int {
	in, buffer, err := receive(stdin, nil)
	if errors.Is(err, io.EOF) {
		return 0
	}
	if err != nil {
		return 1
	}
	limits, err := readHello(in)
	if err != nil {
		return 1
	}
	missing, err := lockIn(limits)
	if err != nil {
		return 1
	}
	greet := ready{missing: missing}.frame()
	if err := greet.send(stdout); err != nil {
		return 1
	}
	w := worker{
		setZone:   func(zone *time.Location) { time.Local = zone }, // the interpreter reads it
		allowTime: func() { allowProcessorTime(limits.kill) },
		buffer:    buffer,
	}
	if err := w.serve(stdin, stdout); err != nil {
		return 1
	}
	return 0
}

// worker answers calls one after the other.
type worker struct {
	setZone   func(*time.Location)
	allowTime func()
	programs  map[string]*jsvm.Program
	buffer    []byte
}

func (w *worker) serve(stdin io.Reader, stdout io.Writer) error {
	var out []byte
	for {
		in, buffer, err := receive(stdin, w.buffer)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		w.buffer = buffer
		req, err := readRequest(in)
		if err != nil {
			return err
		}
		w.allowTime()
		answer, err := w.answer(req).frame(out)
		if err != nil {
			return err
		}
		if err := answer.send(stdout); err != nil {
			return err
		}
		out = answer
	}
}

func (w *worker) answer(req request) reply {
	program, ok := w.programs[req.hash]
	if !ok {
		if req.source == "" {
			return reply{status: unknown}
		}
		var err error
		if program, err = jsvm.Compile(req.source); err != nil {
			return reply{status: refused, fault: fault.From(err)}
		}
		if w.programs == nil || len(w.programs) >= maxPrograms {
			w.programs = map[string]*jsvm.Program{}
		}
		w.programs[req.hash] = program
	}
	if len(req.docs) == 0 {
		return reply{status: done}
	}
	zone, err := time.LoadLocation(req.zone)
	if err != nil {
		return reply{status: refused, fault: fault.New("script.unknown_zone", "the time zone %q is unknown", req.zone).Classed(fault.Config)}
	}
	w.setZone(zone)
	env := jsvm.Env{Params: req.params, Zone: zone, Lookups: req.lookups, Answers: req.answers, Limit: req.wall / 2, MaxOutput: maxRecord}
	if program.Batch() {
		return together(program, req, env)
	}
	return oneByOne(program, req, env)
}

// oneByOne runs as many documents as the time allows. Each may take half the
// wall time and none begins in the second half, so a document is never stopped
// because its neighbours were slow.
func oneByOne(program *jsvm.Program, req request, env jsvm.Env) reply {
	var late atomic.Bool
	timer := time.AfterFunc(req.wall/2, func() { late.Store(true) })
	defer timer.Stop()

	results := make([]jsvm.Result, 0, len(req.docs))
	for size := 0; len(results) < len(req.docs); {
		if len(results) > 0 && (late.Load() || size > maxReply) {
			break
		}
		res := bounded(program.Run(req.docs[len(results)], env))
		results = append(results, res)
		size += sizeOf(res)
	}
	return reply{status: done, results: results}
}

// together runs a batch at once. When it fails, or something waits for what a look-up
// did not find, and it was not a single document, nobody can say which one is meant.
// What it asks for, all documents ask for: they come again together.
func together(program *jsvm.Program, req request, env jsvm.Env) reply {
	env.Limit = req.wall
	results, bad := program.RunBatch(req.docs, env)
	size := 0
	for i := range results {
		results[i] = bounded(results[i])
		size += sizeOf(results[i])
	}
	switch {
	case bad == nil && len(results[0].Needs) > 0:
		results = slices.Repeat(results[:1], len(req.docs))
	case len(req.docs) > 1 && (bad != nil || size > maxReply || len(results[0].Missing) > 0):
		return reply{status: apart}
	case bad != nil:
		results = []jsvm.Result{{Fault: bad}}
	}
	return reply{status: done, results: results}
}

// bounded keeps one document's results within a frame.
func bounded(res jsvm.Result) jsvm.Result {
	if sizeOf(res) <= maxReply {
		return res
	}
	return jsvm.Result{
		Lines: res.Lines,
		Fault: fault.New("script.output_too_large", "the results of one document are larger than %d MiB", maxReply>>20).Classed(fault.Data),
	}
}

func sizeOf(res jsvm.Result) int {
	n := len(res.Vars)
	for _, out := range res.Outputs {
		n += len(out.Raw) + len(out.Port) + 8
	}
	return n
}
