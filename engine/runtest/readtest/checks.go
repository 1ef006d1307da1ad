package readtest

import (
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// settle lets everything be committed, and reads once more in peace.
func (w *world) settle() {
	w.tick(Late + time.Minute)
	w.show(len(w.late))
	w.at++
	w.must(w.live())
	if w.steady {
		w.has("live windows", func(o enginetest.Order) bool { return w.took[o.ID] <= Soon })
	}
	w.peaceful(w.sweep)
	w.has("a sweep", func(enginetest.Order) bool { return true })
	w.must(w.live())
	accepted := w.accepted()
	w.peaceful(w.sweep)
	if again := w.accepted(); again != accepted {
		w.Fatalf("a second reading accepted %d", again-accepted)
	}
	w.consistent()
	worldtest.Balance(w, w.store, []ledger.ID{w.stream}, w.runs...)
}

// peaceful reads the past to its end.
func (w *world) peaceful(read func() error) {
	for w.must(read()); w.past != nil; {
		w.must(w.resume())
	}
}

func (w *world) must(err error) {
	if err != nil {
		w.Fatalf("reading in peace failed: %v", err)
	}
}

func (w *world) accepted() int {
	n := 0
	for _, id := range w.runs {
		_, counts, err := w.store.Run(w.Context(), id)
		if err != nil {
			w.Fatal(err)
		}
		n += counts[ledger.SlotAccepted]
	}
	return n
}

// stored gives the hash of the newest revision of each document.
func (w *world) stored() map[string]int64 {
	docs, err := w.store.Documents(w.Context(), w.stream, 0, 100000)
	if err != nil {
		w.Fatal(err)
	}
	have := map[string]int64{}
	for _, d := range docs {
		if _, twice := have[d.Key]; twice {
			w.Fatalf("order %s is there twice", d.Key)
		}
		have[d.Key] = d.SourceHash
	}
	return have
}

// holds fails unless all that was in a closed range, and did not change since a call to
// the source, is stored.
func (w *world) holds(what string, from, to ledger.Millis, since int) {
	have := w.stored()
	for _, o := range w.shop.Orders() {
		at := ledger.At(o.Modified)
		if at >= from && at <= to && w.touched[o.ID] <= since && have[o.ID] != hash(o) {
			w.Fatalf("%s from %s to %s misses order %s of %s", what, from.Time(), to.Time(), o.ID, o.Modified)
		}
	}
}

// has fails unless the newest content of all orders from Start on is stored.
func (w *world) has(who string, wanted func(enginetest.Order) bool) {
	have := w.stored()
	for _, o := range w.shop.Orders() {
		if !o.Modified.Before(Start()) && wanted(o) && have[o.ID] != hash(o) {
			w.Fatalf("%s did not find the newest content of order %s of %s", who, o.ID, o.Modified)
		}
	}
}

func hash(o enginetest.Order) int64 { return int64(xxhash.Sum64(o.JSON())) }

// consistent fails where the cursor is not the end of what was read without a gap.
func (w *world) consistent() {
	if got, want := w.cursor().Watermark, w.seen.contiguous(); got != want {
		w.Fatalf("the cursor is at %s, and everything was read up to %s", got.Time(), want.Time())
	}
}
