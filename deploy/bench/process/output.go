package process

import (
	"bytes"
	"context"
	"errors"
	"sync"
)

// Output is what a program wrote so far.
type Output struct {
	mu   sync.Mutex
	text []byte
	// grown is closed and made anew when more comes.
	grown chan struct{}
}

func newOutput() *Output { return &Output{grown: make(chan struct{})} }

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, p...)
	close(o.grown)
	o.grown = make(chan struct{})
	return len(p), nil
}

// Bytes gives all of it.
func (o *Output) Bytes() []byte {
	text, _ := o.now()
	return text
}

func (o *Output) now() ([]byte, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.text), o.grown
}

var errSilent = errors.New("the program ended and said nothing")

// line waits for the first line.
func (o *Output) line(ctx context.Context, ended <-chan struct{}) ([]byte, error) {
	for {
		text, more := o.now()
		if line, _, found := bytes.Cut(text, []byte("\n")); found {
			return line, nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-more:
		case <-ended:
			return nil, errSilent
		}
	}
}
