package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"
)

func TestBodiesAreRealisticJSON(t *testing.T) {
	t.Parallel()
	b := newBodies()
	for _, c := range []struct {
		name     string
		page     [distinctPages][][]byte
		low, top int
	}{{"source", b.source, 2000, 2400}, {"mapped", b.mapped, 1400, 2000}, {"response", b.response, 30, 100}} {
		total := 0
		for p, docs := range c.page {
			if len(docs) != pageSize {
				t.Fatalf("%s page %d has %d documents", c.name, p, len(docs))
			}
			for _, d := range docs {
				if !json.Valid(d) {
					t.Fatalf("%s: not JSON: %s", c.name, d)
				}
				total += len(d)
			}
		}
		if mean := total / distinctPages / pageSize; mean < c.low || mean > c.top {
			t.Errorf("%s documents have %d bytes on average, want %d to %d", c.name, mean, c.low, c.top)
		}
	}
	if !bytes.Equal(b.source[3][7], newBodies().source[3][7]) {
		t.Error("the same document differs between two runs")
	}
}

func TestNamesAreDistinctAndInOrder(t *testing.T) {
	t.Parallel()
	for _, order := range []keyOrder{ascending, uuidKeys, allRandom} {
		seen := map[string]bool{}
		var keys, numbers, targets []string
		for i := range 5000 {
			n := nameOf(order, i)
			if n != nameOf(order, i) {
				t.Fatalf("%s: document %d has two names", order, i)
			}
			if len(n.key) > 190 || seen["k"+n.key] || seen["n"+n.number] || seen["t"+n.targetNumber] {
				t.Fatalf("%s: %+v repeats or is too long", order, n)
			}
			seen["k"+n.key], seen["n"+n.number], seen["t"+n.targetNumber] = true, true, true
			keys, numbers, targets = append(keys, n.key), append(numbers, n.number), append(targets, n.targetNumber)
		}
		if got := slices.IsSorted(keys); got != (order == ascending) {
			t.Errorf("%s: keys ascend: %t", order, got)
		}
		for _, x := range [][]string{numbers, targets} {
			if got := slices.IsSorted(x); got != (order != allRandom) {
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
		raw, err := dec.DecodeAll(enc.EncodeAll(appendPack(nil, docs), nil), nil)
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

func TestStatementTexts(t *testing.T) {
	t.Parallel()
	if got, want := marks(3), "?,?,?"; got != want {
		t.Errorf("%q in place of %q", got, want)
	}
	if got, want := tuples(2, 3), "(?,?),(?,?),(?,?)"; got != want {
		t.Errorf("%q in place of %q", got, want)
	}
}
