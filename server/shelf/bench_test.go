package shelf_test

import "testing"

// A look at what is installed, where nothing changed: it is made before every session.
func BenchmarkRecent(b *testing.B) {
	r := newRig(b)
	r.installed("1.0.0")
	r.installed("1.1.0")
	for b.Loop() {
		if _, err := r.Recent(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
