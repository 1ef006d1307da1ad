// Package pack is the form in which payloads are stored: many in one compressed
// row, addressed by the row and their place in it.
//
// It may import sdk/fault and the compression library only.
package pack

import (
	"encoding/binary"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/karezflow/karez/sdk/fault"
)

// MaxSize is the most bytes of payloads in one pack; a larger payload has one alone.
const MaxSize = 4 << 20

// Codec marks rows that Encode made.
const Codec = 1

// coder holds the compressor's state, which is dear to make.
type coder struct {
	encoder *zstd.Encoder
	decoder *zstd.Decoder
	// plain are buffers in which payloads are joined.
	plain sync.Pool
}

var coders = sync.OnceValues(func() (*coder, error) { //nolint:gochecknoglobals // made once, then only read
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, err
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(256<<20))
	return &coder{encoder: encoder, decoder: decoder}, err
})

// Encode makes a pack: a zstd frame of the number of payloads, the length of each, the payloads.
func Encode(payloads [][]byte) []byte {
	c, err := coders()
	if err != nil {
		return nil // the options above are constants that are known to work
	}
	buffer, ok := c.plain.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
	}
	size := binary.MaxVarintLen64 * (1 + len(payloads))
	for _, b := range payloads {
		size += len(b)
	}
	plain := binary.AppendUvarint(slices.Grow((*buffer)[:0], size), uint64(len(payloads)))
	for _, b := range payloads {
		plain = binary.AppendUvarint(plain, uint64(len(b)))
	}
	for _, b := range payloads {
		plain = append(plain, b...)
	}
	// Orders and bills shrink to a sixth or less; where that is too little it grows.
	packed := c.encoder.EncodeAll(plain, make([]byte, 0, len(plain)/6+64))
	*buffer = plain
	c.plain.Put(buffer)
	return packed
}

// Decode gives the payloads of a pack; its fault is "store.pack_broken". Appending to
// one payload does not reach into the next.
func Decode(packed []byte) ([][]byte, error) {
	c, err := coders()
	if err != nil {
		return nil, err
	}
	plain, err := c.decoder.DecodeAll(packed, nil)
	if err != nil {
		return nil, fault.Wrap(err, "store.pack_broken", "a stored payload can't be read").Classed(fault.Internal)
	}
	broken := fault.New("store.pack_broken", "a stored payload can't be read").Classed(fault.Internal)
	count, n := binary.Uvarint(plain)
	if n <= 0 || count > uint64(len(plain)) {
		return nil, broken
	}
	plain = plain[n:]
	sizes := make([]uint64, count)
	for i := range sizes {
		if sizes[i], n = binary.Uvarint(plain); n <= 0 {
			return nil, broken
		}
		plain = plain[n:]
	}
	payloads := make([][]byte, count)
	for i, size := range sizes {
		if size > uint64(len(plain)) {
			return nil, broken
		}
		payloads[i], plain = plain[:size:size], plain[size:]
	}
	return payloads, nil
}
