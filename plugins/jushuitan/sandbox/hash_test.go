package sandbox_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// TestDataStaysTheSame: flows' goldens and demonstrations rest on these very bytes.
func TestDataStaysTheSame(t *testing.T) {
	t.Parallel()
	v := newVendor(fast())
	for kind, want := range map[string]string{
		"refund": "19e52f34cad41bfc455bfed27598e992fa46ae8ca0555304acf5a7ab27c27d61",
		"order":  "3b16626f8df512e3877b7961b5d9411c06522a12f0920dacbc2dad3685b7af64",
	} {
		objects, _ := v.Objects(kind)
		sum := sha256.New()
		for _, o := range objects {
			_, _ = sum.Write(o)
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != want {
			t.Errorf("%s: %d objects hash to %s, want %s", kind, len(objects), got, want)
		}
	}
}
