package documentstore_test

import (
	"context"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/server/document"
)

// TestValuesOfAPage: each document comes with the wanted values of its own payload, and the
// packs of a page are read with one statement however many documents they hold.
func TestValuesOfAPage(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		keys := []string{"A-1", "A-2", "A-3", "A-4"}
		for _, key := range keys {
			r.Pull(worldtest.Rec(key, "1"))
		}
		q := r.query(func(q *document.Query) { q.Fields = []string{"key", "nothing"} })
		plain := r.query(nil)
		_, err := r.store.List(r.Context(), q)
		r.Must(err)
		packs := 0
		for _, a := range r.listen(func(ctx context.Context) error { _, err := r.store.List(ctx, q); return err }) {
			if strings.Contains(a.text, "FROM pack") {
				packs++
			}
		}
		r.Same("statements for packs", packs, 1)
		for _, a := range r.listen(func(ctx context.Context) error { _, err := r.store.List(ctx, plain); return err }) {
			if strings.Contains(a.text, "FROM pack") {
				r.Errorf("a list without fields reads packs: %s", a.text)
			}
		}
		found, err := r.store.List(r.Context(), q)
		items := found.Items
		r.Must(err)
		r.Same("documents", len(items), len(keys))
		for _, d := range items {
			payload, err := r.store.Detail(r.Context(), r.Workspace, d.ID)
			r.Must(err)
			r.Same("values of "+d.Key, d.Values, document.Cells(payload.Source, q.Fields))
			if d.Values[0] == "" {
				r.Errorf("%s has no value in %s", d.Key, payload.Source)
			}
		}
	})
}
