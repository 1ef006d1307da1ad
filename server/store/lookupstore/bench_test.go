package lookupstore_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/lookupstore"
)

// BenchmarkAnswer answers what a page of 100 documents asks of 10,000 materials, of
// which 500 come again and again: with what a Resolver keeps, and without.
func BenchmarkAnswer(b *testing.B) {
	const materials, hot, page = 10_000, 500, 100
	ctx := b.Context()
	db, err := store.Open(ctx, store.Config{URL: "sqlite:" + filepath.Join(b.TempDir(), "karez.db"), Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Migrate(ctx); err != nil {
		b.Fatal(err)
	}
	s := lookupstore.New(db)
	for _, statement := range []string{
		"INSERT INTO flow (id,workspace_id,public_id,name,draft,updated_at) VALUES (1,1,'materials','materials','{}',1)",
		"INSERT INTO flow_version (id,workspace_id,flow_id,version_no,document,created_at) VALUES (1,1,1,1,'{}',1)",
		"INSERT INTO stream (id,workspace_id,flow_id,node_id,kind) VALUES (1,1,1,'items','source')",
	} {
		if err := db.Write(ctx, func(tx *gorm.DB) error { return tx.Exec(statement).Error }); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Register(ctx, 1, []string{"no", "name"}); err != nil {
		b.Fatal(err)
	}
	for start := 0; start < materials; start += 1000 {
		var docs []ledger.Newest
		for i := start; i < start+1000; i++ {
			docs = append(docs, ledger.Newest{Document: ledger.ID(i + 1), Fresh: true, Body: fmt.Appendf(nil, `{"no":"M%06d","name":"material %d","more":true}`, i, i)})
		}
		err := db.Write(ctx, func(tx *gorm.DB) error {
			_, err := s.Put(tx, 1, docs, 1)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for name, keep := range map[string]bool{"kept": true, "read": false} {
		b.Run(name, func(b *testing.B) {
			r, n := lookup.New(s), 0
			for b.Loop() {
				if !keep {
					r = lookup.New(s)
				}
				asked := make([]item.Lookup, page)
				for i := range asked {
					asked[i] = item.Lookup{From: "materials.items", Find: "name", Where: []item.Equal{{Path: "no", Value: fmt.Sprintf("M%06d", n%hot*7)}}}
					n++
				}
				found, err := r.Answer(ctx, 1, asked)
				if err != nil || len(found[asked[0].Key()].Values) != 1 {
					b.Fatal(len(found), err)
				}
			}
		})
	}
}
