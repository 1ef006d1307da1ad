package boxkit

import (
	"encoding/json"
	"maps"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/sandboxkit"
)

// Box is the frame of a simulated system: its options of type T, which has JSON names, its
// records, and what it refused. Its lock guards all of it, and what the system has besides.
type Box[T any] struct {
	sync.Mutex

	Clock sandboxkit.Clock
	// Options are those of now.
	Options T
	Pace    Pace
	// Lists are the records by their kinds.
	Lists map[string][]Record

	initial  T
	generate func(now time.Time) map[string][]Record
	refused  map[string]int
}

// NewBox makes a frame with the records that generate gives for the clock's time.
func NewBox[T any](clock sandboxkit.Clock, options T, generate func(now time.Time) map[string][]Record) *Box[T] {
	b := &Box[T]{Clock: clock, initial: options, generate: generate}
	b.Reset()
	return b
}

// Reset implements sandboxkit.Vendor.
func (b *Box[T]) Reset() {
	b.Lock()
	defer b.Unlock()
	b.Options, b.Pace, b.refused, b.Lists = b.initial, Pace{}, map[string]int{}, b.generate(b.Clock())
}

// State implements sandboxkit.Vendor: how many records there are of each kind, and how many
// calls were refused by each code.
func (b *Box[T]) State() map[string]any {
	b.Lock()
	defer b.Unlock()
	state := map[string]any{"refused": maps.Clone(b.refused)}
	for kind, list := range b.Lists {
		state[kind] = len(list)
	}
	return state
}

// Objects implements sandboxkit.Vendor.
func (b *Box[T]) Objects(kind string) ([]json.RawMessage, bool) {
	b.Lock()
	defer b.Unlock()
	list, ok := b.Lists[kind]
	return Raw(list), ok
}

// Change sets an option. do carries out, with the lock, what an option asks for once, and takes
// the wish back; nothing is changed where it fails.
func (b *Box[T]) Change(name string, value json.RawMessage, do func(next *T) error) error {
	b.Lock()
	defer b.Unlock()
	next, err := sandboxkit.With(b.Options, name, value)
	if err == nil {
		err = do(&next)
	}
	if err == nil {
		b.Options = next
	}
	return err
}

// Refused counts a refusal. The caller holds the lock.
func (b *Box[T]) Refused(code string) { b.refused[code]++ }

// Touch notes in a field that the record with a key is changed now, "" for none, and puts the
// list in order again. The caller holds the lock.
func (b *Box[T]) Touch(kind, key, field string) error {
	if key == "" {
		return nil
	}
	err := Touch(b.Lists[kind], key, field, b.Clock())
	Sort(b.Lists[kind])
	return err
}
