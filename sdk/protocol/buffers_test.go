package protocol_test

import (
	"testing"

	"github.com/karezflow/karez/sdk/protocol"
)

// TestBuffersFitTheirMessages: what a message is read into is not much more than it.
func TestBuffersFitTheirMessages(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 300, 33_000, 90_000, 222_000, 3 << 20, 60 << 20} {
		capacity, whole := protocol.Buffer(size)
		if !whole || capacity > max(256, 2*size) {
			t.Errorf("%d bytes are read into %d, all of them: %v", size, capacity, whole)
		}
	}
}
