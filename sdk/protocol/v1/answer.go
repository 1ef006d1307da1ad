package v1

import (
	"context"
	"sync"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

// lastAnswer is what the vendor answered last during a call, as it was traced: without secrets.
type lastAnswer struct {
	mu   sync.Mutex
	text []byte
}

type lastAnswerKey struct{}

// listening gives a context in which what is traced is remembered.
func listening(ctx context.Context) (context.Context, *lastAnswer) {
	last := &lastAnswer{}
	return context.WithValue(ctx, lastAnswerKey{}, last), last
}

// heard remembers an exchange: one without an answer, too, for what came before is no
// answer to it.
func heard(ctx context.Context, exchange connector.Exchange) {
	if last, ok := ctx.Value(lastAnswerKey{}).(*lastAnswer); ok {
		last.mu.Lock()
		last.text = exchange.ResponseBody
		last.mu.Unlock()
	}
}

// of gives a fault with the last answer, unless the connector gave it one.
func (l *lastAnswer) of(f *fault.Fault) *fault.Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f == nil || f.Answer() != nil || len(l.text) == 0 {
		return f
	}
	return f.Answered(l.text)
}
