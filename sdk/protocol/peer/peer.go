// Package peer holds what the two ends of every protocol version share: what a
// session can do besides the mandatory methods, the marks of a call, the codes of
// failures that no vendor caused, and the cap on a message.
//
// It may import the standard library, sdk/connector and sdk/fault only; it knows
// neither go-plugin nor grpc nor a version of the wire.
package peer

import (
	"context"

	"github.com/karezflow/karez/sdk/connector"
)

// MaxMessage is the largest message that crosses between the processes, in bytes.
const MaxMessage = 64 << 20

// Codes of failures between the engine and a connector's process.
const (
	// CodeCrashed means that the process ended, or was not there, during a call.
	CodeCrashed = "connector.crashed"
	// CodeTimeout means that the call's deadline passed.
	CodeTimeout = "connector.timeout"
	// CodeCancelled means that the caller gave up.
	CodeCancelled = "connector.cancelled"
	// CodePanic means that the connector's code panicked; its process lives on.
	CodePanic = "connector.panic"
	// CodeMessageTooLarge means that a request or an answer is over MaxMessage.
	CodeMessageTooLarge = "connector.message_too_large"
	// CodeUnsupported means that the connector does not know the call.
	CodeUnsupported = "connector.unsupported"
	// CodeSessionUnknown means that the session is closed or never was.
	CodeSessionUnknown = "connector.session_unknown"
	// CodeAnswerMismatch means that there are not as many answers as were asked for.
	CodeAnswerMismatch = "connector.answer_mismatch"
	// CodeBadOutput means that a node made something of a record that is no JSON object.
	CodeBadOutput = "transform.bad_output"
	// CodeTransport means that the two processes do not understand each other.
	CodeTransport = "connector.transport"
	// CodeHostUnreachable means that the engine did not answer its connector.
	CodeHostUnreachable = "connector.host_unreachable"
)

type metaKey struct{}

// WithMeta marks ctx with the call it belongs to.
func WithMeta(ctx context.Context, meta connector.Meta) context.Context {
	return context.WithValue(ctx, metaKey{}, meta)
}

// MetaFrom gives the marks of the call that ctx belongs to. A Host reads them in
// Log, Trace and State: they are those of the call during which the session spoke.
func MetaFrom(ctx context.Context) (connector.Meta, bool) {
	meta, ok := ctx.Value(metaKey{}).(connector.Meta)
	return meta, ok
}
