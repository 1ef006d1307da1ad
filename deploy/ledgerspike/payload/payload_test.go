package payload_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/deploy/ledgerspike/payload"
)

func TestBodiesAreRealisticJSON(t *testing.T) {
	t.Parallel()
	const pages = 16
	bodies := payload.NewBodies()
	for _, c := range []struct {
		name     string
		of       func(payload.Page) [][]byte
		low, top int
	}{
		{"source", func(p payload.Page) [][]byte { return p.Source }, 2000, 2400},
		{"mapped", func(p payload.Page) [][]byte { return p.Mapped }, 1400, 2000},
		{"response", func(p payload.Page) [][]byte { return p.Response }, 30, 100},
	} {
		total := 0
		for no := range pages {
			docs := c.of(bodies.Page(no))
			if len(docs) != payload.PageSize {
				t.Fatalf("%s page %d has %d documents", c.name, no, len(docs))
			}
			for _, d := range docs {
				if !json.Valid(d) {
					t.Fatalf("%s: not JSON: %s", c.name, d)
				}
				total += len(d)
			}
		}
		if mean := total / pages / payload.PageSize; mean < c.low || mean > c.top {
			t.Errorf("%s documents have %d bytes on average, want %d to %d", c.name, mean, c.low, c.top)
		}
	}
	again := payload.NewBodies()
	if !bytes.Equal(bodies.Page(3).Source[7], again.Page(3).Source[7]) {
		t.Error("the same document differs between two runs")
	}
	if bytes.Equal(bodies.Page(3).Source[7], bodies.Page(4).Source[7]) {
		t.Error("two pages hold the same document")
	}
	for no := range 1000 {
		if len(bodies.Page(no).Source) != payload.PageSize {
			t.Fatalf("a long run has no page %d", no)
		}
	}
}

func TestNamesAreDistinctAndInOrder(t *testing.T) {
	t.Parallel()
	for _, order := range []payload.Order{payload.Ascending, payload.UUIDKeys, payload.AllRandom} {
		seen := map[string]bool{}
		var keys, numbers, targets []string
		for i := range 5000 {
			n := payload.NameOf(order, i)
			if n != payload.NameOf(order, i) {
				t.Fatalf("%s: document %d has two names", order, i)
			}
			if len(n.Key) > 190 || seen["k"+n.Key] || seen["n"+n.Number] || seen["t"+n.TargetNumber] {
				t.Fatalf("%s: %+v repeats or is too long", order, n)
			}
			seen["k"+n.Key], seen["n"+n.Number], seen["t"+n.TargetNumber] = true, true, true
			keys, numbers, targets = append(keys, n.Key), append(numbers, n.Number), append(targets, n.TargetNumber)
		}
		if got := slices.IsSorted(keys); got != (order == payload.Ascending) {
			t.Errorf("%s: keys ascend: %t", order, got)
		}
		for _, x := range [][]string{numbers, targets} {
			if got := slices.IsSorted(x); got != (order != payload.AllRandom) {
				t.Errorf("%s: numbers ascend: %t", order, got)
			}
		}
	}
}

// TestPackHoldsItsDocuments reads packs back the way the ledger addresses them:
// by number within the pack.
func TestPackHoldsItsDocuments(t *testing.T) {
	t.Parallel()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	rapid.Check(t, func(t *rapid.T) {
		docs := rapid.SliceOf(rapid.SliceOf(rapid.Byte())).Draw(t, "docs")
		raw, err := dec.DecodeAll(enc.EncodeAll(payload.AppendPack(nil, docs), nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		for no, want := range docs {
			size, n := binary.Uvarint(raw)
			if n <= 0 || !bytes.Equal(raw[n:n+int(size)], want) {
				t.Fatalf("document %d is not what was packed", no)
			}
			raw = raw[n+int(size):]
		}
		if len(raw) != 0 {
			t.Fatalf("%d bytes too many", len(raw))
		}
	})
}
