package protocol

import (
	"fmt"
	"math/bits"
	"sync"

	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// codec is gRPC's own of protocol buffers, with buffers of ours. It implements
// encoding.CodecV2.
type codec struct{ pool *buffers }

// Marshal implements encoding.CodecV2.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	m, ok := v.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("a message is %T", v)
	}
	buffer := c.pool.Get(proto.Size(m))
	text, err := proto.MarshalOptions{UseCachedSize: true}.MarshalAppend((*buffer)[:0], m)
	if err != nil {
		c.pool.Put(buffer)
		return nil, err
	}
	*buffer = text
	return mem.BufferSlice{mem.NewBuffer(buffer, c.pool)}, nil
}

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	m, ok := v.(proto.Message)
	if !ok {
		return fmt.Errorf("a message is %T", v)
	}
	buffer := data.MaterializeToBuffer(c.pool)
	defer buffer.Free()
	return proto.Unmarshal(buffer.ReadOnlyData(), m)
}

// Name implements encoding.CodecV2.
func (codec) Name() string { return grpcproto.Name }

// buffers are what messages are written to and read from, of powers of two. Those that
// gRPC has by itself are of 1 MiB for every message over 32 KiB, as pages and batches
// are, and are wiped whole before each, although all that is read of them was written
// before: that was half of what a connector did. It implements mem.BufferPool.
type buffers [largest + 1]sync.Pool

// The powers of two that buffers are of. What is smaller or larger is made anew.
const smallest, largest = 8, 22

// Get implements mem.BufferPool.
func (b *buffers) Get(length int) *[]byte {
	power := bits.Len(uint(max(length, 1) - 1))
	if power < smallest || power > largest {
		made := make([]byte, length)
		return &made
	}
	if kept, ok := b[power].Get().(*[]byte); ok {
		*kept = (*kept)[:length]
		return kept
	}
	made := make([]byte, length, 1<<power)
	return &made
}

// Put implements mem.BufferPool.
func (b *buffers) Put(buffer *[]byte) {
	if power := bits.Len(uint(cap(*buffer))) - 1; power >= smallest && power <= largest {
		b[power].Put(buffer)
	}
}
