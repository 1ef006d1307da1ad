// Command mapbench compares the mapping of engine/value with two programs written by
// hand for one mapping alone: structs read and written by sonic, and a plan over the
// raw bytes that checks nothing. 20 head fields and 5 lines of 9 are made of an order
// of 2.2 KB. All three run in turn in one process, and the medians of their ratios
// are told, so that a busy machine slows all of them.
//
//	make bench-map
//
// It is a module of its own, for the product needs no sonic. It may import engine/value,
// sdk/item, deploy/bench/orders, deploy/mapbench/trade and sonic, and nothing else of the product.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/bytedance/sonic"

	"github.com/karezflow/karez/deploy/bench/orders"
	"github.com/karezflow/karez/deploy/mapbench/trade"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/item"
)

func main() {
	rounds := flag.Int("rounds", 31, "rounds; every contestant works once in each")
	each := flag.Duration("each", 50*time.Millisecond, "processor time of a contestant in a round")
	docs := flag.Int("docs", 1000, "different documents")
	flag.Parse()
	if err := run(os.Stdout, *rounds, *docs, *each); err != nil {
		fmt.Fprintln(os.Stderr, "mapbench:", err)
		os.Exit(1)
	}
}

// contestant appends what becomes of a document.
type contestant struct {
	name string
	do   func(out, doc []byte) ([]byte, error)
}

// contestants gives the product's mapping first.
func contestants() ([]contestant, error) {
	mapping, faults := value.CompileMapping([]byte(orders.Mapping), nil, value.Options{})
	if len(faults) > 0 {
		return nil, faults[0]
	}
	scope := &value.Scope{}
	plan := newRaw()
	return []contestant{
		{"engine/value", func(out, doc []byte) ([]byte, error) {
			scope.Doc = item.Of(doc)
			return mapping.Append(out, scope)
		}},
		{"sonic", func(out, doc []byte) ([]byte, error) {
			var in trade.Trade
			if err := sonic.Unmarshal(doc, &in); err != nil {
				return nil, err
			}
			made, err := sonic.Marshal(in.Bill())
			return append(out, made...), err
		}},
		{"raw plan", func(out, doc []byte) ([]byte, error) { return plan.do(out, doc), nil }},
	}, nil
}

// result is what was measured of a contestant, a value a round.
type result struct {
	perDoc []float64 // processor time in nanoseconds
	allocs []float64
}

func run(w io.Writer, rounds, docs int, each time.Duration) error {
	if rounds < 1 || docs < 1 {
		return errors.New("-rounds and -docs must be at least 1")
	}
	all, err := contestants()
	if err != nil {
		return err
	}
	docsOf := make([][]byte, docs)
	size := 0
	for i := range docsOf {
		docsOf[i] = orders.Append(nil, i)
		size += len(docsOf[i])
	}
	if err := agree(all, docsOf); err != nil {
		return err
	}
	results := make([]result, len(all))
	for range rounds {
		for i, c := range all {
			perDoc, allocs, err := measure(c, docsOf, each)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			results[i].perDoc = append(results[i].perDoc, perDoc)
			results[i].allocs = append(results[i].allocs, allocs)
		}
	}
	fmt.Fprintf(w, "%d documents of %d bytes, %d rounds in turn, %s, %s/%s\n\n", docs, size/docs, rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(w, "%-14s %10s %12s %8s %12s\n", "", "µs/doc", "docs/s/core", "MB/s", "allocs/doc")
	for i, c := range all {
		m := median(results[i].perDoc)
		fmt.Fprintf(w, "%-14s %10.2f %12.0f %8.0f %12.2f\n", c.name, m/1000, 1e9/m, float64(size/docs)/m*1000, median(results[i].allocs))
	}
	fmt.Fprintln(w)
	for i := 1; i < len(all); i++ {
		ratios := make([]float64, rounds)
		for r := range ratios {
			ratios[r] = results[i].perDoc[r] / results[0].perDoc[r]
		}
		fmt.Fprintf(w, "engine/value does %.2f times what %s does (median of %d ratios)\n", median(ratios), all[i].name, rounds)
	}
	return nil
}

// agree compares what all of them make of every document, as JSON values.
func agree(all []contestant, docs [][]byte) error {
	for i, doc := range docs {
		var want any
		for n, c := range all {
			out, err := c.do(nil, doc)
			if err != nil {
				return fmt.Errorf("%s of document %d: %w", c.name, i, err)
			}
			var got any
			if err := json.Unmarshal(out, &got); err != nil {
				return fmt.Errorf("%s of document %d: %w", c.name, i, err)
			}
			if n == 0 {
				want = got
			} else if !reflect.DeepEqual(want, got) {
				return fmt.Errorf("%s makes something else of document %d than %s: %s", c.name, i, all[0].name, out)
			}
		}
	}
	return nil
}

// measure gives the processor time and the allocations of a document.
func measure(c contestant, docs [][]byte, each time.Duration) (perDoc, allocs float64, err error) {
	runtime.GC() // nobody pays for what another left
	var before, after runtime.MemStats
	out := make([]byte, 0, 64<<10)
	if out, err = c.do(out[:0], docs[0]); err != nil {
		return 0, 0, err
	}
	runtime.ReadMemStats(&before)
	start, err := processorTime()
	if err != nil {
		return 0, 0, err
	}
	n := 0
	for {
		for _, doc := range docs {
			if out, err = c.do(out[:0], doc); err != nil {
				return 0, 0, err
			}
		}
		n += len(docs)
		now, err := processorTime()
		if err != nil {
			return 0, 0, err
		}
		if used := now - start; used >= each {
			runtime.ReadMemStats(&after)
			return float64(used) / float64(n), float64(after.Mallocs-before.Mallocs) / float64(n), nil
		}
	}
}

// processorTime is that of this process: other programs' does not count.
func processorTime() (time.Duration, error) {
	var used syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()), err
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}
