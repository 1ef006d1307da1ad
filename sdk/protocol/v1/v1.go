// Package v1 is version 1 of the connector protocol: both ends of the services in
// connector.proto, and the conversion between their messages and the version-free
// contract of sdk/connector.
//
// It may import the standard library, grpc, protobuf, sdk/connector, sdk/node and what
// is below them, sdk/protocol/peer and its own pb. It never imports go-plugin: how the two
// processes find each other is sdk/protocol's affair.
package v1

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/protocol/peer"
)

// Version is the number by which both sides negotiate this protocol.
const Version = 1

// What the engine's side can do besides State, which every engine has.
const (
	hostLogs   = "log"
	hostTraces = "trace"
)

// tooLarge gives a fault if message is over the cap, and nil otherwise. The
// sender looks, because the receiver could only drop the connection's answer.
func tooLarge(message proto.Message, what string) *fault.Fault {
	size := proto.Size(message)
	if size <= peer.MaxMessage {
		return nil
	}
	return oversized(what).Arg("bytes", itoa(int64(size)))
}

func oversized(what string) *fault.Fault {
	return fault.New(peer.CodeMessageTooLarge, "%s is larger than the %d MiB that can cross between the engine and a connector", what, peer.MaxMessage>>20).
		Hinted("use smaller pages or smaller batches").
		Arg("limit", itoa(peer.MaxMessage)).
		Classed(fault.Config)
}

// fromStatus turns a failed call into a fault. The connector's own failures never
// come this way; see Fault in connector.proto.
func fromStatus(ctx context.Context, err error, what string) *fault.Fault {
	if ended := ctx.Err(); ended != nil {
		return endedCall(ended, what)
	}
	switch status.Code(err) {
	case codes.Unavailable:
		return fault.New(peer.CodeCrashed, "the connector's process ended during %s", what).Because(err).Classed(fault.Transient)
	case codes.DeadlineExceeded:
		return endedCall(context.DeadlineExceeded, what)
	case codes.Canceled:
		// The context is alive, so it was the connection that was closed.
		return fault.New(peer.CodeCrashed, "the connector's process was stopped during %s", what).Because(err).Classed(fault.Transient)
	case codes.ResourceExhausted:
		return oversized("the answer of " + what).Because(err)
	case codes.Unimplemented:
		return fault.New(peer.CodeUnsupported, "the connector does not know the call %s", what).Because(err).Classed(fault.Config)
	default:
		return fault.Wrap(err, peer.CodeTransport, "the connector gave no readable answer to %s", what).Classed(fault.Internal)
	}
}

// endedCall is the fault of a call whose context ended; it still matches the
// context's error.
func endedCall(ended error, what string) *fault.Fault {
	if errors.Is(ended, context.DeadlineExceeded) {
		return fault.New(peer.CodeTimeout, "%s took longer than it may", what).Because(context.DeadlineExceeded).Classed(fault.Transient)
	}
	return fault.New(peer.CodeCancelled, "%s was cancelled", what).Because(context.Canceled).Classed(fault.Transient)
}

// asFault makes any error of connector code a fault.
func asFault(err error, what string) *fault.Fault {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return endedCall(err, what)
	}
	return fault.From(err)
}

func toTime(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func fromTime(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

func toDuration(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}
