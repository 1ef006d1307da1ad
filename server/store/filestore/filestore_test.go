package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/files"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/filestore"
	"github.com/karezflow/karez/server/store/storetest"
)

// bench is a store in a workspace of its own.
type bench struct {
	*filestore.Store

	t  *testing.T
	db *store.DB
	ws ledger.ID
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		for i, c := range []struct {
			name string
			test func(*bench)
		}{{"kept", kept}, {"put by many at once", together}, {"named by flows", named}, {"a context that is over", over}} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.test(&bench{filestore.New(db), t, db, ledger.ID(100 + i)})
			})
		}
	})
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) file(name, sum string) files.File {
	return files.File{Workspace: b.ws, Name: name, Sum: strings.Repeat(sum, 64), Size: 1 << 40, By: "王小二", Uploaded: 1772366400123}
}

func kept(b *bench) {
	ctx := b.t.Context()
	put := func(f files.File, replace, want bool, had string) files.File {
		b.t.Helper()
		stored, before, done, err := b.Put(ctx, f, replace)
		b.must(err)
		if done != want || before != had {
			b.t.Errorf("done %t, before %q", done, before)
		}
		return stored
	}
	first := put(b.file("订单.csv", "a"), false, true, "")
	want := b.file("订单.csv", "a")
	want.ID = first.ID
	got, err := b.File(ctx, b.ws, first.ID)
	b.must(err)
	if diff := cmp.Diff(want, got); diff != "" || first.ID == 0 {
		b.t.Error(diff)
	}
	if refused := put(b.file("订单.csv", "b"), false, false, want.Sum); refused.ID != first.ID || refused.Sum != want.Sum {
		b.t.Errorf("%+v", refused)
	}
	long := b.file("订单.csv", "b")
	long.By, long.Size = strings.Repeat("长", 300), 7
	if again := put(long, true, true, want.Sum); again.ID != first.ID || again.Size != 7 {
		b.t.Errorf("%+v", again)
	}
	put(b.file("ORDERS.csv", "b"), false, true, "")
	put(b.file("orders.csv", "c"), false, true, "")
	other := b.file("订单.csv", "b")
	other.Workspace = b.ws + 1000
	put(other, false, true, "")
	all, err := b.Files(ctx, b.ws)
	b.must(err)
	if len(all) != 3 || all[0].Name != "ORDERS.csv" || all[1].Name != "orders.csv" || all[2].Name != "订单.csv" {
		b.t.Errorf("%+v", all)
	}
	for sum, want := range map[string]bool{"a": false, "b": true, "c": true, "d": false} {
		if held, err := b.Holds(ctx, b.ws, strings.Repeat(sum, 64)); err != nil || held != want {
			b.t.Errorf("%s: %t, %v", sum, held, err)
		}
	}
	_, err = b.File(ctx, b.ws+1000, first.ID)
	_, named := b.Named(ctx, b.ws, "Orders.csv")
	for _, err := range []error{err, named, b.Delete(ctx, b.ws+1000, first.ID)} {
		if !errors.Is(err, ledger.ErrNotFound) {
			b.t.Errorf("%v", err)
		}
	}
	b.must(b.Delete(ctx, b.ws, first.ID))
	if err := b.Delete(ctx, b.ws, first.ID); !errors.Is(err, ledger.ErrNotFound) {
		b.t.Errorf("%v", err)
	}
	if held, err := b.Holds(ctx, b.ws+1000, strings.Repeat("b", 64)); err != nil || !held {
		b.t.Errorf("%t, %v", held, err)
	}
}

// Of many who upload under one name one makes it, and the others replace it.
func together(b *bench) {
	var group sync.WaitGroup
	var mu sync.Mutex
	ids, made := map[ledger.ID]bool{}, 0
	for i := range 8 {
		group.Go(func() {
			stored, before, done, err := b.Put(b.t.Context(), b.file("a", fmt.Sprint(i)), true)
			if err != nil || !done {
				b.t.Errorf("%t, %v", done, err)
			}
			mu.Lock()
			defer mu.Unlock()
			ids[stored.ID] = true
			if before == "" {
				made++
			}
		})
	}
	group.Wait()
	if len(ids) != 1 || made != 1 {
		b.t.Errorf("%v, made %d times", ids, made)
	}
}

func named(b *bench) {
	document := func(name string) string {
		return fmt.Sprintf(`{"spec":{"nodes":[{"type":"file","settings":{"file":%q}}]}}`, name)
	}
	ids, err := b.db.NextIDs(b.t.Context(), 4)
	b.must(err)
	b.must(b.db.Write(b.t.Context(), func(tx *gorm.DB) error {
		for i, f := range []struct {
			title, draft, version string
		}{{"a", document("draft"), document("published")}, {"b", `{"spec":{"nodes":[{"type":"map"}]}}`, ""}} {
			id := ids + ledger.ID(i)*2
			if err := tx.Exec("INSERT INTO flow (id, workspace_id, public_id, name, title, draft, updated_at) VALUES (?,?,?,?,?,?,1)", id, b.ws, fmt.Sprint("f", id), f.title, f.title, f.draft).Error; err != nil {
				return err
			}
			if f.version == "" {
				continue
			}
			if err := tx.Exec("INSERT INTO flow_version (id, workspace_id, flow_id, version_no, document, created_at) VALUES (?,?,?,1,?,1)", id+1, b.ws, id, f.version).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	documents, err := b.Documents(b.t.Context(), b.ws)
	b.must(err)
	var read []string
	for _, d := range documents {
		for _, spec := range files.Specs(d.Text) {
			read = append(read, d.Title+" "+spec.File)
		}
	}
	if len(read) != 2 || !strings.Contains(strings.Join(read, ","), "a draft") || !strings.Contains(strings.Join(read, ","), "a published") {
		b.t.Errorf("%q", read)
	}
}

func over(b *bench) {
	ctx, cancel := context.WithCancel(b.t.Context())
	cancel()
	_, err := b.Files(ctx, b.ws)
	_, named := b.Named(ctx, b.ws, "a")
	_, _, _, put := b.Put(ctx, b.file("a", "a"), true)
	_, holds := b.Holds(ctx, b.ws, "a")
	_, documents := b.Documents(ctx, b.ws)
	for i, err := range []error{err, named, put, b.Delete(ctx, b.ws, 1), holds, documents} {
		if err == nil || errors.Is(err, ledger.ErrNotFound) {
			b.t.Errorf("%d: %v", i, err)
		}
	}
}
