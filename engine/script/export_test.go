package script

import (
	"bytes"
	"time"

	"github.com/karezflow/karez/engine/script/internal/asking"
	"github.com/karezflow/karez/engine/script/internal/jsvm"
	"github.com/karezflow/karez/sdk/fault"
)

// LockIn lets a test process go through what a worker goes through.
func LockIn(memory int64) (missing []string, err error) {
	return lockIn(hello{memory: memory, kill: time.Second})
}

// ReplyOnTheWire sends a reply through a pipe of bytes and reads it back.
func ReplyOnTheWire(results []jsvm.Result, bad *fault.Fault) ([]jsvm.Result, *fault.Fault, error) {
	f, err := reply{status: done, results: results, fault: bad}.frame(nil)
	if err != nil {
		return nil, nil, err
	}
	var pipe bytes.Buffer
	if err := f.send(&pipe); err != nil {
		return nil, nil, err
	}
	return ReadReply(pipe.Bytes())
}

// ReadReply reads a frame that may be damaged.
func ReadReply(raw []byte) ([]jsvm.Result, *fault.Fault, error) {
	in, _, err := receive(bytes.NewReader(raw), nil)
	if err != nil {
		return nil, nil, err
	}
	r, err := readReply(in)
	return r.results, r.fault, err
}

// OnTheWire is what a request carries about documents.
type OnTheWire struct {
	Docs    []jsvm.Doc
	Lookups []asking.Lookup
	Answers map[string][]string
}

// RequestOnTheWire sends documents through a pipe of bytes and reads them back.
func RequestOnTheWire(w OnTheWire) (OnTheWire, error) {
	f := request{
		hash: "h", source: "s", params: "{}", zone: "UTC", wall: time.Second, docs: w.Docs, lookups: w.Lookups, answers: w.Answers,
	}.frame(nil)
	var pipe bytes.Buffer
	if err := f.send(&pipe); err != nil {
		return OnTheWire{}, err
	}
	in, _, err := receive(&pipe, nil)
	if err != nil {
		return OnTheWire{}, err
	}
	r, err := readRequest(in)
	return OnTheWire{r.docs, r.lookups, r.answers}, err
}
