package manifest_test

import (
	"os"
	"testing"

	"github.com/karezflow/karez/sdk/manifest"
)

// BenchmarkParse reads the longest manifest that is shipped.
func BenchmarkParse(b *testing.B) {
	data, err := os.ReadFile("../../plugins/jushuitan/manifest.yaml")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := manifest.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
