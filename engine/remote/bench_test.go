//go:build linux

package remote_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/engine/remote"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/nodetest"
)

// BenchmarkApply takes 200 records of 2 KiB into the plugin's process and back, half of them
// changed.
func BenchmarkApply(b *testing.B) {
	dir := b.TempDir()
	if err := os.Link(filepath.Join(built, "testnodes@1.0.0"), filepath.Join(dir, "testnodes@1.0.0")); err != nil {
		b.Fatal(err)
	}
	host := pluginhost.New(pluginhost.Config{Dir: dir, Work: b.TempDir(), Log: slog.New(slog.DiscardHandler)})
	defer host.Close(context.Background())
	typ, ok := remote.New(flow.NewTypes(), host, remote.Limits{}).Type("testnodes/act")
	if !ok {
		b.Fatal("the plugin's node is unknown")
	}
	apply, err := typ.(node.Transformer).New(nodetest.NewSettings(b, typ.Declaration(), `{}`, nodetest.Programs{}))
	if err != nil {
		b.Fatal(err)
	}
	batch := make([]item.Item, 200)
	for i := range batch {
		do := []string{"same", "tag"}[i%2]
		batch[i] = item.Item{Raw: []byte(`{"do":"` + do + `","text":"` + strings.Repeat("x", 2<<10) + `"}`), Facts: &item.Facts{Key: "k", Revision: 1}}
	}
	for b.Loop() {
		if results, err := apply(b.Context(), batch); err != nil || results[1].Outputs == nil {
			b.Fatal(results, err)
		}
	}
	b.ReportMetric(float64(len(batch))*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
